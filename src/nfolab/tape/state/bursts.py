"""Bursts of the market's level: when they start and end, how far they went, and why there are none.

A burst starts at the first second with A (far in 10 s), B (the newest 10 s wilder than the newest 120) and C (a large
step within 3 s), not within another burst nor sooner than 5 s after its end. It ends at the first second at least 3 s
later that is quiet; after 180 s; at a gap; or with the session. Nothing is read that was not known by then.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.tape.book import Int32Array
from nfolab.tape.features.definition import Values
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.state.level import Level
from nfolab.tape.state.thresholds import BurstRules, BurstThresholds

BoolArray = npt.NDArray[np.bool_]

MOVE_SECONDS: Final = 10
STEP_SECONDS: Final = 3
QUIET_SECONDS: Final = 5
FAST_SECONDS: Final = 10
SLOW_SECONDS: Final = 120
_BASIS_POINT: Final = 1e-4


class EndedBy(IntEnum):
    """Why a burst ended."""

    QUIET = 0
    LENGTH = 1
    GAP = 2
    CLOSE = 3


class Signs(NamedTuple):
    """What a burst's start is made of, bool [seconds] each.

    Attributes:
        far: A, |S[t] − S[t − 10]| at least the move.
        wild: B, rv_10 above the start ratio times rv_120.
        step: C, the greatest known one-second step of the newest three at least the step.
        looked: whether A and B could be told at all: without it no burst is possible, and none is ruled out.
    """

    far: BoolArray
    wild: BoolArray
    step: BoolArray
    looked: BoolArray


class Bursts(NamedTuple):
    """The bursts of one day, in order; arrays [bursts], seconds since the open.

    Attributes:
        start: int32, t0. `end`: int32, the last second that belongs to it.
        known_at: int32, the second from which its end is known.
        ended_by: int8, `EndedBy`.
        trigger: int8, the sign of S[t0] − S[t0 − 10], known at t0.
        direction: int8, the sign of S[end] − S[t0 − 10]. `moved`: float64, that difference in paise.
        size_after_trigger: float64, highest less lowest from t0 to the end, paise. `size`: the same from t0 − 10.
        seen: float64, the share of the seconds from t0 − 10 to the end in which the level was seen.
        wildest: float64, the highest rv_10 from t0 to the end. `calm`: rv_10 at the end, NaN where there is none.
    """

    start: Int32Array
    end: Int32Array
    known_at: Int32Array
    ended_by: npt.NDArray[np.int8]
    trigger: npt.NDArray[np.int8]
    direction: npt.NDArray[np.int8]
    moved: Values
    size_after_trigger: Values
    size: Values
    seen: Values
    wildest: Values
    calm: Values

    @property
    def truncated(self) -> BoolArray:
        """Return which bursts, bool [bursts], a gap or the close cut off."""
        return np.isin(self.ended_by, (EndedBy.GAP, EndedBy.CLOSE))

    def under_way(self, seconds: int) -> BoolArray:
        """Return whether, bool [seconds], one has started whose end is not known yet."""
        found = np.zeros(seconds, bool)
        for start, known in zip(self.start, self.known_at, strict=True):
            found[start:known] = True
        return found


class Funnel(NamedTuple):
    """In how many seconds each sign of a start stood, and how many bursts came of it."""

    far: int
    wild: int
    step: int
    far_and_wild: int
    far_and_step: int
    all_three: int
    bursts: int


def paise_of_unit(level: Level, thresholds: BurstThresholds, sigma: Values | None = None) -> Values:
    """Return what one of the thresholds' units is at each second, float64 [seconds] in paise.

    Args:
        level: the day's level.
        thresholds: of which the unit counts.
        sigma: for the unit sigma the median move of earlier days by second, in paise; NaN where it is not known.

    Raises:
        ValueError: the unit is sigma, and none is given.
    """
    if thresholds.unit == "pt":
        return np.full(level.value.size, float(PAISE_PER_RUPEE))
    if thresholds.unit == "bp":
        return level.value * _BASIS_POINT
    if sigma is None:
        raise ValueError("the unit sigma needs the median moves of earlier days")
    return sigma


def signs_of(level: Level, thresholds: BurstThresholds, unit: Values) -> Signs:
    """Return the signs of a burst's start at each second; `unit` as `paise_of_unit` has it."""
    moved = np.abs(level.moved(MOVE_SECONDS))
    fast, slow = level.realised_volatility(FAST_SECONDS), level.realised_volatility(SLOW_SECONDS)
    steps = np.abs(level.step())
    greatest = np.fmax.reduce([_later(steps, seconds) for seconds in range(STEP_SECONDS)])
    with np.errstate(invalid="ignore"):
        return Signs(
            far=moved >= thresholds.move * unit,
            wild=fast > thresholds.start_ratio * slow,
            step=greatest >= thresholds.step * unit,
            looked=~np.isnan(moved * fast * slow * unit),
        )


def _later(values: Values, seconds: int) -> Values:
    if not seconds:
        return values
    found = np.full(values.size, np.nan)
    found[seconds:] = values[:-seconds]
    return found


@compiled
def _walk(
    starts: BoolArray, calm: BoolArray, newest: Int32Array, earliest_end: int, longest: int, apart: int,
    found: Int32Array,
) -> int:  # fmt: skip
    """Fill `found` [4, seconds] with start, end, known_at and `EndedBy` of each burst; return how many there are."""
    count = 0
    start = -1
    free = 0
    seconds = starts.size
    for at in range(seconds):
        if start < 0:
            if at < free or not starts[at]:
                continue
            start = at
        end = at
        why = -1
        if at - newest[at] > MAX_AGE:
            # It may have started on a value carried into the gap.
            end, why = max(newest[at], start), 2
        elif at - start >= earliest_end and calm[at]:
            why = 0
        elif at - start >= longest:
            why = 1
        elif at == seconds - 1:
            why = 3
        if why >= 0:
            found[0, count], found[1, count], found[2, count], found[3, count] = start, end, at, why
            count += 1
            start = -1
            free = end + apart
    return count


def find_bursts(level: Level, thresholds: BurstThresholds, rules: BurstRules, unit: Values) -> Bursts:
    """Return the bursts of a day.

    Args:
        level: the day's level.
        thresholds: of the underlying, the days to expiry and the unit.
        rules: what is alike for every burst.
        unit: what a unit is at each second, as `paise_of_unit` has it.
    """
    signs = signs_of(level, thresholds, unit)
    fast, slow = level.realised_volatility(FAST_SECONDS), level.realised_volatility(SLOW_SECONDS)
    with np.errstate(invalid="ignore"):
        calm = (np.abs(level.moved(QUIET_SECONDS)) < thresholds.quiet * unit) & (fast < thresholds.end_ratio * slow)
    found = np.empty((4, level.value.size), np.int32)
    count = _walk(
        signs.far & signs.wild & signs.step, calm, level.newest, rules.earliest_end, rules.longest, rules.apart, found
    )
    start, end, known_at, why = found[:, :count].copy()
    before = level.value[start - MOVE_SECONDS]
    moved = level.value[end] - before
    whole = [slice(one - MOVE_SECONDS, last + 1) for one, last in zip(start, end, strict=True)]
    after = [slice(one, last + 1) for one, last in zip(start, end, strict=True)]
    return Bursts(
        start,
        end,
        known_at,
        why.astype(np.int8),
        trigger=np.sign(level.value[start] - before).astype(np.int8),
        direction=np.sign(moved).astype(np.int8),
        moved=moved,
        size_after_trigger=np.array([np.ptp(_known(level.value[one])) for one in after]),
        size=np.array([np.ptp(_known(level.value[one])) for one in whole]),
        seen=np.array([level.seen[one].mean() for one in whole]),
        wildest=np.array([_known(fast[one]).max() for one in after]),
        calm=fast[end],
    )


def _known(values: Values) -> Values:
    return values[~np.isnan(values)]


def funnel_of(signs: Signs, bursts: Bursts) -> Funnel:
    """Return how many seconds passed each sign, and how many bursts there are: what tells a dead detector."""
    far, wild, step = signs.far, signs.wild, signs.step
    seconds = (far, wild, step, far & wild, far & step, far & wild & step)
    return Funnel._make([*map(int, map(np.count_nonzero, seconds)), bursts.start.size])
