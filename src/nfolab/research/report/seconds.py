"""Second-by-second charts: which trades get one, and their data as short lists of integers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.research.report.contents import Contents, Row
from nfolab.research.report.packing import Json, differences, pack, second_of_day

MarksOf = Callable[[int], pl.DataFrame]
"""Gives the seconds of a trade as `research.marks` does: one row a second and leg, quotes and values null where
there is none to decide on. Raises InputError where the lake cannot tell them."""

MOST_CHARTS = 30
CHART_BYTES = 1_600_000
SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """A trade that gets a chart, and why."""

    trade: int
    why: str


def choose(trades: Sequence[Row]) -> list[Chosen]:
    """Return the trades worth a chart, most wanted first.

    The best and the worst; one of each other ending; then flagged ones and an even sample of all by turns.
    """
    if not trades:
        return []
    by_net = sorted(trades, key=lambda row: (row["net_paise"], row["trade"]))
    best, worst = by_net[-1], by_net[0]
    wanted = [Chosen(best["trade"], "best"), Chosen(worst["trade"], "worst")]
    endings = {row["reason"]: row["trade"] for row in reversed(trades)}
    others = sorted(set(endings) - {best["reason"], worst["reason"]})
    wanted += [Chosen(endings[reason], "first to end so") for reason in others]
    flagged = [Chosen(row["trade"], ", ".join(row["flags"])) for row in trades if row["flags"]]
    sample = [Chosen(row["trade"], "sample") for row in trades[:: max(len(trades) // SAMPLE, 1)]]
    wanted += [one for pair in zip_longest(flagged, sample) for one in pair if one]
    once: dict[int, Chosen] = {}
    for one in wanted:
        once.setdefault(one.trade, one)
    return list(once.values())[:MOST_CHARTS]


def packs(contents: Contents, marks_of: MarksOf) -> tuple[list[tuple[Chosen, str]], list[str]]:
    """Return the packed charts of the chosen trades, as many as fit in the page's share for them.

    With them come the sentences of the InputErrors that `marks_of` raised, such as a lake that is gone.
    """
    trades = {row["trade"]: row for row in contents.trades}
    chosen = choose(contents.trades)
    numbers = [one.trade for one in chosen]
    legs = contents.run.table("legs").filter(pl.col("trade").is_in(numbers)).sort("trade", "leg").to_dicts()
    events = (
        contents.run.table("events").filter(pl.col("trade").is_in(numbers)).sort("trade", "day", "sequence").to_dicts()
    )
    filled: list[tuple[Chosen, str]] = []
    refused: list[str] = []
    room = CHART_BYTES
    for one in chosen:
        own_legs = [row for row in legs if row["trade"] == one.trade]
        own_events = [row for row in events if row["trade"] == one.trade]
        try:
            marks = marks_of(one.trade)
        except InputError as reason:
            refused.append(str(reason))
            continue
        text = pack(chart(trades[one.trade], own_legs, own_events, marks))
        if len(text) <= room:
            room -= len(text)
            filled.append((one, text))
    return filled, refused


def chart(trade: Row, legs: Sequence[Row], events: Sequence[Row], marks: pl.DataFrame) -> Json:
    """Return the data of one chart: each second from the first to the last of `marks`, gaps as nulls, money in paise.

    What closing the whole trade costs at a second is the sum over its legs at their best quotes (sold legs less bought
    ones; a leg closed earlier at what it was closed for, one that closes in parts counting whole until its last) and
    `beyond`, what the walk costs more than the best quotes. The page adds them up, and takes mids from the quotes.
    """
    marks = marks.sort("second", "leg")
    first, last = marks["second"][0], marks["second"][-1]
    count = last - first + 1
    start = second_of_day(marks["time"][0])
    entry, end = second_of_day(trade["entry_time"]) - start, second_of_day(trade["exit_time"]) - start
    beyond = np.zeros(count)
    panels: list[Json] = []
    for leg in legs:
        own = marks.filter(pl.col("leg") == leg["leg"])
        bid, ask, value = (_line(own, name, first, count) for name in ("bid_paise", "ask_paise", "value_paise"))
        sold = leg["side"] == "sell"
        closed = end if leg["exit_time"] is None else second_of_day(leg["exit_time"]) - start
        walked = (value - ask * leg["units"]) if sold else (bid * leg["units"] - value)
        walked[closed:] = 0
        beyond += walked
        panels.append(
            {
                "contract": leg["contract"],
                "side": leg["side"],
                "units": leg["units"],
                "closed": closed,
                "value": leg["exit_value_paise"],
                "bid": differences(_integers(bid)),
                "spread": _integers(ask - bid),
            }
        )
    beyond[: max(entry, 0)] = math.nan
    beyond[end + 1 :] = math.nan
    units = {leg["units"] for leg in legs}
    return {
        "day": trade["day"].isoformat(),
        "start": start,
        "entry": entry,
        "exit": end,
        "per": units.pop() if len(units) == 1 else 1,
        "premium": trade["premium_paise"],
        "legs": panels,
        "beyond": _integers(beyond),
        "levels": levels(trade, legs),
        "events": [
            [
                second_of_day(event["time"]) - start,
                event["event"],
                event["leg"],
                event["side"],
                event["price_paise"],
                event["quantity"],
                event["observed_paise"],
                event["threshold_paise"],
            ]
            for event in events
        ],
    }


def _line(rows: pl.DataFrame, name: str, first: int, count: int) -> np.ndarray:
    line = np.full(count, math.nan)
    line[rows["second"].to_numpy() - first] = rows[name].cast(pl.Float64).fill_null(math.nan).to_numpy()
    return line


def _integers(line: np.ndarray) -> list[int | None]:
    return [None if math.isnan(value) else int(value) for value in line.tolist()]


def levels(trade: Row, legs: Sequence[Row]) -> Json:
    """Return the cost to close at which stop and target of the whole stand (paise), and leg stops in paise a unit."""
    premium = trade["premium_paise"]
    found: list[Json] = []
    if trade["stop_paise"] is not None:
        found.append(["stop", None, premium + trade["stop_paise"]])
    if trade["target_paise"] is not None:
        found.append(["target", None, premium - trade["target_paise"]])
    found += [
        ["leg_stop", leg["leg"], leg["stop_value_paise"] / leg["units"]]
        for leg in legs
        if leg["stop_value_paise"] is not None
    ]
    return found
