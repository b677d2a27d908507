"""The funnel: of a day's seconds, how many pass each condition to enter, so that no trade always has a reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from nfolab.strategies.choose import Chooser
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.parts import joined_by_and
from nfolab.strategies.conditions.tree import NO_CONDITION, Condition, Every
from nfolab.strategies.in_words import with_values
from nfolab.strategies.recipe import Entrance, Recipe, Variant
from nfolab.strategies.rules import OF_LEG, OF_MARKET
from nfolab.strategies.words import NONE

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Step:
    """One condition of a funnel.

    Attributes:
        rule: the condition as the recipe has it, with the values of its parameters.
        alone: seconds of the window at which it is true, whatever else is; with a scan, of at least one contract.
        left: seconds at which it and all conditions before it are true; with a scan, of one and the same contract.
    """

    rule: str
    alone: int
    left: int


def funnel(recipe: Recipe, variant: Variant, chooser: Chooser) -> list[Step]:
    """Return the steps from the seconds of the window to those at which an entry is decided if nothing is held.

    Args:
        recipe: the variant's, of the day's underlying.
        variant: one of its variants.
        chooser: of the day.

    Raises:
        MissingDataError: the day lacks what the variant needs.
    """
    told = partial(_told, recipe, variant)
    enter = variant.enter
    inside = _seconds(chooser, variant, when=None, up=None, down=None, scan=None)
    steps = [Step(_window(enter), int(inside.sum()), int(inside.sum()))]
    before: tuple[Condition, ...] = ()
    for rule, part in told("when", OF_LEG if enter.scan else OF_MARKET):
        alone = _seconds(chooser, variant, when=part, up=None, down=None)
        before = (*before, part)
        left = _seconds(chooser, variant, when=Every(before), up=None, down=None)
        steps.append(Step(rule, int(alone.sum()), int(left.sum())))
    when = Every(before) if before else None
    for side in ("up", "down"):
        joined: tuple[Condition, ...] = ()
        for rule, part in told(side, OF_MARKET):
            joined = (*joined, part)
            no_other = {"up": None, "down": None}
            alone = _seconds(chooser, variant, scan=None, when=None, **{**no_other, side: part})
            left = _seconds(chooser, variant, when=when, **{**no_other, side: Every(joined)})
            steps.append(Step(f"{side}: {rule}", int(alone.sum()), int(left.sum())))
    if enter.up is not None and enter.down is not None:
        one_side = chooser.may_enter(variant)
        steps.append(Step("one side and not the other", int(one_side.sum()), int(one_side.sum())))
    return steps


def _seconds(chooser: Chooser, variant: Variant, **changed: object) -> BoolArray:
    """Return bool [seconds]: where a variant may enter whose entrance says something else."""
    enter = replace(variant.enter, **changed)  # type: ignore[arg-type]
    return chooser.may_enter(replace(variant, enter=enter))


def _told(recipe: Recipe, variant: Variant, key: str, vocabulary: TapeVocabulary) -> Iterator[tuple[str, Condition]]:
    """Yield each part of a condition with its words; parts that a parameter of none switches off are left out."""
    text = recipe.places["enter"].get(key, NONE)
    text = variant.params.get(text, text)
    if text == NONE:
        return
    for part in joined_by_and(text):
        found = read_condition(part, vocabulary, variant.params)
        if found != NO_CONDITION:
            yield with_values(part, variant.params), found


def _window(enter: Entrance) -> str:
    if not enter.at:
        return f"from {enter.between[0]} to {enter.between[1]}"
    times: Sequence[str] = [str(clock) for clock in enter.at]
    return f"at {', '.join(times)}" + (f", within {enter.window}" if enter.window.count > 1 else "")
