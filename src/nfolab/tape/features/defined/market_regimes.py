"""Chop, flicker, fear, the regime, and what drove a burst: measured by earlier days, too, so never kept on disk."""

from typing import Final

import numpy as np

from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import SPOT_ONLY, Unit, Values, feature
from nfolab.tape.state import regimes
from nfolab.tape.state.classes import BurstClass, classes_of
from nfolab.tape.state.fear import fear_of, fear_seconds
from nfolab.tape.state.today import bursts_of

_SOURCE: Final = "market-truth definitions; docs/state.md"
_TRAILING: Final = "of today's earlier seconds and the 5 days before"
_UNTIL: Final = "from the second on at which its end is known; not told with fewer than 30 earlier bursts"


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="level_rv(30s) <= its q25, atm_trade_rate(30s) <= its q25, atm_spread(30s) <= its median, "
    f"{_TRAILING}; not told with fewer than two such days",
    source=_SOURCE,
    examples=("in_chop",),
)
def in_chop(given: Given, out: Values) -> None:
    """Whether the market stands still: little movement, little trade, narrow spreads."""
    out[:] = regimes.in_chop(given)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula=f"over 30 s at the money pulls >= 8, replenishments >= 8, atm_spread_moves >= its q75 {_TRAILING}",
    source=_SOURCE,
    examples=("in_flicker",),
)
def in_flicker(given: Given, out: Values) -> None:
    """Whether the book flickers: orders come and go, and spreads with them."""
    out[:] = regimes.in_flicker(given)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="from 30 s to 60 s after the end of a burst of fear",
    source=_SOURCE,
    examples=("in_fear",),
)
def in_fear(given: Given, out: Values) -> None:
    """Whether a burst of fear has just calmed."""
    out[:] = regimes.in_fear(given)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="30 s after the end of a burst down in which the PE took >= 0.6 of the move and gained beyond its delta, "
    "its bids were pulled, after which more was replenished than pulled, and that calmed",
    source=_SOURCE,
    examples=("fear_started",),
)
def fear_started(given: Given, out: Values) -> None:
    """Whether a burst becomes known as one of fear at this second."""
    started, _ = fear_seconds(bursts_of(given), fear_of(given), given.day.seconds)
    out[:] = np.where(regimes.could_burst(given), started, np.nan)


@feature(
    unit=Unit.RATIO,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="3 in a burst, else 4 in fear, else 2 in flicker, else 1 in chop, else 0; not told where one of higher "
    "precedence is not",
    source=_SOURCE,
    examples=("regime",),
)
def regime(given: Given, out: Values) -> None:
    """What the market's second is: 0 normal, 1 chop, 2 flicker, 3 burst, 4 fear."""
    out[:] = regimes.regime_of(given)


def _of_class(given: Given, wanted: BurstClass, out: Values) -> None:
    out[:] = np.nan
    for known_at, found in zip(bursts_of(given).known_at, classes_of(given), strict=True):
        out[known_at:] = np.nan if found is BurstClass.UNCLASSIFIED else float(found is wanted)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="the newest burst's trade rate >= q70 of all earlier days' bursts, its vacuum score below its q70, "
    f"{_UNTIL}",
    source=_SOURCE,
    examples=("burst_by_trades",),
)
def burst_by_trades(given: Given, out: Values) -> None:
    """Whether trades drove the newest ended burst."""
    _of_class(given, BurstClass.TRADE, out)


@feature(
    unit=Unit.TRUTH,
    subjects=SPOT_ONLY,
    of_its_day=False,
    formula="the newest burst's vacuum score >= q70 of all earlier days' bursts, its trade rate below its q70, "
    f"{_UNTIL}",
    source=_SOURCE,
    examples=("burst_by_vacuum",),
)
def burst_by_vacuum(given: Given, out: Values) -> None:
    """Whether missing liquidity drove the newest ended burst."""
    _of_class(given, BurstClass.VACUUM, out)
