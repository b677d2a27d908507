"""Dumps of a MySQL or MariaDB database: a table a contract, an index, India VIX or a share, by its name."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from isal import isal_zlib

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.market.contracts import Contract
from nfolab.vendor.ahead import ahead
from nfolab.vendor.batch import Batch
from nfolab.vendor.mark import MARK, marked_kind
from nfolab.vendor.named import batch_named, foreign_batch, kind_named
from nfolab.vendor.sql_table import under_our_names, wanted_forms
from nfolab.vendor.sql_text import table_rows

_COMPRESSED_PIECE = 1 << 18
_TEXT_PIECE = 2 << 20
_PIECES_AHEAD = 3
_BATCHES_AHEAD = 1
_GZIP = b"\x1f\x8b"
_GZIP_BITS = isal_zlib.MAX_WBITS | 16
_OPENING = 64_000
_FIRST_ROWS = re.compile(rb"^\s*(?:REPLACE|INSERT)\b", re.IGNORECASE | re.MULTILINE)


def dump_batches(path: Path) -> Iterator[Batch]:
    """Read a dump, packed by gzip or not, as a stream: at most 25,000 rows of one table at a time.

    A table is what its name says (see `vendor.naming`): a contract, an index, India VIX or a share; rows of any other
    table are refused and counted. Empty tables give nothing.

    Raises:
        InputError: The file is cut (then what was yielded before is part of a source that is not whole), a table lacks
            an essential column, or its name is no contract's or can be read in two ways.
    """
    contract: Contract | None = None
    table = ""

    def forms_of(name: str, columns: tuple[str, ...]) -> Mapping[str, int]:
        return wanted_forms(kind_named(name), columns, f"{path}, table {name}")

    pieces = ahead(text_pieces(path), _PIECES_AHEAD)
    read = table_rows(pieces, str(path), dump_source_kind(path), forms_of)
    for rows in ahead(read, _BATCHES_AHEAD):
        where = f"{path}, table {rows.table}"
        kind = kind_named(rows.table)
        if kind is None:
            yield foreign_batch(rows.table, rows.rows.height)
            continue
        if rows.table != table:
            contract, table = None, rows.table
        batch = batch_named(rows.table, kind, under_our_names(kind, rows.rows, where), where, contract)
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
    """Yield a file's text in pieces of at most 2 MB, unpacked if it is packed by gzip, of several members too.

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
        except isal_zlib.IsalError:  # type: ignore[misc] # a class, which the stubs call an instance
            raise InputError(
                f"{path} is damaged: its gzip packing does not add up, so copy it again from its source"
            ) from None


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    member = isal_zlib.decompressobj(wbits=_GZIP_BITS)
    for piece in pieces:
        rest = piece.lstrip(b"\0") if member.eof else piece
        while rest:
            if member.eof:
                member = isal_zlib.decompressobj(wbits=_GZIP_BITS)
            yield member.decompress(rest, _TEXT_PIECE)
            rest = member.unused_data.lstrip(b"\0") if member.eof else member.unconsumed_tail
    yield member.flush()
    if not member.eof:
        raise EOFError
