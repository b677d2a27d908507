"""A condition once it is read: quantities and conditions as frozen, hashable nodes."""

from dataclasses import dataclass, fields, is_dataclass
from typing import Literal

from nfolab.strategies.conditions.dimension import Dimension
from nfolab.strategies.conditions.vocabulary import FeatureCall


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in the measures of `Dimension`."""

    value: float


@dataclass(frozen=True, slots=True)
class LotCount:
    """A number of lots, which is so many units on a given day."""

    count: int


@dataclass(frozen=True, slots=True)
class Time:
    """The time of day."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A feature of a subject, times the factor that brings it into its measures."""

    call: FeatureCall
    subject: str
    scale: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two quantities combined."""

    operator: Literal["+", "-", "*", "/"]
    left: "Quantity"
    right: "Quantity"


@dataclass(frozen=True, slots=True)
class Function:
    """`abs` of one quantity, `min` or `max` of several."""

    name: Literal["abs", "min", "max"]
    arguments: tuple["Quantity", ...]


Quantity = Constant | LotCount | Time | Taken | Arithmetic | Function


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two quantities held against each other."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class Crossing:
    """The left quantity is beyond the right one now, and was not a second before."""

    direction: Literal["above", "below"]
    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class Holds:
    """A feature that is a condition by itself."""

    feature: Taken


@dataclass(frozen=True, slots=True)
class Every:
    """`and`."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`or`."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`not`."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class HeldFor:
    """True at each of the last so many seconds."""

    part: "Condition"
    seconds: int


@dataclass(frozen=True, slots=True)
class HeldIn:
    """True at no fewer than `least` of the last so many seconds."""

    part: "Condition"
    least: int
    seconds: int


@dataclass(frozen=True, slots=True)
class WithinOf:
    """True now or at some second of the last so many before."""

    part: "Condition"
    seconds: int


Condition = Comparison | Crossing | Holds | Every | Either | Not | HeldFor | HeldIn | WithinOf

NO_CONDITION = Every(())
"""What is left of a condition all of whose parts name a parameter that is none: it asks nothing."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A quantity with its dimension; `literal` where it was written as a number."""

    quantity: Quantity
    dimension: Dimension
    literal: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether it is a 0 written without a unit, which fits every unit."""
        return self.literal and self.dimension.is_number and self.quantity == Constant(0.0)


def taken_in(part: object) -> list[Taken]:
    """Return every feature that a condition, or a part of one, takes."""
    if isinstance(part, Taken):
        return [part]
    if isinstance(part, tuple):
        return [taken for one in part for taken in taken_in(one)]
    if is_dataclass(part):
        return [taken for one in fields(part) for taken in taken_in(getattr(part, one.name))]
    return []


def subjects_of(part: object) -> set[str]:
    """Return the subjects that a condition, or a part of one, takes features of."""
    return {taken.subject for taken in taken_in(part)}
