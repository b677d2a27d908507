"""One day's outcome as the tables of a run: names instead of numbers, times instead of seconds, rows of the lake."""

import json
from collections.abc import Sequence

import numpy as np
import polars as pl

from nfolab.base.snapshot import TIMESTAMP
from nfolab.engine.codes import Event, Reason
from nfolab.engine.outcome import Outcome
from nfolab.research.results import DAYS, EVENTS, LEGS, TRADES
from nfolab.strategies.choose import Plan as DayPlan
from nfolab.strategies.recipe import Variant
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import NANOSECONDS, Day, Tape

REASON_NAMES = {int(reason): reason.name.lower() for reason in Reason if reason != Reason.NONE}
_EVENT_NAMES = {int(event): event.name.lower() for event in Event if event != Event.FIRED}
_SIDES = {-1: "sell", 1: "buy"}
_MISSES = {
    "no_row": "no row by then",
    "no_new_row": "no row stamped at or after the order's arrival within 5 s",
    "bad_quote": "no good quote within 5 s of the order's arrival (crossed, or a side empty)",
    "thin_book": "five levels did not hold the quantity within 5 s of the order's arrival",
}
"""What the note of a day says of a missed entry; other reasons are sentences already."""

_PAISE_OF_TRADE = (
    "premium",
    "gross",
    "charges",
    "net",
    "net_flat5",
    "gross_best",
    "gross_worst",
    "net_best",
    "net_worst",
    "margin",
)
_PAID = ("spread", "depth", "latency")


def time_of(day: Day, column: str) -> pl.Expr:
    """Return a column of seconds since the session's open as times in IST."""
    opening = int(day.opening.timestamp()) * NANOSECONDS
    return (pl.col(column).cast(pl.Int64) * NANOSECONDS + opening).cast(TIMESTAMP)


def _variants(variants: Sequence[Variant], programs: Int64Array) -> dict[str, pl.Series]:
    chosen = [variants[program] for program in programs]
    return {
        "strategy": pl.Series([variant.strategy for variant in chosen], dtype=pl.String),
        "variant": pl.Series([variant.number for variant in chosen], dtype=pl.Int32),
        "params": pl.Series([json.dumps(variant.params) for variant in chosen], dtype=pl.String),
    }


def trades_of(day: Day, variants: Sequence[Variant], outcome: Outcome) -> pl.DataFrame:
    """Return the trades of a day; `trade` counts from 0 within the day."""
    trades = outcome.trades
    return trades.with_columns(
        **_variants(variants, trades["program"].to_numpy()),
        trade=pl.int_range(pl.len(), dtype=pl.Int32),
        underlying=pl.lit(day.underlying),
        day=pl.lit(day.day),
        decision_time=time_of(day, "decision_second"),
        entry_time=time_of(day, "entry_second"),
        exit_time=time_of(day, "exit_second"),
        reason=pl.col("reason").replace_strict(REASON_NAMES, return_dtype=pl.String),
        **{f"{name}_paise": pl.col(name).cast(pl.Int64) for name in _PAISE_OF_TRADE},
        **{f"{name}_paise": pl.col(name) / 2 for name in _PAID},
    ).select(_typed(TRADES))


def legs_of(day: Day, tape: Tape, outcome: Outcome) -> pl.DataFrame:
    """Return the legs of a day's trades; `trade` as in `trades_of`."""
    keys = outcome.trades.select("program", "entry", trade=pl.int_range(pl.len(), dtype=pl.Int32))
    legs = outcome.legs.join(keys, on=["program", "entry"], how="left", maintain_order="left")
    numbers = tape.numbers[legs["contract"].to_numpy()]
    return legs.with_columns(
        contract=pl.Series([str(day.contract(int(number))) for number in numbers], dtype=pl.String),
        expiry=pl.Series(day.expiry[numbers]),
        kind=pl.Series(day.kind[numbers].tolist(), dtype=pl.String),
        strike=pl.Series(day.strike[numbers]),
        side=pl.col("side").replace_strict(_SIDES, return_dtype=pl.String),
        entry_time=time_of(day, "entry_second"),
        exit_time=time_of(day, "exit_second"),
        reason=pl.col("reason").replace_strict(REASON_NAMES, return_dtype=pl.String),
        entry_value_paise=pl.col("entry_value"),
        exit_value_paise=pl.col("exit_value"),
        gross_paise=pl.col("gross"),
    ).select(_typed(LEGS))


def events_of(
    day: Day, tape: Tape, variants: Sequence[Variant], plans: Sequence[DayPlan], outcome: Outcome
) -> pl.DataFrame:
    """Return the log of a day as events, and the entries that could not be made, in order of variant and time.

    What was observed and held against it is in half-paise in the log; an odd one (a mid between two paise) is cut.
    """
    log = outcome.log
    keys = outcome.trades.select("program", "entry", trade=pl.int_range(pl.len(), dtype=pl.Int32))
    log = log.join(keys, on=["program", "entry"], how="left", maintain_order="left")
    contract, row = log["contract"].to_numpy(), log["row"].to_numpy()
    lake_row = tape.lake_rows(contract.clip(0), row)
    row_second = tape.book.second[row.clip(0)] if tape.book.second.size else np.zeros(row.size, np.int32)
    names = np.array([str(day.contract(int(number))) for number in tape.numbers])
    fill = pl.col("event") == Event.FILL
    money = {
        program: {at: value // 2 for at, value in plan.money.items()}
        for program, plan in enumerate(plans)
        if plan.money
    }
    decided_at = [
        money.get(program, {}).get(second) if event == Event.DECISION else None
        for program, second, event in zip(log["program"], log["second"], log["event"], strict=True)
    ]
    shown = log.with_columns(
        **_variants(variants, log["program"].to_numpy()),
        day=pl.lit(day.day),
        time=time_of(day, "second"),
        event=pl.when(pl.col("event") == Event.FIRED)
        .then(pl.col("reason").replace_strict(REASON_NAMES, default=None, return_dtype=pl.String))
        .otherwise(pl.col("event").replace_strict(_EVENT_NAMES, default=None, return_dtype=pl.String)),
        leg=pl.when(pl.col("leg") >= 0).then("leg"),
        contract=pl.when(pl.col("contract") >= 0).then(pl.Series(names[contract.clip(0)].tolist(), dtype=pl.String)),
        row=pl.when(pl.col("row") >= 0).then(pl.Series(lake_row)),
        row_second=pl.when(pl.col("row") >= 0).then(pl.Series(row_second)),
        level=pl.when(fill).then("level"),
        side=pl.col("side").replace_strict(_SIDES, default=None, return_dtype=pl.String),
        price_paise=pl.when(fill).then("price"),
        quantity=pl.when(pl.col("quantity") > 0).then("quantity"),
        displayed=pl.when(fill).then("displayed"),
        observed_paise=pl.coalesce(
            pl.Series(decided_at, dtype=pl.Int64), pl.when(pl.col("observed") != 0).then(pl.col("observed") // 2)
        ),
        threshold_paise=pl.when(pl.col("threshold") != 0).then(pl.col("threshold") // 2),
        reason=pl.col("reason").replace_strict(REASON_NAMES, default=None, return_dtype=pl.String),
    ).with_columns(row_time=time_of(day, "row_second"))
    refused = [
        {"program": program, "second": entry.second, "event": "missed", "reason": entry.why}
        for program, plan in enumerate(plans)
        for entry in plan.no_entries
    ]
    if refused:
        missed = pl.DataFrame(
            refused, schema={"program": pl.Int64, "second": pl.Int64, "event": pl.String, "reason": pl.String}
        )
        missed = missed.with_columns(
            **_variants(variants, missed["program"].to_numpy()), day=pl.lit(day.day), time=time_of(day, "second")
        )
        shown = pl.concat([shown, missed], how="diagonal").sort("program", "second", maintain_order=True)
    numbered = shown.with_columns(sequence=pl.int_range(pl.len(), dtype=pl.Int32).over("program"))
    return numbered.select(_typed(EVENTS))


def days_of(day: Day, variants: Sequence[Variant], trades: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return one row a variant: its mark at the end of the day, and why it made no trade."""
    sums = trades.group_by("variant").agg(
        pl.len().cast(pl.Int32).alias("trades"),
        *(pl.col(f"{name}_paise").sum() for name in ("gross", "charges", "net", "net_best", "net_worst")),
    )
    why = (
        events.filter(pl.col("event") == "missed")
        .group_by("variant", maintain_order=True)
        .agg(
            note=pl.concat_str(
                "contract", pl.col("reason").replace(_MISSES), separator=": ", ignore_nulls=True
            ).first()
        )
    )
    every = pl.DataFrame(
        {"strategy": [variant.strategy for variant in variants], "variant": [variant.number for variant in variants]},
        schema={"strategy": pl.String, "variant": pl.Int32},
    )
    return (
        every.join(sums, on="variant", how="left", maintain_order="left")
        .join(why, on="variant", how="left", maintain_order="left")
        .with_columns(
            pl.col("trades").fill_null(0),
            pl.col("^.*_paise$").fill_null(0),
            underlying=pl.lit(day.underlying),
            day=pl.lit(day.day),
            note=pl.when(pl.col("trades").fill_null(0) == 0).then("note"),
        )
        .select(_typed(DAYS))
    )


def _typed(schema: dict[str, pl.DataType]) -> list[pl.Expr]:
    return [pl.col(name).cast(dtype) for name, dtype in schema.items()]
