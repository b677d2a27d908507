"""Numbers with units as conditions write them."""

import re

from nfolab.base.errors import InputError
from nfolab.base.units import MILLION, Clock, Lots, Percent, Points, Rupees, Seconds
from nfolab.strategies.conditions.dimension import CLOCK, DAYS, NUMBER, POINTS, SECONDS, SHARE, UNITS
from nfolab.strategies.conditions.tree import Constant, LotCount, Typed
from nfolab.strategies.conditions.vocabulary import Argument, ParameterKind

UNITS_KNOWN = "pt, rs, %, s, m, day, units, lots or none, or a time of day such as 09:45:00"
_MOST_LEVELS = 5


def read_quantity(written: str) -> Typed:
    """Return a number with its dimension.

    Raises:
        InputError: its unit is not known, or it is finer than its unit's smallest step.
    """
    if ":" in written:
        return Typed(Constant(float(Clock.parse(written).second_of_day)), CLOCK, literal=True)
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)([A-Za-z%]*)", written, re.ASCII)
    if match is None:
        raise InputError(f"{written!r} is no number: write one with its unit: {UNITS_KNOWN}")
    number, unit = match.groups()
    match unit:
        case "":
            return Typed(Constant(float(number)), NUMBER, literal=True)
        case "pt":
            return Typed(Constant(float(Points.parse(written).paise)), POINTS, literal=True)
        case "rs":
            return Typed(Constant(float(Rupees.parse(written).paise)), POINTS, literal=True)
        case "%":
            return Typed(Constant(Percent.parse(written).millionths / MILLION), SHARE, literal=True)
        case "s" | "m":
            return Typed(Constant(float(Seconds.parse(written).count)), SECONDS, literal=True)
        case "day" | "days":
            return Typed(Constant(float(number)), DAYS, literal=True)
        case "units":
            return Typed(Constant(float(number)), UNITS, literal=True)
        case "lot" | "lots":
            return Typed(LotCount(Lots.parse(written).count), UNITS, literal=True)
    raise InputError(f"{written!r} has a unit that is not known: write {UNITS_KNOWN}")


def read_argument(kind: ParameterKind, written: str) -> Argument:
    """Return the value of a feature's parameter; raise InputError if it is not of its kind."""
    match kind:
        case ParameterKind.LENGTH | ParameterKind.WINDOW:
            length = Seconds.parse(written)
            if kind is ParameterKind.LENGTH or length.count > 0:
                return length
        case ParameterKind.CLOCK:
            return Clock.parse(written)
        case ParameterKind.POINTS:
            return Points.parse(written)
        case ParameterKind.COUNT | ParameterKind.LEVELS:
            most = _MOST_LEVELS if kind is ParameterKind.LEVELS else MILLION
            if re.fullmatch(r"[1-9]\d{0,6}", written, re.ASCII) and int(written) <= most:
                return int(written)
        case ParameterKind.STRIKES:
            if re.fullmatch(r"\d{1,6}", written, re.ASCII):
                return int(written)
        case ParameterKind.FEATURE:
            pass
    raise InputError(f"{written!r} is not {kind}")
