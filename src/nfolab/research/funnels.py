"""Funnels of a plan: on which condition the seconds of a day were lost."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from nfolab.research.plan import Plan
from nfolab.strategies.choose import Chooser
from nfolab.strategies.day_plan import MissingDataError
from nfolab.strategies.funnel import Step, funnel
from nfolab.strategies.recipe import Recipe, Variant
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, MissingSeriesError


@dataclass(frozen=True, slots=True)
class DayFunnel:
    """The funnel of a strategy's variant on a day; `refused` tells why there is none."""

    strategy: str
    variant: int
    day: date
    steps: tuple[Step, ...]
    refused: str | None = None


def funnels(plan: Plan, days: tuple[date, ...], variants: Collection[int]) -> Iterator[DayFunnel]:
    """Yield the funnel of these variants, by their numbers in the plan, on each of these days, day by day.

    A day is opened once for all of them; Python strategies have no funnel, as their conditions are their own code.
    """
    recipes = {one.id: one for one in plan.recipes if isinstance(one, Recipe)}
    asked = [one for one in plan.variants if isinstance(one, Variant) and one.number in variants]
    for day in days if asked else ():
        opened = Day(plan.lake, plan.underlying, day)
        chooser = Chooser(opened, Money(opened))
        for variant in asked:
            try:
                steps, refused = tuple(funnel(recipes[variant.strategy], variant, chooser)), None
            except (MissingDataError, MissingSeriesError) as lacking:
                steps, refused = (), str(lacking)
            yield DayFunnel(variant.strategy, variant.number, day, steps, refused)
