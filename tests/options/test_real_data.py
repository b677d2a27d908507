"""Implied volatility, greeks and parity forwards on real quotes, against the figures others worked out from them."""

from datetime import date, datetime, time

import numpy as np
import polars as pl
import pytest

from nfolab.options.chain import atm_volatility
from nfolab.options.expiry_time import time_to_expiry
from nfolab.options.greeks import greeks, per_spot
from nfolab.options.implied import implied_greeks, implied_volatility
from nfolab.options.parity import parity_forward
from nfolab.options.reasons import Reason

DAY, EXPIRY = date(2025, 12, 15), date(2025, 12, 30)
OPEN = datetime.fromisoformat("2025-12-15T09:15")  # the files' naive wall clock
SECONDS = np.arange(22_501)
REPO_RATE = 0.0525
STRIKES = (59_400, 59_900)


@pytest.fixture(scope="module")
def quotes(real_data):
    """Best bid and ask of each contract as of each second, NaN where older than 5 s."""
    found = {}
    for path in sorted((real_data / "raw_options").glob("banknifty25dec*.parquet")):
        rows = (
            pl.read_parquet(path, columns=["timestamp", "bp0", "sp0"])
            .filter(pl.col("timestamp") > OPEN)
            .sort("timestamp", maintain_order=True)
        )
        second = ((rows["timestamp"] - OPEN).dt.total_milliseconds() // 1000).to_numpy()
        newest = np.searchsorted(second, SECONDS, side="right") - 1
        fresh = (newest >= 0) & (SECONDS - second[newest] <= 5)
        name = path.stem.removeprefix("banknifty25dec")
        found[name] = [np.where(fresh, rows[column].to_numpy()[newest], np.nan) for column in ("bp0", "sp0")]
    return found


@pytest.fixture(scope="module")
def years():
    return time_to_expiry("BANKNIFTY", EXPIRY, DAY, SECONDS).years


def forward_of(quotes, strikes, growth):
    sides = [[quotes[f"{strike}{kind}"][side] for strike in strikes] for kind in ("ce", "pe") for side in (0, 1)]
    return parity_forward(strikes, *sides, growth=growth)


def test_parity_forwards_of_both_pairs_agree(quotes, years):
    growth = np.exp(REPO_RATE * years)
    low, high = (forward_of(quotes, [strike], growth) for strike in STRIKES)
    quoted = (low.pairs > 0) & (high.pairs > 0)
    assert quoted.sum() > 20_000
    apart = np.abs(low.forward - high.forward)
    spreads = low.half_width + high.half_width
    # The recorder asks one contract after the other: while the market moves, the four books of one second are up to a
    # second apart, and so are the forwards. A second is clean where neither forward has just moved by more than half
    # its own spread.
    moved = [np.abs(np.diff(pair.forward, prepend=np.nan)) > pair.half_width for pair in (low, high)]
    known = [np.isfinite(np.diff(pair.forward, prepend=np.nan)) for pair in (low, high)]
    clean = quoted & known[0] & known[1] & ~moved[0] & ~moved[1]
    assert clean.sum() > 12_000
    assert (apart <= spreads)[clean].mean() >= 0.99
    assert (apart <= spreads)[quoted].mean() >= 0.97
    # Over all quoted seconds, against the other's forward of the second before, this one or the one after.
    nearest = np.nanmin([np.abs(np.roll(low.forward, step) - high.forward)[quoted] for step in (-1, 0, 1)], axis=0)
    assert (nearest <= spreads[quoted]).mean() >= 0.99
    # Without the discount of C - P the pairs differ by 500 x rate x years, about a point, for no reason of the market.
    plain = [forward_of(quotes, [strike], 1.0).forward[quoted] for strike in STRIKES]
    assert np.median(plain[0] - plain[1]) < -1 < np.median((low.forward - high.forward)[quoted]) < 0


def test_parity_forward_lies_where_the_day_was(quotes, years):
    both = forward_of(quotes, STRIKES, np.exp(REPO_RATE * years))
    told = both.forward[both.pairs > 0]
    inside = (told >= 59_364) & (told <= 59_743)
    assert inside.mean() > 0.997
    # Single seconds reach past the range, which is that of a coarser look, by less than both pairs' half spreads.
    assert told.min() > 59_364 - 5
    assert told.max() < 59_743 + 5
    simple = forward_of(quotes, STRIKES, 1.0)
    assert simple.pairs.max() == 2
    # A look every 30 seconds never leaves it, whichever pair looks.
    for strikes in (STRIKES[:1], STRIKES[1:], STRIKES):
        looked = forward_of(quotes, strikes, 1.0).forward[::30]
        assert np.nanmin(looked) >= 59_364
        assert np.nanmax(looked) <= 59_743


def test_seconds_beyond_the_days_range_are_the_markets_own(quotes, years):
    """50 of 21,084, of 09:35:41 to 09:45:45 and 13:14:56 to 13:14:59: no defect of the rows explains them away."""
    growth = np.exp(REPO_RATE * years)
    both, *single = (forward_of(quotes, strikes, growth) for strikes in (STRIKES, STRIKES[:1], STRIKES[1:]))
    beyond = np.flatnonzero((both.pairs > 0) & ((both.forward < 59_364) | (both.forward > 59_743)))
    assert beyond.size == 50
    assert beyond.min() == 20 * 60 + 41
    assert ((beyond < 30 * 60 + 46) | ((beyond >= 14_396) & (beyond < 14_400))).all()
    # Every one has both pairs quoted, long before the feed lags, and both pairs tell the same, from books apart.
    low, high = single
    assert (low.pairs[beyond] + high.pairs[beyond] == 2).all()
    apart = np.abs(low.forward - high.forward)[beyond]
    assert (apart <= (low.half_width + high.half_width)[beyond]).mean() >= 0.8
    assert apart.max() < 5
    # For most of them each pair alone lies beyond the range or within half its spread of it.
    for pair in single:
        inside = np.minimum(pair.forward - 59_364, 59_743 - pair.forward)[beyond]
        assert (inside <= pair.half_width[beyond]).mean() >= 0.9


def test_feed_works_with_no_rate_and_minutes_of_the_calendar(real_data, years):
    feed = pl.read_parquet(real_data / "ref" / "vendor_greeks_2025-12-15.parquet")
    feed = feed.filter(pl.col("timestamp") <= datetime.fromisoformat("2025-12-15T15:30"))
    second = ((feed["timestamp"] - OPEN).dt.total_milliseconds() // 1000).to_numpy()
    left = years[second]
    volatility, delta = feed["vendor_iv"].to_numpy(), feed["vendor_delta"].to_numpy()
    strike = feed["strike"].cast(pl.Float64).to_numpy()
    # Its forward is not told. Without a rate its delta is N(d1), or that less 1, so delta and volatility tell it: here
    # by bisection with our own delta.
    kind = feed["opt_type"].to_numpy()
    low, high = strike * 0.9, strike * 1.1
    for _ in range(60):
        middle = (low + high) / 2
        above = greeks(kind, forward=middle, strike=strike, years=left, rate=0, volatility=volatility).delta > delta
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found = greeks(kind, forward=low, strike=strike, years=left, rate=0, volatility=volatility)
    # Told are 4 decimals of delta, theta and vega and 6 of volatility. Half of the last digit of delta moves d1 by
    # 0.00005/n(d1) < 0.00016, theta and vega by d1 times that, less than 1 in 10,000; its clock runs 5.5 s behind ours
    # and later up to 86 s, of 21,600 minutes, which moves theta by 4e-6 a second at most.
    assert np.abs(found.theta / feed["vendor_theta"].to_numpy() - 1).max() < 3e-4
    assert np.abs(found.vega / 100 / feed["vendor_vega"].to_numpy() - 1).max() < 3e-4
    # Any rate would show: at 5.25 % its theta would differ by rate x price/365, 0.7 % of it.
    with_rate = greeks(kind, forward=low, strike=strike, years=left, rate=REPO_RATE, volatility=volatility)
    assert np.median(np.abs(with_rate.theta / feed["vendor_theta"].to_numpy() - 1)) > 3e-3


def test_volatility_and_delta_against_the_feed(real_data, quotes, years):
    feed = pl.read_parquet(real_data / "ref" / "vendor_greeks_2025-12-15.parquet")
    feed = feed.filter(pl.col("timestamp") <= datetime.fromisoformat("2025-12-15T15:30"))
    second = ((feed["timestamp"] - OPEN).dt.total_milliseconds() // 1000).to_numpy()
    forward = forward_of(quotes, STRIKES, np.exp(REPO_RATE * years)).forward[second]
    strike = feed["strike"].cast(pl.Float64).to_numpy()
    kind, premium = feed["opt_type"].to_numpy(), feed["price"].to_numpy()
    found = implied_greeks(
        kind, forward=forward, strike=strike, years=years[second], rate=0, premium=premium
    )  # fmt: skip
    known = np.isfinite(forward)
    assert known.mean() > 0.98
    assert (found.reason[known] == Reason.KNOWN).all()
    assert (found.reason[~known] == Reason.MISSING).all()
    more = (found.volatility - feed["vendor_iv"].to_numpy())[known]
    delta_more = (found.delta - feed["vendor_delta"].to_numpy())[known]
    # Its forward strays from parity by 24 points below to 11 above: at a delta of 0.7 and a vega of 42 a point, that is
    # 0.4 points of volatility. Theirs is also of a price up to 4 points older or newer: 0.1.
    assert np.abs(more).max() < 0.006
    assert np.median(np.abs(more)) < 0.002
    assert np.quantile(np.abs(delta_more), 0.99) < 0.012
    # Its forward alone explains most of it: a call gains where a put loses.
    calls = kind[known] == "CE"
    by_second = pl.DataFrame({"second": second[known] // 30, "call": calls, "more": more})
    sides = by_second.group_by("second", "call").agg(pl.col("more").mean()).pivot("call", index="second").drop_nulls()
    assert np.corrcoef(sides["true"].to_numpy(), sides["false"].to_numpy())[0, 1] < -0.8


def test_reference_of_the_span_sample(real_data):
    sample = pl.read_parquet(real_data / "ref" / "nifty_sample_span_greeks_vix.parquet")
    # Model: Black-Scholes on the spot, 10 % continuous, no dividends, calendar minutes to 15:30 over 525,600. As
    # Black-76 that is a forward of spot x exp(rate x years).
    rate = 0.1
    spot, years = sample["independent_nifty_spot"].to_numpy(), sample["t_years_act365"].to_numpy()
    strike, premium = sample["strike"].cast(pl.Float64).to_numpy(), sample["close"].to_numpy()
    kind = np.where(sample["option_type"].to_numpy() == "CALL", "CE", "PE")
    forward = spot * np.exp(rate * years)
    found = implied_greeks(kind, forward=forward, strike=strike, years=years, rate=rate, premium=premium)
    theirs = (sample["bsm_status"] == "ok").to_numpy()
    # It names 171 rows below the lower bound, and so do we, the same.
    assert np.array_equal(found.reason == Reason.BELOW_INTRINSIC, ~theirs)
    ours = sample.filter(pl.Series(theirs))
    volatility = ours["bsm_iv_close"].to_numpy()
    # Its search ends at a residual in the price; what that is worth in volatility is residual/vega.
    allowed = 1e-9 + 2 * ours["bsm_price_residual_abs"].to_numpy() / (100 * ours["bsm_vega_per_100"].to_numpy())
    assert (np.abs(found.volatility[theirs] - volatility) <= allowed).all()
    again = greeks(
        kind[theirs], forward=forward[theirs], strike=strike[theirs], years=years[theirs], rate=rate,
        volatility=volatility,
    )  # fmt: skip
    seen = per_spot(again, forward=forward[theirs], spot=spot[theirs], years=years[theirs])
    for mine, name in (
        (seen.delta, "bsm_delta"),
        (seen.gamma, "bsm_gamma"),
        (seen.theta, "bsm_theta_per_day_365"),
        (seen.vega / 100, "bsm_vega_per_100"),
        (seen.rho / 100, "bsm_rho_per_100"),
    ):
        assert np.allclose(mine, ours[name].to_numpy(), rtol=1e-9, atol=1e-12), name


def test_span_sample_at_the_forward_of_parity(real_data):
    """The 10 % is no market's: with it calls look cheap and puts dear. At the forward of parity they agree."""
    sample = pl.read_parquet(real_data / "ref" / "nifty_sample_span_greeks_vix.parquet").with_columns(
        pl.col("strike").cast(pl.Float64), kind=pl.col("option_type").replace({"CALL": "CE", "PUT": "PE"})
    )
    keys = ["timestamp_ist", "actual_expiry_date", "strike", "t_years_act365"]
    pairs = sample.pivot("kind", index=keys, values=["close", "bsm_iv_close"]).drop_nulls(["close_CE", "close_PE"])
    gap = []
    for _, pair in pairs.group_by("timestamp_ist", "actual_expiry_date"):
        difference = pair["close_CE"] - pair["close_PE"]
        nearest = int(difference.abs().arg_min())
        forward = pair["strike"][nearest] + difference[nearest]
        near = pair.filter((pl.col("strike") / forward - 1).abs() < 0.004)
        call, put = (
            implied_volatility(
                kind, forward=forward, strike=near["strike"], years=near["t_years_act365"], rate=0,
                premium=near[f"close_{kind}"],
            ).volatility
            for kind in ("CE", "PE")
        )  # fmt: skip
        gap.extend(zip(np.abs(call - put), (near["bsm_iv_close_PE"] - near["bsm_iv_close_CE"]).to_list(), strict=True))
    ours, theirs = np.array([one for one, _ in gap]), np.array([np.nan if one is None else one for _, one in gap])
    assert len(gap) > 50
    assert np.isfinite(ours).mean() > 0.9
    assert np.nanmedian(ours) < 0.003
    assert np.nanmedian(theirs) > 0.02


@pytest.fixture(scope="module")
def chains_of_2019(real_data):
    rows = pl.read_parquet(real_data / "chains" / "nse_chain_15min_2019-09-02_2019-09-06.parquet")
    # 2019-09-02 was a holiday, and rows of 09:00 are the close of the day before.
    return rows.filter(
        (pl.col("exchange_time").dt.date() > date(2019, 9, 2))
        & (pl.col("exchange_time").dt.time().is_between(time(9, 20), time(15, 30)))
    )


def test_parity_forward_against_the_spot_of_2019(chains_of_2019):
    keys = ["symbol", "exchange_time", "expiry", "strike"]
    pairs = chains_of_2019.pivot("opt_type", index=[*keys, "spot"], values=["bid", "ask"])
    found = []
    for (symbol, moment, expiry), pair in pairs.group_by("symbol", "exchange_time", "expiry"):
        sides = [pair[f"{side}_{kind}"].to_numpy()[:, np.newaxis] for kind in ("CE", "PE") for side in ("bid", "ask")]
        many = parity_forward(pair["strike"], *sides)
        one = parity_forward(pair["strike"], *sides, pairs=1)
        days = (expiry - moment.date()).days
        found.append((symbol, moment, days, pair["spot"][0], many.forward[0], many.pairs[0], one.forward[0]))
    table = pl.DataFrame(found, schema=["symbol", "time", "days", "spot", "forward", "pairs", "nearest"], orient="row")
    table = table.with_columns(basis=pl.col("forward") / pl.col("spot") - 1)
    assert len(table) > 500
    assert table["pairs"].min() >= 1
    # Carry of a repo rate of 5.4 % less dividends over up to 24 days is 0 to 0.36 %; futures of that week traded
    # within 0.2 % of that, and the weeklies' books were wide.
    near = table.filter(pl.col("days") <= 9)
    assert near["basis"].abs().max() < 0.004
    assert table["basis"].abs().max() < 0.01
    assert 0 < near["basis"].median() < 0.054 * 9 / 365
    # Several pairs and the nearest alone tell the same forward where books are narrow.
    assert ((near["forward"] - near["nearest"]).abs() / near["spot"]).median() < 0.0003


def test_implied_volatility_against_the_exchange_of_2019(chains_of_2019):
    """The exchange published volatilities of last prices; ours are of mids, so medians are compared."""
    day = datetime.fromisoformat("2019-09-04T11:00")
    rows = chains_of_2019.filter(
        (pl.col("symbol") == "NIFTY") & (pl.col("exchange_time") == day) & (pl.col("expiry") == date(2019, 9, 12))
    )
    pairs = rows.pivot("opt_type", index=["strike", "spot"], values=["bid", "ask", "iv_pct"]).sort("strike")
    sides = [pairs[f"{side}_{kind}"].to_numpy()[:, np.newaxis] for kind in ("CE", "PE") for side in ("bid", "ask")]
    forward = float(parity_forward(pairs["strike"], *sides).forward[0])
    left = time_to_expiry("NIFTY", date(2019, 9, 12), day.date(), 105 * 60)
    strike = pairs["strike"].to_numpy()
    calls = strike >= forward
    mid = np.where(calls, (sides[0] + sides[1])[:, 0], (sides[2] + sides[3])[:, 0]) / 2
    implied = implied_volatility(
        np.where(calls, "CE", "PE"), forward=forward, strike=strike, years=left.years, rate=0.054, premium=mid
    )
    theirs = np.where(calls, pairs["iv_pct_CE"].to_numpy(), pairs["iv_pct_PE"].to_numpy()) / 100
    near = np.abs(strike / forward - 1) < 0.03
    assert np.isfinite(theirs[near]).sum() > 8
    assert np.nanmedian(np.abs(implied.volatility - theirs)[near]) < 0.02
    assert 0.1 < float(atm_volatility(strike, implied.volatility, forward)) < 0.25
