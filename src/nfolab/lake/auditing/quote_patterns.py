"""Contracts whose quotes are too like each other, or too like themselves a while ago."""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from nfolab.lake.auditing.checks import STALE_STRETCH
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.joint_quotes import Float32, Quotes
from nfolab.lake.auditing.suspects import LEAST_MOMENTS, Market
from nfolab.lake.auditing.verdicts import about_moments
from nfolab.lake.packing.repeats import Int64
from nfolab.lake.schema import NANOSECONDS

SAME_QUOTES: Final = "same quotes as another contract"

_DIFFERENT_BIDS = 10
_STALE_MOMENTS = 10


def same_quotes(market: Market) -> Iterator[Finding]:
    """Yield contracts whose quotes are those of another at every moment: one file under two names."""
    groups: dict[bytes, list[int]] = {}
    for place in range(market.size):
        bid, ask = market.quotes.bid[place], market.quotes.ask[place]
        known = np.isfinite(bid)
        if np.count_nonzero(known) >= LEAST_MOMENTS and len(np.unique(bid[known])) >= _DIFFERENT_BIDS:
            groups.setdefault(hashlib.sha256(bid.tobytes() + ask.tobytes()).digest(), []).append(place)
    for places in groups.values():
        for place in places if len(places) > 1 else ():
            names = ", ".join(
                f"{strike} {kind} of {expiry}"
                for expiry, kind, strike in (market.quotes.contracts[one] for one in places if one != place)
            )
            known = np.isfinite(market.quotes.bid[place])
            note = f"moments; bid and ask are those of {names}"
            yield about_moments(market, place, SAME_QUOTES, known, None, note, int(known.sum()))


def stale_stretches(market: Market) -> Iterator[Finding]:
    """Yield contracts whose best quotes and last price stand still for 10 moments while their neighbours move.

    Neighbours are up to two contracts on either side of the same ladder; they move if on both sides one's range is more
    than the contract's own spread and two ticks. On one side alone is no sign: what is worth nothing stands still
    beside what is not.
    """
    quotes = market.quotes
    stood = _longest_still(quotes)
    middle = (quotes.bid + quotes.ask) / 2.0
    for place in np.flatnonzero(stood[:, 1] - stood[:, 0] >= _STALE_MOMENTS).tolist():
        start, end = stood[place].tolist()
        during = middle[:, start : end + 1]
        ladder = quotes.contracts[place][:2]
        moved = min(
            _largest_range(
                during[[one for one in side if 0 <= one < market.size and quotes.contracts[one][:2] == ladder]]
            )
            for side in ((place - 2, place - 1), (place + 1, place + 2))
        )
        spread = float(quotes.ask[place, start] - quotes.bid[place, start])
        if moved > spread + 10.0:
            seconds = (quotes.times[end] - quotes.times[start]) / NANOSECONDS
            note = (
                f"seconds in which best quotes and last price stand still; contracts beside it move {moved / 100:.2f}"
            )
            first, last = int(quotes.times[start]), int(quotes.times[end])
            yield Finding(quotes.name(place), STALE_STRETCH, 1, first, last, float(seconds), note)


def _largest_range(middles: Float32) -> float:
    """Return the largest range of those that are known often enough; 0 where there are none."""
    known = [row[np.isfinite(row)] for row in middles]
    return max((float(np.ptp(row)) for row in known if len(row) >= _STALE_MOMENTS // 2), default=0.0)


def _longest_still(quotes: Quotes) -> Int64:
    """Return the first and last moment of each contract's longest stretch of equal quotes, int64 [contracts, 2].

    A moment without a fresh row ends a stretch: a silent contract is not a frozen one.
    """
    same = (
        (quotes.bid[:, 1:] == quotes.bid[:, :-1])
        & (quotes.ask[:, 1:] == quotes.ask[:, :-1])
        & (quotes.last[:, 1:] == quotes.last[:, :-1])
    )
    length = np.zeros(len(same), dtype=np.int64)
    best = np.zeros((len(same), 2), dtype=np.int64)
    for moment in range(same.shape[1]):
        length = np.where(same[:, moment], length + 1, 0)
        longer = length > best[:, 1] - best[:, 0]
        best[longer, 1] = moment + 1
        best[longer, 0] = moment + 1 - length[longer]
    return best
