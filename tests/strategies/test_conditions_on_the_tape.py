"""Conditions over the tape's own features: every feature can be named as the tape spells it, and a day is evaluated."""

from pathlib import Path

import numpy as np
import pytest

from engine.hand_market import CALL, DAY, PUT, hand_lake, quote, steady
from nfolab.base.errors import InputError
from nfolab.strategies.conditions.calls import CallReader
from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.features import TapeMarket, TapeVocabulary, tape_call
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.tokens import tokens_of
from nfolab.strategies.conditions.tree import Comparison, Holds
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import Call, Unit
from nfolab.tape.features.registry import features, unit_of
from nfolab.tape.features.spelling import read_call
from nfolab.tape.features.subject import SPOT, OneContract, Premium
from nfolab.tape.tape import Day

VOCABULARY = TapeVocabulary(
    {"premium": "premium", "ce": "contract", "pe": "contract", "spot": "spot", "chain": "chain"}
)
# What a value is compared with to be a condition, by the unit of the feature.
THRESHOLDS = {
    Unit.PAISE: "2pt", Unit.UNITS: "100units", Unit.UNITS_PER_SECOND: "100units / 1s", Unit.PERCENT: "2%",
    Unit.RATIO: "2", Unit.LOG_PER_SECOND: "0", Unit.SECONDS: "5s", Unit.MINUTES: "5m",
    Unit.BARS: "3", Unit.EVENTS: "3", Unit.SIGN: "1",
    Unit.PER_PAISA: "0.01 / 1pt", Unit.PAISE_PER_DAY: "5pt / 1day", Unit.PAISE_PER_VOLATILITY: "5pt / 1%",
    Unit.PER_SQUARE_PAISA: "0.01 / 1pt / 1pt", Unit.PERCENT_PER_DAY: "1% / 1day",
}  # fmt: skip


def subject_of(call: Call) -> str:
    kinds = features()[call.name].subjects.intersection(
        *(features()[one.name].subjects for one in call.arguments if isinstance(one, Call))
    )
    if "premium" in kinds or (len(kinds) == 1 and "contract" not in kinds):
        return ""
    return "ce." if "contract" in kinds else "chain."


@pytest.mark.parametrize("text", [example for one in features().values() for example in one.examples])
def test_every_example_of_every_feature_reads_as_the_tape_reads_it(text):
    call = read_call(text)
    unit = unit_of(call)
    told = subject_of(call) + text
    condition = read_condition(told if unit is Unit.TRUTH else f"{told} > {THRESHOLDS[unit]}", VOCABULARY)
    if unit is Unit.TRUTH:
        assert isinstance(condition, Holds)
        taken = condition.feature
    else:
        assert isinstance(condition, Comparison)
        taken = condition.left
    assert tape_call(taken.call) == call
    assert taken.scale == (60 if unit is Unit.MINUTES else 1)


def test_no_feature_has_a_name_that_conditions_cannot_say():
    for name in features():
        reader = CallReader(tokens_of(name, {}), VOCABULARY)
        assert name in reader.vocabulary.features
        assert name not in ("abs", "min", "max", "between", "time")


def test_what_does_not_fit_is_told_with_its_character():
    with pytest.raises(InputError, match=r"there is no feature 'emma' \(did you mean ema\?\) \(at character 1\)"):
        read_condition("emma(5s) > 2pt", VOCABULARY)
    with pytest.raises(InputError, match=r"iv is not known of premium: write ce\.iv \(at character 1\)"):
        read_condition("iv > 12%", VOCABULARY)
    with pytest.raises(InputError, match=r"last is not known of chain: write premium\.ema \(at character 1\)"):
        read_condition("chain.ema(5s) > 2pt", VOCABULARY)
    with pytest.raises(InputError, match=r"bid is not known of spot: write premium\.ema \(at character 1\)"):
        read_condition("spot.ema(5s, of = bid) > 2pt", VOCABULARY)
    with pytest.raises(InputError, match="percent cannot be compared with a plain number: write 12%"):
        read_condition("atm_iv >= 12", VOCABULARY)
    unfit = features()["range_high"].check(
        start=read_call("range_high(10:00:00, 11:00:00)").arguments[1],
        end=read_call("range_high(10:00:00, 11:00:00)").arguments[0],
    )
    with pytest.raises(InputError) as told:
        read_condition("range_high(11:00:00, 10:00:00) > last", VOCABULARY)
    assert str(told.value).startswith(f"{unfit} (at character 1)")


MANUAL = Path(__file__).resolve().parents[2] / "docs" / "conditions.md"


def test_the_manuals_conditions_and_mistakes_are_true():
    first, *_, last = [block.split("\n```")[0].strip() for block in MANUAL.read_text().split("```\n")[1::2]]
    assert len(first.splitlines()) == 3
    for condition in [*first.splitlines(), "theta < -5pt / 1day", "last / ema(5s) > 101%", "spread < 1% * last"]:
        read_condition(condition, VOCABULARY)
    told = last.splitlines()
    for sentence, line, caret in zip(told[::3], told[1::3], told[2::3], strict=True):
        with pytest.raises(InputError) as mistake:
            read_condition(line.strip(), VOCABULARY)
        assert str(mistake.value) == f"{sentence}\n{line}\n{caret}"


def test_a_day_is_evaluated(tmp_path):
    # The CE asks 100.10 and bids 100.00, at seconds 110 to 112 it bids 95.00; the PE stands still; the index steps up
    # at 115.
    call = [quote(second, 9_500 if 110 <= second <= 112 else 10_000, 10_010) for second in range(90, 130)]
    lake = hand_lake(
        tmp_path,
        {CALL: call, PUT: steady(range(90, 130), 9_000, 9_010)},
        {second: 59_400_00 if second < 115 else 59_460_00 for second in range(90, 130)},
    )
    day = Day(lake, "BANKNIFTY", DAY)
    market = TapeMarket(
        DayFeatures(day), {"premium": Premium((0, 1)), "ce": OneContract(0), "pe": OneContract(1), "spot": SPOT}, lot=35
    )
    evaluation = Evaluation(market)

    def fired(text: str) -> list[int]:
        return np.flatnonzero(evaluation.fires(read_condition(text, VOCABULARY))).tolist()

    assert fired("ce.spread > 2pt") == [110, 111, 112]
    assert fired("ce.spread > 2pt for 3s") == [112]
    assert fired("pe.spread > 2pt") == []
    assert fired("ce.spread crosses_above 2pt") == [110]
    assert fired("within 2s of ce.spread > 2pt and ce.spread < 1pt") == [113, 114]
    assert fired("spot crosses_above 59450pt") == [115]
    # 60 of 59400 are 0.101 %; over 3 s the step is seen at 115, 116 and 117.
    assert fired("spot_return(3s) > 0.1%") == [115, 116, 117]
    assert fired("time >= 09:17:05 and ce.spread > 2pt") == []
    assert fired("between(09:16:50, 09:16:51) and ce.spread > 2pt") == [110, 111]
    # Before the first row nothing is known, so neither a condition nor its opposite fires.
    assert fired("ce.spread > 0")[0] == fired("not ce.spread > 2pt")[0] == 90
