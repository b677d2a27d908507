"""Charges: each regime worked by hand, exactness, arrays, plans, contract notes."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import day
from nfolab.base.errors import InputError
from nfolab.market.charges import (
    UNITS_PER_PAISA,
    charges,
    contract_note,
    future_rates,
    option_rates,
    plan,
)

D = Decimal
PERCENT = D("0.01")
CRORE = D(10_000_000)


@dataclass(frozen=True)
class Regime:
    """What the tariff sheets say, in their own units: percent, rupees a crore."""

    first: str
    stt_percent: str
    exchange_percent: str
    ipft_a_crore: str
    sebi_a_crore: str
    stamp_percent: str
    stamp_on_both: bool
    exercise_percent: str


OPTIONS = [
    Regime("2019-01-01", "0.05", "0.05", "0.01", "15", "0.002", True, "0.125"),
    Regime("2019-04-01", "0.05", "0.05", "0.01", "10", "0.002", True, "0.125"),
    Regime("2019-09-01", "0.05", "0.05", "0.01", "10", "0.002", True, "0.125"),
    Regime("2020-06-01", "0.05", "0.05", "0.01", "5", "0.002", True, "0.125"),
    Regime("2020-07-01", "0.05", "0.05", "0.01", "5", "0.003", False, "0.125"),
    Regime("2021-01-01", "0.05", "0.053", "0.01", "5", "0.003", False, "0.125"),
    Regime("2021-04-01", "0.05", "0.053", "0.01", "10", "0.003", False, "0.125"),
    Regime("2023-04-01", "0.0625", "0.05", "50", "10", "0.003", False, "0.125"),
    Regime("2024-04-01", "0.0625", "0.0495", "50", "10", "0.003", False, "0.125"),
    Regime("2024-10-01", "0.10", "0.03503", "50", "10", "0.003", False, "0.125"),
    Regime("2026-03-01", "0.10", "0.0355299", "0.01", "10", "0.003", False, "0.125"),
    Regime("2026-04-01", "0.15", "0.0355299", "0.01", "10", "0.003", False, "0.15"),
]
FUTURES = [
    Regime("2019-01-01", "0.01", "0.0019", "0.01", "15", "0.002", True, "0"),
    Regime("2019-04-01", "0.01", "0.0019", "0.01", "10", "0.002", True, "0"),
    Regime("2020-06-01", "0.01", "0.0019", "0.01", "5", "0.002", True, "0"),
    Regime("2020-07-01", "0.01", "0.0019", "0.01", "5", "0.002", False, "0"),
    Regime("2021-01-01", "0.01", "0.0020", "0.01", "5", "0.002", False, "0"),
    Regime("2021-04-01", "0.01", "0.0020", "0.01", "10", "0.002", False, "0"),
    Regime("2023-04-01", "0.0125", "0.0019", "10", "10", "0.002", False, "0"),
    Regime("2024-04-01", "0.0125", "0.00188", "10", "10", "0.002", False, "0"),
    Regime("2024-10-01", "0.02", "0.00173", "10", "10", "0.002", False, "0"),
    Regime("2026-03-01", "0.02", "0.0018299", "0.01", "10", "0.002", False, "0"),
    Regime("2026-04-01", "0.05", "0.0018299", "0.01", "10", "0.002", False, "0"),
]


def expected(regime: Regime, sell: Decimal, buy: Decimal, brokerage: Decimal) -> dict[str, Decimal]:
    turnover = sell + buy
    lines = {
        "brokerage": brokerage,
        "stt": D(regime.stt_percent) * PERCENT * sell,
        "exchange": D(regime.exchange_percent) * PERCENT * turnover,
        "ipft": D(regime.ipft_a_crore) / CRORE * turnover,
        "sebi": D(regime.sebi_a_crore) / CRORE * turnover,
        "stamp": D(regime.stamp_percent) * PERCENT * (turnover if regime.stamp_on_both else buy),
    }
    lines["gst"] = D("0.18") * (brokerage + lines["exchange"] + lines["ipft"] + lines["sebi"])
    return lines


def last_days(regimes: list[Regime]) -> list[str]:
    return [(day(later.first) - timedelta(days=1)).isoformat() for later in regimes[1:]] + ["2026-12-31"]


def in_rupees(amount: int) -> Decimal:
    return D(amount) / UNITS_PER_PAISA / 100


@pytest.mark.parametrize(("regime", "last"), list(zip(OPTIONS, last_days(OPTIONS), strict=True)))
def test_every_option_regime_from_its_first_to_its_last_day(regime: Regime, last: str) -> None:
    for traded in (day(regime.first), day(last)):
        rates = option_rates(traded, "BANKNIFTY")
        found = charges(rates, plan("flat20"), sell_value=1_050_000, buy_value=875_000, orders=2)
        lines = expected(regime, D(10_500), D(8_750), D(40))
        assert {name: in_rupees(getattr(found, name)) for name in lines} == lines
        assert in_rupees(found.total) == sum(lines.values())
        assert rates.approximate == ()
        exercised = charges(rates, plan("zero"), sell_value=0, buy_value=0, orders=0, exercised_value=400_000)
        assert in_rupees(exercised.total) == D(regime.exercise_percent) * PERCENT * 4000


@pytest.mark.parametrize(("regime", "last"), list(zip(FUTURES, last_days(FUTURES), strict=True)))
def test_every_future_regime_from_its_first_to_its_last_day(regime: Regime, last: str) -> None:
    for traded in (day(regime.first), day(last)):
        # One BANKNIFTY lot of 35: sold at 59,500, bought back at 59,400.
        found = charges(
            future_rates(traded, "BANKNIFTY"),
            plan("flat20"),
            sell_value=208_250_000,
            buy_value=207_900_000,
            orders=2,
        )
        lines = expected(regime, D(2_082_500), D(2_079_000), D(40))
        assert {name: in_rupees(getattr(found, name)) for name in lines} == lines


def test_the_worked_example_line_by_line() -> None:
    """2025-10-15, BANKNIFTY of 2025-10-28, lot 35: sold at 300.00, bought back at 250.00, two orders of 20 rupees."""
    rates = option_rates(day("2025-10-15"), "BANKNIFTY")
    found = charges(rates, plan("flat20"), sell_value=300 * 35 * 100, buy_value=250 * 35 * 100, orders=2)
    assert in_rupees(found.brokerage) == D("40")
    assert in_rupees(found.stt) == D("10.5")
    assert in_rupees(found.exchange) == D("6.743275")
    assert in_rupees(found.ipft) == D("0.09625")
    assert in_rupees(found.sebi) == D("0.01925")
    assert in_rupees(found.stamp) == D("0.2625")
    assert in_rupees(found.gst) == D("8.4345795")
    assert in_rupees(found.total) == D("66.0558545")
    assert found.total_paise == 6606
    note = contract_note(found)
    # STT 10.50 to 11, stamp 0.26 to 0, and 40 + 11 + 6.74 + 0.10 + 0.02 + 0 + 8.43 = 66.29.
    assert (note.brokerage, note.stt, note.exchange, note.ipft, note.sebi, note.stamp, note.gst) == (
        4000, 1100, 674, 10, 2, 0, 843,
    )  # fmt: skip
    assert note.total == 6629
    zero = charges(rates, plan("zero"), sell_value=1_050_000, buy_value=875_000, orders=2)
    # 66.0558545 less 40 of brokerage and 7.20 of GST on it.
    assert in_rupees(zero.total) == D("18.8558545")
    assert zero.total_paise == 1886


def test_the_first_regime_added_up_by_hand() -> None:
    """STT 5.25; exchange 9.625; IPFT 0.00001925; SEBI 0.028875; stamp 0.385; GST 18 % of 49.65389425 = 8.937700965."""
    rates = option_rates(day("2019-01-01"), "NIFTY")
    found = charges(rates, plan("flat20"), sell_value=1_050_000, buy_value=875_000, orders=2)
    assert in_rupees(found.gst) == D("8.937700965")
    assert in_rupees(found.total) == D("64.226595215")


def test_exercise_was_charged_on_the_settlement_value_until_august_2019() -> None:
    assert option_rates(day("2019-08-31"), "NIFTY").exercise_base == "settlement value"
    assert option_rates(day("2019-09-01"), "NIFTY").exercise_base == "intrinsic value"


def test_flat5_is_five_rupees_and_nothing_else() -> None:
    rates = option_rates(day("2025-10-15"), "BANKNIFTY")
    found = charges(rates, plan("flat5"), sell_value=1_050_000, buy_value=875_000, orders=4)
    assert found.total_paise == 500
    assert found.total == 500 * UNITS_PER_PAISA
    assert found.brokerage == found.total


def test_an_unknown_plan_is_told_its_neighbour() -> None:
    with pytest.raises(InputError, match=r"'flat2'.*did you mean flat20"):
        plan("flat2")


values = st.integers(0, 20_000_000_00)


@given(st.dates(date(2019, 1, 1), date(2026, 12, 31)), st.sampled_from(["flat20", "zero", "flat5"]), st.data())
def test_arrays_and_single_trades_agree_to_the_last_digit(traded: date, name: str, data: st.DataObject) -> None:
    rates, chosen = option_rates(traded, "NIFTY"), plan(name)
    trades = data.draw(st.lists(st.tuples(values, values, st.integers(0, 50), values), min_size=1, max_size=6))
    sell, buy, orders, exercised = (np.array(column, dtype=np.int64) for column in zip(*trades, strict=True))
    many = charges(rates, chosen, sell_value=sell, buy_value=buy, orders=orders, exercised_value=exercised)
    assert many.total.dtype == np.int64
    for place, (one_sell, one_buy, one_orders, one_exercised) in enumerate(trades):
        one = charges(
            rates,
            chosen,
            sell_value=one_sell,
            buy_value=one_buy,
            orders=one_orders,
            exercised_value=one_exercised,
        )
        assert int(many.total[place]) == one.total
        assert int(many.total_paise[place]) == one.total_paise


@given(st.dates(date(2019, 1, 1), date(2026, 12, 31)), values, values, st.integers(0, 50))
def test_the_total_is_rounded_half_up_once(traded: date, sell: int, buy: int, orders: int) -> None:
    found = charges(option_rates(traded, "NIFTY"), plan("flat20"), sell_value=sell, buy_value=buy, orders=orders)
    exact = D(found.total) / UNITS_PER_PAISA
    assert found.total_paise == int(exact.quantize(D(1), rounding=ROUND_HALF_UP))
    parts = (found.brokerage, found.stt, found.exchange, found.ipft, found.sebi, found.stamp, found.gst)
    assert sum(parts) == found.total
    assert all(part >= 0 for part in parts)


def test_amounts_beyond_64_bits_and_below_zero_are_refused() -> None:
    rates = option_rates(day("2025-10-15"), "BANKNIFTY")
    with pytest.raises(InputError, match="split the trade"):
        charges(rates, plan("zero"), sell_value=10**12, buy_value=0, orders=2)
    with pytest.raises(InputError, match="split the trade"):
        charges(
            rates,
            plan("zero"),
            sell_value=np.array([1, 10**12]),
            buy_value=np.array([0, 0]),
            orders=np.array([2, 2]),
        )
    with pytest.raises(InputError, match="split the trade"):
        charges(rates, plan("zero"), sell_value=np.int64(2**62), buy_value=np.int64(0), orders=np.int64(2))  # type: ignore[type-var]
    with pytest.raises(InputError, match="-1 is no value"):
        charges(rates, plan("zero"), sell_value=-1, buy_value=0, orders=2)
    small = np.array([1], dtype=np.int32)
    with pytest.raises(TypeError, match="int64"):
        charges(rates, plan("zero"), sell_value=small, buy_value=small, orders=small)


def test_no_trades_cost_nothing() -> None:
    none = np.array([], dtype=np.int64)
    found = charges(
        option_rates(day("2025-10-15"), "NIFTY"), plan("flat20"), sell_value=none, buy_value=none, orders=none
    )
    assert found.total_paise.shape == (0,)


def test_a_crore_traded_in_one_go_still_adds_up() -> None:
    """A crore each way on 2025-10-15: STT 10,000; exchange 7,006; IPFT 100; SEBI 20; stamp 300; GST 1,282.68."""
    found = charges(option_rates(day("2025-10-15"), "NIFTY"), plan("zero"), sell_value=10**9, buy_value=10**9, orders=2)
    assert in_rupees(found.total) == D("18708.68")


def test_bse_charges_are_known_since_october_2024_only() -> None:
    with pytest.raises(InputError, match=r"SENSEX on 2024-09-30.*2024-10-01"):
        option_rates(day("2024-09-30"), "SENSEX")
    rates = option_rates(day("2024-10-01"), "SENSEX")
    assert rates.approximate == ("ipft",)
    # 0.0325 % of the turnover; the law's rates are the same on both exchanges.
    found = charges(rates, plan("zero"), sell_value=1_050_000, buy_value=875_000, orders=2)
    assert in_rupees(found.exchange) == D("6.25625")
    assert in_rupees(found.stt) == D("10.5")
    assert future_rates(day("2025-01-01"), "BANKEX").exchange == 0


def test_days_outside_the_facts_are_refused() -> None:
    for outside in ("2018-12-31", "2027-01-01"):
        with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
            option_rates(day(outside), "NIFTY")
        with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
            future_rates(day(outside), "NIFTY")
    with pytest.raises(InputError, match="did you mean NIFTY"):
        option_rates(day("2025-10-15"), "NIFTY5")
