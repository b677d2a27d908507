"""The market's state in conditions, as recipes write them, on the tape by hand: a burst from 152 to 163."""

from pathlib import Path

import numpy as np

from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.features import TapeMarket, TapeVocabulary
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.day_conditions import rests_on_past_days
from nfolab.tape.features import SPOT, DayFeatures, OneContract
from nfolab.tape.tape import Day
from tape.state.by_hand import LOT, MONDAY, jump, saw, write_day
from tape.state.test_state_by_hand import STEPS

VOCABULARY = TapeVocabulary({"ce": "contract", "spot": "spot"})


def test_a_recipe_asks_for_bursts_and_their_ends(tmp_path: Path) -> None:
    day = Day(write_day(tmp_path, jump(saw(400), 150, STEPS)), "NIFTY", MONDAY)
    market = TapeMarket(DayFeatures(day), {"ce": OneContract(2), "spot": SPOT}, lot=LOT)
    evaluation = Evaluation(market)

    def fired(text: str) -> list[int]:
        return np.flatnonzero(evaluation.fires(read_condition(text, VOCABULARY))).tolist()

    assert fired("in_burst") == list(range(152, 163))
    assert fired("burst_started and burst_direction == 1") == [152]
    assert fired("within 10s of burst_ended and burst_direction == 1") == list(range(163, 174))
    assert fired("burst_ended and burst_move > 15pt and burst_size < 17pt and burst_length <= 11s") == [163]
    assert fired("regime == 3") == list(range(152, 163))
    assert fired("burst_started and atm_pulls(30s) == 0 and atm_trade_rate(10s) == 2 and ce.activity == 1") == [152]
    assert 151 in fired("not in_burst and not in_flicker")
    assert 152 not in fired("not in_burst and not in_flicker")
    assert fired("in_burst and vacuum_score > 0.5 and spot.rv(10s) > 1.8 * spot.rv(120s)") == []
    assert fired("in_chop") == []
    assert fired("not in_chop") == []


def test_what_rests_on_earlier_days_says_so() -> None:
    assert rests_on_past_days(read_condition("not in_burst and not in_flicker", VOCABULARY))
    assert rests_on_past_days(read_condition("regime == 4 or in_chop", VOCABULARY))
    assert not rests_on_past_days(read_condition("within 10s of burst_ended and vacuum_score > 1", VOCABULARY))
