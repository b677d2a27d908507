"""From fills to trades: values, charges, margin, the band, extremes, and what candles would have said."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nfolab.engine.codes import Reason
from nfolab.engine.flags import BoolArray, RowDefects, repeats_a_row
from nfolab.engine.trades.charged import COMPONENTS, charged
from nfolab.engine.trades.legs import Ends, Legs, legs_of
from nfolab.engine.trades.lived import lives_of
from nfolab.engine.trades.priced import priced
from nfolab.engine.trades.told import Fills, Told, summed
from nfolab.market.charges import UNITS_PER_PAISA, plan
from nfolab.market.margin import flat_margin
from nfolab.tape.book import Int64Array
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, Tape

LATE_EXIT_SECONDS = 5
_RUPEES = 100 * UNITS_PER_PAISA
_MINUTE = 60


@dataclass(frozen=True)
class Trades:
    """The trades of a day, in order of their numbers; every array has one element a trade; money in paise.

    Seconds count from the session's open. `number` is that of the log, `terms` the place of the program or strategy.
    `spread`, `depth` and `latency` are half-paise paid, `margin` the peak, `most_gain` and `most_loss` the extremes of
    what the trade would have brought if closed, `minute_close` what it would have earned had each of its orders been
    done at the last price of the minute in which it was decided, where `has_minute_close`. `components` are the
    charges in rupees by name.
    """

    number: Int64Array
    terms: Int64Array
    decision_second: Int64Array
    entry_second: Int64Array
    exit_second: Int64Array
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
    most_gain: Int64Array
    most_loss: Int64Array
    seconds_held: Int64Array
    minute_close: Int64Array
    has_minute_close: BoolArray
    partial_exits: Int64Array
    components: dict[str, npt.NDArray[np.float64]]
    flags: dict[str, BoolArray]


@dataclass(frozen=True)
class Worked:
    """Trades and legs worked out, how the legs ended, and whether deeper levels than those loaded would matter."""

    trades: Trades
    legs: Legs
    ends: Ends
    ran_out: bool


def work_out(day: Day, tape: Tape, money: Money, told: Told) -> Worked:
    """Work out the trades of a day from what a log told; docs/engine.md, from "The end of the session" on.

    Raises:
        AssertionError: worst ≤ likely ≤ best does not hold: a fault of ours.
    """
    fills = told.fills
    legs, ends = legs_of(day, tape, money, told)
    values, ran_out = priced(day, tape, money, told)
    lives, lines_ran_out = lives_of(day, tape, told)
    count = told.number.size
    of_fill = legs.trade[fills.leg]
    of_value = legs.trade[values.leg]
    buys = values.sign > 0

    def total(of_legs: Int64Array) -> Int64Array:
        return summed(count, legs.trade, of_legs)

    marked = ends.marked
    marked_sold, marked_bought = total(marked.clip(0)), total((-marked).clip(0))
    orders, exercised, end_value = told.orders + total(ends.orders), total(ends.exercised), total(ends.value)
    gross, cost = {}, {}
    for name, amounts in (("likely", values.value), ("best", values.best), ("worst", values.worst)):
        sold = summed(count, of_value[~buys], amounts[~buys])
        bought = summed(count, of_value[buys], amounts[buys])
        gross[name] = sold - bought + end_value
        cost[name] = charged(day, told, sold + marked_sold, bought + marked_bought, orders, exercised)
    charges = {name: one.total_paise for name, one in cost.items()}
    net = {name: gross[name] - charges[name] for name in gross}
    if not ((net["worst"] <= net["likely"]) & (net["likely"] <= net["best"])).all():
        raise AssertionError(f"the band of a trade on {day.day} is not worst ≤ likely ≤ best")
    first_fill = np.searchsorted(of_fill, np.arange(count))
    exit_second = np.zeros(count, np.int64)
    np.maximum.at(exit_second, legs.trade, legs.exit_second)
    flat = (flat_margin(day.underlying) or 0) * lives.peak_lots
    minute, has_minute = _minute_close(tape, fills, count, of_fill, day.session.last_second)
    flags = {}
    for name, of_legs in _flags(day, tape, told, legs, ends).items():
        flags[name] = np.zeros(count, np.bool_)
        flags[name][legs.trade[of_legs]] = True
    trades = Trades(
        number=told.number,
        terms=told.terms_of,
        decision_second=fills.decided[first_fill],
        entry_second=legs.entry_second[np.searchsorted(legs.trade, np.arange(count))],
        exit_second=exit_second,
        premium=total(np.where(told.legs.in_premium, -legs.sign * legs.entry_value, 0)),
        gross=gross["likely"],
        gross_best=gross["best"],
        gross_worst=gross["worst"],
        charges=charges["likely"],
        net=net["likely"],
        net_flat5=gross["likely"] - plan("flat5").per_trade_paise,
        net_best=net["best"],
        net_worst=net["worst"],
        margin=np.where(lives.peak_lots > 0, flat, lives.peak_paid),
        spread=summed(count, of_value, values.spread),
        depth=summed(count, of_value, values.depth),
        latency=summed(count, of_value, values.latency),
        most_gain=lives.most_gain,
        most_loss=lives.most_loss,
        seconds_held=lives.seconds_held,
        minute_close=minute + end_value,
        has_minute_close=has_minute,
        partial_exits=total((legs.exit_seconds > 1).astype(np.int64)),
        components={name: getattr(cost["likely"], name) / _RUPEES for name in COMPONENTS},
        flags=flags,
    )
    return Worked(trades, legs, ends, ran_out or lines_ran_out)


def _minute_close(
    tape: Tape, fills: Fills, count: int, trade: Int64Array, last_second: int
) -> tuple[Int64Array, BoolArray]:
    """Return what each trade's fills would have earned at the last prices of the minutes of their decisions."""
    book = tape.book
    end = np.minimum(fills.decided // _MINUTE * _MINUTE + _MINUTE - 1, last_second)
    row = book.last[fills.contract, end].astype(np.int64)
    price = np.where(row >= 0, book.last_price[row.clip(0)].astype(np.int64), 0) if row.size else row
    missing = summed(count, trade, (price <= 0).astype(np.int64))
    return summed(count, trade, -fills.sign * fills.units * price), missing == 0


def _flags(day: Day, tape: Tape, told: Told, legs: Legs, ends: Ends) -> dict[str, BoolArray]:
    """Return the flags of each leg; docs/engine.md, "Flags". An order that may wait is never late."""
    fills = told.fills
    flags = dict(RowDefects(tape.book).flags(legs.contract, legs.decided, legs.exit_second))

    def marked(lines: BoolArray) -> BoolArray:
        found = np.zeros(legs.trade.size, np.bool_)
        found[fills.leg[lines]] = True
        return found

    waits = (ends.units != 0) & (day.session.last_second - told.legs.waits_since > LATE_EXIT_SECONDS)
    flags["late_exit"] = waits | marked(~fills.opens & (fills.second - fills.arrival > LATE_EXIT_SECONDS))
    flags["settled"] = ends.reason == Reason.SETTLED
    flags["unclosed"] = ends.reason == Reason.UNCLOSED
    flags["late_feed"] = marked(day.late_seconds()[fills.second])
    flags["repeated_row"] = marked(repeats_a_row(tape.book, fills.row))
    return flags
