"""The rows in the text of a MySQL or MariaDB dump: of which table, with which columns."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.sql_columns import ValueColumns
from nfolab.vendor.sql_window import STRING, SqlText

_NAME = rb'(?:`[^`]+`|"[^"]+"|[\w$]+)'
_OWNER = rb"(?:" + _NAME + rb"\s*\.\s*)?(" + _NAME + rb")"
_INSERTION = re.compile(rb"(?:REPLACE|INSERT)\b", re.IGNORECASE)
_ROWS_OF = re.compile(
    rb"(?:REPLACE|INSERT)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*(?:INTO\s+)?"
    + _OWNER
    + rb"\s*(?:\(([^()]*)\)\s*)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_TABLE = re.compile(
    rb"CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    + _OWNER
    + rb"\s*\(((?:[^()]++|\((?:[^()]++|\([^()]*\))*\))*)\)",
    re.IGNORECASE,
)
_NO_COLUMN = re.compile(
    rb"(?:PRIMARY|KEY|UNIQUE|INDEX|CONSTRAINT|FULLTEXT|SPATIAL|CHECK|FOREIGN|PERIOD)\b", re.IGNORECASE
)
_PARENTHESES = re.compile(rb"\((?:[^()]++|\([^()]*\))*\)")
_FIRST_NAME = re.compile(_NAME)
_QUOTED = re.compile(STRING, re.DOTALL)

FormsOf = Callable[[str, tuple[str, ...]], Mapping[str, int]]
"""Says what to make of the columns of a table that are wanted: their names to words of `sql_values`."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of one table: the wanted columns under its own names."""

    table: str
    rows: RawRows


def table_rows(pieces: Iterator[bytes], where: str, kind: SourceKind, forms_of: FormsOf) -> Iterator[TableRows]:
    """Yield the rows of a dump, table after table in its order, at most 25,000 at a time.

    Columns are numbers and naive clocks, or text where a value is neither; text that is not ASCII is `?` there.

    Args:
        pieces: The dump's text, in pieces of any size.
        where: The file, for the errors.
        kind: What the dump is marked as; a comment or table marked otherwise is refused.
        forms_of: Asked once a table and list of columns, when rows are there; may raise InputError.

    Raises:
        InputError: The text ends within a statement or without its dumper's last line, rows come before their columns
            are known, or a row has not as many values as its table has columns. What was yielded before is then part
            of a dump that is not whole.
    """
    text = SqlText(pieces, where, kind)
    declared: dict[str, tuple[str, ...]] = {}
    owner: tuple[str, tuple[str, ...]] = ("", ())
    held: ValueColumns | None = None
    while text.at_statement():
        head = text.match(_ROWS_OF)
        if head is None:
            _note(text, declared)
            continue
        table = _bare(head[1])
        names = tuple(map(_bare, head[2].split(b","))) if head[2] else declared.get(table)
        if names is None:
            raise InputError(
                f"{where} does not say which columns table {table} has: "
                "dump it with its structure (without --no-create-info)"
            )
        if held is None or owner != (table, names):
            yield from _of(owner[0], held.rest() if held else ())
            owner, held = (table, names), ValueColumns(names, forms_of(table, names))
        yield from _of(table, text.rows(table, held))
    yield from _of(owner[0], held.rest() if held else ())


def _of(table: str, found: Iterable[RawRows]) -> Iterator[TableRows]:
    return (TableRows(table, rows) for rows in found)


def _note(text: SqlText, declared: dict[str, tuple[str, ...]]) -> None:
    """Move over a statement that is no rows; if it makes a table, note its columns."""
    if text.looking_at(_INSERTION):
        raise InputError(f"{text.where} has an INSERT without rows of values: dump it with mysqldump's own statements")
    statement = text.statement()
    table = _TABLE.match(_QUOTED.sub(b"''", statement))
    if table:
        text.check_mark(statement)
        declared[_bare(table[1])] = _declared_columns(table[2])


def _declared_columns(body: bytes) -> tuple[str, ...]:
    """Return the column names out of what stands in the parentheses of CREATE TABLE."""
    parts = (part.strip() for part in _PARENTHESES.sub(b"", body).split(b","))
    names = (_FIRST_NAME.match(part) for part in parts if not _NO_COLUMN.match(part))
    return tuple(_bare(name[0]) for name in names if name)


def _bare(name: bytes) -> str:
    return name.strip().strip(b'`"').decode("utf-8", "replace")
