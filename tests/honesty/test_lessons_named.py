"""Every fault of earlier work has a test of its name, or a reason why it has none; and every guard stands where it did.

`engine/mutations/guards.py` takes each guard away and sees its test fail; here only that its text is still there.
"""

import ast
import re
from pathlib import Path

import pytest

from engine.mutations.guards import GUARDS

TESTS = Path(__file__).resolve().parents[1]
COUNTS = {"A": 12, "B": 9, "C": 11, "D": 14, "E": 25}
LESSONS = [
    *(f"{letter}{number:02}" for letter, count in COUNTS.items() for number in range(1, count + 1)),
    *("E01b", "E01c", "F01", "F08"),
]
"""A to E, and of F (how results are told) what is a price or a unit."""

WITHOUT_A_TEST = {
    "B07": "parameters picked on the data they are told of: no fill is wrong by it; research tells how many were tried",
    "D01": "the order of rows on disk: tests/lake hold packing and verifying to it, D12 a day of shuffled rows",
    "D10": "an empty file: tests/lake, an input error",
    "D11": "a swallowed error: no broad `except` passes the linter, and a failed task is told in the ledger",
    "D14": "an old version called: results are named by the hash of the code",
    "E10": "a detector that never fired: the funnel of a report says so",
    "E12": "a delta by division: deltas come from the model, tests/options",
    "E21": "parameters overridden: results carry those that were used",
    "E25": "a run of twelve hours: make bench holds times",
}
"""Faults that concern no fill, price, exit, time or contract."""

WITHOUT_A_GUARD = {
    "A11": "its test plants a draw of random numbers in a room of its own",
    "D05": "its test gives a contract's rows in two files, and a reader of the first alone would miss them",
    "D07": "nobody reads those columns: there is no guard to take away, the test gives them nonsense",
    "E20": "the two words are two rules: the test holds one against the other",
}


def named() -> dict[str, set[str]]:
    """The names of tests that begin with a lesson's id, by that id."""
    found: dict[str, set[str]] = {}
    for path in (TESTS / "honesty").glob("test_lessons*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (told := re.match(r"test_([a-f]\d\d[bc]?)_", node.name)):
                found.setdefault(told[1].capitalize(), set()).add(f"tests/honesty/{path.name}::{node.name}")
    return found


def test_every_lesson_has_a_test_of_its_name_or_a_reason():
    told = named()
    assert set(LESSONS) - set(told) == set(WITHOUT_A_TEST)
    assert set(told) <= set(LESSONS)


def test_every_test_of_a_lesson_has_a_guard_or_a_reason():
    assert set(named()) - {one.lesson for one in GUARDS} == set(WITHOUT_A_GUARD)


@pytest.mark.parametrize("one", GUARDS, ids=lambda one: one.lesson)
def test_the_guard_stands_where_it_is_taken_away_and_its_test_is_there(one):
    assert one.texts()
    assert any(name.startswith(one.test) for name in named()[one.lesson])
