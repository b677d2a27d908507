"""Whether one day file and its ledger are what was written, and say the same of themselves as their rows do."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.files import content_hash
from nfolab.lake.auditing.ledger import LEDGER_SCHEMA
from nfolab.lake.catalogue import Entry
from nfolab.lake.contracts import ContractIndex, midnight
from nfolab.lake.dayfile import (
    CONTRACTS_KEY,
    SHARES_KEY,
    Footer,
    block,
    content_of,
    end_of_rows,
    footer_hash,
    read_footer,
    read_metadata,
)
from nfolab.lake.layout import audit_file, day_file
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.schema import NANOSECONDS

_MAGIC_BYTES: Final = 4
_SECONDS_OF_DAY: Final = 86_400


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a lake: where, what, and the mend.

    Attributes:
        path: The file or folder, as it lies within the lake.
    """

    path: str
    fault: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path} {self.fault}: {self.mend}"


@dataclass(frozen=True)
class DayCheck:
    """One day file to be looked at.

    Attributes:
        listed: What the catalogue says of it; None where it does not list it, or cannot be read itself.
    """

    root: Path
    key: DayKey
    listed: Entry | None


@dataclass(frozen=True)
class CheckedDay:
    """What was found in one day file.

    Attributes:
        entry_bytes: How long it is.
        rows: How many rows it has; 0 where that cannot be told.
        shares: The footer's lines of its sources; none where the footer cannot be trusted.
    """

    key: DayKey
    entry_bytes: int
    rows: int
    shares: tuple[dict[str, Any], ...]
    faults: tuple[Fault, ...]


class _DamageError(Exception):
    """The file's bytes are not those that were written, so that nothing in it can be believed."""


def check_day(check: DayCheck) -> CheckedDay:
    """Hold a day file and its ledger against the hashes, and their numbers against each other."""
    path = day_file(check.root, *check.key)
    size = path.stat().st_size
    mend = f"run `nfolab lake drop {as_options(check.key)}`, then pack its sources again"
    anew = f"run `nfolab lake repack {as_options(check.key)}`, which makes it anew"
    ledger = [Fault(_within(check, audit=True), told, anew) for told in _ledger_faults(check)]
    try:
        metadata = _undamaged(check, path, size)
        told = list(_contradictions(check, metadata, path))
        shares = tuple(block(metadata, SHARES_KEY, path))
    except (_DamageError, InputError, KeyError, TypeError, ValueError, IndexError) as problem:
        damage = str(problem) if isinstance(problem, _DamageError) else "cannot be read as a lake file"
        return CheckedDay(check.key, size, 0, (), (Fault(_within(check), damage, mend), *ledger))
    faults = [Fault(_within(check), one, mend) for one in told]
    return CheckedDay(check.key, size, metadata.num_rows, shares, (*faults, *ledger))


def as_options(key: DayKey) -> str:
    """Return a day file as the repair commands name it."""
    kind, underlying, day = key
    return f"--day {day} --underlying {underlying} --kind {kind}"


def _within(check: DayCheck, *, audit: bool = False) -> str:
    place = audit_file if audit else day_file
    return place(Path(), *check.key).as_posix()


def _undamaged(check: DayCheck, path: Path, size: int) -> pq.FileMetaData:
    """Return the file's metadata once every byte is known to be as written; raise _DamageError otherwise."""
    listed = check.listed
    if listed is not None and listed.bytes != size:
        raise _DamageError(f"is {size:,} bytes long and was {listed.bytes:,}")
    try:
        metadata = read_metadata(path)
        end = end_of_rows(metadata)
    except (InputError, RuntimeError, ValueError) as problem:
        raise _DamageError("has a damaged footer") from problem
    if not _MAGIC_BYTES <= end < size or (listed is not None and footer_hash(metadata, path) != listed.footer_hash):
        raise _DamageError("has a damaged footer")
    expected = content_of(metadata, path) if listed is None else listed.content
    if _hash_of_beginning(path, end) != expected:
        raise _DamageError("has damaged rows: their hash is not the one written with them")
    return metadata


def _hash_of_beginning(path: Path, size: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(1 << 20))
        while size > 0 and (read := file.readinto(buffer[: min(size, len(buffer))])):
            digest.update(buffer[:read])
            size -= read
    return digest.hexdigest()


def _ledger_faults(check: DayCheck) -> Iterator[str]:
    path = audit_file(check.root, *check.key)
    if not path.exists():
        yield "is gone, the ledger of its day file"
        return
    if check.listed is not None and content_hash(path) != check.listed.ledger_hash:
        yield "is not the ledger that was written with its day file"
        return
    try:
        ledger = pl.DataFrame(pl.from_arrow(pq.ParquetFile(path).read()))
    except (pa.ArrowException, OSError):
        yield "is damaged"
        return
    if ledger.columns != list(LEDGER_SCHEMA):
        yield "has other columns than this version's ledgers"
        return
    about = set(ledger.select("kind", "underlying", "day").unique().rows())
    if about != {check.key}:
        yield "is the ledger of another day file"


def _contradictions(check: DayCheck, metadata: pq.FileMetaData, path: Path) -> Iterator[str]:
    """Yield what an undamaged file says that its rows, or its other parts, do not bear out."""
    footer = read_footer(metadata, path)
    if (footer.kind, footer.underlying, footer.day) != check.key:
        yield f"says that it holds {footer.underlying} {footer.kind} of {footer.day}"
        return
    file = pq.ParquetFile(path, metadata=metadata)
    by_contract = CONTRACTS_KEY in metadata.metadata
    index = ContractIndex.from_json(block(metadata, CONTRACTS_KEY, path), footer.day) if by_contract else None
    shares = block(metadata, SHARES_KEY, path)
    written: Counter[int] = Counter()
    first_row = 0
    for group in range(metadata.num_row_groups):
        rows = _rows_of(file, group)
        written.update(dict(rows["source"].value_counts().iter_rows()))
        yield from _disorder(rows, index, group, first_row)
        first_row += rows.height
    yield from _sums(shares, written, metadata.num_rows)
    yield from _ends(file, footer, index)


def _rows_of(file: pq.ParquetFile, group: int) -> pl.DataFrame:
    wanted = [name for name in ("expiry", "kind", "strike", "timestamp", "volume", "source") if name in _names(file)]
    try:
        return pl.DataFrame(pl.from_arrow(file.read_row_group(group, columns=wanted)))
    except (pa.ArrowException, OSError) as problem:
        raise _DamageError(f"has rows that cannot be decoded in row group {group}") from problem


def _names(file: pq.ParquetFile) -> list[str]:
    names: list[str] = file.schema_arrow.names
    return names


def _disorder(rows: pl.DataFrame, index: ContractIndex | None, group: int, first_row: int) -> Iterator[str]:
    """Yield what is out of order in one row group: its contracts against the index, its rows in time."""
    where = f"row group {group}"
    starts = np.zeros(1, dtype=np.int64)
    if index is not None:
        here = np.flatnonzero(index.row_group == group)
        counts = index.rows[here]
        starts = index.first_row[here] - first_row
        if not np.array_equal(starts, np.cumsum(counts) - counts) or counts.sum() != rows.height:
            yield f"has contracts in {where} that do not fill it as the footer's index says"
            return
        for name in ("expiry", "kind", "strike"):
            if name not in rows.columns:
                continue
            told = pl.Series(np.repeat(getattr(index, name)[here], counts))
            if not rows[name].cast(told.dtype).eq_missing(told).all():
                yield f"has rows in {where} of another {name} than the footer's index says"
                return
        if len(np.unique(index.expiry[here])) > 1:
            yield f"mixes expiries in {where}"
        stamps = rows["timestamp"].to_physical().to_numpy()
        ends = starts + counts - 1
        first, last = index.first_timestamp[here], index.last_timestamp[here]
        if not (np.array_equal(stamps[starts], first) and np.array_equal(stamps[ends], last)):
            yield f"has contracts in {where} that begin or end at other times than the footer's index says"
    if _backwards(rows, starts):
        yield f"has rows in {where} that are not in order of time and volume"


def _backwards(rows: pl.DataFrame, starts: NDArray[np.int64]) -> bool:
    """Tell whether a row is before the one it follows, where a contract does not begin with it."""
    stamps = rows["timestamp"].to_physical().to_numpy()
    before = stamps[1:] < stamps[:-1]
    if "volume" in rows.columns:
        volume = rows["volume"].fill_null(-1).to_numpy()
        before |= (stamps[1:] == stamps[:-1]) & (volume[1:] < volume[:-1])
    before[starts[1:] - 1] = False
    return bool(before.any())


def _sums(shares: list[dict[str, Any]], written: Counter[int], rows: int) -> Iterator[str]:
    told = {number: share["rows_written"] for number, share in enumerate(shares) if share["rows_written"]}
    if told != dict(written):
        yield f"has {rows:,} rows, and its footer says other numbers of rows by source"
    for share in shares:
        where_to = [_total(value) for name, value in share.items() if name.startswith("rows_") and name != "rows_read"]
        if share["rows_read"] != sum(where_to):
            yield f"has a footer in which rows of {share['name']} are lost: {share['rows_read']:,} were read"
        by_contract = share["contracts"].values()
        if share["rows_read"] != sum(one["passed"] + _total(one["refused"]) for one in by_contract):
            yield f"has a footer in which the contracts of {share['name']} do not add up to its rows"


def _total(rows: Any) -> int:
    """Return a count that is told as a number or by reason."""
    if isinstance(rows, dict):
        return sum(one["rows"] if isinstance(one, dict) else one for one in rows.values())
    return int(rows)


def _ends(file: pq.ParquetFile, footer: Footer, index: ContractIndex | None) -> Iterator[str]:
    if index is not None:
        counts = (footer.contracts, footer.expiries)
        if counts != (len(index), len(np.unique(index.expiry))):
            yield "says other numbers of contracts and expiries than its index has"
        keys = index.keys()
        if keys != sorted(set(keys)):
            yield "has an index in which contracts are out of order"
        first, last = int(index.first_timestamp.min()), int(index.last_timestamp.max())
    else:
        stamps = pl.Series(file.read(columns=["timestamp"]).column(0).cast(pa.int64()))
        first, last = int(stamps[0]), int(stamps[-1])
    if (footer.first_timestamp, footer.last_timestamp) != (first, last):
        yield "says that it begins or ends at another time than its rows do"
    start = midnight(footer.day)
    if not start <= first <= last < start + _SECONDS_OF_DAY * NANOSECONDS:
        yield "has rows of another day"
