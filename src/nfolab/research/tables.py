"""One day's outcome as the tables of a run: names instead of numbers, times instead of seconds, rows of the lake."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from nfolab.base.snapshot import TIMESTAMP
from nfolab.engine.codes import Event, Field, Reason
from nfolab.engine.flags import BoolArray
from nfolab.engine.outcome import Outcome
from nfolab.research.results import DAYS, EVENTS, LEGS, TRADES
from nfolab.strategies.choose import Plan as DayPlan
from nfolab.strategies.recipe import Variant
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import NANOSECONDS, Day

REASON_NAMES = {int(reason): reason.name.lower() for reason in Reason if reason != Reason.NONE}
_OF_EVENT = 100
_EVENT_NAMES = {_OF_EVENT + int(event): event.name.lower() for event in Event if event != Event.FIRED}
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
_PAISE_OF_DAY = ("gross", "charges", "net", "net_best", "net_worst")
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
    }


def _flag_lists(flags: Mapping[str, BoolArray], count: int) -> pl.Series:
    named = sorted(flags.items())
    lists = [[name for name, bad in named if bad[place]] for place in range(count)]
    return pl.Series(lists, dtype=pl.List(pl.String))


def trades_of(day: Day, variants: Sequence[Variant], outcome: Outcome) -> pl.DataFrame:
    """Return the trades of a day; `trade` counts from 0 within the day."""
    trades = outcome.trades
    count = trades.entry.size
    written = {program: json.dumps(variants[program].params) for program in np.unique(trades.program)}
    return pl.DataFrame(
        {
            "trade": np.arange(count),
            **_variants(variants, trades.program),
            "params": pl.Series([written[program] for program in trades.program], dtype=pl.String),
            "reason": _named(REASON_NAMES, trades.reason),
            **{name: getattr(trades, name) for name in ("decision_second", "entry_second", "exit_second")},
            **{f"{name}_paise": getattr(trades, name) for name in _PAISE_OF_TRADE},
            **{f"{name}_paise": getattr(trades, name) / 2 for name in _PAID},
            **{f"{name}_rupees": amounts for name, amounts in trades.components.items()},
            "partial_exits": trades.partial_exits,
            "stop_paise": _known(trades.stop, trades.stop >= 0),
            "target_paise": _known(trades.target, trades.target >= 0),
            "flags": _flag_lists(trades.flags, count),
        }
    ).select(
        _typed(
            TRADES,
            underlying=pl.lit(day.underlying),
            day=pl.lit(day.day),
            margin_paise=pl.when(pl.col("margin_paise") > 0).then("margin_paise"),
            return_percent=pl.when(pl.col("margin_paise") > 0).then(100 * pl.col("net_paise") / pl.col("margin_paise")),
            **{f"{name}_time": time_of(day, f"{name}_second") for name in ("decision", "entry", "exit")},
        )
    )


def legs_of(day: Day, outcome: Outcome) -> pl.DataFrame:
    """Return the legs of a day's trades; `trade` as in `trades_of`."""
    legs = outcome.legs
    numbers = outcome.walked.tape.numbers[legs.contract]
    return pl.DataFrame(
        {
            "trade": np.searchsorted(outcome.trades.entry, legs.entry),
            "leg": legs.leg,
            "contract": _contract_names(day, outcome, legs.contract),
            "expiry": day.expiry[numbers],
            "kind": pl.Series(day.kind[numbers].tolist(), dtype=pl.String),
            "strike": day.strike[numbers],
            "side": _named(_SIDES, legs.sign),
            "units": legs.units,
            "entry_second": legs.entry_second,
            "entry_value_paise": legs.entry_value,
            "exit_second": legs.exit_second,
            "exit_value_paise": legs.exit_value,
            "reason": _named(REASON_NAMES, legs.reason),
            "gross_paise": legs.gross(legs.likely),
            "stop_value_paise": _known(legs.stop_value, legs.stop_value >= 0),
        }
    ).select(_typed(LEGS, **{f"{name}_time": time_of(day, f"{name}_second") for name in ("entry", "exit")}))


def _contract_names(day: Day, outcome: Outcome, contract: Int64Array) -> pl.Series:
    names = [str(day.contract(int(number))) for number in outcome.walked.tape.numbers]
    return pl.Series([names[place] if place >= 0 else None for place in contract], dtype=pl.String)


def events_of(day: Day, variants: Sequence[Variant], plans: Sequence[DayPlan], outcome: Outcome) -> pl.DataFrame:
    """Return the log of a day as events, and the entries that could not be made, in order of variant and time.

    What was observed and held against it is in half-paise in the log; an odd one (a mid between two paise) is cut.
    """
    tape, log = outcome.walked.tape, outcome.walked.log
    program, entry, event, row = (log[:, field] for field in (Field.PROGRAM, Field.ENTRY, Field.EVENT, Field.ROW))
    fired = event == Event.FIRED
    trade = np.searchsorted(outcome.trades.entry, entry)
    is_traded = np.isin(entry, outcome.trades.entry)
    money = np.zeros(len(log), np.int64)
    second = log[:, Field.SECOND]
    reasons = [REASON_NAMES.get(code) for code in log[:, Field.REASON].tolist()]
    choices = [choice for plan in plans for choice in plan.choices]
    for place in np.flatnonzero(event == Event.DECISION).tolist():
        choice = choices[log[place, Field.SLOT]]
        choice.at(int(second[place]))
        taken = choice.taken.get(int(second[place]))
        if taken is not None:
            money[place] = taken.money or 0
            reasons[place] = taken.why
    for place in np.flatnonzero(log[:, Field.REASON] == Reason.NO_CHOICE).tolist():
        reasons[place] = plans[program[place]].why_none(int(second[place]))
    seen = row >= 0
    lake_row, stamp = row.copy(), row.copy()
    lake_row[seen] = tape.lake_rows(log[seen, Field.CONTRACT], row[seen])
    stamp[seen] = tape.book.second[row[seen]]
    shown = pl.DataFrame(
        {
            "program": program,
            "second": second,
            "trade": _known(trade, is_traded),
            **_variants(variants, program),
            "event": _named(REASON_NAMES | _EVENT_NAMES, np.where(fired, log[:, Field.REASON], _OF_EVENT + event)),
            "leg": _known(log[:, Field.LEG], log[:, Field.LEG] >= 0),
            "contract": _contract_names(day, outcome, log[:, Field.CONTRACT]),
            "row": _known(lake_row, seen),
            "row_second": _known(stamp, seen),
            "side": _named(_SIDES, log[:, Field.SIDE]),
            **{
                name: _known(log[:, field], event == Event.FILL)
                for name, field in (
                    ("level", Field.LEVEL),
                    ("price_paise", Field.PRICE),
                    ("displayed", Field.DISPLAYED),
                )
            },
            "quantity": _known(log[:, Field.QUANTITY], log[:, Field.QUANTITY] > 0),
            "observed_paise": _known((log[:, Field.OBSERVED] + money) // 2, log[:, Field.OBSERVED] + money != 0),
            "threshold_paise": _known(log[:, Field.THRESHOLD] // 2, log[:, Field.THRESHOLD] != 0),
            "reason": pl.Series(reasons, dtype=pl.String),
        }
    )
    refused = [
        {"program": number, "second": entry.second, "event": "missed", "reason": entry.why}
        for number, plan in enumerate(plans)
        for entry in plan.no_entries
    ]
    if refused:
        missed = pl.DataFrame(refused).with_columns(**_variants(variants, np.array([at["program"] for at in refused])))
        shown = pl.concat([shown, missed], how="diagonal").sort("program", "second", maintain_order=True)
    return shown.select(
        _typed(
            EVENTS,
            day=pl.lit(day.day),
            sequence=pl.int_range(pl.len()).over("program"),
            time=time_of(day, "second"),
            row_time=time_of(day, "row_second"),
        )
    )


def _named(names: Mapping[int, str], codes: Int64Array) -> pl.Series:
    return pl.Series([names.get(code) for code in codes.tolist()], dtype=pl.String)


def _known(values: Int64Array, known: BoolArray) -> pl.Series:
    return pl.Series(values).set(pl.Series(~known), None)


def days_of(day: Day, variants: Sequence[Variant], outcome: Outcome, events: pl.DataFrame) -> pl.DataFrame:
    """Return one row a variant: its mark at the end of the day, and why it made no trade."""
    trades = outcome.trades

    def total(amounts: Int64Array) -> Int64Array:
        sums = np.zeros(len(variants), np.int64)
        np.add.at(sums, trades.program, amounts)
        return sums

    made = total(np.ones_like(trades.program))
    why: dict[int, str] = {}
    for variant, contract, reason in events.filter(pl.col("event") == "missed")["variant", "contract", "reason"].rows():
        said = _MISSES.get(reason, reason)
        why.setdefault(variant, said if contract is None else f"{contract}: {said}")
    return pl.DataFrame(
        {
            **_variants(variants, np.arange(len(variants))),
            "trades": made,
            **{f"{name}_paise": total(getattr(trades, name)) for name in _PAISE_OF_DAY},
            "note": pl.Series(
                [None if count else why.get(variant.number) for count, variant in zip(made, variants, strict=True)],
                dtype=pl.String,
            ),
        }
    ).select(_typed(DAYS, underlying=pl.lit(day.underlying), day=pl.lit(day.day)))


def _typed(schema: dict[str, pl.DataType], **given: pl.Expr) -> list[pl.Expr]:
    """Return the columns of a table in its order and types; those not given are in the frame under their names."""
    return [given.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in schema.items()]
