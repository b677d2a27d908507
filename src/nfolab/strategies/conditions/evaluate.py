"""Conditions as arrays over the seconds of a day, true, false or unknown.

The logic is Kleene's with three values (S. C. Kleene, Introduction to Metamathematics, 1952, §64): what is compared
with an unknown value is unknown; `and` is the least of its parts, `or` the greatest, where false < unknown < true. An
unknown condition does not fire. At second t nothing later than t is read.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.strategies.conditions.tree import (
    NO_CONDITION,
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Crossing,
    Either,
    Every,
    Function,
    HeldFor,
    HeldIn,
    Holds,
    LotCount,
    Not,
    Quantity,
    Taken,
    Time,
    WithinOf,
)
from nfolab.strategies.conditions.vocabulary import Market, Values

Truth = NDArray[np.int8]
"""int8 [seconds]: FALSE, UNKNOWN or TRUE."""

FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2

_COMPARED = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_RECKONED = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


class Evaluation:
    """Evaluates conditions over one day; a part that stands in several is worked out once."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._truths: dict[Condition, Truth] = {}
        self._values: dict[Taken, Values] = {}

    def fires(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool [seconds]: where a condition is true, so neither false nor unknown."""
        fired: NDArray[np.bool_] = self.truth(condition) == TRUE
        return fired

    def truth(self, condition: Condition) -> Truth:
        """Return whether a condition is TRUE, FALSE or UNKNOWN at each second."""
        if condition not in self._truths:
            self._truths[condition] = self._worked_out(condition)
        return self._truths[condition]

    def values(self, quantity: Quantity) -> Values:
        """Return float64 [seconds] of a quantity in the measures of its dimension, NaN where it is unknown."""
        if quantity in self._values:
            return self._values[quantity]
        with np.errstate(all="ignore"):
            found = self._reckoned(quantity)
        if isinstance(quantity, Taken):
            self._values[quantity] = found
        return found

    def _worked_out(self, condition: Condition) -> Truth:
        if condition == NO_CONDITION:
            return np.full(self.market.seconds, TRUE, np.int8)
        match condition:
            case Comparison(operator, left, right):
                return compared(operator, self.values(left), self.values(right))
            case Crossing(direction, left, right):
                beyond, not_beyond = (">", "<=") if direction == "above" else ("<", ">=")
                values = self.values(left), self.values(right)
                before = np.full(self.market.seconds, UNKNOWN, np.int8)
                before[1:] = compared(not_beyond, *values)[:-1]
                return np.minimum(compared(beyond, *values), before)
            case Holds(feature):
                return compared("!=", self.values(feature), np.zeros(self.market.seconds))
            case Every(parts):
                return np.asarray(np.minimum.reduce([self.truth(part) for part in parts]), dtype=np.int8)
            case Either(parts):
                return np.asarray(np.maximum.reduce([self.truth(part) for part in parts]), dtype=np.int8)
            case Not(part):
                return (TRUE - self.truth(part)).astype(np.int8)
            case HeldFor(part, seconds):
                return held_for(self.truth(part), seconds)
            case HeldIn(part, least, seconds):
                return held_in(self.truth(part), least, seconds)
            case WithinOf(part, seconds):
                return within_of(self.truth(part), seconds)

    def _reckoned(self, quantity: Quantity) -> Values:
        seconds = self.market.seconds
        match quantity:
            case Constant(value):
                return np.broadcast_to(np.float64(value), seconds)
            case LotCount(count):
                return np.broadcast_to(np.float64(count * self.market.lot), seconds)
            case Time():
                return np.arange(seconds, dtype=np.float64) + self.market.opening
            case Taken(call, subject, scale):
                found = self.market.values(call, subject)
                return found if scale == 1.0 else scale * found
            case Arithmetic(operator, left, right):
                found = _RECKONED[operator](self.values(left), self.values(right))
                found[~np.isfinite(found)] = np.nan
                return found
            case Function("abs", arguments):
                return np.abs(self.values(arguments[0]))
            case Function(name, arguments):
                chosen = np.minimum if name == "min" else np.maximum
                return np.asarray(chosen.reduce([self.values(one) for one in arguments]), dtype=np.float64)


def compared(operator: str, left: Values, right: Values) -> Truth:
    """Return TRUE or FALSE, UNKNOWN where a side is NaN."""
    found = np.where(_COMPARED[operator](left, right), TRUE, FALSE).astype(np.int8)
    found[np.isnan(left) | np.isnan(right)] = UNKNOWN
    return found


def _seconds_since(met: NDArray[np.bool_], before: int) -> NDArray[np.int64]:
    """Return how many seconds ago `met` was last true, at each second; before the first, seconds since `before`."""
    seconds = np.arange(met.size)
    last: NDArray[np.int64] = np.maximum.accumulate(np.where(met, seconds, before))
    return seconds - last


def held_for(truth: Truth, seconds: int) -> Truth:
    """Return TRUE where it was TRUE at each of the last `seconds` seconds with t; before the open it is UNKNOWN."""
    never = -truth.size - seconds
    found = np.full(truth.size, UNKNOWN, np.int8)
    found[_seconds_since(truth != TRUE, -1) >= seconds] = TRUE
    found[_seconds_since(truth == FALSE, never) < seconds] = FALSE
    return found


def held_in(truth: Truth, least: int, seconds: int) -> Truth:
    """Return TRUE where it was TRUE at `least` of the last `seconds` seconds with t; before the open it is UNKNOWN."""

    def counted(what: int) -> NDArray[np.int64]:
        so_far = np.concatenate([np.zeros(seconds, np.int64), np.cumsum(truth == what)])
        newest: NDArray[np.int64] = so_far[seconds:] - so_far[:-seconds]
        return newest

    found = np.full(truth.size, UNKNOWN, np.int8)
    found[counted(TRUE) >= least] = TRUE
    found[seconds - counted(FALSE) < least] = FALSE
    return found


def within_of(truth: Truth, seconds: int) -> Truth:
    """Return TRUE where it was TRUE at t or at one of the `seconds` seconds before; before the open it is UNKNOWN."""
    never = -truth.size - seconds - 1
    found = np.full(truth.size, UNKNOWN, np.int8)
    found[_seconds_since(truth != FALSE, -1) > seconds] = FALSE
    found[_seconds_since(truth == TRUE, never) <= seconds] = TRUE
    return found
