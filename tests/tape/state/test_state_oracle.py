"""Every measure, state and event of a day equals plain loops, second for second and row for row, on random tapes.

NFOLAB_TAPES sets how many; at night 200.
"""

import os
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from nfolab.lake import Lake
from nfolab.market.sessions import session
from nfolab.tape.features import SPOT, DayFeatures
from nfolab.tape.features.day import Given
from nfolab.tape.state import thresholds
from nfolab.tape.state.bursts import funnel_of
from nfolab.tape.state.events import burst_table, spell_table
from nfolab.tape.state.today import bursts_of, signs_of_day
from nfolab.tape.tape import Day
from reference.state import RULES, SlowState
from tape.state.bursting import BANKNIFTY, NIFTY, Kind, recording, slow_days, write

TAPES = int(os.environ.get("NFOLAB_TAPES", "8"))
SECONDS, PAST_SECONDS = 480, 400
PLACES = {"rtol": 1e-9, "atol": 1e-9}


def series_of(slow: SlowState) -> dict[str, list]:
    """What each feature should tell."""
    vacuum = slow.vacuum
    return {
        "level": slow.level, "level_rv(10s)": slow.rv_10, "level_rv(120s)": slow.rv_120, "level_rv(30s)": slow.rv(30),
        "in_burst": slow.in_burst, "atm_pulls(30s)": slow.pulls(30), "atm_replenishes(30s)": slow.refills(30),
        "atm_spread_moves(30s)": slow.spread_changes(30), "atm_put_bid_pulls(10s)": slow.put_bid_pulls(10),
        "atm_put_excess(10s)": slow.put_excess(10), "atm_spread(30s)": slow.mean("spread", 30),
        "atm_trade_rate(10s)": slow.trade_rate(10), "vacuum_score": [one["score"] for one in vacuum],
        "atm_spread_rise": [one["spread"] for one in vacuum], "atm_depth_drop": [one["depth"] for one in vacuum],
        "in_chop": slow.in_chop, "in_flicker": slow.in_flicker, "in_fear": slow.in_fear, "regime": slow.regime,
    }  # fmt: skip


def assert_same(told: np.ndarray, slow: list, name: str) -> None:
    expected = np.array(slow, np.float64)
    same = np.isclose(told[: expected.size], expected, equal_nan=True, **PLACES)
    assert same.all(), (name, np.flatnonzero(~same)[:5], told[: expected.size][~same][:5], expected[~same][:5])


def assert_bursts(given: Given, slow: SlowState) -> None:
    table, fears, scores = burst_table(given), slow.fears, slow.burst_scores
    assert table["start"].to_list() == [one["start"] for one in slow.ended]
    for row, one, fear, score, of_class in zip(
        table.iter_rows(named=True), slow.ended, fears, scores, slow.classes, strict=True
    ):
        exact = {
            "end": one["end"], "known_at": one["known_at"], "truncated": one["truncated"],
            "ended_by": one["ended_by"], "direction_trigger": one["trigger"], "direction": one["direction"],
            "is_down": fear["down"], "is_large_share": fear["share"], "is_pulled": fear["pulled"],
            "is_excessive": fear["excess"], "is_refilled": fear["refilled"], "is_calmed": fear["calmed"],
            "is_fear": fear["fear"], "fear_known_at": fear["known_at"] if fear["fear"] else None, "class": of_class,
            "strike": slow.atm[one["start"] - 10], "duration": one["end"] - one["start"],
        }  # fmt: skip
        assert {name: row[name] for name in exact} == exact
        near = {
            "moved": one["moved"] / 100, "size_trigger": one["size_after_trigger"] / 100, "size": one["size"] / 100,
            "seen_share": one["seen"], "put_share": fear["put_share"], "put_pulls": fear["put_pulls"],
            "put_excess": None if fear["put_excess"] is None else fear["put_excess"] / 100,
            "replenishes_after": fear["refills"], "pulls_after": fear["pulls"], "trade_rate": score["rate"],
            "highest_trade_rate": score["highest rate"], "vacuum": score["score"],
            "highest_vacuum": score["highest score"],
        }  # fmt: skip
        for name, expected in near.items():
            assert (row[name] is None) == (expected is None), (name, row[name], expected)
            assert expected is None or row[name] == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def assert_funnel(given: Given, slow: SlowState) -> None:
    signs = [slow.signs(t) for t in range(slow.n)]
    a, b, c = (np.array(one) for one in zip(*signs, strict=True))
    told = funnel_of(signs_of_day(given), bursts_of(given))
    assert tuple(told) == (*map(np.count_nonzero, (a, b, c, a & b, a & c, a & b & c)), len(slow.ended))


def assert_day(given: Given, slow: SlowState, features: DayFeatures) -> None:
    assert_bursts(given, slow)
    assert_funnel(given, slow)
    for call, expected in series_of(slow).items():
        assert_same(features.get(call, SPOT), expected, call)
    started = [t for t in range(slow.n) if slow.in_flicker[t] == 1 and (t == 0 or slow.in_flicker[t - 1] != 1)]
    spells = spell_table(given)
    assert spells.filter(kind="flicker")["start"].to_list() == started


def rules_of(seed: int, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Bursts in another unit of distance, and quantiles of fewer values, for the package and for the loops alike."""
    text = thresholds.DEFAULT.read_text()
    text = text.replace('unit = "pt"', f'unit = "{("pt", "bp", "sigma")[seed % 3]}"')
    text = text.replace("least_events = 30", "least_events = 4").replace("least = 300", "least = 150")
    (folder / "thresholds.toml").write_text(text)
    patch.setattr(thresholds, "DEFAULT", folder / "thresholds.toml")
    for name, table in tomllib.loads(text).items():
        patch.setitem(RULES, name, table)


def tape_of(seed: int, folder: Path) -> tuple[Kind, Lake, date]:
    """A random day and the days before it, some of it without an index, some at the day's end."""
    kind = (NIFTY, BANKNIFTY)[seed % 2]
    random = np.random.default_rng(1_000 + seed)
    newest = 3 + seed // 2 % 3
    days = kind.days[max(0, newest - 3) : newest]
    first = session(days[-1]).last_second + 1 - SECONDS if seed % 4 == 3 else 0
    told = {day: recording(kind, day, PAST_SECONDS, random, 35, first) for day in days[:-1]}
    told[days[-1]] = recording(kind, days[-1], SECONDS, random, first=first)
    return kind, write(kind, told, folder, days if seed % 5 != 4 else days[:-1]), days[-1]


@pytest.mark.parametrize("seed", range(TAPES))
def test_a_random_tape_is_told_as_plain_loops_tell_it(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules_of(seed, tmp_path, monkeypatch)
    kind, lake, day = tape_of(seed, tmp_path)
    features = DayFeatures(Day(lake, kind.underlying, day))
    assert_day(Given(features, SPOT), slow_days(kind, lake)[day], features)
