"""Features worked out by hand, on tapes of a few rows; what does not fit is refused in a sentence."""

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lake_sources import MONDAY, row
from nfolab.base.errors import InputError
from nfolab.tape.features import FUTURE, SPOT, Chain, DayFeatures, OneContract, Premium
from nfolab.tape.features.naming import near_the_money, read_subject, subject_name
from nfolab.tape.tape import MissingSeriesError
from tape.features.tapes import CALL, LONELY, NUMBERS, PUT, Market

ONE = OneContract(NUMBERS[CALL])


def told(folder: Path, rows: list[dict], spot: dict[float, float] | None = None) -> DayFeatures:
    others = {name: [row(MONDAY, 0)] for name in (PUT, LONELY)}
    return DayFeatures(Market({CALL: rows, **others}, spot or {0: 59_450.0}).day(folder))


def test_volume_is_spread_over_a_short_silence_once_it_is_known(tmp_path: Path) -> None:
    rows = [row(MONDAY, second, volume=total) for second, total in [(0, 1000), (1, 1030), (4, 1090), (5, 1100)]]
    features = told(tmp_path, rows)
    # Seconds 2, 3 and 4 share 60 units, which is known from second 4 on only.
    assert features.get("volume(1s)", ONE)[:6].tolist()[1:] == pytest.approx(
        [30, math.nan, math.nan, 20, 10], nan_ok=True
    )
    assert features.get("volume(3s)", ONE)[3:6].tolist() == [30, 60, 50]
    assert features.get("volume_rate(3s)", ONE)[3:6].tolist() == [30, 20, pytest.approx(50 / 3)]
    assert features.get("mean_volume(2s, before=3s)", ONE)[5] == (30 + 20) / 2


def test_volume_of_a_gap_is_not_known_and_a_window_restarts_after_one_as_long_as_itself(tmp_path: Path) -> None:
    beats = [*range(10), *range(20, 40)]
    features = told(tmp_path, [row(MONDAY, second, volume=1000 + 10 * second) for second in beats])
    short, long = features.get("volume(5s)", ONE), features.get("volume(20s)", ONE)
    assert short[9] == 50
    assert np.isnan(short[15:25]).all(), "silent for 11 s, so five seconds have to fill again: 21 to 25"
    assert short[25] == 50
    assert np.isnan(long[:20]).all()
    assert long[20] == 90, "seconds 1 to 9, each 10 units; the 110 of the gap are not known by second"


def test_a_step_back_of_the_volume_trades_nothing(tmp_path: Path) -> None:
    totals = [1000, 1050, 700, 1040, 1060]
    features = told(tmp_path, [row(MONDAY, second, volume=total) for second, total in enumerate(totals)])
    assert features.get("volume(1s)", ONE)[1:5].tolist() == [50, 0, 0, 10]


def test_a_contracts_first_trade_is_unknown_and_not_zero(tmp_path: Path) -> None:
    """Its first row tells what traded before it, not when; and a volume of 0 may be one that was not told."""
    features = told(tmp_path, [row(MONDAY, at, volume=total) for at, total in [(5, 0), (6, 0), (7, 70), (8, 105)]])
    by_second = features.get("volume(1s)", ONE)
    assert np.isnan(by_second[5:8]).all(), "unknown is no 0: a condition on it does not fire"
    assert by_second[8] == 35
    assert features.get("volume(3s)", ONE)[8] == 35, "the one second of three that is known"
    assert features.get("volume_rate(3s)", ONE)[8] == 35, "a rate divides by the seconds that are known"
    later = told(tmp_path / "later", [row(MONDAY, at, volume=total) for at, total in [(5, 700), (6, 735)]])
    assert np.isnan(later.get("volume(1s)", ONE)[5])
    assert later.get("volume(1s)", ONE)[6] == 35


def test_a_day_without_a_future_or_vix_refuses_them_in_a_sentence(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, 0)])
    for call, why in [
        ("future", "has no futures of BANKNIFTY on 2025-12-15"),
        ("basis", "has no futures of BANKNIFTY on 2025-12-15"),
        ("vix", "has no vix of INDIAVIX on 2025-12-15"),
        ("nifty", "has no spot of NIFTY on 2025-12-15"),
        ("previous_close", "has no spot of BANKNIFTY on 2025-12-12"),
    ]:
        with pytest.raises(MissingSeriesError, match=why):
            features.get(call, SPOT)
    with pytest.raises(MissingSeriesError, match="has no futures"):
        features.get("imbalance(5)", FUTURE)


def test_a_chain_is_read_as_people_write_it(tmp_path: Path) -> None:
    day = told(tmp_path, [row(MONDAY, 0)]).day
    expiry = date(2025, 12, 30)
    assert read_subject("chain", day) == Chain(expiry)
    assert read_subject("Chain 2025-12-30 at 09:20", day) == Chain(expiry, 300)
    assert subject_name(Chain(expiry, 300), day) == "chain 2025-12-30 at 09:20:00"
    assert read_subject("future", day) == FUTURE
    for wrong, why in [
        ("chain 2026-01-27", "it has those of 2025-12-30"),
        ("chain at 16:00:00", "outside the session"),
    ]:
        with pytest.raises(InputError, match=why):
            read_subject(wrong, day)


def test_an_average_weighs_the_newest_by_two_over_k_and_one(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, second, price=price) for second, price in enumerate([100, 103, 103, 97])])
    # k = 3: weight 1/2. 100, 101.5, 102.25, 99.625.
    assert features.get("ema(3s)", ONE)[1:4].tolist() == pytest.approx([math.nan, 10_225, 9_962.5], nan_ok=True)


def test_a_bar_is_known_from_its_end_on(tmp_path: Path) -> None:
    rows = [row(MONDAY, second, price=100 + second % 7) for second in range(130)]
    features = told(tmp_path, rows)
    close = features.get("bar_close(1m)", ONE)
    assert np.isnan(close[:60]).all()
    assert set(close[60:120]) == {10_000 + 100 * (59 % 7)}
    assert close[120] == 10_000 + 100 * (119 % 7)
    assert features.get("bar_high(1m)", ONE)[60] == 10_600


def test_an_opening_range_is_known_when_it_is_over(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, second, price=100 + second / 10) for second in range(130)])
    high = features.get("range_high(09:15:00, 09:16:00)", ONE)
    assert np.isnan(high[:60]).all()
    assert high[60] == 10_590
    assert np.array_equal(high, features.get("opening_high(1m)", ONE), equal_nan=True)


def test_vwap_weighs_each_price_with_what_it_traded(tmp_path: Path) -> None:
    given = [(0, 1000, 100.0), (1, 1010, 101.0), (2, 1040, 102.0), (12, 9000, 500.0), (13, 9010, 110.0)]
    features = told(tmp_path, [row(MONDAY, second, volume=total, price=price) for second, total, price in given])
    vwap = features.get("vwap", ONE)
    assert vwap[2] == (10 * 10_100 + 30 * 10_200) / 40
    assert np.isnan(vwap[8:12]).all()
    assert vwap[13] == (10 * 10_100 + 30 * 10_200 + 10 * 11_000) / 50


def test_a_second_return_needs_both_seconds_seen(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, 0)], {0: 50_000.0, 1: 50_100.0, 3: 50_200.0, 4: 50_000.0})
    returns = features.get("second_return", SPOT)[:5]
    assert returns.tolist() == pytest.approx(
        [math.nan, math.log(501 / 500), math.nan, math.nan, math.log(500 / 502)], nan_ok=True
    )


def test_the_oi_tells_how_long_ago_it_changed(tmp_path: Path) -> None:
    given = [(0, 700), (1, 700), (2, 735), (3, 735), (4, 0), (5, 735)]
    features = told(tmp_path, [row(MONDAY, second, oi=oi) for second, oi in given])
    assert features.get("oi_age", ONE)[:6].tolist() == pytest.approx([math.nan, math.nan, 0, 1, 2, 3], nan_ok=True)
    assert features.get("oi_change(2s)", ONE)[2:4].tolist() == [35, 35]


def test_a_window_longer_than_the_day_tells_nothing(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, second) for second in range(5)])
    calls = [
        "mean",
        "sigma",
        "highest",
        "lowest",
        "median",
        "rank",
        "ema",
        "change",
        "volume",
        "rsi",
        "rv",
        "bar_close",
    ]
    calls += ["bar_volume", "opening_high"]
    for call in [*(f"{name}(99999999999s)" for name in calls), "atr(99999999999s, 14)", "realised_vol(99999990m)"]:
        assert np.isnan(features.get(call, ONE)).all(), call


def test_a_crossed_quote_is_none_and_never_a_price_of_zero(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, 0), row(MONDAY, 1, bp0=101.0, sp0=100.0), row(MONDAY, 2, bp0=None)])
    assert features.get("mid", ONE)[:3].tolist() == pytest.approx([10_000, math.nan, math.nan], nan_ok=True)


def test_a_feature_of_the_index_is_of_the_index_whatever_is_asked(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, 0)], {0: 50_000.0, 1: 50_025.0})
    assert features.get("spot_return(1s)", ONE)[1] == pytest.approx(0.0005)
    assert features.get("spot_change(1s)")[1] == 2_500


def test_what_cannot_be_taken_of_a_subject_is_refused(tmp_path: Path) -> None:
    features = told(tmp_path, [row(MONDAY, 0)])
    with pytest.raises(InputError, match=r"bid\(\) cannot be taken of a spot: take it of a contract or future or"):
        features.get("bid", SPOT)
    with pytest.raises(InputError, match=r"iv\(\) cannot be taken of a premium"):
        features.get("iv", Premium((0, 1)))
    with pytest.raises(InputError, match="needs at least one contract"):
        features.get("mid", Premium(()))
    with pytest.raises(InputError, match=r"bid\(\) cannot be taken of a spot"):
        features.get("ema(5s, of=bid)", SPOT)


def test_subjects_are_read_as_people_write_them(tmp_path: Path) -> None:
    day = told(tmp_path, [row(MONDAY, 0)]).day
    assert read_subject(" Spot", day) == SPOT
    assert read_subject("59400 ce", day) == ONE
    assert read_subject("2025-12-30 59400 CE + 59400 PE", day) == Premium((NUMBERS[CALL], NUMBERS[PUT]))
    assert subject_name(read_subject("59400CE+59400PE", day), day) == "2025-12-30 59400 CE + 2025-12-30 59400 PE"
    for wrong, why in [
        ("59400", "is no subject"),
        ("59300 CE", "the nearest listed are 59400, 59500"),
        ("2025-13-01 59400 CE", "is not a day"),
        ("2026-01-01 59400 CE", "that expiry has none"),
    ]:
        with pytest.raises(InputError, match=why):
            read_subject(wrong, day)


def test_the_strikes_near_the_money_follow_the_index(tmp_path: Path) -> None:
    day = told(tmp_path, [row(MONDAY, 0)], {0: 59_450.0}).day
    assert [subject_name(one, day)[11:] for one in near_the_money(day, 1)] == ["59400 CE", "59500 CE", "59400 PE"]
    assert near_the_money(day, 0) == []
