"""Conditions that can never be true, whatever the market does."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from nfolab.base.units import Seconds
from nfolab.strategies.conditions.tree import (
    Arithmetic,
    Comparison,
    Condition,
    Constant,
    Either,
    Every,
    Function,
    HeldFor,
    HeldIn,
    Quantity,
    Taken,
    WithinOf,
)
from nfolab.strategies.conditions.vocabulary import FeatureCall

_SHARES = ("up_share", "rank", "rsi", "bar_rsi", "atm_iv_percentile", "depth", "gamma_rank")
_NEVER_BELOW_ZERO = (
    "volume", "mean_volume", "volume_rate", "bar_volume", "day_volume", "spread", "spread_percent", "range", "sigma",
    "rv", "realised_vol", "return_sigma", "bid_depth", "ask_depth", "depth", "imbalance_ratio", "iv", "atm_iv", "age",
    "oi", "pcr", "gamma", "atr", "last", "bid", "ask", "mid", "activity",
)  # fmt: skip
BOUNDS: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(_NEVER_BELOW_ZERO, (0.0, inf)),
    **dict.fromkeys(_SHARES, (0.0, 1.0)),
    "depth": (0.0, inf),
    "imbalance": (-1.0, 1.0),
    "delta": (-1.0, 1.0),
    "absolute": (0.0, inf),
}
"""Least and greatest value of features of one contract, in the measures of conditions."""

_UPPERMOST = ("highest", "day_high")
_LOWERMOST = ("lowest", "day_low")
_SUMS = ("volume",)
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass
class _Range:
    """Where a quantity must lie; whether each end is left out."""

    low: float = -inf
    high: float = inf
    above: bool = False
    below: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.above or self.below))

    def narrow(self, operator: str, value: float) -> None:
        """Take a comparison with a number into account."""
        if operator in (">", ">=", "==") and (value, operator == ">") > (self.low, self.above):
            self.low, self.above = value, operator == ">"
        if operator in ("<", "<=", "==") and (-value, operator == "<") > (-self.high, self.below):
            self.high, self.below = value, operator == "<"


def is_impossible(condition: Condition) -> bool:
    """Say whether a condition can never be true: contradictions, values out of bounds, a part above its whole.

    It errs to one side: what it names can never be true; what it does not name may be impossible all the same.
    """
    match condition:
        case Every(parts):
            return any(is_impossible(part) for part in parts) or any(one.is_empty for one in _ranges(parts))
        case Either(parts):
            return all(is_impossible(part) for part in parts)
        case HeldFor(part) | HeldIn(part) | WithinOf(part):
            return is_impossible(part)
        case Comparison():
            return _beyond_its_whole(condition) or any(one.is_empty for one in _ranges((condition,)))
    return False


def _ranges(parts: tuple[Condition, ...]) -> Iterator[_Range]:
    """Yield where each quantity that is held against a number must lie for all parts to be true."""
    asked: dict[Quantity, _Range] = defaultdict(_Range)
    for part in _flat(parts):
        for operator, left, right in ((part.operator, part.left, part.right), _turned(part)):
            if isinstance(right, Constant) and not isinstance(left, Constant):
                asked[left].narrow(operator, right.value)
    for quantity, found in asked.items():
        low, high = _bounds(quantity)
        found.narrow(">=", low)
        found.narrow("<=", high)
        yield found


def _flat(parts: tuple[Condition, ...]) -> Iterator[Comparison]:
    for part in parts:
        if isinstance(part, Every):
            yield from _flat(part.parts)
        elif isinstance(part, Comparison):
            yield part


def _turned(part: Comparison) -> tuple[str, Quantity, Quantity]:
    return _MIRRORED[part.operator], part.right, part.left


def _bounds(quantity: Quantity) -> tuple[float, float]:
    match quantity:
        case Taken(call=FeatureCall(name=name)) if name in BOUNDS:
            return BOUNDS[name]
        case Function(name="abs"):
            return 0.0, inf
    return -inf, inf


def _beyond_its_whole(part: Comparison) -> bool:
    """Whether a part is asked to exceed what contains it: `volume(60s) > volume(120s)`, `last > highest(60s)`."""
    for operator, left, right in ((part.operator, part.left, part.right), _turned(part)):
        if operator == ">" and (_contains(right, left, _UPPERMOST) or _is_longer_sum(right, left)):
            return True
        if operator == "<" and _contains(right, left, _LOWERMOST):
            return True
    return False


def _contains(whole: Quantity, part: Quantity, names: tuple[str, ...]) -> bool:
    """Whether the whole is the extreme of the part over a window that ends now."""
    if not (isinstance(whole, Taken) and isinstance(part, Taken)) or whole.call.name not in names:
        return False
    ends_now = all(not isinstance(one, Seconds) or one.count == 0 for one in whole.call.arguments[2:])
    return ends_now and whole.subject == part.subject and part.call in whole.call.arguments


def _is_longer_sum(whole: Quantity, part: Quantity) -> bool:
    """Whether the whole is at least the sum, over a window no shorter, of what the part sums up."""
    factor = 1.0
    if isinstance(whole, Arithmetic) and whole.operator == "*":
        for number, other in ((whole.left, whole.right), (whole.right, whole.left)):
            if isinstance(number, Constant):
                factor, whole = number.value, other
                break
    if not (isinstance(whole, Taken) and isinstance(part, Taken)) or whole.call.name not in _SUMS:
        return False
    windows = [one.call.arguments[0] for one in (whole, part)]
    alike = replace(whole, call=part.call) == part and whole.call.name == part.call.name
    longer = all(isinstance(one, Seconds) for one in windows) and windows[0].count >= windows[1].count  # type: ignore[union-attr]
    return alike and longer and factor >= 1
