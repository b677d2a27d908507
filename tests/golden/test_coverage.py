"""Every strategy of the catalogue that is there has a golden case on which it trades and one on which it does not."""

from pathlib import Path

from golden.coverage import lacking
from nfolab.strategies.index import catalogue

AWAITED = Path(__file__).with_name("awaited.txt").read_text(encoding="utf-8").split()
"""Strategies whose cases are still to be written; a line goes when its cases come, and none is added."""


def test_no_strategy_lacks_its_golden_cases():
    assert {name: what for name, what in lacking().items() if name not in AWAITED} == {}


def test_only_strategies_of_the_catalogue_are_awaited():
    assert set(AWAITED) - set(catalogue()) == set()
    assert sorted(set(AWAITED)) == AWAITED
