"""A day of NIFTY written by hand: one day to expiry, a quiet book, and what a test changes of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from nfolab.lake import Lake
from nfolab.market.lots import lot_size
from nfolab.tape.features import SPOT, DayFeatures
from nfolab.tape.features.day import Given
from nfolab.tape.tape import Day
from tape.state.bursting import NIFTY, Recording, write

MONDAY = date(2025, 12, 15)
EXPIRY = date(2025, 12, 16)
LOT = lot_size("NIFTY", EXPIRY, MONDAY)
STRIKES = (25_900, 25_950, 26_000, 26_050, 26_100)
OPTIONS = tuple((kind, strike) for strike in STRIKES for kind in ("CE", "PE"))

Columns = dict[str, np.ndarray]


def saw(seconds: int, level: float = 26_000.0) -> list[float | None]:
    """An index that goes up and down by half a point: one-second steps of 0.5."""
    return [level + 0.5 * (t % 2) for t in range(seconds)]


def jump(told: list[float | None], at: int, steps: Sequence[float]) -> list[float | None]:
    """The index with steps from a second on, flat after them."""
    found = list(told)
    level = float(found[at - 1] or 0)
    for t in range(at, len(found)):
        level += steps[t - at] if t - at < len(steps) else 0
        found[t] = level
    return found


def quiet_book(seconds: int, mid: float = 100.0) -> Columns:
    """A row a second: a spread of two ticks, 50 lots on each side, a lot traded each second."""
    second = np.arange(seconds)
    columns = {"second": second + 0.3, "price": np.full(seconds, mid), "volume": LOT * (1_000 + second)}
    for number in range(5):
        columns |= {f"bp{number}": np.full(seconds, mid - 0.05 - 0.05 * number)}
        columns |= {f"sp{number}": np.full(seconds, mid + 0.05 + 0.05 * number)}
        columns |= {f"bq{number}": np.full(seconds, 10 * LOT), f"sq{number}": np.full(seconds, 10 * LOT)}
    return columns


def without(columns: Columns, seconds: Sequence[int]) -> Columns:
    """A book of which some seconds have no row."""
    kept = ~np.isin(columns["second"].astype(int), seconds)
    return {name: values[kept] for name, values in columns.items()}


def by_hand(
    folder: Path,
    level: Sequence[float | None],
    books: Mapping[tuple[str, int], Columns] | None = None,
    past: Mapping[date, Recording] | None = None,
) -> Given:
    """What is given of the day."""
    return Given(DayFeatures(Day(write_day(folder, level, books, past), "NIFTY", MONDAY)), SPOT)


def recorded(level: Sequence[float | None], books: Mapping[tuple[str, int], Columns] | None = None) -> Recording:
    """The day as it is recorded."""
    contracts = {key: quiet_book(len(level)) for key in OPTIONS} | dict(books or {})
    return Recording([(t + 0.2, one) for t, one in enumerate(level) if one is not None], contracts)


def write_day(
    folder: Path,
    level: Sequence[float | None],
    books: Mapping[tuple[str, int], Columns] | None = None,
    past: Mapping[date, Recording] | None = None,
) -> Lake:
    days = {**(past or {}), MONDAY: recorded(level, books)}
    return write(NIFTY, days, folder, list(days))
