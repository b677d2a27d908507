"""What a feature is taken of: the index, one contract, or the combined premium of several."""

from dataclasses import dataclass
from enum import StrEnum


class SubjectKind(StrEnum):
    """The kinds of subject, as a feature declares which of them it knows."""

    SPOT = "spot"
    CONTRACT = "contract"
    PREMIUM = "premium"


@dataclass(frozen=True, slots=True)
class Spot:
    """The index."""

    @property
    def kind(self) -> SubjectKind:
        """The kind of this subject."""
        return SubjectKind.SPOT


@dataclass(frozen=True, slots=True)
class OneContract:
    """One contract, by its number in the day's chain."""

    number: int

    @property
    def kind(self) -> SubjectKind:
        """The kind of this subject."""
        return SubjectKind.CONTRACT


@dataclass(frozen=True, slots=True)
class Premium:
    """The combined premium of several contracts: the sum of their prices.

    Attributes:
        numbers: their numbers in the day's chain.
    """

    numbers: tuple[int, ...]

    @property
    def kind(self) -> SubjectKind:
        """The kind of this subject."""
        return SubjectKind.PREMIUM


Subject = Spot | OneContract | Premium

SPOT = Spot()


def contracts_of(subject: Subject) -> tuple[int, ...]:
    """Return the numbers of the contracts that a subject is made of; none for the index."""
    if isinstance(subject, OneContract):
        return (subject.number,)
    return subject.numbers if isinstance(subject, Premium) else ()
