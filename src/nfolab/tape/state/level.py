"""Where the market stands by second: the index, or on a day without an index feed the parity forward.

Both are seen in the seconds that have a row of their own, and carried for at most 5 seconds. A one-second difference
exists only between two seconds that were both seen.
"""

import math
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.lake import Lake
from nfolab.lake.reader import SeriesDay
from nfolab.market.expiries import nearest_expiry
from nfolab.market.sessions import Session
from nfolab.tape.book import Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.volatility import SEEN_SHARE
from nfolab.tape.features.definition import Values
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.subject import SPOT
from nfolab.tape.features.windows import rolling_mean
from nfolab.tape.money import UNKNOWN
from nfolab.tape.tape import NANOSECONDS

Source = Literal["index", "parity forward"]

_IST_AHEAD: Final = 19_800 * NANOSECONDS
_TINY: Final = 1e-12
ACCELERATION_SECONDS: Final = 10


class Level(NamedTuple):
    """The market's level on one day.

    Attributes:
        source: the index, or the parity forward of the nearest expiry.
        value: float64 [seconds], paise as of each second, NaN where the newest is older than 5 s; whole half-paise.
        newest: int32 [seconds], the second in which it was seen last, −1 before the first.
    """

    source: Source
    value: Values
    newest: Int32Array

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Whether it was seen in that very second, bool [seconds]."""
        return np.equal(self.newest, np.arange(self.newest.size))

    def step(self) -> Values:
        """float64 [seconds], S[t] − S[t − 1] in paise where both seconds were seen, else NaN."""
        return self._between_seen(np.diff(self.value))

    def second_return(self) -> Values:
        """float64 [seconds], ln(S[t] / S[t − 1]) where both seconds were seen, else NaN."""
        return self._between_seen(np.log(self.value[1:] / self.value[:-1]))

    def _between_seen(self, changes: Values) -> Values:
        found = np.full(self.value.size, np.nan)
        both = self.seen[1:] & self.seen[:-1]
        found[1:][both] = changes[both]
        return found

    def moved(self, seconds: int) -> Values:
        """float64 [seconds], S[t] − S[t − seconds] in paise, NaN where one of them is not known."""
        found = np.full(self.value.size, np.nan)
        found[seconds:] = self.value[seconds:] - self.value[:-seconds]
        return found

    def log_return(self, seconds: int) -> Values:
        """float64 [seconds], ln(S[t] / S[t − seconds]), NaN where one of them is not known."""
        found = np.full(self.value.size, np.nan)
        found[seconds:] = np.log(self.value[seconds:] / self.value[:-seconds])
        return found

    def realised_volatility(self, seconds: int) -> Values:
        """float64 [seconds], the root mean square of one-second returns where at least 0.6 of the window has one.

        It is the feature `rv`, taken of the level: within a window that fills anew after that long a silence.
        """
        found = np.empty(self.value.size)
        rolling_mean(self.second_return() ** 2, seconds, math.ceil(SEEN_SHARE * seconds), found)
        return np.sqrt(np.maximum(found, 0.0))

    def coverage(self, seconds: int) -> Values:
        """float64 [seconds], the share of the window's seconds with a one-second return; before the open none has."""
        known = np.cumsum(~np.isnan(self.second_return()))
        known[seconds:] -= known[:-seconds].copy()
        return known / seconds

    def acceleration(self) -> Values:
        """float64 [seconds], |return| over the mean of the newest ten, t included; NaN unless all ten are known."""
        size = np.abs(self.second_return())
        mean = np.empty(size.size)
        rolling_mean(size, ACCELERATION_SECONDS, ACCELERATION_SECONDS, mean)
        return size / (mean + _TINY)


@compiled
def _carried(seen: Values, value: Values, newest: Int32Array) -> None:
    last = -1
    for at in range(seen.size):
        if not math.isnan(seen[at]):
            last = at
        newest[at] = last
        value[at] = seen[last] if last >= 0 and at - last <= MAX_AGE else math.nan


def level_of_seen(source: Source, seen: Values) -> Level:
    """Return the level that was seen in some seconds: paise [seconds], NaN where it was not."""
    value, newest = np.empty(seen.size), np.empty(seen.size, np.int32)
    _carried(seen, value, newest)
    return Level(source, value, newest)


def index_level(session: Session, series: SeriesDay) -> Level:
    """Return the level of a day's index feed; of several rows in a second the last counts, outside the session none."""
    midnight = np.datetime64(session.day, "ns").astype(np.int64) - _IST_AHEAD
    second = (series.timestamp - midnight) // NANOSECONDS - session.open.second_of_day
    within = (second >= 0) & (second <= session.last_second) & (series.price_paise > 0)
    seen = np.full(session.last_second + 1, np.nan)
    seen[second[within]] = series.price_paise[within]
    return level_of_seen("index", seen)


def index_level_of(lake: Lake, underlying: str, session: Session) -> Level | None:
    """Return the level of an underlying's index feed on one day, whether or not options are there; None without one."""
    series = lake.spot(underlying, session.day)
    return None if series is None else index_level(session, series)


def level_of(given: Given) -> Level:
    """Return the day's level; worked out once a day."""
    return given.of(SPOT).once("level", _level)


def _level(index: Given) -> Level:
    day = index.day
    if day.has_spot:
        at_once = day.spot_second == np.arange(day.seconds)
        return level_of_seen("index", np.where(at_once & (day.spot > 0), day.spot, np.nan))
    # Of quotes of the very same second: a stale leg beside a fresh one would make moves that never were.
    expiry = np.datetime64(nearest_expiry(day.underlying, day.day))
    line = index.money.forward(expiry, 0)
    return level_of_seen("parity forward", np.where(line == UNKNOWN, np.nan, line / 2))
