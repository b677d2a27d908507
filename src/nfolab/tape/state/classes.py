"""Whether a burst was driven by trades or by a vacuum, measured by the bursts of earlier days."""

from enum import StrEnum

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.subject import SPOT
from nfolab.tape.state.earlier import earlier_scores
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.today import scores_of
from nfolab.tape.state.trailing import quantile_of


class BurstClass(StrEnum):
    """What drove a burst: `high` is at or above the upper quantile of earlier bursts, `low` below the lower one."""

    TRADE = "trade"
    """Trades high, vacuum not."""
    VACUUM = "vacuum"
    """Vacuum high, trades not."""
    MIXED = "mixed"
    """Both high."""
    QUIET = "quiet"
    """Both low."""
    NEUTRAL = "neutral"
    """The rest."""
    UNCLASSIFIED = "unclassified"
    """Too few earlier bursts, or a score that is not known."""


def classes_of(given: Given) -> list[BurstClass]:
    """Return the class of each of the day's bursts; worked out once a day."""
    return given.of(SPOT).once("burst classes", _classes)


def _classes(index: Given) -> list[BurstClass]:
    rules, scores = load_thresholds().vacuum, scores_of(index)
    if not scores.vacuum.size:
        return []
    earlier = earlier_scores(index)
    if earlier.shape[1] < rules.least_events:
        return [BurstClass.UNCLASSIFIED] * scores.vacuum.size
    high, low = ([quantile_of(one, percent) for one in earlier] for percent in (rules.high, rules.low))
    return [_class(trade, vacuum, high, low) for trade, vacuum in zip(scores.trade_rate, scores.vacuum, strict=True)]


def _class(trade: float, vacuum: float, high: list[float], low: list[float]) -> BurstClass:
    if np.isnan(trade) or np.isnan(vacuum):
        return BurstClass.UNCLASSIFIED
    if trade >= high[0]:
        return BurstClass.MIXED if vacuum >= high[1] else BurstClass.TRADE
    if vacuum >= high[1]:
        return BurstClass.VACUUM
    return BurstClass.QUIET if trade < low[0] and vacuum < low[1] else BurstClass.NEUTRAL
