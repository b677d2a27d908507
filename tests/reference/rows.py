"""Raw vendor Parquet files as plain Python rows: the first step of the slow, obvious reference.

Nothing of the package is imported here or anywhere in the reference: it is written from the rule book by other means,
so that an error in one engine is not repeated in the other. PyArrow only decodes the file.
"""

import datetime as dt
import re
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

LEVELS = range(5)
NANOS = 1_000_000_000
OPEN_SECOND_OF_DAY = 9 * 3600 + 15 * 60
LATER_CLOSE_FROM = dt.date(2026, 8, 3)  # NSE/FAOP/74467: the F&O close moves from 15:30 to 15:40
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
ONE_LETTER_MONTHS = {**{str(month): month for month in range(1, 10)}, "o": 10, "n": 11, "d": 12}
MONTHLY_EXPIRIES = {
    (2025, 7): dt.date(2025, 7, 31),
    (2025, 8): dt.date(2025, 8, 28),
    (2025, 9): dt.date(2025, 9, 30),
    (2025, 10): dt.date(2025, 10, 28),
    (2025, 11): dt.date(2025, 11, 25),
    (2025, 12): dt.date(2025, 12, 30),
}
"""Monthly expiries of NIFTY and BANKNIFTY in the months the tests use: last Thursdays, from September 2025 Tuesdays."""


class Contract(NamedTuple):
    underlying: str
    expiry: dt.date
    kind: str
    strike: int

    def __str__(self) -> str:
        return f"{self.underlying} {self.expiry} {self.strike} {self.kind}"


class Row(NamedTuple):
    """One snapshot. Prices in paise, sizes in units, 0 where the vendor has none; levels are (price, size)."""

    day: dt.date
    nanos: int
    second: int
    volume: int
    last: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    good: bool

    @property
    def timestamp(self) -> dt.datetime:
        return dt.datetime.combine(self.day, dt.time()) + dt.timedelta(microseconds=self.nanos // 1000)


class SpotRow(NamedTuple):
    nanos: int
    second: int
    price: int


def last_second(day: dt.date) -> int:
    """The closing second, counted from the open."""
    return 23_100 if day >= LATER_CLOSE_FROM else 22_500


def contract_of(file_name: str) -> Contract:
    """Read names like banknifty25dec59400ce and nifty2520623950ce; the expiry is never guessed from a weekday."""
    stem = Path(file_name).name.removesuffix(".parquet").lower()
    monthly = re.fullmatch(r"([a-z]+)(\d\d)([a-z]{3})(\d+)(ce|pe)", stem)
    if monthly and monthly[3] in MONTHS:
        expiry = MONTHLY_EXPIRIES[2000 + int(monthly[2]), MONTHS.index(monthly[3]) + 1]
        return Contract(monthly[1].upper(), expiry, monthly[5].upper(), int(monthly[4]))
    weekly = re.fullmatch(r"([a-z]+)(\d\d)([1-9ond])(\d\d)(\d+)(ce|pe)", stem)
    if weekly:
        expiry = dt.date(2000 + int(weekly[2]), ONE_LETTER_MONTHS[weekly[3]], int(weekly[4]))
        return Contract(weekly[1].upper(), expiry, weekly[6].upper(), int(weekly[5]))
    raise ValueError(f"cannot read the contract from {file_name}")


def paise(rupees: float | None) -> int:
    return 0 if rupees is None or rupees != rupees else round(rupees * 100)


def is_good(bids: tuple[tuple[int, int], ...], asks: tuple[tuple[int, int], ...]) -> bool:
    (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
    return bid > 0 and ask > 0 and bid < ask and bid_size > 0 and ask_size > 0


def make_row(
    day: dt.date,
    nanos: int,
    volume: int,
    last: int,
    bids: tuple[tuple[int, int], ...],
    asks: tuple[tuple[int, int], ...],
) -> Row:
    second = nanos // NANOS - OPEN_SECOND_OF_DAY
    return Row(day, nanos, second, volume, last, bids, asks, is_good(bids, asks))


def nanos_of_day(column: pa.ChunkedArray, day: dt.date) -> list[int | None]:
    """Nanoseconds since the day's midnight, None for a missing time; negative or huge for another day's rows."""
    midnight = round((day - dt.date(1970, 1, 1)).total_seconds()) * NANOS
    if pa.types.is_timestamp(column.type):
        stamps = column.cast(pa.timestamp("ns")).cast(pa.int64()).to_pylist()
        return [None if stamp is None else stamp - midnight for stamp in stamps]
    times = [None if not text else dt.datetime.fromisoformat(text) for text in column.to_pylist()]
    start = dt.datetime.combine(day, dt.time())
    return [None if time is None else (time - start) // dt.timedelta(microseconds=1) * 1000 for time in times]


def in_session(nanos: int | None, day: dt.date) -> bool:
    return nanos is not None and 0 <= nanos // NANOS - OPEN_SECOND_OF_DAY <= last_second(day)


def read_rows(path: Path, day: dt.date) -> list[Row]:
    """All rows of one contract within the session, in their order, exact duplicates dropped."""
    names = ["timestamp", "volume", "price"]
    names += [f"{side}{field}{level}" for side in "bs" for field in "pq" for level in LEVELS]
    table = pq.read_table(path, columns=names)
    stamps = nanos_of_day(table["timestamp"], day)
    volumes = [-1 if volume is None else int(volume) for volume in table["volume"].to_pylist()]
    lasts = [paise(price) for price in table["price"].to_pylist()]
    sides = []
    for side in "bs":
        levels = []
        for level in LEVELS:
            prices = [paise(price) for price in table[f"{side}p{level}"].to_pylist()]
            sizes = [int(size or 0) for size in table[f"{side}q{level}"].to_pylist()]
            levels.append(list(zip(prices, sizes, strict=True)))
        sides.append(list(zip(*levels, strict=True)))
    rows = []
    for nanos, volume, last, bids, asks in zip(stamps, volumes, lasts, *sides, strict=True):
        if in_session(nanos, day):
            rows.append(make_row(day, nanos, volume, last, bids, asks))
    return in_order(rows)


def in_order(rows: list[Row]) -> list[Row]:
    """By timestamp, then cumulative volume, then place in the file (the sort is stable); whole repeats dropped."""
    ordered = sorted(rows, key=lambda row: (row.nanos, row.volume))
    kept: list[Row] = []
    same_time: set[Row] = set()
    for row in ordered:
        if kept and row.nanos != kept[-1].nanos:
            same_time.clear()
        if row not in same_time:
            same_time.add(row)
            kept.append(row)
    return kept


def read_spot(path: Path, day: dt.date, symbol: str) -> list[SpotRow]:
    table = pq.read_table(path)
    stamps = nanos_of_day(table["timestamp"], day)
    symbols = table["symbol"].to_pylist() if "symbol" in table.column_names else [symbol] * len(stamps)
    found = [
        SpotRow(nanos, nanos // NANOS - OPEN_SECOND_OF_DAY, paise(price))
        for nanos, name, price in zip(stamps, symbols, table["price"].to_pylist(), strict=True)
        if name == symbol and in_session(nanos, day) and price
    ]
    return sorted(found, key=lambda row: row.nanos)


def as_of(rows: list[Row] | list[SpotRow], last: int) -> list:
    """For every second of the session the newest row at or before it, None before the first."""
    newest: list = [None] * (last + 1)
    for row in rows:
        newest[row.second] = row
    for second in range(1, last + 1):
        if newest[second] is None:
            newest[second] = newest[second - 1]
    return newest


class Day:
    """One day of one underlying: what each contract's newest row was at every second. Files are read when asked for."""

    def __init__(self, date: dt.date, underlying: str, spot: list[SpotRow] | None = None) -> None:
        self.date = date
        self.underlying = underlying
        self.last = last_second(date)
        self.spot = as_of(spot or [], self.last)
        self.files: dict[Contract, Path] = {}
        self._rows: dict[Contract, list[Row]] = {}
        self._as_of: dict[Contract, list[Row | None]] = {}

    @classmethod
    def of_folder(
        cls, folder: Path, date: dt.date, underlying: str = "BANKNIFTY", spot: list[SpotRow] | None = None
    ) -> "Day":
        day = cls(date, underlying, spot)
        for path in sorted(folder.glob("*.parquet")):
            contract = contract_of(path.name)
            if contract.underlying == underlying:
                day.files[contract] = path
        return day

    def add(self, contract: Contract, rows: list[Row]) -> None:
        """A contract whose rows were made by hand."""
        self._rows[contract] = in_order(rows)

    def contracts(self) -> list[Contract]:
        return sorted({*self.files, *self._rows})

    def rows(self, contract: Contract) -> list[Row]:
        if contract not in self._rows:
            self._rows[contract] = read_rows(self.files[contract], self.date) if contract in self.files else []
        return self._rows[contract]

    def newest(self, contract: Contract) -> list[Row | None]:
        if contract not in self._as_of:
            self._as_of[contract] = as_of(self.rows(contract), self.last)
        return self._as_of[contract]

    def spot_at(self, second: int, oldest: int = 2) -> int | None:
        """The index in paise as of a second, None if it is more than `oldest` seconds old."""
        row = self.spot[second]
        return row.price if row is not None and second - row.second <= oldest else None
