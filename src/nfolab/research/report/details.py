"""What each trade tells when its row is opened: legs, decisions and fills, row by row of the book."""

from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from nfolab.research.report.contents import Contents, Row
from nfolab.research.report.packing import Json, pack, second_of_day

MOST_LISTED = 30_000
"""Trades in the page's table; more would make a phone's browser give up."""

TRADES_A_PACK = 100
DETAIL_BYTES = 3_000_000


def listed(contents: Contents) -> dict[str, Json]:
    """Return the rows of the page's table of trades, a list a column, in paise and seconds of the day."""
    rows = contents.trades[:MOST_LISTED]
    several = len({row["underlying"] for row in contents.trades}) > 1

    def name(row: Row) -> str:
        return f"{row['strategy']} {row['underlying']}" if several else str(row["strategy"])

    plain = ("trade", "variant", "reason", "premium_paise", "gross_paise", "charges_paise", "net_paise")
    more = ("net_flat5_paise", "net_best_paise", "net_worst_paise", "margin_paise", "return_percent", "flags")
    columns: dict[str, Json] = {key: [row[key] for row in rows] for key in (*plain, *more)}
    columns["strategy"] = [name(row) for row in rows]
    columns["day"] = [row["day"].isoformat() for row in rows]
    columns["decision"] = [second_of_day(row["decision_time"]) for row in rows]
    columns["entry"] = [second_of_day(row["entry_time"]) for row in rows]
    columns["exit"] = [second_of_day(row["exit_time"]) for row in rows]
    return columns


def packs(contents: Contents) -> list[tuple[list[int], str]]:
    """Return the details of trades in packs of a hundred, with the trades in each, as far as they fit in the page.

    Those left out are the last ones; `nfolab explain` tells them.
    """
    trades = contents.trades[:MOST_LISTED]
    legs, events = _legs(contents), _events(contents)
    filled = []
    room = DETAIL_BYTES
    for start in range(0, len(trades), TRADES_A_PACK):
        part = trades[start : start + TRADES_A_PACK]
        text = pack({str(row["trade"]): _detail(row, legs[row["trade"]], events[row["trade"]]) for row in part})
        room -= len(text)
        if room < 0:
            break
        filled.append(([row["trade"] for row in part], text))
    return filled


def _detail(trade: Row, legs: Sequence[Row], events: Sequence[Row]) -> Json:
    return {
        "params": trade["params"],
        "spread": trade["spread_paise"],
        "depth": trade["depth_paise"],
        "latency": trade["latency_paise"],
        "most_gain": trade["most_gain_paise"],
        "most_loss": trade["most_loss_paise"],
        "held": trade["seconds_held"],
        "minute_close": trade["minute_close_gross_paise"],
        "legs": [
            [
                leg["contract"],
                leg["side"],
                leg["units"],
                second_of_day(leg["entry_time"]),
                leg["entry_value_paise"],
                None if leg["exit_time"] is None else second_of_day(leg["exit_time"]),
                leg["exit_value_paise"],
                leg["reason"],
                leg["gross_paise"],
            ]
            for leg in legs
        ],
        "events": [
            [
                second_of_day(event["time"]),
                event["event"],
                event["leg"],
                event["row"],
                None if event["row_time"] is None else second_of_day(event["row_time"]),
                event["level"],
                event["side"],
                event["price_paise"],
                event["quantity"],
                event["displayed"],
                event["observed_paise"],
                event["threshold_paise"],
                event["reason"],
            ]
            for event in events
        ],
    }


def _legs(contents: Contents) -> dict[int, list[Row]]:
    return _by_trade(contents.run.table("legs").sort("trade", "leg"))


def _events(contents: Contents) -> dict[int, list[Row]]:
    events = contents.run.table("events").filter(pl.col("trade").is_not_null())
    return _by_trade(events.sort("trade", "day", "sequence"))


def _by_trade(table: pl.DataFrame) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in table.iter_rows(named=True):
        groups[row["trade"]].append(row)
    return groups
