"""Bars and features as tables for SQL, worked out for the days that a question names; prices in rupees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import TIMEZONE, DataKind
from nfolab.base.units import PAISE_PER_RUPEE, Seconds
from nfolab.lake import Lake
from nfolab.lake.auditing.pinned import Pin
from nfolab.lake.sql import ComputedTable
from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import Unit, Values
from nfolab.tape.features.naming import read_subject, subject_name
from nfolab.tape.features.registry import unit_of
from nfolab.tape.features.spelling import read_call
from nfolab.tape.features.subject import SPOT, OneContract, Subject
from nfolab.tape.tape import Day

_CLOCK: Final = pl.Datetime("us", TIMEZONE)
_AT_ONCE: Final = 40
"""How many contracts are held in memory at a time."""

_IN_RUPEES: Final[Mapping[Unit, tuple[str, float]]] = {
    Unit.PAISE: ("rupees", 1 / PAISE_PER_RUPEE),
    Unit.PAISE_PER_DAY: ("rupees per day", 1 / PAISE_PER_RUPEE),
    Unit.PAISE_PER_VOLATILITY: ("rupees per 100 % of volatility", 1 / PAISE_PER_RUPEE),
    Unit.PER_PAISA: ("per rupee", PAISE_PER_RUPEE),
    Unit.PER_SQUARE_PAISA: ("per rupee per rupee", PAISE_PER_RUPEE**2),
}


def computed_tables() -> tuple[ComputedTable, ...]:
    """Return the tables `bars` and `features`."""
    return Bars(), Features()


def _days(lake: Lake, pins: Mapping[str, Pin]) -> Iterator[Day]:
    """Yield the days of options that a question may mean."""
    underlying = pins.get("underlying")
    for entry in lake.days(kind=DataKind.OPTIONS):
        if pins["day"].holds(entry.day.isoformat()) and (underlying is None or underlying.holds(entry.underlying)):
            yield Day(lake, entry.underlying, entry.day)


def _clocks(day: Day, seconds: Sequence[int] | np.ndarray) -> pl.Series:
    opened = pl.Series([day.opening], dtype=_CLOCK)
    return (opened.new_from_index(0, len(seconds)).to_frame("at")).select(
        pl.col("at") + pl.Series(np.asarray(seconds) * 1_000_000).cast(pl.Duration("us"))
    )["at"]


def _rounded_rupees(paise: Values) -> pl.Series:
    """Return rupees, exact to the half paisa; null where there is no value."""
    return pl.Series(np.round(paise / PAISE_PER_RUPEE, 3)).fill_nan(None)


@dataclass(frozen=True)
class Bars:
    """Bars of the last price: `day`, `underlying`, `contract`, `length`, `timestamp` (the bar's end), its prices.

    A contract is `spot` or such as `59400 CE` (the nearest expiry) or `2025-12-30 59400 CE`; all of them, by their full
    names, where none is named. A length is such as `30s` or `5m`; 1m where none is named.
    """

    name: str = "bars"

    @property
    def needed(self) -> Mapping[str, str]:
        """A day."""
        return {"day": "2025-12-15"}

    def rows(self, lake: Lake, pins: Mapping[str, Pin]) -> pl.DataFrame:
        """Return the whole bars; one without a price has no prices, and no volume where none is known."""
        lengths = pins["length"].values if "length" in pins else ("1m",)
        frames = [_no_bars()]
        for day in _days(lake, pins):
            named = _subjects(day, pins["contract"].values) if "contract" in pins else _all_subjects(day)
            for start in range(0, len(named), _AT_ONCE):
                features = DayFeatures(day)
                chosen = named[start : start + _AT_ONCE]
                features.prepare(["bar_close(1s)", "bar_volume(1s)"], [subject for _, subject in chosen])
                frames += [_bars(features, *one, length) for one in chosen for length in lengths]
        return pl.concat(frames)


def _no_bars() -> pl.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), pl.Float64())
    keys = {"day": pl.Date(), "underlying": pl.String(), "contract": pl.String(), "length": pl.String()}
    return pl.DataFrame(schema=keys | {"timestamp": _CLOCK} | prices | {"volume": pl.Float64()})


def _bars(features: DayFeatures, contract: str, subject: Subject, length: str) -> pl.DataFrame:
    day = features.day
    seconds = Seconds.parse(length).count
    if seconds < 1:
        raise InputError(f"a bar of {length} has no second: give a length such as 1m")
    ends = np.arange(seconds, day.seconds, seconds)
    prices = {
        part: _rounded_rupees(features.get(f"bar_{part}({seconds}s)", subject)[ends])
        for part in ("open", "high", "low", "close")
    }
    volume = np.full(ends.size, np.nan) if subject == SPOT else features.get(f"bar_volume({seconds}s)", subject)[ends]
    frame = pl.DataFrame(
        {"timestamp": _clocks(day, ends), **prices, "volume": pl.Series(volume).fill_nan(None)}
    ).with_columns(
        day=pl.lit(day.day), underlying=pl.lit(day.underlying), contract=pl.lit(contract), length=pl.lit(length)
    )
    return frame.select(_no_bars().columns)


def _subjects(day: Day, names: Sequence[str]) -> list[tuple[str, Subject]]:
    return [(name, read_subject(name, day)) for name in names]


def _all_subjects(day: Day) -> list[tuple[str, Subject]]:
    every: list[Subject] = [*([SPOT] if day.has_spot else []), *map(OneContract, range(day.strike.size))]
    return [(subject_name(one, day), one) for one in every]


@dataclass(frozen=True)
class Features:
    """Features by second: `day`, `underlying`, `subject`, `feature`, `timestamp`, `value`, `unit`."""

    name: str = "features"

    @property
    def needed(self) -> Mapping[str, str]:
        """A day, a subject and a feature."""
        return {"day": "2025-12-15", "subject": "59400 CE", "feature": "ema(5s)"}

    def rows(self, lake: Lake, pins: Mapping[str, Pin]) -> pl.DataFrame:
        """Return a row a second."""
        for column in ("subject", "feature"):
            if pins[column].ranges:
                raise InputError(f"say which {column}s are meant: {column} in ('{self.needed[column]}', …)")
        cache = FeatureCache.beside(lake.root)
        frames = [_no_features()]
        for day in _days(lake, pins):
            features = DayFeatures(day, cache)
            subjects = _subjects(day, pins["subject"].values)
            for feature in pins["feature"].values:
                for name, subject in subjects:
                    frames.append(_values(features, name, subject, feature))
        return pl.concat(frames)


def _no_features() -> pl.DataFrame:
    keys = {"day": pl.Date(), "underlying": pl.String(), "subject": pl.String(), "feature": pl.String()}
    return pl.DataFrame(schema=keys | {"timestamp": _CLOCK, "value": pl.Float64(), "unit": pl.String()})


def _values(features: DayFeatures, name: str, subject: Subject, feature: str) -> pl.DataFrame:
    day, call = features.day, read_call(feature)
    unit, scale = _IN_RUPEES.get(unit_of(call), (str(unit_of(call)), 1))
    values = features.get(call, subject) * scale
    frame = pl.DataFrame({"timestamp": _clocks(day, np.arange(day.seconds)), "value": values}).with_columns(
        pl.col("value").fill_nan(None), day=pl.lit(day.day), underlying=pl.lit(day.underlying),
        subject=pl.lit(name), feature=pl.lit(feature), unit=pl.lit(unit),
    )  # fmt: skip
    return frame.select(_no_features().columns)
