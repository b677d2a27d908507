"""The text of a MySQL or MariaDB dump, read in pieces: whose rows, which columns, and the rows as plain CSV lines.

The fast way looks for statement ends and row borders by bytes and proves that they lie outside quotes (no backslash and
an even number of quotes stand before them). Where that proof fails, a tokenizer decides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nfolab.base.errors import InputError

BYTES_A_BATCH = 32_000_000
"""Bytes of rows handed on at once: about 100,000 rows of 46 columns."""

_HEAD = 16_000
_LONGEST = 64_000_000

_NAME = rb'(?:`[^`]+`|"[^"]+"|[\w$]+)'
_OWNER = rb"(?:" + _NAME + rb"\s*\.\s*)?(" + _NAME + rb")"
_STRING = rb"'(?:[^'\\]++|\\.|'')*+'"
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
_QUOTED = re.compile(_STRING, re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)|'(')", re.DOTALL)
_TOKEN = re.compile(_STRING + rb"|\)\s*+,\s*+\(|[;']", re.DOTALL)
_STATEMENT = re.compile(rb"(?:[^'\"`;]++|" + _STRING + rb'|"(?:[^"\\]++|\\.)*+"|`[^`]*+`)*+;', re.DOTALL)
_BORDER = re.compile(rb"\)\s*,\s*\(")
_BLANK = re.compile(rb"[\s;]*")
_HARMLESS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz :.+-_/"
_NEUTRAL = bytes(byte if byte in _HARMLESS else ord("?") for byte in range(256))


@dataclass(frozen=True)
class ValueRows:
    """Rows of one table: its name, its columns, and a CSV line a row, values bare, `NULL` where there is none."""

    table: str
    columns: tuple[str, ...]
    lines: bytes
    height: int


def value_rows(pieces: Iterator[bytes], where: str) -> Iterator[ValueRows]:
    """Yield the rows of a dump, table after table in its order, about BYTES_A_BATCH at a time.

    Within quoted values, bytes other than letters, digits, blanks and `:.+-_/` become `?`: no number and no time
    holds them.

    Args:
        pieces: The dump's text, in pieces of any size.
        where: The file, for the errors.

    Raises:
        InputError: The text ends within a statement or without its dumper's last line, rows come before their columns
            are known, or a row has not as many values as its table has columns. What was yielded before is then part
            of a dump that is not whole.
    """
    text = _Text(pieces, where)
    declared: dict[str, tuple[str, ...]] = {}
    held = _Held(where)
    while text.at_statement():
        head = text.match(_ROWS_OF)
        if head is None:
            if text.looking_at(_INSERTION):
                raise InputError(
                    f"{where} has an INSERT without rows of values: dump it with mysqldump's own statements"
                )
            table = _TABLE.match(_QUOTED.sub(b"''", text.statement()))
            if table:
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


class _Text:
    """The dump's text as a window that moves forward, about as long as a piece."""

    def __init__(self, pieces: Iterator[bytes], where: str) -> None:
        self.pieces = pieces
        self.where = where
        self.window = b""
        self.position = 0
        self.ended = False
        self.open_dump = False

    def at_statement(self) -> bool:
        """Move over blanks and comments to the next statement; return False at the end of the dump."""
        while True:
            self._hold(_HEAD)
            blank = _BLANK.match(self.window, self.position)
            self.position = blank.end() if blank else self.position
            if self.window.startswith((b"--", b"#"), self.position):
                self._note_dumper(self._through(b"\n"))
            elif self.window.startswith(b"/*", self.position):
                self._through(b"*/")
            elif self.position < len(self.window):
                return True
            elif self.ended:
                if self.open_dump:
                    raise InputError(f"{self.where} lacks the last line of its dump (-- Dump completed): dump it again")
                return False

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Match a statement's head and move behind it; None, without a move, where it is another statement."""
        found = pattern.match(self.window, self.position)
        if found:
            self.position = found.end()
        return found

    def looking_at(self, pattern: re.Pattern[bytes]) -> bool:
        """Say whether the text goes on with the pattern."""
        return pattern.match(self.window, self.position) is not None

    def statement(self) -> bytes:
        """Return the whole statement and move behind it."""
        while True:
            found = self.match(_STATEMENT)
            if found:
                return found[0]
            self._hold_more("")

    def sections(self, table: str) -> Iterator[bytes]:
        """Yield the rows of the statement `(…),(…)` in parts that begin and end with a row; move behind its `;`."""
        last = False
        while not last:
            cut = _cut(self.window, self.position)
            if cut is None:
                self._hold_more(f" of table {table}")
                continue
            end, after, last = cut
            section = self.window[self.position : end].strip()
            self.position = after
            if not (section.startswith(b"(") and section.endswith(b")")):
                raise InputError(
                    f"{self.where}, table {table}: what follows VALUES is not rows in parentheses: dump it again"
                )
            yield section

    def _through(self, mark: bytes) -> bytes:
        while (found := self.window.find(mark, self.position)) < 0:
            if self.ended and mark == b"\n":
                found = len(self.window)
                break
            self._hold_more("")
        text = self.window[self.position : found]
        self.position = min(found + len(mark), len(self.window))
        return text

    def _note_dumper(self, comment: bytes) -> None:
        if re.match(rb"-- (?:MySQL|MariaDB) dump ", comment):
            if self.open_dump:
                raise InputError(f"{self.where} holds a dump without its last line (-- Dump completed): dump it again")
            self.open_dump = True
        elif comment.startswith(b"-- Dump completed"):
            self.open_dump = False

    def _hold(self, size: int) -> None:
        """Hold at least `size` bytes from the position on, if there are so many."""
        if self.ended or len(self.window) - self.position >= size:
            return
        parts = [self.window[self.position :]]
        held = len(parts[0])
        while held < size and not self.ended:
            piece = next(self.pieces, None)
            if piece is None:
                self.ended = True
            else:
                parts.append(piece)
                held += len(piece)
        self.window, self.position = b"".join(parts), 0

    def _hold_more(self, what: str) -> None:
        held = len(self.window) - self.position
        if self.ended:
            raise InputError(f"{self.where} ends in the middle of a statement{what}: copy or dump it again")
        if held > _LONGEST:
            raise InputError(f"{self.where} has a statement{what} whose rows cannot be told apart: dump it again")
        self._hold(held + 1)


def _cut(window: bytes, start: int) -> tuple[int, int, bool] | None:
    """Return where the whole rows from `start` on end, where the text goes on, and whether the statement ended."""
    end = window.find(b";", start)
    last = end >= 0
    after = end + 1
    if not last:
        border = window.rfind(b"),\n(", start)
        border = border if border >= 0 else window.rfind(b"),(", start)
        end = border + 1
        after = window.find(b"(", end)
    proven = end > 0 and window.find(b"\\", start, end) < 0 and window.count(b"'", start, end) % 2 == 0
    return (end, after, last) if proven else _careful_cut(window, start)


def _careful_cut(window: bytes, start: int) -> tuple[int, int, bool] | None:
    cut = None
    for token in _TOKEN.finditer(window, start):
        text = token[0]
        if text == b";":
            return token.start(), token.end(), True
        if text == b"'":
            break
        if text.startswith(b")"):
            cut = token.start() + 1, token.end() - 1, False
    return cut


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
