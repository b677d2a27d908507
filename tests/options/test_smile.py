"""The smile fit finds a smile it was made from, follows real chains, and its checks find planted arbitrage."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from nfolab.base.errors import InputError
from nfolab.options.black76 import undiscounted_pair
from nfolab.options.expiry_time import time_to_expiry
from nfolab.options.implied import implied_volatility
from nfolab.options.parity import parity_forward
from nfolab.options.smile import Smile, butterfly_arbitrage, calendar_arbitrage, fit_smile

TRUE = Smile(a=0.0002, b=0.02, rho=-0.4, m=0.01, sigma=0.05, years=0.04, lowest=-0.15, highest=0.15)


def test_a_smile_is_found_again():
    strikes = 60_000 * np.exp(np.linspace(-0.12, 0.12, 25))
    found = fit_smile(strikes, TRUE.volatility(strikes, 60_000), forward=60_000, years=0.04)
    assert np.allclose(found.volatility(strikes, 60_000), TRUE.volatility(strikes, 60_000), atol=2e-5)
    assert butterfly_arbitrage(found).size == 0
    assert (found.lowest, found.highest) == (pytest.approx(-0.12), pytest.approx(0.12))


def test_unknown_strikes_and_weights():
    strikes = 60_000 * np.exp(np.linspace(-0.12, 0.12, 25))
    volatility = TRUE.volatility(strikes, 60_000)
    volatility[3] = np.nan
    volatility[10] += 0.05
    weight = np.ones(25)
    weight[10] = 0
    found = fit_smile(strikes, volatility, forward=60_000, years=0.04, weight=weight)
    assert np.allclose(found.volatility(strikes, 60_000), TRUE.volatility(strikes, 60_000), atol=2e-5)


def test_durrleman_is_the_density_of_the_prices():
    # The second difference of call prices over strikes is the density; g is below 0 exactly where it is.
    broken = replace(TRUE, a=0.00005, b=0.06, sigma=0.004, rho=-0.2, m=0.05)
    for smile in (TRUE, broken):
        k = np.linspace(-0.14, 0.14, 2_001)
        strikes = 60_000 * np.exp(k)
        call, _ = undiscounted_pair(60_000, strikes, smile.volatility(strikes, 60_000) * np.sqrt(smile.years))
        slopes = np.diff(call) / np.diff(strikes)
        density, g = np.diff(slopes), smile.durrleman(k[1:-1])
        sure = np.abs(g) > 0.05
        negligible = np.abs(density) < 1e-12
        assert ((density[sure] > 0) == (g[sure] > 0))[~negligible[sure]].all()
    assert butterfly_arbitrage(broken).size > 0


def test_calendar_arbitrage_is_found():
    later = replace(TRUE, a=0.0004, years=0.12)
    assert calendar_arbitrage(TRUE, later).size == 0
    crossing = replace(TRUE, a=0.0001, b=0.021, years=0.12)
    assert calendar_arbitrage(TRUE, crossing).size > 0
    with pytest.raises(InputError, match="exchange them"):
        calendar_arbitrage(later, TRUE)


def test_too_little_is_refused():
    with pytest.raises(InputError, match="5 strikes, not 4"):
        fit_smile([1, 2, 3, 4, 5], [0.1, 0.1, 0.1, 0.1, np.nan], forward=3, years=0.1)
    with pytest.raises(InputError, match="above 0"):
        fit_smile([1, 2, 3, 4, 5], [0.1] * 5, forward=3, years=0)


def test_real_chain_of_2025(real_data):
    """NIFTY's two nearest expiries on 2025-08-29 about noon: the fit follows the mids, and is free of arbitrage."""
    rows = pl.read_parquet(real_data / "chains" / "nse_chain_1min_2025-08-29_and_stale_2025-08-27.parquet")
    noon = datetime.fromisoformat("2025-08-29T12:30")
    rows = rows.filter((pl.col("symbol") == "NIFTY") & (pl.col("collected_at") >= noon))
    rows = rows.filter(pl.col("collected_at") == rows["collected_at"].min())
    day = date(2025, 8, 29)
    smiles = []
    for expiry in (date(2025, 9, 2), date(2025, 9, 30)):
        pairs = rows.filter(pl.col("expiry") == expiry).pivot("opt_type", index="strike", values=["bid", "ask"])
        pairs = pairs.drop_nulls().sort("strike")
        sides = [pairs[f"{side}_{kind}"].to_numpy()[:, np.newaxis] for kind in ("CE", "PE") for side in ("bid", "ask")]
        forward = float(parity_forward(pairs["strike"], *sides).forward[0])
        strike = pairs["strike"].to_numpy().astype(float)
        years = float(time_to_expiry("NIFTY", expiry, day, 195 * 60).years)
        calls = strike >= forward
        bid, ask = (np.where(calls, sides[side][:, 0], sides[side + 2][:, 0]) for side in (0, 1))
        good = (bid > 0) & (ask > bid) & (np.abs(strike / forward - 1) < 0.04)
        kind = np.where(calls, "CE", "PE")
        numbers = {"forward": forward, "strike": strike, "years": years, "rate": 0.0}
        mid = implied_volatility(kind, premium=(bid + ask) / 2, **numbers).volatility
        smile = fit_smile(strike, np.where(good, mid, np.nan), forward=forward, years=years)
        fitted = smile.volatility(strike, forward)
        near = good & (np.abs(strike / forward - 1) < 0.02)
        assert near.sum() >= 15
        assert np.abs(fitted - mid)[near].max() < 0.01
        assert butterfly_arbitrage(smile).size == 0
        smiles.append(smile)
    assert calendar_arbitrage(*smiles).size == 0
