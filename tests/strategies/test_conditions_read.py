"""What conditions say, how they bind, and where the caret stands for each mistake."""

import pytest

from nfolab.base.errors import InputError
from nfolab.base.units import Clock, Points, Seconds
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.tree import (
    NO_CONDITION,
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
from nfolab.strategies.conditions.vocabulary import FeatureCall
from strategies.small_vocabulary import VOCABULARY

LAST = Taken(FeatureCall("last"), "ce", 1.0)
SPREAD = Taken(FeatureCall("spread"), "ce", 1.0)
RISING = Holds(Taken(FeatureCall("rising", (FeatureCall("last"), 3)), "ce", 1.0))
WIDE = Comparison(">", SPREAD, Constant(200.0))
TIGHT = Comparison("<", SPREAD, Constant(100.0))


def ema(seconds: int, subject: str = "ce") -> Taken:
    return Taken(FeatureCall("ema", (Seconds(seconds), FeatureCall("last"))), subject, 1.0)


def read(text: str, **parameters: str):
    return read_condition(text, VOCABULARY, parameters)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("spread > 2pt", WIDE),
        ("spread() > 2rs", WIDE),
        ("ce.spread > 2pt", WIDE),
        ("spot.ema(5s) > ema(5s)", Comparison(">", ema(5, "spot"), ema(5))),
        ("ema(window = 1m) > last", Comparison(">", ema(60), LAST)),
        (
            "1pt < spread <= 2pt",
            Every((Comparison("<", Constant(100.0), SPREAD), Comparison("<=", SPREAD, Constant(200.0)))),
        ),
        ("spread > 2pt and rising or spread < 1pt", Either((Every((WIDE, RISING)), TIGHT))),
        ("not spread > 2pt for 3s", Not(HeldFor(WIDE, 3))),
        ("rising for 3s and spread > 2pt", Every((HeldFor(RISING, 3), WIDE))),
        ("(rising or spread > 2pt) for 1m", HeldFor(Either((RISING, WIDE)), 60)),
        ("within 10s of spread > 2pt", WithinOf(WIDE, 10)),
        ("rising and within 10s of (spread > 2pt for 3s)", Every((RISING, WithinOf(HeldFor(WIDE, 3), 10)))),
        ("within 10s of spread > 2pt for 3s", WithinOf(HeldFor(WIDE, 3), 10)),
        ("ema(5s) crosses_above ema(21s)", Crossing("above", ema(5), ema(21))),
        (
            "last crosses_below ema(5s) - 2pt for 2s",
            HeldFor(Crossing("below", LAST, Arithmetic("-", ema(5), Constant(200.0))), 2),
        ),
        (
            "between(spread, 1pt, 2pt)",
            Every((Comparison(">=", SPREAD, Constant(100.0)), Comparison("<=", SPREAD, Constant(200.0)))),
        ),
        (
            "between(10:30:00, 13:00)",
            Every((Comparison(">=", Time(), Constant(37_800.0)), Comparison("<=", Time(), Constant(46_800.0)))),
        ),
        ("time >= 09:45", Comparison(">=", Time(), Constant(35_100.0))),
        (
            "abs(spot_return(1m)) >= 0.25%",
            Comparison(
                ">=",
                Function("abs", (Taken(FeatureCall("spot_return", (Seconds(60),)), "spot", 1.0),)),
                Constant(0.0025),
            ),
        ),
        (
            "volume(30s) >= 2lots",
            Comparison(">=", Taken(FeatureCall("volume", (Seconds(30),)), "ce", 1.0), LotCount(2)),
        ),
        ("ratio > 60%", Comparison(">", Taken(FeatureCall("ratio", (5,)), "ce", 1.0), Constant(0.6))),
        ("to_expiry < 30m", Comparison("<", Taken(FeatureCall("to_expiry"), "ce", 60.0), Constant(1_800.0))),
        (
            "last - opening_high(09:20:00) > 0",
            Comparison(
                ">",
                Arithmetic(
                    "-", LAST, Taken(FeatureCall("opening_high", (Clock(33_600), FeatureCall("last"))), "ce", 1.0)
                ),
                Constant(0.0),
            ),
        ),
        (
            "from_round(100pt) < 1% * last",
            Comparison(
                "<",
                Taken(FeatureCall("from_round", (Points(10_000),)), "ce", 1.0),
                Arithmetic("*", Constant(0.01), LAST),
            ),
        ),
        ("rising(of = ema(5s), count = 2)", Holds(Taken(FeatureCall("rising", (ema(5).call, 2)), "ce", 1.0))),
        ("spread > -2pt\n  and rising", Every((Comparison(">", SPREAD, Constant(-200.0)), RISING))),
        ("spread > wide for hold", HeldFor(WIDE, 3)),
        ("within hold of spread > wide", WithinOf(WIDE, 3)),
        ("(spread > 2pt) in 3s of 1m", HeldIn(WIDE, 3, 60)),
        ("rising and spread > wide in hold of 10s", Every((RISING, HeldIn(WIDE, 3, 10)))),
        ("ce.spread > wide", WIDE),
        ("rising and spread > off", RISING),
        ("spread > wide or rising(count = off) and spread < off", WIDE),
        ("not spread > off and rising", RISING),
        ("1pt < spread <= off", NO_CONDITION),
        ("rising for off", NO_CONDITION),
        ("within off of rising and spread > wide", WIDE),
    ],
)
def test_it_reads_as_it_says(text, condition):
    assert read(text, wide="2pt", hold="3s", off="none", ce="index") == condition


@pytest.mark.parametrize(
    "text",
    [
        "volume(30s) > 2.5 * 30s * volume_rate(300s)",  # seconds × units per second are units
        "volume(30s) / 30s > 2 * volume_rate(60s)",
        "last / ema(5s) > 101%",
        "last / ema(5s) > 1.01",
        "2% * 50% < iv",
        "iv / 2 > 5% + 1%",
        "min(spread, 2pt, 0) < max(last, ema(5s))",
        "volume(3s) > 500units",
        "(last - ema(5s)) / (spread / 2) > 3",
        "mean(30s, of = volume(3s), before = 5s) > 500units",
    ],
)
def test_units_that_fit(text):
    assert read(text) == read(text.replace(" ", "  "))


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("spraed > 2pt", 1, "there is no feature 'spraed' (did you mean spread?)"),
        ("spread > 2", 10, "points cannot be compared with a plain number: write 2pt"),
        ("spread > 2%", 10, "points cannot be compared with percent"),
        ("iv >= 12", 7, "percent cannot be compared with a plain number: write 12%"),
        ("to_expiry < 30pt", 13, "seconds cannot be compared with points"),
        ("last + 5s > 0", 8, "points cannot be added to seconds"),
        ("volume(3s) > volume_rate(3s)", 14, "units cannot be compared with units per second"),
        ("spread >", 9, "the condition ends too early: something is missing here"),
        ("spread > 2pt and", 17, "the condition ends too early"),
        ("(spread > 2pt", 1, "this does not fit here"),
        ("spread > 2pt)", 13, "this does not fit here"),
        ("spread = 2pt", 8, "a single = sets nothing here: write == to compare"),
        ("spread > 2 pt", 12, "this does not fit here"),
        ("spread > 2points", 10, "'2points' has a unit that is not known: write pt, rs, %, s, m, day"),
        ("spread > 0.001pt", 10, "'0.001pt' is finer than 0.01pt"),
        ("spread > 2pt & rising", 14, "no condition has the sign '&': write and"),
        ("spread ≥ 2pt", 8, "no condition has the sign '≥': write >="),
        ("spread ** 2 > 2pt", 9, "this does not fit here"),
        ("spread", 1, "this is a value, not a condition: compare it, as in spread < 2pt"),
        ("3s", 1, "this is a value, not a condition"),
        ("rising > 2pt", 1, "rising is true or false, so it has no value to reckon with"),
        ("(spread > 2pt) + 1 > 2", 2, "this is a condition or a sign that has no value"),
        ("spread > 2pt for 3pt", 18, "a length of time from 1s on should stand here, such as 3s"),
        ("spread > 2pt for 0s", 18, "a length of time from 1s on should stand here"),
        ("spread > 2pt for last", 18, "a length of time from 1s on should stand here"),
        ("spread > 2pt within 10s of rising", 14, "this does not fit here"),
        ("within 10s rising", 1, "within says how long and of what: write within 10s of (…)"),
        ("within 10s of within 5s of rising", 28, "for and within … of need parentheses"),
        ("last crosses_above ema(5s) > 2pt", 1, "a crossing stands alone: put parentheses around it"),
        ("ema(5) > last", 5, "window should be a length of time of at least a second such as 30s"),
        ("ema(0s) > last", 5, "window should be a length of time of at least a second"),
        ("ema > last", 1, "ema(window, of = last()) needs window, a length of time"),
        ("ema(5s, last, 3) > last", 15, "ema(window, of = last()) takes no more parameters"),
        ("ema(5s, fo = last) > last", 9, "ema has no parameter fo (known: of, window)"),
        ("ema(5s, window = 6s) > last", 18, "window is given twice"),
        ("ratio(6) > 1", 7, "levels should be a number of levels from 1 to 5"),
        ("rising(last, 0)", 14, "count should be a whole number from 1 on such as 14"),
        ("mean(5s, of = spot.last) > 0", 15, "of should be another feature such as mid"),
        ("spot.spread > 2pt", 1, "spread is not known of spot: write ce.spread"),
        ("ce.spot_return(1m) > 1%", 1, "spot_return is not known of ce: write spot.spot_return"),
        ("cee.spread > 2pt", 1, "there is nothing called 'cee' to take a feature of (did you mean ce?)"),
        ("time + 5s > 10:30:00", 8, "times of day are compared, not reckoned with: write time >= 10:30:00"),
        ("time > 10s", 8, "time of day cannot be compared with seconds"),
        ("time > 25:00:00", 8, "'25:00:00' is not a time of day"),
        ("between(spread, 1pt)", 1, "between of two is of times of day"),
        ("abs(spread, last) > 2pt", 1, "abs takes one value"),
        ("spread > 2pt if rising", 14, "'if' is no word of conditions"),
        ("lambda > 2pt", 1, "'lambda' is no word of conditions"),
        ("spread in last", 8, "in says how many of the last seconds"),
        ("__import__ > 2pt", 1, "no condition has the sign '_'"),
        ("ce.__class__ > 2pt", 4, "no condition has the sign '_'"),
        ("spread > '2pt'", 10, 'no condition has the sign "\'"'),
        ("", 1, "the condition is empty: write one such as spread < 2pt"),
        ("rising and\n  spraed > 2pt", 14, "there is no feature 'spraed' (did you mean spread?)"),
    ],
)
def test_each_mistake_has_its_sentence_and_its_character(text, place, why):
    with pytest.raises(InputError) as told:
        read(text)
    sentence, line, caret = str(told.value).split("\n")
    assert why in sentence
    assert sentence.endswith(f"(at character {place})")
    start = text.rfind("\n", 0, place - 1) + 1
    assert line == "  " + text[start:].split("\n")[0]
    assert caret == " " * (place - 1 - start + 2) + "^"


def test_a_parameters_value_is_read_where_its_name_stands():
    with pytest.raises(InputError, match=r"'nothing' is no number: write one with its unit.*\(at character 10\)"):
        read("spread > wide", wide="nothing")
    with pytest.raises(InputError, match="points cannot be compared with percent"):
        read("spread > wide", wide="2%")


def test_long_and_deep_conditions_are_refused():
    with pytest.raises(InputError, match="a condition has at most 1000 characters: split it"):
        read("rising and " * 100 + "rising")
    with pytest.raises(InputError, match="parentheses stand more than 30 deep"):
        read("(" * 31 + "rising" + ")" * 31)
    with pytest.raises(InputError, match="the condition is too deep here: split it"):
        read("1 + " * 100 + "1 > 0")
    with pytest.raises(InputError, match="too deep"):
        read("not " * 200 + "rising")
    assert read("(" * 30 + "rising" + ")" * 30) == RISING
