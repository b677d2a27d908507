"""Flags: which trades touched bad rows, or ended otherwise than ordered."""

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.base.snapshot import Defect
from nfolab.tape.book import NO_ROW, Book, Int32Array, Int64Array

GAP_SECONDS = 5
_KINDS = 4
_BACKWARD = int(Defect.BACKWARD_VOLUME)

BoolArray = npt.NDArray[np.bool_]


class RowDefects:
    """Counts of bad rows from the start of a tape, so that any stretch of rows is asked in one subtraction."""

    def __init__(self, book: Book) -> None:
        self._book = book
        counts = np.empty((_KINDS, book.second.size + 1), np.int32)
        _count(
            book.second, book.first_row, book.bid_price[0], book.bid_size[0], book.ask_price[0], book.ask_size[0],
            book.defects, counts,
        )  # fmt: skip
        self._gap, self._crossed, self._empty, self._backward = counts

    def flags(self, contract: Int64Array, first_second: Int64Array, last_second: Int64Array) -> dict[str, BoolArray]:
        """Tell for each stretch of a contract's seconds which flags of docs/engine.md its rows give.

        The row as of the first second belongs to the stretch.

        Args:
            contract: int64 [stretches], the contract's number within the tape.
            first_second: int64 [stretches], seconds since the session's open.
            last_second: int64 [stretches], likewise, inclusive.

        Returns:
            By flag, bool [stretches]: `gap`, `crossed_book`, `empty_book`, `backward_volume`.
        """
        book = self._book
        opening = book.last[contract, first_second].astype(np.int64)
        opening = np.where(opening == NO_ROW, book.first_row[contract], opening)
        closing = np.maximum(book.last[contract, last_second].astype(np.int64), opening)
        silent_to_the_end = last_second - book.second[closing] > GAP_SECONDS
        return {
            "gap": (self._gap[closing + 1] - self._gap[opening + 1] > 0) | silent_to_the_end,
            "crossed_book": self._crossed[closing + 1] - self._crossed[opening] > 0,
            "empty_book": self._empty[closing + 1] - self._empty[opening] > 0,
            "backward_volume": self._backward[closing + 1] - self._backward[opening] > 0,
        }


def repeats_a_row(book: Book, rows: Int64Array) -> BoolArray:
    """Tell which of these rows of a tape equal their contract's row before in all but the clocks."""
    repeats: BoolArray = book.defects[rows] & Defect.REPEATED_ROW != 0
    return repeats


@compiled
def _count(
    second: Int32Array,
    first_row: Int32Array,
    bid: Int32Array,
    bid_size: Int32Array,
    ask: Int32Array,
    ask_size: Int32Array,
    defects: Int32Array,
    counts: Int32Array,
) -> None:
    """Fill `counts` [4, rows + 1]: rows before each that follow a silence, are crossed, empty, step back in volume.

    The arrays are those of `Book`, at the best level.
    """
    counts[:, 0] = 0
    for contract in range(first_row.size - 1):
        for row in range(first_row[contract], first_row[contract + 1]):
            silent = row > first_row[contract] and second[row] - second[row - 1] > GAP_SECONDS
            empty = bid[row] <= 0 or ask[row] <= 0 or bid_size[row] <= 0 or ask_size[row] <= 0
            counts[0, row + 1] = counts[0, row] + silent
            counts[1, row + 1] = counts[1, row] + (bid[row] > 0 and ask[row] > 0 and bid[row] >= ask[row])
            counts[2, row + 1] = counts[2, row] + empty
            counts[3, row + 1] = counts[3, row] + (defects[row] & _BACKWARD != 0)
