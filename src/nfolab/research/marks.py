"""A trade second by second: what the quotes were, and what closing would have brought."""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.units import Seconds
from nfolab.engine.lines import MISSING, close_line
from nfolab.lake import Lake
from nfolab.research.columns import time_of
from nfolab.research.results import Run
from nfolab.strategies.words import SETTINGS
from nfolab.tape.book import NO_ROW
from nfolab.tape.tape import Day

PADDING_SECONDS = 60


def marks(lake: Lake, run: Run, trade: int) -> pl.DataFrame:
    """Return what a trade's legs were worth each second, from a minute before its decision to a minute after its exit.

    Returns:
        One row a second and leg, ordered by both: `time`, `second`, `leg`, `contract`, `side`, `units`; `bid_paise` and
        `ask_paise`, null where the row as of that second is no good quote or older than the run's `max_quote_age`;
        `value_paise`, the walked value to close the whole leg, null where it does not exist.

    Raises:
        InputError: the run has no such trade, or the lake no longer holds the data that the run was made from.
    """
    row, legs = trade_and_legs(run, trade)
    day = Day(lake, row["underlying"], row["day"])
    held_now, held_then = day.file.content, run.header["data"][str(row["day"])]
    if held_now != held_then:
        raise InputError(
            f"the lake's data of {row['day']} is not that of run {run.header['run']}: run it again for its marks"
        )
    max_age = Seconds.parse(run.params_of(row).get("max_quote_age", SETTINGS["max_quote_age"])).count
    first = max(0, _second(day, row["decision_time"]) - PADDING_SECONDS)
    last = min(day.session.last_second, _second(day, row["exit_time"]) + PADDING_SECONDS)
    numbers = [_number(day, leg) for leg in legs.iter_rows(named=True)]
    distinct = sorted(set(numbers))
    tape = day.load(distinct)
    book = tape.book
    parts = []
    for leg, number in zip(legs.iter_rows(named=True), numbers, strict=True):
        contract = distinct.index(number)
        line = np.empty(day.seconds, np.int64)
        close_line(
            contract, 1 if leg["side"] == "buy" else -1, leg["units"], max_age, 0, book.second, book.last,
            book.bid_price, book.bid_size, book.ask_price, book.ask_size, book.last_price, line,
        )  # fmt: skip
        seconds = np.arange(first, last + 1)
        rows = book.last[contract, seconds]
        safe = rows.clip(0)
        bid, ask = book.bid_price[0, safe], book.ask_price[0, safe]
        usable = (rows != NO_ROW) & (seconds - book.second[safe] <= max_age)
        usable &= (bid > 0) & (ask > bid) & (book.bid_size[0, safe] > 0) & (book.ask_size[0, safe] > 0)
        value = line[seconds]
        parts.append(
            pl.DataFrame(
                {
                    "second": seconds.astype(np.int32),
                    "leg": np.full(seconds.size, leg["leg"], np.int32),
                    "contract": [leg["contract"]] * seconds.size,
                    "side": [leg["side"]] * seconds.size,
                    "units": np.full(seconds.size, leg["units"], np.int64),
                    "bid_paise": pl.Series(bid).set(pl.Series(~usable), None),
                    "ask_paise": pl.Series(ask).set(pl.Series(~usable), None),
                    "value_paise": pl.Series(np.abs(value) // 2).set(pl.Series(value == MISSING), None),
                }
            )
        )
    return pl.concat(parts).sort("second", "leg").select(time_of(day, "second").alias("time"), pl.all())


def trade_and_legs(run: Run, trade: int) -> tuple[dict[str, Any], pl.DataFrame]:
    """Return a trade's row and its legs.

    Raises:
        InputError: the run has no such trade.
    """
    trades = run.table("trades")
    found = trades.filter(pl.col("trade") == trade)
    if found.height == 0:
        span = f"its trades are 1 to {trades.height}" if trades.height else "it made none"
        raise InputError(f"run {run.header['run']} has no trade {trade}; {span}")
    return found.row(0, named=True), run.table("legs").filter(pl.col("trade") == trade)


def _second(day: Day, time: datetime) -> int:
    return int((time - day.opening).total_seconds())


def _number(day: Day, leg: dict[str, Any]) -> int:
    same = (day.expiry == np.datetime64(leg["expiry"], "D")) & (day.kind == leg["kind"]) & (day.strike == leg["strike"])
    return int(np.flatnonzero(same)[0])
