"""The vendor's known defects, planted where the seed says, with a record of every place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import LEVELS
from nfolab.base.units import Clock
from nfolab.market.sessions import Session
from nfolab.vendor.synthetic.contract import ContractDay
from nfolab.vendor.synthetic.day import Int64Array

_GAPS = 4
_GAP_SECONDS = (30, 126)
_LAST_MINUTES = 300
_LATE_START_SECONDS = (180, 1_020)
_WORST_LAG, _LAG_PEAK = 86, 0.7
_CLOSING_ROWS = 12
_STRAGGLER_AFTER = 753
_SPOT_AFTER_CLOSE = 240
_SAME_ROW_SHARE, _SAME_BOOK_SHARE = 0.02, 0.10
_SINGLES = 3

BOOK = tuple(f"{side}{what}{level}" for side in "bs" for what in "qpo" for level in range(LEVELS))
Places = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class DayDefects:
    """What is wrong with a whole day, in session seconds.

    Attributes:
        first_second: The recorder's start; 0 where it was in time.
        gaps: First and last second of each stretch in which no contract has a row.
        lag_from, lag_to: The stretch in which rows tell what was true up to `_WORST_LAG` seconds before.
        after_close: Seconds after the close in which every contract's last row comes again.
    """

    first_second: int
    gaps: tuple[tuple[int, int], ...]
    lag_from: int
    lag_to: int
    after_close: tuple[int, ...]

    def kept(self, second: Int64Array) -> NDArray[np.bool_]:
        """Return which rows the recorder has."""
        kept = second >= self.first_second
        for first, last in self.gaps:
            kept &= (second < first) | (second > last)
        return kept

    def lag(self, second: Int64Array) -> Int64Array:
        """Return by how many seconds the feed is late at each second."""
        done = (second - self.lag_from) / (self.lag_to - self.lag_from)
        lag = _WORST_LAG * np.minimum(done / _LAG_PEAK, (1.0 - done) / (1.0 - _LAG_PEAK))
        return np.asarray(np.maximum(np.rint(lag), 0), dtype=np.int64)


def day_defects(random: np.random.Generator, session: Session, *, late_start: bool) -> DayDefects:
    """Choose what is wrong with a day; `late_start` says that the recorder missed its first minutes."""
    last = session.last_second
    longest = min(_GAP_SECONDS[1], last // 40)
    shortest = min(_GAP_SECONDS[0], longest)
    starts = [int((0.2 + 0.6 * (place + random.random() * 0.8) / (_GAPS - 1)) * last) for place in range(_GAPS - 1)]
    starts.append(last - min(_LAST_MINUTES, last // 20))
    lengths = random.integers(shortest, longest, size=_GAPS, endpoint=True)
    gaps = tuple((start, start + int(length) - 1) for start, length in zip(starts, lengths, strict=True))
    lag_from = int((0.90 + 0.02 * random.random()) * last)
    late = int(random.integers(*_LATE_START_SECONDS)) if late_start else 0
    closing = random.choice(np.arange(1, 60), size=_CLOSING_ROWS, replace=False)
    return DayDefects(
        min(late, last // 10),
        gaps,
        lag_from,
        lag_from + last // 20,
        (*(last + int(second) for second in np.sort(closing)), last + _STRAGGLER_AFTER),
    )


def _repeats(
    random: np.random.Generator, rows: ContractDay, places: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Choose among `places` the rows that repeat the whole row before, and those that repeat its book alone."""
    draw = random.random(rows.rows)
    draw[0] = 1.0
    whole = (draw < _SAME_ROW_SHARE) & places
    book = (draw >= _SAME_ROW_SHARE) & (draw < _SAME_ROW_SHARE + _SAME_BOOK_SHARE) & places
    return whole, book


def _sources(repeating: NDArray[np.bool_]) -> Int64Array:
    """Return for each row the place of the row it shows: its own, or that of the row a run of repeats began with."""
    own = np.where(repeating, 0, np.arange(repeating.size))
    return np.maximum.accumulate(own)


def planted(
    random: np.random.Generator, session: Session, defects: DayDefects, rows: ContractDay
) -> tuple[ContractDay, Places]:
    """Return a contract's rows with the defects of its day and its own, and the clock times of each kind.

    The recorder's clock stays where it was; what a row tells may be older. At least one row must be left.
    """
    rows = rows.taken(np.flatnonzero(defects.kept(rows.second)).astype(np.int64))
    if rows.rows == 0:
        return rows, {}
    clock = rows.second
    heard = np.searchsorted(clock, clock - defects.lag(clock), side="right") - 1
    rows = rows.taken(np.maximum(heard, 0))
    punctual = (clock < defects.lag_from) | (clock > defects.lag_to)

    whole, book = _repeats(random, rows, punctual)
    rows = rows.taken(_sources(whole))
    shown = _sources(whole | book)
    rows.values |= {name: rows.values[name][shown] for name in BOOK}
    rows.second = clock

    alone = punctual & ~(whole | book) & ~np.append((whole | book)[1:], False)
    alone[[0, -1]] = False
    singles = _singles(random, rows, alone)
    _break_rows(rows, singles)

    order = np.sort(np.append(np.arange(rows.rows), singles["exact_duplicates"]))
    closing = np.array(defects.after_close, dtype=np.int64)
    rows = rows.taken(np.append(order, np.full(closing.size, rows.rows - 1)))
    rows.second[-closing.size :] = closing
    found = {"repeated_rows": clock[whole], "repeated_books": clock[book], "after_close": closing}
    found |= {name: clock[places] for name, places in singles.items()}
    return rows, {name: clock_times(session, seconds) for name, seconds in found.items()}


def _singles(random: np.random.Generator, rows: ContractDay, alone: NDArray[np.bool_]) -> dict[str, Int64Array]:
    """Choose the rows for defects of one row, no row for two; only of rows with both best quotes."""
    quoted = (rows.values["bp0"] > 0) & (rows.values["sp0"] > 0)
    usable = np.flatnonzero(alone & quoted)
    # Every second row at most, so that no defect meets the next.
    usable = usable[usable % 2 == 0]
    names = ("backward_volume", "crossed_books", "empty_books", "exact_duplicates")
    each = min(_SINGLES, usable.size // (4 * len(names)))
    chosen = random.choice(usable, size=each * len(names), replace=False).reshape(len(names), each)
    return {name: np.sort(places).astype(np.int64) for name, places in zip(names, chosen, strict=True)}


def _break_rows(rows: ContractDay, singles: dict[str, Int64Array]) -> None:
    back, crossed, empty = (singles[name] for name in ("backward_volume", "crossed_books", "empty_books"))
    volume = rows.values["volume"]
    volume[back] = np.maximum(volume[back - 1] - rows.values["qty"][back], 0)
    bid, ask = rows.values["bp0"], rows.values["sp0"]
    bid[crossed], ask[crossed] = ask[crossed], bid[crossed]
    for name in BOOK:
        rows.values[name][empty] = 0


def spot_with_defects(
    session: Session, defects: DayDefects, second: Int64Array, paise: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Return index rows that start late with the day and repeat the last value for minutes after the close."""
    kept = second >= defects.first_second
    after = session.last_second + np.arange(1, _SPOT_AFTER_CLOSE + 1)
    return np.append(second[kept], after), np.append(paise[kept], np.full(after.size, paise[-1]))


def clock_times(session: Session, seconds: NDArray[np.int64] | tuple[int, ...]) -> list[str]:
    """Return session seconds as clock times, `09:45:00`."""
    return [str(Clock(session.open.second_of_day + int(second))) for second in seconds]


def day_record(session: Session, defects: DayDefects) -> dict[str, object]:
    """Return what is wrong with a whole day, for people and tests to read."""
    first, lag_from, lag_to, last = clock_times(
        session, (defects.first_second, defects.lag_from, defects.lag_to, session.last_second)
    )
    return {
        "recorder_starts": first,
        "gaps": [clock_times(session, gap) for gap in defects.gaps],
        "late_feed": {"from": lag_from, "to": lag_to, "worst_seconds": _WORST_LAG},
        "spot_after_close": {"from": last, "seconds": _SPOT_AFTER_CLOSE},
    }
