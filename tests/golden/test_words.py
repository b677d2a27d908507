"""The words of the recipe language, by the cases of docs/words.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.case import assert_as_told, titles_of
from golden.market import forget_lakes

WORDS = Path(__file__).resolve().parents[2] / "docs" / "words.md"


@pytest.fixture(scope="module", autouse=True)
def _lakes() -> Iterator[None]:
    yield
    forget_lakes()


@pytest.mark.parametrize("title", titles_of(WORDS))
def test_a_word_means_what_its_case_tells(title: str):
    assert_as_told(WORDS, title)
