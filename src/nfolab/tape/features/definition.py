"""What a feature is: a named pure function over the seconds of a day, and all that is declared about it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, NewType

import numpy as np
import numpy.typing as npt

from nfolab.base.units import Clock, Points, Seconds
from nfolab.tape.features.subject import SubjectKind

Values = npt.NDArray[np.float64]
"""float64 [seconds]; NaN where there is no value."""

Window = NewType("Window", Seconds)
"""A length of time of at least a second; a window of w seconds at t is t − w + 1 … t."""

Count = NewType("Count", int)
"""A whole number from 1 on."""

Strikes = NewType("Strikes", int)
"""How many strikes each side of the one at the money: 0 for that strike alone."""

Levels = NewType("Levels", int)
"""How many of the five levels of the book, best first: 1 to 5."""


class Unit(StrEnum):
    """In what a feature is measured; a language of conditions compares only what shares a unit."""

    PAISE = "paise"
    UNITS = "units"
    UNITS_PER_SECOND = "units per second"
    PERCENT = "percent"
    """A share of a whole, stored as a fraction: 0.01 is 1 %."""
    RATIO = "ratio"
    LOG_PER_SECOND = "log per second"
    SECONDS = "seconds"
    MINUTES = "minutes"
    BARS = "bars"
    EVENTS = "events"
    TRUTH = "truth"
    """1 where it holds, 0 where not."""
    SIGN = "sign"
    """+1, 0 or −1."""
    PER_PAISA = "per paisa"
    PER_SQUARE_PAISA = "per paisa per paisa"
    PAISE_PER_DAY = "paise per day"
    PERCENT_PER_DAY = "percent per day"
    PAISE_PER_VOLATILITY = "paise per 100 % of volatility"


AS_OF: Final = "that of its values"
"""Unit of a feature that is measured in the unit of what it is taken of."""


@dataclass(frozen=True, slots=True)
class Call:
    """One feature with its parameters, such as `ema(5s)`; every parameter has its value, defaults filled in.

    Attributes:
        name: the feature's.
        arguments: in the order of the feature's parameters.
    """

    name: str
    arguments: tuple["Argument", ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


Argument = Seconds | Clock | Points | int | Call

LAST: Final = Call("last")
"""What most features are taken of: the last traded price, of the index its value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter: what a user calls it, and how it is written."""

    words: str
    written: str


KINDS: Final[Mapping[object, Kind]] = {
    Seconds: Kind("a length of time", "30s"),
    Window: Kind("a length of time from 1s on", "30s"),
    Clock: Kind("a time of day", "09:20:00"),
    Points: Kind("a number of points", "100pt"),
    Count: Kind("a whole number from 1 on", "14"),
    Levels: Kind("a number of levels from 1 to 5", "5"),
    Strikes: Kind("a number of strikes from 0 on", "5"),
    Call: Kind("another feature", "mid()"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a feature.

    Attributes:
        kind: one of `KINDS`.
        default: None where it must be given.
    """

    name: str
    kind: Any
    default: Argument | None


Lengths = Callable[..., int]
"""Seconds as a function of the feature's arguments, by name."""

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Feature:
    """All that is declared about a feature.

    Attributes:
        name: how it is spelled.
        formula: what it is, in one line.
        source: where its definition comes from.
        unit: `AS_OF` means that of the feature it is taken of.
        subjects: what it can be taken of.
        legs: how the value of a combined premium follows from its contracts': their sum, their greatest or their least;
            None where the formula itself is applied to the premium's own values.
        columns: the lake columns it reads of a contract, without those of a feature given as parameter.
        warm_up: seconds from the subject's first value on before which there is none; beyond that of its parameter.
        look_back: how many seconds before t can matter at t, beyond those of its parameter; None for the whole day.
        examples: calls that show it; the tests hold each against a slow twin.
        check: what is wrong with arguments that do not fit together, in words, or None.
        of_its_day: whether it follows from what the cache names a day by; what does not is never kept on disk.
        compute: fills the values: `compute(given, out, **arguments)`.
    """

    name: str
    summary: str
    formula: str
    source: str
    unit: Unit | Literal["that of its values"]
    subjects: frozenset[SubjectKind]
    legs: Literal["sum", "greatest", "least"] | None
    parameters: tuple[Parameter, ...]
    columns: Callable[..., Columns]
    warm_up: Lengths
    look_back: Callable[..., int | None]
    examples: tuple[str, ...]
    check: Callable[..., str | None]
    of_its_day: bool
    compute: Callable[..., None]

    def named(self, call: Call) -> dict[str, Argument]:
        """Return the arguments of a call of this feature by name."""
        return dict(zip((one.name for one in self.parameters), call.arguments, strict=True))

    @property
    def signature(self) -> str:
        """How it is written, such as `mean_volume(window, before = 0s)`."""
        parts = [one.name if one.default is None else f"{one.name} = {one.default}" for one in self.parameters]
        return f"{self.name}({', '.join(parts)})"


EVERY: Final = frozenset(SubjectKind)
WITH_BOOK: Final = frozenset({SubjectKind.CONTRACT, SubjectKind.PREMIUM, SubjectKind.FUTURE})
WITH_ROWS: Final = WITH_BOOK | {SubjectKind.SPOT}
ONE_BOOK: Final = WITH_BOOK - {SubjectKind.PREMIUM}
OPTIONS_ONLY: Final = frozenset({SubjectKind.CONTRACT, SubjectKind.PREMIUM})
ONE_CONTRACT: Final = frozenset({SubjectKind.CONTRACT})
SPOT_ONLY: Final = frozenset({SubjectKind.SPOT})
CHAIN_ONLY: Final = frozenset({SubjectKind.CHAIN})
ONE_EXPIRY: Final = frozenset({SubjectKind.CONTRACT, SubjectKind.CHAIN})


def _none(**_: object) -> int:
    return 0


def _nothing(**_: object) -> None:
    return None


def feature(
    *,
    unit: Unit | Literal["that of its values"],
    formula: str,
    source: str,
    examples: tuple[str, ...],
    subjects: frozenset[SubjectKind] = EVERY,
    legs: Literal["sum", "greatest", "least"] | None = None,
    columns: Columns | Callable[..., Columns] = (),
    warm_up: Lengths = _none,
    look_back: Callable[..., int | None] = _nothing,
    check: Callable[..., str | None] = _nothing,
    of_its_day: bool = True,
    name: str | None = None,
) -> Callable[[Callable[..., None]], Feature]:
    """Turn a function `compute(given, out, …)` into a feature; its further arguments become the parameters.

    The arguments are those of `Feature`; `name` where the function cannot be called as the feature is.
    """

    def declared(compute: Callable[..., None]) -> Feature:
        own = list(inspect.signature(compute).parameters.values())[2:]
        parameters = tuple(
            Parameter(one.name, one.annotation, None if one.default is one.empty else one.default) for one in own
        )
        reads = columns if callable(columns) else _always(columns)
        return Feature(
            name or compute.__name__, inspect.getdoc(compute) or "", formula, source, unit, subjects, legs, parameters,
            reads, warm_up, look_back, examples, check, of_its_day, compute,
        )  # fmt: skip

    return declared


def _always(columns: Columns) -> Callable[..., Columns]:
    def reads(**_: object) -> Columns:
        return columns

    return reads
