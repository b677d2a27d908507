"""Real data: bursts of ten days of the index, and a day without its feed, which stands on the parity forward."""

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.expiries import calendar_days_to_expiry, nearest_expiry
from nfolab.market.sessions import is_full_session, session
from nfolab.tape.features import SPOT, DayFeatures
from nfolab.tape.features.day import Given
from nfolab.tape.state.bursts import Bursts, find_bursts, funnel_of, paise_of_unit
from nfolab.tape.state.events import burst_table
from nfolab.tape.state.level import index_level_of, level_of
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.state.today import bursts_of, signs_of_day
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources

DECEMBER = date(2025, 12, 15)


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("real")
    sources = [real_data / "das_nse_mod.sql.gz", real_data / "spot", real_data / "raw_options"]
    pack(find_sources(sources), folder / "lake", 1)
    return Lake.open(folder / "lake")


def bursts_by_day(lake: Lake, underlying: str, **changed: float) -> dict[date, Bursts]:
    rules, found = load_thresholds(), {}
    for day in (entry.day for entry in lake.days(underlying, "spot") if is_full_session(entry.day)):
        level = index_level_of(lake, underlying, session(day))
        assert level is not None
        ahead = calendar_days_to_expiry(underlying, nearest_expiry(underlying, day), day)
        thresholds = dataclasses.replace(rules.of_bursts(underlying, ahead), **changed)
        found[day] = find_bursts(level, thresholds, rules.burst, paise_of_unit(level, thresholds))
    return found


def test_the_ten_days_of_the_index_burst(lake: Lake) -> None:
    bank, nifty = (bursts_by_day(lake, name) for name in ("BANKNIFTY", "NIFTY"))
    assert len(bank) == 6
    assert len(nifty) == 10
    assert all(one.start.size for one in bank.values())
    assert sum(one.start.size > 0 for one in nifty.values()) >= 8
    for one in (*bank.values(), *nifty.values()):
        assert (one.start >= 72).all(), "none before rv_120"
        assert (one.start[1:] >= one.end[:-1] + 5).all()
        assert (one.known_at >= one.end).all()
        assert (one.end - one.start <= 180).all()


def test_nothing_bursts_at_an_absurd_ratio(lake: Lake) -> None:
    every = [bursts_by_day(lake, name, start_ratio=99.0) for name in ("BANKNIFTY", "NIFTY")]
    assert sum(one.start.size for days in every for one in days.values()) == 0


def test_one_second_of_the_real_index_deviates_as_the_synthetic_market_is_told_to(lake: Lake) -> None:
    for underlying, low, high in (("NIFTY", 0.6, 1.0), ("BANKNIFTY", 2.6, 3.8)):
        for day in bursts_by_day(lake, underlying):
            level = index_level_of(lake, underlying, session(day))
            assert level is not None
            assert low <= np.nanstd(level.step()) / 100 <= high


def test_a_day_without_the_index_stands_on_the_parity_forward_and_shows_why_it_has_no_burst(lake: Lake) -> None:
    given = Given(DayFeatures(Day(lake, "BANKNIFTY", DECEMBER)), SPOT)
    assert level_of(given).source == "parity forward"
    funnel = funnel_of(signs_of_day(given), bursts_of(given))
    # Of the default thresholds of 15 days to expiry, 45 points in 10 s and a step of 12: 3 and 15 seconds of 22,501.
    assert (funnel.far, funnel.step, funnel.all_three, funnel.bursts) == (3, 15, 0, 0)
    assert funnel.wild > 0
    assert burst_table(given).is_empty()
    assert level_of(given).value[:1000].size == np.isnan(level_of(given).value[:1000]).sum(), "the recorder came late"
