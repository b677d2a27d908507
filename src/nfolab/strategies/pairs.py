"""The call and the put at the money of each second: `ce`, `pe` and `pair` in conditions on the market."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from nfolab.base.errors import InputError, did_you_mean
from nfolab.strategies.fired import NONE
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.money import HALF_PAISE_PER_RUPEE, UNKNOWN

Around = Literal["atm", "atm_pair"]
PAIR_SUBJECTS = ("ce", "pe", "pair")


def read_around(text: str) -> Around:
    """Read `atm`, the pair at one strike, or `atm_pair`, the first call above and the first put below the money."""
    match text:
        case "atm" | "atm_pair":
            return text
    raise InputError(f"{text!r} is no pair at the money{did_you_mean(text, ('atm', 'atm_pair'))}")


@dataclass(frozen=True, eq=False)
class PairsOfDay:
    """The pair at the money of each second.

    Attributes:
        call: int32 [seconds], number of the call in the day's chain, −1 where the money is not known; `put` likewise.
    """

    call: Int32Array
    put: Int32Array

    @cached_property
    def told(self) -> list[tuple[tuple[int, int], npt.NDArray[np.bool_]]]:
        """Every pair that is ever at the money, and when."""
        both = np.stack([self.call, self.put], axis=1)[(self.call != NONE) & (self.put != NONE)]
        return [
            ((int(call), int(put)), (self.call == call) & (self.put == put)) for call, put in np.unique(both, axis=0)
        ]


def beside_the_money(money: Int32Array, strikes: Sequence[int], listed: Sequence[int]) -> tuple[Int32Array, Int32Array]:
    """Return int32 [seconds], twice: the places of the first listed strike at or above the money, at or below it.

    Args:
        money: int32 [seconds], half-paise, UNKNOWN where it is not known.
        strikes: rising, in rupees.
        listed: the second from which on each strike has had a row of both kinds.
    """
    above, below = (np.full(money.size, NONE, np.int32) for _ in range(2))
    borders = sorted(set(listed))
    values: Int64Array = np.array(strikes, np.int64) * HALF_PAISE_PER_RUPEE
    for first, last in zip(borders, [*borders[1:], money.size], strict=True):
        there = np.flatnonzero(np.array(listed) <= first)
        asked = money[first:last].astype(np.int64)
        at_or_above = np.searchsorted(values[there], asked, side="left")
        at_or_below = np.searchsorted(values[there], asked, side="right") - 1
        known = asked != UNKNOWN
        inside = known & (at_or_above < there.size)
        above[first:last][inside] = there[at_or_above[inside]]
        inside = known & (at_or_below >= 0)
        below[first:last][inside] = there[at_or_below[inside]]
    return above, below
