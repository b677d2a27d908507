"""From the kernel's log to legs and trades: values, reasons, charges, the band, flags; all as plain arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nfolab.engine.band import FillGroups, reprice, reprice_resting, slip_paise
from nfolab.engine.codes import Event, Field, Reason
from nfolab.engine.flags import BoolArray, RowDefects, repeats_a_row
from nfolab.engine.leftover import Leftover, close_leftover
from nfolab.engine.positions.program import Amount, Program
from nfolab.engine.positions.tables import MOST_HOLDINGS
from nfolab.engine.positions.walk import Walk
from nfolab.market.charges import UNITS_PER_PAISA, Charges, charges, option_rates, plan
from nfolab.market.margin import flat_margin
from nfolab.tape.book import Int64Array
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day

LATE_EXIT_SECONDS = 5
_PRICINGS = ("likely", "best", "worst")
COMPONENTS = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst")
_RUPEES = 100 * UNITS_PER_PAISA

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Turnover:
    """What was sold and bought, in paise: as filled, or re-priced at best or at worst."""

    sold: Int64Array
    bought: Int64Array


@dataclass
class Legs:
    """The legs of all trades, in order of entry and leg; every array has one element a leg.

    Seconds count from the session's open; values are paise; `spread`, `depth` and `latency` are half-paise. `entry` is
    the trade's number within the batch, `leg` the holding's within the trade, `program` and `slot` (the leg of the
    recipe) theirs within the batch, `contract` the number within the tape, `sign` +1 bought or −1 sold,
    `order_second` −1 where no order to close was sent, `reason` a `Reason`. `leftover` is the value of what no row
    could close, `exercised` what of it is taxed as an exercise, `closing_orders` 0 for a leg settled worthless.
    `stop_value` is the value to close at which the leg's own stop fires, −1 without one.
    """

    entry: Int64Array
    leg: Int64Array
    program: Int64Array
    slot: Int64Array
    contract: Int64Array
    sign: Int64Array
    units: Int64Array
    lots: Int64Array
    decision_second: Int64Array
    entry_second: Int64Array
    entry_value: Int64Array
    order_second: Int64Array
    exit_second: Int64Array
    exit_value: Int64Array
    reason: Int64Array
    exit_seconds: Int64Array
    leftover: Int64Array
    exercised: Int64Array
    closing_orders: Int64Array
    likely: Turnover
    best: Turnover
    worst: Turnover
    spread: Int64Array
    depth: Int64Array
    latency: Int64Array
    stop_value: Int64Array
    flags: dict[str, BoolArray]

    def gross(self, turnover: Turnover) -> Int64Array:
        """Return what each leg earned before charges at these prices; a leftover is worth the same at all of them."""
        return turnover.sold - turnover.bought + self.sign * self.leftover


@dataclass(frozen=True)
class Trades:
    """The trades, in order of entry; every array has one element a trade. Units as in `Legs`; money in paise.

    `stop` is the loss, `target` the gain at which the whole is closed; −1 without one.
    """

    entry: Int64Array
    program: Int64Array
    decision_second: Int64Array
    entry_second: Int64Array
    exit_second: Int64Array
    reason: Int64Array
    premium: Int64Array
    gross: Int64Array
    gross_best: Int64Array
    gross_worst: Int64Array
    charges: Int64Array
    net: Int64Array
    net_flat5: Int64Array
    net_best: Int64Array
    net_worst: Int64Array
    margin: Int64Array
    spread: Int64Array
    depth: Int64Array
    latency: Int64Array
    components: dict[str, FloatArray]
    partial_exits: Int64Array
    stop: Int64Array
    target: Int64Array
    flags: dict[str, BoolArray]


@dataclass(frozen=True)
class Outcome:
    """What a batch of programs did on one day.

    `ran_out` tells that with fewer than five levels loaded all must be done again with five.
    """

    walked: Walk
    trades: Trades
    legs: Legs
    ran_out: bool


def outcome(day: Day, walked: Walk, programs: Sequence[Program], money: Money) -> Outcome:
    """Work out the trades of a walk; docs/engine.md, from "The end of the session" on."""
    legs, keys = _legs(day, walked, programs, money)
    ran_out = _price(day, walked, programs, money, legs, keys)
    _flag(day, walked, programs, legs, keys)
    return Outcome(walked, _trades(day, walked, programs, legs), legs, ran_out or walked.ran_out)


def _legs(day: Day, walked: Walk, programs: Sequence[Program], money: Money) -> tuple[Legs, Int64Array]:
    """Return the legs of all trades, not yet re-priced, and each one's key: entry × most legs + leg."""
    log = walked.log
    event, second, reason = log[:, Field.EVENT], log[:, Field.SECOND], log[:, Field.REASON]
    key = log[:, Field.ENTRY] * MOST_HOLDINGS + log[:, Field.LEG]
    value = log[:, Field.PRICE] * log[:, Field.QUANTITY]
    opens = (event == Event.FILL) & (reason == Reason.NONE)
    closes = (event == Event.FILL) & (reason != Reason.NONE)
    keys = np.unique(key[opens])

    def of(lines: BoolArray) -> tuple[BoolArray, Int64Array]:
        """Return which of some lines are about a holding that was filled, and its place."""
        place = np.searchsorted(keys, key[lines])
        known = np.isin(key[lines], keys)
        return known, place[known]

    def placed(lines: BoolArray, values: Int64Array, missing: int) -> Int64Array:
        found = np.full(keys.size, missing, np.int64)
        known, place = of(lines)
        found[place] = values[lines][known]
        return found

    def summed(lines: BoolArray, amounts: Int64Array) -> Int64Array:
        found = np.zeros(keys.size, np.int64)
        known, place = of(lines)
        np.add.at(found, place, amounts[lines][known])
        return found

    decisions = event == Event.DECISION
    exit_second = np.full(keys.size, -1, np.int64)
    known, closed = of(closes)
    np.maximum.at(exit_second, closed, second[closes][known])
    slots = [leg for program in programs for leg in program.slots]
    slot = placed(decisions, log[:, Field.SLOT], 0)
    none = np.zeros(keys.size, np.int64)
    units = summed(opens, log[:, Field.QUANTITY])
    whole = np.array([(leg.lots, leg.units) for leg in slots], np.int64).reshape(-1, 2)[slot]
    legs = Legs(
        entry=keys // MOST_HOLDINGS,
        leg=keys % MOST_HOLDINGS,
        program=placed(decisions, log[:, Field.PROGRAM], 0),
        slot=slot,
        contract=placed(decisions, log[:, Field.CONTRACT], -1),
        sign=placed(decisions, log[:, Field.SIDE], 0),
        units=units,
        lots=-(-units * whole[:, 0] // whole[:, 1]),
        decision_second=placed(decisions, second, -1),
        entry_second=placed(opens, second, -1),
        entry_value=summed(opens, value),
        order_second=placed(event == Event.ORDER, second, -1),
        exit_second=exit_second,
        exit_value=summed(closes, value),
        reason=placed(closes, reason, int(Reason.NONE)),
        exit_seconds=none.copy(),
        leftover=none.copy(),
        exercised=none.copy(),
        closing_orders=np.maximum(_closing_orders(keys, key[closes], reason[closes]), 1),
        likely=Turnover(none.copy(), none.copy()),
        best=Turnover(none.copy(), none.copy()),
        worst=Turnover(none.copy(), none.copy()),
        spread=none.copy(),
        depth=none.copy(),
        latency=none.copy(),
        stop_value=none - 1,
        flags={},
    )
    left = placed(event == Event.UNCLOSED, log[:, Field.QUANTITY], 0)
    for place in np.flatnonzero(left):
        program = programs[legs.program[place]]
        end = close_leftover(
            day,
            walked.tape,
            money,
            Leftover(int(legs.contract[place]), int(legs.sign[place]), int(left[place]), program.max_quote_age),
        )
        legs.leftover[place] = end.value
        legs.exercised[place] = end.exercised_value
        legs.closing_orders[place] = end.is_order or legs.exit_second[place] >= 0
        legs.reason[place] = end.reason
        legs.exit_second[place] = day.session.last_second
    legs.exit_value += legs.leftover
    for at, number in enumerate(legs.slot):
        stop = slots[number].guard.stop
        if stop.is_given:
            move = stop.paise(int(legs.entry_value[at]), int(legs.units[at]))
            legs.stop_value[at] = max(0, legs.entry_value[at] - legs.sign[at] * move)
    return legs, keys


def _closing_orders(keys: Int64Array, key: Int64Array, reason: Int64Array) -> Int64Array:
    """Return how many orders closed each leg: one for each reason, as a target may rest beside a market order."""
    orders = np.unique(np.stack([key, reason]), axis=1)[0]
    return np.bincount(np.searchsorted(keys, orders), minlength=keys.size).astype(np.int64)


def _price(day: Day, walked: Walk, programs: Sequence[Program], money: Money, legs: Legs, keys: Int64Array) -> bool:
    """Fill in what each leg was sold and bought for, as filled, at best and at worst, and what it paid for."""
    log, book = walked.log, walked.tape.book
    fills = log[log[:, Field.EVENT] == Event.FILL]
    key = fills[:, Field.ENTRY] * MOST_HOLDINGS + fills[:, Field.LEG]
    opens = fills[:, Field.REASON] == Reason.NONE
    # The levels that one leg took in one second stand one after another in the log: together they are one fill.
    together = np.stack([key, fills[:, Field.SECOND], opens], axis=1)
    first = np.flatnonzero(np.concatenate(([True], (together[1:] != together[:-1]).any(axis=1)))[: len(fills)])
    if first.size == 0:
        return False
    leg = np.searchsorted(keys, key[first])
    seen = np.full((2, keys.size), -1, np.int64)
    for side, event in enumerate((Event.ORDER, Event.DECISION)):
        lines = log[log[:, Field.EVENT] == event]
        told = lines[:, Field.ENTRY] * MOST_HOLDINGS + lines[:, Field.LEG]
        known = np.isin(told, keys)
        seen[side, np.searchsorted(keys, told[known])] = lines[known, Field.ROW]
    group = FillGroups(
        contract=fills[first, Field.CONTRACT],
        row=fills[first, Field.ROW],
        sign=fills[first, Field.SIDE],
        quantity=np.add.reduceat(fills[:, Field.QUANTITY], first),
        value=np.add.reduceat(fills[:, Field.PRICE] * fills[:, Field.QUANTITY], first),
        seen_row=seen[opens[first].astype(np.int64), leg],
        slip=_slips(day, walked, programs, money, fills[first]),
    )
    prices = np.empty((5, first.size), np.int64)
    ran_out = reprice(
        group.contract, group.row, group.sign, group.quantity, group.value, group.seen_row, group.slip, book.second,
        book.first_row, book.bid_price, book.bid_size, book.ask_price, book.ask_size, prices,
    )  # fmt: skip
    reprice_resting(
        np.flatnonzero(fills[first, Field.RESTED]), group.contract, group.row, group.sign, group.quantity, group.value,
        group.slip, book.second, book.first_row, book.bid_price, book.bid_size, book.ask_price, book.ask_size, prices,
    )  # fmt: skip
    best, worst, spread, depth, latency = prices
    buys = group.sign > 0
    for turnover, value in ((legs.likely, group.value), (legs.best, best), (legs.worst, worst)):
        np.add.at(turnover.bought, leg[buys], value[buys])
        np.add.at(turnover.sold, leg[~buys], value[~buys])
    for paid, amount in ((legs.spread, spread), (legs.depth, depth), (legs.latency, latency)):
        np.add.at(paid, leg, amount)
    np.add.at(legs.exit_seconds, leg[~opens[first]], 1)
    return ran_out


def _slips(day: Day, walked: Walk, programs: Sequence[Program], money: Money, fills: Int64Array) -> Int64Array:
    number = walked.tape.numbers[fills[:, Field.CONTRACT]]
    expiry = day.expiry[number]
    second = fills[:, Field.SECOND]
    where = money.index[second].astype(np.int64)
    unknown = where == UNKNOWN
    if unknown.any():
        ages = np.array([program.max_quote_age for program in programs])[fills[:, Field.PROGRAM]]
        for one_expiry in np.unique(expiry[unknown]):
            for age in np.unique(ages[unknown]):
                chosen = unknown & (expiry == one_expiry) & (ages == age)
                where[chosen] = money.forward(one_expiry, int(age))[second[chosen]]
    return slip_paise(day.underlying, day.strike[number].astype(np.int64), where)


def _flag(day: Day, walked: Walk, programs: Sequence[Program], legs: Legs, keys: Int64Array) -> None:
    latency = np.array([program.latency for program in programs], np.int64)[legs.program]
    arrival = np.where(legs.order_second < 0, day.session.last_second, legs.order_second) + latency
    legs.flags |= RowDefects(walked.tape.book).flags(legs.contract, legs.decision_second, legs.exit_second)
    legs.flags["late_exit"] = legs.exit_second - arrival > LATE_EXIT_SECONDS
    of_entry = legs.decision_second == _firsts(legs.entry, legs.decision_second)
    legs.flags["legged"] = of_entry & (legs.entry_second != _firsts(legs.entry, legs.entry_second))
    legs.flags["settled"] = legs.reason == Reason.SETTLED
    legs.flags["unclosed"] = legs.reason == Reason.UNCLOSED
    fills = walked.log[walked.log[:, Field.EVENT] == Event.FILL]
    filled = fills[:, Field.ENTRY] * MOST_HOLDINGS + fills[:, Field.LEG]
    legs.flags["late_feed"] = np.isin(keys, filled[day.late_seconds()[fills[:, Field.SECOND]]])
    repeated = repeats_a_row(walked.tape.book, fills[:, Field.ROW])
    legs.flags["repeated_row"] = np.isin(keys, filled[repeated])


def _firsts(entry: Int64Array, values: Int64Array) -> Int64Array:
    """Return for each leg the value of the first leg of its trade."""
    _, first, trade = np.unique(entry, return_index=True, return_inverse=True)
    return values[first][trade]


def _trades(day: Day, walked: Walk, programs: Sequence[Program], legs: Legs) -> Trades:
    entry, first, trade = np.unique(legs.entry, return_index=True, return_inverse=True)

    def total(of_legs: Int64Array) -> Int64Array:
        sums = np.zeros(entry.size, np.int64)
        np.add.at(sums, trade, of_legs)
        return sums

    program = legs.program[first]
    exit_second = np.zeros(entry.size, np.int64)
    np.maximum.at(exit_second, trade, legs.exit_second)
    reason = np.full(entry.size, int(max(Reason)), np.int64)
    last = legs.exit_second == exit_second[trade]
    np.minimum.at(reason, trade[last], legs.reason[last])
    of_entry = legs.decision_second == legs.decision_second[first][trade]
    premium = total(np.where(of_entry, -legs.sign * legs.entry_value, 0))
    cost = {name: _charges(day, programs, program, legs, total, getattr(legs, name)) for name in _PRICINGS}
    gross = {name: total(legs.gross(getattr(legs, name))) for name in _PRICINGS}
    net = {name: gross[name] - cost[name].total_paise for name in _PRICINGS}
    if not ((net["worst"] <= net["likely"]) & (net["likely"] <= net["best"])).all():
        raise AssertionError(f"the band of a trade on {day.day} is not worst ≤ likely ≤ best")
    kind = day.kind[walked.tape.numbers[legs.contract]]
    sold = legs.sign < 0
    short_lots = np.maximum(
        *_peaks(legs, trade, np.stack([np.where(sold & (kind == one), legs.lots, 0) for one in ("CE", "PE")]))
    )
    (paid,) = _peaks(legs, trade, np.where(sold, 0, legs.entry_value)[None, :])
    flags = {}
    for name, of_legs in legs.flags.items():
        flags[name] = np.zeros(entry.size, bool)
        np.logical_or.at(flags[name], trade, of_legs)
    return Trades(
        entry=entry,
        program=program,
        decision_second=legs.decision_second[first],
        entry_second=legs.entry_second[first],
        exit_second=exit_second,
        reason=reason,
        premium=premium,
        gross=gross["likely"],
        gross_best=gross["best"],
        gross_worst=gross["worst"],
        charges=cost["likely"].total_paise,
        net=net["likely"],
        net_flat5=gross["likely"] - plan("flat5").per_trade_paise,
        net_best=net["best"],
        net_worst=net["worst"],
        margin=np.where(short_lots > 0, short_lots * (flat_margin(day.underlying) or 0), paid),
        spread=total(legs.spread),
        depth=total(legs.depth),
        latency=total(legs.latency),
        components={name: getattr(cost["likely"], name) / _RUPEES for name in COMPONENTS},
        stop=_levels(programs, program, [programs[at].guard.stop for at in program], premium),
        target=_levels(programs, program, [programs[at].guard.target for at in program], premium),
        partial_exits=total((legs.exit_seconds > 1).astype(np.int64)),
        flags=flags,
    )


def _peaks(legs: Legs, trade: Int64Array, amounts: Int64Array) -> Int64Array:
    """Return, of each row of `amounts` [rows, legs], the most that each trade held at one time, [rows, trades].

    Of a second in which one leg is closed and another opened, both count.
    """
    none = np.zeros(legs.entry.size, np.int64)
    at = np.concatenate([legs.entry_second, legs.exit_second])
    closes = np.concatenate([none, none + 1])
    of_trade = np.concatenate([trade, trade])
    order = np.lexsort((closes, at, of_trade))
    held = np.cumsum(np.concatenate([amounts, -amounts], axis=1)[:, order], axis=1)
    starts = np.flatnonzero(np.diff(of_trade[order], prepend=-1))
    return np.maximum.reduceat(held, starts, axis=1) if starts.size else np.zeros((len(amounts), 0), np.int64)


def _levels(
    programs: Sequence[Program], program: Int64Array, amounts: Sequence[Amount], premium: Int64Array
) -> Int64Array:
    return np.array(
        [
            amount.paise(abs(int(base)), programs[at].set_units) if amount.is_given else -1
            for at, amount, base in zip(program, amounts, premium, strict=True)
        ],
        np.int64,
    )


def _charges(
    day: Day,
    programs: Sequence[Program],
    program: Int64Array,
    legs: Legs,
    total: Callable[[Int64Array], Int64Array],
    turnover: Turnover,
) -> Charges[Int64Array]:
    """Return the charges of each trade at these prices, under its program's brokerage plan.

    An unclosed leg is charged as if it had been closed at its mark; a settled one pays no fee of trading.
    """
    marked = np.where(legs.reason == Reason.UNCLOSED, legs.leftover, 0)
    sold = total(turnover.sold + np.where(legs.sign > 0, marked, 0))
    bought = total(turnover.bought + np.where(legs.sign < 0, marked, 0))
    orders = total(1 + legs.closing_orders)
    exercised = total(legs.exercised)
    plans = np.array([program.plan for program in programs])[program]
    rates = option_rates(day.day, day.underlying)
    parts = {name: np.zeros(program.size, np.int64) for name in COMPONENTS}
    for name in np.unique(plans):
        chosen = plans == name
        cost = charges(
            rates,
            plan(str(name)),
            sell_value=sold[chosen],
            buy_value=bought[chosen],
            orders=orders[chosen],
            exercised_value=exercised[chosen],
        )
        for component, amounts in parts.items():
            amounts[chosen] = getattr(cost, component)
    return Charges(**parts)
