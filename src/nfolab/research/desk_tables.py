"""A Python strategy's day as the tables of a run: names instead of numbers, times instead of seconds, lake rows."""

import json
from collections.abc import Mapping

import numpy as np
import polars as pl

from nfolab.engine.desk.codes import DESK_TAG, EVENT_NAMES, ON_FILLED, ON_NOTED, REASON_NAMES, LogField
from nfolab.engine.desk.outcome import BY_STRATEGY, CLOSED_BY, DeskOutcome
from nfolab.engine.flags import BoolArray
from nfolab.research.results import DAYS, DESK_EVENTS, DESK_TRADES, EVENTS, LEGS, TRADES
from nfolab.research.tables import time_of
from nfolab.strategies.python import PythonVariant
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import Day

_SIDES = {1: "buy", -1: "sell"}
_PAID = ("spread", "depth", "latency")
_EVENT_WORDS = {**dict(enumerate(EVENT_NAMES)), 0: "order", ON_FILLED: "fill"}
_MONEY_OF_TRADE = (
    "premium", "gross", "charges", "net", "net_flat5", "gross_best", "gross_worst", "net_best", "net_worst",
)  # fmt: skip
_NO_ORDER = "the strategy sent no order"
_NO_FILL = "no order of the strategy was filled"


def with_desk_columns(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return recipes' tables with the columns that only Python strategies fill, all null."""
    extra = {"trades": DESK_TRADES, "events": DESK_EVENTS}
    return {
        name: table.with_columns(pl.lit(None, dtype).alias(column) for column, dtype in extra.get(name, {}).items())
        for name, table in tables.items()
    }


def desk_tables(
    day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome
) -> dict[str, pl.DataFrame]:
    """Return the tables `trades`, `legs`, `events` and `days` of one variant; trades count from 0."""
    return {
        "trades": _trades(day, variant, tags, outcome),
        "legs": _legs(day, tags, outcome),
        "events": _events(day, variant, tags, outcome),
        "days": _day(day, variant, outcome),
    }


def _reasons(closed_by: Int64Array, tag: Int64Array, tags: Mapping[int, str]) -> pl.Series:
    """Return why each was closed: the strategy's word for the tag of its order, or `order`; else the desk's word."""
    words = [
        tags.get(one, CLOSED_BY[by]) if by == BY_STRATEGY else CLOSED_BY[by]
        for by, one in zip(closed_by.tolist(), tag.tolist(), strict=True)
    ]
    return pl.Series(words, dtype=pl.String)


def _flag_lists(flags: Mapping[str, BoolArray], count: int) -> pl.Series:
    lists: list[list[str]] = [[] for _ in range(count)]
    for name in sorted(flags):
        for place in np.flatnonzero(flags[name]).tolist():
            lists[place].append(name)
    return pl.Series(lists, dtype=pl.List(pl.String))


def _trades(day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome) -> pl.DataFrame:
    trades = outcome.trades
    count = trades.number.size
    margin = pl.col("margin_paise")
    return pl.DataFrame(
        {
            "trade": np.arange(count),
            "reason": _reasons(trades.closed_by, trades.tag, tags),
            **{name: getattr(trades, name) for name in ("decision_second", "entry_second", "exit_second")},
            **{f"{name}_paise": getattr(trades, name) for name in (*_MONEY_OF_TRADE, "margin")},
            **{f"{name}_paise": getattr(trades, name) / 2 for name in _PAID},
            **{f"{name}_rupees": amounts for name, amounts in trades.components.items()},
            "partial_exits": trades.partial_exits,
            "flags": _flag_lists(trades.flags, count),
            "most_gain_paise": trades.most_gain,
            "most_loss_paise": trades.most_loss,
            "seconds_held": trades.seconds_held,
            "minute_close_gross_paise": pl.Series(trades.minute_close).set(pl.Series(~trades.has_minute_close), None),
        }
    ).select(
        _typed(
            {**TRADES, **DESK_TRADES},
            strategy=pl.lit(variant.strategy),
            variant=pl.lit(variant.number),
            params=pl.lit(json.dumps(variant.params)),
            underlying=pl.lit(day.underlying),
            day=pl.lit(day.day),
            stop_paise=pl.lit(None),
            target_paise=pl.lit(None),
            margin_paise=pl.when(margin > 0).then(margin),
            return_percent=pl.when(margin > 0).then(100 * pl.col("net_paise") / margin),
            **{f"{name}_time": time_of(day, f"{name}_second") for name in ("decision", "entry", "exit")},
        )
    )


def _legs(day: Day, tags: Mapping[int, str], outcome: DeskOutcome) -> pl.DataFrame:
    legs = outcome.legs
    numbers = outcome.tape.numbers[legs.contract]
    return pl.DataFrame(
        {
            "trade": legs.trade,
            "leg": legs.leg,
            "contract": _contract_names(day, outcome, legs.contract),
            "expiry": day.expiry[numbers],
            "kind": pl.Series(day.kind[numbers].tolist(), dtype=pl.String),
            "strike": day.strike[numbers],
            "side": _words(_SIDES, legs.sign),
            "units": legs.units,
            "entry_second": legs.entry_second,
            "entry_value_paise": legs.entry_value,
            "exit_second": legs.exit_second,
            "exit_value_paise": legs.exit_value,
            "reason": _reasons(legs.closed_by, legs.tag, tags),
            "gross_paise": legs.gross,
        }
    ).select(
        _typed(
            LEGS,
            stop_value_paise=pl.lit(None),
            **{f"{name}_time": time_of(day, f"{name}_second") for name in ("entry", "exit")},
        )
    )


def _contract_names(day: Day, outcome: DeskOutcome, contract: Int64Array) -> pl.Series:
    names = [str(day.contract(int(number))) for number in outcome.tape.numbers]
    return pl.Series([names[place] if place >= 0 else None for place in contract.tolist()], dtype=pl.String)


def _words(names: Mapping[int, str], codes: Int64Array) -> pl.Series:
    return pl.Series([names.get(code) for code in codes.tolist()], dtype=pl.String)


def _known(values: Int64Array, known: BoolArray) -> pl.Series:
    return pl.Series(values).set(pl.Series(~known), None)


def _events(day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome) -> pl.DataFrame:
    """Return the log as events. What led to fills of one trade alone is told with that trade, the rest with none."""
    log, tape = outcome.day.log, outcome.tape
    event, order, contract, row = (
        log[:, field] for field in (LogField.EVENT, LogField.ORDER, LogField.CONTRACT, LogField.ROW)
    )
    trade = _trade_of_lines(outcome)
    seen = row >= 0
    place = np.searchsorted(
        outcome.legs.trade * tape.numbers.size + outcome.legs.contract, trade * tape.numbers.size + contract,
        sorter=(by_contract := np.lexsort((outcome.legs.contract, outcome.legs.trade))),
    )  # fmt: skip
    leg = np.full(len(log), -1, np.int64)
    traded = (trade >= 0) & (contract >= 0)
    leg[traded] = outcome.legs.leg[by_contract[place[traded]]]
    filled = event == ON_FILLED
    noted = event == ON_NOTED
    reasons = [
        tags.get(int(line[LogField.PRICE]), f"note {line[LogField.PRICE]}")
        if line[LogField.EVENT] == ON_NOTED
        else REASON_NAMES[line[LogField.REASON]] if line[LogField.REASON] >= 0
        else tags.get(int(line[LogField.TAG])) if line[LogField.ORDER] >= 0
        else None
        for line in log
    ]  # fmt: skip
    stamped = np.where(seen, tape.book.second[row.clip(0)], -1) if seen.any() else row
    return pl.DataFrame(
        {
            "second": log[:, LogField.SECOND],
            "trade": _known(trade, trade >= 0),
            "sequence": np.arange(len(log)),
            "event": _words(_EVENT_WORDS, event),
            "leg": _known(leg, leg >= 0),
            "contract": _contract_names(day, outcome, contract),
            "row": _known(tape.lake_rows(contract.clip(0), row), seen),
            "row_second": _known(stamped.astype(np.int64), seen),
            "level": _known(log[:, LogField.LEVEL], log[:, LogField.LEVEL] >= 0),
            "side": _words(_SIDES, log[:, LogField.SIDE]),
            "price_paise": _known(log[:, LogField.PRICE], (log[:, LogField.PRICE] > 0) & ~noted),
            "quantity": _known(log[:, LogField.UNITS], ((log[:, LogField.UNITS] > 0) & ~noted)),
            "displayed": _known(log[:, LogField.SHOWN], filled | (event == EVENT_NAMES.index("placed"))),
            "observed_paise": _known(log[:, LogField.UNITS], noted),
            "reason": pl.Series(reasons, dtype=pl.String),
            "order": _known(order, order >= 0),
            "tag": _known(log[:, LogField.TAG], (order >= 0) & (log[:, LogField.TAG] != DESK_TAG)),
        }
    ).select(
        _typed(
            {**EVENTS, **DESK_EVENTS},
            strategy=pl.lit(variant.strategy),
            variant=pl.lit(variant.number),
            day=pl.lit(day.day),
            time=time_of(day, "second"),
            row_time=time_of(day, "row_second"),
            threshold_paise=pl.lit(None),
        )
    )


def _trade_of_lines(outcome: DeskOutcome) -> Int64Array:
    """Return the place of the trade that each line of the log belongs to, −1 for none: that of its order's fills."""
    log = outcome.day.log
    number = outcome.trades.number
    of_order = np.full(len(outcome.day.orders), -1, np.int64)
    fills = log[log[:, LogField.EVENT] == ON_FILLED]
    of_order[fills[::-1, LogField.ORDER]] = fills[::-1, LogField.TRADE]
    told = log[:, LogField.TRADE].copy()
    orders = log[:, LogField.ORDER]
    unknown = (told < 0) & (orders >= 0)
    told[unknown] = of_order[orders[unknown]]
    if not number.size:
        return np.full(len(log), -1, np.int64)
    place = np.searchsorted(number, told).clip(0, number.size - 1)
    return np.where((told >= 0) & (number[place] == told), place, -1)


def _day(day: Day, variant: PythonVariant, outcome: DeskOutcome) -> pl.DataFrame:
    trades = outcome.trades
    note = None
    if not trades.number.size:
        note = _NO_FILL if len(outcome.day.orders) else _NO_ORDER
    money = ("gross", "charges", "net", "net_best", "net_worst")
    row = {
        "strategy": variant.strategy,
        "variant": variant.number,
        "underlying": day.underlying,
        "day": day.day,
        "trades": trades.number.size,
        **{f"{name}_paise": int(getattr(trades, name).sum()) for name in money},
        "note": note,
    }
    return pl.DataFrame([row], schema=DAYS)


def _typed(schema: Mapping[str, pl.DataType], **given: pl.Expr) -> list[pl.Expr]:
    return [given.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in schema.items()]
