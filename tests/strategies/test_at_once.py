"""Strikes counted from the money, known at every second at once, against the picker asked second by second."""

from pathlib import Path

import pytest

from engine.hand_market import DAY, Rows, hand_lake, steady
from nfolab.strategies.choose import Chooser
from nfolab.strategies.recipe import Recipe
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

STRIKES = (59300, 59400, 59500, 59600)
# When each contract's rows begin: at second 100 some strikes have one kind only, so that they are not listed yet.
BEGINS = {(59300, "ce"): 90, (59300, "pe"): 104, (59600, "ce"): 112, (59600, "pe"): 90}
TEXT = """
title = "Strikes from the money"
side = "mixed"
[enter]
between = ["09:16:00", "09:20:00"]
up   = "spot.spot_change(5s) > 0pt"
down = "spot.spot_change(5s) < 0pt"
"""


def rows_of(strike: int, kind: str) -> Rows:
    mid = 20_000 - abs(strike - 59_400) // 10
    return steady(range(BEGINS.get((strike, kind), 90), 130), mid - 5, mid + 5)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    contracts = {f"banknifty25dec{strike}{kind}": rows_of(strike, kind) for strike in STRIKES for kind in ("ce", "pe")}
    # From 59,280 up to 59,640 in steps of 12, on a strike at second 100, a second of silence, and down again.
    spot = {second: (59_280 + 12 * min(second - 90, 150 - second)) * 100 for second in range(90, 130)}
    for second in range(114, 119):
        del spot[second]
    return Day(hand_lake(tmp_path_factory.mktemp("at-once"), contracts, spot), "BANKNIFTY", DAY)


@pytest.mark.parametrize("kind", ["CE", "PE", "with", "against"])
@pytest.mark.parametrize("strike", ["atm", "atm_pair", "atm+1", "atm-2", "otm1", "itm1", "otm9"])
def test_what_is_known_at_once_is_what_the_picker_says(tmp_path: Path, day: Day, kind: str, strike: str):
    path = tmp_path / "mine.toml"
    path.write_text(f'{TEXT}[[leg]]\nbuy = "{kind}"\nstrike = "{strike}"\n')
    (choice,) = Chooser(day, Money(day)).plan(Recipe.load(path).variant({}, 0)).choices
    assert choice.at_once is not None
    asked = [choice.at(second) for second in range(80, 135)]
    assert [-1 if one is None else one for one in asked] == choice.at_once[80:135].tolist()
    if strike != "otm9":
        assert sum(one is not None for one in asked) > 5
