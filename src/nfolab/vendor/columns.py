"""Which of a source's columns are which of ours, whatever their order and their capitals."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from nfolab.base.errors import InputError
from nfolab.base.snapshot import COLUMNS, LEVELS, VOLACTUAL, Column, DataKind

TIMESTAMP_AGAIN = "ts"
"""The column that repeats `timestamp`, and stands in for it where it is empty."""

_BOOK = tuple(f"{side}{what}{level}" for level in range(LEVELS) for side in "bs" for what in "pq")
_PRICE_AND_TIME = ("timestamp", "price")

ESSENTIAL: dict[DataKind, tuple[str, ...]] = {
    DataKind.OPTIONS: (*_PRICE_AND_TIME, "volume", *_BOOK),
    DataKind.SPOT: _PRICE_AND_TIME,
    DataKind.FUTURES: _PRICE_AND_TIME,
    DataKind.VIX: _PRICE_AND_TIME,
    DataKind.EQUITY: _PRICE_AND_TIME,
}
"""What a source must have. Without price and book no option can be filled; without volume rows of one second have no
order. Futures are often recorded without a book, and tell the market's state all the same. Every other column may be
missing and is then null throughout. `ts` serves for `timestamp`."""


def known_columns(kind: DataKind, names: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns that rows of `kind` have out of a source with the columns `names`, in the stored order."""
    with_volactual = kind in (DataKind.OPTIONS, DataKind.FUTURES) and VOLACTUAL.vendor in _lowered(tuple(names))
    return (*COLUMNS[kind], VOLACTUAL) if with_volactual else COLUMNS[kind]


def missing_columns(kind: DataKind, names: Sequence[str]) -> list[str]:
    """Return the vendor's names of the essential columns that are not among `names`."""
    there = {*_lowered(tuple(names))}
    if TIMESTAMP_AGAIN in there:
        there.add("timestamp")
    return [name for name in ESSENTIAL[kind] if name.lower() not in there]


def matched_columns(kind: DataKind, names: Sequence[str], where: str) -> dict[str, str]:
    """Return the source's own name for each column of ours that it has, keyed by the vendor's usual name.

    Args:
        kind: What the rows are.
        names: The source's column names, in any order and in any capitals.
        where: The file (and table), for the error.

    Raises:
        InputError: An essential column is missing, or two columns differ in nothing but capitals.
    """
    there = _lowered(tuple(names))
    if len(there) < len(names):
        raise InputError(f"{where} has two columns of one name: keep the right one under that name")
    missing = missing_columns(kind, names)
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise InputError(
            f"{where} lacks the column{plural} {', '.join(missing)}: export it again with all the vendor's columns"
        )
    wanted = {column.vendor.lower(): column.vendor for column in known_columns(kind, names)}
    wanted[TIMESTAMP_AGAIN] = TIMESTAMP_AGAIN
    return {name: there[low] for low, name in wanted.items() if low in there}


@lru_cache(maxsize=1000)
def _lowered(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return names by what they are in small letters: thousands of files have the same columns."""
    return {name.lower(): name for name in names}
