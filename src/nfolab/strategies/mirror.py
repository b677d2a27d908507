"""The other side of a recipe: buys for sales and the reverse, decided at the same moments, at equal distances.

What is a share of the premium received becomes that share of the premium paid, and the reverse. Rules that cannot fire
on the other side make no sense there, and the mirror is refused.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nfolab.base.errors import InputError
from nfolab.base.units import MILLION, Percent
from nfolab.strategies.find import Strategy
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.recipe import Recipe, Variant
from nfolab.strategies.rules import Rules

AS_WRITTEN, MIRRORED = "as written", "mirrored"
_MARK = f" {MIRRORED}"
_OTHER_SIDE = {"buy": "sell", "sell": "buy", "mixed": "mixed"}
_SOLD_LEGS = {
    "premium_ratio": 2, "imbalance": 2, "divergence": 2, "move_ratio": 2, "strike_distance": 1, "credit": 1,
}  # fmt: skip
_ONE_SIDED = ("order", "limit")


def side_of(name: str) -> str:
    """Return whether a strategy of a run, by its name, was run as written or mirrored."""
    return MIRRORED if name.endswith(_MARK) else AS_WRITTEN


def mirrored(strategy: Strategy) -> Recipe:
    """Return the mirror of a recipe, which goes by the recipe's id and the word mirrored.

    Raises:
        InputError: it is a Python strategy, or has a rule that means nothing on the other side.
    """
    if isinstance(strategy, PythonStrategy):
        raise InputError(
            f"{strategy.id} is a Python strategy, whose orders only its file can turn round: write its other side as a "
            "strategy of its own"
        )
    places = strategy.places
    for number, leg in enumerate(places["leg"], 1):
        for key in _ONE_SIDED:
            if key in leg:
                raise _senseless(strategy.id, f"{key} of leg {number} is a price of its own side of the book")
    if "order" in places["enter"]:
        raise _senseless(strategy.id, "order of [enter] is a price of its own side of the book")
    for where, table in _tables(places):
        for rule in ("stop", "target", "trail"):
            for key, whose in ((rule, where), (f"leg_{rule}", "each leg")):
                if _at_a_price(table.get(key)):
                    raise _senseless(strategy.id, f"the {rule} of {whose} is a price, which is on its other side there")
        if table.get("strike") == "balances" and where.startswith("adjust"):
            raise _senseless(strategy.id, f"{where} rolls to what balances two sold legs")
    header = strategy.header.model_copy(
        update={"title": f"{strategy.title} ({MIRRORED})", "side": _OTHER_SIDE[strategy.side]}
    )
    turned = {**places, "leg": [_turned(leg) for leg in places["leg"]]}
    return replace(strategy, id=f"{strategy.id}{_MARK}", header=header, places=turned)


def check_mirror(variant: Variant) -> None:
    """Raise InputError if a rule of a mirrored variant can never fire, with the arithmetic."""
    for said in never(variant):
        raise _senseless(variant.strategy.removesuffix(_MARK), said)


def never(variant: Variant) -> Iterator[str]:
    """Say which rules of a variant can never fire, whatever the market does.

    A bought option can lose no more than it cost, as its bids stay above zero; a sold one can bring no more than it
    was sold for, as its asks do. This holds for legs of one side together, not for those of both.
    """
    entered = [leg for leg in variant.legs if not leg.lazy]
    signs = {leg.sign for leg in variant.legs}
    turns = any(leg.again and leg.again.reversed for leg in variant.legs)
    if len(signs) == 1 and not turns:
        yield from _never(variant.rules, signs.pop(), "the whole", ("bought legs", "sold legs"))
    for number, leg in enumerate(variant.legs, 1):
        if not (leg.again and leg.again.reversed):
            yield from _never(leg.rules, leg.sign, f"leg {number}", ("a bought leg", "a sold leg"))
    sold = sum(leg.sign < 0 for leg in variant.legs)
    for number, adjustment in enumerate(variant.adjustments, 1):
        for term in adjustment.terms:
            needed = _SOLD_LEGS.get(term.word, 0)
            if sold < needed:
                legs = "two sold legs" if needed > 1 else "sold legs"
                yield f"adjust {number} waits for {term.word}, which speaks of {legs}, and sold legs there are {sold}"
    rules = [variant.rules, *(leg.rules for leg in entered)]
    if not sold and any(one.spot is not None and one.spot.strike for one in rules):
        yield "it waits for the index beyond the strike of a sold leg, and none is sold"


def _never(rules: Rules, sign: int, where: str, legs: tuple[str, str]) -> Iterator[str]:
    bought, sold = legs
    if sign > 0 and _is_whole(rules.stop):
        yield f"the stop of {where} is {rules.stop} of the premium paid, but {bought} cannot lose that much"
    if sign < 0 and _is_whole(rules.target):
        yield f"the target of {where} is {rules.target} of the premium received, but {sold} cannot bring that much"
    for rung in rules.trail:
        if sign < 0 and _is_whole(rung.arm):
            yield f"the trail of {where} arms at {rung.arm} of the premium received, which {sold} cannot bring"


def _is_whole(amount: object) -> bool:
    return isinstance(amount, Percent) and amount.millionths >= MILLION


def _turned(leg: dict[str, Any]) -> dict[str, Any]:
    other = {"sell": "buy", "buy": "sell"}
    return {other.get(key, key): word for key, word in leg.items()}


def _tables(places: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "the whole", places["exit"]
    for number, leg in enumerate(places["leg"], 1):
        yield f"leg {number}", leg
    for number, adjustment in enumerate(places["adjust"], 1):
        yield f"adjust {number}", {**adjustment, **adjustment.get("then", {})}


def _at_a_price(rule: Any) -> bool:
    """Whether a rule, or a rung of it, stands at a price rather than at a distance."""
    return any(isinstance(one, dict) and "at" in one for one in (rule if isinstance(rule, list) else [rule]))


def _senseless(name: str, why: str) -> InputError:
    return InputError(f"the mirror of {name} makes no sense: {why}")
