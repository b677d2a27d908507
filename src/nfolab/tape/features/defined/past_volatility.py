"""Where the volatility at the money stands among that of past sessions."""

from typing import Final

import numpy as np

from nfolab.base.units import Clock
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.chain_volatility import ATM_IV
from nfolab.tape.features.definition import CHAIN_ONLY, Count, Unit, Values, feature
from nfolab.tape.features.past import past_volatilities

DAYS: Final = Count(60)
LEAST: Final = Count(5)
AT: Final = Clock(15 * 3600 + 15 * 60)
"""The last second at which a strategy may open: what each session's volatility had come to while it could be traded."""

_PAST: Final = (
    "each of the newest `days` sessions that the lake holds before this day told by the median of its nearest expiry's "
    "atm_iv over the 5 min up to `at`"
)
_FEWER: Final = "none with fewer than `least` such sessions"


def _least_within_days(days: Count, least: Count, **_: object) -> str | None:
    return None if least <= days else "least should be at most days, or there never is a value"


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    check=_least_within_days,
    of_its_day=False,
    formula=f"share of past sessions below atm_iv, {_PAST}; {_FEWER}",
    source="strategy catalogue: IV percentile over past days only",
    examples=("atm_iv_percentile(60, 2, 09:17:00)", "atm_iv_percentile(2, 2, 09:16:00)"),
)
def atm_iv_percentile(given: Given, out: Values, days: Count = DAYS, least: Count = LEAST, at: Clock = AT) -> None:
    """Share of past sessions whose volatility at the money was below the present one; equal is not below."""
    now, past = given(ATM_IV), np.sort(past_volatilities(given, days, at))
    out[:] = np.nan
    if past.size >= least:
        known = ~np.isnan(now)
        out[known] = np.searchsorted(past, now[known], side="left") / past.size


@feature(
    unit=Unit.PERCENT,
    subjects=CHAIN_ONLY,
    check=_least_within_days,
    of_its_day=False,
    formula=f"(atm_iv - lowest) / (highest - lowest) of past sessions, {_PAST}; {_FEWER}, or where all are equal",
    source="strategy catalogue: IV rank (60 days or available history)",
    examples=("atm_iv_rank(60, 2, 09:17:00)",),
)
def atm_iv_rank(given: Given, out: Values, days: Count = DAYS, least: Count = LEAST, at: Clock = AT) -> None:
    """How far up from the lowest to the highest of past sessions the volatility is: below 0 or above 1 beyond them."""
    past = past_volatilities(given, days, at)
    lowest, highest = (past.min(), past.max()) if past.size >= least else (0.0, 0.0)
    if highest > lowest:
        out[:] = (given(ATM_IV) - lowest) / (highest - lowest)
    else:
        out[:] = np.nan


@feature(
    unit=Unit.EVENTS,
    subjects=CHAIN_ONLY,
    of_its_day=False,
    formula=f"past sessions that have a volatility, {_PAST}",
    source="docs/features.md, chains: past sessions",
    examples=("atm_iv_sessions(60, 09:17:00)",),
)
def atm_iv_sessions(given: Given, out: Values, days: Count = DAYS, at: Clock = AT) -> None:
    """How many past sessions `atm_iv_percentile` and `atm_iv_rank` rest on; the same all day."""
    out[:] = past_volatilities(given, days, at).size
