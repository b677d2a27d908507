"""What is wrong with a raw file: plants of every kind, and what must become of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from nfolab.market.contracts import Contract

Frame = pl.DataFrame
CLOCKS = ("timestamp", "ts", "lastTradeTime")
_46 = slice(0, 46)


@dataclass
class Planted:
    """A frame with a plant: what must be refused, repeated and found."""

    frame: Frame
    refused: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    findings: dict[str, int] = field(default_factory=dict)


Plant = Callable[[Frame, Contract], Planted]


def at_row(frame: Frame, row: int, **values: object) -> Frame:
    """The frame with values of one row changed."""
    here = pl.int_range(pl.len()) == row
    return frame.with_columns(
        pl.when(here).then(pl.lit(value)).otherwise(pl.col(name)).cast(frame.schema[name]).alias(name)
        for name, value in values.items()
    )


def _refused(change: Callable[[Frame], Frame], reason: str, count: int = 1) -> Plant:
    return lambda frame, _: Planted(change(frame), {reason: count})


def _found(change: Callable[[Frame], Frame], **found: int) -> Plant:
    checks = {name.replace("_", " "): count for name, count in found.items()}
    return lambda frame, _: Planted(change(frame), findings=checks)


def _also(frame: Frame, row: int, at: str | datetime, *, last: bool = True) -> Frame:
    """The frame and one of its rows again at another time."""
    clock = datetime.fromisoformat(at) if isinstance(at, str) else at
    again = frame[row : row + 1].with_columns(pl.lit(clock).alias("timestamp"), pl.lit(clock).alias("ts"))
    again = again.select(pl.col(name).cast(dtype) for name, dtype in frame.schema.items())
    return pl.concat([frame, again] if last else [again, frame])


def _day(frame: Frame) -> datetime:
    return frame["timestamp"][0].replace(hour=0, minute=0, second=0)


def _bogus(frame: Frame) -> Frame:
    told = ("timestamp", "ts", "price", "volume", "symbol", "opt_type", "strike", "year", "month")
    row = _also(frame, 0, "1970-01-01 05:30:00")[-1:]
    row = row.with_columns(pl.lit(None, dtype=row.schema[name]).alias(name) for name in row.columns if name not in told)
    return pl.concat([at_row(row, 0, price=0.0, volume=0), frame])


def _copies_of_saturday(frame: Frame) -> Frame:
    saturday = _day(frame) + timedelta(days=5 - _day(frame).weekday())
    shift = saturday - _day(frame)
    copies = frame[:5].with_columns(pl.col("timestamp") + shift, pl.col("ts") + shift)
    return pl.concat([frame, copies])


def _after_expiry(frame: Frame, contract: Contract) -> Planted:
    later = datetime.combine(contract.expiry + timedelta(days=1), datetime.min.time())
    while later.weekday() > 4:
        later += timedelta(days=1)
    return Planted(_also(frame, 3, later.replace(hour=10)), {"after the expiry": 1})


def _twice(frame: Frame, _: Contract) -> Planted:
    return Planted(pl.concat([frame[:8], frame[7:8], frame[8:], frame[-1:]]), {}, 2, {"exact duplicate": 2})


_BOOK = [f"{side}{what}{level}" for side in "bs" for level in range(5) for what in "qp"]


def _from_row_before(frame: Frame, row: int, names: list[str]) -> Frame:
    return at_row(frame, row, **{name: frame[name][row - 1] for name in names})


def _repeated_row(frame: Frame) -> Frame:
    content = [name for name in frame.columns[_46] if name not in CLOCKS]
    return _from_row_before(frame, 9, content)


def _two_at_one_time(frame: Frame) -> Frame:
    """Row 10 comes at row 9's time; a row more is thereby missing than a second, which is no gap."""
    at = frame["timestamp"][9]
    return at_row(frame, 10, timestamp=at, ts=at)


def _crossed(frame: Frame) -> Frame:
    return at_row(frame, 6, bp0=frame["sp0"][6], sp0=frame["bp0"][6])


PLANTS: dict[str, Plant] = {
    "row of 1970": _refused(_bogus, "before 2000"),
    "row of 2018": _refused(lambda f: _also(f, 2, "2018-12-31 10:00:00", last=False), "no calendar for that day"),
    "straggler": _refused(lambda f: _also(f, 5, _day(f).replace(hour=15, minute=42)), "outside the session"),
    "pre-open": _refused(lambda f: _also(f, 0, _day(f).replace(hour=9, minute=7), last=False), "outside the session"),
    "copies of a Saturday": _refused(_copies_of_saturday, "no session that day", 5),
    "no clock": _refused(lambda f: at_row(f, 4, timestamp=None, ts=None), "no timestamp"),
    "after the expiry": _after_expiry,
    "negative price": _refused(lambda f: at_row(f, 3, price=-1.0), "negative price"),
    "negative quantity": _refused(lambda f: at_row(f, 3, bq2=-35), "negative price"),
    "too large": _refused(lambda f: at_row(f, 3, sp1=3e7), "value out of range"),
    "exact duplicates": _twice,
    "backward time": _found(lambda f: pl.concat([f[:7], f[8:9], f[7:8], f[9:]]), backward_time=1),
    "repeated row": _found(_repeated_row, repeated_row=1, repeated_book=1),
    "repeated book": _found(lambda f: _from_row_before(f, 9, _BOOK), repeated_book=1),
    "backward volume": _found(lambda f: at_row(f, 9, volume=f["volume"][8] - 1), backward_volume=1),
    "crossed book": _found(_crossed, crossed_book=1),
    "locked book": _found(lambda f: at_row(f, 6, bp0=f["sp0"][6]), locked_book=1),
    "empty book": _found(lambda f: at_row(f, 6, **dict.fromkeys(_BOOK, 0)), empty_book=1),
    "no bid": _found(lambda f: at_row(f, 6, bq0=0), empty_book=1),
    "zero price": _found(lambda f: at_row(f, 6, price=0.0), zero_price=1),
    "off tick": _found(lambda f: at_row(f, 6, sp4=f["sp4"][6] + 0.02), off_tick=1),
    "gap": _found(lambda f: pl.concat([f[:8], f[15:]]), gap=1),
    "late start": _found(lambda f: f[7:], late_start=1),
    "changing close": _found(lambda f: at_row(f, 6, close=f["close"][6] + 1.0), changing_close=1),
    "changing open": _found(lambda f: at_row(f, 6, open=f["open"][6] + 1.0), changing_open=1),
    "shrinking range": _found(lambda f: at_row(f, 6, high=f["high"][5] - 0.05), shrinking_range=1),
    "outside the range": _found(lambda f: at_row(f, 6, price=round(f["high"][6] + 20, 2)), outside_the_range=1),
    "two at one time": _found(_two_at_one_time, two_rows_at_one_time=1),
}
TEXT_PLANTS: dict[str, Plant] = {
    "text for a price": _refused(lambda f: at_row(f, 3, price="n/a"), "unreadable value"),
    "text for a clock": _refused(lambda f: at_row(f, 3, timestamp="yesterday", ts="tomorrow"), "unreadable timestamp"),
    "zero date": _refused(lambda f: at_row(f, 3, timestamp="0000-00-00 00:00:00", ts=None), "no timestamp"),
}
"""Plants that only a file of text can have."""
