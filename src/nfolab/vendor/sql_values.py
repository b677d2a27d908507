"""Rows of values as they stand in SQL, `(…),(…);`, into columns of numbers and clocks: one pass over the bytes.

A library's CSV reader takes twice as long a core, and as long again to have the text cut into lines (docs/databases.md
has the figures). What is not a plain number or clock is left to the caller as text.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.compiled import compiled

SKIPPED: Final = 0
"""A column nobody asked for."""
WHOLE: Final = 1
"""Whole numbers, Int64."""
DECIMAL: Final = 2
"""Decimals, Float64: the nearest to what is written."""
CLOCK: Final = 3
"""`'2025-12-15 09:32:49'`, microseconds since 1970 of the wall clock as it stands."""
TEXT: Final = 4
"""Anything: where its bytes begin and how many they are, `begin << 32 | bytes`, without quotes around."""

NEEDS_TEXT: Final = 0
"""The text ends before the statement does."""
IS_FULL: Final = 1
"""The columns have no room for another row."""
ENDED: Final = 2
"""The statement ended with its `;`."""
UNEVEN: Final = 3
"""A row has other than as many values as the table has columns."""
NOT_ROWS: Final = 4
"""What stands there is no row of values."""

_QUOTE: Final = ord("'")
_BACKSLASH: Final = ord("\\")
_OPEN: Final = ord("(")
_CLOSE: Final = ord(")")
_COMMA: Final = ord(",")
_END: Final = ord(";")
_MINUS: Final = ord("-")
_POINT: Final = ord(".")
_COLON: Final = ord(":")
_BLANK: Final = ord(" ")
_ZERO: Final = ord("0")
_SHARP: Final = 2**53
_DIGITS: Final = 18
_CLOCK_BYTES: Final = 19
_DATE_BYTES: Final = 10
_SECOND: Final = 1_000_000
_POWERS: Final = np.array([10.0**power for power in range(_DIGITS + 1)])
_WHOLE_POWERS: Final = np.array([10**power for power in range(_DIGITS + 1)], dtype=np.int64)
_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_UNREADABLE: Final = -(2**63)

Bytes = NDArray[np.uint8]


@compiled
def _pair(text: Bytes, at: int) -> int:
    """Return two digits as a number; 1000 or more where they are none."""
    tens, ones = int(text[at]) - _ZERO, int(text[at + 1]) - _ZERO
    if tens > 9 or tens < 0 or ones > 9 or ones < 0:
        return 1000
    return tens * 10 + ones


@compiled
def _clock(text: Bytes, at: int) -> int:
    """Return the microseconds of `2025-12-15 09:32:49`; _UNREADABLE where it is none."""
    if (
        text[at + 4] != _MINUS
        or text[at + 7] != _MINUS
        or text[at + 10] != _BLANK
        or text[at + 13] != _COLON
        or text[at + 16] != _COLON
    ):
        return _UNREADABLE
    year = _pair(text, at) * 100 + _pair(text, at + 2)
    month, day = _pair(text, at + 5), _pair(text, at + 8)
    hour, minute, second = _pair(text, at + 11), _pair(text, at + 14), _pair(text, at + 17)
    if year < 1000 or year > 9999 or month < 1 or month > 12 or hour > 23 or minute > 59 or second > 59:
        return _UNREADABLE
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day < 1 or day > _DAYS[month] + leap:
        return _UNREADABLE
    # Days since 1970 in the Gregorian calendar: years counted from March, so that the leap day comes last.
    shifted = year - (month < 3)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + of_year - 719_468
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * _SECOND


@compiled
def _behind_blanks(text: Bytes, at: int, end: int) -> int:
    while at < end and text[at] <= _BLANK:
        at += 1
    return at


@compiled
def _behind_quoted(text: Bytes, at: int, end: int) -> int:
    """Return the place of the quote that ends a text whose bytes begin at `at`; `end` where it does not end."""
    while at < end:
        if text[at] == _BACKSLASH:
            at += 2
        elif text[at] != _QUOTE:
            at += 1
        elif at + 1 < end and text[at + 1] == _QUOTE:
            at += 2
        else:
            return at
    return end


@compiled
def _is_null(text: Bytes, at: int, length: int) -> bool:
    return (
        length == 4
        and text[at] | 32 == 110
        and text[at + 1] | 32 == 117
        and text[at + 2] | 32 == 108
        and text[at + 3] | 32 == 108
    )


@compiled
def _is_zero_date(text: Bytes, at: int, length: int) -> bool:
    """Say whether a text begins as MySQL's date of nothing, 0000-00-00, with or without a time."""
    if length < _DATE_BYTES:
        return False
    zeros = 0
    for place in range(_DATE_BYTES):
        zeros += text[at + place] == (_MINUS if place in (4, 7) else _ZERO)
    return zeros == _DATE_BYTES


@compiled
def read_values(
    text: Bytes,
    at: int,
    inside: bool,
    forms: NDArray[np.uint8],
    whole: NDArray[np.int64],
    decimal: NDArray[np.float64],
    missing: NDArray[np.bool_],
    odd: NDArray[np.bool_],
    row: int,
) -> tuple[int, int, bool, int]:
    """Read rows until the text, the statement or the room ends.

    Args:
        text: The bytes, shape (n,).
        at: Where to begin.
        inside: Whether a row was read before, so that a comma or the end must follow.
        forms: Shape (columns,): what to make of each column of the table: SKIPPED, WHOLE, DECIMAL, CLOCK or TEXT.
        whole: Shape (columns, room): values of all columns but the DECIMAL ones; changed.
        decimal: The same memory as float64: values of the DECIMAL ones; changed.
        missing: Shape (columns, room), all False from `row` on: set where a value is NULL, empty or a zero date.
        odd: Shape (columns,): set where a value of the column is not of its form; the value counts as missing.
        row: The first row to fill.

    Returns:
        Why it stopped, the place behind the last whole row, `inside` for the next call, the rows now filled.
    """
    columns, room = missing.shape
    length = len(text)
    stop = length  # behind the last bracket: a bare value that begins before it ends at it or before
    while stop > at and text[stop - 1] != _CLOSE:
        stop -= 1
    while True:
        here = _behind_blanks(text, at, length)
        if inside:
            if here >= length:
                return NEEDS_TEXT, at, inside, row
            if text[here] == _END:
                return ENDED, here + 1, False, row
            if text[here] != _COMMA:
                return NOT_ROWS, here, inside, row
            here = _behind_blanks(text, here + 1, length)
        if here < length and text[here] != _OPEN:
            return NOT_ROWS, here, inside, row
        if here >= stop:
            return NEEDS_TEXT, at, inside, row
        if row == room:
            return IS_FULL, at, inside, row
        here += 1
        for column in range(columns):
            while text[here] <= _BLANK:
                here += 1
            form = forms[column]
            begin = here
            quoted = text[here] == _QUOTE
            if quoted:
                begin += 1
                here += 1
            plain = False  # whether the value is one of its form, and `here` is behind it
            if form == CLOCK:
                if quoted and here + _CLOCK_BYTES < stop:
                    clock = _clock(text, here)
                    plain = clock != _UNREADABLE
                    whole[column, row] = clock
                    here += _CLOCK_BYTES
            elif form in (WHOLE, DECIMAL):
                negative = text[here] == _MINUS
                here += negative
                number, first = 0, here
                digit = int(text[here]) - _ZERO
                while 0 <= digit <= 9:
                    number = number * 10 + digit
                    here += 1
                    digit = int(text[here]) - _ZERO
                digits, scale = here - first, 0
                if text[here] == _POINT:
                    here += 1
                    first = here
                    digit = int(text[here]) - _ZERO
                    while 0 <= digit <= 9:
                        number = number * 10 + digit
                        here += 1
                        digit = int(text[here]) - _ZERO
                    scale = here - first
                    digits += scale
                plain = 0 < digits <= _DIGITS
                if form == DECIMAL:
                    plain = plain and number < _SHARP
                    if plain:
                        value = number / _POWERS[scale]
                        decimal[column, row] = -value if negative else value
                elif plain:
                    if scale:
                        plain = number % _WHOLE_POWERS[scale] == 0
                        number //= _WHOLE_POWERS[scale]
                    whole[column, row] = -number if negative else number
            if plain and quoted:
                plain = text[here] == _QUOTE
                here += 1
            if plain:
                while text[here] <= _BLANK:
                    here += 1
                plain = text[here] == _COMMA or text[here] == _CLOSE
            if not plain:
                here = begin
                if not quoted:
                    while text[here] != _COMMA and text[here] != _CLOSE and text[here] != _QUOTE:
                        here += 1
                    if text[here] == _QUOTE:  # behind a word such as _binary
                        quoted, begin, here = True, here + 1, here + 1
                if quoted:
                    here = _behind_quoted(text, begin, stop)
                    if here >= stop:
                        missing[:, row] = False
                        return NEEDS_TEXT, at, inside, row
                size = here - begin
                if quoted:
                    here += 1
                    while text[here] <= _BLANK:
                        here += 1
                else:
                    while size > 0 and text[begin + size - 1] <= _BLANK:
                        size -= 1
                nothing = not quoted and _is_null(text, begin, size)
                if nothing or size == 0 or (form == CLOCK and _is_zero_date(text, begin, size)):
                    missing[column, row] = True
                elif form == TEXT:
                    whole[column, row] = begin << 32 | size
                elif form != SKIPPED:
                    missing[column, row] = True
                    odd[column] = True
            if text[here] != (_COMMA if column < columns - 1 else _CLOSE):
                return UNEVEN if text[here] == _COMMA or text[here] == _CLOSE else NOT_ROWS, here, inside, row
            here += 1
        at = here
        inside = True
        row += 1
