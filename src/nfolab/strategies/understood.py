"""What was understood of a strategy's file, as a short list: its rules with the values of its parameters put in."""

from collections.abc import Mapping
from typing import Any

from nfolab.strategies.find import Strategy
from nfolab.strategies.index import needs_told
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.words import LAST_EXIT, SETTINGS


def understood(strategy: Strategy) -> list[str]:
    """Return the list, a line a rule."""
    own = {name: one for name, one in strategy.params.items() if name not in SETTINGS}
    lines = [f"{strategy.side}: {strategy.title}", f"needs: {', '.join(needs_told(strategy))}"]
    lines += _python(strategy) if isinstance(strategy, PythonStrategy) else _rules(strategy)
    for name, parameter in own.items():
        tries = f", tries {', '.join(parameter.grid)}" if parameter.grid else ""
        lines.append(f"parameter {name} = {parameter.default}{tries}")
    return lines


def check_grids(strategy: Strategy) -> int:
    """Read every value of every grid, each for itself, and return how many there are.

    Raises:
        InputError: a value that cannot be read where it is used.
    """
    values = [(name, value) for name, one in strategy.params.items() for value in one.grid]
    for name, value in values:
        variant = strategy.variant({name: value}, 0)
        if isinstance(strategy, PythonStrategy):
            strategy.read(variant.params)
    return len(values)


def _python(strategy: PythonStrategy) -> list[str]:
    lines = ["a Python strategy: what it does is compiled when it is first run"]
    if strategy.features or strategy.spot_features:
        lines.append(f"reads {', '.join([*strategy.features, *(f'spot.{one}' for one in strategy.spot_features)])}")
    return lines


def _rules(recipe: Recipe) -> list[str]:
    values = recipe.values({})
    enter, leave = recipe.places["enter"], recipe.places["exit"]
    lines = [f"enters: {_said(enter, values)}"]
    for number, leg in enumerate(recipe.places["leg"], 1):
        side = "sell" if "sell" in leg else "buy"
        usual = {"strike": "atm", "expiry": "nearest", "lots": "1lots"}
        head = " ".join(_word({**usual, **leg}[key], values) for key in ("lots", side, "strike", "expiry"))
        rest = {key: word for key, word in leg.items() if key not in (side, *usual)}
        lines.append(f"leg {number}: {side}s {head}" + (f"; {_said(rest, values)}" if rest else ""))
    lines.append(f"closes: {_said({'time': str(LAST_EXIT), **leave}, values)}")
    lines += [f"adjust {number}: {_said(one, values)}" for number, one in enumerate(recipe.places["adjust"], 1)]
    if recipe.places["day"]:
        lines.append(f"day: {_said(recipe.places['day'], values)}")
    return lines


def _said(table: Mapping[str, Any], values: Mapping[str, str]) -> str:
    return "; ".join(f"{key.replace('_', ' ')} {_word(word, values)}" for key, word in table.items())


def _word(word: Any, values: Mapping[str, str]) -> str:
    if isinstance(word, dict):
        return f"({_said(word, values)})"
    if isinstance(word, list):
        return ", ".join(_word(one, values) for one in word)
    return values.get(word, word)
