"""The manifest: of each day file its sources, their hashes, and where every row that was read went."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from nfolab.base.errors import InputError
from nfolab.lake.catalogue import Entry
from nfolab.lake.dayfile import SHARES_KEY, block, read_metadata
from nfolab.lake.layout import day_file
from nfolab.lake.reader import Lake


@dataclass(frozen=True)
class SourceLine:
    """What one source gave to one day file.

    Attributes:
        sha256: Its identity.
        name: What it was called when it was packed.
        read: How many of its rows are counted on this day file; read = written + repeated + superseded + refused.
        written: How many of them the file has.
        repeated: How many equal another row in every column.
        superseded: How many gave way to another source's values for the same moment.
        refused: How many the reader refused, by reason.
    """

    sha256: str
    name: str
    read: int
    written: int
    repeated: int
    superseded: int
    refused: dict[str, int]

    def __add__(self, other: "SourceLine") -> "SourceLine":
        """Return what the source gave to both."""
        return SourceLine(
            self.sha256,
            self.name,
            self.read + other.read,
            self.written + other.written,
            self.repeated + other.repeated,
            self.superseded + other.superseded,
            dict(Counter(self.refused) + Counter(other.refused)),
        )


@dataclass(frozen=True)
class DayLine:
    """One day file and what it was made from."""

    path: str
    entry: Entry
    sources: tuple[SourceLine, ...]


def day_line(entry: Entry) -> dict[str, Any]:
    """Return what is told of a day file wherever days are listed."""
    shown = ("day", "underlying", "kind", "source", "contracts", "expiries", "rows", "first", "last", "bytes")
    return {name: getattr(entry, name) for name in shown}


def manifest(lake: Lake, day: date | None = None) -> list[DayLine]:
    """Return the manifest of a lake, or of one day.

    Raises:
        InputError: the lake has nothing of that day, or a day file is damaged.
    """
    return [_line(lake, entry) for entry in entries_of(lake, day)]


def entries_of(lake: Lake, day: date | None) -> list[Entry]:
    """Return the day files of one day, or all; raise InputError if there are none."""
    entries = [entry for entry in lake.entries if day in (None, entry.day)]
    if not entries:
        first, last = lake.entries[0].day, lake.entries[-1].day
        raise InputError(f"the lake {lake.root} has nothing of {day}: its days go from {first} to {last}")
    return entries


def _line(lake: Lake, entry: Entry) -> DayLine:
    path = day_file(lake.root, *entry.key)
    shares = block(read_metadata(path), SHARES_KEY, path)
    return DayLine(path.relative_to(lake.root).as_posix(), entry, tuple(source_lines(shares)))


def source_lines(shares: Iterable[dict[str, Any]]) -> list[SourceLine]:
    """Return what a footer's sources gave, as its block `nfolab_sources` tells it."""
    return [
        SourceLine(
            sha256=share["sha256"],
            name=share["name"],
            read=share["rows_read"],
            written=share["rows_written"],
            repeated=share["rows_repeated"],
            superseded=share.get("rows_superseded", 0),
            refused=dict(share["rows_refused"]),
        )
        for share in shares
    ]
