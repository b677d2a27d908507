"""What capital a strategy's entry binds: the user's flat margin for what it sells, the premium for what it buys."""

from collections.abc import Iterator

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.margin import flat_margin
from nfolab.market.tables import underlyings
from nfolab.strategies.find import Strategy
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.recipe import Leg, Recipe, Variant

_RESOLVED = (
    {"with": "CE", "against": "PE", "trigger": "CE", "other": "PE"},
    {"with": "PE", "against": "CE", "trigger": "PE", "other": "CE"},
)
"""The kinds that an entry decides, either way."""


_OF_PYTHON = (
    "Its orders are its own code, so that only a run tells what it binds: for each trade the flat margin of the most "
    "that it was short in calls or puts, or, of a trade that was never short, the most that it had paid."
)
_OPENING = {"open", "roll"}


def short_pairs(variant: Variant) -> int:
    """Return the greater of the lots that the entry sells in calls and in puts; 0 where it only buys.

    Legs that the entry does not open (`lazy`) do not count. Where the entry decides a leg's kind, the dearer way does.
    """
    sold = [leg for leg in variant.legs if leg.sign < 0 and not leg.lazy]
    return max(_lots(sold, way, kind) for way in _RESOLVED for kind in ("CE", "PE"))


def capital(strategy: Strategy) -> list[str]:
    """Return what a strategy binds with its parameters' defaults, a sentence each."""
    if isinstance(strategy, PythonStrategy):
        return [_OF_PYTHON]
    variants = dict(_by_underlying(strategy))
    first = next(iter(variants.values()), None) or strategy.variant({}, 0)
    said = [
        f"{underlying}: {_rupees(margin * pairs)} of flat margin at the entry: {_rupees(margin)} for each lot short in "
        f"calls or in puts, whichever are more, here {pairs}."
        for underlying, variant in variants.items()
        if (pairs := short_pairs(variant)) and (margin := flat_margin(underlying))
    ]
    bought = sum(leg.lots for leg in first.legs if leg.sign > 0 and not leg.lazy)
    if bought:
        lots = f"{bought} lot{'s' if bought > 1 else ''} bought"
        besides = "; the flat margin stands for the whole all the same" if said else ""
        said.append(f"The premium of {lots}, which only the fills tell{besides}.")
    opening = {act.verb for one in first.adjustments for act in one.acts} & _OPENING
    if opening or any(leg.lazy or leg.again for leg in first.legs):
        said.append("Legs opened later can bind more: a run tells the most of each trade's life.")
    if first.enter.legged:
        said.append("Each leg enters for itself, so that less is bound until all are in.")
    return said


def _lots(legs: list[Leg], way: dict[str, str], kind: str) -> int:
    return sum(leg.lots for leg in legs if way.get(leg.kind, leg.kind) == kind)


def _by_underlying(recipe: Recipe) -> Iterator[tuple[str, Variant]]:
    """Yield each underlying that has a flat margin and that a recipe is for, with the defaults it has there."""
    spoken = [set(one.by_underlying) for one in recipe.params.values() if one.by_underlying]
    for underlying in sorted(underlyings()):
        meant = not recipe.header.underlyings or underlying in recipe.header.underlyings
        if meant and flat_margin(underlying) and all(underlying in names for names in spoken):
            yield underlying, recipe.of(underlying).variant({}, 0)


def _rupees(paise: int) -> str:
    return f"₹{paise / PAISE_PER_RUPEE / 100_000:g} lakh"
