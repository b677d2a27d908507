"""The risk-free rate by date: `data/rates.csv`.

`repo` is the RBI's policy rate, known all the way. `tbill` is the yield of treasury bills up to 91 days where a source
was found; the figure of a month counts from the month after, since nobody knew it before.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from nfolab.base.errors import InputError, did_you_mean
from nfolab.market.tables import require_covered, rows

_SERIES = {"repo": ("repo",), "tbill": ("tbill_15_91d_month_avg", "tbill_91d", "tbill_91d_month")}
_OF_A_MONTH = ("tbill_15_91d_month_avg", "tbill_91d_month")
_TBILL_GOES_STALE = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class RiskFree:
    """A rate in percent a year, since when it is known, and its source."""

    percent: float
    since: date
    source: str
    confidence: str


def _month_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@cache
def _path(series: str) -> tuple[RiskFree, ...]:
    found = []
    for row in rows("rates"):
        if row["series"] in _SERIES[series]:
            day = date.fromisoformat(row["date"])
            since = _month_after(day) if row["series"] in _OF_A_MONTH else day
            found.append(RiskFree(float(row["percent"]), since, row["source"], row["confidence"]))
    return tuple(sorted(found, key=lambda rate: rate.since))


@cache
def risk_free(day: date, series: str = "repo") -> RiskFree:
    """Return the rate in force on `day`.

    Raises:
        InputError: unknown series, a day outside the facts, or (`tbill`) no yield known within two months before.
    """
    require_covered(day)
    if series not in _SERIES:
        raise InputError(f"unknown rate {series!r}{did_you_mean(series, _SERIES)}")
    path = _path(series)
    place = bisect_right(path, day, key=lambda rate: rate.since)
    if place == 0 or (series == "tbill" and day - path[place - 1].since > _TBILL_GOES_STALE):
        raise InputError(f"no {series} rate is known within two months before {day}: use repo")
    return path[place - 1]
