"""One trade of a recipe from its decision to its last fill: docs/positions.md, One second."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import gcd
from operator import ge, gt, le, lt

from reference.books import Books, levels_for
from reference.engine import OPPOSITE, WAIT, Trade, life_of, sign, value_to_close
from reference.money import lot_size, usable, walk
from reference.orders import Order
from reference.plans import LAST_ENTRY, Plan
from reference.positions_rest import Resters, limit_price, price_of, target_price
from reference.positions_rules import Amount, Holding, Watch, fired, index_left, moved, see
from reference.positions_words import Adjustment, Again, Comparison, Rules, Slot, Words, level_of, picking, seconds
from reference.rows import Contract
from reference.strikes import chosen_contracts

OPERATORS = {">=": ge, "<=": le, ">": gt, "<": lt}
ON_STOP = ("stop", "trail", "cost")


@dataclass
class Group:
    """Orders to open that were sent together, or one alone."""

    holdings: list[Holding]
    trade: Trade
    sent: int
    resting: Order | None = None


@dataclass
class Rest:
    """A slot that waits for its re-entry."""

    slot: Slot
    closed: Holding
    second: int
    after_target: bool


class Life:
    """One trade from its decision on."""

    def __init__(
        self,
        words: Words,
        plan: Plan,
        books: Books,
        decided: int,
        contracts: list[Contract],
        happened: Counter[str],
        resters: Resters,
    ) -> None:
        self.happened = happened
        self.words, self.plan, self.books, self.decided = words, plan, books, decided
        self.index = books.day.spot_at(decided)
        entered = [slot for slot in words.slots if not slot.lazy]
        self.chosen = list(zip(entered, contracts, strict=True))
        self.lot = lot_size(contracts[0])
        self.one_set = self.lot * gcd(*words.lots)
        self.resters = resters
        self.at_cost = False
        self.lasting: dict[tuple[int, int], tuple[int, int]] = {}  # since when, and until when, a word has been true
        self.holdings: list[Holding] = []
        self.groups: list[Group] = []
        self.rests: dict[int, Rest] = {}
        self.used = dict.fromkeys(range(len(words.slots)), 0)
        self.acted = dict.fromkeys(range(len(words.adjustments)), 0)
        self.last_adjustment: int | None = None
        self.entry_second: int | None = None
        self.base: Amount = 0
        self.base_is_due = False
        self.watch = Watch()
        self.whole_closed: str | None = None
        self.given_up = False
        self.sent_at = -1
        self.gain_now: Amount | None = None
        self.waits_from: Amount | None = None
        self.waiting = words.wait is not None
        if self.waiting:
            self.waits_from = self.value_to_open(decided)
        else:
            self.order_entry(decided)

    # entry

    def value_to_open(self, second: int) -> Amount | None:
        slot, contract = self.chosen[0]
        row, units = self.books.row(contract, second), slot.plan.lots * self.lot
        if not usable(row, second, self.words.max_quote_age):
            return None
        if self.words.on == "mid":
            return Fraction((row.bids[0][0] + row.asks[0][0]) * units, 2)
        if self.words.on == "last":
            return row.last * units if row.last > 0 else None
        value, left, _ = walk(levels_for(row, slot.plan.side), units)
        return None if left else value

    def wait(self, second: int) -> None:
        """Look whether the price has moved; give up when it is too late."""
        value = self.value_to_open(second)
        start, move = self.waits_from, self.words.wait.move
        units = self.chosen[0][0].plan.lots * self.lot
        if second <= LAST_ENTRY and value is not None and start is not None and moved(value, start, move, units):
            self.waiting = False
            if all(self.resters.prices_known(slot, slot.plan.side, contract, second) for slot, contract in self.chosen):
                self.happened["waited"] += 1
                self.order_entry(second)
            else:
                self.waiting = self.given_up = True
        elif start is None or second >= min(self.decided + self.words.wait.within, LAST_ENTRY):
            self.given_up = True
            self.happened["given up"] += 1

    def order_entry(self, second: int) -> None:
        holdings = [self.holding(slot, contract, slot.plan.side, "entry") for slot, contract in self.chosen]
        for group in [[holding] for holding in holdings] if self.words.legged else [holdings]:
            self.send(group, second)

    def holding(self, slot: Slot, contract: Contract, side: str, order: str) -> Holding:
        first = not any(other.slot is slot for other in self.holdings)
        made = Holding(len(self.holdings), side, contract, slot.plan.lots * lot_size(contract))
        made.slot, made.first, made.order, made.rules = slot, first, order, slot.rules
        made.level_units = made.entry_units = made.left = made.units
        self.holdings.append(made)
        return made

    def send(self, holdings: list[Holding], second: int) -> None:
        """Market orders go out as one group; each order that rests for itself, in its place among them."""
        alone = [holding for holding in holdings if holding.slot.resting is not None]
        together = [holding for holding in holdings if holding.slot.resting is None]
        for holding in holdings:
            holding.sent_second = second
        for members in sorted(
            [*([together] if together else []), *([one] for one in alone)], key=lambda some: some[0].number
        ):
            group = Group(members, Trade(self.plan, self.books, members, self.lot, second), second)
            resting = members[0].slot.resting
            if resting is not None:
                row = self.books.row(members[0].contract, second)
                price = limit_price(resting, members[0].side, row, second)
                side = members[0].side
                group.resting = self.resters.send(members[0], side, price, second, resting, resting.model)
            self.groups.append(group)

    # one second

    def in_state(self, *states: str) -> list[Holding]:
        return [holding for holding in self.holdings if holding.state in states]

    def value(self, holding: Holding, second: int) -> Amount | None:
        row = self.books.row(holding.contract, second)
        return value_to_close(row, second, holding, self.words.max_quote_age, self.words.on)

    def step(self, second: int, watch_day: Callable[[int], None]) -> None:
        """Steps 1 to 9 of one second."""
        self.fill(second)
        self.gain_now = self.gain(second)
        if self.entry_second is not None and second > self.entry_second:
            self.watch_whole(second)
            self.watch_holdings(second)
            if self.sent_at != second:
                self.target_of_whole(second)
                self.targets_of_holdings(second)
            watch_day(second)
            self.adjust(second)
            self.watch_spot(second)
            self.watch_hold(second)
            if second >= self.words.exit:
                self.rests.clear()
                for holding in self.in_state("open"):
                    if holding.entry_second < second:
                        self.close(second, holding, "time")
                self.cancel_entries(second)
        if self.waiting and second > self.decided:
            self.wait(second)
        self.reopen(second)

    def fill(self, second: int) -> None:
        for holding in [one for one in self.holdings if one.state in ("open", "closing")]:
            if holding.target_order is not None and self.rest_to_close(holding, second):
                continue
            if holding.state != "closing":
                continue
            Trade(self.plan, self.books, [holding], self.lot, second).fill(second)
            if holding.state == "closed":
                self.wholly_closed(holding, second)
        for group in list(self.groups):
            self.try_group(group, second)
        if self.base_is_due and not self.groups and not self.in_state("closing"):
            self.take_base_anew()

    def try_group(self, group: Group, second: int) -> None:
        arrival = group.sent + self.words.latency
        if second < arrival:
            return
        if group.resting is not None:
            if not self.rest_to_open(group, second):
                return
            opened = group.holdings[0].state == "open"
        else:
            opened = group.trade.try_entry(second) is None
        if opened:
            self.groups.remove(group)
            for holding in group.holdings:
                holding.base = holding.told_from = holding.entry_value
                self.freeze_prices(holding)
                self.send_target(holding, second)
            if group.holdings[0].order == "entry":
                self.base = abs(sum(sign(h.side) * h.entry_value for h in self.holdings if h.entry_second >= 0))
                self.entry_second = second if self.entry_second is None else self.entry_second
            else:
                self.base_is_due = True
        elif group.resting is not None or second >= min(arrival + WAIT, self.books.day.last):
            self.groups.remove(group)
            for holding in group.holdings:
                holding.state = "missed"
                self.happened[f"missed {holding.order}"] += 1

    def rest_to_open(self, group: Group, second: int) -> bool:
        """Take an order to open one second further; whether it is over, its holding open or not."""
        order, holding = group.resting, group.holdings[0]
        if not self.resters.over(order, second):
            before = order.filled
            self.resters.show(order, second)
            if before == 0 and 0 < order.filled < order.units:
                self.resters.cancel(order, second + max(WAIT, self.words.latency))
        if not self.resters.over(order, second + 1) and second < self.books.day.last:
            return False
        order.state = "over"
        if order.filled:
            holding.state, holding.entry_second = "open", second
            holding.units = holding.left = holding.level_units = holding.entry_units = order.filled
            self.happened["rested"] += 1
            self.happened["rested in part"] += order.filled < order.units
        else:
            self.happened["not filled"] += 1
        return True

    def rest_to_close(self, holding: Holding, second: int) -> bool:
        """Take a target that rests one second further; whether it closed the holding."""
        order = holding.target_order
        if self.resters.over(order, second):
            holding.target_order = None
            return False
        self.resters.show(order, second)
        self.happened["target in part"] += 0 < order.filled < order.units
        if holding.left > 0:
            return False
        holding.target_order = None
        holding.state, holding.reason, holding.exit_second = "closed", "leg_target", second
        holding.units = holding.entry_units
        self.happened["target rested"] += 1
        self.wholly_closed(holding, second)
        self.follow(second, holding, "leg_target")
        return True

    def send_target(self, holding: Holding, second: int) -> None:
        rules = holding.rules
        if rules.target_model is None or rules.target is None:
            return
        target = rules.target
        gain = target if isinstance(target, Fraction) else target.paise(holding.base, holding.units)
        side = OPPOSITE[holding.side]
        holding.rules = replace(rules, target=None)
        holding.target_order = self.resters.send(
            holding, side, target_price(holding, gain), second, None, rules.target_model
        )

    def freeze_prices(self, holding: Holding) -> None:
        """Turn prices known at the decision into gains."""
        found = {}
        for name in ("stop", "target"):
            text = getattr(holding.rules, name)
            if isinstance(text, str):
                row = self.books.row(holding.contract, holding.sent_second)
                price = price_of(text, row, holding.sent_second)
                found[name] = sign(holding.side) * (holding.entry_value - price * holding.units)
        holding.rules = replace(holding.rules, **found)

    def cancel_entries(self, second: int) -> None:
        for group in self.groups:
            if group.resting is not None:
                self.resters.cancel(group.resting, second + self.words.latency)

    def take_base_anew(self) -> None:
        self.base_is_due = False
        if self.words.covers == "what is left":
            turned = 0
            for holding in self.holdings:
                if holding.entry_second >= 0:
                    turned += sign(holding.side) * (holding.entry_value - holding.exit_value)
            self.base = abs(turned)

    def wholly_closed(self, holding: Holding, second: int) -> None:
        if holding.reason == "adjust":
            self.base_is_due = True
        again, kind = holding.slot.again, (holding.reason or "").removeprefix("leg_")
        if again is None or not holding.reason.startswith("leg_"):
            return
        wanted = {"stop": ON_STOP, "target": ("target",), "any": (*ON_STOP, "target", "spot", "hold")}[again.on]
        if kind in wanted and self.may_rest(holding.slot) and second + again.after <= again.until:
            self.rests[holding.slot.number] = Rest(holding.slot, holding, second, kind == "target")

    def may_rest(self, slot: Slot) -> bool:
        return self.whole_closed is None and self.used[slot.number] < slot.again.times

    # stops, trails, targets

    def gain(self, second: int) -> Amount | None:
        """The gain of the whole; none while a holding is entering, fresh or closing, or one has no value."""
        if self.under_way(second):
            return None
        total: Amount = sum(holding.earned for holding in self.in_state("closed"))
        for holding in self.in_state("open"):
            value = self.value(holding, second)
            if value is None:
                return None
            total += holding.gain_at(value)
        return total

    def under_way(self, second: int) -> bool:
        fresh = any(holding.entry_second == second for holding in self.in_state("open"))
        return bool(self.groups or self.in_state("closing") or fresh)

    def covered(self, second: int) -> bool:
        """Whether the whole is looked at, values aside."""
        if self.under_way(second) or not self.in_state("open"):
            return False
        first_ones = [holding for holding in self.holdings if holding.order == "entry" and holding.entry_second >= 0]
        return self.words.covers == "what is left" or all(holding.state == "open" for holding in first_ones)

    def watched_gain(self, second: int) -> Amount | None:
        return self.gain(second) if self.covered(second) else None

    def watch_whole(self, second: int) -> None:
        gain = self.watched_gain(second)
        if gain is None:
            return
        rules = self.words.whole
        late = second >= self.entry_second + rules.min_hold
        reason = fired(rules, self.watch, gain, self.base, self.one_set, 0 if self.at_cost else None, late, None)
        see(self.watch, gain, None, None)
        if reason:
            self.close_whole(second, reason)

    def watch_holdings(self, second: int) -> None:
        for holding in self.in_state("open"):
            value = self.value(holding, second)
            if holding.state != "open" or holding.entry_second == second or value is None:
                continue
            late = second >= holding.entry_second + holding.rules.min_hold
            worth = holding.worth(value)
            gain = sign(holding.side) * (holding.told_from - worth)
            cost = sign(holding.side) * (holding.told_from - holding.entry_value) if holding.at_cost else None
            row = self.books.row(holding.contract, second - 1)
            reason = fired(
                holding.rules, holding.watch, gain, holding.base, holding.level_units, cost, late, holding,
                partial(price_of, row=row, second=second - 1),
            )  # fmt: skip
            see(holding.watch, gain, worth, holding.side)
            if reason:
                self.close_holding(second, holding, f"leg_{reason}")

    def target_of_whole(self, second: int) -> None:
        gain, target = self.watched_gain(second), self.words.whole.target
        if gain is not None and target is not None and gain >= target.paise(self.base, self.one_set):
            self.close_whole(second, "target")

    def targets_of_holdings(self, second: int) -> None:
        for holding in self.in_state("open"):
            value, target = self.value(holding, second), holding.rules.target
            if holding.state != "open" or holding.entry_second == second or value is None or target is None:
                continue
            gain = sign(holding.side) * (holding.told_from - holding.worth(value))
            reached = target if isinstance(target, Fraction) else target.paise(holding.base, holding.level_units)
            if gain >= reached:
                self.close_holding(second, holding, "leg_target")

    def watch_spot(self, second: int) -> None:
        now = self.books.day.spot_at(second)
        if now is None:
            return
        if self.covered(second) and index_left(self.words.whole.spot, now, self.index, None):
            self.close_whole(second, "spot")
        for holding in self.in_state("open"):
            if holding.state != "open" or holding.entry_second == second:
                continue
            if index_left(holding.rules.spot, now, self.index, holding):
                self.close_holding(second, holding, "leg_spot")

    def watch_hold(self, second: int) -> None:
        hold = self.words.whole.hold
        if hold is not None and self.covered(second) and second >= self.entry_second + hold:
            self.close_whole(second, "hold")
        for holding in self.in_state("open"):
            hold = holding.rules.hold
            if holding.state == "open" and hold is not None and second >= holding.entry_second + hold:
                self.close_holding(second, holding, "leg_hold")

    # what closes

    def close(self, second: int, holding: Holding, reason: str) -> None:
        holding.send_close(second, self.words.latency, reason)
        if holding.target_order is not None:
            self.resters.cancel(holding.target_order, holding.arrival)
        self.sent_at = second

    def close_whole(self, second: int, reason: str) -> None:
        for holding in self.in_state("open"):
            self.close(second, holding, reason)
        self.cancel_entries(second)
        self.rests.clear()
        self.whole_closed = self.whole_closed or reason

    def close_holding(self, second: int, holding: Holding, reason: str) -> None:
        self.close(second, holding, reason)
        self.follow(second, holding, reason)

    def follow(self, second: int, holding: Holding, reason: str) -> None:
        then = holding.slot.then
        if then == "close all":
            self.close_whole(second, reason)
        elif then in ("others to cost", "stopped to cost"):
            for other in self.in_state("open"):
                if then == "others to cost" or other.rules.stop is not None:
                    other.at_cost = True

    # adjustments

    def adjust(self, second: int) -> None:
        if not self.covered(second):
            return
        for number, adjustment in enumerate(self.words.adjustments):
            for place, comparison in enumerate(adjustment.position):
                first, last = self.lasting.get((number, place), (second, second - 2))
                if self.holds(comparison, second):
                    self.lasting[number, place] = (first if last == second - 1 else second, second)
        if second >= self.words.exit or self.sent_at == second:
            return
        for number, adjustment in enumerate(self.words.adjustments):
            since = self.entry_second if self.last_adjustment is None else self.last_adjustment
            if (
                self.acted[number] < adjustment.times
                and (second - self.entry_second) % adjustment.every == 0
                and second >= since + adjustment.after
                and all(self.lasts(number, place, second) for place in range(len(adjustment.position)))
                and self.act(adjustment, second)
            ):
                self.acted[number] += 1
                self.last_adjustment = second
                return

    def lasts(self, number: int, place: int, second: int) -> bool:
        first, last = self.lasting.get((number, place), (0, -1))
        return last == second and second - first + 1 >= self.words.adjustments[number].position[place].lasting

    def act(self, adjustment: Adjustment, second: int) -> bool:
        closing: list[Holding] = []
        opening: list[tuple[Slot, str, Contract]] = []
        to_cost: list[Holding] = []
        whole = False
        for action in adjustment.do:
            meant: list[tuple[Slot, str, Holding | None]] = []
            verb, what = (
                ("cost", action.removesuffix(" to cost")) if action.endswith("to cost") else action.split(" ", 1)
            )
            if verb == "open":
                slots = [slot for slot in self.words.slots if f"leg {slot.leg + 1}" == what]
                if what == "missing":
                    held = [one.slot for one in self.in_state("entering", "open", "closing")]
                    slots = [slot for slot in self.words.slots if not slot.lazy and slot not in held]
                meant = [(slot, slot.plan.side, None) for slot in slots]
            elif what == "whole":
                whole = True
            else:
                chosen = self.named(what, second)
                if chosen is None:
                    return False
                chosen = [holding for holding in chosen if holding not in closing]
                if verb == "cost":
                    to_cost += chosen
                else:
                    closing += chosen
                meant = [(holding.slot, holding.side, holding) for holding in chosen] if verb == "roll" else []
            for slot, side, held in meant:
                contract = None
                if second <= LAST_ENTRY:
                    contract = self.roll_to(held, adjustment.strike, second) if held else self.pick(slot, second)
                if contract is None or not self.resters.prices_known(slot, side, contract, second):
                    return False
                opening.append((slot, side, contract))
        if not closing and not opening and not to_cost and not whole:
            return False
        self.at_cost = self.at_cost or whole
        for holding in to_cost:
            holding.at_cost = True
        for holding in closing:
            self.close(second, holding, "adjust")
        if opening:
            self.send([self.holding(slot, contract, side, "adjust") for slot, side, contract in opening], second)
        words = [action.split(" ")[0] if "to cost" not in action else "cost" for action in adjustment.do]
        words += ["half" for action in adjustment.do if "half" in action]
        words += ["missing" for action in adjustment.do if "missing" in action]
        words += [] if adjustment.strike is None else [f"strike {adjustment.strike.rstrip('+-123')}"]
        words += ["lasting" for comparison in adjustment.position if comparison.lasting > 1]
        words += [comparison.word for comparison in adjustment.position]
        words += [] if adjustment.then is None else [f"then of {adjustment.of}"]
        self.happened.update(f"adjust {word}" for word in words)
        if "close all" in adjustment.do:
            self.close_whole(second, "adjust")
        if adjustment.then is not None:
            for holding in self.in_state("open"):
                self.give_rules(holding, adjustment.then, adjustment.of, self.value(holding, second), second)
        return True

    def give_rules(self, holding: Holding, rules: Rules, of: str, value: Amount | None, second: int) -> None:
        """New rules, from this second on; `of` says whether they count from the value now or from the entry."""
        holding.rules, holding.watch, holding.at_cost = rules, Watch(), False
        by_value = of == "value" and value is not None
        holding.base = value if by_value else holding.entry_value
        holding.told_from = holding.worth(value) if by_value else holding.entry_value
        holding.level_units = holding.units
        if holding.target_order is not None:
            self.resters.cancel(holding.target_order, second + self.words.latency)
        if value is not None:
            worth = holding.worth(value)
            see(holding.watch, sign(holding.side) * (holding.told_from - worth), worth, holding.side)

    def named(self, what: str, second: int) -> list[Holding] | None:
        """The open holdings that an act is about; none at all where it cannot be told."""
        held = self.in_state("open")
        if what == "all":
            return held
        if what.startswith("half of "):
            halves = [holding for holding in held if self.half_before(holding)]
            whose = what.removeprefix("half of ")
            return [holding for holding in halves if whose in ("all", f"leg {holding.slot.leg + 1}")]
        if what.startswith("leg "):
            return [holding for holding in held if holding.slot.leg == int(what.removeprefix("leg ")) - 1]
        values = [self.value(holding, second) for holding in held]
        if None in values:
            return None
        per_unit = [Fraction(h.gain_at(value), h.entry_units) for h, value in zip(held, values, strict=True)]
        wanted = max(per_unit) if what == "winner" else min(per_unit)
        named = held[per_unit.index(wanted)]
        return [named] + [holding for holding in held if holding.slot.number == named.slot.twin]

    def half_before(self, holding: Holding) -> bool:
        """Whether the other half of its leg is open and has a lower number."""
        return any(
            one.slot.number == holding.slot.twin and one.number < holding.number for one in self.in_state("open")
        )

    def roll_to(self, holding: Holding, strike: str | None, second: int) -> Contract | None:
        """The contract that a roll opens in place of a holding."""
        if strike is None:
            return self.pick(holding.slot, second)
        kind, day = holding.contract.kind, self.books.day
        if strike.startswith("held"):
            wanted = holding.contract.strike + 100 * int(strike.removeprefix("held"))
            found = holding.contract._replace(strike=wanted)
            return found if found in day.contracts() and day.newest(found)[second] is not None else None
        if strike != "balances":
            wanted_strike = int(strike) if strike.isdigit() else strike
            plan = replace(holding.slot.plan, kind=kind, strike=wanted_strike)
            return self.pick(replace(holding.slot, plan=plan), second)
        sold = self.sold()
        if len(sold) != 2 or holding not in sold:
            return None
        other = sold[1 - sold.index(holding)].contract
        row, age = self.books.row(other, second), self.words.max_quote_age
        if other.kind == kind or not usable(row, second, age):
            return None
        wanted = row.bids[0][0] + row.asks[0][0]
        apart = {}
        for contract in day.contracts():
            same = contract.kind == kind and contract.expiry == holding.contract.expiry
            past = contract.strike < other.strike if kind == "CE" else contract.strike > other.strike
            row = self.books.row(contract, second)
            if same and not past and usable(row, second, age):
                own = row.bids[0][0] + row.asks[0][0]
                apart[contract] = (Fraction(abs(own - wanted), own + wanted), contract.strike)
        return min(apart, key=apart.get, default=None)

    def sold(self) -> list[Holding]:
        return [one for one in self.in_state("open") if one.side == "sell" and not self.half_before(one)]

    def pick(self, slot: Slot, second: int) -> Contract | None:
        chosen = chosen_contracts(self.books.day, picking([slot], self.words), second)
        return None if isinstance(chosen, tuple) else chosen[0]

    def holds(self, comparison: Comparison, second: int) -> bool:
        operator, text = OPERATORS[comparison.operator], comparison.text
        word, held = comparison.word, self.in_state("open")
        if word in ("gain", "loss"):
            gain = self.gain(second)
            return gain is not None and operator(
                gain if word == "gain" else -gain, level_of(text).paise(self.base, self.one_set)
            )
        if word in ("winner_gain", "loser_gain"):
            named = self.named(word.removesuffix("_gain"), second)
            if named is None:
                return False
            gain = named[0].gain_at(self.value(named[0], second))
            return operator(gain, level_of(text).paise(named[0].entry_value, named[0].level_units))
        if word == "held":
            return operator(second - self.entry_second, seconds(text))
        if word == "spot_move":
            now = self.books.day.spot_at(second)
            if now is None or self.index is None:
                return False
            return operator(abs(now - self.index), level_of(text).paise(self.index, 1))
        if word in ("spot_up", "spot_down"):
            now = self.books.day.spot_at(second)
            if now is None or self.index is None:
                return False
            risen = now - self.index if word == "spot_up" else self.index - now
            return operator(risen, level_of(text).paise(self.index, 1))
        if word == "legs":
            return operator(sum(not self.half_before(one) for one in held), int(text))
        if word == "credit":
            brought = sum(sign(one.side) * (one.entry_value - one.exit_value) for one in self.holdings)
            return operator(brought, level_of(text).paise(0, self.one_set))
        if word == "strike_distance":
            now = self.books.day.spot_at(second)
            away = [
                (100 * one.contract.strike - now if one.contract.kind == "CE" else now - 100 * one.contract.strike,
                 one.number, 100 * one.contract.strike)
                for one in held if one.side == "sell" and now is not None
            ]  # fmt: skip
            return bool(away) and operator(min(away)[0], level_of(text).paise(min(away)[2], 1))
        sold = self.sold()
        if len(sold) != 2:
            return False
        values = [self.value(holding, second) for holding in sold]
        if None in values:
            return False
        a, b = (Fraction(value, holding.units) for value, holding in zip(values, sold, strict=True))
        if word == "premium_ratio":
            return min(a, b) > 0 and operator(max(a, b) / min(a, b), Fraction(text))
        if word == "imbalance":
            return a + b > 0 and operator(abs(a - b) / (a + b), Fraction(text.removesuffix("%")) / 100)
        moves = [
            value - Fraction(holding.entry_value, holding.units) for value, holding in zip((a, b), sold, strict=True)
        ]
        if word == "move_ratio":
            more, less = max(map(abs, moves)), min(map(abs, moves))
            return less > 0 and operator(more / less, Fraction(text))
        return operator(abs(moves[0] - moves[1]), level_of(text).paise(0, 1))

    # slots at rest

    def reopen(self, second: int) -> None:
        for number, rest in sorted(self.rests.items()):
            again = rest.slot.again
            if second > again.until or second >= self.words.exit:
                del self.rests[number]
            elif second >= rest.second + again.after:
                self.try_reopening(second, rest, again)

    def try_reopening(self, second: int, rest: Rest, again: Again) -> None:
        slot = rest.slot if again.opens is None else self.words.slots[again.opens]
        side = rest.closed.side if again.opens is None else slot.plan.side
        turned = OPPOSITE[side] if again.reversed and again.opens is None else side
        if again.mode == "asap":
            contract = self.pick(slot, second)
        else:
            contract = rest.closed.contract if self.come_back(second, rest, again) else None
        if contract is None or not self.resters.prices_known(slot, turned, contract, second):
            return
        del self.rests[rest.slot.number]
        self.used[rest.slot.number] += 1
        self.happened[f"again {again.mode}"] += 1
        self.happened["again reversed"] += turned != side
        self.happened["again opens"] += again.opens is not None
        holding = self.holding(slot, contract, turned, "again")
        self.send([holding], second)

    def come_back(self, second: int, rest: Rest, again: Again) -> bool:
        value, closed = self.value(rest.closed, second), rest.closed
        if value is None:
            return False
        if again.mode == "move":
            return moved(value, closed.exit_value, again.move, closed.units)
        below = (closed.side == "sell") != rest.after_target
        return value <= closed.entry_value if below else value >= closed.entry_value

    # the end

    def over(self) -> bool:
        if self.waiting:
            return self.given_up
        return not (self.groups or self.rests or self.in_state("open", "closing"))

    def end_of_session(self) -> None:
        held = self.in_state("open", "closing")
        Trade(self.plan, self.books, held, self.lot, self.decided).end_of_session()
        self.groups.clear()
        self.rests.clear()

    def result(self) -> dict:
        traded = [holding for holding in self.holdings if holding.entry_second >= 0]
        return {
            "gross": sum(holding.earned for holding in traded),
            **(life_of(self.books.day, traded, self.words.max_quote_age) if traded else {}),
            "legs": [
                (
                    str(holding.contract), holding.side, holding.entry_units,
                    holding.entry_second if holding.filled_second is None else holding.filled_second,
                    holding.exit_second,
                    holding.entry_value, holding.exit_value, holding.reason,
                )
                for holding in traded
            ],
        }  # fmt: skip
