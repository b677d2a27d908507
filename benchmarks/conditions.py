"""How long reading a condition takes a hundred characters, mistyped ones too, and evaluating it over a day."""

import ast

import numpy as np

from benchmarks.figures import Figure, at_most, fastest
from nfolab.base.errors import InputError
from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.vocabulary import FeatureCall, Values

GROUP = "conditions"
VOCABULARY = TapeVocabulary({"premium": "premium", "ce": "contract", "spot": "spot"})
CONDITION = (
    "volume(30s) >= 2.5 * 30s * mean_volume(300s, before = 30s) and rising(last, 3) for 3s "
    "and within 10s of ce.spread > 2pt and abs(spot_return(1m)) >= 0.25% and between(10:30:00, 13:00:00)"
)
MISTYPED = (
    CONDITION.replace("spot_return", "spot_retrun"),
    "(" * 999,
    "not " * 249,
    "1 < " * 240 + "1",
    "a" * 999,
    "1 + " * 240 + "1 > 0",
)
SECONDS = 22_501


class _Steady:
    """A day whose features are all the same line."""

    seconds = SECONDS
    opening = 33_300
    lot = 35

    def __init__(self) -> None:
        self._line = np.random.default_rng(7).normal(size=SECONDS)

    def values(self, call: FeatureCall, subject: str) -> Values:  # noqa: ARG002 - every feature is this line
        return self._line


def _read(text: str) -> None:
    try:
        read_condition(text, VOCABULARY)
    except InputError:
        return


def measure() -> list[Figure]:
    read_condition(CONDITION, VOCABULARY)
    python = "a + b * c < e and " * 9 + "f"
    bare = 1e3 * fastest(lambda: ast.parse(python, mode="eval")) * 100 / len(python)
    good = 1e3 * fastest(lambda: _read(CONDITION)) * 100 / len(CONDITION)
    worst = max(1e3 * fastest(lambda text=text: _read(text)) * 100 / len(text) for text in MISTYPED)
    condition, market = read_condition(CONDITION, VOCABULARY), _Steady()
    line = market.values(FeatureCall("last"), "spot")
    compare = 1e3 * fastest(lambda: line > 0)
    value = 1e3 * fastest(lambda: Evaluation(market).fires(condition))
    return [
        at_most(GROUP, "read 100 characters", good, "ms", ("Python's own parser", bare), 1.0),
        at_most(GROUP, "refuse 100 characters, the slowest of six", worst, "ms", ("Python's own parser", bare), 1.0),
        at_most(GROUP, "evaluate six terms over a day", value, "ms", ("one bare comparison", compare), 10.0, 3.0),
    ]
