"""Random damage of raw vendor files, to set both engines against each other where books are at their worst.

Only clocks, volume, last price and the five levels are touched; every other column travels along, and the files
written have the vendor's own columns and types. No two levels of one side are given the same price.
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TICK = 5
SECOND = dt.timedelta(seconds=1)
Side = list[tuple[int | None, int | None]]


@dataclass
class RawRow:
    """A vendor row under the knife; prices in paise. `origin` is the row of the table that lends its other columns."""

    origin: int
    time: dt.datetime
    volume: int
    last: int
    bids: Side
    asks: Side

    def copy(self) -> "RawRow":
        return RawRow(self.origin, self.time, self.volume, self.last, list(self.bids), list(self.asks))


Rows = list[RawRow]


def read_tables(folder: Path, names: set[str] | None = None) -> dict[str, pa.Table]:
    """The raw files of a folder by file name; `names` picks some of them."""
    return {
        path.name: pq.read_table(path) for path in sorted(folder.glob("*.parquet")) if not names or path.name in names
    }


def write_tables(tables: dict[str, pa.Table], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / name)


def unpacked(table: pa.Table) -> Rows:
    def prices(name: str) -> list[int | None]:
        return [None if price is None else round(price * 100) for price in table[name].to_pylist()]

    sides = []
    for side in "bs":
        levels = [
            list(zip(prices(f"{side}p{level}"), table[f"{side}q{level}"].to_pylist(), strict=True))
            for level in range(5)
        ]
        sides.append([list(row) for row in zip(*levels, strict=True)])
    columns = (table["timestamp"].to_pylist(), table["volume"].to_pylist(), prices("price"), *sides)
    return [RawRow(origin, *values) for origin, values in enumerate(zip(*columns, strict=True))]


def packed(rows: Rows, table: pa.Table) -> pa.Table:
    """Rows as a table of the same columns and types."""
    taken = table.take(pa.array([row.origin for row in rows], pa.int64()))
    new: dict[str, list] = {
        "timestamp": [row.time for row in rows],
        "volume": [row.volume for row in rows],
        "price": [row.last / 100 for row in rows],
    }
    new["ts"] = new["timestamp"]
    for letter, side in (("b", "bids"), ("s", "asks")):
        for level in range(5):
            pairs = [getattr(row, side)[level] for row in rows]
            new[f"{letter}p{level}"] = [None if price is None else price / 100 for price, _ in pairs]
            new[f"{letter}q{level}"] = [size for _, size in pairs]
    for name, values in new.items():
        place = taken.column_names.index(name)
        field = taken.schema.field(place)
        taken = taken.set_column(place, field, pa.array(values, field.type))
    return taken


def damaged(tables: dict[str, pa.Table], rng: random.Random, lot: int = 35) -> dict[str, pa.Table]:
    """Every kind of damage, at random places, on copies of the tables."""
    jumps = [(rng.random(), rng.choice((-1, 1))) for _ in range(6)]
    result = {}
    for name, table in tables.items():
        everything = unpacked(table)
        rows = [row for row in everything if row.time is not None and row.time.year > 2000]
        others = [row for row in everything if row.time is None or row.time.year <= 2000]
        rows.sort(key=lambda row: row.time)
        for damage, often in DAMAGES:
            for _ in range(max(1, round(often * len(rows) / 18_000 * rng.uniform(0.5, 1.5)))):
                damage(rows, rng.randrange(max(1, len(rows) - 20)), rng, lot)
        for place, direction in jumps:  # some jumps hit all contracts in about the same second
            shift(
                rows, round(place * (len(rows) - 1)), rng.randrange(20, 400), direction * rng.randrange(200, 4000, TICK)
            )
        rows = inserted_within_seconds(rows, rng)
        if rng.random() < 0.3:
            swap_blocks(rows, rng)
        result[name] = packed(others + rows, table)
    return result


def drop(rows: Rows, start: int, seconds: int) -> None:
    """Leave no row for the given seconds after the row at `start`."""
    until = rows[start].time.replace(microsecond=0) + seconds * SECOND
    end = start + 1
    while end < len(rows) and rows[end].time.replace(microsecond=0) <= until:
        end += 1
    del rows[start + 1 : end]


def gap(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    drop(rows, start, rng.choice((4, rng.randrange(4, 20), rng.randrange(4, 131))))


def age_to_five_or_six(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    """The quote's age reaches exactly 5 or 6 s before the next row comes."""
    drop(rows, start, rng.choice((5, 6)))


def cross(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    for row in rows[start : start + rng.randrange(1, 6)]:
        price = row.asks[0][0]
        if price:
            row.bids[0] = (price + rng.choice((0, TICK, 10 * TICK)), row.bids[0][1])


def empty_side(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    nothing: tuple[int | None, int | None] = rng.choice(((0, 0), (None, None)))
    side = rng.choice(("bids", "asks"))
    for row in rows[start : start + rng.randrange(1, 8)]:
        setattr(row, side, [nothing] * 5)


def zero_field(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    side, level, which = (
        rng.choice(("bids", "asks")),
        rng.choice((0, 0, 1, 2, 3, 4)),
        rng.choice(("price", "size", "last")),
    )
    for row in rows[start : start + rng.randrange(1, 6)]:
        levels = getattr(row, side)
        price, size = levels[level]
        if which == "last":
            row.last = 0
        else:
            levels[level] = (0, size) if which == "price" else (price, 0)


def freeze(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    """Rows that repeat the first in all but the clocks, or in the book alone."""
    first, whole = rows[start], rng.random() < 0.5
    for row in rows[start + 1 : start + rng.randrange(2, 30)]:
        row.bids, row.asks = list(first.bids), list(first.asks)
        if whole:
            row.volume, row.last, row.origin = first.volume, first.last, first.origin


def thin_and_slow(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    """A stretch in which levels hold one to three lots and change seldom, so that what was taken must be remembered.

    Here and there a row keeps its own, thicker book, so that a rule can fire and its order meet the thin one.
    """
    stretch = [row for row in rows[start : start + rng.choice((30, 120, 600))] if rng.random() > 0.15]
    for side, away in (("bids", -TICK), ("asks", TICK)):
        base = thinned(getattr(stretch[0], side), rng, lot)
        book = list(base)
        for row in stretch:
            act = rng.random()
            if act < 0.08:
                book = moved_up(book, 0, away, rng, lot)
            elif act < 0.14:
                book = moved_up(book, rng.randrange(5), away, rng, lot)
            elif act < 0.24:
                book = list(base)
            elif act < 0.32:
                level = rng.randrange(5)
                book[level] = (book[level][0], rng.choice((1, 1, 2, 3)) * lot)
            elif act < 0.42:
                base = thinned(getattr(row, side), rng, lot)
                book = list(base)
            setattr(row, side, list(book))
    for row in stretch:  # two sides that live apart may cross: they do not here, crossing is a damage of its own
        bid, ask = row.bids[0][0], row.asks[0][0]
        if bid and ask and bid >= ask:
            up = bid - ask + TICK
            row.asks = [(price + up if price else price, size) for price, size in row.asks]


def thinned(levels: Side, rng: random.Random, lot: int) -> Side:
    return [(price, rng.choice((1, 1, 2, 3)) * lot if size else size) for price, size in levels]


def moved_up(levels: Side, gone: int, away: int, rng: random.Random, lot: int) -> Side:
    """One level is gone, those behind move up a place with price and size unchanged, a new one comes last."""
    rest = levels[:gone] + levels[gone + 1 :]
    last = levels[-1][0] or 0
    return [*rest, (max(last + away, 0), rng.choice((1, 1, 2, 3)) * lot if last + away > 0 else 0)]


def jump(rows: Rows, start: int, rng: random.Random, lot: int) -> None:
    shift(rows, start, rng.choice((2, 5, 30, 300, 3000)), rng.choice((-1, 1)) * rng.randrange(5, 6000, TICK))


def shift(rows: Rows, start: int, length: int, by: int) -> None:
    """The whole book and the last price up or down together, never to zero."""
    for row in rows[start : start + length]:
        prices = [price for price, _ in (*row.bids, *row.asks) if price]
        if prices and min(prices) + by > 0 and row.last + by > 0:
            row.last += by
            row.bids = [(price + by if price else price, size) for price, size in row.bids]
            row.asks = [(price + by if price else price, size) for price, size in row.asks]


def inserted_within_seconds(rows: Rows, rng: random.Random) -> Rows:
    """Further rows in the same second: later by a fraction, or at one time with other volumes or only other places."""
    result: Rows = []
    for place, row in enumerate(rows):
        result.append(row)
        act = rng.random()
        if act > 0.06 or place == 0:
            continue
        other = row.copy()
        if act < 0.01:
            result.append(other)
            continue
        source = rows[max(0, place - rng.randrange(1, 40))]
        other.bids, other.asks, other.last = list(source.bids), list(source.asks), source.last
        if act < 0.03:
            other.time = row.time.replace(microsecond=0) + dt.timedelta(microseconds=rng.randrange(1, 1_000_000))
            row.time = row.time.replace(microsecond=rng.choice((0, rng.randrange(1_000_000))))
        elif act < 0.05:
            other.volume = max(0, row.volume + rng.choice((-1, 1)) * rng.randrange(1, 10) * 35)
        result.append(other)
    return result


def swap_blocks(rows: Rows, rng: random.Random) -> None:
    """A file whose blocks were written out of order."""
    for _ in range(3):
        start = rng.randrange(len(rows))
        block = rows[start : start + rng.randrange(1, 500)]
        del rows[start : start + len(block)]
        place = rng.randrange(len(rows) + 1)
        rows[place:place] = block


DAMAGES: tuple[tuple[Callable[[Rows, int, random.Random, int], None], float], ...] = (
    (thin_and_slow, 60),
    (freeze, 60),
    (jump, 30),
    (cross, 60),
    (empty_side, 40),
    (zero_field, 80),
    (gap, 40),
    (age_to_five_or_six, 120),
)
"""Each damage and how often it strikes a file of 18,000 rows. Gaps come last, so that nothing fills them."""
