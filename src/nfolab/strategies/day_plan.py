"""A variant on a day: what it came to, or why it could not."""

from dataclasses import dataclass

from nfolab.engine.positions.program import Program
from nfolab.strategies.leg_choices import LegChoice


class MissingDataError(Exception):
    """A day lacks what a strategy needs; the sentence says what, and what would serve instead."""


@dataclass(frozen=True, slots=True)
class NoEntry:
    """An entry that could not be made, for a reason known at its second."""

    second: int
    why: str


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A variant on a day: its program, the entries that fall outside the session, and its legs' pickers in order."""

    program: Program
    no_entries: tuple[NoEntry, ...]
    choices: tuple[LegChoice, ...]

    def why_none(self, second: int) -> str:
        """Say why no contract served at a second at which one was asked for."""
        for choice in self.choices:
            choice.at(second)
        return next(choice.refusals[second] for choice in self.choices if second in choice.refusals)
