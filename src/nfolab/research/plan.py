"""A plan: which variants of which strategies run over which days of which lake."""

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.market.sessions import session
from nfolab.strategies.find import Strategy, StrategyVariant
from nfolab.strategies.mirror import AS_WRITTEN, check_mirror, side_of
from nfolab.strategies.recipe import Recipe, Variant


@dataclass(frozen=True)
class Plan:
    """What is asked: every variant, in order, over every day, in order.

    Attributes:
        lake: where the data lies.
        underlying: one of the lake's.
        days: days of the underlying for which the lake holds options, rising.
        recipes: recipes and Python strategies, by id, in the order given.
        variants: all of them; `number` counts from 0 within the plan.
        refused: why strategies without values for the underlying, and mirrors that make no sense, are not among them.
    """

    lake: Lake
    underlying: str
    days: tuple[date, ...]
    recipes: tuple[Strategy, ...]
    variants: tuple[StrategyVariant, ...]
    refused: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return the plan as canonical JSON, for the run's name: no path and no clock in it."""
        content = {
            "underlying": self.underlying,
            "days": [str(day) for day in self.days],
            "variants": [[variant.strategy, variant.params] for variant in self.variants],
            "recipes": [[recipe.id, recipe.title, recipe.header.proxy, recipe.places] for recipe in self.recipes],
            "refused": self.refused,
        }
        return json.dumps(content, sort_keys=True)


def variants_of(
    recipe: Strategy, given: Mapping[str, str], grids: Mapping[str, Sequence[str]], first_number: int
) -> list[StrategyVariant]:
    """Return every variant of a strategy over the grids given, numbered from `first_number`.

    Raises:
        InputError: a name the strategy does not know, or a value that cannot be read.
    """
    recipe.values(dict.fromkeys(grids, ""))
    both = sorted(set(given) & set(grids))
    if both:
        raise InputError(f"{both[0]} is given by --set and by --grid: keep one of them")
    combinations = itertools.product(*([(name, value) for value in values] for name, values in grids.items()))
    return [
        recipe.variant({**given, **dict(combination)}, first_number + number)
        for number, combination in enumerate(combinations)
    ]


def make_plan(
    lake: Lake,
    recipes: Sequence[Strategy],
    *,
    underlying: str | None = None,
    first: date | None = None,
    last: date | None = None,
    given: Mapping[str, str] | None = None,
    grids: Mapping[str, Sequence[str]] | None = None,
    refused: Sequence[str] = (),
) -> Plan:
    """Return a plan over the lake's days from `first` to `last`, inclusive; the only underlying there is by default.

    A mirrored variant that makes no sense is left out, and its reason added to those in `refused`.

    Raises:
        InputError: an unknown parameter or underlying, no data in the range, a single day that is no session, or no
            variant is left.
    """
    chosen = _underlying(lake, underlying)
    senseless = list(refused)
    recipes, without_values = _of_underlying(recipes, chosen)
    senseless += without_values
    variants: list[StrategyVariant] = []
    for recipe in recipes:
        made = variants_of(recipe, given or {}, grids or {}, len(variants))
        if side_of(recipe.id) == AS_WRITTEN:
            variants += made
        else:
            sensible, why = _sensible(recipe, made, len(variants))
            variants += sensible
            senseless += why
    if not variants:
        raise InputError(senseless[0])
    if first is not None and last is not None and first > last:
        raise InputError(f"the range from {first} to {last} ends before it begins: exchange the two")
    if first is not None and first == last:
        session(first)
    held = sorted(entry.day for entry in lake.days(chosen, "options"))
    days = tuple(day for day in held if (first is None or day >= first) and (last is None or day <= last))
    if not days:
        span = f"{held[0]} to {held[-1]}" if held else "no day"
        raise InputError(
            f"the lake {lake.root} has no options of {chosen} from {first or 'its first day'} to "
            f"{last or 'its last'}; it has {span}"
        )
    return Plan(lake, chosen, days, tuple(recipes), tuple(variants), tuple(dict.fromkeys(senseless)))


def _of_underlying(recipes: Sequence[Strategy], underlying: str) -> tuple[list[Strategy], list[str]]:
    """Return strategies with their values for an underlying, and why others have none."""
    found: list[Strategy] = []
    without = []
    for recipe in recipes:
        try:
            found.append(recipe.of(underlying) if isinstance(recipe, Recipe) else recipe)
        except InputError as reason:
            without.append(str(reason))
    return found, without


def _sensible(
    recipe: Strategy, mirrors: Sequence[StrategyVariant], first_number: int
) -> tuple[list[StrategyVariant], list[str]]:
    """Return those of a mirror's variants whose rules can fire, numbered anew, and why the others are refused."""
    sensible: list[StrategyVariant] = []
    refused = []
    for variant in mirrors:
        numbered = recipe.variant(variant.params, first_number + len(sensible))
        try:
            if isinstance(numbered, Variant):
                check_mirror(numbered)
        except InputError as reason:
            refused.append(str(reason))
        else:
            sensible.append(numbered)
    return sensible, refused


def _underlying(lake: Lake, named: str | None) -> str:
    known = sorted({entry.underlying for entry in lake.days(kind="options")})
    held = ", ".join(known) or "nothing"
    if named is None:
        if len(known) != 1:
            raise InputError(f"the lake {lake.root} holds options of {held}: name one with --underlying")
        return known[0]
    if named.upper() not in known:
        raise InputError(f"the lake {lake.root} has no options of {named}; it has those of {held}")
    return named.upper()


def code_hash() -> str:
    """Return 16 hex digits that change with any source, recipe or data file of the package."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in {".py", ".toml", ".csv"}:
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
