"""The words at `leg.strike`: how each is written, and what it is read as. docs/recipes.md has the table."""

import re
from difflib import get_close_matches
from fractions import Fraction
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.base.units import Percent, Points
from nfolab.strategies.pickers.distance import NUMBER, Distance, Steps, read_distance
from nfolab.strategies.pickers.place import Away, FromLeg, StrikeRule
from nfolab.strategies.pickers.search import Amount, ByRank, ByValue, Measure, ShareOfStraddle, Where

Picker = StrikeRule | Away | FromLeg | ByValue | ByRank

_RANKED: dict[str, tuple[Measure, Literal["max", "min"]]] = {
    "max_oi": ("oi", "max"),
    "max_pair_oi": ("pair_oi", "max"),
    "max_theta": ("theta", "max"),
    "max_gamma_per_spread": ("gamma_per_spread", "max"),
    "max_iv": ("iv", "max"),
    "min_iv": ("iv", "min"),
}
_WORDS = ("atm", "atm_pair", "spot", "otm", "itm", "leg1", "premium", "delta", *_RANKED)
_DISTANCES = "2 (strike steps), 200pt, 1%, 1.5em or 0.5straddle"
_EXAMPLES = (
    "atm, atm_pair, atm+2, otm3, itm1 or a number such as 59400, otm 1%, spot+200pt, premium ~ 100rs, delta ~ 0.30"
)


def read_strike(text: str, legs_before: int = 0) -> Picker:
    """Read the word of a leg's strike.

    Args:
        text: as written, such as `atm`, `otm 1.5em`, `premium 80..120rs` or `max_oi beyond 0.5%`.
        legs_before: how many legs stand before this one, which `leg1`, `leg2` … may name.

    Raises:
        InputError: it is none, with what is wrong and how it would be written.
    """
    words = re.sub(r"\s+", " ", text.strip())
    place, _, where = words.partition(" within ")
    side: Literal["within", "beyond"] = "within"
    if not where:
        place, _, where = words.partition(" beyond ")
        side = "beyond"
    found = _read(text, place, legs_before, _where(text, side, where) if where else None)
    if found is None:
        head = re.match(r"[a-z_]+\d*", words)
        near = get_close_matches(head[0], _WORDS, n=1, cutoff=0.7) if head and head[0] not in _WORDS else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"{text!r} is no strike: write {_EXAMPLES}{hint}")
    return found


def _read(text: str, place: str, legs_before: int, where: Where | None) -> Picker | None:
    if match := re.fullmatch(r"(premium|delta) ?(~|>=|<=|)(.+)", place):
        measure: Literal["premium", "delta"] = "premium" if match[1] == "premium" else "delta"
        return _by_value(text, measure, match[2], match[3].strip(), where)
    if match := re.fullmatch(rf"({'|'.join(_RANKED)})(?: rank ([1-9]\d?))?", place):
        return ByRank(*_RANKED[match[1]], int(match[2] or 1), where)
    found = _place(text, place, legs_before)
    if found is not None and where is not None:
        raise InputError(
            f"{text!r} already says which strike: {where.side} … is for premium, delta and {', '.join(_RANKED)}"
        )
    return found


def _place(text: str, place: str, legs_before: int) -> Picker | None:
    """Read a strike told by its place."""
    if place in ("atm", "atm_pair"):
        return StrikeRule("atm" if place == "atm" else "atm_pair")
    if re.fullmatch(r"[1-9]\d*", place):
        return StrikeRule("fixed", int(place))
    if match := re.fullmatch(r"(atm|spot|leg\d)(?: ?([+-]) ?(.+))?", place):
        anchor, sign, far = match.groups()
        if anchor.startswith("leg"):
            return _from_leg(text, int(anchor[3:]), sign, far, legs_before)
        if sign is None:
            raise InputError(f"{text!r} says no distance: write atm for the strike nearest it, or spot+200pt")
        distance = _distance(text, far)
        if isinstance(distance, Steps):
            if anchor == "spot":
                raise InputError(f"{text!r} counts strikes from the spot, which is none: write atm{sign}{far}")
            return StrikeRule("steps", distance.count if sign == "+" else -distance.count)
        return Away("atm" if anchor == "atm" else "spot", "up" if sign == "+" else "down", distance)
    if match := re.fullmatch(r"(otm|itm) ?(\d.*)", place):
        side: Literal["otm", "itm"] = "otm" if match[1] == "otm" else "itm"
        distance = _distance(text, match[2])
        if isinstance(distance, Steps):
            return StrikeRule(side, distance.count)
        return Away("spot", side, distance)
    return None


def _from_leg(text: str, leg: int, sign: str | None, far: str | None, legs_before: int) -> FromLeg:
    if not 1 <= leg <= legs_before:
        known = (
            f"leg1 to leg{legs_before}" if legs_before > 1 else "leg1" if legs_before else "none, as it is the first"
        )
        raise InputError(f"{text!r} names a leg that does not stand before this one: those are {known}")
    if sign is None or far is None:
        return FromLeg(leg, 1, Steps(0))
    return FromLeg(leg, 1 if sign == "+" else -1, _distance(text, far))


def _distance(text: str, far: str) -> Distance:
    distance = read_distance(far)
    if distance is None:
        raise InputError(f"{text!r} has no distance that can be read in {far!r}: write {_DISTANCES}")
    return distance


def _where(text: str, side: Literal["within", "beyond"], far: str) -> Where:
    distance = read_distance(far)
    if distance is None:
        raise InputError(f"{text!r} has no distance that can be read after {side}: write {_DISTANCES}")
    return Where(side, distance)


def _by_value(
    text: str, measure: Literal["premium", "delta"], relation: str, value: str, where: Where | None
) -> ByValue:
    if ".." in value:
        if relation:
            raise InputError(f"{text!r} gives both {relation} and a range: keep one of them")
        low, _, high = (part.strip() for part in value.partition(".."))
        unit = re.fullmatch(rf"{NUMBER} ?(.*)", high)
        if re.fullmatch(NUMBER, low) and unit:
            low += unit[1]
        ends = _amount(text, measure, low), _amount(text, measure, high)
        if type(ends[0]) is not type(ends[1]) or not _size(ends[0]) < _size(ends[1]):
            raise InputError(f"{text!r} is no range: write the lower value first, such as {_SHOWN[measure][1]}")
        return ByValue(measure, "..", *ends, where)
    amount = _amount(text, measure, value)
    match relation:
        case "~" | ">=" | "<=":
            return ByValue(measure, relation, amount, amount, where)
    raise InputError(
        f"{text!r} does not say whether {measure} is to be near, at least or at most {value}: write "
        f"{measure} ~ {value}, {measure} >= {value}, {measure} <= {value} or a range such as {_SHOWN[measure][1]}"
    )


_SHOWN = {"premium": ("100rs or 40% of straddle", "premium 80..120rs"), "delta": ("0.30", "delta 0.25..0.35")}


def _amount(text: str, measure: Literal["premium", "delta"], value: str) -> Amount:
    amount: Amount | None = None
    if measure == "delta":
        if re.fullmatch(NUMBER, value) and 0 < Fraction(value) < 1:
            amount = Fraction(value)
    elif match := re.fullmatch(rf"({NUMBER}) ?(?:rs|pt)", value):
        amount = Points.parse(match[1] + "pt")
    elif match := re.fullmatch(rf"({NUMBER}%) of straddle", value):
        amount = ShareOfStraddle(Percent.parse(match[1]))
    if amount is None or not _size(amount):
        raise InputError(f"{text!r} gives {value!r}, which is no {measure}: write {_SHOWN[measure][0]}")
    return amount


def _size(amount: Amount) -> int | Fraction:
    match amount:
        case Points(paise):
            return paise
        case ShareOfStraddle(Percent(millionths)):
            return millionths
        case Fraction():
            return amount
