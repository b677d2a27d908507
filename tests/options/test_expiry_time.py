"""Time to expiry, counted by hand."""

from datetime import date, datetime

import numpy as np
import pytest

from nfolab.base.errors import InputError
from nfolab.options.expiry_time import contract_end, time_to_expiry


def test_a_fortnight_by_hand():
    # 2025-12-15 09:15 to 2025-12-30 15:30: 15 days and 375 minutes. Sessions: the 15th to 19th, 22nd to 24th, 26th
    # (Christmas closed), 29th and 30th: eleven of 375 minutes.
    left = time_to_expiry("BANKNIFTY", date(2025, 12, 30), date(2025, 12, 15), [0, 3_600, 22_500])
    assert left.calendar_minutes.tolist() == [15 * 1440 + 375, 15 * 1440 + 315, 15 * 1440]
    assert left.trading_minutes.tolist() == [11 * 375, 11 * 375 - 60, 10 * 375]
    assert left.years[0] == (15 * 1440 + 375) / 525_600
    assert left.trading_years[0] == 4_125 / 94_500


def test_the_last_minutes_and_the_end():
    left = time_to_expiry("BANKNIFTY", date(2025, 12, 30), date(2025, 12, 30), [22_440, 22_499, 22_500, 22_501])
    assert left.calendar_minutes == pytest.approx([1, 1 / 60, 0, 0])
    assert np.array_equal(left.calendar_minutes, left.trading_minutes)


def test_contracts_end_ten_minutes_later_since_august_2026():
    # 2026-07-28 and 2026-08-25 are Tuesdays, the days of NIFTY's monthlies.
    assert contract_end("NIFTY", date(2026, 7, 28), date(2026, 7, 28)) == datetime.fromisoformat("2026-07-28T15:30")
    assert contract_end("NIFTY", date(2026, 8, 25), date(2026, 7, 28)) == datetime.fromisoformat("2026-08-25T15:40")
    left = time_to_expiry("NIFTY", date(2026, 8, 25), date(2026, 8, 25), [0])
    assert left.trading_minutes.tolist() == [385]


def test_a_moved_contract_counts_to_the_day_then_known():
    # The weekly of Thursday 2023-09-07 was moved to Wednesday 2023-09-06; in July nobody knew the contracts would.
    before = contract_end("BANKNIFTY", date(2023, 9, 6), date(2023, 8, 1))
    after = contract_end("BANKNIFTY", date(2023, 9, 6), date(2023, 9, 5))
    assert (before, after) == (datetime.fromisoformat("2023-09-07T15:30"), datetime.fromisoformat("2023-09-06T15:30"))


def test_after_the_expiry_there_is_no_time():
    with pytest.raises(InputError):
        time_to_expiry("BANKNIFTY", date(2025, 12, 30), date(2025, 12, 31), [0])
