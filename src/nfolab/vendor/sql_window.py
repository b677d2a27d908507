"""A window on the text of a MySQL or MariaDB dump that moves from statement to statement and over their rows."""

import re
from collections.abc import Iterator

import numpy as np

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SourceKind
from nfolab.vendor.mark import MARK
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.sql_columns import ValueColumns
from nfolab.vendor.sql_values import ENDED, NEEDS_TEXT, NOT_ROWS, UNEVEN

STRING = rb"'(?:[^'\\]++|\\.|'')*+'"
"""A quoted value: what stands between its quotes may be escaped by a backslash, or a quote by another one."""

_HEAD = 16_000
_LONGEST = 64_000_000
_STATEMENT = re.compile(rb"(?:[^'\"`;]++|" + STRING + rb'|"(?:[^"\\]++|\\.)*+"|`[^`]*+`)*+;', re.DOTALL)
_BLANK = re.compile(rb"[\s;]*")


class SqlText:
    """The text of a dump, of which about a piece is held at a time.

    Every method raises InputError where the text ends within what it reads.
    """

    def __init__(self, pieces: Iterator[bytes], where: str, kind: SourceKind) -> None:
        self.pieces = pieces
        self.where = where
        self.kind = kind
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
                self._note_comment(self._through(b"\n"))
            elif self.window.startswith(b"/*", self.position):
                self._through(b"*/")
            elif self.position < len(self.window):
                return True
            elif self.ended:
                if self.open_dump:
                    raise InputError(f"{self.where} lacks the last line of its dump (-- Dump completed): dump it again")
                return False

    def check_mark(self, text: bytes) -> None:
        """Raise InputError if the text is marked as of another kind than the dump."""
        for mark in MARK.findall(text):
            if mark.decode("ascii", "replace") != self.kind:
                raise InputError(
                    f"{self.where} begins as {self.kind} data but holds some marked {mark.decode('ascii', 'replace')}: "
                    "give each kind as a dump of its own"
                )

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

    def rows(self, table: str, columns: ValueColumns) -> Iterator[RawRows]:
        """Fill `columns` with the statement's rows `(…),(…);` and move behind it; yield batches that are full.

        Raises:
            InputError: What stands there is no rows, or one has not as many values as the table has columns.
        """
        inside = False
        while True:
            stop = columns.read(np.frombuffer(self.window, np.uint8), self.position, inside)
            self.position, inside = stop.position, stop.inside
            yield from columns.full()
            if stop.reason == ENDED:
                return
            if stop.reason == NEEDS_TEXT:
                self._hold_more(f" of table {table}")
            elif stop.reason == UNEVEN:
                raise InputError(
                    f"{self.where}, table {table}: not every row has {columns.width} values, one for each column: "
                    "dump the table again"
                )
            elif stop.reason == NOT_ROWS:
                raise InputError(
                    f"{self.where}, table {table}: what follows VALUES is not rows in parentheses: dump it again"
                )

    def _through(self, mark: bytes) -> bytes:
        while (found := self.window.find(mark, self.position)) < 0:
            if self.ended and mark == b"\n":
                found = len(self.window)
                break
            self._hold_more("")
        text = self.window[self.position : found]
        self.position = min(found + len(mark), len(self.window))
        return text

    def _note_comment(self, comment: bytes) -> None:
        self.check_mark(comment)
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
