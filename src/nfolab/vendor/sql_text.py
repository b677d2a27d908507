"""The rows in the text of a MySQL or MariaDB dump: of which table, with which columns, as plain CSV lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.sql_window import STRING, SqlText

BYTES_A_BATCH = 32_000_000
"""Bytes of rows handed on at once: about 100,000 rows of 46 columns."""

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
_ESCAPED = re.compile(rb"\\(.)|'(')", re.DOTALL)
_BORDER = re.compile(rb"\)\s*,\s*\(")
_HARMLESS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz :.+-_/"
_NEUTRAL = bytes(byte if byte in _HARMLESS else ord("?") for byte in range(256))


@dataclass(frozen=True)
class ValueRows:
    """Rows of one table: its name, its columns, and a CSV line a row, values bare, `NULL` where there is none."""

    table: str
    columns: tuple[str, ...]
    lines: bytes
    height: int


def value_rows(pieces: Iterator[bytes], where: str, kind: SourceKind) -> Iterator[ValueRows]:
    """Yield the rows of a dump, table after table in its order, about BYTES_A_BATCH at a time.

    Within quoted values, bytes other than letters, digits, blanks and `:.+-_/` become `?`: no number and no time
    holds them.

    Args:
        pieces: The dump's text, in pieces of any size.
        where: The file, for the errors.
        kind: What the dump is marked as; a comment or table marked otherwise is refused.

    Raises:
        InputError: The text ends within a statement or without its dumper's last line, rows come before their columns
            are known, or a row has not as many values as its table has columns. What was yielded before is then part
            of a dump that is not whole.
    """
    text = SqlText(pieces, where, kind)
    declared: dict[str, tuple[str, ...]] = {}
    held = _Held(where)
    while text.at_statement():
        head = text.match(_ROWS_OF)
        if head is None:
            if text.looking_at(_INSERTION):
                raise InputError(
                    f"{where} has an INSERT without rows of values: dump it with mysqldump's own statements"
                )
            statement = text.statement()
            table = _TABLE.match(_QUOTED.sub(b"''", statement))
            if table:
                text.check_mark(statement)
                declared[_bare(table[1])] = _declared_columns(table[2])
            continue
        name = _bare(head[1])
        columns = tuple(map(_bare, head[2].split(b","))) if head[2] else declared.get(name)
        if columns is None:
            raise InputError(
                f"{where} does not say which columns table {name} has: "
                "dump it with its structure (without --no-create-info)"
            )
        for section in text.sections(name):
            if held.is_full_for(name, columns):
                yield held.release()
            held.take(name, columns, _lines(section))
    if held.lines:
        yield held.release()


def uneven_rows(where: str, columns: int) -> str:
    """Return what to tell a user whose table has rows of other lengths than it has columns."""
    return f"{where}: not every row has {columns} values, one for each column: dump the table again"


class _Held:
    """Lines of one table, collected over statements until they are worth handing on."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.table = ""
        self.columns: tuple[str, ...] = ()
        self.lines: list[bytes] = []
        self.size = 0

    def is_full_for(self, table: str, columns: tuple[str, ...]) -> bool:
        """Say whether what is held must go before rows of `table` are taken."""
        return bool(self.lines) and ((self.table, self.columns) != (table, columns) or self.size >= BYTES_A_BATCH)

    def take(self, table: str, columns: tuple[str, ...], lines: bytes) -> None:
        """Add lines of the table held, or of a new one if nothing is."""
        self.table, self.columns = table, columns
        self.lines.append(lines)
        self.size += len(lines)

    def release(self) -> ValueRows:
        """Hand on what is held; InputError where a row has too few or too many values."""
        lines = b"\n".join(self.lines)
        height = lines.count(b"\n") + 1
        if lines.count(b",") != height * (len(self.columns) - 1):
            raise InputError(uneven_rows(f"{self.where}, table {self.table}", len(self.columns)))
        self.lines, self.size = [], 0
        return ValueRows(self.table, self.columns, lines, height)


def _lines(section: bytes) -> bytes:
    """Return rows `(…),(…)` as CSV lines without quotes."""
    within_quotes = b"".join(section.split(b"'")[1::2])
    if b"\\" in section or within_quotes.translate(None, _HARMLESS):
        section = _QUOTED.sub(_neutral, section)
    lines = section[1:-1].replace(b"),\n(", b"\n")
    if b"),(" in lines:
        lines = lines.replace(b"),(", b"\n")
    if b"(" in lines:
        lines = _BORDER.sub(b"\n", lines)
    return lines.translate(None, b"'")


def _neutral(quoted: re.Match[bytes]) -> bytes:
    return b"'" + _ESCAPED.sub(lambda found: found[1] or found[2], quoted[0][1:-1]).translate(_NEUTRAL) + b"'"


def _declared_columns(body: bytes) -> tuple[str, ...]:
    """Return the column names out of what stands in the parentheses of CREATE TABLE."""
    parts = (part.strip() for part in _PARENTHESES.sub(b"", body).split(b","))
    names = (_FIRST_NAME.match(part) for part in parts if not _NO_COLUMN.match(part))
    return tuple(_bare(name[0]) for name in names if name)


def _bare(name: bytes) -> str:
    return name.strip().strip(b'`"').decode("utf-8", "replace")
