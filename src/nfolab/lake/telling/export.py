"""Flat copies of a lake's days: every column in one file, the vendor's names, rupees, spot beside."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.files import replacing, why_not_written
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import SOURCE_KEY, DataKind
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.catalogue import Entry
from nfolab.lake.dayfile import broken
from nfolab.lake.frames import shown_rows
from nfolab.lake.layout import day_file
from nfolab.lake.reader import Lake
from nfolab.lake.repair.drop import Chosen
from nfolab.lake.schema import NANOSECONDS
from nfolab.lake.views import MAX_SPOT_AGE_SECONDS

Form = Literal["parquet", "csv"]

_OLDEST_SPOT: Final = MAX_SPOT_AGE_SECONDS * NANOSECONDS
_WITH_SPOT: Final = (DataKind.OPTIONS, DataKind.FUTURES)
_QUOTED: Final = (*_WITH_SPOT, DataKind.CHAIN)

Spot = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Exported:
    """The flat copies that were written."""

    files: tuple[Path, ...]
    rows: int
    bytes: int
    seconds: float


def export_flat(root: Path, target: Path, chosen: Chosen, form: Form = "parquet") -> Exported:
    """Write flat copies of day files into `TARGET/<kind>/<UNDERLYING>/<day>.parquet` (or `.csv`).

    A copy has what `scan` shows and what the SQL views compute, in the rows' order in the lake, and whose data it is in
    the column `source`. Spot is the newest at or before the row, at most 2 s old. A spot delivered later makes a copy
    stale: the lake itself never is.

    Args:
        root: The lake's folder.
        target: The folder for the copies, outside of the lake; files that are there already are replaced.
        chosen: Which day files.
        form: Parquet or CSV.

    Raises:
        InputError: there is no lake, or nothing of what is chosen; the target lies in the lake or cannot be written; a
            day file is damaged.
    """
    started = time.perf_counter()
    lake = Lake.open(root)
    entries = [entry for entry in lake.entries if chosen.holds(entry.key)]
    if not entries:
        raise InputError(f"the lake {root} has nothing of that: `nfolab lake days --lake {root}` shows what it has")
    if target.resolve().is_relative_to(root.resolve()):
        raise InputError(f"{target} lies in the lake itself: name another folder for the copies")
    files = []
    try:
        with progress_bar() as progress:
            bar = progress.add_task("writing copies", total=len(entries), rate="")
            for entry in entries:
                path = target / entry.kind / entry.underlying / f"{entry.day}.{form}"
                with replacing(path) as temporary:
                    _write(lake, entry, temporary, form)
                files.append(path)
                progress.update(bar, advance=1)
    except OSError as problem:
        why = why_not_written(problem)
        if why is None:
            raise
        raise InputError(f"{target} cannot be written because {why}: name another folder or make room") from problem
    size = sum(path.stat().st_size for path in files)
    rows = sum(entry.rows for entry in entries)
    return Exported(tuple(files), rows, size, round(time.perf_counter() - started, 3))


def _write(lake: Lake, entry: Entry, path: Path, form: Form) -> None:
    source = day_file(lake.root, *entry.key)
    spot = _spot(lake, entry)
    with _writer(path, form, entry) as write:
        try:
            file = pq.ParquetFile(source)
            for group in range(file.num_row_groups):
                write(_flat(pl.DataFrame(pl.from_arrow(file.read_row_group(group))), entry, spot))
        except pa.ArrowException as problem:
            raise broken(source, problem) from problem


@contextmanager
def _writer(path: Path, form: Form, entry: Entry) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Give what writes one piece after another."""
    if form == "csv":
        with path.open("wb") as file:
            yield lambda rows: rows.write_csv(file, include_header=file.tell() == 0)
        return
    writer: pq.ParquetWriter | None = None

    def write(rows: pl.DataFrame) -> None:
        nonlocal writer
        table = rows.to_arrow()
        if writer is None:
            schema = table.schema.with_metadata({SOURCE_KEY: str(entry.source)})
            writer = pq.ParquetWriter(path, schema, compression="zstd")
        writer.write_table(table.replace_schema_metadata(writer.schema.metadata), row_group_size=table.num_rows)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


def _spot(lake: Lake, entry: Entry) -> Spot | None:
    """Return the day's spot for kinds beside which it stands: clocks in nanoseconds, rupees."""
    if entry.kind not in _WITH_SPOT:
        return None
    found = lake.spot(entry.underlying, entry.day)
    if found is None:
        return np.empty(0, dtype=np.int64), np.empty(0)
    return found.timestamp, found.price_paise / PAISE_PER_RUPEE


def _flat(rows: pl.DataFrame, entry: Entry, spot: Spot | None) -> pl.DataFrame:
    shown = rows.select(shown_rows(entry))
    if entry.kind in _QUOTED:
        quoted = (pl.col("bp0") > 0) & (pl.col("sp0") > 0)
        shown = shown.with_columns(
            pl.when(quoted).then((pl.col("bp0") + pl.col("sp0")) / 2).alias("mid"),
            pl.when(quoted).then((pl.col("sp0") - pl.col("bp0")).round(2)).alias("spread"),
            (pl.col("expiry") - pl.col("day")).dt.total_days().alias("dte"),
        )
    if spot is not None:
        shown = shown.with_columns(_spot_beside(rows["timestamp"].to_physical().to_numpy(), spot))
    if entry.kind == DataKind.FUTURES:
        shown = shown.with_columns((pl.col("price") - pl.col("spot")).round(2).alias("basis"))
    elif entry.kind in _QUOTED:
        shown = shown.with_columns(_moneyness())
    return shown.with_columns(pl.lit(str(entry.source)).alias("source"))


def _spot_beside(stamps: np.ndarray, spot: Spot) -> pl.Series:
    """Return the newest spot at or before each instant, null where it is more than two seconds old or there is none."""
    clocks, prices = spot
    places = np.searchsorted(clocks, stamps, side="right") - 1
    if not len(clocks):
        return pl.Series("spot", [None] * len(stamps), dtype=pl.Float64)
    young = (places >= 0) & (stamps - clocks[places] <= _OLDEST_SPOT)
    return pl.Series("spot", prices[places]).set(pl.Series(~young), None)


def _moneyness() -> list[pl.Expr]:
    spot, strike = pl.col("spot"), pl.col("strike")
    exercise = pl.when(pl.col("kind") == "CE").then(spot - strike).otherwise(strike - spot)
    intrinsic = pl.when(spot.is_not_null()).then(pl.max_horizontal(exercise, 0.0))
    return [
        (spot / strike).alias("moneyness"),
        (strike - spot).round(2).alias("distance_from_spot"),
        intrinsic.alias("intrinsic_value"),
        (pl.col("price") - intrinsic).alias("time_value"),
    ]
