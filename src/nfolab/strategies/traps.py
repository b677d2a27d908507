"""Traps in rules: conditions that can never be true, stops and targets that lie inside the spread."""

from collections.abc import Iterator

import numpy as np

from nfolab.base.units import MILLION, Clock, Percent, Points
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.impossible import is_impossible
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.parts import joined_by_and
from nfolab.strategies.in_words import with_values
from nfolab.strategies.python_contracts import Listing
from nfolab.strategies.recipe import Recipe, Variant
from nfolab.strategies.rules import OF_HELD, OF_LEG, OF_MARKET, Rules
from nfolab.strategies.words import NONE
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import Call
from nfolab.tape.features.subject import OneContract
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

STRIKES = 3
_MIDDAY = Clock.parse("10:30:00")
MOSTLY = 0.5


def never_true(recipe: Recipe, variant: Variant) -> Iterator[str]:
    """Say which conditions of a variant can never be true, whatever the market does."""
    for place, text, vocabulary in _conditions(recipe):
        written = variant.params.get(text, text)
        if written == NONE or not is_impossible(read_condition(written, vocabulary, variant.params)):
            continue
        parts = joined_by_and(written)
        alone = [part for part in parts if is_impossible(read_condition(part, vocabulary, variant.params))]
        what = " and ".join(with_values(part, variant.params) for part in alone or parts)
        yield f"{place} can never be true: {what}"


def _conditions(recipe: Recipe) -> Iterator[tuple[str, str, TapeVocabulary]]:
    places = recipe.places
    enter, leave = places["enter"], places["exit"]
    of_entry = OF_LEG if "scan" in enter else OF_MARKET
    told = [("enter.when", enter.get("when"), of_entry)]
    told += [(f"enter.{side}", enter.get(side), OF_MARKET) for side in ("up", "down")]
    told += [("exit.signal", leave.get("signal"), OF_MARKET), ("exit.leg_signal", leave.get("leg_signal"), OF_LEG)]
    for number, leg in enumerate(places["leg"], 1):
        told += [(f"leg {number}.{key}", leg.get(key), OF_LEG) for key in ("when", "signal")]
    for number, rule in enumerate(places["adjust"], 1):
        told.append((f"adjust {number}.when", rule.get("when"), OF_HELD))
        told.append((f"adjust {number}.then.signal", rule.get("then", {}).get("signal"), OF_LEG))
    return ((place, text, vocabulary) for place, text, vocabulary in told if text is not None)


def inside_the_spread(variant: Variant, day: Day) -> Iterator[str]:
    """Say which stops and targets lie within the spread of the strikes around the money on most seconds of a day.

    Closing at once costs the spread of each leg, so that such a stop fires on its own and such a target is never
    reached by a move of its size. Legs of the whole are taken to be alike; of legs on both sides nothing is said.

    Args:
        variant: in points of one unit, or in percent of the premium.
        day: on which spreads are measured; the strikes are those within three of the money at half past ten.

    Raises:
        MissingDataError: the day does not tell where the money is.
    """
    numbers = Listing(day, Money(day)).near_the_money(_MIDDAY, STRIKES, variant.spot).numbers
    features = DayFeatures(day)
    subjects = [OneContract(number) for number in numbers]
    spread, mid = (features.table(call, subjects) for call in (Call("spread"), Call("mid")))
    known = np.isfinite(spread) & np.isfinite(mid)
    spread, mid = spread[known], mid[known]
    if not spread.size:
        return
    for where, rules, legs in _levels(variant):
        for name, level in (("stop", rules.stop), ("target", rules.target)):
            if isinstance(level, Points):
                share = float(np.mean(legs * spread >= level.paise))
            elif isinstance(level, Percent):
                share = float(np.mean(spread * MILLION >= level.millionths * mid))
            else:
                continue
            if share >= MOSTLY:
                yield (
                    f"the {name} of {where}, {level}, lies inside the round-trip spread of ATM±{STRIKES} on "
                    f"{share:.0%} of the quoted seconds of {day.day}"
                )


def _levels(variant: Variant) -> Iterator[tuple[str, Rules, int]]:
    entered = [leg for leg in variant.legs if not leg.lazy]
    if len({leg.sign for leg in entered}) == 1:
        yield "the whole", variant.rules, len(entered)
    for number, leg in enumerate(variant.legs, 1):
        yield f"leg {number}", leg.rules, 1
