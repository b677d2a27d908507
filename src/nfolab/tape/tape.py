"""One day in memory for the contracts asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from nfolab.base.errors import InputError
from nfolab.base.snapshot import LEVELS, TIMEZONE, DataKind
from nfolab.lake import ContractsFile, Lake
from nfolab.lake.reader import SeriesDay
from nfolab.market.contracts import Contract
from nfolab.market.sessions import Session, previous_trading_day, session
from nfolab.tape.book import NO_ROW, Book, Int32Array, Int64Array, as_of_index, as_of_values

MAX_SPOT_AGE = 2
MAX_VIX_AGE = 60
LATE_FEED_SECONDS = 5
NO_SPOT = -1
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Tape:
    """What a strategy sees of a day: the rows of some contracts up to some depth, and their place in the lake.

    Attributes:
        numbers: int64 [contracts], each contract's number in the day's chain.
        file_row: int64 [contracts], the row of the lake file at which each contract's rows begin.
        levels: how many of the five levels were read.
    """

    numbers: Int64Array
    file_row: Int64Array
    levels: int
    book: Book

    def lake_rows(self, contract: Int64Array, row: Int64Array) -> Int64Array:
        """Return the rows of the lake file that rows of the tape came from; −1 stays −1."""
        place: Int64Array = self.file_row[contract] + row - self.book.first_row[contract]
        return np.where(row == NO_ROW, NO_ROW, place)


@dataclass(frozen=True)
class NearFuture:
    """The future that expires next: its file, its number in it, and its expiry."""

    file: ContractsFile
    number: int
    expiry: date


class MissingSeriesError(InputError):
    """A day lacks the future, VIX or another index that was asked for; the sentence says what and when."""


class Day:
    """One underlying's day of a lake: which contracts it lists and since when, the index by second, and its rows.

    Attributes:
        session: the day's session; `session.last_second` is the last valid second.
        spot: int32 [seconds], the index in paise as of each second, −1 where it is older than 2 seconds or absent.
        spot_second: int32 [seconds], the second of the index's newest row as of each second, −1 before the first.
        has_spot: whether the lake holds an index feed of this day.
        expiry: datetime64[D] [contracts]; `kind` str [contracts]; `strike` int32 [contracts], rupees.
        first_second: int32 [contracts], the second of each contract's first row.
    """

    def __init__(self, lake: Lake, underlying: str, day: date) -> None:
        self.underlying = underlying
        self.day = day
        self._lake = lake
        self.session: Session = session(day)
        self.file: ContractsFile = lake.options(underlying, day)
        index = self.file.contracts
        self.expiry = index.expiry
        self.kind = index.kind
        self.strike: Int32Array = index.strike
        self.first_second: Int32Array = self.seconds_of(index.first_timestamp)
        spot = lake.spot(underlying, day)
        self.has_spot = spot is not None
        if spot is None:
            self.spot: Int32Array = np.full(self.seconds, NO_SPOT, np.int32)
            self.spot_second: Int32Array = np.full(self.seconds, NO_ROW, np.int32)
        else:
            second = self.seconds_of(spot.timestamp)
            self.spot = as_of_values(second, spot.price_paise, self.seconds, MAX_SPOT_AGE, NO_SPOT)
            self.spot_second = as_of_values(second, second, self.seconds, self.seconds, NO_ROW)

    @property
    def lake(self) -> Lake:
        """The lake that it is a day of."""
        return self._lake

    @property
    def seconds(self) -> int:
        """How many seconds the session's grid has, first to last inclusive."""
        return self.session.last_second + 1

    @property
    def opening(self) -> datetime:
        """The session's first second, in IST."""
        hours, rest = divmod(self.session.open.second_of_day, 3600)
        return datetime(
            self.day.year, self.day.month, self.day.day, hours, rest // 60, rest % 60, tzinfo=ZoneInfo(TIMEZONE)
        )

    def seconds_of(self, timestamp: Int64Array) -> Int32Array:
        """Return the seconds since the open of times in nanoseconds since 1970 UTC, cut to whole seconds."""
        opening = int(self.opening.timestamp()) * NANOSECONDS
        return ((timestamp - opening) // NANOSECONDS).astype(np.int32)

    def series(self, kind: DataKind, name: str, day: date | None = None) -> SeriesDay:
        """Return the series of an index or VIX on this day, or on another.

        Raises:
            MissingSeriesError: the lake has none of that day.
        """
        found = self._lake.series(kind, name, day or self.day)
        if found is None:
            raise MissingSeriesError(f"the lake {self._lake.root} has no {kind} of {name} on {day or self.day}")
        return found

    def joined(self, kind: DataKind, name: str, max_age: int) -> Int32Array:
        """Return a series as of each second in paise, joined backward, −1 where older than `max_age` seconds.

        Raises:
            MissingSeriesError: the lake has none of this day.
        """
        found = self.series(kind, name)
        return as_of_values(self.seconds_of(found.timestamp), found.price_paise, self.seconds, max_age, NO_SPOT)

    @cached_property
    def future(self) -> "NearFuture":
        """The future of the underlying that expires next.

        Raises:
            MissingSeriesError: the lake has no futures of this day, or none that is alive.
        """
        listed = [one.day for one in self._lake.days(self.underlying, DataKind.FUTURES)]
        if self.day not in listed:
            raise MissingSeriesError(f"the lake {self._lake.root} has no futures of {self.underlying} on {self.day}")
        file = self._lake.contracts(DataKind.FUTURES, self.underlying, self.day)
        alive = np.flatnonzero(file.contracts.expiry >= np.datetime64(self.day))
        if not alive.size:
            raise MissingSeriesError(f"no future of {self.underlying} in the lake is alive on {self.day}")
        number = int(alive[np.argmin(file.contracts.expiry[alive])])
        return NearFuture(file, number, file.contracts.expiry[number].astype(date))

    def beside(self) -> list[str]:
        """Return what names the rows of everything else the lake knows of this day, and of the day before's index."""
        before = previous_trading_day(self.day)
        return [
            f"{entry.kind} {entry.underlying} {entry.day} {self._lake.content(entry)}"
            for entry in self._lake.entries
            if (entry.day == self.day and entry.kind in (DataKind.FUTURES, DataKind.VIX, DataKind.SPOT))
            or entry.key == (DataKind.SPOT, self.underlying, before)
        ]

    def late_seconds(self) -> npt.NDArray[np.bool_]:
        """Tell for each second whether its minute's feed lagged the day's usual delay by more than 5 s (audit)."""
        late = np.zeros(self.seconds, bool)
        for first in self.seconds_of(self.file.late_minutes(LATE_FEED_SECONDS)).tolist():
            late[max(0, first) : max(0, first + 60)] = True
        return late

    def contract(self, number: int) -> Contract:
        """Return the contract of a number in the day's chain."""
        kind: Literal["CE", "PE"] = "CE" if self.kind[number] == "CE" else "PE"
        return Contract(self.underlying, self.expiry[number].astype(date), kind, int(self.strike[number]))

    def traded(self, numbers: Sequence[int]) -> Int32Array:
        """Return the units traded between each row and the contract's row before, in the order of `load`'s rows.

        Returns:
            int32 [rows]; 0 where it is not known: in a contract's first row, after a silence above 5 s, without volume.
        """
        return self.file.read(numbers, ["volume_delta"])["volume_delta"].astype(np.int32)

    def load(self, numbers: Sequence[int], levels: int = LEVELS) -> Tape:
        """Read the rows of the contracts with these numbers, touching only their row groups and `levels` levels.

        Raises:
            InputError: `levels` is not from 1 to 5.
        """
        if not 1 <= levels <= LEVELS:
            raise InputError(f"{levels} levels asked for, but a snapshot has 1 to {LEVELS}")
        columns = [f"{letter}{level}{unit}" for level in range(levels) for letter, unit in _LEVEL_COLUMNS]
        found = self.file.read(numbers, ["timestamp", "price_paise", "defects", *columns])
        chosen = np.asarray(numbers, dtype=np.int64)
        first_row = np.concatenate(([0], np.cumsum(self.file.contracts.rows[chosen]))).astype(np.int32)
        second = self.seconds_of(found["timestamp"])
        sides = [
            _stacked([found[f"{letter}{level}{unit}"] for level in range(levels)]) for letter, unit in _LEVEL_COLUMNS
        ]
        bid_price, bid_size, ask_price, ask_size = sides
        book = Book(
            second=second,
            first_row=first_row,
            last=as_of_index(second, first_row, self.seconds),
            bid_price=bid_price,
            bid_size=bid_size,
            ask_price=ask_price,
            ask_size=ask_size,
            last_price=np.require(found["price_paise"], requirements="W"),  # a read-only array is another compile
            defects=found["defects"],
        )
        return Tape(chosen, self.file.contracts.first_row[chosen], levels, book)


def _stacked(levels: list[Int32Array]) -> Int32Array:
    """Return int32 [levels, rows] of a side; a single level is not copied."""
    return levels[0].reshape(1, -1) if len(levels) == 1 else np.stack(levels)


_LEVEL_COLUMNS = (("bp", "_paise"), ("bq", ""), ("sp", "_paise"), ("sq", ""))
