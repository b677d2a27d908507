"""The order of a contract's rows, what counts as the same row twice, and what is derived from the order."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind, Defect, schema_of
from nfolab.lake.schema import GAP
from nfolab.vendor.block import Block, Bool, Int64

_NO_VOLUME: Final = -1


def places_in_order(kind: DataKind, rows: Block, source: NDArray[np.int32]) -> Int64 | None:
    """Return where the rows of one contract or series stand in lake order, exact duplicates left out.

    Args:
        kind: What the rows are.
        rows: The columns of `schema_of(kind)`; within a source in the source's own order.
        source: Whose each row is.

    Returns:
        int64 [rows that stay], their places among the given rows; None where all stay as they stand.
    """
    stamps = rows["timestamp"]
    if (stamps[1:] > stamps[:-1]).all():
        return None
    same = tuple(schema_of(kind))
    volume = volumes(rows) if "volume" in same else np.zeros(rows.rows, dtype=np.int64)
    order = np.lexsort((source, volume, stamps))
    stamps, volume = stamps[order], volume[order]
    tied = (stamps[1:] == stamps[:-1]) & (volume[1:] == volume[:-1])
    return _without_duplicates(rows, order, tied, same) if tied.any() else order


def _without_duplicates(rows: Block, order: Int64, tied: Bool, same: Sequence[str]) -> Int64:
    """Return the order less the rows that equal a later one in all of `same`.

    Keeping the last leaves which row is the newest of its second as it was; and as the greatest of (source, place)
    it is the same row whatever was packed before what.
    """
    some = np.zeros(len(order), dtype=np.bool_)
    some[1:] = tied
    some[:-1] |= tied
    places = np.flatnonzero(some)
    frame = rows.chosen(order[places]).frame().select(*same).with_row_index("place among them")
    kept = frame.unique(subset=list(same), keep="last")["place among them"].to_numpy()
    stays = ~some
    stays[places[kept]] = True
    return order[stays]


def volumes(rows: Block) -> Int64:
    """Return the volumes, those missing below any other."""
    missing = rows.missing.get("volume")
    volume: Int64 = rows["volume"]
    return volume if missing is None else np.where(missing, _NO_VOLUME, volume)


def volume_delta(rows: Block) -> tuple[Int64, Bool]:
    """Return the increase of the running maximum of `volume` over one contract's ordered rows, and where it is known.

    A step back and the climb after it trade nothing. Not known in the first row, after a gap, and where the volume is
    missing; 0 there.
    """
    volume, stamps = volumes(rows), rows["timestamp"]
    highest = np.maximum.accumulate(volume)
    known = np.zeros(rows.rows, dtype=np.bool_)
    known[1:] = (stamps[1:] - stamps[:-1] <= GAP) & (highest[:-1] > _NO_VOLUME)
    if "volume" in rows.missing:
        known &= ~rows.missing["volume"]
    delta = np.diff(highest, prepend=highest[:1])
    delta[~known] = 0
    return delta, known


def defects(rows: Block, repeated: Bool) -> NDArray[np.int32]:
    """Return the sum of each row's `Defect`s, 0 where there is none, int32 [rows].

    Args:
        rows: One contract's ordered rows.
        repeated: bool [rows], which of them repeat the one before.
    """
    volume = volumes(rows)
    below = volume < np.maximum.accumulate(volume)
    if "volume" in rows.missing:
        below &= ~rows.missing["volume"]
    found: NDArray[np.int32] = repeated * np.int32(Defect.REPEATED_ROW) + below * np.int32(Defect.BACKWARD_VOLUME)
    return found
