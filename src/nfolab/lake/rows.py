"""The order of a contract's rows, what counts as the same row twice, and what is derived from the order."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind, Defect, schema_of
from nfolab.lake.schema import GAP


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
    stamps = rows["timestamp"].to_physical()
    if (stamps.diff() > 0).all():
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
    running = pl.col("volume").cum_max().forward_fill()
    since = pl.col("timestamp").diff().dt.total_nanoseconds()
    known = (since <= GAP) & pl.col("volume").is_not_null()
    return rows.with_columns(pl.when(known).then(running - running.shift()).alias("volume_delta"))


def with_defects(rows: pl.DataFrame, repeated: NDArray[np.bool_]) -> pl.DataFrame:
    """Add `defects` (int32, the sum of a row's `Defect`s, 0 where there is none) to one contract's ordered rows.

    Args:
        rows: Snapshot columns.
        repeated: bool [rows], which rows repeat the one before.
    """
    below = (pl.col("volume") < pl.col("volume").cum_max()).fill_null(value=False)
    bits = pl.lit(pl.Series(repeated)).cast(pl.Int32) * int(Defect.REPEATED_ROW)
    bits += below.cast(pl.Int32) * int(Defect.BACKWARD_VOLUME)
    return rows.with_columns(bits.cast(pl.Int32).alias("defects"))
