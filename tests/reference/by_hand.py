"""Rows and days made by hand, for the worked examples."""

import datetime as dt

from reference.engine import run_day
from reference.plans import Plan
from reference.rows import NANOS, OPEN_SECOND_OF_DAY, Contract, Day, Row, SpotRow, make_row

DAY = dt.date(2025, 12, 15)
EXPIRY = dt.date(2025, 12, 30)
CALL = Contract("BANKNIFTY", EXPIRY, "CE", 59400)
PUT = Contract("BANKNIFTY", EXPIRY, "PE", 59400)
LOT = 35
NOTHING = (0, 0)

Levels = list[tuple[int, int]]


def row(
    second: int, bids: Levels, asks: Levels, last: int = 0, volume: int = 0, nanos: int = 0, day: dt.date = DAY
) -> Row:
    """A snapshot at a second of the session; prices in paise, levels that are not given are empty."""
    time = (second + OPEN_SECOND_OF_DAY) * NANOS + nanos
    full = [tuple(levels + [NOTHING] * (5 - len(levels))) for levels in (bids, asks)]
    return make_row(day, time, volume, last, *full)


def quote(second: int, bid: int, ask: int, size: int = 1000) -> Row:
    return row(second, [(bid, size)], [(ask, size)])


def day_of(contracts: dict[Contract, list[Row]], spot: dict[int, int] | None = None, date: dt.date = DAY) -> Day:
    """A day of these rows; the index as second to paise."""
    day = Day(date, "BANKNIFTY", [SpotRow(0, second, price) for second, price in sorted((spot or {}).items())])
    for contract, rows in contracts.items():
        day.add(contract, rows)
    return day


def only(day: Day, plan: Plan) -> dict:
    (outcome,) = run_day(day, plan)
    return outcome
