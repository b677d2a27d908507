"""What a condition may speak of: the features, their parameters and units, and the subjects they are taken of."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nfolab.base.units import Clock, Points, Seconds
from nfolab.strategies.conditions.dimension import Dimension

Values = NDArray[np.float64]


class ParameterKind(StrEnum):
    """What a parameter of a feature takes, in the words of an error."""

    LENGTH = "a length of time such as 30s"
    WINDOW = "a length of time of at least a second such as 30s"
    CLOCK = "a time of day such as 09:20:00"
    POINTS = "a number of points such as 100pt"
    COUNT = "a whole number from 1 on such as 14"
    LEVELS = "a number of levels from 1 to 5"
    STRIKES = "a number of strikes from 0 on"
    FEATURE = "another feature such as mid"


@dataclass(frozen=True, slots=True)
class FeatureCall:
    """A feature with the values of all its parameters, in their order."""

    name: str
    arguments: tuple["Argument", ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


Argument = Seconds | Clock | Points | int | FeatureCall


@dataclass(frozen=True, slots=True)
class FeatureParameter:
    """A parameter of a feature; `default` is None where it must be given."""

    name: str
    kind: ParameterKind
    default: Argument | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a feature's values are: their dimension, and the factor that brings them into its measures.

    `is_truth`: the values are 1 and 0, and the feature is a condition by itself.
    """

    dimension: Dimension
    scale: float = 1.0
    is_truth: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """How a feature is called and what comes of it.

    Attributes:
        name: how it is spelled.
        parameters: in order.
        measured: None where it is measured as the feature is that it takes as parameter.
        subjects: the kinds of subject that it is known of.
    """

    name: str
    parameters: tuple[FeatureParameter, ...]
    measured: Measured | None
    subjects: frozenset[str]


class Vocabulary(Protocol):
    """What conditions are checked against when they are read."""

    @property
    def features(self) -> Mapping[str, Signature]:
        """Every feature by name."""

    @property
    def subjects(self) -> Mapping[str, str]:
        """The kind of each subject that may be named; the first is meant where none is."""

    def unfit(self, call: FeatureCall) -> str | None:
        """Return what is wrong with arguments that are each well formed but do not fit together, or None."""


class Market(Protocol):
    """What conditions are evaluated over: one day."""

    @property
    def seconds(self) -> int:
        """How many seconds the day has."""

    @property
    def opening(self) -> int:
        """The second of the day (since midnight, IST) at which second 0 lies."""

    @property
    def lot(self) -> int:
        """Units in a lot."""

    def values(self, call: FeatureCall, subject: str) -> Values:
        """Return float64 [seconds] of a feature, NaN where it is not known; at t from what was known at t."""
