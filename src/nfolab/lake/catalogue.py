"""The two tables that tell what a lake holds: its day files, and the sources that are wholly packed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.files import content_hash, replacing
from nfolab.base.snapshot import SOURCE_KEY, TIMEZONE, VOLACTUAL, DataKind, SourceKind
from nfolab.lake.auditing.ledger import plain_strings, write_table
from nfolab.lake.dayfile import content_of, footer_hash, other_schema, read_footer, read_metadata
from nfolab.lake.layout import audit_file, catalogue_file, sources_file
from nfolab.lake.provenance import refused_from_json, refused_to_json
from nfolab.lake.schema import NANOSECONDS, SCHEMA_VERSION
from nfolab.vendor.batch import RefusedRows

_SCHEMA: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "underlying": pl.String(),
    "kind": pl.String(),
    "source": pl.String(),
    "contracts": pl.Int64(),
    "expiries": pl.Int64(),
    "rows": pl.Int64(),
    "first": pl.Datetime("ns", TIMEZONE),
    "last": pl.Datetime("ns", TIMEZONE),
    "bytes": pl.Int64(),
    "volactual": pl.Boolean(),
    "content": pl.String(),
    "footer_hash": pl.String(),
    "ledger_hash": pl.String(),
}
_SCHEMA_KEY = "nfolab_schema"
_SCHEMA_MARK = {_SCHEMA_KEY: str(SCHEMA_VERSION)}
"""Which schema the lake has, in the metadata of both tables; those of the first schema do not tell."""

_SOURCE_SCHEMA: dict[str, pl.DataType] = {
    "sha256": pl.String(),
    "name": pl.String(),
    "rows_read": pl.Int64(),
    "refused_without_day": pl.String(),
    "days": pl.String(),
}


@dataclass(frozen=True)
class Entry:
    """One day file: what it holds.

    Attributes:
        contracts: How many contracts; None where there are none.
        expiries: How many expiries they have; None where there are none.
        first: The first row's time, IST; `last` likewise.
        volactual: Whether the file has the older vendor files' column of that name.
        content: SHA-256 of the file's row groups: it names the rows.
        footer_hash: SHA-256 of the file's bytes after its row groups.
        ledger_hash: SHA-256 of its ledger's bytes; None where that is gone.
    """

    day: date
    underlying: str
    kind: DataKind
    source: SourceKind
    contracts: int | None
    expiries: int | None
    rows: int
    first: datetime
    last: datetime
    bytes: int
    volactual: bool
    content: str
    footer_hash: str
    ledger_hash: str | None

    @property
    def key(self) -> tuple[DataKind, str, date]:
        """(kind, underlying, day)."""
        return self.kind, self.underlying, self.day


@dataclass(frozen=True)
class PackedSource:
    """One source that is wholly packed: its identity, what could not be given to a day, and the day files it fed."""

    sha256: str
    name: str
    rows_read: int
    refused_without_day: Mapping[str, RefusedRows]
    days: tuple[tuple[DataKind, str, date], ...]


def _instant(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // NANOSECONDS, ZoneInfo(TIMEZONE))


def entry_of(path: Path) -> Entry:
    """Return the entry of a day file in its lake (or staging folder), from its own footer and beside its ledger.

    Raises:
        InputError: the file is damaged.
    """
    metadata = read_metadata(path)
    footer = read_footer(metadata, path)
    ledger_path = audit_file(path.parents[2], footer.kind, footer.underlying, footer.day)
    return Entry(
        footer.day,
        footer.underlying,
        footer.kind,
        footer.source,
        footer.contracts,
        footer.expiries,
        metadata.num_rows,
        _instant(footer.first_timestamp),
        _instant(footer.last_timestamp),
        path.stat().st_size,
        VOLACTUAL.stored in metadata.schema.names,
        content_of(metadata, path),
        footer_hash(metadata, path),
        content_hash(ledger_path) if ledger_path.exists() else None,
    )


def write_catalogue(root: Path, source: SourceKind, entries: Iterable[Entry]) -> None:
    """Write the table of the day files, atomically."""
    in_order = sorted(entries, key=lambda one: (one.day, one.underlying, one.kind))
    table = pl.DataFrame([asdict(entry) for entry in in_order], schema=_SCHEMA)
    with replacing(catalogue_file(root)) as temporary:
        write_table(table, temporary, {SOURCE_KEY.decode(): str(source), **_SCHEMA_MARK, **lines_mark(table)})


def read_catalogue(root: Path) -> tuple[SourceKind, list[Entry]] | None:
    """Return what the lake holds and whose data it is; None where there is no catalogue.

    Raises:
        InputError: the catalogue is damaged, or that of another schema.
    """
    path = catalogue_file(root)
    if not path.exists():
        return None
    table, metadata = _read(path, _SCHEMA)
    try:
        source = SourceKind(metadata[SOURCE_KEY].decode())
        entries = [
            Entry(**{**row, "kind": DataKind(row["kind"]), "source": SourceKind(row["source"])})
            for row in table.to_dicts()
        ]
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged_table(path, problem) from problem
    return source, entries


def write_sources(root: Path, sources: Iterable[PackedSource]) -> None:
    """Write the table of the sources that are wholly packed, atomically."""
    write_source_lines(root, lines_of_sources(sources))


def lines_of_sources(sources: Iterable[PackedSource]) -> pl.DataFrame:
    """Return the lines that tell of sources in the table of those wholly packed."""
    lines = [
        {
            "sha256": one.sha256,
            "name": one.name,
            "rows_read": one.rows_read,
            "refused_without_day": json.dumps(refused_to_json(one.refused_without_day)),
            "days": json.dumps([f"{kind}/{underlying}/{day}" for kind, underlying, day in sorted(one.days)]),
        }
        for one in sources
    ]
    return pl.DataFrame(lines, schema=_SOURCE_SCHEMA)


def write_source_lines(root: Path, lines: pl.DataFrame) -> None:
    """Write the table of the sources that are wholly packed, ordered by hash, atomically."""
    table = lines.sort("sha256")
    with replacing(sources_file(root)) as temporary:
        write_table(table, temporary, {**_SCHEMA_MARK, **lines_mark(table)})


def read_source_lines(root: Path) -> pl.DataFrame | None:
    """Return the table of the sources that are wholly packed; None where there is none.

    Raises:
        InputError: the table is damaged, or that of another schema.
    """
    path = sources_file(root)
    return _read(path, _SOURCE_SCHEMA)[0] if path.exists() else None


def lines_mark(table: pl.DataFrame) -> dict[str, str]:
    """Return a mark that tells the table's values by their SHA-256, so that a changed byte can be found."""
    told = hashlib.sha256()
    for column in table.get_columns():
        values = column.to_physical().cast(pl.String).fill_null("\0")
        told.update(f"{column.name}\n{values.str.join(chr(10)).item()}\n".encode())
    return {"nfolab_lines": told.hexdigest()}


def read_sources(root: Path) -> list[PackedSource]:
    """Return the sources that are wholly packed.

    Raises:
        InputError: the table is damaged, or that of another schema.
    """
    lines = read_source_lines(root)
    if lines is None:
        return []
    try:
        return [
            PackedSource(
                row["sha256"],
                row["name"],
                row["rows_read"],
                refused_from_json(json.loads(row["refused_without_day"])),
                tuple(_day_key(text) for text in json.loads(row["days"])),
            )
            for row in lines.iter_rows(named=True)
        ]
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged_table(sources_file(root), problem) from problem


def _day_key(text: str) -> tuple[DataKind, str, date]:
    kind, underlying, day = text.split("/")
    return DataKind(kind), underlying, date.fromisoformat(day)


def _read(path: Path, schema: Mapping[str, pl.DataType]) -> tuple[pl.DataFrame, Mapping[bytes, bytes]]:
    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)
        metadata: Mapping[bytes, bytes] = table.schema.metadata or {}
        version = metadata.get(_SCHEMA_KEY.encode(), b"1").decode()
        same_columns = table.schema.equals(plain_strings(pl.DataFrame(schema=schema).to_arrow().schema))
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise damaged_table(path, problem) from problem
    if version != str(SCHEMA_VERSION):
        raise other_schema(path, version)
    if not same_columns:
        raise damaged_table(path, "its columns are not those of this table")
    return pl.DataFrame(pl.from_arrow(table.replace_schema_metadata(None))), metadata


def damaged_table(path: Path, why: object) -> InputError:
    """Return the error of a table of the lake that cannot be read."""
    return InputError(f"{path} is damaged ({str(why).splitlines()[0]}): delete it and pack again, which makes it anew")
