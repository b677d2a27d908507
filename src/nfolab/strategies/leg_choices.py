"""Which contract a leg takes at a second: by its own rule, by the side that fired, or the very contract that did."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from nfolab.strategies.pickers.chain import NoStrikeError
from nfolab.tape.book import Int32Array

Kind = Literal["CE", "PE"]
BoolArray = npt.NDArray[np.bool_]
OTHER: Mapping[Kind, Kind] = {"CE": "PE", "PE": "CE"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A contract taken at a second: its number in the day's chain, its strike, why, and the money, if asked for."""

    number: int
    strike: int
    why: str
    money: int | None


class LegChoice(Protocol):
    """The picker of one leg on one day.

    Attributes:
        taken: what it took, by second.
        refusals: why it took nothing, by second.
        at_once: int32 [seconds], what it takes at each second, −1 where none serves; None where it has to be asked.
    """

    taken: dict[int, Taken]
    refusals: dict[int, str]
    at_once: Int32Array | None

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain at a second, None where none serves."""
        ...


Take = Callable[[Kind, int, tuple[int, ...]], Taken]
"""Takes the contract of a kind at a second, given the strikes of the legs before; NoStrikeError where none serves."""


class RuleChoice:
    """A leg that takes its contract by its strike rule, its kind given for each second."""

    def __init__(
        self,
        take: Take,
        kind_at: Callable[[int], Kind | None],
        before: Sequence[LegChoice],
        fixed: Sequence[int] = (),
        at_once: Int32Array | None = None,
    ) -> None:
        """Make it; with `fixed`, rising seconds, the strike is chosen as of the last of them by then."""
        self.at_once = at_once
        self._take = take
        self._fixed = fixed
        self._kind_at = kind_at
        self._before = before
        self.taken: dict[int, Taken] = {}
        self.refusals: dict[int, str] = {}

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain at a second, None where none serves."""
        if second not in self.taken and second not in self.refusals:
            kind = self._kind_at(second)
            if any(leg.at(second) is None for leg in self._before):
                return None
            if kind is None:
                self.refusals[second] = "neither side fired"
                return None
            asked = second
            if self._fixed:
                place = bisect_right(self._fixed, second) - 1
                if place < 0 or self._fixed[place] < 0:
                    self.refusals[second] = "the time at which its strike is fixed has not come"
                    return None
                asked = self._fixed[place]
            try:
                self.taken[second] = self._take(kind, asked, tuple(leg.taken[second].strike for leg in self._before))
            except NoStrikeError as none:
                self.refusals[second] = str(none)
        return self.taken[second].number if second in self.taken else None


class TriggerChoice:
    """A leg that takes the contract whose condition fired, or the one of the other kind at its strike."""

    def __init__(self, trigger: Int32Array, strike: Int32Array, partner: Mapping[int, int] | None = None) -> None:
        """Make it from int32 [seconds], the contract that fired or −1, and int32 [contracts], strikes in rupees."""
        self._trigger = trigger
        self.at_once = trigger if partner is None else None
        self._strike = strike
        self._partner = partner
        self.taken: dict[int, Taken] = {}
        self.refusals: dict[int, str] = {}

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain at a second, None where none serves."""
        number: int | None = int(self._trigger[second])
        if number == -1:
            self.refusals[second] = "no contract fired"
            return None
        why = "its condition fired"
        if self._partner is not None:
            number, why = self._partner.get(int(self._trigger[second])), "the other kind at the strike that fired"
        if number is None:
            self.refusals[second] = "the strike that fired has no option of the other kind"
            return None
        self.taken.setdefault(second, Taken(number, int(self._strike[number]), why, None))
        return number


class GuardedChoice:
    """A leg's picker with a condition on the contract that it finds; where that is not true, none serves."""

    def __init__(self, choice: LegChoice, fires: Callable[[int], BoolArray], leg: int) -> None:
        """Make it from a picker, what tells bool [seconds] of a contract, and the leg's number, from 1."""
        self._choice = choice
        self._fires = fires
        self._leg = leg
        self.at_once: Int32Array | None = None
        self.taken = choice.taken
        self.refusals: dict[int, str] = {}

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain at a second, None where none serves."""
        number = self._choice.at(second)
        if number is None:
            if second in self._choice.refusals:
                self.refusals[second] = self._choice.refusals[second]
            return None
        if not self._fires(number)[second]:
            strike = self._choice.taken[second].strike
            self.refusals[second] = f"leg {self._leg}: what must be true of it is not true of the strike {strike}"
            return None
        return number


class HeldChoice:
    """Where a roll goes, told from a contract that is held: the one rolled, or the other one of a pair."""

    def __init__(self, take: Take, kind: npt.NDArray[np.str_], strike: Int32Array, *, of_other_kind: bool) -> None:
        """Make it from what takes a contract, and the kind and strike (rupees) of each of the day's contracts."""
        self._take = take
        self._kind = kind
        self._strike = strike
        self._of_other_kind = of_other_kind

    def at(self, second: int, held: int) -> int | None:
        """Return the contract's number in the day's chain, None where none serves."""
        kind: Kind = "CE" if self._kind[held] == "CE" else "PE"
        try:
            return self._take(OTHER[kind] if self._of_other_kind else kind, second, (int(self._strike[held]),)).number
        except NoStrikeError:
            return None
