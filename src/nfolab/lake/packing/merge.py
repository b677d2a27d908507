"""A day file made from what the lake holds of that day and what new sources bring: one contract in memory at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.snapshot import VOLACTUAL, SourceKind, schema_of
from nfolab.lake.contracts import ContractIndex, ContractKey
from nfolab.lake.dayfile import CONTRACTS_KEY, block, broken, read_metadata, read_shares
from nfolab.lake.packing.rows import ordered
from nfolab.lake.packing.shards import SERIES_KEY, DayKey, DayShard
from nfolab.lake.packing.supersede import Superseded, without_superseded
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import vendor_columns


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
        self._group = (-1, pl.DataFrame())
        self.contracts = (
            ContractIndex.from_json(block(metadata, CONTRACTS_KEY, path), key[2]) if key[0].by_contract else None
        )
        keys = self.contracts.keys() if self.contracts is not None else [SERIES_KEY]
        self.places = {key: number for number, key in enumerate(keys)}
        starts = np.concatenate(
            ([0], np.cumsum([metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]))
        )
        self._group_starts = starts
        self.row_count: int = metadata.num_rows

    def rows(self, key: ContractKey) -> pl.DataFrame:
        """Return one contract's rows."""
        if self.contracts is None:
            return self._read(None)
        number = self.places[key]
        group = int(self.contracts.row_group[number])
        if self._group[0] != group:
            self._group = (group, self._read(group))
        offset = int(self.contracts.first_row[number] - self._group_starts[group])
        return self._group[1].slice(offset, int(self.contracts.rows[number]))

    def _read(self, group: int | None) -> pl.DataFrame:
        try:
            if group is None:
                table = self._file.read(columns=self._wanted)
            else:
                table = self._file.read_row_group(group, columns=self._wanted)
        except (pa.ArrowException, OSError) as problem:
            raise broken(self._path, problem) from problem
        return pl.DataFrame(pl.from_arrow(table))


class MergedDay:
    """All rows of a day by contract, from the lake's own file and from new sources, numbered by source.

    Attributes:
        shares: What each source gave, ordered by hash: `source` in a row is its place here.
        columns: The vendor columns that rows have.
        null_columns: Those in which some row has a null.
        rows_before: How many rows the lake has of the day.
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
        self._numbers = {share.sha256: number for number, share in enumerate(self.shares)}
        self._old_numbers = [self._numbers[share.sha256] for share in known]
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
        self.rows_before = self._existing.row_count if self._existing else 0

    def contracts(self) -> Iterator["MergedContract"]:
        """Yield each contract's rows in lake order."""
        keys = {key for one in self._shards for key in one.pieces}
        if self._existing:
            keys |= self._existing.places.keys()
        for key in sorted(keys):
            yield self._merged(key)

    def _merged(self, key: ContractKey) -> "MergedContract":
        parts, ranks = [], []
        if self._existing and key in self._existing.places:
            parts.append(self._renumbered(self._existing.rows(key)))
            ranks.append((0, parts[0].height))
        for rank, one in enumerate(self._shards, 1):
            for rows in one.frames(key):
                parts.append(self._numbered(rows, self._numbers[one.share.sha256]))
                ranks.append((rank, rows.height))
        rows = pl.concat(parts, how="diagonal") if len(parts) > 1 else parts[0]
        lacking = [pl.lit(None, dtype=pl.Float64).alias(name) for name in self.columns if name not in rows.columns]
        rows = rows.with_columns(lacking).select(*self.columns, "source").rechunk()
        superseded: list[Superseded] = []
        if len({rank for rank, _ in ranks}) > 1:
            rank_of_row = np.repeat([rank for rank, _ in ranks], [count for _, count in ranks]).astype(np.int32)
            rows, superseded = without_superseded(rows, rank_of_row, self._same)
        return MergedContract(key, ordered(self._kind, rows), superseded)

    def winner(self, rank: int) -> str:
        """Return the name of the source that is the delivery of a rank."""
        return self._shards[rank - 1].share.name

    def _renumbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self._old_numbers == list(range(len(self._old_numbers))):
            return rows
        numbers = pl.Series(self._old_numbers, dtype=pl.Int32)
        return rows.with_columns(numbers.gather(rows["source"]).alias("source"))

    @staticmethod
    def _numbered(rows: pl.DataFrame, number: int) -> pl.DataFrame:
        return rows.with_columns(pl.lit(number, dtype=pl.Int32).alias("source"))


@dataclass(frozen=True)
class MergedContract:
    """One contract's rows, or those of a series, from all sources.

    Attributes:
        rows: In lake order, exact duplicates dropped: the vendor columns and `source`.
        superseded: What later deliveries took out.
    """

    key: ContractKey
    rows: pl.DataFrame
    superseded: list[Superseded]
