"""Which side of the market fired at each second, and which contract of a strip of strikes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nfolab.strategies.leg_choices import Kind
from nfolab.tape.book import Int32Array
from nfolab.tape.money import HALF_PAISE_PER_RUPEE, UNKNOWN

BoolArray = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.integer)
NONE = -1


@dataclass(frozen=True, slots=True)
class Strip:
    """The contracts that a scan looks at: so many strikes below and above the one at the money, and their kinds."""

    below: int
    above: int
    kinds: tuple[Kind, ...]

    @property
    def places(self) -> list[tuple[int, Kind]]:
        """Steps from the money and kind, nearest first; CE before PE, then the lower strike."""
        steps = range(-self.below, self.above + 1)
        return sorted(
            ((step, kind) for step in steps for kind in self.kinds), key=lambda one: (abs(one[0]), one[1], one[0])
        )


def at_the_money(money: Int32Array, strikes: Sequence[int], listed: Sequence[int]) -> Int32Array:
    """Return int32 [seconds]: the place of the listed strike nearest the money, −1 where it is not known.

    Args:
        money: int32 [seconds], half-paise, UNKNOWN where it is not known.
        strikes: rising, in rupees.
        listed: the second from which on each strike has had a row of both kinds.
    """
    place = np.full(money.size, NONE, np.int32)
    borders = sorted(set(listed))
    half_paise = np.array(strikes, np.int64) * HALF_PAISE_PER_RUPEE
    for first, last in zip(borders, [*borders[1:], money.size], strict=True):
        there = np.flatnonzero(np.array(listed) <= first)
        values = half_paise[there]
        asked = money[first:last].astype(np.int64)
        above = np.searchsorted(values, asked)
        lower, upper = np.maximum(above - 1, 0), np.minimum(above, there.size - 1)
        nearest = np.where(asked - values[lower] <= values[upper] - asked, lower, upper)
        place[first:last] = np.where(asked == UNKNOWN, NONE, there[nearest])
    return place


def looked_at(
    strip: Strip,
    middle: Mapping[Kind, Int32Array],
    number: Mapping[tuple[Kind, int], int],
    strikes: Sequence[int],
) -> set[int]:
    """Return every contract that a strip ever holds; the arguments are those of `triggers`."""
    found = {
        number.get((kind, strikes[at + step]))
        for step, kind in strip.places
        for at in np.unique(middle[kind]).tolist()
        if at != NONE and 0 <= at + step < len(strikes)
    }
    return {one for one in found if one is not None}


def triggers(
    strip: Strip,
    middle: Mapping[Kind, Int32Array],
    number: Mapping[tuple[Kind, int], int],
    strikes: Sequence[int],
    first_second: Int32Array,
    fires: Callable[[int], BoolArray],
) -> Int32Array:
    """Return int32 [seconds]: the number of the first contract of the strip whose condition is true, −1 where none is.

    Args:
        strip: which contracts are looked at.
        middle: int32 [seconds] of each kind, the place among `strikes` of the one at the money, −1 where not known.
        number: the contract of each kind and strike.
        strikes: rising, in rupees.
        first_second: int32 [contracts], since when each is listed.
        fires: bool [seconds] of a contract's condition.
    """
    found = np.full(middle["CE"].size, NONE, np.int32)
    seconds = np.arange(found.size)
    for step, kind in strip.places:
        place = middle[kind] + step
        inside = (middle[kind] != NONE) & (place >= 0) & (place < len(strikes)) & (found == NONE)
        for at in np.unique(place[inside]).tolist():
            contract = number.get((kind, strikes[at]))
            if contract is not None:
                true = inside & (place == at) & (seconds >= first_second[contract]) & fires(contract)
                found[true] = contract
    return found


def as_of(values: Int32Array, seconds: Sequence[int]) -> Int32Array:
    """Return values as they stood at the last of these rising seconds; −1 before the first."""
    held = np.full(values.size, NONE, np.int32)
    for first, last in zip(seconds, [*seconds[1:], values.size], strict=True):
        if 0 <= first < values.size:
            held[first : max(last, first)] = values[first]
    return held


def latest(fired: npt.NDArray[Number], none: int) -> npt.NDArray[Number]:
    """Return what fired last at each second, `none` where nothing has."""
    seconds = np.arange(fired.size)
    newest = np.maximum.accumulate(np.where(fired != none, seconds, -1))
    return np.where(newest < 0, fired.dtype.type(none), fired[newest])


def direction(up: BoolArray, down: BoolArray) -> npt.NDArray[np.int8]:
    """Return int8 [seconds]: +1 where only `up` is true, −1 where only `down` is, else 0."""
    return up.astype(np.int8) - down.astype(np.int8)
