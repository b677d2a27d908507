"""Quotes of a day made from Black-76 fair values, with books of their own: no file and no feed is needed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from nfolab.lake.auditing.joint_quotes import Quotes
from nfolab.options.black76 import undiscounted_pair

Key = tuple[date, str, int]

DAY = date(2025, 7, 1)
RATE = 0.055
MOMENTS = 200
LEVELS = {"NIFTY": (25_400.0, 50, 0.105), "BANKNIFTY": (57_000.0, 100, 0.125)}
"""Index, distance of strikes, volatility."""


def years_to(days: float) -> float:
    """From the middle of a session to an expiry so many days later."""
    return (days + 0.13) / 365


def quotes_of_market(underlying: str, days: tuple[int, ...], seed: int) -> Quotes:
    """Strikes within 7 % of the index, expiries that many days away, each quote up to 15 s old, bids never below 0.

    The spread is a tick and 0.3 % of the value, and the day's volatility moves the index as it should.
    """
    level, step, volatility = LEVELS[underlying]
    random = np.random.default_rng([seed, len(underlying), *days])
    a_moment = volatility * np.sqrt(1 / 365 / MOMENTS / 2)
    walk = level * np.exp(np.cumsum(random.normal(0, a_moment, 2 * MOMENTS + 1)))
    yesterday = level * np.exp(random.normal(0, volatility / np.sqrt(365)))
    contracts, bids, asks, closes = [], [], [], []
    for ahead in days:
        left = years_to(ahead) + (0.5 - np.arange(MOMENTS) / MOMENTS) * 0.26 / 365
        for kind in ("CE", "PE"):
            first = round(level * 0.93 / step) * step
            for strike in range(first, round(level * 1.07), step):
                index = walk[1 + 2 * np.arange(MOMENTS) - random.integers(0, 2, MOMENTS)]
                fair = _fair(kind, strike, index, left, volatility)
                half = 0.025 + 0.0015 * fair
                contracts.append((DAY + timedelta(days=ahead), kind, strike))
                bids.append(np.maximum(np.floor((fair - half) * 20), 0) * 5)
                asks.append(np.maximum(np.ceil((fair + half) * 20), 1) * 5)
                before = _fair(kind, strike, np.array([yesterday]), np.array([years_to(ahead + 0.75)]), volatility)
                closes.append(max(round(float(before[0]) * 20), 1) * 5)
    bid, ask, close = (np.array(side, dtype=np.float32) for side in (bids, asks, closes))
    times = np.arange(MOMENTS, dtype=np.int64) * 60_000_000_000
    return Quotes(underlying, tuple(contracts), times, bid, ask, bid, close)


def _fair(kind: str, strike: int, index: np.ndarray, years: np.ndarray, volatility: float) -> np.ndarray:  # type: ignore[type-arg]
    forward = index * np.exp(RATE * years)
    call, put = undiscounted_pair(forward, strike, volatility * np.sqrt(years))
    return np.asarray(np.exp(-RATE * years) * (call if kind == "CE" else put))


def relabelled(given: Quotes, names: Mapping[Key, Key]) -> Quotes:
    """The rows of contracts under other names; who had such a name gives way, unless it got another itself."""
    gone = set(names.values()) - set(names)
    kept = sorted((names.get(key, key), place) for place, key in enumerate(given.contracts) if key not in gone)
    places = [place for _, place in kept]
    return replace(
        given,
        contracts=tuple(key for key, _ in kept),
        bid=given.bid[places],
        ask=given.ask[places],
        last=given.last[places],
        close=given.close[places],
    )
