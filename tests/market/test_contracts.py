"""Contract names: read, written, refused."""

import gzip
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import EXPIRIES, ExpectedExpiry, day
from nfolab.base.errors import InputError
from nfolab.market.contracts import Contract, parse_name, read_name, vendor_name, write_name

STEPS = {"NIFTY": 50, "BANKNIFTY": 100, "FINNIFTY": 50, "MIDCPNIFTY": 25}
FROM, TO = 5_000, 30_000


NIFTY_ON_THE_DAY_OF_A_LATER_HALF_YEARLY = {("NIFTY", day(text)) for text in ("2021-12-30", "2022-06-30", "2022-12-29")}
"""On them a half-yearly was open that expired on the same day of a later year."""


@st.composite
def listed_contracts(draw: st.DrawFn) -> tuple[ExpectedExpiry, Contract]:
    one = draw(st.sampled_from(EXPIRIES))
    kind = draw(st.sampled_from(("CE", "PE", "FUT")))
    step = STEPS[one.underlying]
    strike = None if kind == "FUT" else draw(st.integers(FROM // step, TO // step)) * step
    return one, Contract(one.underlying, one.expiry, kind, strike)


@given(listed_contracts(), st.sampled_from((str.lower, str.upper, str.title)), st.sampled_from(("", ".parquet")))
def test_a_name_goes_there_and_back(drawn: tuple[ExpectedExpiry, Contract], case: object, ending: str) -> None:
    _, contract = drawn
    assert parse_name(case(vendor_name(contract)) + ending) == contract  # type: ignore[operator]


@given(listed_contracts(), st.sampled_from(("vendor", "kite", "nse")))
def test_forms_that_tell_the_whole_date_go_there_and_back(drawn: tuple[ExpectedExpiry, Contract], form: str) -> None:
    _, contract = drawn
    assert parse_name(write_name(contract, form)) == contract


@given(listed_contracts())
def test_dhans_display_names_come_back_on_a_day_they_traded(drawn: tuple[ExpectedExpiry, Contract]) -> None:
    one, contract = drawn
    if contract.kind == "FUT" and one.kind == "weekly":
        return
    key = (contract.underlying, contract.expiry)
    if contract.strike is not None and key in NIFTY_ON_THE_DAY_OF_A_LATER_HALF_YEARLY:
        with pytest.raises(InputError, match="can be read in 2 ways"):
            parse_name(write_name(contract, "dhan_display"), trade_date=contract.expiry)
    else:
        assert parse_name(write_name(contract, "dhan_display"), trade_date=contract.expiry) == contract


@given(listed_contracts())
def test_a_name_with_the_scheduled_day_means_the_real_expiry(drawn: tuple[ExpectedExpiry, Contract]) -> None:
    one, contract = drawn
    if contract.strike is None:
        return
    told = one.scheduled
    code = f"{told:%y}{'123456789OND'[told.month - 1]}{told:%d}"
    assert parse_name(f"{one.underlying}{code}{contract.strike}{contract.kind}").expiry == one.expiry


@given(listed_contracts())
def test_a_month_and_a_year_mean_the_monthly(drawn: tuple[ExpectedExpiry, Contract]) -> None:
    one, contract = drawn
    if contract.strike is None:
        return
    found = parse_name(f"{one.underlying}{one.scheduled:%y%b}{contract.strike}{contract.kind}")
    months = [a for a in EXPIRIES if a.underlying == one.underlying and a.kind == "monthly"]
    wanted = [a.expiry for a in months if f"{a.scheduled:%Y%m}" == f"{one.scheduled:%Y%m}"]
    assert [found.expiry] == wanted


NAMES = [
    # from the field guide of the feed
    ("NIFTY2520623950CE", "NIFTY 2025-02-06 23950 CE"),
    ("banknifty19o2429600ce", "BANKNIFTY 2019-10-24 29600 CE"),
    ("nifty23n0917000pe", "NIFTY 2023-11-09 17000 PE"),
    ("banknifty19d0530100ce", "BANKNIFTY 2019-12-05 30100 CE"),
    ("BANKNIFTY25DEC58300CE", "BANKNIFTY 2025-12-30 58300 CE"),
    ("banknifty25dec59400ce", "BANKNIFTY 2025-12-30 59400 CE"),
    ("banknifty22n1038700pe", "BANKNIFTY 2022-11-10 38700 PE"),
    ("banknifty25decfut", "BANKNIFTY 2025-12-30 FUT"),
    # holiday-shifted weeklies dated by the day they really expired, 2022-04-14 and 2024-05-01 and -04-17 being closed
    ("banknifty2040121000ce", "BANKNIFTY 2020-04-01 21000 CE"),
    ("nifty2241317500ce", "NIFTY 2022-04-13 17500 CE"),
    ("banknifty2441647500ce", "BANKNIFTY 2024-04-16 47500 CE"),
    ("banknifty2443047500ce", "BANKNIFTY 2024-04-30 47500 CE"),
    # the scheduled day, 2021-11-04, was Diwali
    ("banknifty21n0438700ce", "BANKNIFTY 2021-11-03 38700 CE"),
    # a weekly's code on the day of a monthly, moved by a holiday to Wednesday
    ("banknifty2312542000pe", "BANKNIFTY 2023-01-25 42000 PE"),
    ("banknifty2332940000ce", "BANKNIFTY 2023-03-29 40000 CE"),
    ("banknifty25d3059400ce", "BANKNIFTY 2025-12-30 59400 CE"),
    # Thursday weeklies that became Wednesday contracts after listing
    ("banknifty2390745000ce", "BANKNIFTY 2023-09-06 45000 CE"),
    ("banknifty2391445500pe", "BANKNIFTY 2023-09-13 45500 PE"),
    ("banknifty2392145500ce", "BANKNIFTY 2023-09-20 45500 CE"),
    # the closure of 28 June moved to 29 June 2023
    ("nifty2362918800ce", "NIFTY 2023-06-28 18800 CE"),
    # day first, as one broker writes
    ("NIFTY30DEC2524000CE", "NIFTY 2025-12-30 24000 CE"),
    ("MIDCPNIFTY29JAN2410500PE", "MIDCPNIFTY 2024-01-29 10500 PE"),
    # NSE's own
    ("OPTIDXNIFTY09-12-2025PE25800.00", "NIFTY 2025-12-09 25800 PE"),
    ("FUTIDXNIFTY30-12-2025XX0.00", "NIFTY 2025-12-30 FUT"),
    ("OPTIDXNIFTY25JUN2026CE17500.00", "NIFTY 2026-06-30 17500 CE"),
    # Dhan's, where only one contract of that month exists
    ("BANKNIFTY-Dec2025-59400-CE", "BANKNIFTY 2025-12-30 59400 CE"),
    ("NIFTY-Dec2025-FUT", "NIFTY 2025-12-30 FUT"),
    ("FINNIFTY 14 JAN 15000 CALL", "FINNIFTY 2021-01-14 15000 CE"),
]


@pytest.mark.parametrize(("name", "contract"), NAMES)
def test_names_are_read(name: str, contract: str) -> None:
    assert str(parse_name(name)) == contract


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("banknifty2390745000ce", "2023-09-07"),
        ("banknifty21n0438700ce", "2021-11-04"),
        ("banknifty2312542000pe", "monthly"),
    ],
)
def test_a_name_whose_day_is_not_the_expiry_comes_with_a_note(name: str, note: str) -> None:
    assert note in (read_name(name)[1] or "")
    assert read_name("banknifty25dec59400ce")[1] is None


def test_a_name_of_two_readings_is_refused_with_both() -> None:
    with pytest.raises(InputError) as refused:
        parse_name("nifty25dec2524000ce")
    message = str(refused.value)
    assert "2025-12-30 2524000 CE" in message
    assert "2025-12-25 24000 CE" in message


def test_dhans_name_of_a_month_with_several_contracts_needs_the_trade_date() -> None:
    name = "NIFTY-Oct2024-25800-CE"
    with pytest.raises(InputError) as refused:
        parse_name(name)
    # The NIFTY contracts of October 2024: Thursdays 3, 10, 17, 24 and the monthly of the 31st.
    for expiry in ("2024-10-03", "2024-10-10", "2024-10-17", "2024-10-24", "2024-10-31"):
        assert f"NIFTY {expiry} 25800 CE" in str(refused.value)
    assert parse_name(name, day("2024-10-25")).expiry == day("2024-10-31")
    with pytest.raises(InputError, match="2024-10-24 25800 CE or as NIFTY 2024-10-31 25800 CE"):
        parse_name(name, day("2024-10-18"))


def test_a_day_without_year_is_settled_by_the_trade_date() -> None:
    # 24 October was a NIFTY Thursday in 2019 and in 2024.
    with pytest.raises(InputError, match=r"2019-10-24.*2024-10-24"):
        parse_name("NIFTY 24 OCT 12000 CALL")
    assert parse_name("NIFTY 24 OCT 12000 CALL", day("2019-10-18")).expiry == day("2019-10-24")
    assert parse_name("NIFTY 24 OCT 25800 CALL", day("2024-10-18")).expiry == day("2024-10-24")


def test_spot_drops_a_strike_far_away() -> None:
    assert read_name("banknifty2443047500ce", spot=48_000)[0].strike == 47_500
    with pytest.raises(InputError, match="half to double the spot of 20000"):
        read_name("banknifty2443047500ce", spot=20_000)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("reliance25dec1500ce", "unknown contract name 'reliance25dec1500ce'"),
        ("", "unknown contract name ''"),
        ("banknifty25dec59400", "unknown contract name"),
        ("nifty2520723950ce", "no NIFTY contract expired on 2025-02-07"),
        ("nifty2523123950ce", "2025-02-31 is no day"),
        ("banknifty2392745000ce", "no BANKNIFTY contract expired on 2023-09-27"),
        ("banknifty25dec59450ce", "strike 59450 is no multiple of 100"),
        ("nifty25dec0ce", "begin with 0"),
        ("nifty25dec024000ce", "begin with 0"),
        ("nifty25dec240000ce", "strike 240000 lies outside 2000..60000"),
        ("nifty18dec10000ce", "no NIFTY monthly of 2018-12"),
        ("nifty27dec30000ce", "no NIFTY monthly of 2027-12"),
        ("NIFTY 25 DEC 24000 CALL", "no known contract"),
    ],
)
def test_names_that_mean_nothing_are_refused(name: str, part: str) -> None:
    with pytest.raises(InputError, match=re.escape(part)):
        parse_name(name)


def test_a_trade_date_drops_contracts_that_had_expired_or_were_not_listed() -> None:
    with pytest.raises(InputError, match="it expired before 2023-10-02"):
        parse_name("banknifty2390745000ce", day("2023-10-02"))
    with pytest.raises(InputError, match="not listed yet on 2022-01-03"):
        parse_name("banknifty2390745000ce", day("2022-01-03"))
    assert parse_name("nifty25dec24000ce", day("2021-01-04")).expiry == day("2025-12-30")


def test_writing_asks_for_a_listed_contract_and_a_known_form() -> None:
    with pytest.raises(InputError, match="2025-12-25"):
        vendor_name(Contract("BANKNIFTY", date(2025, 12, 25), "CE", 59400))
    with pytest.raises(InputError, match="did you mean dhan"):
        write_name(Contract("BANKNIFTY", date(2025, 12, 30), "CE", 59400), "dahn")


@pytest.mark.parametrize(
    ("form", "option", "future"),
    [
        ("vendor", "banknifty25dec59400pe", "banknifty25decfut"),
        ("kite", "BANKNIFTY25DEC59400PE", "BANKNIFTY25DECFUT"),
        ("nse", "OPTIDXBANKNIFTY30-12-2025PE59400.00", "FUTIDXBANKNIFTY30-12-2025XX0.00"),
        ("dhan", "BANKNIFTY-Dec2025-59400-PE", "BANKNIFTY-Dec2025-FUT"),
        ("dhan_display", "BANKNIFTY 30 DEC 59400 PUT", "BANKNIFTY DEC FUT"),
    ],
)
def test_forms_are_written_as_their_owners_write_them(form: str, option: str, future: str) -> None:
    assert write_name(Contract("BANKNIFTY", date(2025, 12, 30), "PE", 59400), form) == option
    assert write_name(Contract("BANKNIFTY", date(2025, 12, 30), "FUT", None), form) == future


def test_contracts_sort_and_show_themselves() -> None:
    call, put = (Contract("BANKNIFTY", date(2025, 12, 30), kind, 59400) for kind in ("CE", "PE"))
    future = Contract("BANKNIFTY", date(2025, 12, 30), "FUT", None)
    assert sorted([put, future, call]) == [call, future, put]
    assert str(future) == "BANKNIFTY 2025-12-30 FUT"


def test_every_name_in_the_real_data_is_read(real_data: Path) -> None:
    names = {path.name for path in (real_data / "raw_options").glob("*.parquet")}
    with gzip.open(real_data / "das_bankopt_mod.sql.gz", "rt", encoding="utf-8") as dump:
        names |= {match[1] for match in (re.match(r"CREATE TABLE `(\w+)`", line) for line in dump) if match}
    assert len(names) == 18
    strikes = set()
    for name in names:
        contract = parse_name(name, day("2025-12-15"))
        assert (contract.underlying, contract.expiry) == ("BANKNIFTY", day("2025-12-30"))
        strikes.add((contract.strike, contract.kind))
    calls = {(strike, "CE") for strike in (59_000, 59_200, 59_400, 59_900, 60_000)}
    assert strikes == calls | {(strike, "PE") for strike in (59_400, 59_600, 59_800, 59_900)}
