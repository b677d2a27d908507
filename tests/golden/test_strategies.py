"""The golden cases of the library: on each tape the strategy trades exactly as its table says; see README.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.case import cases_of
from golden.compare import assert_as_told, titles_of
from golden.coverage import STRATEGIES
from golden.market import forget_lakes
from nfolab.strategies.find import library, python_library

FILES = sorted(STRATEGIES.glob("*.md"))


@pytest.fixture(scope="module", autouse=True)
def _lakes() -> Iterator[None]:
    yield
    forget_lakes()


@pytest.mark.parametrize(
    ("path", "title"),
    [pytest.param(path, title, id=f"{path.stem}: {title}") for path in FILES for title in titles_of(path)],
)
def test_a_strategy_trades_as_its_case_says(path: Path, title: str):
    assert_as_told(path, title)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_cases_belongs_to_a_strategy_of_the_library(path: Path):
    assert path.stem in {*library(), *python_library()}
    assert {case.strategy for case in cases_of(path)} == {path.stem}
