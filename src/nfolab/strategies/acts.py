"""What adjustments do, in the kernel's numbers: legs as slots, two for one that is held in halves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nfolab.engine.positions.columns import words
from nfolab.engine.positions.program import Act, Pick
from nfolab.strategies import rules

_WHOM = {
    "winner": words.WINNER, "loser": words.LOSER, "all": words.ALL, "missing": words.MISSING, "whole": words.WHOLE,
}  # fmt: skip
_VERB = {"close": words.CLOSE, "open": words.OPEN, "roll": words.ROLL, "half": words.CLOSE, "cost": words.TO_COST}


@dataclass(frozen=True, slots=True)
class LegsAsSlots:
    """Which slots of the program are a leg of the recipe: one, or both halves.

    Attributes:
        halved: of each leg, whether it is held in halves.
    """

    halved: tuple[bool, ...]

    def of(self, leg: int) -> tuple[int, ...]:
        """Return the slots of a leg, counted from 0."""
        first = leg + sum(self.halved[:leg])
        return (first, first + 1) if self.halved[leg] else (first,)

    @property
    def legs(self) -> list[int]:
        """The leg of each slot."""
        return [leg for leg in range(len(self.halved)) for _ in self.of(leg)]

    def acts(self, asked: Sequence[rules.Act], picks: Callable[[], tuple[Pick, ...]]) -> tuple[Act, ...]:
        """Return what an adjustment does; `picks` tells what a roll opens each slot with."""
        return tuple(act for one in asked for act in self._acts(one, picks() if one.verb == "roll" else ()))

    def _acts(self, asked: rules.Act, picks: tuple[Pick, ...]) -> list[Act]:
        verb = _VERB[asked.verb]
        if isinstance(asked.whom, str):
            return [Act(verb, words.HALVES if asked.verb == "half" else _WHOM[asked.whom], picks=picks)]
        slots = self.of(asked.whom - 1)
        if asked.verb == "half":
            return [Act(verb, words.HALF, slots[-1])]
        return [Act(verb, words.SLOT, slot, picks) for slot in slots]
