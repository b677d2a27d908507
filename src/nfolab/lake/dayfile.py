"""One day file's bytes: written row group by row group, with a footer from which everything about it can be told."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from io import FileIO
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from nfolab import __version__
from nfolab.base.errors import InputError
from nfolab.base.snapshot import SOURCE_KEY, DataKind, SourceKind
from nfolab.lake.provenance import SourceShare
from nfolab.lake.schema import SCHEMA_VERSION, SORTED_BY, arrow_schema, codec, encoding

FOOTER_KEY = b"nfolab_lake"
CONTRACTS_KEY = b"nfolab_contracts"
SHARES_KEY = b"nfolab_sources"
FEED_DELAY_KEY = b"nfolab_feed_delay"

_ZSTD_LEVEL = 3


@dataclass(frozen=True)
class Footer:
    """What a day file says of itself, apart from its content's hash.

    Attributes:
        findings: Check to number of findings, the audit's summary.
    """

    kind: DataKind
    underlying: str
    day: date
    source: SourceKind
    contracts: int | None
    expiries: int | None
    first_timestamp: int
    last_timestamp: int
    findings: Mapping[str, int]


class _HashingFile(FileIO):
    """A file being written that knows the SHA-256 of what was written so far; once abandoned it takes nothing more."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "wb")
        self.hash = hashlib.sha256()
        self.abandoned = False

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        if self.abandoned:
            return len(view)
        done = 0
        while done < len(view):
            done += super().write(view[done:])
        self.hash.update(view)
        return done


class DayFileWriter:
    """Writes row groups to a file, then the footer: a context manager, in which `finish` comes last."""

    def __init__(self, path: Path, types: dict[str, pa.DataType], nullable: frozenset[str]) -> None:
        self._file = _HashingFile(path)
        self._schema = arrow_schema(types, nullable)
        encodings = {name: encoding(name) for name in types}
        self._writer = pq.ParquetWriter(
            self._file,
            self._schema,
            compression={name: codec(name) for name in types},
            compression_level={name: _ZSTD_LEVEL for name in types if codec(name) == "zstd"},
            use_dictionary=[name for name, how in encodings.items() if how == "dictionary"],
            column_encoding={name: how for name, how in encodings.items() if how != "dictionary"},
            write_page_index=True,
            write_statistics=[name for name in types if name in SORTED_BY],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._writer.close()
        else:
            self._file.abandoned = True
            with suppress(pa.ArrowException, OSError):
                self._writer.close()
        self._file.close()

    def write_group(self, columns: Mapping[str, pa.Array]) -> None:
        """Write rows as one row group; columns that the file does not have are passed over."""
        arrays = [columns[name] for name in self._schema.names]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def finish(self, footer: Footer, blocks: Mapping[bytes, Any]) -> None:
        """Add the footer, with the SHA-256 of the row groups written, and further blocks of JSON to the metadata."""
        self._writer.add_key_value_metadata(footer_texts(footer, blocks, self._file.hash.hexdigest()))


def footer_texts(footer: Footer, blocks: Mapping[bytes, Any], content: str) -> dict[bytes, str]:
    """Return the key-value metadata of a day file.

    Args:
        footer: What the file says of itself.
        blocks: Further blocks of JSON.
        content: SHA-256 of the file's bytes up to the end of its row groups.
    """
    about = {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "kind": footer.kind,
        "underlying": footer.underlying,
        "day": str(footer.day),
        "content": content,
        "contracts": footer.contracts,
        "expiries": footer.expiries,
        "first_timestamp": str(footer.first_timestamp),
        "last_timestamp": str(footer.last_timestamp),
        "findings": dict(footer.findings),
    }
    metadata = {SOURCE_KEY: str(footer.source), FOOTER_KEY: _json(about)}
    return metadata | {key: _json(block) for key, block in blocks.items()}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def broken(path: Path, why: object) -> InputError:
    """Return the error of a lake file that cannot be read."""
    reason = str(why).splitlines()[0].rstrip(".") if str(why) else "it is not a lake file"
    return InputError(f"the lake file {path} is damaged ({reason}): delete it and pack its sources again")


class OtherSchemaError(InputError):
    """A lake that another version of the tool packed."""


def other_schema(path: Path, version: object) -> OtherSchemaError:
    """Return the error of a lake that another version of the tool packed."""
    return OtherSchemaError(
        f"the lake file {path} has schema {version} and this nfolab reads schema {SCHEMA_VERSION}: "
        "delete the lake or name another folder, and pack its sources again"
    )


def read_metadata(path: Path) -> pq.FileMetaData:
    """Return the Parquet footer of a lake file.

    Raises:
        InputError: the file is damaged.
    """
    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as problem:
        raise broken(path, problem) from problem


def block(metadata: pq.FileMetaData, key: bytes, path: Path) -> Any:
    """Return one block of JSON of a file's metadata.

    Raises:
        InputError: it is not there or no JSON.
    """
    try:
        return json.loads((metadata.metadata or {})[key])
    except (KeyError, ValueError) as problem:
        raise broken(path, f"its footer lacks {key.decode()}") from problem


def read_footer(metadata: pq.FileMetaData, path: Path) -> Footer:
    """Return what a lake file says of itself.

    Raises:
        InputError: the footer is damaged, or of another schema version.
    """
    about = block(metadata, FOOTER_KEY, path)
    if about["schema_version"] != SCHEMA_VERSION:
        raise other_schema(path, about["schema_version"])
    return Footer(
        kind=DataKind(about["kind"]),
        underlying=about["underlying"],
        day=date.fromisoformat(about["day"]),
        source=SourceKind((metadata.metadata or {})[SOURCE_KEY].decode()),
        contracts=about["contracts"],
        expiries=about["expiries"],
        first_timestamp=int(about["first_timestamp"]),
        last_timestamp=int(about["last_timestamp"]),
        findings=about["findings"],
    )


def content_of(metadata: pq.FileMetaData, path: Path) -> str:
    """Return the SHA-256 of the bytes of a file's row groups: the same content is the same rows in the same order."""
    return str(block(metadata, FOOTER_KEY, path)["content"])


def end_of_rows(metadata: pq.FileMetaData) -> int:
    """Return how many bytes a file has up to the end of its last row group's last page: those `content` is of."""
    last = metadata.row_group(metadata.num_row_groups - 1).column(metadata.num_columns - 1)
    begin: int = last.data_page_offset if last.dictionary_page_offset is None else last.dictionary_page_offset
    return begin + int(last.total_compressed_size)


def footer_hash(metadata: pq.FileMetaData, path: Path) -> str:
    """Return the SHA-256 of a file's bytes after its row groups: page indexes and the footer."""
    with path.open("rb") as file:
        file.seek(end_of_rows(metadata))
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_shares(metadata: pq.FileMetaData, path: Path) -> list[tuple[SourceShare, int]]:
    """Return what each source gave to a day file, and how many of its rows stayed; ordered by hash."""
    return [(SourceShare.from_json(one), one["rows_written"]) for one in block(metadata, SHARES_KEY, path)]
