"""A day file without some of its sources: which other sources that touches, and the rows that remain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nfolab.base.snapshot import VOLACTUAL
from nfolab.lake.contracts import ContractIndex, contract_name
from nfolab.lake.dayfile import CONTRACTS_KEY, SHARES_KEY, block, broken, read_metadata
from nfolab.lake.packing.shards import DayKey

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class SourceName:
    """A source as it is told to people.

    Attributes:
        sha256: Its identity.
        name: What it was called when it was packed.
    """

    sha256: str
    name: str


class DaySources:
    """Who gave what to one day file.

    Attributes:
        names: The sources, in the order of the file's list.
        rows: int64 [sources], how many rows each has there.
    """

    def __init__(self, path: Path, key: DayKey) -> None:
        self._path = path
        self._key = key
        metadata = read_metadata(path)
        self._shares: list[dict[str, Any]] = block(metadata, SHARES_KEY, path)
        self._index = (
            ContractIndex.from_json(block(metadata, CONTRACTS_KEY, path), key[2])
            if CONTRACTS_KEY in metadata.metadata
            else None
        )
        self.names = tuple(SourceName(share["sha256"], share["name"]) for share in self._shares)
        self.rows = np.array([share["rows_written"] for share in self._shares], dtype=np.int64)

    def entangled(self, gone: frozenset[str]) -> list[SourceName]:
        """Return the sources that may have lost rows to those in `gone`, so that the file cannot give them back.

        Of rows that several sources have, the file keeps one. A source is entangled if some of its rows of a contract
        are not in the file, while a source of `gone` gave rows of that contract. Where deliveries disagreed, so are
        then all that gave rows of such a contract: for what is packed again comes after what stayed, and would hold.
        """
        leaving = [number for number, one in enumerate(self.names) if one.sha256 in gone]
        staying = [number for number in range(len(self.names)) if number not in leaving]
        losers = [number for number in staying if self._shares[number]["rows_written"] < self._passed(number)]
        if not leaving or not losers:
            return []
        given = set().union(*(self._passed_by_contract(one).keys() for one in leaving))
        found = [number for number in losers if given & self._lost_contracts(number)]
        if found and any(share.get("rows_superseded") for share in self._shares):
            found = self._related(leaving + found, staying)
        return [self.names[number] for number in found]

    def _related(self, to: Sequence[int], among: Sequence[int]) -> list[int]:
        """Return the sources that gave rows of a contract of which another gave some too, on and on from `to`."""
        reached: set[str] = set().union(*(self._passed_by_contract(one).keys() for one in to))
        found: list[int] = []
        while more := [one for one in among if one not in found and reached & self._passed_by_contract(one).keys()]:
            found += more
            reached = reached.union(*(self._passed_by_contract(one).keys() for one in more))
        return found

    def _lost_contracts(self, number: int) -> set[str]:
        """Return the contracts of which not all of a source's rows are in the file."""
        kept = self._kept_by_contract
        return {
            label for label, rows in self._passed_by_contract(number).items() if rows > kept.get((label, number), 0)
        }

    def _passed(self, number: int) -> int:
        return sum(self._passed_by_contract(number).values())

    def _passed_by_contract(self, number: int) -> dict[str, int]:
        contracts: dict[str, dict[str, int]] = self._shares[number]["contracts"]
        return {label: one["passed"] for label, one in contracts.items() if one["passed"]}

    @cached_property
    def _kept_by_contract(self) -> dict[tuple[str, int], int]:
        """Return how many rows of each contract the file has of each source."""
        try:
            source = pq.ParquetFile(self._path).read(columns=["source"]).column(0).to_numpy()
        except (pa.ArrowException, OSError) as problem:
            raise broken(self._path, problem) from problem
        labels, rows = [self._key[1]], np.array([len(source)])
        if self._index is not None:
            labels, rows = [contract_name(self._key[1], key) for key in self._index.keys()], self._index.rows  # noqa: SIM118
        pairs = np.repeat(np.arange(len(labels)), rows) * len(self.names) + source
        counts = np.bincount(pairs, minlength=len(labels) * len(self.names)).reshape(len(labels), -1)
        return {(labels[i], number): int(counts[i, number]) for i, number in zip(*np.nonzero(counts), strict=True)}


def write_without(path: Path, key: DayKey, gone: frozenset[str], target: Path) -> None:
    """Write a day file's rows that are not of the sources in `gone`, and its footer without them.

    What is derived from the order of the rows is copied as it was: the file is meant to be read and written anew.

    Raises:
        InputError: the file is damaged.
        OSError: the target cannot be written.
    """
    metadata = read_metadata(path)
    shares: list[dict[str, Any]] = block(metadata, SHARES_KEY, path)
    kept = [number for number, share in enumerate(shares) if share["sha256"] not in gone]
    blocks = dict(metadata.metadata)
    blocks.pop(b"ARROW:schema", None)
    blocks[SHARES_KEY] = _json([shares[number] for number in kept])
    by_contract = CONTRACTS_KEY in blocks
    index = ContractIndex.from_json(block(metadata, CONTRACTS_KEY, path), key[2]) if by_contract else None
    try:
        file = pq.ParquetFile(path, metadata=metadata)
        masks = [_mask(file, group, kept) for group in range(metadata.num_row_groups)]
        schema = _schema_of_rest(file, masks)
        remaining = _Remaining(index)
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            for group, mask in enumerate(masks):
                if mask.any():
                    rows = _renumbered(file.read_row_group(group, columns=schema.names).filter(pa.array(mask)), kept)
                    writer.write_table(rows.cast(schema), row_group_size=rows.num_rows)
                    remaining.add(group, mask, rows)
            if index is not None:
                blocks[CONTRACTS_KEY] = _json(remaining.index().to_json(key[2]))
            writer.add_key_value_metadata(blocks)
    except pa.ArrowException as problem:
        raise broken(path, problem) from problem


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _mask(file: pq.ParquetFile, group: int, kept: Sequence[int]) -> Bool:
    source = file.read_row_group(group, columns=["source"]).column(0).to_numpy()
    mask: Bool = np.isin(source, kept)
    return mask


def _renumbered(rows: pa.Table, kept: Sequence[int]) -> pa.Table:
    place = rows.schema.get_field_index("source")
    numbers = pc.index_in(rows.column(place), pa.array(kept, rows.schema.field(place).type))
    return rows.set_column(place, rows.schema.field(place), numbers)


def _schema_of_rest(file: pq.ParquetFile, masks: Sequence[Bool]) -> pa.Schema:
    """Return the schema of the rows that stay: `required` where none has a null, `volactual` only where one has it."""
    fields = []
    for field in file.schema_arrow:
        nulls, rows = _nulls(file, field.name, masks) if field.nullable else (0, 1)
        if field.name != VOLACTUAL.stored or nulls < rows:
            fields.append(field.with_nullable(nulls > 0))
    return pa.schema(fields)


def _nulls(file: pq.ParquetFile, name: str, masks: Sequence[Bool]) -> tuple[int, int]:
    columns = [
        file.read_row_group(group, columns=[name]).column(0).filter(pa.array(mask)) for group, mask in enumerate(masks)
    ]
    return sum(column.null_count for column in columns), sum(map(len, columns))


class _Remaining:
    """The contracts of which rows remain, counted anew while row groups pass."""

    def __init__(self, index: ContractIndex | None) -> None:
        self._index = index
        self._groups = 0
        self._parts: list[dict[str, NDArray[Any]]] = []

    def add(self, group: int, mask: Bool, rows: pa.Table) -> None:
        """Take what remains of one row group; at least a row."""
        if self._index is None:
            return
        here = np.flatnonzero(self._index.row_group == group)
        counts = np.add.reduceat(mask.astype(np.int64), np.cumsum(self._index.rows[here]) - self._index.rows[here])
        stamps = rows.column("timestamp").cast(pa.int64()).to_numpy()
        here, counts = here[counts > 0], counts[counts > 0]
        starts = np.cumsum(counts) - counts
        self._parts.append(
            {
                "expiry": self._index.expiry[here],
                "kind": self._index.kind[here],
                "strike": self._index.strike[here],
                "rows": counts,
                "row_group": np.full(len(here), self._groups, dtype=np.int32),
                "first_timestamp": stamps[starts],
                "last_timestamp": stamps[starts + counts - 1],
            }
        )
        self._groups += 1

    def index(self) -> ContractIndex:
        """Return the index of what remains."""
        joined = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        return ContractIndex(first_row=np.cumsum(joined["rows"]) - joined["rows"], **joined)
