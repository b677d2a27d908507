"""The words of the recipe language, by the cases of docs/words.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.case import cases_of
from golden.compare import assert_as_told, titles_of
from golden.market import forget_lakes
from nfolab.strategies.rules import POSITION_WORDS
from nfolab.strategies.schema import (
    Adjust,
    Again,
    DayLimits,
    DaysOfTrading,
    Enter,
    Exit,
    Leg,
    LimitOrder,
    Rules,
    Rung,
    Scan,
    Spot,
    Target,
    Wait,
)

WORDS = Path(__file__).resolve().parents[2] / "docs" / "words.md"


@pytest.fixture(scope="module", autouse=True)
def _lakes() -> Iterator[None]:
    yield
    forget_lakes()


@pytest.mark.parametrize("title", titles_of(WORDS))
def test_a_word_means_what_its_case_tells(title: str):
    assert_as_told(WORDS, title)


OF_LEGS_TOO = {*Rules.model_fields, "then"}
"""Rules whose cases stand in `[exit]`: of the whole, or as `leg_…` of every leg."""


def test_every_word_of_the_schema_has_a_case():
    cases = [case.recipe for case in cases_of(WORDS)]
    legs = [leg for recipe in cases for leg in recipe["leg"]]
    adjusts = [one for recipe in cases for one in recipe.get("adjust", [])]
    enters = [recipe["enter"] for recipe in cases]
    exits = [recipe["exit"] for recipe in cases]
    rules = [*legs, *exits, *(one.get("then", {}) for one in adjusts)]
    trails = [table.get("trail", table.get("leg_trail", [])) for table in rules]
    used = {
        Enter: enters,
        Wait: [enter.get("wait", {}) for enter in enters],
        Scan: [enter.get("scan", {}) for enter in enters],
        Leg: legs,
        LimitOrder: [one for one in (table.get("order") for table in (*legs, *enters)) if isinstance(one, dict)],
        Target: [one for one in (table.get("target") for table in rules) if isinstance(one, dict)],
        Rung: [rung for trail in trails for rung in (trail if isinstance(trail, list) else [trail])],
        Spot: [table.get("spot", table.get("leg_spot", {})) for table in rules],
        Again: [table.get("again", {}) for table in (*legs, *exits)],
        Adjust: adjusts,
        DayLimits: [recipe.get("day", {}) for recipe in cases],
        DaysOfTrading: [recipe.get("days", {}) for recipe in cases],
    }
    for model, tables in used.items():
        words = {word for table in tables for word in table} | (OF_LEGS_TOO if model is Leg else set())
        assert set(model.model_fields) - words == set(), model.__name__
    of_exits = {word.removeprefix("leg_") for table in exits for word in table}
    assert {word.removeprefix("leg_") for word in Exit.model_fields} - of_exits == set()


def test_every_word_about_a_position_has_a_case():
    told = " ".join(one.get("position", "") for case in cases_of(WORDS) for one in case.recipe.get("adjust", []))
    assert [word for word in POSITION_WORDS if word not in told] == []
