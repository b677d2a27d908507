"""Dumps of a MySQL or MariaDB database: a table a contract, an index, India VIX or a share, by its name."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.columns import known_columns, matched_columns
from nfolab.vendor.mark import MARK, marked_kind
from nfolab.vendor.named import batch_named, foreign_batch, kind_named
from nfolab.vendor.sql_text import ValueRows, uneven_rows, value_rows

_COMPRESSED_PIECE = 1 << 20
_TEXT_PIECE = 8 << 20
_GZIP = b"\x1f\x8b"
_GZIP_BITS = zlib.MAX_WBITS | 16
_OPENING = 64_000
_FIRST_ROWS = re.compile(rb"^\s*(?:REPLACE|INSERT)\b", re.IGNORECASE | re.MULTILINE)


def dump_batches(path: Path) -> Iterator[Batch]:
    """Read a dump, packed by gzip or not, as a stream: about 100,000 rows of one table at a time.

    A table is what its name says (see `vendor.naming`): a contract, an index, India VIX or a share; rows of any other
    table are refused and counted. Empty tables give nothing.

    Raises:
        InputError: The file is cut (then what was yielded before is part of a source that is not whole), a table lacks
            an essential column, or its name is no contract's or can be read in two ways.
    """
    contract: Contract | None = None
    table = ""
    for rows in value_rows(text_pieces(path), str(path), dump_source_kind(path)):
        where = f"{path}, table {rows.table}"
        kind = kind_named(rows.table)
        if kind is None:
            yield foreign_batch(rows.table, rows.height)
            continue
        if rows.table != table:
            contract, table = None, rows.table
        batch = batch_named(rows.table, kind, _frame(rows, kind, where), where, contract)
        contract = batch.contract
        yield batch


def dump_source_kind(path: Path) -> SourceKind:
    """Return what the dump says before its first rows; without the mark it is a vendor's.

    The mark `nfolab_source=synthetic` stands in an opening comment or, if the rows went through a database, in the
    comment of the first table.

    Raises:
        InputError: The file is cut before that, or the mark is unknown.
    """
    opening = next(text_pieces(path), b"")[:_OPENING]
    rows = _FIRST_ROWS.search(opening)
    mark = MARK.search(opening, 0, rows.start() if rows else len(opening))
    return marked_kind(mark[1] if mark else None, path)


def text_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's text in pieces of at most 8 MB, unpacked if it is packed by gzip, of several members too.

    Raises:
        InputError: The packed file is cut or damaged.
    """
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        pieces = iter(lambda: file.read(_COMPRESSED_PIECE if packed else _TEXT_PIECE), b"")
        if not packed:
            yield from pieces
            return
        try:
            yield from _unpacked(pieces)
        except EOFError:
            raise InputError(
                f"{path} is cut: its gzip packing ends too early, so copy it again from its source"
            ) from None
        except zlib.error:
            raise InputError(
                f"{path} is damaged: its gzip packing does not add up, so copy it again from its source"
            ) from None


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=_GZIP_BITS)
    for piece in pieces:
        rest = piece.lstrip(b"\0") if member.eof else piece
        while rest:
            if member.eof:
                member = zlib.decompressobj(wbits=_GZIP_BITS)
            yield member.decompress(rest, _TEXT_PIECE)
            rest = member.unused_data.lstrip(b"\0") if member.eof else member.unconsumed_tail
    yield member.flush()
    if not member.eof:
        raise EOFError


def _frame(rows: ValueRows, kind: DataKind, where: str) -> pl.DataFrame:
    """Return the rows' columns of ours under our names: numbers as numbers where all are, else as text."""
    wanted = matched_columns(kind, rows.columns, where)
    types = {column.vendor: column for column in known_columns(kind, rows.columns)}
    numeric = {
        wanted[name]: pl.Int64() if column.dtype.is_integer() and column.unit != "paise" else pl.Float64()
        for name, column in types.items()
        if name in wanted and column.unit != "time"
    }
    theirs = list(wanted.values())
    try:
        frame = _parsed(rows, theirs, numeric)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        try:
            frame = _parsed(rows, theirs, {})
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            raise InputError(uneven_rows(where, len(rows.columns))) from None
    return frame.select(pl.col(name).alias(ours) for ours, name in wanted.items())


def _parsed(rows: ValueRows, columns: list[str], numeric: dict[str, pl.Int64 | pl.Float64]) -> pl.DataFrame:
    return pl.read_csv(
        rows.lines,
        has_header=False,
        schema={name: numeric.get(name, pl.String()) for name in rows.columns},
        columns=[rows.columns.index(name) for name in columns],
        null_values="NULL",
        quote_char=None,
        encoding="utf8-lossy",
    )
