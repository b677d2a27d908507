"""The risk-free path and the calendar of events."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.answers import EXPIRIES, day
from nfolab.base.errors import InputError
from nfolab.market.events import coverage, events
from nfolab.market.rates import risk_free

REPO = [
    ("2019-01-01", 6.50),
    ("2019-02-06", 6.50),
    ("2019-02-07", 6.25),
    ("2020-03-26", 5.15),
    ("2020-03-27", 4.40),
    ("2022-05-04", 4.40),
    ("2023-02-08", 6.50),
    ("2025-02-06", 6.50),
    ("2025-12-15", 5.25),
    ("2026-12-31", 5.50),
]


@pytest.mark.parametrize(("text", "percent"), REPO)
def test_the_repo_rate_steps_on_the_day_of_the_decision(text: str, percent: float) -> None:
    assert risk_free(day(text)).percent == percent


@given(st.dates(date(2019, 1, 1), date(2026, 12, 31)))
def test_a_rate_is_never_one_that_came_later(one: date) -> None:
    assert risk_free(one).since <= one
    assert risk_free(one).source


def test_a_monthly_average_counts_from_the_month_after() -> None:
    # January 2020 averaged 5.0987, February 5.0951.
    assert risk_free(day("2020-02-29"), "tbill").percent == 5.0987
    assert risk_free(day("2020-03-01"), "tbill").percent == 5.0951
    assert risk_free(day("2019-12-31"), "tbill").percent == 4.8839


def test_the_bill_of_may_2025_counts_from_june() -> None:
    assert risk_free(day("2025-06-01"), "tbill").percent == 5.67
    with pytest.raises(InputError, match="use repo"):
        risk_free(day("2025-05-31"), "tbill")


def test_bills_are_refused_where_no_source_was_found() -> None:
    for text in ("2019-01-31", "2022-01-03", "2026-01-02"):
        with pytest.raises(InputError, match=r"tbill.*use repo"):
            risk_free(day(text), "tbill")
    with pytest.raises(InputError, match="did you mean repo"):
        risk_free(day("2025-01-01"), "repp")
    with pytest.raises(InputError, match="2019-01-01 to 2026-12-31"):
        risk_free(day("2027-01-01"))


def test_fed_decisions_are_told_in_indian_time() -> None:
    """Two in the afternoon in New York is 23:30 in India in summer, and 00:30 of the next day in winter."""
    found = {
        (event.day.isoformat(), str(event.time))
        for event in events("fed_decision", day("2025-01-01"), day("2025-12-31"))
    }
    assert found == {
        ("2025-01-30", "00:30:00"),
        ("2025-03-19", "23:30:00"),
        ("2025-05-07", "23:30:00"),
        ("2025-06-18", "23:30:00"),
        ("2025-07-30", "23:30:00"),
        ("2025-09-17", "23:30:00"),
        ("2025-10-29", "23:30:00"),
        ("2025-12-11", "00:30:00"),
    }  # fmt: skip
    out_of_cycle = [
        event for event in events("fed_decision", day("2020-03-01"), day("2020-03-31")) if not event.scheduled
    ]
    assert [event.day.isoformat() for event in out_of_cycle] == ["2020-03-03", "2020-03-16"]


def test_the_rbi_moved_its_repo_rate_only_on_days_of_decision() -> None:
    decisions = {event.day for event in events("rbi_policy", day("2019-01-01"), day("2026-03-31"))}
    changes = {
        risk_free(one).since for one in (day(f"{y}-{m:02d}-28") for y in range(2019, 2026) for m in range(1, 13))
    }
    assert len(changes) > 10
    assert {one for one in changes if one >= day("2019-01-01")} <= decisions
    assert len(decisions) >= 6 * 7


def test_budgets_and_elections() -> None:
    budgets = [event.day.isoformat() for event in events("budget", day("2024-01-01"), day("2026-12-31"))]
    assert budgets == ["2024-02-01", "2024-07-23", "2025-02-01", "2026-02-01"]
    general = [event.day.isoformat() for event in events("election_result", day("2019-01-01"), day("2026-11-20"))]
    assert {"2019-05-23", "2024-06-04"} <= set(general)


def test_expiry_days_are_events_too() -> None:
    first, last = day("2025-12-01"), day("2025-12-31")
    found = {(event.day, event.name) for event in events("expiry", first, last)}
    wanted = {(one.expiry, f"{one.underlying} {one.kind}") for one in EXPIRIES if first <= one.expiry <= last}
    assert wanted <= found
    assert {name for _, name in found - wanted} <= {"SENSEX weekly", "SENSEX monthly", "BANKEX monthly"}


def test_what_is_not_covered_is_refused() -> None:
    assert coverage()["rbi_policy"] == (day("2019-01-01"), day("2026-03-31"))
    with pytest.raises(InputError, match=r"recorded from 2019-01-01 to 2026-03-31"):
        events("rbi_policy", day("2026-01-01"), day("2026-12-31"))
    with pytest.raises(InputError, match="did you mean budget"):
        events("budgets", day("2026-01-01"), day("2026-12-31"))
    with pytest.raises(InputError, match="exchange them"):
        events("budget", day("2026-12-31"), day("2026-01-01"))
