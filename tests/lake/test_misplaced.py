"""Names one step wrong are told by the means of a day and the previous close, to where an option costs a few ticks.

Plants are drawn by many seeds in markets of both indices, 0 to 30 days before the expiry, within 5 % of the index.
"""

import random
from datetime import timedelta

import numpy as np
import pytest

from lake.quote_market import DAY, LEVELS, RATE, Key, quotes_of_market, relabelled, years_to
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.joint_findings import findings_of, market_of
from nfolab.lake.auditing.joint_quotes import Quotes
from nfolab.lake.auditing.ladders import Beside
from nfolab.lake.auditing.misplaced import misplaced
from nfolab.lake.auditing.rungs import Rungs

SCENES = [
    ("NIFTY", (0, 7)),
    ("NIFTY", (1, 8)),
    ("NIFTY", (2, 9)),
    ("NIFTY", (3, 10)),
    ("NIFTY", (6, 13)),
    ("BANKNIFTY", (0, 30)),
    ("BANKNIFTY", (3, 20)),
    ("BANKNIFTY", (7, 14)),
]
MARKETS = [pytest.param(*scene, seed, id=f"{scene[0]} {scene[1]}, {seed}") for seed in (1, 2) for scene in SCENES]
FOUND_FROM = 25.0
"""Paise of mean price and of previous close, of the cheaper of two contracts that a wrong name confuses."""


def findings(quotes: Quotes, days: tuple[int, ...]) -> list[Finding]:
    years = tuple(years_to(one) for one in days)
    return findings_of(market_of(quotes, RATE, years), Beside(None, {}), years, RATE, LEVELS[quotes.underlying][1])


def wrong(found: list[Finding]) -> set[str]:
    return {one.contract for one in found if one.check == "wrong contract"}


def name(quotes: Quotes, key: Key) -> str:
    return f"{quotes.underlying} {key[0]} {key[2]} {key[1]}"


def within_five_percent(quotes: Quotes, days: tuple[int, ...], draw: random.Random) -> list[Key]:
    """Two calls and two puts of each expiry, out of the money or just in it, that have a neighbour above."""
    level, step, _ = LEVELS[quotes.underlying]
    found: list[Key] = []
    for ahead in days:
        for kind, low, high in (("CE", 0.995, 1.05), ("PE", 0.95, 1.005)):
            strikes = [key[2] for key in quotes.contracts if key[:2] == (DAY + timedelta(days=ahead), kind)]
            near = [one for one in strikes if low * level <= one <= high * level - step]
            found += [(DAY + timedelta(days=ahead), kind, one) for one in draw.sample(near, 2)]
    return found


def cheaper(quotes: Quotes, *keys: Key) -> float:
    """The lowest of the contracts' mean bids and previous closes, paise."""
    places = [quotes.contracts.index(key) for key in keys]
    return float(min(quotes.bid[places].mean(axis=1).min(), quotes.close[places].min()))


@pytest.mark.parametrize(("underlying", "days", "seed"), MARKETS)
def test_nothing_severe_is_told_of_a_clean_day(underlying: str, days: tuple[int, ...], seed: int) -> None:
    told = {one.check for one in findings(quotes_of_market(underlying, days, seed), days)}
    assert told <= {"not judged"}


@pytest.mark.parametrize(("underlying", "days", "seed"), MARKETS)
def test_a_step_either_way_and_two_that_changed_places(underlying: str, days: tuple[int, ...], seed: int) -> None:
    quotes = quotes_of_market(underlying, days, seed)
    draw = random.Random(seed)
    step = LEVELS[underlying][1]
    for key in within_five_percent(quotes, days, draw):
        above = (*key[:2], key[2] + step)
        for names in ({key: above}, {above: key}, {key: above, above: key}):
            found = findings(relabelled(quotes, names), days)
            guilty = {name(quotes, one) for one in names.values()}
            assert wrong(found) <= guilty, names
            if cheaper(quotes, key, above) >= FOUND_FROM:
                assert wrong(found) == guilty, names
            elif len(names) == 1:  # where prices cannot tell, the hole in the ladder does
                checks = {one.check for one in found}
                assert wrong(found) == guilty or "unaccounted strikes" in checks, names


@pytest.mark.parametrize(("underlying", "days"), [("NIFTY", (3, 10)), ("BANKNIFTY", (7, 30))])
@pytest.mark.parametrize("count", [2, 4])
def test_a_run_of_contracts_shifted_by_a_step(underlying: str, days: tuple[int, ...], count: int) -> None:
    quotes = quotes_of_market(underlying, days, 5)
    level, step, _ = LEVELS[underlying]
    first = round(level * 1.004 / step) * step
    expiry = DAY + timedelta(days=days[0])
    names: dict[Key, Key] = {
        (expiry, "CE", first + n * step): (expiry, "CE", first + (n + 1) * step) for n in range(count)
    }
    assert wrong(findings(relabelled(quotes, names), days)) == {name(quotes, one) for one in names.values()}


def test_a_monthly_contract_under_a_weeklys_name_far_from_the_money() -> None:
    days = (3, 24)
    quotes = quotes_of_market("NIFTY", days, 3)
    near, far = (DAY + timedelta(days=one) for one in days)
    for strike in (25_800, 26_200, 26_600):
        names: dict[Key, Key] = {(far, "CE", strike): (near, "CE", strike)}
        assert wrong(findings(relabelled(quotes, names), days)) == {name(quotes, (near, "CE", strike))}


def test_a_strike_that_was_never_delivered_is_no_wrong_name() -> None:
    days = (6, 13)
    quotes = quotes_of_market("NIFTY", days, 4)
    gone = (DAY + timedelta(days=6), "CE", 25_700)
    places = [place for place, key in enumerate(quotes.contracts) if key != gone]
    without = relabelled(quotes, {})
    without = type(quotes)(
        quotes.underlying, tuple(quotes.contracts[one] for one in places), quotes.times, quotes.bid[places],
        quotes.ask[places], quotes.last[places], quotes.close[places],
    )  # fmt: skip
    (line,) = [one for one in findings(without, days) if one.check != "not judged"]
    assert (line.check, line.count) == ("missing strikes", 1)


def rungs(prices: list[float]) -> Rungs:
    """A ladder of one series at strikes 100, 110, …, with errors of a thousandth."""
    strikes = 100.0 + 10.0 * np.arange(len(prices))
    values = np.log(np.array([prices, [np.nan] * len(prices)]))
    return Rungs(
        np.arange(len(prices)),
        strikes,
        values,
        np.full(values.shape, 0.001),
        np.empty(0),
        np.full(values.shape, np.inf),
    ).calibrated()


def test_two_of_a_geometric_ladder_that_changed_places() -> None:
    """Prices fall by a tenth a step, so their logarithms lie on a line: only 150 and 160 are not on it."""
    prices = [1000 * 0.9**n for n in range(12)]
    assert misplaced(rungs(prices), 10.0).strikes == {}
    prices[5], prices[6] = prices[6], prices[5]
    assert misplaced(rungs(prices), 10.0).strikes == {5: 160.0, 6: 150.0}


def test_a_kink_that_fits_no_vacant_strike_convicts_nobody() -> None:
    prices = [1000 * 0.9**n for n in range(12)]
    prices[6] *= 1.3
    assert misplaced(rungs(prices), 10.0).strikes == {}


def test_four_rungs_are_too_few() -> None:
    assert misplaced(rungs([4.0, 9.0, 2.0, 1.0]), 10.0).strikes == {}
