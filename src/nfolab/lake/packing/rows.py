"""The order of a contract's rows, what counts as the same row twice, and what is derived from the order."""

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind, Defect, schema_of
from nfolab.lake.packing.repeats import plain_numbers
from nfolab.lake.schema import GAP

_NO_VOLUME: Final = -1


def ordered(kind: DataKind, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of one contract or series in lake order, exact duplicates dropped.

    Args:
        kind: What the rows are.
        rows: The columns of `schema_of(kind)`, and `source`; within a source in the source's own order.
    """
    same = tuple(schema_of(kind))
    return _ordered(rows, ("timestamp", "volume") if "volume" in same else ("timestamp",), same)


def _ordered(rows: pl.DataFrame, order: tuple[str, ...], same: tuple[str, ...]) -> pl.DataFrame:
    """Sort by `order`, then source, then place; of rows equal in all of `same` keep the last.

    Keeping the last leaves which row is the newest of its second as it was; and as the greatest of (source, place)
    it is the same row whatever was packed before what.
    """
    stamps = plain_numbers(rows["timestamp"])
    if (stamps[1:] > stamps[:-1]).all():
        return rows
    in_order = rows.sort(*order, "source", maintain_order=True, nulls_last=False)
    tied = in_order.select(pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in order))
    if not tied.to_series()[1:].any():
        return in_order
    return in_order.unique(subset=list(same), keep="last", maintain_order=True)


def with_volume_delta(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `volume_delta` (int64, units) to one contract's ordered rows.

    It is the increase of the running maximum of `volume`, so that a step back and the climb after it trade nothing.
    Null in the first row, after a gap, and where the volume is missing.
    """
    volume, missing = _volume(rows)
    stamps = plain_numbers(rows["timestamp"])
    highest = np.maximum.accumulate(volume)
    delta = np.diff(highest, prepend=highest[:1])
    known = np.zeros(rows.height, dtype=np.bool_)
    known[1:] = (stamps[1:] - stamps[:-1] <= GAP) & (highest[:-1] > _NO_VOLUME)
    return rows.hstack([_where(known & ~missing, delta).alias("volume_delta")])


def with_defects(rows: pl.DataFrame, repeated: NDArray[np.bool_]) -> pl.DataFrame:
    """Add `defects` (int32, the sum of a row's `Defect`s, 0 where there is none) to one contract's ordered rows.

    Args:
        rows: Snapshot columns.
        repeated: bool [rows], which rows repeat the one before.
    """
    volume, missing = _volume(rows)
    below = (volume < np.maximum.accumulate(volume)) & ~missing
    bits = repeated * np.int32(Defect.REPEATED_ROW) + below * np.int32(Defect.BACKWARD_VOLUME)
    return rows.hstack([pl.Series("defects", bits, dtype=pl.Int32)])


def _volume(rows: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the volumes, those missing below any other, and which are missing."""
    volume = rows["volume"]
    if not volume.null_count():
        return volume.to_numpy(), np.zeros(rows.height, dtype=np.bool_)
    return volume.fill_null(_NO_VOLUME).to_numpy(), volume.is_null().to_numpy()


def _where(known: NDArray[np.bool_], values: NDArray[np.int64]) -> pl.Series:
    return pl.Series(pa.array(values, mask=~known))
