"""From tables of prices to a lake: raw files in the vendor's form, packed by the real packer, once for equal tables."""

import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from golden.document import CaseError, Table
from golden.paths import LEVELS, Grid, Ints, flow_path, quote_path, value_path
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.contracts import Contract, vendor_name
from nfolab.market.expiries import monthly_expiry, next_expiry
from nfolab.vendor.sources import find_sources

_CONTRACT = re.compile(r"(?:(next|\d{4}-\d\d-\d\d) )?(\d{4,6}) (CE|PE)")
_FIELDS = ("last", "volume", "oi", "close")
_SERIES = {"vix": "INDIAVIX", "nifty": "NIFTY", "banknifty": "BANKNIFTY"}
_BEFORE_FIRST_ROW = 1_000
_USUAL_OI = 100_000
_QUIET_AFTER = 60


@dataclass(frozen=True)
class Settings:
    """What a case says beside its tables; money in paise, quiet in seconds between rows where the table is silent."""

    underlying: str
    day: dt.date
    expiry: dt.date
    spread: int
    size: int
    volume: int
    quiet: int


@dataclass(frozen=True)
class Market:
    """Tables of prices by day, and the settings that they are read with."""

    settings: Settings
    tables: tuple[tuple[dt.date, Table], ...]


def seconds_of(table: Table) -> tuple[int, ...]:
    """The second of the day of each row: `09:20:00`, or `+10s` and `+5m` after the row before."""
    seconds: list[int] = []
    for row in table.rows:
        seconds.append(_second(row[0], seconds[-1] if seconds else None))
        if len(seconds) > 1 and seconds[-1] <= seconds[-2]:
            raise CaseError(f"the row of {row[0]} does not come after the one before it")
    if not seconds:
        raise CaseError("a table of prices needs rows")
    return tuple(seconds)


def _second(text: str, before: int | None) -> int:
    if (match := re.fullmatch(r"\+(\d+)([sm])", text)) and before is not None:
        return before + int(match[1]) * (60 if match[2] == "m" else 1)
    if match := re.fullmatch(r"(\d\d):(\d\d)(?::(\d\d))?", text):
        return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    raise CaseError(f"{text!r} is no time: write it as 09:20:00, or +10s after a row")


@cache
def lake_of(market: Market) -> Lake:
    """The lake of a market; equal tables share one."""
    folder = Path(tempfile.mkdtemp(prefix="golden"))
    try:
        for day, table in market.tables:
            _write_day(folder / "raw" / str(day), day, table, market.settings)
        pack(find_sources([folder / "raw"]), folder / "lake", workers=1)
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder / "raw")
    _MADE.append(folder)
    return Lake.open(folder / "lake")


_MADE: list[Path] = []


def forget_lakes() -> None:
    """Take all lakes away again."""
    lake_of.cache_clear()
    while _MADE:
        shutil.rmtree(_MADE.pop())


def _write_day(folder: Path, day: dt.date, table: Table, settings: Settings) -> None:
    folder.mkdir(parents=True)
    grid = Grid(seconds_of(table))
    cells = {name: [row[place] for row in table.rows] for place, name in enumerate(table.columns)}
    kept = _kept(grid, settings.quiet)
    known = {"time", "happens"}
    for name in table.columns:
        if name in ("time", "happens"):
            continue
        if name == "spot" or name in _SERIES:
            series = _SERIES.get(name, settings.underlying)
            _write_series(folder, series, day, *value_path(cells[name], grid), grid, kept)
        elif (contract := _contract(name, day, settings)) is not None:
            given = {what: cells[f"{name} {what}"] for what in _FIELDS if f"{name} {what}" in cells}
            known |= {f"{name} {what}" for what in given}
            path = folder / f"{vendor_name(contract)}.parquet"
            _snapshots(cells[name], given, grid, kept, day, settings).write_parquet(path, compression="uncompressed")
        elif name not in known and not any(name == f"{other} {what}" for other in cells for what in _FIELDS):
            raise CaseError(f"a table of prices has no column {name!r}")


def _contract(name: str, day: dt.date, settings: Settings) -> Contract | None:
    if name == "future":
        return Contract(settings.underlying, monthly_expiry(settings.underlying, day), "FUT", None)
    match = _CONTRACT.fullmatch(name)
    if match is None:
        return None
    expiry = settings.expiry
    if match[1] == "next":
        expiry = next_expiry(settings.underlying, expiry)
    elif match[1]:
        expiry = dt.date.fromisoformat(match[1])
    return Contract(settings.underlying, expiry, "CE" if match[3] == "CE" else "PE", int(match[2]))


def _kept(grid: Grid, quiet: int) -> npt.NDArray[np.bool_]:
    """The seconds that get rows: all, but of those a minute and more from the table's rows only one in `quiet`."""
    seconds = np.arange(grid.size)
    places = np.array(grid.places())
    after = places[np.searchsorted(places, seconds, side="right") - 1]
    before = places[np.searchsorted(places, seconds, side="left")]
    is_near = np.minimum(seconds - after, before - seconds) < _QUIET_AFTER
    return is_near | ((seconds - after) % quiet == 0)


def _times(grid: Grid, day: dt.date, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.datetime64]:
    midnight = np.datetime64(day, "us")
    return midnight + (grid.first + np.flatnonzero(chosen)) * np.timedelta64(1, "s").astype("timedelta64[us]")


def _write_series(
    folder: Path, name: str, day: dt.date, values: Ints, there: npt.NDArray[np.bool_], grid: Grid,
    kept: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    chosen = there & kept
    table = pl.DataFrame({"timestamp": _times(grid, day, chosen), "price": values[chosen] / 100})
    (folder / name).mkdir(exist_ok=True)
    table.write_parquet(folder / name / f"{name}.parquet", compression="uncompressed")


def _snapshots(
    quotes: Sequence[str], given: Mapping[str, Sequence[str]], grid: Grid, kept: npt.NDArray[np.bool_], day: dt.date,
    settings: Settings,
) -> pl.DataFrame:  # fmt: skip
    books, there = quote_path(quotes, grid, settings.spread, settings.size)
    last = books[:, 0].copy()
    if "last" in given:
        told, is_told = value_path(given["last"], grid)
        last[is_told] = told[is_told]
    traded = flow_path(given.get("volume", [""] * len(quotes)), grid, settings.volume)
    traded[~there] = 0
    open_interest = flow_path(given.get("oi", [""] * len(quotes)), grid, _USUAL_OI)
    chosen = there & kept
    if not chosen.any():
        raise CaseError("a contract needs a quote in one row at least")
    times = _times(grid, day, chosen)
    columns = {
        "timestamp": times,
        "lastTradeTime": times,
        "price": last[chosen] / 100,
        "volume": _BEFORE_FIRST_ROW + np.cumsum(traded)[chosen],
        "oi": open_interest[chosen],
    }
    if "close" in given:
        columns["close"] = value_path(given["close"], grid)[0][chosen] / 100
    for side, first in (("b", 0), ("s", 2)):
        for level in range(LEVELS):
            columns[f"{side}p{level}"] = books[chosen, first * LEVELS + level] / 100
            columns[f"{side}q{level}"] = books[chosen, (first + 1) * LEVELS + level]
    return pl.DataFrame(columns)
