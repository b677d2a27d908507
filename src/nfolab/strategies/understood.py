"""What was understood of a strategy's file: its rules in words, and what in them can never fire."""

from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.strategies.day_plan import MissingDataError
from nfolab.strategies.find import Strategy
from nfolab.strategies.in_words import rules_in_words
from nfolab.strategies.index import needs_told
from nfolab.strategies.mirror import never
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.traps import inside_the_spread, never_true
from nfolab.strategies.words import SETTINGS
from nfolab.tape.tape import Day


def understood(strategy: Strategy) -> list[str]:
    """Return what a strategy is and does, a line each."""
    lines = [f"{strategy.side}: {strategy.title}", f"needs: {', '.join(needs_told(strategy))}"]
    if isinstance(strategy, PythonStrategy):
        lines.append("A Python strategy: what it does stands in its docstring, and is compiled when it is first run.")
    else:
        lines += rules_in_words(strategy)
    for name, parameter in strategy.params.items():
        if name not in SETTINGS:
            for underlying, one in (parameter.by_underlying or {"": parameter}).items():
                of = f" of {underlying}" if underlying else ""
                tries = f", tries {', '.join(one.grid)}" if one.grid else ""
                lines.append(f"parameter {name}{of} = {one.default}{tries}")
    return lines


def check_values(strategy: Strategy) -> tuple[int, list[str]]:
    """Read every value of every grid, each for itself; return how many there are, and what can never fire.

    Raises:
        InputError: a value that cannot be read where it is used.
    """
    count = 0
    warnings: list[str] = []
    for one in _by_underlying(strategy):
        tried = [{name: value} for name, parameter in one.params.items() for value in parameter.grid]
        count += len(tried)
        for given in ({}, *tried):
            variant = one.variant(given, 0)
            if isinstance(one, PythonStrategy):
                one.read(variant.params)
            elif isinstance(one, Recipe):
                shown = "".join(f" (with {name}={value})" for name, value in given.items())
                found = one.variant(given, 0)
                said_of_it = [*never(found), *never_true(one, found)]
                warnings += [f"{said}{shown}" for said in said_of_it if said not in warnings]
    return count, warnings


def check_spreads(strategy: Strategy, lake: Lake, underlying: str | None) -> list[str]:
    """Say which stops and targets of a recipe, as its defaults have them, lie within the spread on a lake's newest day.

    Raises:
        InputError: the lake has no options of the underlying, or the day does not tell where the money is.
    """
    if not isinstance(strategy, Recipe):
        return []
    held = [(entry.day, entry.underlying) for entry in lake.days(underlying, "options")]
    if not held:
        raise InputError(f"the lake {lake.root} has no options{f' of {underlying}' if underlying else ''}")
    day, name = max(held)
    try:
        return list(inside_the_spread(strategy.of(name).variant({}, 0), Day(lake, name, day)))
    except MissingDataError as lacking:
        raise InputError(f"spreads cannot be measured: {lacking}") from None


def _by_underlying(strategy: Strategy) -> list[Strategy]:
    named = sorted({name for one in strategy.params.values() for name in one.by_underlying})
    return [strategy.of(name) for name in named] if isinstance(strategy, Recipe) and named else [strategy]
