"""What a feature is taken of: the index, one contract, a combined premium, a chain, or the future."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SubjectKind(StrEnum):
    """The kinds of subject, as a feature declares which of them it knows."""

    SPOT = "spot"
    CONTRACT = "contract"
    PREMIUM = "premium"
    CHAIN = "chain"
    FUTURE = "future"


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


@dataclass(frozen=True, slots=True)
class Chain:
    """All options of one expiry, and the strike from which those near the money are counted.

    Attributes:
        expiry: the expiry.
        frozen: the second since the open whose strike at the money counts from then on (before it there is none); None
            where it is that of each second.
    """

    expiry: date
    frozen: int | None = None

    @property
    def kind(self) -> SubjectKind:
        """The kind of this subject."""
        return SubjectKind.CHAIN


@dataclass(frozen=True, slots=True)
class Future:
    """The future of the index that expires next."""

    @property
    def kind(self) -> SubjectKind:
        """The kind of this subject."""
        return SubjectKind.FUTURE


Subject = Spot | OneContract | Premium | Chain | Future

SPOT = Spot()
FUTURE = Future()


def contracts_of(subject: Subject) -> tuple[int, ...]:
    """Return the numbers of the contracts that a subject is made of; none for the others."""
    if isinstance(subject, OneContract):
        return (subject.number,)
    return subject.numbers if isinstance(subject, Premium) else ()
