"""Pickers on the real chains: each choice is worked out by hand from the rows quoted beside it."""

import datetime as dt
from math import erf, exp, log, pi, sqrt

import polars as pl
import pytest

from nfolab.strategies.pickers.chain import AskedLeg, Chain, Choice, NoStrikeError
from nfolab.strategies.pickers.grammar import read_strike
from strategies.real_chains import chain_of, rows_of

ELEVEN = "2025-08-29 11:00:14"


@pytest.fixture(scope="module")
def of_2025(real_data) -> pl.DataFrame:
    return rows_of(real_data, 2025)


@pytest.fixture(scope="module")
def of_2019(real_data) -> pl.DataFrame:
    return rows_of(real_data, 2019)


@pytest.fixture(scope="module")
def nifty(of_2025) -> Chain:
    """NIFTY of 2025-09-02 at 11:00:14; the money by parity at 24550: 24550 + 101.30 − 89.40 = 24561.90."""
    return chain_of(of_2025, "NIFTY", ELEVEN, dt.date(2025, 9, 2), 24561.90)


@pytest.fixture(scope="module")
def banknifty(of_2019) -> Chain:
    """BANKNIFTY of 2019-09-05 on 2019-09-04 at 11:00; the file's spot is 26851.25."""
    return chain_of(of_2019, "BANKNIFTY", "2019-09-04 11:00", dt.date(2019, 9, 5), 26851.25)


@pytest.fixture(scope="module")
def monthly(of_2019) -> Chain:
    """NIFTY of 2019-09-26 on 2019-09-04 at 12:30, spot 10800.00 on a strike; beyond 13500 only hundreds."""
    return chain_of(of_2019, "NIFTY", "2019-09-04 12:30", dt.date(2019, 9, 26), 10800.00)


def choose(chain: Chain, word: str, kind: str, *earlier: int) -> Choice:
    return read_strike(word, len(earlier)).choose(chain, AskedLeg(kind, earlier))


def pair(chain: Chain, word: str) -> tuple[int, int]:
    return choose(chain, word, "CE").strike, choose(chain, word, "PE").strike


def quoted(chain: Chain, kind: str, rows: dict[int, tuple[float, float]]) -> None:
    """The bid and ask that a test reckons with are those of the file."""
    for strike, (bid, ask) in rows.items():
        quote = chain.quote((kind, strike))
        assert (quote.bid, quote.ask) == (round(100 * bid), round(100 * ask))


# The ladder: 24550 is 11.90 from 24561.90, 24600 is 38.10. 26800 is 51.25 from 26851.25, 26900 is 48.75.
@pytest.mark.parametrize(
    ("word", "of_nifty", "of_banknifty"),
    [
        ("atm", (24550, 24550), (26900, 26900)),
        ("atm_pair", (24600, 24550), (26900, 26800)),
        ("atm+2", (24650, 24650), (27100, 27100)),
        ("atm-2", (24450, 24450), (26700, 26700)),
        ("otm3", (24700, 24400), (27200, 26600)),
        ("itm1", (24500, 24600), (26800, 27000)),
        # 24561.90 + 200 = 24761.90, 11.90 from 24750; 26851.25 + 200 = 27051.25, 48.75 from 27100 and 51.25 from 27000
        ("spot+200pt", (24750, 24750), (27100, 27100)),
        # from the strike at the money: 24550 + 200; 26900 + 200
        ("atm+200pt", (24750, 24750), (27100, 27100)),
        # 24561.90 ± 245.619 = 24807.519 and 24316.281; 26851.25 ± 268.5125 = 27119.7625 and 26582.7375
        ("otm 1%", (24800, 24300), (27100, 26600)),
        ("itm 1%", (24300, 24800), (26600, 27100)),
        ("spot-1%", (24300, 24300), (26600, 26600)),
        # 24561.90 + 30 = 24591.90 is 8.10 from 24600; − 30 = 24531.90 is 18.10 from 24550
        ("otm 30pt", (24600, 24550), (26900, 26800)),
    ],
)
def test_by_place(nifty, banknifty, word, of_nifty, of_banknifty):
    assert pair(nifty, word) == of_nifty
    assert pair(banknifty, word) == of_banknifty


def test_a_number_asks_for_nothing(nifty):
    assert choose(nifty, "31337", "CE") == Choice(31337, "31337 as given")


def test_the_straddle_measures_distances_and_premiums(nifty, banknifty):
    quoted(nifty, "CE", {24550: (101.20, 101.40), 24600: (76.50, 76.65), 24650: (56.00, 56.10)})
    quoted(nifty, "PE", {24550: (89.30, 89.50), 24500: (68.80, 68.95)})
    # 101.30 + 89.40 = 190.70. Half of it from 24550: 24645.35 and 24454.65.
    assert nifty.straddle == 200 * 190.70
    assert choose(nifty, "atm+0.5straddle", "CE").strike == 24650
    assert choose(nifty, "atm - 0.5 straddle", "PE").strike == 24450
    # Once from the money: 24752.60 and 24371.20, which is 21.20 from 24350 and 28.80 from 24400.
    assert pair(nifty, "otm 1straddle") == (24750, 24350)
    # 40 % of it are 76.28: CE 24600 at 76.575 is 0.295 away; PE 24500 at 68.875 is 7.405 away, 24550 at 89.40 is 13.12.
    assert pair(nifty, "premium ~ 40% of straddle") == (24600, 24500)
    # CE 170.20 + PE 199.825 at 26900 = 370.025; half of it up is 27085.0125.
    quoted(banknifty, "CE", {26900: (169.85, 170.55)})
    quoted(banknifty, "PE", {26900: (199.35, 200.30)})
    assert choose(banknifty, "atm+0.5straddle", "CE").strike == 27100


@pytest.mark.parametrize(
    ("word", "strikes"),
    [
        ("premium ~ 40rs", (24700, 24400)),  # 0.25 away; 1.325 away, while 52.05 is 12.05 away
        ("premium ~ 40pt", (24700, 24400)),
        ("premium >= 40rs", (24700, 24450)),
        ("premium <= 40rs", (24750, 24400)),
        (
            "premium 25..45rs",
            (24700, 24400),
        ),  # middle 35: CE 40.25 is 5.25 away, 28.55 6.45; PE 38.675 3.675, 28.425 6.575
        ("premium 25rs..30rs", (24750, 24350)),
    ],
)
def test_by_premium(nifty, word, strikes):
    # Mids: CE 24650 56.05, 24700 40.25, 24750 28.55, 24800 20.275;
    # PE 24300 21.075, 24350 28.425, 24400 38.675, 24450 52.05.
    quoted(nifty, "CE", {24650: (56.00, 56.10), 24700: (40.20, 40.30), 24750: (28.50, 28.60), 24800: (20.25, 20.30)})
    quoted(nifty, "PE", {24300: (21.05, 21.10), 24350: (28.40, 28.45), 24400: (38.60, 38.75), 24450: (52.00, 52.10)})
    assert pair(nifty, word) == strikes


def test_ties_go_to_the_lower_strike(nifty, monthly, of_2019):
    # The spot 26850 is 50 from 26800 and from 26900.
    middle = chain_of(of_2019, "BANKNIFTY", "2019-09-04 11:00", dt.date(2019, 9, 5), 26850.00)
    assert pair(middle, "atm") == (26800, 26800)
    assert pair(middle, "atm+1") == (26900, 26900)
    # 10800 + 2750 = 13550 lies between the neighbours 13500 and 13600.
    assert choose(monthly, "spot+2750pt", "CE").strike == 13500
    # 34.40 is 5.85 from 40.25 (24700) and from 28.55 (24750); 33.55 is 5.125 from 28.425 (24350) and 38.675 (24400).
    assert choose(nifty, "premium ~ 34.40rs", "CE").strike == 24700
    assert choose(nifty, "premium ~ 33.55rs", "PE").strike == 24350


def test_a_strike_that_equals_the_spot_serves_both(monthly):
    assert pair(monthly, "atm_pair") == (10800, 10800)
    assert pair(monthly, "atm") == (10800, 10800)


def test_missing_strikes(monthly, of_2019, banknifty):
    # 26 % of 10800 are 2808: 13608; 13650 is not listed there, 13600 is. Steps count exactly, so 57 × 50 from 10800 are
    # 13650, listed or not: the leg's contract is looked for then, and missed with its name.
    assert choose(monthly, "otm 26%", "CE").strike == 13600
    assert choose(monthly, "atm+57", "CE").strike == 13650
    # Without the PE of 26900 it is listed of one kind only: at the money is 26800, which is 51.25 away.
    without = of_2019.filter((pl.col("strike") != 26900) | (pl.col("opt_type") == "CE"))
    fewer = chain_of(without, "BANKNIFTY", "2019-09-04 11:00", dt.date(2019, 9, 5), 26851.25)
    assert pair(fewer, "atm") == (26800, 26800)
    assert pair(fewer, "atm_pair") == (27000, 26800)
    # A measured distance needs the leg's own kind alone: 26851.25 + 50 = 26901.25.
    assert pair(fewer, "spot+50pt") == (26900, 27000)
    # 40 % above 26851.25 is 37591.75; the ladder ends at 33100. Half a step beyond the end is still the end.
    with pytest.raises(NoStrikeError, match=r"37591\.75, 40% .* is beyond the listed CE strikes 25200 to 33100"):
        choose(banknifty, "otm 40%", "CE")
    assert choose(banknifty, "spot+6298pt", "CE").strike == 33100  # 33149.25
    with pytest.raises(NoStrikeError, match="beyond the listed"):
        choose(banknifty, "spot+6300pt", "CE")  # 33151.25


def test_no_quote_is_refused_with_its_reason(banknifty, of_2025):
    # CE 30000 has 1.00 / 1.25, a mid of 1.125, 0.005 from 1.13; 29600 has 1.15. 30100 and 30200 show nothing, 30300 an
    # ask of 2.95 alone.
    quoted(banknifty, "CE", {30000: (1.00, 1.25), 29900: (0.55, 0.80), 29600: (0.55, 1.75)})
    found = choose(banknifty, "premium ~ 1.13rs beyond 10%", "CE")
    assert found.strike == 30000
    assert {one.strike: one.why for one in found.refused if one.strike <= 30300} == {
        30100: "no bid",
        30200: "no bid",
        30300: "no bid",
    }
    assert "refused: 30100 (no bid), 30200 (no bid), 30300 (no bid), 30400 (no bid) and " in found.sentence
    # BANKNIFTY 2025-10-28 PE 49100 to 49400 show a bid of 0.05 and no ask, 49200 nothing.
    october = chain_of(of_2025, "BANKNIFTY", ELEVEN, dt.date(2025, 10, 28), 54408.00)
    why = {one.strike: one.why for one in choose(october, "premium ~ 0.05rs", "PE").refused}
    assert (why[49100], why[49200], why[49300]) == ("no ask", "no bid", "no ask")


def test_when_nothing_serves_the_reasons_are_told(nifty, of_2019):
    # CE 24700 is 40.25, 24750 is 28.55: nothing between 29 and 40.
    with pytest.raises(
        NoStrikeError, match=r"no CE of NIFTY 2025-09-02 has the premium nearest the middle of 29.00 to 40.00"
    ):
        choose(nifty, "premium 29..40rs", "CE")
    far = of_2019.filter(pl.col("strike").is_between(30100, 30400))
    wing = chain_of(far, "BANKNIFTY", "2019-09-04 11:00", dt.date(2019, 9, 5), 26851.25)
    with pytest.raises(NoStrikeError, match=r"; refused: 30100 \(no bid\), .*30400 \(no bid\)$"):
        choose(wing, "premium ~ 1rs", "CE")


def test_by_open_interest(nifty, banknifty):
    # Calls of NIFTY within 245.62 of 24561.90: 24400 25728, 24450 28634, 24500 150029, 24550 114834, 24600 199725,
    # 24650 93572, 24700 171425, 24750 68777, 24800 152243. Puts: 24500 231849 beats 24400 137498.
    assert pair(nifty, "max_oi within 1%") == (24600, 24500)
    # Above 24684.71: 24700 171425, 24800 152243, 25000 195582, 25200 90697. Below 24439.09: 24400 137498, 24000 107751.
    assert pair(nifty, "max_oi beyond 0.5%") == (25000, 24400)
    # Both kinds: 24500 150029 + 231849 = 381878; 24600 199725 + 84967 = 284692.
    assert pair(nifty, "max_pair_oi") == (24500, 24500)
    assert choose(nifty, "max_pair_oi", "CE").why.endswith(": 381878 units")
    # BANKNIFTY: CE 27500 1298100, PE 26500 901280; within 268.51 of 26851.25 CE 27000 871440, PE 26700 568940.
    assert pair(banknifty, "max_oi") == (27500, 26500)
    assert pair(banknifty, "max_oi within 1%") == (27000, 26700)
    # 27000: 871440 + 400420 = 1271860, the pin near the money; by rank after it 26700 99860 + 568940 = 668800.
    assert choose(banknifty, "max_pair_oi within 1%", "PE").strike == 27000
    assert choose(banknifty, "max_pair_oi rank 2 within 1%", "PE").strike == 26700
    # 26600 to 27100.
    with pytest.raises(NoStrikeError, match="6 strikes of BANKNIFTY 2019-09-05 are known for rank 9 of the greatest"):
        choose(banknifty, "max_pair_oi rank 9 within 1%", "PE")


# Black-76 without discount, written down anew: N by erf, the volatility by halving.
def normal(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2


def black(call: bool, forward: float, strike: float, deviation: float) -> float:
    d1 = log(forward / strike) / deviation + deviation / 2
    price = forward * normal(d1) - strike * normal(d1 - deviation)
    return price if call else price - forward + strike


def deviation_of(call: bool, forward: float, strike: float, premium: float) -> float:
    low, high = 1e-6, 5.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if black(call, forward, strike, middle) < premium else (low, middle)
    return low


def delta_of(call: bool, forward: float, strike: float, premium: float) -> float:
    s = deviation_of(call, forward, strike, premium)
    d1 = log(forward / strike) / s + s / 2
    return normal(d1) if call else normal(d1) - 1


def test_by_delta(nifty):
    # The forward is 24561.90 (24550 has the smallest |C − P|, 11.90).
    calls = {24650: 56.05, 24700: 40.25, 24750: 28.55, 24800: 20.275, 24850: 14.45}
    puts = {24250: 15.675, 24300: 21.075, 24350: 28.425, 24400: 38.675, 24450: 52.05}
    of_calls = {strike: delta_of(True, 24561.90, strike, mid) for strike, mid in calls.items()}
    of_puts = {strike: delta_of(False, 24561.90, strike, mid) for strike, mid in puts.items()}
    # By hand: 0.355, 0.280, 0.214, 0.162, 0.121 and −0.119, −0.155, −0.200, −0.256, −0.323.
    assert [round(delta, 3) for delta in of_calls.values()] == [0.355, 0.280, 0.214, 0.162, 0.121]
    assert [round(delta, 3) for delta in of_puts.values()] == [-0.119, -0.155, -0.200, -0.256, -0.323]
    for strike, delta in of_calls.items():
        assert nifty.greeks["CE", strike].delta == pytest.approx(delta, rel=1e-9)
    for strike, delta in of_puts.items():
        assert nifty.greeks["PE", strike].delta == pytest.approx(delta, rel=1e-9)
    assert pair(nifty, "delta ~ 0.30") == (24700, 24450)  # 0.020 away; 0.023, while 0.256 is 0.044 away
    assert pair(nifty, "delta >= 0.30") == (24650, 24450)
    assert pair(nifty, "delta <= 0.15") == (24850, 24250)
    assert pair(nifty, "delta 0.13..0.20") == (24800, 24300)
    assert "a mid below intrinsic value" in {one.why for one in choose(nifty, "delta ~ 0.30", "PE").refused}


def test_by_expected_move(nifty):
    # 29 Aug 11:00:14 to 2 Sep 15:30 are 4 days 4 h 29 min 46 s = 6029.77 minutes = 0.0114721 years.
    deviations = [deviation_of(call, 24561.90, 24550, mid) for call, mid in ((True, 101.30), (False, 89.40))]
    move = 24561.90 * sum(deviations) / 2
    assert move == pytest.approx(238.77, abs=0.01)
    assert nifty.expected_move / 200 == pytest.approx(move, rel=1e-9)
    # Once: 24800.67 and 24323.13 (26.87 from 24350, 23.13 from 24300); 1.5 times: 24920.05 and 24203.75.
    assert pair(nifty, "otm 1em") == (24800, 24300)
    assert pair(nifty, "otm 1.5em") == (24900, 24200)


def test_by_theta_gamma_per_spread_and_volatility(nifty):
    years = 6029 / 525_600 + 46 / 60 / 525_600
    mids = {
        24500: (130.625, 68.875), 24550: (101.30, 89.40), 24600: (76.575, 114.70), 24650: (56.05, 144.40),
        24700: (40.25, 177.95),
    }  # fmt: skip
    decay, volatility, per_spread = {}, {}, {}
    spreads = {24500: 0.25, 24550: 0.20, 24600: 0.15, 24650: 0.10, 24700: 0.10}
    for strike, (call, put) in mids.items():
        s_call, s_put = deviation_of(True, 24561.90, strike, call), deviation_of(False, 24561.90, strike, put)
        volatility[strike] = s_call / sqrt(years)
        decay[strike] = 0.0
        for s in (s_call, s_put):
            d1 = log(24561.90 / strike) / s + s / 2
            density = exp(-d1 * d1 / 2) / sqrt(2 * pi)
            decay[strike] += 24561.90 * density * s / (2 * years) / 365
        d1 = log(24561.90 / strike) / s_call + s_call / 2
        per_spread[strike] = exp(-d1 * d1 / 2) / sqrt(2 * pi) / (24561.90 * s_call) / spreads[strike]
    # Decay of the pairs, rupees a day: 22.33, 22.71, 22.07, 20.82, 18.75; so 24550 first, 24500 second.
    assert sorted(decay, key=decay.get, reverse=True)[:2] == [24550, 24500]
    assert pair(nifty, "max_theta within 4") == (24550, 24550)
    assert pair(nifty, "max_theta rank 2 within 4") == (24500, 24500)
    assert choose(nifty, "max_theta within 4", "CE").why.endswith(f": {decay[24550]:.2f} rupees a day")
    # Two steps around 24550 are 24450 to 24650; the narrow spread of 0.10 at 24650 outweighs its smaller gamma.
    assert max((one for one in per_spread if one <= 24650), key=per_spread.get) == 24650
    assert choose(nifty, "max_gamma_per_spread within 2", "CE").strike == 24650
    # The calls' volatility falls with the strike here.
    assert sorted(volatility, key=volatility.get) == [24700, 24650, 24600, 24550, 24500]
    assert choose(nifty, "min_iv within 3", "CE").strike == 24700
    assert choose(nifty, "max_iv beyond 1", "CE").strike != 24500  # beyond looks out of the money alone


def test_beside_another_leg(nifty):
    assert choose(nifty, "leg1", "PE", 24700).strike == 24700
    assert choose(nifty, "leg1+4", "CE", 24700).strike == 24900
    assert choose(nifty, "leg2-4", "PE", 24700, 24400).strike == 24200
    assert choose(nifty, "leg1 + 130pt", "CE", 24700).strike == 24850  # 24830
    assert choose(nifty, "leg1+1%", "CE", 24700).strike == 24950  # 24700 + 245.619
    assert choose(nifty, "leg2-4", "PE", 24700, 24400).why == "24200 is 4 strike steps below 24400, the strike of leg 2"


def test_the_reason_is_a_sentence(nifty):
    assert choose(nifty, "otm3", "PE").sentence == (
        "24400 is 3 strike steps below 24550, the listed strike nearest the index 24561.90"
    )
    assert choose(nifty, "otm 1%", "CE").sentence == (
        "24800 is the listed CE strike nearest 24807.519, 1% (245.619 points) above the index 24561.90"
    )
    assert choose(nifty, "premium ~ 40rs within 3", "CE").sentence == (
        "24700 CE has the premium nearest 40.00 within 3 strike steps of 24550: 40.25"
    )
