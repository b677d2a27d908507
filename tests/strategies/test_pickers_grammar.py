"""How a strike is written, and the one sentence for each mistake."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.base.units import Percent, Points
from nfolab.strategies.pickers.distance import ExpectedMoves, Steps, Straddles
from nfolab.strategies.pickers.grammar import read_strike
from nfolab.strategies.pickers.place import Away, FromLeg, StrikeRule
from nfolab.strategies.pickers.search import ByRank, ByValue, ShareOfStraddle, Where

HUNDRED, EIGHTY = Points(10_000), Points(8_000)


@pytest.mark.parametrize(
    ("text", "picker"),
    [
        ("atm", StrikeRule("atm")),
        ("atm_pair", StrikeRule("atm_pair")),
        ("atm+2", StrikeRule("steps", 2)),
        ("atm - 2", StrikeRule("steps", -2)),
        ("otm3", StrikeRule("otm", 3)),
        ("itm1", StrikeRule("itm", 1)),
        ("59400", StrikeRule("fixed", 59400)),
        ("atm+200pt", Away("atm", "up", Points(20_000))),
        ("spot-1%", Away("spot", "down", Percent(10_000))),
        ("otm 1.5em", Away("spot", "otm", ExpectedMoves(Fraction(3, 2)))),
        ("otm 1.5 em", Away("spot", "otm", ExpectedMoves(Fraction(3, 2)))),
        ("itm 50pt", Away("spot", "itm", Points(5_000))),
        ("atm + 0.5 straddle", Away("atm", "up", Straddles(Fraction(1, 2)))),
        ("otm 2straddles", Away("spot", "otm", Straddles(Fraction(2)))),
        ("leg1", FromLeg(1, 1, Steps(0))),
        ("leg2+3", FromLeg(2, 1, Steps(3))),
        ("leg1-200pt", FromLeg(1, -1, Points(20_000))),
        ("premium ~ 100rs", ByValue("premium", "~", HUNDRED, HUNDRED)),
        ("premium~100pt", ByValue("premium", "~", HUNDRED, HUNDRED)),
        ("premium >= 80rs", ByValue("premium", ">=", EIGHTY, EIGHTY)),
        ("premium<=80rs", ByValue("premium", "<=", EIGHTY, EIGHTY)),
        ("premium 80..100rs", ByValue("premium", "..", EIGHTY, HUNDRED)),
        ("premium 80rs .. 100rs", ByValue("premium", "..", EIGHTY, HUNDRED)),
        ("premium ~ 40% of straddle", ByValue("premium", "~", *2 * (ShareOfStraddle(Percent(400_000)),))),
        (
            "premium 20..40% of straddle",
            ByValue("premium", "..", ShareOfStraddle(Percent(200_000)), ShareOfStraddle(Percent(400_000))),
        ),
        ("delta ~ 0.30", ByValue("delta", "~", Fraction(3, 10), Fraction(3, 10))),
        ("delta 0.25..0.35", ByValue("delta", "..", Fraction(1, 4), Fraction(7, 20))),
        ("max_oi", ByRank("oi", "max")),
        ("max_oi beyond 0.5%", ByRank("oi", "max", 1, Where("beyond", Percent(5_000)))),
        ("max_pair_oi within 1%", ByRank("pair_oi", "max", 1, Where("within", Percent(10_000)))),
        ("max_theta rank 2 within 5", ByRank("theta", "max", 2, Where("within", Steps(5)))),
        ("max_gamma_per_spread", ByRank("gamma_per_spread", "max")),
        ("min_iv within 3", ByRank("iv", "min", 1, Where("within", Steps(3)))),
        ("  delta   ~  0.30 ", ByValue("delta", "~", Fraction(3, 10), Fraction(3, 10))),
    ],
)
def test_each_word_reads_as_it_says(text, picker):
    assert read_strike(text, legs_before=2) == picker


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("atm2", r"'atm2' is no strike: write atm, atm_pair, atm\+2, .*; did you mean atm\?"),
        ("ATM", "'ATM' is no strike: write atm"),
        ("premum ~ 100rs", r"did you mean premium\?"),
        ("max_io", r"did you mean max_oi\?"),
        ("", "'' is no strike"),
        ("spot", "'spot' says no distance: write atm for the strike nearest it, or spot"),
        ("spot+2", r"'spot\+2' counts strikes from the spot, which is none: write atm\+2"),
        ("atm+2em5", r"has no distance that can be read in '2em5': write 2 \(strike steps\), 200pt, 1%, 1.5em"),
        ("otm 1rs", "no distance that can be read in '1rs'"),
        ("otm 0.001pt", "'0.001pt' is finer than 0.01pt"),
        ("max_oi within", "'max_oi within' is no strike"),
        ("max_oi within far", "no distance that can be read after within"),
        ("otm 1% within 5", "already says which strike: within … is for premium, delta and max_oi"),
        (
            "premium 100rs",
            "does not say whether premium is to be near, at least or at most 100rs: write premium ~ 100rs",
        ),
        ("premium ~ 100", "gives '100', which is no premium: write 100rs or 40% of straddle"),
        ("premium ~ 0rs", "gives '0rs', which is no premium"),
        ("premium ~ 80..120rs", "gives both ~ and a range: keep one of them"),
        ("premium 120..80rs", "is no range: write the lower value first, such as premium 80..120rs"),
        ("premium 80rs..40% of straddle", "is no range"),
        ("premium 20%..40% of straddle", "gives '20%', which is no premium"),
        ("delta ~ 30", "gives '30', which is no delta: write 0.30"),
        ("delta ~ 30%", "gives '30%', which is no delta"),
        ("delta 0.25..", "gives '', which is no delta"),
        ("max_oi rank 0", "is no strike"),
        ("leg3", "names a leg that does not stand before this one: those are leg1 to leg2"),
    ],
)
def test_each_mistake_has_its_sentence(text, sentence):
    with pytest.raises(InputError, match=sentence) as told:
        read_strike(text, legs_before=2)
    assert "\n" not in str(told.value)


def test_the_first_leg_has_none_before_it():
    with pytest.raises(InputError, match="those are none, as it is the first"):
        read_strike("leg1")


WORDS = ["atm", "spot", "otm", "leg1", "premium", "delta", "max_oi", "within", "beyond", "rank", "of straddle", "em"]
PIECES = st.sampled_from(
    [*WORDS, "~", ">=", "<=", "..", "+", "-", " ", "1", "0.5", "99999999999", "rs", "pt", "%", "é"]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)))
def test_any_text_is_read_or_refused_in_one_sentence(text):
    told = ""
    try:
        read_strike(text, legs_before=1)
    except InputError as mistake:
        told = str(mistake)
    assert told == "" or told.startswith(repr(text))
