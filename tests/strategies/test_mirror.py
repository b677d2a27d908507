"""The other side of a recipe: what is turned, what keeps its distance, and what makes no sense there."""

from pathlib import Path

import pytest

from nfolab.base.errors import InputError
from nfolab.base.units import Percent, Points
from nfolab.strategies.find import find_strategy
from nfolab.strategies.mirror import check_mirror, mirrored, never, side_of
from nfolab.strategies.recipe import Recipe, Variant

HEAD = 'title = "A pair"\nside = "sell"\n'
AT = '[enter]\nat = "10:00:00"\n'
SHORT = '[[leg]]\nsell = "CE"\n[[leg]]\nsell = "PE"\n'
LONG = '[[leg]]\nbuy = "CE"\n[[leg]]\nbuy = "PE"\n'
CONDOR = SHORT + '[[leg]]\nbuy = "CE"\nstrike = "otm4"\n[[leg]]\nbuy = "PE"\nstrike = "otm4"\n'


def recipe(folder: Path, text: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(HEAD + AT + text, encoding="utf-8")
    return Recipe.load(path)


def mirror(folder: Path, text: str) -> Variant:
    variant = mirrored(recipe(folder, text)).variant({}, 0)
    check_mirror(variant)
    return variant


def test_buys_become_sales_and_distances_stay(tmp_path: Path) -> None:
    text = SHORT + 'strike = "otm 1%"\nlots = "2lots"\n[exit]\nstop = "30%"\ntarget = "40pt"\nleg_stop = "25%"\n'
    turned = mirror(tmp_path, text)
    assert [(leg.sign, leg.kind, leg.lots) for leg in turned.legs] == [(1, "CE", 1), (1, "PE", 2)]
    assert (turned.rules.stop, turned.rules.target) == (Percent(300_000), Points(4_000))
    assert {leg.rules.stop for leg in turned.legs} == {Percent(250_000)}
    assert turned.strategy == "mine mirrored"
    assert (side_of(turned.strategy), side_of("mine")) == ("mirrored", "as written")
    made = mirrored(recipe(tmp_path, text))
    assert (made.side, made.title) == ("buy", "A pair (mirrored)")


def test_the_mirror_of_the_mirror_is_the_recipe(tmp_path: Path) -> None:
    once = recipe(tmp_path, CONDOR)
    assert mirrored(mirrored(once)).places == once.places


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # Bids stay above zero: closing a bought pair always brings something, so less than all it cost is lost.
        (SHORT + '[exit]\nstop = "2x"\n', "the stop of the whole is 200% of the premium paid, but bought legs cannot"),
        (SHORT + '[exit]\nstop = "100%"\n', "the stop of the whole is 100% of the premium paid, but bought legs"),
        (SHORT + '[exit]\nleg_stop = "150%"\n', "the stop of leg 1 is 150% of the premium paid, but a bought leg"),
        # Asks stay above zero: closing a sold pair always costs something, so less than all it brought is gained.
        (LONG + '[exit]\ntarget = "100%"\n', "the target of the whole is 100% of the premium received, but sold legs"),
        (LONG + '[exit]\nleg_target = "1000%"\n', "the target of leg 1 is 1000% of the premium received, but a sold"),
        (LONG + '[exit.leg_trail]\narm = "120%"\nbehind = "5%"\n', "the trail of leg 1 arms at 120% of the premium"),
        (SHORT + '[exit]\nspot = { beyond = "strike" }\n', "beyond the strike of a sold leg, and none is sold"),
        (SHORT + '[[adjust]]\nposition = "premium_ratio > 1.8"\ndo = "close loser"\n', "sold legs there are 0"),
        (
            SHORT + '[[adjust]]\nposition = "strike_distance < 50pt"\ndo = "close all"\n',
            "speaks of sold legs, and sold",
        ),
        (
            SHORT + '[[leg]]\nbuy = "CE"\nlazy = "yes"\n[[adjust]]\nposition = "imbalance > 30%"\ndo = "open leg 3"\n',
            "adjust 1 waits for imbalance, which speaks of two sold legs, and sold legs there are 1",
        ),
    ],
)
def test_a_mirror_whose_rules_cannot_fire_is_refused_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=f"the mirror of mine makes no sense: .*{why}"):
        mirror(tmp_path, text)
    assert list(never(recipe(tmp_path, text).variant({}, 0))) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # A bought leg is stopped at or below such a price, a sold one at or above it: the mirror at once.
        (LONG + 'stop = { at = "lowest(60s)" }\n', "the stop of leg 2 is a price"),
        (LONG + '[exit.leg_trail]\nat = "ema(21s)"\n', "the trail of each leg is a price"),
        (
            SHORT + '[[adjust]]\nposition = "held > 10m"\ndo = "roll winner"\nstrike = "balances"\n',
            "adjust 1 rolls to what balances two sold legs",
        ),
    ],
)
def test_a_rule_that_stands_on_one_side_has_no_mirror(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=f"the mirror of mine makes no sense: {why}"):
        mirrored(recipe(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        SHORT + '[exit]\nstop = "99.9%"\ntarget = "400%"\n',
        SHORT + '[exit]\nstop = "400pt"\n',
        SHORT + '[exit]\nstop = "15000rs"\n',
        LONG + '[exit]\nstop = "300%"\ntarget = "99%"\n',
        # Legs of both sides: what is paid or received is their difference, of which more than all can be lost.
        CONDOR + '[exit]\nstop = "150%"\ntarget = "120%"\n',
        LONG + 'again = { reversed = "yes" }\ntarget = "120%"\n',
    ],
)
def test_a_mirror_whose_rules_may_fire_is_made(tmp_path: Path, text: str) -> None:
    assert mirror(tmp_path, text).legs


def test_what_can_never_fire_is_known_of_a_recipe_as_written_too(tmp_path: Path) -> None:
    (said,) = never(recipe(tmp_path, LONG + '[exit]\nstop = "100%"\n').variant({}, 0))
    assert said == "the stop of the whole is 100% of the premium paid, but bought legs cannot lose that much"


def test_a_python_strategy_has_no_mirror() -> None:
    with pytest.raises(InputError, match="only its file can turn round: write its other side as a strategy of its own"):
        mirrored(find_strategy("market_maker"))
