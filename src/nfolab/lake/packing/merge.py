"""A day file made from what the lake holds of that day and what new sources bring: one contract in memory at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nfolab.base.snapshot import VOLACTUAL, SourceKind, schema_of
from nfolab.lake.contracts import ContractIndex, ContractKey
from nfolab.lake.dayfile import CONTRACTS_KEY, block, broken, read_metadata, read_shares
from nfolab.lake.packing.held import HeldRows, widened
from nfolab.lake.packing.rows import places_in_order
from nfolab.lake.packing.shards import SERIES_KEY, DayKey, DayShard, Piece
from nfolab.lake.packing.supersede import Superseded, superseded
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import vendor_columns
from nfolab.vendor.block import Block


@dataclass(frozen=True)
class DayTask:
    """One day file to be written.

    Attributes:
        existing: The day file that the lake has, None where it has none.
        shards: What the new sources have for the day; none of them has given to `existing`. They are later deliveries
            than all that it holds, and among themselves later by the order of their hashes. With none the file is
            written anew from its own rows.
    """

    key: DayKey
    source: SourceKind
    existing: Path | None
    shards: tuple[DayShard, ...]


class _Existing:
    """The rows of a day file, contract by contract, one row group decoded at a time."""

    def __init__(self, path: Path, key: DayKey, columns: Sequence[str]) -> None:
        self._path = path
        metadata = read_metadata(path)
        self._file = pq.ParquetFile(path, metadata=metadata)
        self.shares = read_shares(metadata, path)
        schema = metadata.schema.to_arrow_schema()
        self.columns = frozenset(schema.names)
        self.null_columns = frozenset(one.name for one in schema if one.nullable and one.name in columns)
        self._wanted = [name for name in (*columns, "source") if name in self.columns]
        self._group: tuple[int, Block, NDArray[np.int32]] | None = None
        self.contracts = (
            ContractIndex.from_json(block(metadata, CONTRACTS_KEY, path), key[2]) if key[0].by_contract else None
        )
        keys = self.contracts.keys() if self.contracts is not None else [SERIES_KEY]
        self.places = {key: number for number, key in enumerate(keys)}
        starts = np.concatenate(
            ([0], np.cumsum([metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]))
        )
        self._group_starts = starts
        self.all_rows: int = metadata.num_rows

    def rows(self, key: ContractKey) -> tuple[Block, NDArray[np.int32]]:
        """Return one contract's rows, and the number that each one's source has in this file."""
        if self.contracts is None:
            return self._read(None)
        number = self.places[key]
        group = int(self.contracts.row_group[number])
        if self._group is None or self._group[0] != group:
            self._group = (group, *self._read(group))
        _, block, source = self._group
        begin = int(self.contracts.first_row[number] - self._group_starts[group])
        end = begin + int(self.contracts.rows[number])
        return block.part(begin, end), source[begin:end]

    def row_count(self, key: ContractKey) -> int:
        """Return how many rows a contract has."""
        return self.all_rows if self.contracts is None else int(self.contracts.rows[self.places[key]])

    def _read(self, group: int | None) -> tuple[Block, NDArray[np.int32]]:
        try:
            if group is None:
                table = self._file.read(columns=self._wanted)
            else:
                table = self._file.read_row_group(group, columns=self._wanted)
        except (pa.ArrowException, OSError) as problem:
            raise broken(self._path, problem) from problem
        frame = pl.DataFrame(pl.from_arrow(table))
        source = frame["source"].to_numpy()
        return Block.of_frame(frame.drop("source")), source


class MergedDay:
    """All rows of a day by contract, from the lake's own file and from new sources, numbered by source.

    Attributes:
        shares: What each source gave, ordered by hash: the number of a row's source is its place here.
        winners: The name of the source that is the delivery of a rank, in the order of the ranks from 1 on.
        columns: The vendor columns that rows have.
        null_columns: Those in which some row has a null.
        rows_before: How many rows the lake has of the day.
        keys: The contracts, in lake order.
    """

    def __init__(self, task: DayTask) -> None:
        self._kind = task.key[0]
        self._same = tuple(schema_of(self._kind))
        candidates = [column.stored for column in vendor_columns(self._kind)]
        self._existing = _Existing(task.existing, task.key, candidates) if task.existing else None
        self._shards = sorted(task.shards, key=lambda one: one.share.sha256)
        known = [share for share, _ in self._existing.shares] if self._existing else []
        self.shares: list[SourceShare] = sorted(
            [*known, *(one.share for one in self._shards)], key=lambda one: one.sha256
        )
        self.winners = tuple(one.share.name for one in self._shards)
        numbers = {share.sha256: number for number, share in enumerate(self.shares)}
        self._old_numbers = np.array([numbers[share.sha256] for share in known], dtype=np.int32)
        self._numbers = [numbers[one.share.sha256] for one in self._shards]
        self._by_key: dict[ContractKey, list[int]] = defaultdict(list)
        for key in self._existing.places if self._existing else ():
            self._by_key[key] = []
        for place, one in enumerate(self._shards):
            for key in one.pieces:
                self._by_key[key].append(place)
        self.keys = sorted(self._by_key)
        pieces = [piece for one in self._shards for some in one.pieces.values() for piece in some]
        there = set(self._same) if pieces else set()
        there |= {VOLACTUAL.stored} if any(piece.with_volactual for piece in pieces) else set()
        there |= self._existing.columns if self._existing else set()
        self.columns = [name for name in candidates if name in there]
        nulls = reduce(or_, (piece.nulls for piece in pieces), 0)
        null_columns = {name for place, name in enumerate(candidates) if nulls >> place & 1}
        null_columns |= self._existing.null_columns if self._existing else set()
        lacks_volactual = not all(piece.with_volactual for piece in pieces) or (
            self._existing is not None and VOLACTUAL.stored not in self._existing.columns
        )
        if VOLACTUAL.stored in self.columns and lacks_volactual:
            null_columns.add(VOLACTUAL.stored)
        self.null_columns = frozenset(null_columns)
        self.rows_before = self._existing.all_rows if self._existing else 0

    def most_rows(self, key: ContractKey) -> int:
        """Return how many rows a contract has before any is dropped."""
        there = self._existing.row_count(key) if self._existing and key in self._existing.places else 0
        return there + sum(piece.rows for place in self._by_key[key] for piece in self._shards[place].pieces[key])

    def stays_whole(self, key: ContractKey) -> bool:
        """Say whether none of a contract's rows can be dropped, because they come from one place and in order."""
        places = self._by_key[key]
        if self._existing and key in self._existing.places:
            return not places
        return len(places) == 1 and _rises(self._shards[places[0]].pieces[key])

    def put(self, key: ContractKey, held: HeldRows) -> list[Superseded]:
        """Put one contract's rows into `held`, in lake order, exact duplicates dropped; say what was superseded."""
        places = self._by_key[key]
        if self._existing and key in self._existing.places:
            rows, source = self._existing.rows(key)
            old = self._old_numbers[source]
            if self.stays_whole(key):
                held.put(rows, old)
                return []
            return self._put_merged([(0, rows, old), *self._new(key, places)], held)
        if self.stays_whole(key):
            for piece in self._shards[places[0]].rows(key):
                held.put_narrow(piece, self._numbers[places[0]])
            return []
        return self._put_merged([*self._new(key, places)], held)

    def _new(self, key: ContractKey, places: Sequence[int]) -> Iterator[tuple[int, Block, NDArray[np.int32]]]:
        for place in places:
            for piece in self._shards[place].rows(key):
                yield place + 1, widened(piece), np.full(piece.rows, self._numbers[place], dtype=np.int32)

    def _put_merged(self, parts: Sequence[tuple[int, Block, NDArray[np.int32]]], held: HeldRows) -> list[Superseded]:
        rows = Block.together([block for _, block, _ in parts], self.columns)
        source = np.concatenate([numbers for _, _, numbers in parts])
        told: list[Superseded] = []
        if len({rank for rank, _, _ in parts}) > 1:
            ranks = np.repeat([rank for rank, _, _ in parts], [block.rows for _, block, _ in parts])
            stays, told = superseded(rows, source, ranks.astype(np.int32), self._same)
            if stays is not None:
                rows, source = rows.chosen(stays), source[stays]
        order = places_in_order(self._kind, rows, source)
        if order is not None:
            rows, source = rows.chosen(order), source[order]
        held.put(rows, source)
        return told


def _rises(pieces: Sequence[Piece]) -> bool:
    """Say whether these pieces stand in lake order, and no row in them twice."""
    borders = pairwise(pieces)
    return all(piece.rising for piece in pieces) and all(before.last < after.first for before, after in borders)
