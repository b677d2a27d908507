"""Quantiles of what was known before: today's earlier seconds, beside the values of earlier days.

A quantile of p percent of n values is the one with the rank p n / 100, rounded up, from below: always a value that was.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.tape.features.definition import Values

PERCENT = 100


@compiled
def _walk(
    rank: npt.NDArray[np.int64], ordered: Values, counts: npt.NDArray[np.int64], held: int, percent: int, least: int,
    out: Values,
) -> None:  # fmt: skip
    """Fill `out` with the quantile of all held before each second, then take in that second's own value.

    `counts` is a Fenwick tree over the places of `ordered`, one longer; `rank` is −1 where a second has no value.
    """
    top = 1
    while 2 * top <= ordered.size:
        top *= 2
    for at in range(out.size):
        out[at] = math.nan
        if held >= least:
            left = (percent * held + PERCENT - 1) // PERCENT
            place = 0
            step = top
            while step > 0:
                if place + step <= ordered.size and counts[place + step] < left:
                    place += step
                    left -= counts[place]
                step //= 2
            out[at] = ordered[place]
        if rank[at] >= 0:
            held += 1
            place = rank[at] + 1
            while place <= ordered.size:
                counts[place] += 1
                place += place & -place


def trailing_quantile(today: Values, earlier: Sequence[Values], percent: int, least: int) -> Values:
    """Return at each second the quantile of today's earlier seconds and of all seconds of earlier days.

    Args:
        today: float64 [seconds], NaN where there is no value.
        earlier: likewise, of any lengths.
        percent: which quantile, from 1 to 100.
        least: with fewer values than these there is none; at least 1.

    Returns:
        float64 [seconds]; the second's own value is not among those of its quantile.
    """
    past = np.concatenate([np.empty(0), *(one[~np.isnan(one)] for one in earlier)])
    known = np.flatnonzero(~np.isnan(today))
    every = np.concatenate([past, today[known]])
    order = np.argsort(every, kind="stable")
    place = np.empty(every.size, np.int64)
    place[order] = np.arange(every.size)
    rank = np.full(today.size, -1, np.int64)
    rank[known] = place[past.size :]
    out = np.empty(today.size)
    _walk(rank, every[order], _tree(place[: past.size], every.size), past.size, percent, max(1, least), out)
    return out


def _tree(places: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Return the Fenwick tree that counts some places among so many."""
    upto = np.zeros(size + 1, np.int64)
    upto[places + 1] = 1
    upto = np.cumsum(upto)
    node = np.arange(size + 1)
    return upto - upto[node - (node & -node)]


def quantile_of(values: Values, percent: int) -> float:
    """Return the quantile of some values, of which there is at least one, none NaN."""
    place = (percent * values.size + PERCENT - 1) // PERCENT
    return float(np.partition(values, place - 1)[place - 1])
