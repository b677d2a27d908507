"""The order in which sources are read: those of neighbouring expiries and days come together."""

import re
from collections.abc import Iterable
from datetime import date

from nfolab.base.errors import InputError
from nfolab.market.contracts import parse_name
from nfolab.vendor.source import Source

_DAY = re.compile(r"(?<!\d)(20\d\d-\d\d-\d\d)(?!\d)")

ReadingPlace = tuple[date, str]
"""(a day, a name): sources of one contract and day by their names have the same, and are read in one round."""


def in_reading_order(sources: Iterable[Source]) -> list[tuple[ReadingPlace, Source]]:
    """Return the sources with their places in the order of reading.

    The day is that in the source's name, else the expiry of the contract it is named after, else the last day that
    stands in its path, else none; those without come first.
    """
    return sorted(((reading_place(source), source) for source in sources), key=lambda one: (one[0], one[1].place))


def reading_place(source: Source) -> ReadingPlace:
    """Return where a source stands in the order of reading."""
    stem = source.name.split(".")[0].lower()
    days = _days_in(source.name)
    if days:
        return days[-1], stem
    try:
        contract = parse_name(stem)
    except InputError:
        days = _days_in(source.place)
        return (days[-1] if days else date.min), stem
    return contract.expiry, str(contract)


def _days_in(text: str) -> list[date]:
    found = []
    for written in _DAY.findall(text):
        try:
            found.append(date.fromisoformat(written))
        except ValueError:
            continue
    return found
