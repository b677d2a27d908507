"""Conditions over a day against a slow twin that asks second by second, with None for what is not known."""

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfolab.strategies.conditions.evaluate import FALSE, TRUE, UNKNOWN, Evaluation
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.tree import (
    Arithmetic,
    Comparison,
    Constant,
    Crossing,
    Either,
    Every,
    Function,
    HeldFor,
    HeldIn,
    Holds,
    LotCount,
    Not,
    Taken,
    Time,
    WithinOf,
)
from strategies.small_vocabulary import VOCABULARY, GivenMarket

NAN = math.nan
LAST, SPREAD, RISING = "ce.last()", "ce.spread()", "ce.rising(last(), 3)"
SIGNS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


class Twin:
    """A condition at one second, worked out from the values at that second and before, as a trader would by hand."""

    def __init__(self, market: GivenMarket) -> None:
        self.market = market

    def value(self, node, at: int) -> float | None:
        match node:
            case Constant(value):
                return value
            case LotCount(count):
                return count * self.market.lot
            case Time():
                return self.market.opening + at
            case Taken(call, subject, scale):
                found = self.market.given[f"{subject}.{call}"][at]
                return None if math.isnan(found) else scale * found
            case Arithmetic(sign, left, right):
                sides = self.value(left, at), self.value(right, at)
                if None in sides or (sign == "/" and sides[1] == 0):
                    return None
                return SIGNS[sign](*sides)
            case Function(name, arguments):
                sides = [self.value(one, at) for one in arguments]
                return None if None in sides else {"abs": lambda one: abs(one[0]), "min": min, "max": max}[name](sides)
        raise AssertionError(node)

    def truth(self, node, at: int) -> bool | None:
        match node:
            case _ if at < 0:
                return None
            case Comparison(sign, left, right):
                sides = self.value(left, at), self.value(right, at)
                return None if None in sides else SIGNS[sign](*sides)
            case Crossing(direction, left, right):
                now, was = (">", "<=") if direction == "above" else ("<", ">=")
                return self.every(
                    [self.truth(Comparison(now, left, right), at), self.truth(Comparison(was, left, right), at - 1)]
                )
            case Holds(feature):
                found = self.value(feature, at)
                return None if found is None else found != 0
            case Every(parts):
                return self.every([self.truth(part, at) for part in parts])
            case Either(parts):
                return self.either([self.truth(part, at) for part in parts])
            case Not(part):
                found = self.truth(part, at)
                return None if found is None else not found
            case HeldFor(part, seconds):
                return self.every([self.truth(part, at - back) for back in range(seconds)])
            case HeldIn(part, least, seconds):
                told = [self.truth(part, at - back) for back in range(seconds)]
                return True if told.count(True) >= least else None if least <= seconds - told.count(False) else False
            case WithinOf(part, seconds):
                return self.either([self.truth(part, at - back) for back in range(seconds + 1)])
        raise AssertionError(node)

    @staticmethod
    def every(parts: list) -> bool | None:
        return False if False in parts else None if None in parts else True

    @staticmethod
    def either(parts: list) -> bool | None:
        return True if True in parts else None if None in parts else False


def evaluated(text: str, market: GivenMarket) -> list[bool | None]:
    told = {TRUE: True, FALSE: False, UNKNOWN: None}
    return [told[one] for one in Evaluation(market).truth(read_condition(text, VOCABULARY)).tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # spread in paise: 100 200 300 NaN 300 300 100
        ("spread > 2pt", [False, False, True, None, True, True, False]),
        ("not spread > 2pt", [True, True, False, None, False, False, True]),
        ("spread > 2pt or rising", [None, True, True, None, True, True, False]),
        ("spread > 2pt and rising", [False, False, True, None, False, True, False]),
        # Two seconds in a row: at 0 the second before the open is unknown, but second 0 itself is false already.
        ("spread > 2pt for 2s", [False, False, False, None, None, True, False]),
        ("spread < 4pt for 2s", [None, True, True, None, None, True, True]),
        # Two of the last three: at 1 it is 1 of 2 and one unknown; at 2 one true of three, the others false.
        ("spread > 2pt in 2s of 3s", [None, False, False, None, True, True, True]),
        # At most 2 seconds ago: second 2 serves 2, 3, 4; 5 serves 6. At 0 and 1 what was before the open is unknown.
        ("within 2s of spread > 2pt", [None, None, True, True, True, True, True]),
        ("within 1s of spread < 2pt", [True, True, False, None, None, False, True]),
        # At 3 it was beyond already a second before, so whatever it is now, it did not cross.
        ("spread crosses_above 2pt", [False, False, True, False, None, False, False]),
        ("spread crosses_below 2pt", [None, False, False, None, False, False, True]),
        ("1pt < spread < 3pt", [False, True, False, None, False, False, False]),
        ("between(spread, 1pt, 2pt)", [True, True, False, None, False, False, True]),
        ("between(09:15:02, 09:15:03)", [False, False, True, True, False, False, False]),
        ("last / (spread - 1pt) > 0", [None, True, True, None, True, True, None]),
        ("max(spread, 2pt) == 2pt", [True, True, False, None, False, False, True]),
        ("abs(2pt - spread) >= 1pt", [True, False, True, None, True, True, True]),
    ],
)
def test_by_hand(text, expected):
    market = GivenMarket(
        {
            SPREAD: [100, 200, 300, NAN, 300, 300, 100],
            RISING: [NAN, 1, 1, NAN, 0, 1, 0],
            LAST: [1.0] * 7,
        }
    )
    assert evaluated(text, market) == expected


def test_an_unknown_condition_does_not_fire():
    market = GivenMarket({SPREAD: [NAN, 100, 300]})
    evaluation = Evaluation(market)
    for text in ("spread > 2pt", "not spread > 2pt", "spread > 2pt or spread <= 2pt"):
        assert not evaluation.fires(read_condition(text, VOCABULARY))[0]
    assert evaluation.fires(read_condition("spread > 2pt", VOCABULARY)).tolist() == [False, False, True]


def test_lots_are_units_of_the_day():
    given = {"ce.volume(3s)": [69.0, 70.0, 71.0]}
    text = "volume(3s) >= 2lots"
    assert evaluated(text, GivenMarket(given, lot=35)) == [False, True, True]
    assert evaluated(text, GivenMarket(given, lot=36)) == [False, False, False]


COMPARISONS = st.sampled_from(
    [
        "spread > 2pt", "spread <= 1pt", "rising", "1pt <= spread < 3pt", "last crosses_above spread",
        "last - spread crosses_below 1pt", "between(last, 1pt, 2pt)", "last / spread > 1.5",
        "abs(last - spread) != 1pt",
        "min(last, spread) == 1pt", "time > 09:15:05",
    ]
)  # fmt: skip
LENGTHS = st.integers(1, 9)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda part: st.one_of(
        st.builds("({}) for {}s".format, part, LENGTHS),
        st.builds("({}) in {}s of 9s".format, part, LENGTHS),
        st.builds("within {}s of ({})".format, LENGTHS, part),
        st.builds("not ({})".format, part),
        st.builds("({}) and ({})".format, part, part),
        st.builds("({}) or ({})".format, part, part),
    ),
    max_leaves=6,
)
PRICES = st.lists(st.sampled_from([NAN, 0.0, 100.0, 200.0, 300.0]), min_size=30, max_size=30)
TRUTHS = st.lists(st.sampled_from([NAN, 0.0, 1.0]), min_size=30, max_size=30)


@settings(max_examples=250, deadline=None)
@given(CONDITIONS, PRICES, PRICES, TRUTHS)
def test_every_condition_equals_its_slow_twin(text, last, spread, rising):
    market = GivenMarket({LAST: last, SPREAD: spread, RISING: rising})
    condition = read_condition(text, VOCABULARY)
    twin = Twin(market)
    assert evaluated(text, market) == [twin.truth(condition, at) for at in range(30)]


@settings(max_examples=150, deadline=None)
@given(CONDITIONS, PRICES, PRICES, TRUTHS, st.integers(0, 28), st.randoms(use_true_random=False))
def test_noise_after_a_second_changes_nothing_at_or_before_it(text, last, spread, rising, at, random):
    lines = {LAST: last, SPREAD: spread, RISING: rising}
    noisy = {
        name: line[: at + 1] + [random.choice([NAN, random.uniform(-500, 500)]) for _ in line[at + 1 :]]
        for name, line in lines.items()
    }
    condition = read_condition(text, VOCABULARY)
    before = Evaluation(GivenMarket(lines)).truth(condition)[: at + 1]
    assert np.array_equal(before, Evaluation(GivenMarket(noisy)).truth(condition)[: at + 1])


def test_a_part_of_several_conditions_is_worked_out_once():
    asked = []

    class Counting(GivenMarket):
        def values(self, call, subject):
            asked.append(str(call))
            return super().values(call, subject)

    evaluation = Evaluation(Counting({SPREAD: [100.0, 300.0]}))
    for text in ("spread > 2pt", "spread > 2pt for 2s", "not spread > 2pt and spread < 5pt"):
        evaluation.truth(read_condition(text, VOCABULARY))
    assert asked == ["spread()"]
