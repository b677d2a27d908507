"""How one feature call is read, and what is said of one that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfolab.base.errors import InputError
from nfolab.base.units import Clock, Seconds
from nfolab.tape.features import Call, Unit, read_call, unit_of

LAST = Call("last")


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("ema(5s)", Call("ema", (Seconds(5), LAST))),
        ("ema( 5s , of = mid )", Call("ema", (Seconds(5), Call("mid")))),
        ("ema(of=mid(), window=5s)", Call("ema", (Seconds(5), Call("mid")))),
        ("vwap", Call("vwap")),
        ("vwap()", Call("vwap")),
        ("volume(30s)", Call("volume", (Seconds(30),))),
        ("volume", Call("volume", (Seconds(1),))),
        ("mean_volume(300s, before = 30s)", Call("mean_volume", (Seconds(300), Seconds(30)))),
        ("imbalance(levels=5)", Call("imbalance", (5,))),
        ("range_high(09:15:00, 09:20)", Call("range_high", (Clock(33_300), Clock(33_600), LAST))),
        ("realised_vol(30m)", Call("realised_vol", (Seconds(1_800), Seconds(60), LAST))),
        ("rising(last, 3)", Call("rising", (LAST, 3))),
        ("atr(1m, 14)", Call("atr", (Seconds(60), 14, LAST))),
        ("change(2s, of=ema(6s))", Call("change", (Seconds(2), Call("ema", (Seconds(6), LAST))))),
    ],
)
def test_a_call_is_read_with_its_defaults(text: str, call: Call) -> None:
    assert read_call(text) == call


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("emma(5s)", r"no feature 'emma' \(did you mean ema\?\)"),
        ("ema(5)", "at character 5: window should be a length of time from 1s on such as 30s"),
        ("ema(0s)", "at character 5: window should be"),
        ("ema(", "at character 5: window should be"),
        ("ema(5s", r"at character 7: a , is missing"),
        ("ema(99999999999999999999s)", "at character 5: window should be"),
        ("from_round(99999999999999pt)", "at character 12: step should be"),
        ("ema()", r"at character 6: ema\(window, of = last\(\)\) needs window"),
        ("ema(5s) + 1", "at character 9: no feature call has such a sign"),
        ("ema(5s) last", "at character 9: the call should end here"),
        ("imbalance(6)", "at character 11: levels should be a number of levels from 1 to 5"),
        ("imbalance(0)", "at character 11: levels"),
        ("mean(5s, bfore=3s)", r"at character 10: mean has no parameter bfore \(did you mean before\?\)"),
        ("rv(5s, 6s)", r"at character 8: rv\(window\) takes no more parameters"),
        ("rv(5s, window=6s)", "at character 15: window is given twice"),
        ("range_high(09:20, 09:15)", "the range should start before 09:15:00"),
        ("realised_vol(90s)", "a window of 90s does not hold two or more whole bars of 60s"),
        ("from_round(0pt)", "step should be above 0pt"),
        ("", "at character 1: the name of a feature should stand here"),
        ("rising(" * 20, "more than 8 deep"),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_call(text)


@given(st.text(st.sampled_from("emavolumr (),=:.%-0159sptx\n\t_é"), max_size=60))
def test_no_text_does_more_than_be_read_or_refused(text: str) -> None:
    try:
        call = read_call(text)
    except InputError:
        return
    assert read_call(str(call)) == call


def test_a_unit_follows_what_a_feature_is_taken_of() -> None:
    assert unit_of(read_call("ema(5s)")) == Unit.PAISE
    assert unit_of(read_call("change(2s, of=iv)")) == Unit.PERCENT
    assert unit_of(read_call("mean(30s, of=ema(5s, of=bid_depth(5)))")) == Unit.UNITS
    assert unit_of(read_call("zscore(30s, of=bid_depth(5))")) == Unit.RATIO
