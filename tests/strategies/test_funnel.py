"""The funnel: how many seconds of a day pass each condition, counted here by hand."""

from pathlib import Path

import pytest

from engine.hand_market import DAY, hand_lake, quote
from nfolab.strategies.choose import Chooser
from nfolab.strategies.funnel import funnel
from nfolab.strategies.recipe import Recipe
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

HEAD = 'title = "x"\nside = "buy"\n[params]\nwide = { default = "1pt" }\noff = { default = "none" }\n'
SECONDS = range(100, 160)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Spreads of 0.50, from second 120 on of 2.00 for the call; the index rises by a point a second."""
    call = [quote(one, 10_000, 10_050 if one < 120 else 10_200) for one in SECONDS]
    put = [quote(one, 10_000, 10_050) for one in SECONDS]
    contracts = {"banknifty25dec59400ce": call, "banknifty25dec59400pe": put}
    spot = {one: (59_400 + one - 100) * 100 for one in SECONDS}
    return Day(hand_lake(tmp_path_factory.mktemp("funnel"), contracts, spot), "BANKNIFTY", DAY)


def steps(folder: Path, day: Day, enter: str, leg: str) -> list[tuple[str, int, int]]:
    path = folder / "mine.toml"
    path.write_text(f'{HEAD}[enter]\n{enter}\n[[leg]]\n{leg}\n[exit]\nstop = "wide"\ntarget = "off"\n')
    recipe = Recipe.load(path)
    found = funnel(recipe, recipe.variant({}, 0), Chooser(day, Money(day)))
    return [(one.rule, one.alone, one.left) for one in found]


def test_each_condition_is_counted_alone_and_with_those_before(tmp_path, day):
    """From 09:16:50 (second 110) up to 09:17:20 (140): thirty seconds. The call's spread is narrow in ten of them."""
    enter = 'between = ["09:16:50", "09:17:20"]\nwhen = "ce.spread < wide and ce.bid > off and time >= 09:16:55"'
    assert steps(tmp_path, day, enter, 'buy = "CE"') == [
        ("from 09:16:50 to 09:17:20", 30, 30),
        ("ce.spread < 1pt", 10, 10),  # seconds 110 to 119
        ("time >= 09:16:55", 25, 5),  # from 115 on; of those the call is narrow in 115 to 119
    ]


def test_of_a_strip_the_same_contract_must_pass_all(tmp_path, day):
    """The put is narrow throughout, the call only before second 120; no contract is both wide and narrow at once."""
    enter = (
        'between = ["09:16:50", "09:17:20"]\nscan = { strikes = "atm..atm" }\n'
        'when = "spread < wide and spread > wide and time >= 09:16:55"'
    )
    assert steps(tmp_path, day, enter, 'buy = "trigger"') == [
        ("from 09:16:50 to 09:17:20", 30, 30),
        ("spread < 1pt", 30, 30),  # the put at least
        ("spread > 1pt", 20, 0),  # the call from 120 on; never together with the one before
        ("time >= 09:16:55", 25, 0),
    ]


def test_the_two_sides_are_told_apart_and_together(tmp_path, day):
    """The index rises by a point a second, so that it is up by three points in three seconds and never down."""
    enter = (
        'between = ["09:16:50", "09:17:20"]\nwhen = "time >= 09:17:00"\n'
        'up = "spot_change(3s) >= 3pt and spot_change(1s) > 0pt"\ndown = "spot_change(3s) <= -3pt"'
    )
    assert steps(tmp_path, day, enter, 'buy = "with"') == [
        ("from 09:16:50 to 09:17:20", 30, 30),
        ("time >= 09:17:00", 20, 20),
        ("up: spot_change(3s) >= 3pt", 30, 20),
        ("up: spot_change(1s) > 0pt", 30, 20),
        ("down: spot_change(3s) <= -3pt", 0, 0),
        ("one side and not the other", 20, 20),
    ]


def test_a_time_alone_is_its_own_funnel(tmp_path, day):
    assert steps(tmp_path, day, 'at = ["09:17:00", "09:17:10"]\nwithin = "5s"', 'buy = "CE"') == [
        ("at 09:17:00, 09:17:10, within 5s", 10, 10)
    ]
