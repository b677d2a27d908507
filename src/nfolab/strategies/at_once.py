"""Which contract a leg takes at every second of a day at once, where its strike follows from the money alone."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from nfolab.strategies.fired import NONE
from nfolab.strategies.leg_choices import Kind
from nfolab.strategies.pickers.place import StrikeRule
from nfolab.tape.book import Int32Array

_SIGNS: tuple[tuple[Kind, int], tuple[Kind, int]] = (("CE", 1), ("PE", -1))


def contracts_at_once(
    rule: StrikeRule,
    kinds: npt.NDArray[np.int8],
    middle: tuple[Int32Array, Int32Array],
    strikes: Sequence[int],
    step: int,
    number: Callable[[Kind, int], int | None],
    first_second: Int32Array,
) -> Int32Array:
    """Return int32 [seconds]: the contract that a leg takes at each second, −1 where none serves.

    Args:
        rule: counted from the money.
        kinds: int8 [seconds], +1 where the leg is a call, −1 where it is a put, 0 where that is not known.
        middle: int32 [seconds], twice: the places among `strikes` of those at the money, of calls and of puts.
        strikes: rising, in rupees.
        step: between two strikes, in rupees.
        number: the contract of a kind and strike, None where there is none.
        first_second: int32 [contracts], since when each is listed.
    """
    values = np.array(strikes, np.int64)
    seconds = np.arange(middle[0].size)
    found = np.full(seconds.size, NONE, np.int32)
    for (kind, sign), place in zip(_SIGNS, middle, strict=True):
        steps = {"steps": 1, "otm": sign, "itm": -sign}.get(rule.rule, 0) * rule.number
        asked = values[place] + steps * step
        there = (kinds == sign) & (place != NONE)
        for strike in np.unique(asked[there]).tolist():
            contract = number(kind, strike)
            if contract is not None:
                found[there & (asked == strike) & (seconds >= first_second[contract])] = contract
    return found
