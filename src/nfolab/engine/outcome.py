"""From the kernel's log to trades and legs: values, reasons, charges, the band, flags."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.engine.band import FillGroups, reprice, slip_paise
from nfolab.engine.codes import Event, Field, Reason
from nfolab.engine.flags import RowDefects
from nfolab.engine.leftover import Leftover, close_leftover
from nfolab.engine.program import Program
from nfolab.engine.walk import Walk
from nfolab.market.charges import UNITS_PER_PAISA, charges, option_rates, plan
from nfolab.market.margin import flat_margin
from nfolab.tape.book import Int64Array
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day

LATE_EXIT_SECONDS = 5
_KEY = ["program", "entry"]
_LEG = [*_KEY, "leg"]
_RUPEES = 100 * UNITS_PER_PAISA


@dataclass(frozen=True)
class Outcome:
    """What a batch of programs did on one day.

    Attributes:
        log: the kernel's log, one row a line, columns in the lower case of `Field` and `line`.
        trades: one row a trade, keyed by `program` and `entry`; seconds of the session, paise.
        legs: one row a leg of a trade.
        ran_out: with fewer than five levels loaded, all must be done again with five.
    """

    log: pl.DataFrame
    trades: pl.DataFrame
    legs: pl.DataFrame
    ran_out: bool


def outcome(day: Day, walked: Walk, programs: Sequence[Program], money: Money) -> Outcome:
    """Work out the trades of a walk; docs/engine.md, from "The end of the session" on."""
    log = pl.DataFrame(walked.log, schema=[field.name.lower() for field in Field], orient="row").with_row_index("line")
    fills = log.filter(pl.col("event") == Event.FILL).with_columns(value=pl.col("price") * pl.col("quantity"))
    orders = log.filter(pl.col("event") == Event.ORDER).select(
        *_LEG, order_second="second", order_row="row", order_reason="reason"
    )
    decisions = log.filter(pl.col("event") == Event.DECISION).select(
        *_LEG, decision_second="second", decision_row="row", units="quantity"
    )
    legs = _legs(day, walked, programs, money, log, fills, orders, decisions)
    groups, ran_out = _groups(day, walked, programs, money, fills, orders, decisions)
    legs = _with_values(legs, groups)
    legs = _with_flags(day, walked, programs, legs, fills)
    trades = _trades(day, programs, legs)
    return Outcome(log, trades, legs, ran_out or walked.ran_out)


def _legs(
    day: Day,
    walked: Walk,
    programs: Sequence[Program],
    money: Money,
    log: pl.DataFrame,
    fills: pl.DataFrame,
    orders: pl.DataFrame,
    decisions: pl.DataFrame,
) -> pl.DataFrame:
    """Return the legs of all trades: entry, exit and reason; what was left at the close is settled or marked."""
    opened = fills.filter(pl.col("reason") == Reason.NONE)
    closed = fills.filter(pl.col("reason") != Reason.NONE)
    entries = opened.group_by(_LEG, maintain_order=True).agg(
        pl.col("contract").first(), pl.col("side").first(), entry_second=pl.col("second").first(),
        entry_value=pl.col("value").sum(),
    )  # fmt: skip
    exits = closed.group_by(_LEG).agg(
        exit_second=pl.col("second").max(), sold_or_bought=pl.col("value").sum(),
        exit_seconds=pl.col("second").n_unique(), reason=pl.col("reason").first(),
    )  # fmt: skip
    left = log.filter(pl.col("event") == Event.UNCLOSED).select(*_LEG, left="quantity")
    legs = (
        entries.join(decisions, on=_LEG, how="left", maintain_order="left")
        .join(orders, on=_LEG, how="left", maintain_order="left")
        .join(exits, on=_LEG, how="left", maintain_order="left")
        .join(left, on=_LEG, how="left", maintain_order="left")
        .with_columns(
            pl.col("sold_or_bought", "exit_seconds", "left").fill_null(0),
            leftover_value=pl.lit(0, pl.Int64),
            exercised_value=pl.lit(0, pl.Int64),
            closing_orders=pl.lit(1, pl.Int64),
        )
    )
    return _close_leftovers(day, walked, programs, money, legs)


def _close_leftovers(
    day: Day, walked: Walk, programs: Sequence[Program], money: Money, legs: pl.DataFrame
) -> pl.DataFrame:
    if not (legs["left"] > 0).any():
        return legs
    rows = legs.to_dicts()
    for row in rows:
        if row["left"] == 0:
            continue
        end = close_leftover(
            day,
            walked.tape,
            money,
            Leftover(row["contract"], row["side"], row["left"], programs[row["program"]].max_quote_age),
        )
        row.update(
            leftover_value=end.value,
            exercised_value=end.exercised_value,
            closing_orders=int(end.is_order or row["exit_seconds"] > 0),
            reason=int(end.reason),
            exit_second=day.session.last_second,
        )
    return pl.DataFrame(rows, schema=legs.schema)


def _groups(
    day: Day,
    walked: Walk,
    programs: Sequence[Program],
    money: Money,
    fills: pl.DataFrame,
    orders: pl.DataFrame,
    decisions: pl.DataFrame,
) -> tuple[pl.DataFrame, bool]:
    """Return one row for what each leg took in one second: its value as filled, at best, at worst, what it paid."""
    groups = (
        fills.group_by([*_LEG, "second", "reason"], maintain_order=True)
        .agg(
            pl.col("contract", "row", "side").first(),
            pl.col("quantity", "value").sum(),
        )
        .join(decisions.select(*_LEG, "decision_row"), on=_LEG, how="left", maintain_order="left")
        .join(orders.select(*_LEG, "order_row"), on=_LEG, how="left", maintain_order="left")
        .with_columns(
            opens=pl.col("reason") == Reason.NONE,
            seen_row=pl.when(pl.col("reason") == Reason.NONE).then("decision_row").otherwise("order_row"),
        )
    )
    contract = groups["contract"].to_numpy()
    asked = FillGroups(
        contract=contract,
        row=groups["row"].to_numpy(),
        sign=groups["side"].to_numpy(),
        quantity=groups["quantity"].to_numpy(),
        value=groups["value"].to_numpy(),
        seen_row=groups["seen_row"].to_numpy(),
        slip=_slips(day, walked, programs, money, groups),
    )
    book = walked.tape.book
    prices = np.empty((5, groups.height), np.int64)
    ran_out = reprice(
        asked.contract, asked.row, asked.sign, asked.quantity, asked.value, asked.seen_row, asked.slip, book.second,
        book.first_row, book.bid_price, book.bid_size, book.ask_price, book.ask_size, prices,
    )  # fmt: skip
    best, worst, spread, depth, latency = prices
    priced = groups.with_columns(
        best=pl.Series(best), worst=pl.Series(worst), spread=pl.Series(spread), depth=pl.Series(depth),
        latency=pl.Series(latency),
    )  # fmt: skip
    return priced, ran_out


def _slips(day: Day, walked: Walk, programs: Sequence[Program], money: Money, groups: pl.DataFrame) -> Int64Array:
    number = walked.tape.numbers[groups["contract"].to_numpy()]
    strike = day.strike[number].astype(np.int64)
    expiry = day.expiry[number]
    second = groups["second"].to_numpy()
    ages = np.array([program.max_quote_age for program in programs])[groups["program"].to_numpy()]
    where = money.index[second].astype(np.int64)
    if (where == UNKNOWN).any():
        for one_expiry in np.unique(expiry):
            for age in np.unique(ages):
                chosen = (where == UNKNOWN) & (expiry == one_expiry) & (ages == age)
                if chosen.any():
                    where[chosen] = money.forward(one_expiry, int(age))[second[chosen]]
    return slip_paise(day.underlying, strike, where)


def _with_values(legs: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Add to each leg what it was sold and bought for: as filled, at best and at worst, and what it paid for."""
    paid = groups.group_by(_LEG).agg(
        *(
            pl.when(pl.col("side") == sign).then(pl.col(value)).otherwise(0).sum().alias(f"{name}_{value}")
            for sign, name in ((-1, "sold"), (1, "bought"))
            for value in ("value", "best", "worst")
        ),
        pl.col("spread", "depth", "latency").sum(),
    )
    # A sold leg's leftover is bought back, a bought one's is sold; it is worth the same in all three.
    is_sold = pl.col("side") < 0
    signed_leftover = pl.when(is_sold).then(-pl.col("leftover_value")).otherwise(pl.col("leftover_value"))
    return (
        legs.join(paid, on=_LEG, how="left", maintain_order="left")
        .with_columns(
            exit_value=pl.col("sold_or_bought") + pl.col("leftover_value"),
            gross=pl.col("sold_value") - pl.col("bought_value") + signed_leftover,
            gross_best=pl.col("sold_best") - pl.col("bought_best") + signed_leftover,
            gross_worst=pl.col("sold_worst") - pl.col("bought_worst") + signed_leftover,
        )
        .with_columns(
            # An unclosed leg is charged as if it had been closed at its mark; a settled one pays no fee of trading.
            *(
                (
                    pl.col(f"{name}_{value}")
                    + pl.when((pl.col("reason") == Reason.UNCLOSED) & (is_sold if name == "bought" else ~is_sold))
                    .then(pl.col("leftover_value"))
                    .otherwise(0)
                ).alias(f"{name}_{value}")
                for name in ("sold", "bought")
                for value in ("value", "best", "worst")
            )
        )
    )


def _with_flags(
    day: Day, walked: Walk, programs: Sequence[Program], legs: pl.DataFrame, fills: pl.DataFrame
) -> pl.DataFrame:
    contract = legs["contract"].to_numpy()
    flags = RowDefects(walked.tape.book).flags(
        contract, legs["decision_second"].to_numpy(), legs["exit_second"].to_numpy()
    )
    latency = np.array([program.latency for program in programs])[legs["program"].to_numpy()]
    arrival = legs["order_second"].fill_null(day.session.last_second).to_numpy() + latency
    flags["late_exit"] = legs["exit_second"].to_numpy() - arrival > LATE_EXIT_SECONDS
    flags["settled"] = (legs["reason"] == Reason.SETTLED).to_numpy()
    flags["unclosed"] = (legs["reason"] == Reason.UNCLOSED).to_numpy()
    delayed = day.late_seconds()
    if delayed.any():
        late = (
            fills.filter(pl.Series(delayed[fills["second"].to_numpy()])).select(_LEG).unique().with_columns(late=True)
        )
        joined = legs.select(_LEG).join(late, on=_LEG, how="left", maintain_order="left")
        flags["late_feed"] = joined["late"].fill_null(value=False).to_numpy()
    return legs.with_columns(
        flags=pl.concat_list(
            pl.when(pl.Series(bad)).then(pl.lit(name)) for name, bad in sorted(flags.items())
        ).list.drop_nulls()
    )


def _trades(day: Day, programs: Sequence[Program], legs: pl.DataFrame) -> pl.DataFrame:
    lots = np.array(
        [leg.lots for program in programs for entry in program.entries for leg in entry.legs], dtype=np.int64
    )
    first_leg = np.cumsum([0, *(len(entry.legs) for program in programs for entry in program.entries)])
    legs = legs.with_columns(
        lots=pl.Series(lots[first_leg[legs["entry"].to_numpy()] + legs["leg"].to_numpy()]),
        kind=pl.Series(day.kind[_numbers(programs, legs)]),
    )
    last_closed = pl.col("reason").sort_by(["exit_second", "reason"], descending=[True, False]).first()
    sold = pl.col("side") < 0
    trades = legs.group_by(_KEY, maintain_order=True).agg(
        pl.col("decision_second").first(),
        pl.col("entry_second").first(),
        pl.col("exit_second").max(),
        last_closed.alias("reason"),
        pl.col("gross", "gross_best", "gross_worst", "spread", "depth", "latency", "exercised_value").sum(),
        *(pl.col(f"{name}_{value}").sum() for name in ("sold", "bought") for value in ("value", "best", "worst")),
        premium=pl.when(sold).then(pl.col("entry_value")).otherwise(-pl.col("entry_value")).sum(),
        orders=pl.len().cast(pl.Int64) + pl.col("closing_orders").sum(),
        calls_sold=pl.col("lots").filter(sold & (pl.col("kind") == "CE")).sum(),
        puts_sold=pl.col("lots").filter(sold & (pl.col("kind") == "PE")).sum(),
        partial_exits=(pl.col("exit_seconds") > 1).sum().cast(pl.Int32),
        flags=pl.col("flags").list.explode().drop_nulls().unique().sort(),
    )
    return _with_charges(day, programs, trades)


def _numbers(programs: Sequence[Program], legs: pl.DataFrame) -> Int64Array:
    numbers = np.array(
        [leg.number for program in programs for entry in program.entries for leg in entry.legs], np.int64
    )
    first_leg = np.cumsum([0, *(len(entry.legs) for program in programs for entry in program.entries)])
    found: Int64Array = numbers[first_leg[legs["entry"].to_numpy()] + legs["leg"].to_numpy()]
    return found


def _with_charges(day: Day, programs: Sequence[Program], trades: pl.DataFrame) -> pl.DataFrame:
    """Add charges by component, the nets, and the margin with the return on it."""
    rates = option_rates(day.day, day.underlying)
    plans = np.array([program.plan for program in programs])[trades["program"].to_numpy()]
    components = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst")
    columns = {f"{name}_rupees": np.zeros(trades.height) for name in components}
    totals = {value: np.zeros(trades.height, np.int64) for value in ("value", "best", "worst")}
    for name in np.unique(plans):
        chosen = plans == name
        for value, total in totals.items():
            cost = charges(
                rates,
                plan(str(name)),
                sell_value=trades[f"sold_{value}"].to_numpy()[chosen],
                buy_value=trades[f"bought_{value}"].to_numpy()[chosen],
                orders=trades["orders"].to_numpy()[chosen],
                exercised_value=trades["exercised_value"].to_numpy()[chosen],
            )
            total[chosen] = cost.total_paise
            if value == "value":
                for component in components:
                    columns[f"{component}_rupees"][chosen] = getattr(cost, component) / _RUPEES
    flat = flat_margin(day.underlying)
    short_lots = pl.max_horizontal("calls_sold", "puts_sold")
    margin = (
        pl.when(short_lots > 0)
        .then(short_lots * flat if flat is not None else pl.lit(None, pl.Int64))
        .otherwise(-pl.col("premium"))
    )
    with_totals = trades.with_columns(
        *(pl.Series(name, column) for name, column in columns.items()),
        charges=pl.Series(totals["value"]),
        net=pl.col("gross") - pl.Series(totals["value"]),
        net_flat5=pl.col("gross") - plan("flat5").per_trade_paise,
        net_best=pl.col("gross_best") - pl.Series(totals["best"]),
        net_worst=pl.col("gross_worst") - pl.Series(totals["worst"]),
        margin=margin.cast(pl.Int64),
    )
    broken = with_totals.filter((pl.col("net_worst") > pl.col("net")) | (pl.col("net") > pl.col("net_best")))
    if broken.height:
        raise InputError(
            f"the band of {broken.height} trades on {day.day} is not worst ≤ likely ≤ best: a fault of ours"
        )
    return with_totals.with_columns(return_percent=100 * pl.col("net") / pl.col("margin"))
