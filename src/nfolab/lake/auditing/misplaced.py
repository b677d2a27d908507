"""Which rungs of a ladder must have other strikes for the ladder to be smooth.

Three things can have happened to a name: one contract has another's rows, two have each other's, or a run of contracts
was shifted and left a rung empty. The rungs without which the rest is smooth are taken out one by one; each is then
held once more against the others, and is misplaced if it lies where another strike would. A run of contracts agree with
each other, so they are tried together, moved back onto the empty rung. What leaves the smoother ladder is believed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from nfolab.lake.auditing.rungs import LEAST_RUNGS, Bool, Fit, Float64, Rungs, fit_of

FLAW: Final = 6.0
"""A rung that is off by so many of its usual errors does not lie on the curve."""

_LARGEST_PART = 0.25
_KINK, _RUN_COST = 3.0, 0.25
_BETTER, _FARTHEST = 0.5, 10.0


@dataclass(frozen=True)
class Misplaced:
    """What a ladder tells of the names of its rungs.

    Attributes:
        strikes: By place, the contracts that are not where their names say, with the strike at which each would lie.
        cleared: The places of the others, if all is smooth once those are where they belong.
    """

    strikes: Mapping[int, float]
    cleared: Collection[int] = ()


def misplaced(rungs: Rungs, step: float) -> Misplaced:
    """Find who must have another strike for the ladder to be smooth.

    Args:
        rungs: A ladder, calibrated.
        step: The distance of strikes, rupees.
    """
    if len(rungs.strikes) < LEAST_RUNGS:
        return Misplaced({})
    fit = fit_of(rungs)
    found = [one for one in (_shifted_run(rungs, fit, step), _taken_out(rungs, step)) if one]
    if not found:
        return Misplaced({})
    best = min(found, key=lambda one: _put_right(rungs, one).cost)
    cleared = set(rungs.places.tolist()) - best.keys() if _put_right(rungs, best).worst <= FLAW else ()
    return Misplaced(best, cleared)


def _put_right(rungs: Rungs, found: Mapping[int, float]) -> Fit:
    """Return how the ladder fits with those found at their own strikes; none fits where two would have the same."""
    strikes = [found.get(place, strike) for place, strike in zip(rungs.places.tolist(), rungs.strikes, strict=True)]
    if len(set(strikes)) < len(strikes):
        return Fit(np.full(rungs.values.shape, np.inf))
    return fit_of(rungs.renamed(np.array(strikes)))


def may_stand_under_another_name(rungs: Rungs, strike: float, step: float) -> bool:
    """Say whether the rows of a strike that the ladder skips could be those of a rung beside it, for all that is known.

    Args:
        rungs: A ladder.
        strike: It lies within the ladder.
        step: The distance of strikes, rupees.
    """
    for beside in (strike - step, strike + step):
        places = np.flatnonzero(rungs.strikes == beside)
        if not len(places):
            return True
        gone = np.zeros(len(rungs.strikes), dtype=np.bool_)
        gone[places] = True
        if not _size(_away(rungs, gone, int(places[0]), strike)) > FLAW:
            return True
    return False


def _shifted_run(rungs: Rungs, before: Fit, step: float) -> dict[int, float]:
    """Return the run of two or more contracts that, moved onto an empty rung, makes all smooth."""
    if before.worst <= _KINK or not len(rungs.empty):
        return {}
    smooth: list[tuple[int, float, Float64]] = []
    for length, strikes in _moved_runs(rungs, step):
        if smooth and length > smooth[0][0]:
            break
        after = fit_of(rungs.renamed(strikes))
        if after.worst <= FLAW and after.cost <= min(_RUN_COST * before.cost, before.cost - FLAW**2):
            smooth.append((length, after.cost, strikes))
    if not smooth:
        return {}
    strikes = min(smooth, key=lambda one: one[1])[2]
    moved = np.flatnonzero(strikes != rungs.strikes)
    return {int(rungs.places[at]): float(strikes[at]) for at in moved.tolist()}


def _moved_runs(rungs: Rungs, step: float) -> Iterator[tuple[int, Float64]]:
    """Yield the length and the strikes with each run beside an empty rung moved onto it, shorter runs first."""
    strikes, empty = rungs.strikes, set(rungs.empty.tolist())
    gaps = np.flatnonzero(np.diff(strikes) > 1.5 * step)
    for length in range(1, len(strikes) // 2 + 1):
        for gap in gaps.tolist():
            for first, way in ((gap - length + 1, 1.0), (gap + 1, -1.0)):
                run = slice(first, first + length)
                if first < 0 or first + length > len(strikes):
                    continue
                for by in np.arange(step, strikes[gap + 1] - strikes[gap], step):
                    moved = strikes[run] + way * by
                    if set(moved.tolist()) <= empty | set(strikes[run].tolist()):
                        yield length, np.concatenate([strikes[:first], moved, strikes[first + length :]])


def _taken_out(rungs: Rungs, step: float) -> dict[int, float]:
    gone = np.zeros(len(rungs.strikes), dtype=np.bool_)
    while (worst := _worst(rungs, gone)) is not None:
        gone[worst] = True
        if np.count_nonzero(gone) > _LARGEST_PART * len(gone):
            return {}
    vacant = np.union1d(rungs.empty, rungs.strikes[gone])
    found = {}
    for at in np.flatnonzero(gone & ~_undecided(gone)).tolist():
        strike = _other_strike(rungs, gone, at, vacant[np.abs(vacant - rungs.strikes[at]) <= _FARTHEST * step])
        if strike is not None:
            found[int(rungs.places[at])] = strike
    return found


def _undecided(gone: Bool) -> Bool:
    """Return those taken out side by side, beyond whom there are rungs at one end of the ladder, but fewer than they.

    There the few may be the guilty.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], gone, [False])).astype(np.int8)))
    found = np.zeros_like(gone)
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        beyond = min(start, len(gone) - end)
        found[start:end] = 0 < 2 * beyond < end - start
    return found


def _worst(rungs: Rungs, gone: Bool) -> int | None:
    """Return the rung without which the ladder is smoothest; None where it is smooth, or too short."""
    kept = np.flatnonzero(~gone)
    fit = fit_of(rungs.without(gone))
    flawed = (fit.away > FLAW).any(axis=0)
    if not flawed.any() or len(kept) <= LEAST_RUNGS:
        return None
    near = np.convolve(flawed, np.ones(5), "same") > 0
    costs: dict[int, float] = {}
    for at in kept[near].tolist():
        tried = gone.copy()
        tried[at] = True
        costs[at] = fit_of(rungs.without(tried)).cost
    return min(costs, key=lambda at: costs[at])


def _other_strike(rungs: Rungs, gone: Bool, at: int, vacant: Float64) -> float | None:
    """Return the vacant strike at which a contract lies on the curve of the innocent, if its own is not on it."""
    own = rungs.strikes[at]
    others = vacant[vacant != own]
    at_own = _away(rungs, gone, at, own)
    if not len(others) or _size(at_own) <= FLAW:
        return None
    elsewhere = [_away(rungs, gone, at, strike) for strike in others]
    best = int(np.argmin([_size(away) for away in elsewhere]))
    fits = _size(elsewhere[best]) <= min(FLAW, _BETTER * _size(at_own)) and not (elsewhere[best] > at_own).any()
    return float(others[best]) if fits else None


def _size(away: Float64) -> float:
    return float(np.sqrt(np.nansum(away**2)))


def _away(rungs: Rungs, gone: Bool, at: int, strike: float) -> Float64:
    """Return, by series, how many of its usual errors one of those taken out is off, were it put back at a strike."""
    others = gone.copy()
    others[at] = False
    strikes = rungs.strikes.copy()
    strikes[at] = strike
    ladder = rungs.renamed(strikes, ~others)
    away: Float64 = fit_of(ladder).away[:, int(np.flatnonzero(ladder.places == rungs.places[at])[0])]
    return away
