"""The volatility of past sessions: by hand, only of days before, and never that of a day that has changed."""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from lake_sources import MONDAY, TUESDAY, clock, row, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.tape.features import Chain, DayFeatures, FeatureCache, past, read_call
from nfolab.tape.tape import Day
from tape.features.tapes import packed

EXPIRY = Chain(date(2025, 12, 30))
DAYS = [date(2025, 12, number) for number in (8, 9, 10, 11, 12)]
STRIKE = 59_400.0
MINUTES_A_YEAR = 525_600


def premium(day: date, volatility: float) -> float:
    """The mid of the CE and of the PE at the money: at forward = strike, F x (2 N(s sqrt(T) / 2) - 1)."""
    minutes = (EXPIRY.expiry - day).days * 1440 + 15
    return STRIKE * math.erf(volatility * math.sqrt(minutes / MINUTES_A_YEAR) / 2 / math.sqrt(2))


def lake_of(folder: Path, volatilities: Mapping[date, Sequence[float]]) -> Lake:
    """Options at the money of each day, priced at one volatility after another, ten seconds each, up to 15:15:00."""
    for kind in ("ce", "pe"):
        rows = []
        for day, told in volatilities.items():
            for number, volatility in enumerate(told):
                mid = premium(day, volatility)
                for second in range(10):
                    at = 21_600 - 10 * (len(told) - number) + second + 1
                    rows.append(row(day, at, price=mid, bp0=round(mid - 0.05, 2), sp0=round(mid + 0.05, 2)))
        write_contract(folder / "raw" / f"banknifty25dec59400{kind}.parquet", rows)
    beats = [(clock(day, second), STRIKE) for day in volatilities for second in range(21_400, 21_610)]
    write_spot(folder / "raw" / "banknifty.parquet", "BANKNIFTY", beats)
    return packed(folder)


def features_of(lake: Lake, day: date = MONDAY, cache: FeatureCache | None = None) -> DayFeatures:
    return DayFeatures(Day(lake, "BANKNIFTY", day), cache)


FIVE = dict(zip(DAYS, ([0.10], [0.12], [0.14], [0.16], [0.20]), strict=True))
AT = 21_600
TOLD = 0.001
"""Mids lie on half ticks: at 59,400 and two weeks that is less than 0.001 of these volatilities."""


def test_percentile_and_rank_by_hand(tmp_path: Path) -> None:
    features = features_of(lake_of(tmp_path, {**FIVE, MONDAY: [0.11, 0.15, 0.25]}))
    seconds = [AT - 21, AT - 11, AT]
    assert features.get("atm_iv", EXPIRY)[seconds] == pytest.approx([0.11, 0.15, 0.25], rel=TOLD)
    # Below 0.11 stands 0.10; below 0.15 stand 0.10, 0.12 and 0.14; below 0.25 all five.
    assert features.get("atm_iv_percentile", EXPIRY)[seconds].tolist() == [1 / 5, 3 / 5, 1.0]
    # (0.11 - 0.10) / (0.20 - 0.10), and so on.
    assert features.get("atm_iv_rank", EXPIRY)[seconds] == pytest.approx([0.1, 0.5, 1.5], abs=0.01)
    assert set(features.get("atm_iv_sessions", EXPIRY)) == {5.0}
    # Of the newest three, 0.14, 0.16 and 0.20.
    assert features.get("atm_iv_percentile(3, 3)", EXPIRY)[seconds].tolist() == [0.0, 1 / 3, 1.0]
    assert np.isnan(features.get("atm_iv_percentile", EXPIRY)[: AT - 30]).all(), "no volatility, no share"


def test_fewer_sessions_than_the_least_tell_nothing_but_their_number(tmp_path: Path) -> None:
    four = {day: FIVE[day] for day in DAYS[1:]}
    features = features_of(lake_of(tmp_path, {**four, MONDAY: [0.15]}))
    for call in ("atm_iv_percentile", "atm_iv_rank"):
        assert np.isnan(features.get(call, EXPIRY)).all()
    assert features.get("atm_iv_sessions", EXPIRY)[0] == 4
    assert features.get("atm_iv_percentile(least = 4)", EXPIRY)[AT] == 2 / 4
    with pytest.raises(InputError, match="least should be at most days"):
        read_call("atm_iv_rank(4)")


def test_a_session_is_its_median_up_to_the_clock_and_none_where_it_was_silent(tmp_path: Path) -> None:
    broken = {**FIVE, DAYS[0]: [0.10, 0.90, 0.10]}
    features = features_of(lake_of(tmp_path, {**broken, MONDAY: [0.15]}))
    assert features.get("atm_iv_rank", EXPIRY)[AT] == pytest.approx(0.5, abs=0.01), "ten bad seconds of thirty"
    # The rows of one-volatility days begin at 15:14:51: before it only the first day is known, of 0.10 and 0.90.
    assert features.get("atm_iv_sessions(60, 15:14:45)", EXPIRY)[0] == 1
    assert features.get("atm_iv_sessions(60, 15:20:06)", EXPIRY)[0] == 0, "all older than five minutes and quote age"
    assert features.get("atm_iv_sessions(60, 09:00:00)", EXPIRY)[0] == 0
    assert features.get("atm_iv_sessions(60, 15:15:00)", EXPIRY)[0] == 5


def test_later_days_and_the_day_itself_never_count(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, {**FIVE, MONDAY: [0.15], TUESDAY: [0.05]})
    assert features_of(lake).get("atm_iv_rank", EXPIRY)[AT] == pytest.approx(0.5, abs=0.01)
    assert features_of(lake).get("atm_iv_sessions", EXPIRY)[0] == 5
    assert features_of(lake, TUESDAY).get("atm_iv_sessions", EXPIRY)[0] == 6
    assert np.isnan(features_of(lake, DAYS[0]).get("atm_iv_percentile(60, 1)", EXPIRY)).all()
    assert features_of(lake, DAYS[0]).get("atm_iv_sessions", EXPIRY)[0] == 0


def test_past_days_are_worked_out_once_and_then_read_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(tmp_path, {**FIVE, MONDAY: [0.15], TUESDAY: [0.15]})
    cache = FeatureCache(tmp_path / "cache")
    asked: list[date] = []
    whole = past.Day

    def counted(lake: Lake, underlying: str, day: date) -> Day:
        asked.append(day)
        return whole(lake, underlying, day)

    monkeypatch.setattr(past, "Day", counted)
    first = features_of(lake, cache=cache)
    told = first.get("atm_iv_percentile", EXPIRY)
    first.get("atm_iv_rank(60, 3)", EXPIRY)
    first.keep()
    assert asked == DAYS, "once for both"
    again = features_of(lake, cache=cache)
    assert np.array_equal(again.get("atm_iv_percentile", EXPIRY), told, equal_nan=True)
    features_of(lake, TUESDAY, cache).get("atm_iv_sessions", EXPIRY)
    assert asked == [*DAYS, MONDAY]
    for path in (tmp_path / "cache" / "numbers").iterdir():
        path.write_bytes(path.read_bytes()[:-3])
    again = features_of(lake, cache=cache)
    assert np.array_equal(again.get("atm_iv_percentile", EXPIRY), told, equal_nan=True)
    assert asked == [*DAYS, MONDAY, *DAYS], "what is damaged is computed anew"


def with_day_of(lake: Lake, other: Lake, day: date) -> Lake:
    """The lake with the options of one day put in the place of its own."""
    (changed,) = [one for one in other.days("BANKNIFTY", "options") if one.day == day]
    place = Path("options", "BANKNIFTY", f"{day}.parquet")
    shutil.copy(other.root / place, lake.root / place)
    return replace(lake, entries=tuple(changed if one.key == changed.key else one for one in lake.entries))


def test_a_changed_past_day_changes_what_is_told(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "cache")
    lake = lake_of(tmp_path / "one", {**FIVE, MONDAY: [0.15]})
    before = features_of(lake, cache=cache)
    smooth = "mean(5s, of = atm_iv_percentile)"
    assert before.get("atm_iv_percentile", EXPIRY)[AT] == before.get(smooth, EXPIRY)[AT] == 3 / 5
    before.keep()
    other = lake_of(tmp_path / "other", {**FIVE, DAYS[2]: [0.18], MONDAY: [0.15]})
    day = Day(with_day_of(lake, other, DAYS[2]), "BANKNIFTY", MONDAY)
    assert cache.of_day(day).key == cache.of_day(before.day).key, "the day itself is the same"
    after = DayFeatures(day, cache)
    assert after.get("atm_iv_percentile", EXPIRY)[AT] == 2 / 5
    assert after.get(smooth, EXPIRY)[AT] == 2 / 5
    missing = lake_of(tmp_path / "fewer", {day: FIVE.get(day, [0.15]) for day in (*DAYS[1:], MONDAY)})
    assert features_of(missing, cache=cache).get("atm_iv_sessions", EXPIRY)[AT] == 4


def test_a_cache_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, {DAYS[0]: [0.1], MONDAY: [0.15]})
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"feature cache .* cannot be written"):
        features_of(lake, cache=FeatureCache(tmp_path / "file")).get("atm_iv_sessions", EXPIRY)
