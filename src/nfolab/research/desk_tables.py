"""A Python strategy's day as the tables of a run: names instead of numbers, times instead of seconds, lake rows."""

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from nfolab.engine.desk.codes import DESK_TAG, EVENT_NAMES, ON_FILLED, ON_NOTED, REASON_NAMES, LogField
from nfolab.engine.desk.outcome import BY_STRATEGY, CLOSED_BY, Closed, DeskOutcome
from nfolab.research.columns import Words, chosen, clock, table_of, texts
from nfolab.research.trade_columns import PAISE_OF_DAY, SIDES, contract_names, of_legs, of_trades
from nfolab.strategies.python import PythonVariant
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import Day

_EVENT_WORDS = Words({**dict(enumerate(EVENT_NAMES)), 0: "order", ON_FILLED: "fill"})
_NO_ORDER = "the strategy sent no order"
_NO_FILL = "no order of the strategy was filled"


def desk_tables(day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome) -> dict[str, pa.Table]:
    """Return the tables `trades`, `legs`, `events` and `days` of one variant; trades count from 0."""
    return {
        "trades": _trades(day, variant, tags, outcome),
        "legs": _legs(day, tags, outcome),
        "events": _events(day, variant, tags, outcome),
        "days": _day(day, variant, outcome),
    }


def _reasons(closed: Closed, tags: Mapping[int, str]) -> pa.Array:
    """Return why each was closed: the strategy's word for the tag of its order, or `order`; else the desk's word."""
    return texts(
        [
            tags.get(tag, CLOSED_BY[by]) if by == BY_STRATEGY else CLOSED_BY[by]
            for by, tag in zip(closed.by.tolist(), closed.tag.tolist(), strict=True)
        ]
    )


def _trades(day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome) -> pa.Table:
    columns = {
        **of_trades(day, outcome.trades),
        "strategy": variant.strategy,
        "variant": variant.number,
        "params": json.dumps(variant.params),
        "reason": _reasons(outcome.closed, tags),
        "stop_paise": None,
        "target_paise": None,
    }
    return table_of("trades", outcome.trades.number.size, columns)


def _legs(day: Day, tags: Mapping[int, str], outcome: DeskOutcome) -> pa.Table:
    columns = {
        **of_legs(day, outcome.tape, outcome.legs),
        "reason": _reasons(outcome.legs_closed, tags),
        "stop_value_paise": None,
    }
    return table_of("legs", outcome.legs.trade.size, columns)


def _events(day: Day, variant: PythonVariant, tags: Mapping[int, str], outcome: DeskOutcome) -> pa.Table:
    """Return the log as events. What led to fills of one trade alone is told with that trade, the rest with none."""
    log, tape = outcome.day.log, outcome.tape
    event, order, contract, row, level, price, units = (
        log[:, field]
        for field in (
            LogField.EVENT, LogField.ORDER, LogField.CONTRACT, LogField.ROW, LogField.LEVEL, LogField.PRICE,
            LogField.UNITS,
        )
    )  # fmt: skip
    trade = _trade_of_lines(outcome)
    seen = row >= 0
    leg = _leg_of_lines(outcome, trade)
    filled = event == ON_FILLED
    noted = event == ON_NOTED
    stamped = np.where(seen, tape.book.second[row.clip(0)], -1) if seen.any() else row
    columns = {
        "trade": (trade, trade >= 0),
        "strategy": variant.strategy,
        "variant": variant.number,
        "day": day.day,
        "sequence": np.arange(len(log)),
        "time": clock(day, log[:, LogField.SECOND]),
        "event": _EVENT_WORDS.of(event),
        "leg": (leg, leg >= 0),
        "contract": chosen(contract_names(day, tape), contract),
        "row": (tape.lake_rows(contract.clip(0), row), seen),
        "row_time": (clock(day, stamped), seen),
        "level": (level, level >= 0),
        "side": SIDES.of(log[:, LogField.SIDE]),
        "price_paise": (price, (price > 0) & ~noted),
        "quantity": (units, (units > 0) & ~noted),
        "displayed": (log[:, LogField.SHOWN], filled | (event == EVENT_NAMES.index("placed"))),
        "observed_paise": (units, noted),
        "threshold_paise": None,
        "reason": texts(_words_of_lines(log, tags)),
        "order": (order, order >= 0),
        "tag": (log[:, LogField.TAG], (order >= 0) & (log[:, LogField.TAG] != DESK_TAG)),
    }
    return table_of("events", len(log), columns)


def _words_of_lines(log: Int64Array, tags: Mapping[int, str]) -> list[str | None]:
    """Return the reason of each line: of a note its code's word, else the desk's reason, else the word for the tag."""
    said: list[str | None] = []
    fields = (LogField.EVENT, LogField.PRICE, LogField.REASON, LogField.ORDER, LogField.TAG)
    for event, price, reason, order, tag in zip(*(log[:, field].tolist() for field in fields), strict=True):
        if event == ON_NOTED:
            said.append(tags.get(price, f"note {price}"))
        elif reason >= 0:
            said.append(REASON_NAMES[reason])
        else:
            said.append(tags.get(tag) if order >= 0 else None)
    return said


def _leg_of_lines(outcome: DeskOutcome, trade: Int64Array) -> Int64Array:
    """Return the number of the leg that each line of the log belongs to, −1 for none, given its trade's place."""
    legs, wide = outcome.legs, outcome.tape.numbers.size
    contract = outcome.day.log[:, LogField.CONTRACT]
    by_contract = np.lexsort((legs.contract, legs.trade))
    place = np.searchsorted(legs.trade * wide + legs.contract, trade * wide + contract, sorter=by_contract)
    leg = np.full(trade.size, -1, np.int64)
    traded = (trade >= 0) & (contract >= 0)
    leg[traded] = legs.leg[by_contract[place[traded]]]
    return leg


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


def _day(day: Day, variant: PythonVariant, outcome: DeskOutcome) -> pa.Table:
    trades = outcome.trades
    note = None
    if not trades.number.size:
        note = _NO_FILL if len(outcome.day.orders) else _NO_ORDER
    columns = {
        "strategy": variant.strategy,
        "variant": variant.number,
        "underlying": day.underlying,
        "day": day.day,
        "trades": trades.number.size,
        **{f"{name}_paise": int(getattr(trades, name).sum()) for name in PAISE_OF_DAY},
        "note": note,
    }
    return table_of("days", 1, columns)
