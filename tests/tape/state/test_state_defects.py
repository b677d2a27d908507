"""Defects of earlier attempts at this, each planted; the number is its place in the list of market-truth defects."""

import dataclasses
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.tape.features import SPOT, DayFeatures, find_feature
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.liquidity import PULLED, REPLENISHED
from nfolab.tape.state.bursts import Bursts, EndedBy, find_bursts, funnel_of, paise_of_unit, signs_of
from nfolab.tape.state.events import burst_table, liquidity_table, spell_table
from nfolab.tape.state.level import Level, level_of_seen
from nfolab.tape.state.thresholds import bucket_of, load_thresholds
from nfolab.tape.state.trailing import trailing_quantile
from nfolab.tape.state.vector import state_vector
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources
from tape.state.by_hand import LOT, MONDAY, by_hand, jump, quiet_book, saw, without, write_day
from tape.state.test_state_by_hand import STEPS

RULES = load_thresholds()
OF_MONDAY = RULES.of_bursts("NIFTY", 1)


def level_of(told: list[float | None], seconds: int = 1_000) -> Level:
    seen = np.full(max(seconds, len(told)), np.nan)
    for t, one in enumerate(told):
        seen[t] = np.nan if one is None else round(100 * one)
    return level_of_seen("index", seen)


def bursts_of(told: list[float | None], seconds: int = 1_000, **changed: float) -> Bursts:
    level, thresholds = level_of(told, seconds), dataclasses.replace(OF_MONDAY, **changed)
    return find_bursts(level, thresholds, RULES.burst, paise_of_unit(level, thresholds))


def silent(told: list[float | None], first: int, last: int) -> list[float | None]:
    return [None if first <= t <= last else one for t, one in enumerate(told)]


BURST = jump(saw(400), 150, STEPS)
"""From 152 to 163, see the tape by hand."""


# --- the list of defects


def test_02_of_a_day_in_several_files_all_are_read(tmp_path: Path) -> None:
    lake = write_day(tmp_path / "one", jump(saw(200), 150, STEPS))
    for path in (tmp_path / "one" / "raw").glob("*.parquet"):
        rows = pl.read_parquet(path)
        for part, half in (("a", rows[: rows.height // 2]), ("b", rows[rows.height // 2 :])):
            (tmp_path / "two" / part).mkdir(parents=True, exist_ok=True)
            half.write_parquet(tmp_path / "two" / part / path.name)
    pack(find_sources([tmp_path / "two"]), tmp_path / "both", 1)
    one, two = (Given(DayFeatures(Day(each, "NIFTY", MONDAY)), SPOT) for each in (lake, Lake.open(tmp_path / "both")))
    assert burst_table(one).height == 1
    assert burst_table(one).equals(burst_table(two))
    assert state_vector(one).equals(state_vector(two))


def test_03_lengths_are_seconds_of_the_clock_not_rows() -> None:
    lost = silent(BURST, 156, 159)
    (end,) = bursts_of(lost).end
    assert end - bursts_of(lost).start[0] == sum(t is not None for t in lost[152 : end + 1]) - 1 + 4


def test_04_acceleration_divides_ten_values_by_ten() -> None:
    even = level_of([26_000 * 1.01**t for t in range(30)])
    assert even.acceleration()[20] == pytest.approx(1.0, rel=1e-3)
    assert np.isnan(even.acceleration()[9]), "nine values are not ten"


def test_06_there_are_four_buckets_of_days_to_expiry() -> None:
    assert [bucket_of(days) for days in (0, 1, 2, 3, 4, 5, 30)] == [0, 2, 2, 4, 4, 6, 6]
    assert {RULES.of_bursts("NIFTY", days).move for days in (0, 1, 3, 5)} == {8, 10, 12, 15}


def test_07_neighbouring_strikes_volumes_scores_and_liquidity_are_told(tmp_path: Path) -> None:
    call = quiet_book(200)
    call["bq0"][100] = call["bq1"][100] = call["bq2"][100] = call["bq3"][100] = LOT
    vector = state_vector(by_hand(tmp_path, saw(200), {("CE", 26_000): call}))
    for name in ("ce-2_mid", "pe+1_vol_1s", "tps", "vacuum_score", "regime", "pull_rate_30", "skew_25"):
        assert name in vector.columns
    assert vector["ce_bid_pulled"].sum() == 1
    assert vector["pe+1_vol_1s"][50] == LOT


def test_10_ten_seconds_can_be_wilder_than_a_hundred_and_twenty() -> None:
    level = level_of(BURST)
    assert signs_of(level, OF_MONDAY, paise_of_unit(level, OF_MONDAY)).wild.any()
    # The root of a sum over 120 seconds is never below that over 10 of them.
    squares = np.nan_to_num(level.second_return() ** 2)
    sums = [np.sqrt(np.convolve(squares, np.ones(w))[: squares.size]) for w in (10, 120)]
    assert not (sums[0] > OF_MONDAY.start_ratio * sums[1]).any()


def test_12_a_missing_second_is_no_zero_no_pull_and_no_jump(tmp_path: Path) -> None:
    put = without(quiet_book(200), [60, 61, 90])
    given = by_hand(tmp_path, silent(saw(200), 70, 72), {("PE", 26_000): put})
    assert liquidity_table(given).is_empty()
    assert burst_table(given).is_empty()
    vector = state_vector(given)
    assert vector["pe_vol_1s"][59:64].to_list() == [LOT, None, None, None, LOT]
    assert vector["ret_1s"][70:74].to_list() == [None] * 4
    assert vector["pe_mid"][60:62].to_list() == [100, 100], "carried for display"


def test_13_the_grid_is_the_sessions_own(tmp_path: Path) -> None:
    told = saw(200)
    given = by_hand(tmp_path, told)
    vector = state_vector(given)
    assert vector.height == 22_501
    assert vector["second"].to_list() == list(range(22_501))
    assert vector["gap_seconds"][300] == 300 - 199
    assert vector["level"][204:206].to_list() == [told[199], None]


def test_14_days_to_expiry_are_differences_of_dates(tmp_path: Path) -> None:
    assert state_vector(by_hand(tmp_path, saw(30)))["days_to_expiry"].unique().to_list() == [1]


def across_strikes(folder: Path) -> Given:
    """A burst from 26,012 to 26,036, across the border at 26,025 between two strikes, whose books differ in size."""
    level = jump(saw(300, 26_012), 150, (6.0, 6.0, 6.0, 6.0))
    small, dear = quiet_book(300, 50.0), quiet_book(300, 50.0)
    for side in "bs":
        for number in range(5):
            small[f"{side}q{number}"] = np.full(300, LOT)
    return by_hand(folder, level, {("CE", 26_050): small, ("PE", 26_050): dear})


def test_15_and_16_no_strike_is_set_against_another(tmp_path: Path) -> None:
    given = across_strikes(tmp_path)
    vector, (burst,) = state_vector(given), burst_table(given).iter_rows(named=True)
    assert vector["atm_strike"][140:160].unique().sort().to_list() == [26_000, 26_050]
    # Call and put of 26,050 are 50 rupees cheaper and a tenth as deep: no move, no pull.
    assert (burst["strike"], burst["call_moved"], burst["put_moved"]) == (26_000, 0.0, 0.0)
    assert liquidity_table(given).is_empty()
    assert vector["ce_moved_1s"].drop_nulls().unique().to_list() == [0.0]
    assert given._features.get("atm_depth_drop", SPOT)[150:165].max() == 0


def test_18_a_corrupt_volume_trades_nothing(tmp_path: Path) -> None:
    call = quiet_book(200)
    call["volume"] = call["volume"].copy()
    call["volume"][100:] += 83_900_000
    call["volume"][150:] -= 83_000_000
    vector = state_vector(by_hand(tmp_path, saw(200), {("CE", 26_000): call}))
    assert vector["ce_vol_1s"][99:102].to_list() == [LOT, None, LOT]
    assert vector["tps"].max() == 2.0


def test_19_quantiles_know_no_later_second() -> None:
    today, earlier = np.array([5.0, np.nan, 1.0, 9.0, 7.0]), [np.array([2.0, 4.0]), np.array([np.nan, 6.0, 8.0])]
    # Of 2, 4, 6, 8 the median by rank is 4; then of 2 4 5 6 8; of 1 2 4 5 6 8; of 1 2 4 5 6 8 9.
    assert trailing_quantile(today, earlier, 50, 1).tolist() == [4.0, 5.0, 5.0, 4.0, 5.0]
    assert np.isnan(trailing_quantile(today, earlier, 50, 6)[:3]).all()


def test_20_the_size_of_a_burst_begins_before_its_trigger() -> None:
    one = bursts_of(BURST)
    assert (one.size_after_trigger[0], one.size[0]) == (400, 1_600)
    assert one.size[0] >= 100 * OF_MONDAY.move


def test_21_a_dead_detector_shows_where_it_is_dead() -> None:
    level = level_of(BURST)
    unit = paise_of_unit(level, OF_MONDAY)
    dead = dataclasses.replace(OF_MONDAY, start_ratio=99.0)
    funnel = funnel_of(signs_of(level, dead, unit), find_bursts(level, dead, RULES.burst, unit))
    assert funnel.wild == funnel.far_and_wild == funnel.bursts == 0
    assert funnel.far > 0
    assert funnel.far_and_step > 0


# --- the settled readings


def test_a_difference_exists_only_between_two_seconds_that_were_seen() -> None:
    step = level_of(silent(saw(50), 20, 21)).step()
    assert np.isnan(step[20:23]).all()
    assert abs(step[23]) == 50


def test_rv_asks_for_six_tenths_of_its_window_and_tells_its_coverage() -> None:
    holes = [one if t % 3 else None for t, one in enumerate(saw(200))]
    assert np.isnan(level_of(holes).realised_volatility(10)).all(), "a third of the differences exist"
    fewer = [one if t % 6 else None for t, one in enumerate(saw(200))]
    assert not np.isnan(level_of(fewer).realised_volatility(30)[100])
    assert level_of(fewer).coverage(120)[150] == pytest.approx(4 / 6)


def test_the_level_is_carried_for_five_seconds() -> None:
    value = level_of(saw(20)).value
    assert value[24] == value[19]
    assert np.isnan(value[25])


def test_c_ignores_absent_differences_and_is_false_without_any() -> None:
    lost = level_of(silent(BURST, 153, 154))
    assert signs_of(lost, OF_MONDAY, paise_of_unit(lost, OF_MONDAY)).step[152:156].tolist() == [True, True, True, False]


def test_no_burst_is_possible_before_the_first_rv_120() -> None:
    assert bursts_of(jump(saw(400), 110, STEPS)).start.size == 0
    assert bursts_of(jump(saw(400), 118, STEPS)).start.tolist() == [120]


def test_bursts_are_not_merged_and_a_new_one_starts_five_seconds_after_an_end() -> None:
    again = jump(BURST, 165, (8.0, 8.0, 8.0, 8.0))
    found = bursts_of(again)
    assert found.end[0] == 163
    assert found.start[1] == 168, "move, ratio and step stand from 166 on"


def test_a_burst_ends_no_sooner_than_three_seconds_and_no_later_than_three_minutes() -> None:
    shallow = bursts_of(BURST, quiet=1_000.0, end_ratio=1_000.0)
    assert shallow.end[0] - shallow.start[0] == 3
    endless = bursts_of(BURST, end_ratio=1e-9)
    assert (endless.end[0] - endless.start[0], endless.ended_by[0]) == (180, EndedBy.LENGTH)


def test_a_gap_truncates_and_is_known_five_seconds_after_it_began() -> None:
    found = bursts_of(silent(BURST, 156, 175))
    assert (found.end[0], found.known_at[0], found.ended_by[0]) == (155, 161, EndedBy.GAP)
    assert found.truncated[0]
    assert not found.truncated[1:].any()


def test_the_close_truncates() -> None:
    found = bursts_of(BURST[:158], seconds=158)
    assert (found.end[0], found.known_at[0], found.ended_by[0]) == (157, 157, EndedBy.CLOSE)


def test_the_direction_at_the_trigger_may_not_be_that_of_the_whole() -> None:
    back = jump(BURST, 155, (-9.0, -9.0, -9.0))
    found = bursts_of(back)
    assert (found.trigger[0], found.direction[0]) == (1, -1)


def test_distances_stand_in_points_in_basis_points_and_in_moves_of_earlier_days() -> None:
    level = level_of(BURST)
    assert paise_of_unit(level, RULES.of_bursts("NIFTY", 1, "pt"))[10] == 100
    assert paise_of_unit(level, RULES.of_bursts("NIFTY", 1, "bp"))[10] == pytest.approx(2_600_000 / 10_000)
    sigma = np.full(level.value.size, 162.0)
    assert paise_of_unit(level, RULES.of_bursts("NIFTY", 1, "sigma"), sigma) is sigma
    with pytest.raises(ValueError, match="earlier days"):
        paise_of_unit(level, RULES.of_bursts("NIFTY", 1, "sigma"))


def test_a_first_day_knows_no_chop_no_class_and_no_normal_second(tmp_path: Path) -> None:
    given = by_hand(tmp_path, jump(saw(700), 650, STEPS))
    assert np.isnan(given._features.get("in_chop", SPOT)).all()
    assert burst_table(given)["class"].to_list() == ["unclassified"]
    regime = given._features.get("regime", SPOT)
    assert set(regime[~np.isnan(regime)]) == {3.0}
    assert spell_table(given)["kind"].to_list() == ["burst"]


def test_convexity_is_measured_at_half_the_move_and_at_the_move(tmp_path: Path) -> None:
    call = quiet_book(300)
    for name in [f"{side}p{number}" for side in "bs" for number in range(5)]:
        # The index has moved by 7.5 of 10 at 151, by 12 at 152.
        call[name][151] += 2.0
        call[name][152:] += 6.0
    (burst,) = burst_table(by_hand(tmp_path, jump(saw(300), 150, STEPS), {("CE", 26_000): call})).iter_rows(named=True)
    assert burst["convexity"] == pytest.approx(6 / (2 * 2))


def test_pulls_and_replenishments_mean_the_same_of_a_contract_and_at_the_money() -> None:
    assert (RULES.liquidity.pulled, RULES.liquidity.replenished) == (PULLED, REPLENISHED)


def test_what_rests_on_earlier_days_is_never_kept_by_the_day() -> None:
    assert not any(
        find_feature(name).of_its_day for name in ("in_chop", "in_flicker", "in_fear", "fear_started", "regime")
    )
    assert math.isclose(RULES.trailing.days, 5)


@pytest.mark.parametrize("day", [date(2025, 12, 12), date(2025, 12, 16)])
def test_thresholds_are_those_of_the_days_to_expiry(day: date) -> None:
    ahead = (date(2025, 12, 16) - day).days
    assert RULES.of_bursts("NIFTY", ahead).move == {4: 12, 0: 8}[ahead]
