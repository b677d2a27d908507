"""What open interest tells of a chain: the strike of max pain, and the walls with the time they last moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nfolab.base.compiled import compiled
from nfolab.base.errors import InputError
from nfolab.options.contract_arrays import Float64Array

NO_WALL = -1

Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wall:
    """The strike with the most open interest, at each time.

    Attributes:
        place: int64 [times], index into the strikes, −1 where none has any; of equals the one that stands first.
        open_interest: int64 [times], its open interest, 0 where there is none.
        changed_at: int64 [times], the index of the time at which that strike's open interest last changed, −1 where it
            has stood since the first time. Feeds refresh it late: a wall may be minutes old.
    """

    place: Int64Array
    open_interest: Int64Array
    changed_at: Int64Array


@compiled
def _walls(
    open_interest: Int64Array, place: Int64Array, most: Int64Array, changed_at: Int64Array, last_change: Int64Array
) -> None:
    for at in range(open_interest.shape[1]):
        best = NO_WALL
        for strike in range(open_interest.shape[0]):
            held = open_interest[strike, at]
            if at > 0 and held != open_interest[strike, at - 1]:
                last_change[strike] = at
            if held > 0 and (best == NO_WALL or held > open_interest[best, at]):
                best = strike
        place[at] = best
        most[at] = 0 if best == NO_WALL else open_interest[best, at]
        changed_at[at] = -1 if best == NO_WALL else last_change[best]


def wall(open_interest: ArrayLike) -> Wall:
    """Return the wall of one kind of options over time, reading at each time nothing after it.

    Args:
        open_interest: integers [strikes, times], 0 where not known; the first figure known counts as a change.

    Raises:
        InputError: it has another number of dimensions.
    """
    held = np.array(open_interest, dtype=np.int64, order="C")
    if held.ndim != 2:
        raise InputError(f"open interest of the shape {held.shape} has no strikes and times: give [strikes, times]")
    place, most, changed_at = (np.empty(held.shape[1], np.int64) for _ in range(3))
    _walls(held, place, most, changed_at, np.full(held.shape[0], -1, np.int64))
    return Wall(place, most, changed_at)


def holders_value(strike: ArrayLike, call_open_interest: ArrayLike, put_open_interest: ArrayLike) -> Float64Array:
    """Return what all options together would pay if the index settled at each of the strikes, float64 [strikes].

    Args:
        strike: [strikes], in points.
        call_open_interest: [strikes], in units.
        put_open_interest: [strikes], in units.
    """
    strikes = np.asarray(strike, dtype=np.float64)
    ahead = strikes[:, np.newaxis] - strikes
    calls = np.maximum(ahead, 0) @ np.asarray(call_open_interest, dtype=np.float64)
    return np.asarray(calls + np.maximum(-ahead, 0) @ np.asarray(put_open_interest, dtype=np.float64))


def max_pain(strike: ArrayLike, call_open_interest: ArrayLike, put_open_interest: ArrayLike) -> float:
    """Return the strike at which holders would be paid least, the lower of equals; arguments as `holders_value`.

    Raises:
        InputError: there are no strikes, or none has open interest.
    """
    strikes = np.asarray(strike, dtype=np.float64)
    paid = holders_value(strikes, call_open_interest, put_open_interest) if strikes.size else np.zeros(0)
    if not (paid > 0).any():
        raise InputError("max pain needs strikes with open interest: give a chain that has some")
    return float(strikes[paid == paid.min()].min())
