"""Every formula on a tape of 200 seconds, with the arithmetic beside it."""

import math

import numpy as np
import pytest

from nfolab.tape.features import SPOT
from nfolab.tape.features.day import Given
from nfolab.tape.state.events import burst_table, liquidity_table
from nfolab.tape.state.vector import state_vector
from tape.state.by_hand import LOT, by_hand, jump, quiet_book, saw

SECONDS = 200
STEPS = (3.5, 4.0, 4.0, 4.0)
"""From 26,000.5 at 149 to 26,004 at 150, 26,008, 26,012, and 26,016 at 153, where it stays."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Given:
    level = jump(saw(SECONDS), 150, STEPS)
    call = quiet_book(SECONDS)
    # At 100 the call's bids lose 60 % of their size while its ask rises by six ticks; at 101 all is as before.
    for number in range(5):
        call[f"bq{number}"][100] = 4 * LOT
        call[f"sp{number}"][100] += 0.30
    put = quiet_book(SECONDS)
    put["volume"] = np.full(SECONDS, 1_000 * LOT)
    put["price"][120:] = 100.05
    for name in [f"{side}p{number}" for side in "bs" for number in range(5)]:
        put[name][152:] -= 8.0
    return by_hand(tmp_path_factory.mktemp("hand"), level, {("CE", 26_000): call, ("PE", 26_000): put})


def value(given: Given, call: str, t: int) -> float:
    return float(given._features.get(call, SPOT)[t])


def test_returns_and_their_root_mean_squares(given: Given) -> None:
    small, first, large = (0.5, 3.5, 4.0)
    # Of the ten seconds up to 152 seven moved by 0.5, then 3.5, 4 and 4; of the newest 120 another 110 by 0.5.
    steps = [math.log(1 + step / 26_000) for step in [small] * 7 + [first, large, large]]
    assert value(given, "level_rv(10s)", 152) == pytest.approx(math.sqrt(sum(s * s for s in steps) / 10), rel=1e-3)
    squares = 117 * small**2 + first**2 + 2 * large**2
    assert value(given, "level_rv(120s)", 152) == pytest.approx(math.sqrt(squares / 120) / 26_000, rel=1e-3)
    vector = state_vector(given)
    assert vector["ret_1s"][152] == pytest.approx(math.log(26_012 / 26_008), abs=1e-15)
    assert vector["ret_10s"][152] == pytest.approx(math.log(26_012 / 26_000), abs=1e-15)
    assert vector["rv_10_coverage"][5] == 0.5
    # The mean of the newest ten at 152: (7 x 0.5 + 3.5 + 4 + 4) / 10 = 1.5, so that 4 is 2.67 times it.
    assert vector["accel_10"][152] == pytest.approx(4 / 1.5, rel=1e-3)
    assert vector["accel_10"][9] is None


def test_the_burst(given: Given) -> None:
    # One day to expiry: move 10, step 3, start ratio 1.8, quiet 2, end ratio 1.3.
    # A: 26,008 - 26,000.5 = 7.5 at 151, 26,012 - 26,000 = 12 at 152. B: rv_10 / rv_120 = 2.14 / 0.78 = 2.7. C: 4.
    # End: |S - S[t - 5]| is 0 from 158 on, but rv_10 / rv_120 is 1.265 / 0.851 at 162, and 0 at 163.
    (one,) = burst_table(given).iter_rows(named=True)
    told = {name: one[name] for name in ("start", "end", "known_at", "ended_by", "duration", "direction", "bucket")}
    assert told == {"start": 152, "end": 163, "known_at": 163, "ended_by": "quiet", "duration": 11, "direction": 1,
                    "bucket": 2}  # fmt: skip
    assert (one["moved"], one["size_trigger"], one["size"]) == (16.0, 4.0, 16.0)
    assert (one["strike"], one["direction_trigger"], one["time_of_day"]) == (26_000, 1, "morning")
    # The call's mid stood still, the put's fell by 8 while the index rose by 16.
    assert (one["call_moved"], one["put_moved"], one["call_share"], one["put_share"]) == (0.0, -8.0, 0.0, -0.5)
    assert one["seen_share"] == 1.0
    assert one["class"] == "unclassified"
    assert not one["is_fear"]
    assert [value(given, "in_burst", t) for t in (151, 152, 162, 163)] == [0, 1, 1, 0]
    assert [value(given, "burst_ended", t) for t in (162, 163, 164)] == [0, 1, 0]
    assert [value(given, "burst_direction", t) for t in (151, 152)] == [0, 1]
    assert math.isnan(value(given, "burst_move", 162))
    assert value(given, "burst_move", 163) == 1_600
    assert math.isnan(value(given, "in_burst", 119))
    assert value(given, "in_burst", 120) == 0


def test_a_pull_and_a_replenishment(given: Given) -> None:
    # 50 lots fell to 20, which is at most 65 %, a lot traded, the spread widened; a second later 50 is 250 % of 20.
    table = liquidity_table(given)
    assert table.filter(contract="CE").select("second", "kind", "side").rows() == [
        (100, "pull", "bid"), (101, "replenish", "bid"),
    ]  # fmt: skip
    assert [value(given, "atm_pulls(30s)", t) for t in (99, 100, 129, 130)] == [0, 1, 1, 0]
    assert value(given, "atm_net_liquidity(30s)", 110) == 0
    assert value(given, "atm_spread_moves(30s)", 110) == 2
    vector = state_vector(given)
    assert vector["ce_bid_pulled"][99:102].to_list() == [0, 1, 0]
    assert vector["pull_rate_30"][110] == 2


def test_trades_and_the_vacuum(given: Given) -> None:
    # A lot a second of the call, none of the put.
    assert value(given, "atm_trade_rate(10s)", 90) == 1.0
    # Spreads of call and put: 0.20 before, 0.50 at 100. Depth: 200 lots before, 170 at 100.
    assert value(given, "atm_spread_rise", 105) == pytest.approx(0.50 / 0.20 - 1)
    assert value(given, "atm_depth_drop", 105) == pytest.approx(1 - 170 / 200)
    # The index stood at 26,000.5 at 95 and at 105: no third term.
    assert value(given, "vacuum_score", 105) == pytest.approx(0.6 * 1.5 + 0.3 * 0.15)
    # At 153 it had moved by 15.5 over ten seconds in which ten lots traded.
    third = 10_000 * 15.5 / 26_000.5 / (1 + 10)
    assert value(given, "vacuum_score", 160) == pytest.approx(0.1 * 10_000 * 12 / 26_004 / 11, rel=1e-6)
    assert value(given, "vacuum_score", 153) == pytest.approx(0.1 * third, rel=1e-6)
    assert value(given, "atm_spread(30s)", 99) == 20
    assert value(given, "atm_spread(30s)", 100) == pytest.approx((29 * 20 + 50) / 30)


def test_the_columns_of_the_book(given: Given) -> None:
    row = state_vector(given).row(100, named=True)
    assert (row["ce_mid"], row["ce_spread"], row["pe_mid"]) == (100.15, 0.4, 100.0)
    assert (row["ce_bid_depth_5"], row["ce_ask_lots_5"]) == (20 * LOT, 50)
    assert row["ce_obi_5"] == pytest.approx((20 - 50) / 70)
    assert row["ce_slope_bid"] == pytest.approx(4 / 20)
    assert (row["ce_vol_1s"], row["pe_vol_1s"], row["ce_trade_active"]) == (LOT, 0, 1)
    assert row["ce_moved_1s"] == pytest.approx(0.15)
    assert (row["atm_strike"], row["ce-2_mid"], row["pe+2_bid_depth_5"]) == (26_000, 100, 50 * LOT)
    assert row["straddle_mid"] == pytest.approx(200.15)
    assert row["ce_trade_freq_30"] == 1
    assert row["pe_trade_freq_30"] == 0
    # The put's last price rose above the mid of the second before at 120.
    assert state_vector(given)["pe_aggressor"][119:122].to_list() == [0, 1, 0]
