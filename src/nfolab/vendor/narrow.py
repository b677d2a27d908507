"""A block's rows as few bytes: each column of whole numbers as wide as the day's range of it needs, and no wider.

A column of one value takes no room. It is read and written about as fast as memory is copied; compression by a library
takes several times as long for about the same size.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from nfolab.base.compiled import compiled
from nfolab.vendor.block import Block, Bool, arrangement

_WORD: Final = 8
_BYTES_16: Final = 2
_BYTES_32: Final = 4

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Narrow:
    """Rows as bytes, and what is needed to read them.

    Attributes:
        names: The columns.
        rows: How many.
        numbers: Those of the columns less the least of their column, column by column, each from a multiple of 8 on.
        bases: int64 [whole columns], the least of each.
        widths: uint8 [whole columns], bytes a number: 0, 1, 2, 4 or 8.
        missing: By column, where its values are missing, a bit a row; None where all are.
    """

    names: tuple[str, ...]
    rows: int
    numbers: Bytes
    bases: NDArray[np.int64]
    widths: Bytes
    missing: Mapping[str, Bytes | None]

    @property
    def size(self) -> int:
        """About how many bytes they take."""
        missing = sum(len(bits) for bits in self.missing.values() if bits is not None)
        return len(self.numbers) + len(self.bases) * _WORD + len(self.widths) + missing

    def parts(self) -> Iterator[Bytes]:
        """Yield what `from_bytes` reads, in parts, each of a multiple of 8 bytes."""
        told = {"names": self.names, "rows": self.rows, "numbers": len(self.numbers)}
        bits = [one for one in self.missing.values() if one is not None]
        gone = {name: one is None for name, one in self.missing.items()}
        head = json.dumps({**told, "missing": gone}).encode()
        yield np.array([len(head)], dtype=np.int64).view(np.uint8)
        for part in (np.frombuffer(head, np.uint8), self.bases.view(np.uint8), self.widths, *bits):
            yield part
            yield np.zeros(-len(part) % _WORD, dtype=np.uint8)
        yield self.numbers

    @classmethod
    def from_bytes(cls, given: Bytes) -> Self:
        """Read what `parts` gave; the numbers are not copied."""
        size = int(given[:_WORD].view(np.int64)[0])
        at = _WORD

        def following(length: int) -> Bytes:
            nonlocal at
            part = given[at : at + length]
            at += length + -length % _WORD
            return part

        told = json.loads(bytes(following(size)))
        small, large, _ = arrangement(tuple(told["names"])).sizes
        rows = told["rows"]
        bases, widths = following(_WORD * (small + large)).view(np.int64), following(small + large)
        missing = {name: None if whole else following(-(-rows // 8)) for name, whole in told["missing"].items()}
        return cls(tuple(told["names"]), rows, following(told["numbers"]), bases, widths, missing)


def narrow(block: Block) -> Narrow:
    """Return a block's rows as bytes."""
    small, large, decimal = block.columns.sizes
    bases, widths = np.empty(small + large, dtype=np.int64), np.empty(small + large, dtype=np.uint8)
    room = np.empty((small * _BYTES_32 + (large + decimal) * _WORD) * block.rows + _WORD * (small + large), np.uint8)
    end = _narrowed(np.ascontiguousarray(block.small), bases[:small], widths[:small], room, 0)
    end = _narrowed(np.ascontiguousarray(block.large), bases[small:], widths[small:], room, end)
    begin, end = end, end + decimal * block.rows * _WORD
    room[begin:end] = np.ascontiguousarray(block.decimal).view(np.uint8).ravel()
    missing = {name: None if gone.all() else np.packbits(gone) for name, gone in block.missing.items()}
    return Narrow(block.columns.names, block.rows, room[:end], bases, widths, missing)


def widen(one: Narrow, to: Block, at: int) -> None:
    """Write rows to a block of the same columns, from row `at` on; what is missing in them is not told."""
    small, _, decimal = arrangement(one.names).sizes
    end = _widened(one.numbers, one.bases[:small], one.widths[:small], one.rows, to.small, at, 0)
    end = _widened(one.numbers, one.bases[small:], one.widths[small:], one.rows, to.large, at, end)
    numbers = one.numbers[end : end + decimal * one.rows * _WORD].view(np.float64)
    to.decimal[:, at : at + one.rows] = numbers.reshape(decimal, one.rows)


def missing_in(one: Narrow) -> dict[str, Bool]:
    """Return where a column's values are missing, bool [rows] by name."""
    return {
        name: np.ones(one.rows, dtype=np.bool_) if bits is None else np.unpackbits(bits, count=one.rows).view(np.bool_)
        for name, bits in one.missing.items()
    }


@compiled
def _narrowed(columns: NDArray[Any], bases: NDArray[np.int64], widths: Bytes, to: Bytes, at: int) -> int:
    """Write columns [columns, rows] to `to` from `at` on, fill in bases and widths, and return the end."""
    count, rows = columns.shape
    for column in range(count):
        values = columns[column]
        least = most = values[0]
        for row in range(rows):
            least, most = min(least, values[row]), max(most, values[row])
        bases[column] = least
        spread = np.int64(most) - np.int64(least)
        if spread == 0:
            width = 0
        elif spread < 1 << 8:
            width = 1
            ones = to[at : at + rows]
            for row in range(rows):
                ones[row] = values[row] - least
        elif spread < 1 << 16:
            width = 2
            twos = to[at : at + 2 * rows].view(np.uint16)
            for row in range(rows):
                twos[row] = values[row] - least
        elif spread < 1 << 32:
            width = 4
            fours = to[at : at + 4 * rows].view(np.uint32)
            for row in range(rows):
                fours[row] = values[row] - least
        else:
            width = 8
            eights = to[at : at + 8 * rows].view(np.int64)
            for row in range(rows):
                eights[row] = values[row] - least
        widths[column] = width
        at += (width * rows + 7) // 8 * 8
    return at


@compiled
def _widened(
    numbers: Bytes, bases: NDArray[np.int64], widths: Bytes, rows: int, to: NDArray[Any], first: int, begin: int
) -> int:
    """Write the columns that stand in `numbers` from `begin` on to `to` [columns, room] from row `first` on."""
    end = np.int64(begin)
    for column in range(len(bases)):
        base, width = bases[column], widths[column]
        values = to[column, first : first + rows]
        if width == 0:
            for row in range(rows):
                values[row] = base
        elif width == 1:
            ones = numbers[end : end + rows]
            for row in range(rows):
                values[row] = base + ones[row]
        elif width == _BYTES_16:
            twos = numbers[end : end + 2 * rows].view(np.uint16)
            for row in range(rows):
                values[row] = base + twos[row]
        elif width == _BYTES_32:
            fours = numbers[end : end + 4 * rows].view(np.uint32)
            for row in range(rows):
                values[row] = base + np.int64(fours[row])
        else:
            eights = numbers[end : end + 8 * rows].view(np.int64)
            for row in range(rows):
                values[row] = base + eights[row]
        end += (np.int64(width) * rows + 7) // 8 * 8
    return int(end)
