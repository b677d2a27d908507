"""The rules of a recipe, told by the program, against the list written by hand from what was asked for."""

from pathlib import Path

import pytest

from nfolab.strategies.find import find_recipe, library
from nfolab.strategies.in_words import rules_in_words

RULES = Path(__file__).parent / "rules"
WRITTEN = sorted(path.stem for path in RULES.glob("*.txt"))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_rules_are_those_that_were_asked_for(name):
    by_hand = (RULES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert rules_in_words(find_recipe(name).of("BANKNIFTY")) == by_hand


def test_no_list_is_of_a_recipe_that_is_not_there():
    assert set(WRITTEN) <= set(library())
