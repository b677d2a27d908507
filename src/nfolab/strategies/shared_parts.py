"""Which parts strategies have in common: the entry, single conditions, the exits, the family."""

from collections.abc import Sequence
from dataclasses import dataclass

from nfolab.strategies.find import Strategy
from nfolab.strategies.in_words import conditions_to_enter, entry_in_words, exits_in_words
from nfolab.strategies.index import Row
from nfolab.strategies.python import PythonStrategy

SAME_ENTRY, SAME_CONDITION, SAME_EXITS, SAME_FAMILY = "entry", "condition", "exits", "family"


@dataclass(frozen=True, slots=True)
class Share:
    """A part that a strategy has in common with others.

    Attributes:
        part: `entry` (all of when a trade begins), `condition` (one of those asked for), `exits` (all that closes but
            for the last time of day) or `family`.
        what: the part in words.
        others: the ids of the other strategies that have it, in order.
    """

    part: str
    what: str
    others: tuple[str, ...]


def shared_parts(rows: Sequence[Row]) -> dict[str, list[Share]]:
    """Return what each strategy of the index shares with the others of it, by id; rows without a file are left out.

    Parts are alike where their words are, with each parameter at its default; where defaults differ by underlying, at
    that of the first underlying by name. Of a Python strategy only the family is known.
    """
    parts = {row.id: _parts(row.strategy, row.family) for row in rows if row.strategy}
    holders: dict[tuple[str, str], list[str]] = {}
    for name, own in parts.items():
        for part in own:
            holders.setdefault(part, []).append(name)
    return {
        name: [
            Share(*part, tuple(sorted(other for other in holders[part] if other != name)))
            for part in own
            if len(holders[part]) > 1
        ]
        for name, own in parts.items()
    }


def of_first_underlying(strategy: Strategy) -> Strategy:
    """Return a strategy with the defaults that it has for its first underlying by name, where they differ."""
    named = underlyings_named(strategy)
    return strategy if isinstance(strategy, PythonStrategy) or not named else strategy.of(named[0])


def underlyings_named(strategy: Strategy) -> list[str]:
    """Return the underlyings for which a strategy has defaults of their own, in order; none where all are alike."""
    return sorted({name for one in strategy.params.values() for name in one.by_underlying})


def _parts(strategy: Strategy, family: str) -> list[tuple[str, str]]:
    of_family = [(SAME_FAMILY, family)] if family else []
    recipe = of_first_underlying(strategy)
    if isinstance(recipe, PythonStrategy):
        return of_family
    exits = exits_in_words(recipe)
    return [
        (SAME_ENTRY, " ".join(entry_in_words(recipe))),
        *((SAME_CONDITION, condition) for condition in conditions_to_enter(recipe)),
        *([(SAME_EXITS, " ".join(exits))] if exits else []),
        *of_family,
    ]
