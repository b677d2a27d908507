"""Rows of SQL values as they gather into frames: numbers and clocks as such, text where a value is neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nfolab.base.compiled import compiled
from nfolab.vendor.raw_rows import RawColumn, RawRows
from nfolab.vendor.sql_values import CLOCK, DECIMAL, SKIPPED, TEXT, read_values

ROWS_A_BATCH: Final = 25_000

_TICKS: Final = 1_000_000
"""A clock of the text is read in microseconds."""
_BACKSLASH: Final = ord("\\")
_QUOTE: Final = ord("'")
_UNKNOWN: Final = ord("?")
_ASCII: Final = 128
_SIZE_BITS: Final = 32

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where reading stopped.

    Attributes:
        reason: Why: a word of `sql_values`.
        position: Behind the last whole row.
        inside: Whether a row of the statement has been read.
    """

    reason: int
    position: int
    inside: bool


class ValueColumns:
    """Room for ROWS_A_BATCH rows of one table, filled from text.

    Attributes:
        width: How many columns the table has.
    """

    def __init__(self, names: Sequence[str], forms: Mapping[str, int]) -> None:
        """Make room.

        Args:
            names: All columns of the table, in its order.
            forms: What to make of the wanted ones: WHOLE, DECIMAL or CLOCK.
        """
        self.width = len(names)
        self._names = names
        self._forms = np.array([forms.get(name, SKIPPED) for name in names], dtype=np.uint8)
        self._room = _Room(len(names), ROWS_A_BATCH)
        self._rows = 0
        self._ready: list[RawRows] = []

    def read(self, text: Bytes, position: int, inside: bool) -> Stop:
        """Read rows until the text, the statement or the room ends.

        Args:
            text: The bytes at hand.
            position: Where to begin.
            inside: Whether a row of the statement has been read before.
        """
        first = self._rows
        odd = np.zeros(len(self._forms), dtype=np.bool_)
        reason, end, now_inside, rows = self._room.read(text, position, inside, self._forms, odd, first)
        self._rows = rows
        if odd.any() and rows > first:
            self._rows = first
            self._move_held()
            self._ready.append(self._with_text(odd, rows - first, text, position, inside))
        elif rows == ROWS_A_BATCH:
            self._move_held()
        return Stop(reason, end, now_inside)

    def full(self) -> list[RawRows]:
        """Hand on the batches that are full; rows with text come in a batch of their own."""
        ready, self._ready = self._ready, []
        return ready

    def rest(self) -> list[RawRows]:
        """Hand on all there is."""
        self._move_held()
        return self.full()

    def _move_held(self) -> None:
        if self._rows:
            self._ready.append(self._room.filled(self._names, self._forms, self._rows))
        self._room, self._rows = _Room(len(self._names), ROWS_A_BATCH), 0

    def _with_text(self, odd: NDArray[np.bool_], rows: int, text: Bytes, position: int, inside: bool) -> RawRows:
        """Read the same rows again, columns with an odd value as text."""
        room = _Room(len(self._names), rows)
        forms = np.where(odd, np.uint8(TEXT), self._forms)
        room.read(text, position, inside, forms, np.zeros_like(odd), 0)
        return room.filled(self._names, forms, rows, text)


class _Room:
    def __init__(self, columns: int, rows: int) -> None:
        self.values = np.empty((columns, rows), dtype=np.int64)
        self.missing = np.zeros((columns, rows), dtype=np.bool_)

    def read(
        self, text: Bytes, position: int, inside: bool, forms: NDArray[np.uint8], odd: NDArray[np.bool_], first: int
    ) -> tuple[int, int, bool, int]:
        decimals = self.values.view(np.float64)
        return read_values(text, position, inside, forms, self.values, decimals, self.missing, odd, first)

    def filled(self, names: Sequence[str], forms: NDArray[np.uint8], rows: int, text: Bytes | None = None) -> RawRows:
        columns = {
            name: self._column(number, int(form), rows, text)
            for number, (name, form) in enumerate(zip(names, forms, strict=True))
            if form != SKIPPED
        }
        return RawRows(columns, rows)

    def _column(self, number: int, form: int, rows: int, text: Bytes | None) -> RawColumn:
        missing, values = self.missing[number, :rows], self.values[number, :rows]
        some_missing = bool(missing.any())
        if text is None or form != TEXT:
            numbers = values.view(np.float64) if form == DECIMAL else values
            return RawColumn(numbers, _TICKS if form == CLOCK else 0, missing if some_missing else None)
        there = pa.py_buffer(np.packbits(~missing, bitorder="little")) if some_missing else None
        sizes = np.where(missing, 0, values & ((1 << _SIZE_BITS) - 1))
        ends = np.concatenate(([0], np.cumsum(sizes)))
        written = np.empty(int(ends[-1]), dtype=np.uint8)
        _write_text(text, values >> _SIZE_BITS, ends, written)
        buffers = [there, pa.py_buffer(ends), pa.py_buffer(written)]
        return RawColumn(None, told=pa.Array.from_buffers(pa.large_string(), rows, buffers))


@compiled
def _write_text(text: Bytes, begins: NDArray[np.int64], ends: NDArray[np.int64], written: Bytes) -> None:
    """Write quoted texts one behind the other without what escapes a character; what is not ASCII becomes `?`.

    No number and no time holds such a character, and with it the text need not be in any known encoding.

    Args:
        text: Where the texts lie, between quotes.
        begins: Where each begins there, shape (texts,).
        ends: Where each begins and ends in `written` as long as nothing is left out, shape (texts + 1,); changed to
            where it does.
        written: Room for them, changed.
    """
    to = 0
    taken = ends[0]
    for number in range(len(begins)):
        at, size = begins[number], ends[number + 1] - taken
        taken = ends[number + 1]
        end = at + size
        while at < end:
            if (text[at] == _BACKSLASH or text[at] == _QUOTE) and at + 1 < end:
                at += 1
            written[to] = text[at] if text[at] < _ASCII else _UNKNOWN
            to += 1
            at += 1
        ends[number + 1] = to
