"""A recipe on one day: its entries, the day's limits, and one trade at a time; docs/positions.md.

Plain objects and exact fractions, one second after the other, upon the reference of docs/engine.md. Conditions on
features are no part of it: a recipe enters at given times.
"""

from collections import Counter

from reference.books import Books
from reference.plans import LAST_ENTRY
from reference.positions_life import ON_STOP, Life
from reference.positions_rest import Resters
from reference.positions_rules import Amount, Watch, fired, see
from reference.positions_words import Words, picking
from reference.rows import Day
from reference.strikes import chosen_contracts


class Strategy:
    """A recipe on one day: entries, the day's limits, and one trade at a time."""

    def __init__(self, day: Day, words: Words) -> None:
        self.day, self.words, self.books = day, words, Books(day)
        entered = [slot for slot in words.slots if not slot.lazy]
        self.plan = picking(entered, words)
        self.resters = Resters(self.books, words.latency)
        self.day_watch = Watch()
        self.free_from = 0
        self.life: Life | None = None
        self.results: list[dict] = []
        self.realised: Amount = 0
        self.over = False
        self.losers = 0
        self.paused_to = self.last_close = -(10**9)
        self.pending: int | None = None
        self.reentered = 0
        self.happened: Counter[str] = Counter()

    def watch(self, second: int) -> None:
        """Step 5: the limits of the day."""
        words, gain = self.words, self.life.gain_now
        if gain is None or self.over:
            return
        if self.life.sent_at == second:
            gain += self.realised
            see(self.day_watch, gain, None, None)
            return
        gain += self.realised
        reason = fired(words.day, self.day_watch, gain, 0, 1, None, True, None)
        see(self.day_watch, gain, None, None)
        if reason:
            self.end_the_day(second, f"day_{reason}")
        elif words.day.target is not None and gain >= words.day.target.paise(0, 1):
            self.end_the_day(second, "day_target")

    def end_the_day(self, second: int, reason: str) -> None:
        self.over = True
        self.life.close_whole(second, reason)

    def trade_over(self, second: int) -> None:
        life, self.life = self.life, None
        result = life.result()
        if not result["legs"]:
            return
        self.results.append(result)
        self.free_from = next((at for at in self.words.entries if at > life.decided), 10**9)
        self.realised += result["gross"]
        self.last_close = max(leg[4] for leg in result["legs"])
        self.losers = self.losers + 1 if result["gross"] < 0 else 0
        if self.words.day_losers is not None and self.losers >= self.words.day_losers:
            self.happened["pause"] += 1
            self.losers, self.paused_to = 0, self.last_close + self.words.day_pause
        again = self.words.again
        last = [leg for leg in result["legs"] if leg[4] == self.last_close][-1]
        kind = last[7].removeprefix("leg_")
        wanted = {"stop": ON_STOP, "target": ("target",), "any": (*ON_STOP, "target", "spot", "hold")}
        self.pending = None
        if again is not None and self.reentered < again.times and kind in wanted[again.on]:
            self.pending = max(second, self.last_close + max(again.after, self.words.enter_after), self.paused_to)

    def may_decide(self, second: int) -> bool:
        return (
            self.life is None
            and not self.over
            and second <= LAST_ENTRY
            and second >= max(self.last_close + self.words.enter_after, self.paused_to)
            and len(self.results) < min(self.words.enter_times, self.words.day_trades)
        )

    def decide(self, second: int) -> None:
        due = any(at <= second < at + self.words.within for at in self.words.entries) and second >= self.free_from
        again = self.pending == second and second <= min(self.words.again.until, self.words.exit - 1)
        if not (due or again) or not self.may_decide(second):
            return
        self.reentered += again
        self.happened["again whole"] += again
        self.pending = None
        chosen = chosen_contracts(self.day, self.plan, second)
        if isinstance(chosen, tuple):
            return
        entered = [slot for slot in self.words.slots if not slot.lazy]
        pairs = zip(entered, chosen, strict=True)
        if not all(self.resters.prices_known(slot, slot.plan.side, one, second) for slot, one in pairs):
            return
        self.life = Life(self.words, self.plan, self.books, second, chosen, self.happened, self.resters)

    def run(self) -> list[dict]:
        for second in range(min(self.words.entries), self.day.last + 1):
            self.books.pass_to(second)
            if self.life is not None:
                self.life.step(second, self.watch)
                if second == self.day.last:
                    self.life.end_of_session()
                if self.life.over():
                    self.trade_over(second)
            self.decide(second)
        return self.results


def run_positions(day: Day, words: Words) -> tuple[list[dict], Counter[str]]:
    """The trades of a recipe on a day, each with its holdings; and how often what happened."""
    strategy = Strategy(day, words)
    return strategy.run(), strategy.happened
