"""Charges, band, margin and lots of the reference, by hand. Money in paise."""

import datetime as dt
from fractions import Fraction

import pytest

from reference.by_hand import CALL, DAY, EXPIRY, PUT, day_of, only, quote, row
from reference.money import charges, components, half_up, lot_size, repriced, slip
from reference.plans import LegPlan, Plan
from reference.rows import Contract

WORKED = (dt.date(2025, 10, 15), 10_500_00, 8_750_00, 2)


def test_charges_of_the_worked_example():
    # 2025-10-15, BANKNIFTY, 35 units: sold at 300.00, bought back at 250.00, two orders at 20 rupees
    found = components(*WORKED, "flat20")
    assert found == {
        "brokerage": 4000,
        "stt": 1050,  # 0.1 % of 10,500
        "exchange": Fraction("674.3275"),  # 0.03503 % of 19,250
        "ipft": Fraction("9.625"),  # 0.0005 % of 19,250
        "sebi": Fraction("1.925"),  # 0.0001 % of 19,250
        "stamp": Fraction("26.25"),  # 0.003 % of 8,750
        "gst": Fraction("843.45795"),  # 18 % of 46.858775
    }
    assert sum(found.values()) == Fraction("6605.58545")
    assert charges(*WORKED, "flat20") == 6606
    assert charges(*WORKED, "zero") == 1886  # 18.8558545
    assert charges(*WORKED, "flat5") == 500


@pytest.mark.parametrize(
    ("day", "stt"),
    [
        (dt.date(2023, 3, 31), "0.05"),
        (dt.date(2023, 4, 1), "0.0625"),
        (dt.date(2024, 10, 1), "0.1"),
        (dt.date(2026, 3, 31), "0.1"),
        (dt.date(2026, 4, 1), "0.15"),
    ],
)
def test_rates_change_on_their_day(day, stt):
    assert components(day, 1_000_000, 0, 2, "zero")["stt"] == 10_000 * Fraction(stt)


@pytest.mark.parametrize(("amount", "rounded"), [("0.5", 1), ("0.49", 0), ("1.5", 2), ("2.5", 3), ("7", 7)])
def test_half_up(amount, rounded):
    assert half_up(Fraction(amount)) == rounded


def test_a_bought_leg_exercised_pays_tax_on_its_intrinsic_value_only():
    # 0.125 % of 100,000 = 125; nothing else on it
    with_exercise = components(DAY, 0, 50_000, 2, "zero", exercised=100_000)
    without = components(DAY, 0, 50_000, 2, "zero")
    assert {name for name in without if with_exercise[name] != without[name]} == {"stt"}
    assert with_exercise["stt"] - without["stt"] == 125


@pytest.mark.parametrize(
    ("underlying", "expiry", "lot"),
    [
        ("BANKNIFTY", dt.date(2025, 6, 26), 30),
        ("BANKNIFTY", dt.date(2025, 7, 31), 35),
        ("BANKNIFTY", EXPIRY, 35),
        ("BANKNIFTY", dt.date(2026, 1, 27), 30),
        ("NIFTY", EXPIRY, 75),
    ],
)
def test_lots(underlying, expiry, lot):
    assert lot_size(Contract(underlying, expiry, "CE", 20000)) == lot


@pytest.mark.parametrize(
    ("spot", "strike", "paise"),
    [
        (59_450_00, 59500, 15),  # as near 59400 as 59500: the lower, 59400; a step away
        (59_450_00, 59600, 30),
        (59_450_01, 59600, 15),
        (59_450_00, 59300, 15),
        (59_450_01, 59300, 30),
        (None, 59400, 30),
    ],
)
def test_a_slip_is_small_within_a_step_of_the_money(spot, strike, paise):
    day = day_of({}, {} if spot is None else {100: spot})
    contract = Contract("BANKNIFTY", EXPIRY, "CE", strike)
    assert slip(day, contract, 102, 5) == paise
    assert slip(day, contract, 103, 5) == 30


def test_without_an_index_the_parity_forward_places_the_money():
    # forward 59,400 + 300.00 − 100.00 = 59,600; the quotes are 5 s old at 105 and too old at 106
    day = day_of({CALL: [quote(100, 29990, 30010)], PUT: [quote(100, 9990, 10010)]})
    far = Contract("BANKNIFTY", EXPIRY, "PE", 59700)
    assert [slip(day, contract, 105, 5) for contract in (far, CALL)] == [15, 30]
    assert slip(day, far, 106, 5) == 30


def filled(day, second: int, quantity: int, side: str) -> dict:
    """A fill of the call at a second: 20 units at the best, the rest a level on."""
    the_row = day.newest(CALL)[second]
    levels = the_row.bids if side == "sell" else the_row.asks
    value = 20 * levels[0][0] + (quantity - 20) * levels[1][0]
    return {"row": the_row, "quantity": quantity, "value": value, "second": second}


def test_the_band_of_a_sale_and_of_a_purchase():
    book = row(100, [(1000, 20), (995, 40)], [(1010, 20), (1020, 40)])
    bad = row(101, [(1, 0)], [(1010, 20)])
    worse = row(104, [(980, 10), (970, 5)], [(1040, 10), (1050, 5)])
    day = day_of({CALL: [book, bad, worse]}, {100: 59_400_00})
    # next good row, 35 units: 10 × 980 + 5 × 970 and 20 more at 970; one slip of 15 a unit
    assert repriced(day, CALL, "sell", filled(day, 100, 35, "sell"), 5) == {
        "best": 35_000,
        "likely": 20 * 1000 + 15 * 995,
        "worst": 10 * 980 + 25 * 970 - 35 * 15,
    }
    assert repriced(day, CALL, "buy", filled(day, 100, 35, "buy"), 5) == {
        "best": 35 * 1010,
        "likely": 20 * 1010 + 15 * 1020,
        "worst": 10 * 1040 + 25 * 1050 + 35 * 15,
    }


def test_the_worst_keeps_the_fill_where_the_next_row_is_kinder_and_slips_twice_without_one():
    book = row(100, [(1000, 20), (995, 40)], [(1010, 20), (1020, 40)])
    kinder = row(101, [(1100, 99)], [(1105, 99)])
    value = 20 * 1000 + 15 * 995
    day = day_of({CALL: [book, kinder]})
    assert repriced(day, CALL, "sell", filled(day, 100, 35, "sell"), 5)["worst"] == value - 35 * 30
    day = day_of({CALL: [book]})
    assert repriced(day, CALL, "sell", filled(day, 100, 35, "sell"), 5)["worst"] == value - 35 * 60
    assert repriced(day, CALL, "buy", filled(day, 100, 35, "buy"), 5)["worst"] == 20 * 1010 + 15 * 1020 + 35 * 60


def test_a_sale_is_never_below_a_tick():
    book = row(100, [(30, 20), (25, 40)], [(35, 20), (40, 40)])
    day = day_of({CALL: [book]})
    assert repriced(day, CALL, "sell", filled(day, 100, 35, "sell"), 5)["worst"] == 5 * 35


def test_net_of_a_trade_and_its_band():
    # 35 units sold at 100.00, bought back at 90.10; the books stand still, so the worst is a slip of 0.30 away.
    rows = [quote(second, 10000, 10010) for second in range(95, 150)]
    rows += [quote(second, 9000, 9010) for second in range(150, 170)]
    plan = Plan(legs=(LegPlan("sell", "CE", 59400),), entries=(100,), exit=160, brokerage="flat20")
    trade = only(day_of({CALL: rows}), plan)["trade"]
    sold, bought = 350_000, 315_350
    turnover = Fraction(sold + bought)
    taxed = 4000 + turnover * (Fraction("0.0003503") + Fraction("0.000005") + Fraction("0.000001"))
    total = taxed * Fraction("1.18") + Fraction(sold, 1000) + Fraction("0.00003") * bought
    assert trade["gross"] == 34_650
    assert trade["charges"] == half_up(total) == 5359
    assert trade["net"] == 34_650 - 5359
    assert trade["net_flat5"] == 34_150
    assert trade["net_best"] == trade["net"]
    slipped = sold - 1050, bought + 1050  # 35 × 30; the later row is the same book, so the walk adds nothing
    assert trade["net_worst"] == slipped[0] - slipped[1] - charges(DAY, *slipped, 2, "flat20")
    assert trade["return"] == Fraction(29_291, 250_000_00)
