"""Deliveries that disagree: of two that tell other rows of one contract for one timestamp, the later one holds.

Two deliveries disagree about a timestamp when each has a row there that the other has not. Then the rows of the
earlier that the later lacks are taken out. Where one's rows are all among the other's, nothing is: a dump with one row
a second does not take the other rows of that second out of what the raw file gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.vendor.block import Block, Int64


@dataclass(frozen=True)
class Superseded:
    """Rows of one contract and one source that gave way to one delivery.

    Attributes:
        source: Whose rows they were: the number in their column `source`.
        rank: The delivery that has other rows there.
        count: How many; of rows equal in every column one is counted, the others are repeated ones.
        first: The first one's timestamp, nanoseconds since 1970 UTC; `last` likewise.
    """

    source: int
    rank: int
    count: int
    first: int
    last: int


def superseded(
    rows: Block, source: NDArray[np.int32], ranks: NDArray[np.int32], same: Sequence[str]
) -> tuple[Int64 | None, list[Superseded]]:
    """Find the rows that later deliveries replace by others.

    Args:
        rows: Rows of one contract.
        source: Whose each row is.
        ranks: int32 [rows], the delivery that each belongs to, the earliest 0. The rows of all deliveries before one
            count together.
        same: The columns in which rows are compared.

    Returns:
        The places of the rows that stay, in their order, None where all do; and what is taken out.
    """
    contested = _contested(rows["timestamp"], ranks)
    if not len(contested):
        return None, []
    some = rows.chosen(contested)
    classes = _classes(some.frame(), same)
    _, key_of_row = np.unique(some["timestamp"], return_inverse=True)
    loser_to = _losers(classes, key_of_row, ranks[contested])
    lost = np.flatnonzero(loser_to)
    if not len(lost):
        return None, []
    keep = np.ones(rows.rows, dtype=np.bool_)
    keep[contested[lost]] = False
    return np.flatnonzero(keep), _told(some["timestamp"], source[contested], classes, loser_to, lost)


def _contested(stamps: Int64, ranks: NDArray[np.int32]) -> Int64:
    """Return the places of all rows at whose timestamp several deliveries have rows, in their order."""
    order = np.lexsort((ranks, stamps))
    in_order, rank = stamps[order], ranks[order]
    first = np.concatenate(([True], in_order[1:] != in_order[:-1]))
    starts = np.flatnonzero(first)
    ends = np.concatenate((starts[1:], [len(order)])) - 1
    several = rank[starts] != rank[ends]
    if not several.any():
        return np.empty(0, dtype=np.int64)
    place: Int64 = np.sort(order[several[np.cumsum(first) - 1]])
    return place


def _classes(rows: pl.DataFrame, same: Sequence[str]) -> Int64:
    """Return a number for each row, equal for rows that are equal in all of `same`."""
    numbered = rows.select(*same).with_row_index("place")
    groups = numbered.group_by(list(same), maintain_order=True).agg("place")["place"]
    classes = np.empty(rows.height, dtype=np.int64)
    classes[groups.explode().to_numpy()] = np.repeat(np.arange(len(groups)), groups.list.len().to_numpy())
    return classes


def _losers(classes: Int64, key_of_row: Int64, rank_of_row: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return for each row the rank of the delivery that takes it out, 0 where none does."""
    count = int(classes.max()) + 1
    key_of_class = np.empty(count, dtype=np.int64)
    key_of_class[classes] = key_of_row
    keys = int(key_of_class.max()) + 1
    alive = np.zeros(count, dtype=np.bool_)
    loser_to = np.zeros(len(classes), dtype=np.int32)
    for rank in np.unique(rank_of_row):
        present = np.zeros(count, dtype=np.bool_)
        present[classes[rank_of_row == rank]] = True
        before = np.bincount(key_of_class, alive, keys)
        now = np.bincount(key_of_class, present, keys)
        shared = np.bincount(key_of_class, alive & present, keys)
        disagreed = (shared < before) & (shared < now)
        dead = alive & ~present & disagreed[key_of_class]
        loser_to[dead[classes] & (rank_of_row < rank) & (loser_to == 0)] = rank
        alive = (alive & ~dead) | present
    return loser_to


def _told(
    stamps: Int64, source: NDArray[np.int32], classes: Int64, loser_to: NDArray[np.int32], lost: Int64
) -> list[Superseded]:
    table = pl.DataFrame(
        {"class": classes[lost], "source": source[lost], "rank": loser_to[lost], "stamp": stamps[lost]}
    )
    distinct = table.group_by("class", "rank").agg(pl.col("source").max(), pl.col("stamp").first())
    told = (
        distinct.group_by("source", "rank")
        .agg(pl.len(), pl.col("stamp").min().alias("first"), pl.col("stamp").max().alias("last"))
        .sort("source", "rank")
    )
    return [Superseded(*line) for line in told.iter_rows()]
