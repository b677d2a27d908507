"""Traps of specifications, found before anything is run: what can never be true, and what lies inside the spread."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hand_market import DAY, hand_lake, steady
from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.impossible import is_impossible
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.find import find_recipe, library
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.rules import OF_LEG
from nfolab.strategies.traps import inside_the_spread, never_true
from nfolab.tape.tape import Day
from strategies.small_vocabulary import VOCABULARY, GivenMarket

NAN = math.nan


@pytest.mark.parametrize(
    "text",
    [
        "volume(60s) > volume(120s)",  # a minute's volume is part of two minutes'
        "volume(60s) > 2 * volume(120s)",
        "1.5 * volume(120s) < volume(60s)",
        "last > highest(60s)",  # the highest of a window that ends now is no lower than the newest
        "last < lowest(60s) for 3s",
        "spread > 2pt and spread < 1pt",
        "spread > 2pt and (last > 5pt and spread <= 2pt)",
        "imbalance > 120%",
        "imbalance_ratio(1) < 0 or spread < 0pt",
        "abs(spot_return(1m)) < 0%",
        "1pt > spread > 2pt",
        "within 10s of up_share(30s) > 101%",
    ],
)
def test_what_can_never_be_true_is_found(text):
    assert is_impossible(read_condition(text, OF_LEG))


@pytest.mark.parametrize(
    "text",
    [
        "volume(60s) > 0.5 * volume(120s)",
        "volume(120s) > volume(60s)",
        "volume(60s) >= volume(120s)",  # equal where nothing traded in the first of the two minutes
        "last > highest(60s, before = 1s)",
        "last >= highest(60s)",
        "last > highest(60s, of = bid)",
        "spread > 1pt and spread < 2pt",
        "spread >= 1pt and spread <= 1pt",
        "imbalance > 99%",
        "spread < 0pt or last > 5pt",
        "not spread < 0pt",
        "rv(10s) > 2 * rv(120s)",  # roots of means, not of sums: it can be
    ],
)
def test_what_can_be_true_is_let_alone(text):
    assert not is_impossible(read_condition(text, OF_LEG))


BOUND = st.sampled_from(["-1pt", "0pt", "1pt", "2pt", "3pt"])
COMPARED = st.builds(
    "{} {} {}".format,
    st.sampled_from(["spread", "last", "abs(last - spread)"]),
    st.sampled_from(["<", "<=", ">", ">=", "=="]),
    BOUND,
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda part: st.one_of(
        st.builds("({}) and ({})".format, part, part),
        st.builds("({}) or ({})".format, part, part),
        st.builds("({}) for 2s".format, part),
        st.builds("not ({})".format, part),
    ),
    max_leaves=5,
)
PRICES = st.lists(st.sampled_from([NAN, 0.0, 100.0, 150.0, 200.0, 300.0]), min_size=12, max_size=12)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, PRICES, PRICES)
def test_what_is_called_impossible_is_never_true(text, last, spread):
    condition = read_condition(text, VOCABULARY)
    if is_impossible(condition):
        market = GivenMarket({"ce.last()": last, "ce.spread()": spread})
        assert not Evaluation(market).fires(condition).any()


@pytest.mark.parametrize("name", library())
def test_no_recipe_of_the_library_waits_for_what_can_never_be(name):
    recipe = find_recipe(name)
    assert list(never_true(recipe, recipe.variant({}, 0))) == []


TEXT = """
title = "Two traps"
side = "sell"
[enter]
between = ["09:20:00", "15:00:00"]
when = "{when}"
[[leg]]
sell = "CE"
[[leg]]
sell = "PE"
[exit]
stop = "{stop}"
leg_target = "{target}"
"""


def recipe(folder, when="pair.spread < 5pt", stop="none", target="none") -> Recipe:
    path = folder / "mine.toml"
    path.write_text(TEXT.format(when=when, stop=stop, target=target))
    return Recipe.load(path)


def test_the_part_that_is_never_true_is_named(tmp_path):
    found = recipe(tmp_path, "pair.spread < 5pt and pair.volume(60s) > pair.volume(120s)")
    (said,) = never_true(found, found.variant({}, 0))
    assert said == "enter.when can never be true: pair.volume(60s) > pair.volume(120s)"


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Spreads of 0.40 in every contract at a price of 100 until second 5,000, of 1.00 at 200 for a quarter after it."""
    seconds, later = range(4_400, 5_000), range(5_000, 5_200)
    rows = [*steady(seconds, 10_000, 10_040), *steady(later, 20_000, 20_100)]
    contracts = {f"banknifty25dec{strike}{kind}": rows for strike in (59300, 59400, 59500) for kind in ("ce", "pe")}
    folder = tmp_path_factory.mktemp("traps")
    return Day(hand_lake(folder, contracts, dict.fromkeys(range(4_400, 5_200), 59_410_00)), "BANKNIFTY", DAY)


@pytest.mark.parametrize(
    ("stop", "target", "said"),
    [
        # Two legs of 0.40 cost 0.80 to close at once, at 600 of the 800 seconds; 2.00 at the others.
        ("0.8pt", "none", ["the stop of the whole, 0.8pt, lies inside the round-trip spread of ATM±3 on 100% of"]),
        ("1pt", "none", []),
        ("none", "0.4pt", ["the target of leg 1, 0.4pt, lies inside", "the target of leg 2, 0.4pt, lies inside"]),
        ("none", "0.5pt", []),
        # 0.40 of 100.20 are 0.399 percent, 1.00 of 200.50 are 0.499.
        ("0.39%", "none", ["the stop of the whole, 0.39%, lies inside the round-trip spread of ATM±3 on 100% of"]),
        ("0.41%", "none", []),
    ],
)
def test_what_lies_inside_the_spread_on_most_seconds_is_told(tmp_path, day, stop, target, said):
    found = list(inside_the_spread(recipe(tmp_path, stop=stop, target=target).variant({}, 0), day))
    assert len(found) == len(said)
    assert all(one.startswith(begins) for one, begins in zip(found, said, strict=True)), found


def test_the_share_is_that_of_the_quoted_seconds(tmp_path, day):
    (said,) = inside_the_spread(recipe(tmp_path, stop="0.8pt").variant({}, 0), day)
    assert said.endswith(f"on 100% of the quoted seconds of {DAY}")
