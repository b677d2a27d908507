"""What a recipe rests on, as follows from its conditions, its strikes and its rules."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from nfolab.base.errors import InputError
from nfolab.strategies.conditions.features import tape_call
from nfolab.strategies.conditions.tree import Taken, taken_in
from nfolab.strategies.pickers.search import ByRank, ByValue
from nfolab.tape.features.definition import Call
from nfolab.tape.features.registry import columns, of_its_day
from nfolab.tape.features.spelling import read_call

if TYPE_CHECKING:
    from nfolab.strategies.python import PythonStrategy
    from nfolab.strategies.recipe import Recipe, Variant

OPTIONS = "options"
FOLLOWS = ("spot", "future", "chain", "volume", "open interest", "five levels", "past days")
"""The needs that follow from a recipe's rules alone: a header that names one of them must be right."""

EXPIRY_DAY = "expiry day"
"""It follows where a recipe trades on that day alone, and may be told where it finds the day by other means."""

_SUBJECTS = ("spot", "future", "chain")
_BEYOND_THE_BEST = re.compile(r"[bs][pqo][1-4](_paise)?")


def needs_of(variant: "Variant") -> dict[str, str]:
    """Return what a variant rests on beyond the quotes of its contracts, each with what asks for it."""
    found: dict[str, str] = {}
    for need, why in _asked(variant):
        found.setdefault(need, why)
    return {need: found[need] for need in (*FOLLOWS, EXPIRY_DAY) if need in found}


def needs_of_python(strategy: "PythonStrategy") -> dict[str, str]:
    """Return what a Python strategy rests on, as far as its file names it; see `needs_of`."""
    found = {"spot": "what its file says of the index"} if strategy.asks_for_index else {}
    for text in strategy.features:
        for need, why in _of_call(read_call(text)):
            found.setdefault(need, why)
    return {need: found[need] for need in FOLLOWS if need in found}


def check_needs(recipe: "Recipe") -> None:
    """Hold the needs that a recipe's header names against those that follow from it.

    Raises:
        InputError: the header lacks one, or names one of these that nothing asks for.
    """
    if recipe.header.needs is not None:
        hold_needs(recipe.where, recipe.header.needs, needs_of(recipe.variant({}, 0)), all_follow=True)


def hold_needs(where: str, told: Sequence[str], follow: Mapping[str, str], *, all_follow: bool) -> None:
    """Raise InputError where the needs told are not those that follow.

    Args:
        where: the file, for messages.
        told: by the header.
        follow: from the strategy, each with what asks for it.
        all_follow: whether what is told must follow, if it is of `FOLLOWS`.
    """
    for need, why in follow.items():
        if need not in told:
            raise InputError(f"{where}: needs does not name {need!r}, which {why} asks for: add it")
    for need in told:
        if all_follow and need in FOLLOWS and need not in follow:
            raise InputError(f"{where}: needs names {need!r}, but nothing in the recipe asks for it: drop it")


def _asked(variant: "Variant") -> Iterator[tuple[str, str]]:
    if variant.spot == "index" and (variant.asks_for_money or variant.asks_for_pair):
        yield "spot", "the strike at the money"
    if variant.asks_for_pair and variant.spot == "index":
        yield "spot", "the options at the money"
    if variant.days.to_expiry == (0, 0):
        yield EXPIRY_DAY, "to_expiry"
    for number, leg in enumerate(variant.legs, 1):
        if isinstance(leg.strike, ByValue | ByRank):
            yield "chain", f"the strike of leg {number}"
            if leg.strike.measure in ("oi", "pair_oi"):
                yield "open interest", f"the strike of leg {number}"
    rules = [
        variant.rules,
        *(leg.rules for leg in variant.legs),
        *(one.then for one in variant.adjustments if one.then),
    ]
    if any(one.spot is not None for one in rules):
        yield "spot", "a rule on the index"
    for term in (term for one in variant.adjustments for term in one.terms):
        if term.word.startswith("spot_") or term.word == "strike_distance":
            yield "spot", term.word
    for taken in (taken for condition in variant.conditions for taken in taken_in(condition)):
        yield from _of_feature(taken)


def _of_feature(taken: Taken) -> Iterator[tuple[str, str]]:
    call = tape_call(taken.call)
    if taken.subject in _SUBJECTS:
        yield taken.subject, f"{taken.subject}.{call}"
    if taken.subject != "spot":
        yield from _of_call(call)
    elif not of_its_day(call):
        yield "past days", str(call)


def _of_call(call: Call) -> Iterator[tuple[str, str]]:
    if not of_its_day(call):
        yield "past days", str(call)
    for column in columns(call):
        if column.startswith("volume"):
            yield "volume", str(call)
        elif column == "oi":
            yield "open interest", str(call)
        elif _BEYOND_THE_BEST.fullmatch(column):
            yield "five levels", str(call)
