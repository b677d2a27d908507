"""The bursts of a day of the tape, as everything that asks for them shares them."""

from typing import Final, NamedTuple

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.features.subject import SPOT
from nfolab.tape.state.bursts import MOVE_SECONDS, Bursts, Signs, find_bursts, paise_of_unit, signs_of
from nfolab.tape.state.earlier import earlier_levels
from nfolab.tape.state.level import level_of
from nfolab.tape.state.strikes import at_the_money_of
from nfolab.tape.state.thresholds import DistanceUnit, load_thresholds
from nfolab.tape.state.vacuum import vacuum_of

_HALF_HOUR: Final = 1800


class Scores(NamedTuple):
    """How each burst of the day scores, float64 [bursts]: means and maxima of the known seconds from t0 to the end.

    Attributes:
        trade_rate: lots a second, mean. `highest_trade_rate`: its maximum.
        vacuum: vacuum score, mean. `highest_vacuum`: its maximum.
    """

    trade_rate: Values
    highest_trade_rate: Values
    vacuum: Values
    highest_vacuum: Values


def bursts_of(given: Given) -> Bursts:
    """Return the bursts by the thresholds of the package; worked out once a day."""
    return given.of(SPOT).once("bursts", _bursts)


def _bursts(index: Given) -> Bursts:
    rules, days = load_thresholds(), at_the_money_of(index).days_to_expiry
    return find_bursts(
        level_of(index), rules.of_bursts(index.day.underlying, days), rules.burst, unit_of_day(index, rules.burst.unit)
    )


def signs_of_day(given: Given) -> Signs:
    """Return the signs of a burst's start by the thresholds of the package; worked out once a day."""
    return given.of(SPOT).once("signs", _signs)


def _signs(index: Given) -> Signs:
    rules, days = load_thresholds(), at_the_money_of(index).days_to_expiry
    thresholds = rules.of_bursts(index.day.underlying, days)
    return signs_of(level_of(index), thresholds, unit_of_day(index, rules.burst.unit))


def unit_of_day(given: Given, unit: DistanceUnit) -> Values:
    """Return what a unit of distance is at each second, float64 [seconds] in paise; NaN where it is not known."""
    index, rules = given.of(SPOT), load_thresholds()
    thresholds = rules.of_bursts(index.day.underlying, at_the_money_of(index).days_to_expiry, unit)
    sigma = index.once("sigma", _sigma) if unit == "sigma" else None
    return paise_of_unit(level_of(index), thresholds, sigma)


def half_hours(opened: int, seconds: int) -> np.ndarray:
    """Return the half hour of the clock of each second of a session that opened at a second of the day."""
    return (opened + np.arange(seconds)) // _HALF_HOUR


def _sigma(index: Given) -> Values:
    rules = load_thresholds().burst
    moves = []
    for day, level in earlier_levels(index):
        moved = np.full(level.size, np.nan)
        moved[MOVE_SECONDS:] = np.abs(level[MOVE_SECONDS:] - level[:-MOVE_SECONDS])
        moves.append((half_hours(day.session.open.second_of_day, level.size), moved))
    of_today = half_hours(index.day.session.open.second_of_day, index.day.seconds)
    found = np.full(of_today.size, np.nan)
    for half_hour in np.unique(of_today):
        told = [moved[(of_day == half_hour) & ~np.isnan(moved)] for of_day, moved in moves]
        told = [one for one in told if one.size]
        if len(told) >= rules.sigma_least_days:
            found[of_today == half_hour] = np.median(np.concatenate(told))
    return found


def scores_of(given: Given) -> Scores:
    """Return the scores of the day's bursts; worked out once a day."""
    return given.of(SPOT).once("burst scores", _scores)


def _scores(index: Given) -> Scores:
    bursts = bursts_of(index)
    if not bursts.start.size:
        return Scores(*(np.empty(0) for _ in range(4)))
    vacuum = vacuum_of(index)
    told = [
        [one(values[start : end + 1]) for start, end in zip(bursts.start, bursts.end, strict=True)]
        for values in (vacuum.trade_rate, vacuum.score)
        for one in (_mean, _highest)
    ]
    return Scores(*(np.array(one) for one in told))


def _mean(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _highest(values: Values) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else np.nan
