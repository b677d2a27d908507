"""Chop, flicker and the regime of each second, from what was known by then alone."""

from enum import IntEnum

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.features.subject import SPOT
from nfolab.tape.state.earlier import (
    CHOP_SPREAD,
    CHOP_VOLATILITY,
    CHOP_VOLUME,
    FLICKER_SPREAD,
    earlier_days,
    earlier_values,
)
from nfolab.tape.state.fear import fear_of, fear_seconds
from nfolab.tape.state.frozen import pulls, replenishes
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.today import bursts_of, signs_of_day
from nfolab.tape.state.trailing import trailing_quantile

THIRTY = 30


class Regime(IntEnum):
    """What a second is; a burst takes precedence, then fear, flicker, chop."""

    NORMAL = 0
    CHOP = 1
    FLICKER = 2
    BURST = 3
    FEAR = 4


def in_burst(given: Given) -> Values:
    """Return whether a burst is under way, float64 [seconds]; NaN where none is and none could have been seen."""
    under_way = bursts_of(given).under_way(given.day.seconds)
    return np.where(under_way, 1.0, np.where(signs_of_day(given).looked, 0.0, np.nan))


def in_fear(given: Given) -> Values:
    """Return whether a burst of fear has just ended, float64 [seconds]; NaN before the first burst was possible."""
    _, active = fear_seconds(bursts_of(given), fear_of(given), given.day.seconds)
    return np.where(could_burst(given), active, np.nan)


def could_burst(given: Given) -> np.ndarray:
    """Return whether a burst could have been seen by then: bool [seconds], false up to the first rv_120."""
    return np.logical_or.accumulate(signs_of_day(given).looked)


def in_chop(given: Given) -> Values:
    """Return whether the market chops, float64 [seconds]; NaN without enough earlier days, or where a part is."""
    return given.of(SPOT).once("chop", _chop)


def _chop(index: Given) -> Values:
    rules = load_thresholds()
    if len(earlier_days(index)) < rules.chop.least_days:
        return np.full(index.day.seconds, np.nan)
    found = np.ones(index.day.seconds)
    parts = (
        (CHOP_VOLATILITY, rules.chop.realised_volatility),
        (CHOP_VOLUME, rules.chop.volume),
        (CHOP_SPREAD, rules.chop.spread),
    )
    for call, percent in parts:
        values = index(call)
        bar = trailing_quantile(values, earlier_values(index)[call], percent, rules.trailing.least)
        found *= np.where(np.isnan(values + bar), np.nan, values <= bar)
    return found


def in_flicker(given: Given) -> Values:
    """Return whether the book flickers, float64 [seconds]; NaN where it cannot be told."""
    return given.of(SPOT).once("flicker", _flicker)


def _flicker(index: Given) -> Values:
    rules = load_thresholds()
    pulled, refilled, changes = pulls(index, THIRTY), replenishes(index, THIRTY), index(FLICKER_SPREAD)
    bar = trailing_quantile(
        changes, earlier_values(index)[FLICKER_SPREAD], rules.flicker.spread_changes, rules.trailing.least
    )
    busy = (pulled >= rules.flicker.pulls) & (refilled >= rules.flicker.replenishes)
    told = np.where(busy, np.where(np.isnan(bar), np.nan, changes >= bar), 0.0)
    return np.where(np.isnan(changes), np.nan, told)


def regime_of(given: Given) -> Values:
    """Return the `Regime` of each second, float64 [seconds]; NaN where a state of higher precedence is not known."""
    return given.of(SPOT).once("regime", _regime)


def _regime(index: Given) -> Values:
    found = np.full(index.day.seconds, np.nan)
    open_still = np.ones(found.size, bool)
    states = (
        (Regime.BURST, in_burst(index)),
        (Regime.FEAR, in_fear(index)),
        (Regime.FLICKER, in_flicker(index)),
        (Regime.CHOP, in_chop(index)),
    )
    for regime, state in states:
        found[open_still & (state == 1)] = regime
        open_still &= state == 0
    found[open_still] = Regime.NORMAL
    return found
