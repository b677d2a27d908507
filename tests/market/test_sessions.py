"""Sessions: days, windows and refusals against hand-made tables and against exchange_calendars."""

import subprocess
import sys
import warnings
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import HOLIDAYS, day
from nfolab.base.errors import InputError
from nfolab.base.units import Clock
from nfolab.market.sessions import (
    is_full_session,
    is_session,
    previous_trading_day,
    seconds_of,
    session,
    special_name,
    spot_stands_still_from,
    trading_days,
    why_closed,
)

FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)

SPECIAL = {
    "2019-10-27": [("18:15", "19:15")],
    "2020-02-01": [("09:15", "15:30")],
    "2020-11-14": [("18:15", "19:15")],
    "2021-02-24": [("09:15", "11:43"), ("15:45", "17:00")],
    "2021-11-04": [("18:15", "19:15")],
    "2022-10-24": [("18:15", "19:15")],
    "2023-11-12": [("18:15", "19:15")],
    "2024-01-20": [("09:15", "15:30")],
    "2024-03-02": [("09:15", "10:00"), ("11:30", "12:30")],
    "2024-05-18": [("09:15", "10:00"), ("11:30", "12:30")],
    "2024-11-01": [("18:00", "19:00")],
    "2025-02-01": [("09:15", "15:30")],
    "2025-10-21": [("13:45", "14:45")],
    "2026-02-01": [("09:15", "15:30")],
}
MUHURAT_ON_A_WEEKDAY = {day("2021-11-04"), day("2022-10-24"), day("2024-11-01"), day("2025-10-21")}

every_day = st.dates(FIRST, LAST)


@pytest.mark.parametrize(("text", "windows"), SPECIAL.items())
def test_special_sessions_have_their_windows_and_a_name(text: str, windows: list[tuple[str, str]]) -> None:
    found = session(day(text))
    assert found.windows == tuple((Clock.parse(opening), Clock.parse(closing)) for opening, closing in windows)
    assert found.name == special_name(day(text))
    assert found.name


@given(every_day)
def test_every_other_day_is_open_on_weekdays_that_are_no_holiday(one: date) -> None:
    if one.isoformat() in SPECIAL or one == date(2026, 11, 8):
        return
    expected = one.weekday() < 5 and one not in HOLIDAYS
    assert is_session(one) is expected
    assert (why_closed(one) is None) is expected
    if expected:
        close = "15:40" if one >= date(2026, 8, 3) else "15:30"
        assert session(one).windows == ((Clock.parse("09:15"), Clock.parse(close)),)
        assert session(one).name is None


def test_the_last_second_is_that_of_the_close() -> None:
    assert session(day("2026-07-31")).last_second == 22_500
    assert session(day("2026-08-03")).last_second == 23_100
    # 2021-02-24: 09:15 to 17:00 is 7 hours and 45 minutes.
    assert session(day("2021-02-24")).last_second == 7 * 3600 + 45 * 60


def test_the_mask_is_open_inside_the_windows_and_at_both_ends() -> None:
    mask = session(day("2024-03-02")).open_mask()
    # 09:15-10:00 is seconds 0..2700; 11:30-12:30 is seconds 8100..11700.
    expected = np.zeros(11_701, dtype=bool)
    expected[0:2701] = True
    expected[8100:11_701] = True
    assert mask.dtype == np.bool_
    assert np.array_equal(mask, expected)


@given(every_day.filter(is_session))
def test_a_mask_opens_first_and_closes_last(one: date) -> None:
    mask = session(one).open_mask()
    assert mask.shape == (session(one).last_second + 1,)
    assert mask[0]
    assert mask[-1]
    grid, opened = seconds_of(one)
    assert grid.tolist() == list(range(session(one).last_second + 1))
    assert np.array_equal(opened, mask)
    seconds = sum(b.second_of_day - a.second_of_day + 1 for a, b in session(one).windows)
    assert int(mask.sum()) == seconds


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2025-12-25", ["2025-12-25", "Christmas", "2025-12-24", "2025-12-26"]),
        ("2025-12-13", ["2025-12-13", "Saturday", "2025-12-12", "2025-12-15"]),
        ("2026-11-08", ["2026-11-08", "Muhurat", "hours are not known", "2026-11-06", "2026-11-09"]),
        ("2018-12-31", ["2018-12-31", "2019-01-01", "2026-12-31"]),
        ("2027-01-01", ["2027-01-01", "2019-01-01", "2026-12-31"]),
    ],
)
def test_a_day_without_session_is_refused_with_reason_and_neighbours(text: str, parts: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        session(day(text))
    assert all(part in str(refused.value) for part in parts)


def test_days_outside_the_facts_are_refused_everywhere() -> None:
    for call in (is_session, why_closed, previous_trading_day, is_full_session, special_name):
        for outside in (FIRST - timedelta(days=1), LAST + timedelta(days=1)):
            with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
                call(outside)
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        trading_days(FIRST, date(2027, 1, 1))
    with pytest.raises(InputError, match="exchange them"):
        trading_days(date(2025, 2, 2), date(2025, 2, 1))


def test_trading_days_are_the_days_with_a_session() -> None:
    assert trading_days(date(2025, 10, 19), date(2025, 10, 24)) == [
        day("2025-10-20"),
        day("2025-10-21"),
        day("2025-10-23"),
        day("2025-10-24"),
    ]
    everything = trading_days(FIRST, LAST)
    assert everything == sorted(one for one in everything if is_session(one))
    weekdays = sum((FIRST + timedelta(days=n)).weekday() < 5 for n in range((LAST - FIRST).days + 1))
    weekend_sessions = sum(day(text).weekday() >= 5 for text in SPECIAL)
    assert len(everything) == weekdays - len(HOLIDAYS) + len(MUHURAT_ON_A_WEEKDAY) + weekend_sessions


@given(every_day.filter(lambda one: one > FIRST))
def test_the_previous_trading_day_is_the_nearest_before(one: date) -> None:
    before = previous_trading_day(one)
    assert before < one
    assert is_session(before)
    assert not any(is_session(before + timedelta(days=n)) for n in range(1, (one - before).days))


def test_the_first_day_has_no_trading_day_before() -> None:
    with pytest.raises(InputError, match="begin on 2019-01-01"):
        previous_trading_day(FIRST)


def test_only_full_sessions_can_be_expiry_days() -> None:
    assert is_full_session(day("2024-01-20"))
    assert is_full_session(day("2026-02-01"))
    assert not is_full_session(day("2024-03-02"))
    assert not is_full_session(day("2025-10-21"))
    assert not is_full_session(day("2026-11-08"))


def test_spot_stands_still_in_the_closing_auction_since_august_2026() -> None:
    assert spot_stands_still_from(day("2026-07-31")) is None
    assert spot_stands_still_from(day("2026-08-03")) == Clock.parse("15:15")
    assert spot_stands_still_from(day("2026-02-01")) is None


def test_weekday_sessions_agree_with_exchange_calendars_but_for_the_muhurat_evenings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        calendar = exchange_calendars.get_calendar("XBOM", start=FIRST.isoformat(), end=LAST.isoformat())
        theirs = {one.date() for one in calendar.sessions if one.weekday() < 5}
    ours = {one for one in trading_days(FIRST, LAST) if one.weekday() < 5}
    assert ours - theirs == MUHURAT_ON_A_WEEKDAY
    assert theirs - ours == set()


def test_the_market_needs_neither_polars_nor_numba_nor_duckdb() -> None:
    modules = "sessions contracts expiries lots charges margin scenario_margin orders rates events calendar_check"
    program = "import sys\n" + "".join(f"import nfolab.market.{name}\n" for name in modules.split())
    program += "print(sorted({'polars', 'numba', 'duckdb', 'pyarrow', 'pandas'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
