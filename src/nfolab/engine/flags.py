"""Flags: which trades touched bad rows, or ended otherwise than ordered."""

import numpy as np
import numpy.typing as npt

from nfolab.base.snapshot import Defect
from nfolab.tape.book import NO_ROW, Book, Int32Array, Int64Array

GAP_SECONDS = 5

BoolArray = npt.NDArray[np.bool_]


class RowDefects:
    """Counts of bad rows from the start of a tape, so that any stretch of rows is asked in one subtraction."""

    def __init__(self, book: Book) -> None:
        self._book = book
        begins = np.zeros(book.second.size, bool)
        begins[book.first_row[:-1]] = True
        silence = np.diff(book.second, prepend=np.int32(0)) > GAP_SECONDS
        bid, ask = book.bid_price[0], book.ask_price[0]
        empty = (bid <= 0) | (ask <= 0) | (book.bid_size[0] <= 0) | (book.ask_size[0] <= 0)
        self._gap = _counts(silence & ~begins)
        self._crossed = _counts((bid > 0) & (ask > 0) & (bid >= ask))
        self._empty = _counts(empty)
        self._backward = _counts(book.defects & Defect.BACKWARD_VOLUME != 0)

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


def _counts(bad: BoolArray) -> Int32Array:
    return np.concatenate(([0], np.cumsum(bad))).astype(np.int32)
