"""The slow, obvious reference: one second after the other, as the rule book (docs/engine.md) tells it.

It knows a day of rows and a plan, and answers plain dictionaries. Seconds count from the open, money is in paise.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd

from reference.books import Books, levels_for
from reference.lived import life
from reference.money import (
    charges,
    half_up,
    lot_size,
    repriced,
    slip,
    usable,
    walk,
    walk_to_the_end,
)
from reference.plans import Limit, Plan, RefusedError, short_straddle
from reference.rows import Contract, Day, Row
from reference.strikes import chosen_contracts

WAIT = 5
REASONS = ["stop", "leg_stop", "target", "time", "settled", "unclosed"]
OPPOSITE = {"buy": "sell", "sell": "buy"}


@dataclass
class Leg:
    number: int
    side: str
    contract: Contract
    units: int
    fills: list[dict] = field(default_factory=list)
    entry_second: int = -1
    entry_value: int = 0
    left: int = 0
    reason: str | None = None
    sent: int = -1
    arrival: int = -1
    exit_second: int | None = None
    exit_value: int = 0
    state: str = "entering"

    def record(self, second: int, row: Row, side: str, touched: list[tuple[int, int, int]], decided: int) -> int:
        """Note a fill of this second, of an order decided at another, and return its value."""
        value = sum(price * units for _, price, units in touched)
        self.fills.append(
            {
                "second": second,
                "leg": self.number,
                "side": side,
                "row": row,
                "stamp": row.timestamp,
                "levels": [{"level": level, "price": price, "quantity": units} for level, price, units in touched],
                "quantity": sum(units for _, _, units in touched),
                "value": value,
                "decided": decided,
            }
        )
        return value

    def send_close(self, second: int, latency: int, reason: str) -> None:
        self.state, self.reason, self.sent, self.arrival = "closing", reason, second, second + latency


def value_to_close(row: Row | None, second: int, leg: Leg, max_quote_age: int, on: str) -> int | Fraction | None:
    if not usable(row, second, max_quote_age):
        return None
    if on == "mid":
        return Fraction((row.bids[0][0] + row.asks[0][0]) * leg.units, 2)
    if on == "last":
        return row.last * leg.units if row.last > 0 else None
    value, left, _ = walk(levels_for(row, OPPOSITE[leg.side]), leg.units)
    return None if left else value


class Trade:
    def __init__(self, plan: Plan, books: Books, legs: list[Leg], lot: int, decided: int) -> None:
        self.plan, self.books, self.legs, self.lot, self.decided = plan, books, legs, lot, decided
        self.decisions: list[dict] = []
        self.premium = 0

    # entry

    def try_entry(self, second: int) -> tuple[int, str] | None:
        """Fill all legs and return None, or tell the first leg that failed and why."""
        arrival = self.decided + self.plan.latency
        wanted: dict[tuple[Contract, str], int] = {}
        for leg in self.legs:
            row = self.books.row(leg.contract, second)
            if row is None:
                return leg.number, "no_row"
            if row.second < arrival:
                return leg.number, "no_new_row"
            if not row.good:
                return leg.number, "bad_quote"
            key = (leg.contract, leg.side)
            wanted[key] = wanted.get(key, 0) + leg.units
            left = self.books.memory(*key).left_in(levels_for(row, leg.side))
            if sum(size for price, size in left if price > 0) < wanted[key]:
                return leg.number, "thin_book"
        for leg in self.legs:
            row = self.books.row(leg.contract, second)
            touched = self.books.memory(leg.contract, leg.side).take(levels_for(row, leg.side), leg.units)
            leg.entry_value = leg.record(second, row, leg.side, touched, self.decided)
            leg.entry_second, leg.state, leg.left = second, "open", leg.units
        self.premium = abs(sum(sign(leg.side) * leg.entry_value for leg in self.legs))
        return None

    # exits

    def step(self, second: int) -> None:
        self.fill(second)
        self.watch_whole(second, "stop", self.plan.stop)
        self.watch_legs(second)
        self.watch_whole(second, "target", self.plan.target)
        still_open = [leg for leg in self.legs if leg.state == "open"]
        if second >= self.plan.exit and still_open:
            self.close(second, still_open, "time", second, self.plan.exit)

    def fill(self, second: int) -> None:
        for leg in self.legs:
            if leg.state != "closing" or second < leg.arrival:
                continue
            row = self.books.row(leg.contract, second)
            if row is None or not row.good or row.second < leg.arrival:
                continue
            side = OPPOSITE[leg.side]
            touched = self.books.memory(leg.contract, side).take(levels_for(row, side), leg.left)
            if touched:
                leg.exit_value += leg.record(second, row, side, touched, leg.sent)
                leg.left -= leg.fills[-1]["quantity"]
                if leg.left == 0:
                    leg.state, leg.exit_second = "closed", second

    def threshold(self, limit: Limit) -> Fraction:
        if limit.unit == "%":
            return self.premium * limit.amount / 100
        if limit.unit == "pt":
            return limit.amount * 100 * gcd(*(leg.units for leg in self.legs))
        return limit.amount * 100

    def gain(self, second: int, on: str) -> int | Fraction | None:
        total: int | Fraction = 0
        for leg in self.legs:
            value = self.value(leg, second, on)
            if value is None:
                return None
            total += sign(leg.side) * (leg.entry_value - value)
        return total

    def value(self, leg: Leg, second: int, on: str) -> int | Fraction | None:
        row = self.books.row(leg.contract, second)
        return value_to_close(row, second, leg, self.plan.max_quote_age, on)

    def watch_whole(self, second: int, rule: str, limit: Limit | None) -> None:
        if limit is None or any(leg.state != "open" for leg in self.legs):
            return
        gain = self.gain(second, limit.on)
        if gain is None:
            return
        observed = -gain if rule == "stop" else gain
        if observed >= self.threshold(limit):
            self.close(second, self.legs, rule, observed, self.threshold(limit))

    def watch_legs(self, second: int) -> None:
        limit = self.plan.leg_stop
        if limit is None:
            return
        for leg in self.legs:
            if leg.state != "open":
                continue
            value = self.value(leg, second, limit.on)
            if value is None:
                continue
            whole = Fraction(leg.entry_value, 100) if limit.unit == "%" else 100 * leg.units
            distance = limit.amount * whole
            level = leg.entry_value + sign(leg.side) * distance
            if (value >= level) if leg.side == "sell" else (value <= level):
                self.close(second, [leg], "leg_stop", value, level)

    def close(self, second: int, legs: list[Leg], rule: str, observed: int | Fraction, threshold: object) -> None:
        self.decisions.append(
            {
                "second": second,
                "rule": rule,
                "legs": [leg.number for leg in legs],
                "observed": observed,
                "threshold": threshold,
            }
        )
        for leg in legs:
            leg.send_close(second, self.plan.latency, rule)

    # the end

    def end_of_session(self) -> None:
        day = self.books.day
        for leg in self.legs:
            if leg.state not in ("open", "closing"):
                continue
            settlement = settlement_value(day) if leg.contract.expiry == day.date else None
            if settlement is not None:
                strike = leg.contract.strike * 100
                intrinsic = settlement - strike if leg.contract.kind == "CE" else strike - settlement
                leg.exit_value += max(intrinsic, 0) * leg.left
                leg.state = leg.reason = "settled"
            else:
                leg.exit_value += self.mark_of_unclosed(leg)
                leg.state = leg.reason = "unclosed"
            leg.exit_second = day.last

    def mark_of_unclosed(self, leg: Leg) -> int:
        day = self.books.day
        good = [row for row in day.newest(leg.contract) if row is not None and row.good]
        side = OPPOSITE[leg.side]
        walked = walk_to_the_end(levels_for(good[-1], side), leg.left)
        slips = 2 * slip(day, leg.contract, day.last, self.plan.max_quote_age) * leg.left
        return max(0, walked - slips if side == "sell" else walked + slips)

    def done(self) -> bool:
        return all(leg.state in ("closed", "settled", "unclosed") for leg in self.legs)

    def result(self) -> dict:
        gross = sum(sign(leg.side) * (leg.entry_value - leg.exit_value) for leg in self.legs)
        latest = max(leg.exit_second for leg in self.legs)
        reason = min((leg.reason for leg in self.legs if leg.exit_second == latest), key=REASONS.index)
        trade = {
            "decided": self.decided,
            "entry_second": self.legs[0].entry_second,
            "exit_second": latest,
            "reason": reason,
            "premium": self.premium,
            "gross": gross,
            "legs": [
                {
                    "contract": leg.contract,
                    "side": leg.side,
                    "units": leg.units,
                    "entry_second": leg.entry_second,
                    "exit_second": leg.exit_second,
                    "entry_value": leg.entry_value,
                    "exit_value": leg.exit_value,
                    "reason": leg.reason,
                    "gross": sign(leg.side) * (leg.entry_value - leg.exit_value),
                    "unfilled": leg.left if leg.reason in ("settled", "unclosed") else 0,
                }
                for leg in self.legs
            ],
            "fills": sorted((fill for leg in self.legs for fill in leg.fills), key=lambda f: (f["second"], f["leg"])),
            "decisions": self.decisions,
        }
        trade.update(money_of(self, trade))
        return trade


def sign(side: str) -> int:
    """+1 for a sale at the entry: money comes in."""
    return 1 if side == "sell" else -1


def settlement_value(day: Day) -> int | None:
    """Mean of the index as of each second of the last half hour, where it is at most 2 s old; half up to a paisa."""
    prices = [
        row.price
        for second, row in enumerate(day.spot)
        if second >= day.last - 1800 and row is not None and second - row.second <= 2
    ]
    return half_up(Fraction(sum(prices), len(prices))) if prices else None


def life_of(day: Day, legs: list[Leg], max_quote_age: int) -> dict:
    """What a trade of these legs went through; docs/engine.md, "A trade's life"."""
    fills = [
        {**fill, "leg": place, "units": level["quantity"], "value": level["quantity"] * level["price"]}
        for place, leg in enumerate(legs)
        for fill in leg.fills
        for level in fill["levels"]
    ]
    # Of one second, what closes comes before what opens.
    fills.sort(key=lambda fill: (fill["second"], fill["side"] == legs[fill["leg"]].side))
    ended = 0
    for leg in legs:
        rest = leg.exit_value - sum(fill["value"] for fill in leg.fills if fill["side"] != leg.side)
        ended -= sign(leg.side) * rest
    return life(day, [leg.contract for leg in legs], fills, ended, max_quote_age)


def money_of(trade: Trade, result: dict) -> dict:
    """Net of charges for the three prices of the band, and the return on margin."""
    day, plan = trade.books.day, trade.plan
    found: dict = {}
    orders = sum(1 if leg.reason == "settled" and leg.exit_value == 0 else 2 for leg in trade.legs)
    for price in ("best", "likely", "worst"):
        sold = bought = 0
        for fill in result["fills"]:
            leg = trade.legs[fill["leg"]]
            value = repriced(day, leg.contract, fill["side"], fill, plan.max_quote_age)[price]
            if fill["side"] == "sell":
                sold += value
            else:
                bought += value
        unturned = exercised = 0  # settlements are no trades: no turnover, but exercise STT for a bought leg
        for leg in trade.legs:
            rest = leg.exit_value - sum(f["value"] for f in leg.fills if f["side"] != leg.side)
            if leg.reason == "unclosed" and leg.side == "sell":
                bought += rest
            elif leg.reason == "unclosed":
                sold += rest
            elif leg.reason == "settled":
                unturned -= sign(leg.side) * rest
                exercised += rest if leg.side == "buy" else 0
        gross = sold - bought + unturned
        cost = charges(day.date, sold, bought, orders, plan.brokerage, exercised)
        found[price] = {"gross": gross, "charges": cost, "net": gross - cost}
    likely = found["likely"]
    lived = life_of(day, trade.legs, plan.max_quote_age)
    locked = lived["margin"]
    return {
        **lived,
        "charges": likely["charges"],
        "net": likely["net"],
        "net_flat5": likely["gross"] - 5_00,
        "net_best": found["best"]["net"],
        "net_worst": found["worst"]["net"],
        "return": Fraction(likely["net"], locked) if locked else None,
    }


# the walk through the day


def run_day(day: Day, plan: Plan) -> list[dict]:
    """What became of each entry: a trade, a miss, or a refusal with its reason."""
    books = Books(day)
    outcomes: list[dict] = []
    trade: Trade | None = None
    entering = False
    for second in range(min(plan.entries), day.last + 1):
        books.pass_to(second)
        if trade is not None and not entering:
            trade.step(second)
            if second == day.last:
                trade.end_of_session()
            if trade.done():
                outcomes.append({"trade": trade.result()})
                trade = None
        if trade is not None and entering and second >= trade.decided + plan.latency:
            failed = trade.try_entry(second)
            if failed is None:
                entering = False
                if second == day.last:
                    trade.end_of_session()
                    outcomes.append({"trade": trade.result()})
                    trade = None
            elif second == min(trade.decided + plan.latency + WAIT, day.last):
                number, cause = failed
                outcomes.append({"trade": None, "miss": {"second": second, "leg": number, "cause": cause}})
                trade, entering = None, False
        if second in plan.entries:
            if trade is not None:
                outcomes.append({"trade": None, "skipped": second})
                continue
            chosen = chosen_contracts(day, plan, second)
            if isinstance(chosen, tuple):
                outcomes.append({"trade": None, "refused": {"second": second, "leg": chosen[0], "cause": chosen[1]}})
                continue
            lot = lot_size(chosen[0])
            legs = [
                Leg(number, leg.side, contract, plan.lots * leg.lots * lot)
                for number, (leg, contract) in enumerate(zip(plan.legs, chosen, strict=True))
            ]
            trade, entering = Trade(plan, books, legs, lot, second), True
        if trade is None and second >= max(plan.entries):
            break
    if entering:
        outcomes.append({"trade": None, "miss": {"second": day.last, "leg": 0, "cause": "session_over"}})
    return outcomes


def run_straddle(day: Day, parameters: dict[str, str]) -> dict:
    """The one outcome of short_straddle on a day."""
    try:
        plan = short_straddle(parameters)
    except RefusedError as error:
        return {"trade": None, "refused": str(error)}
    return run_day(day, plan)[0]
