"""How far from the money a wrong name is still found, and that it never costs a clean contract its name.

The markets are made from fair values here, with books of their own: no file, no feed.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from nfolab.lake.auditing.checks import Windows
from nfolab.lake.auditing.joint_findings import market_of
from nfolab.lake.auditing.joint_quotes import Quotes, moments
from nfolab.lake.auditing.suspects import judge
from nfolab.options.black76 import undiscounted_pair

RATE = 0.055
STEP = 100
FORWARD = 57_000.0
DAYS = {date(2025, 7, 31): 24, date(2025, 8, 28): 52}
VOLATILITY = 0.125
MOMENTS = 300


def quotes(seed: int) -> Quotes:
    """A market of two expiries, strikes 100 apart within 9 % of the forward, a spread of 0.3 % and at least two ticks.

    The forward walks 3 points a second; each quote is up to 15 s old, so that no two are of the same second.
    """
    random = np.random.default_rng(seed)
    walk = np.cumsum(random.normal(0, 3 * np.sqrt(15), (MOMENTS + 1) * 4))
    contracts, bids, asks = [], [], []
    for expiry, days in DAYS.items():
        years = days / 365
        for kind in ("CE", "PE"):
            for strike in range(51_900, 62_200, STEP):
                age = random.integers(0, 2, MOMENTS)
                forward = (FORWARD + walk[np.arange(1, MOMENTS + 1) * 4 - age]) * np.exp(RATE * (years - 24 / 365))
                call, put = undiscounted_pair(forward, strike, np.full(MOMENTS, VOLATILITY * np.sqrt(years)))
                fair = np.exp(-RATE * years) * (call if kind == "CE" else put)
                half = np.maximum(0.05, 0.0015 * fair)
                contracts.append((expiry, kind, strike))
                bids.append(np.floor((fair - half) * 20) * 5)
                asks.append(np.ceil((fair + half) * 20) * 5)
    bid, ask = (np.array(side, dtype=np.float32) for side in (np.maximum(bids, 0), asks))
    return Quotes(
        "BANKNIFTY",
        tuple(contracts),
        np.arange(MOMENTS, dtype=np.int64),
        bid,
        ask,
        bid,
        np.zeros(len(contracts), dtype=np.float32),
    )


def convicted(given: Quotes) -> set[tuple[date, str, int]]:
    verdict = judge(market_of(given, RATE, [days / 365 for days in DAYS.values()]))
    return {given.contracts[place] for place in verdict.convicted}


def relabelled(given: Quotes, old: tuple[date, str, int], new: tuple[date, str, int]) -> Quotes:
    """The rows of one contract under another's name, whose own are not there."""
    keys = [key for key in given.contracts if key not in (old, new)] + [new]
    places = [given.contracts.index(old if key == new else key) for key in sorted(keys)]
    return replace(
        given,
        contracts=tuple(sorted(keys)),
        bid=given.bid[places],
        ask=given.ask[places],
        last=given.last[places],
        close=given.close[places],
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_market_convicts_nobody(seed: int) -> None:
    assert convicted(quotes(seed)) == set()


def test_a_strike_one_step_wrong_is_found_within_five_percent_and_no_other_is_blamed() -> None:
    market = quotes(7)
    found: dict[int, list[bool]] = {}
    for expiry in DAYS:
        for kind in ("CE", "PE"):
            for strike in range(52_100, 62_000, 600):
                for by in (-STEP, STEP):
                    new = (expiry, kind, strike + by)
                    blamed = convicted(relabelled(market, (expiry, kind, strike), new))
                    assert blamed <= {new}
                    away = round(100 * (strike + by - FORWARD) / FORWARD * (1 if kind == "CE" else -1))
                    found.setdefault(away, []).append(new in blamed)
    within = [hit for away, hits in found.items() for hit in hits if away <= 5]
    assert len(within) > 80
    assert all(within)


def test_another_expirys_rows_are_found_within_five_percent_unless_they_cost_the_same() -> None:
    market = quotes(8)
    near, far = DAYS
    for kind in ("CE", "PE"):
        for strike in range(54_200, 59_900, 300):
            for old, new in ((near, far), (far, near)):
                blamed = convicted(relabelled(market, (old, kind, strike), (new, kind, strike)))
                one, other = (market.contracts.index((expiry, kind, strike)) for expiry in DAYS)
                apart = np.abs(np.median(market.bid[one] - market.bid[other]))
                spread = np.median(market.ask[one] - market.bid[one])
                assert blamed <= {(new, kind, strike)}
                assert blamed or apart < 4 * spread


def test_a_day_without_a_second_kind_or_expiry_is_judged_by_what_there_is() -> None:
    market = quotes(9)
    calls = [place for place, key in enumerate(market.contracts) if key[1] == "CE" and key[0] == min(DAYS)]
    alone = replace(
        market,
        contracts=tuple(market.contracts[place] for place in calls),
        bid=market.bid[calls],
        ask=market.ask[calls],
        last=market.last[calls],
        close=market.close[calls],
    )
    expiry = min(DAYS)
    assert judge(market_of(alone, RATE, [24 / 365])).convicted == {}
    moved = relabelled(alone, (expiry, "CE", 57_000), (expiry, "CE", 57_200))
    verdict = judge(market_of(moved, RATE, [24 / 365]))
    assert {moved.contracts[place] for place in verdict.convicted} == {(expiry, "CE", 57_200)}


def test_windows_of_a_split_session_make_no_moment_in_the_pause() -> None:
    second = 1_000_000_000
    windows = Windows(np.array([0, 7_200 * second]), np.array([3_600 * second, 9_000 * second]))
    times = moments(windows) // second
    assert times.tolist() == [*range(60, 3_601, 60), *range(7_260, 9_001, 60)]
