"""The statistics of a report, by hand and by property."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from nfolab.research.report import statistics

PAISE = st.lists(st.integers(-(10**9), 10**9), max_size=60)


def days(count: int) -> list[date]:
    return [date(2025, 7, 1) + timedelta(days=number) for number in range(count)]


def test_mean_median_and_wins_by_hand() -> None:
    nets = [300, -100, 0, 50]  # sum 250; sorted -100, 0, 50, 300
    assert statistics.mean_paise(nets) == Fraction(250, 4)
    assert statistics.median_paise(nets) == 25
    assert statistics.median_paise([7, -3, 5]) == 5
    assert statistics.wins_count(nets) == 2
    assert statistics.win_rate_percent(nets) == 50


def test_nothing_has_no_statistics() -> None:
    assert statistics.mean_paise([]) is None
    assert statistics.median_paise([]) is None
    assert statistics.win_rate_percent([]) is None
    assert statistics.profit_factor_ratio([]) is None
    assert statistics.max_drawdown([], []).paise == 0


def test_profit_factor_by_hand() -> None:
    assert statistics.profit_factor_ratio([300, -100, -50, 0]) == 2
    assert statistics.profit_factor_ratio([300, 0]) is None


def test_drawdown_tells_its_days() -> None:
    # equity 100, 40, 70, -20, 90, 130: the peak of 100 on day 0, the trough of -20 on day 3, above 100 again on day 5
    fall = statistics.max_drawdown(days(6), [100, -60, 30, -90, 110, 40])
    assert fall == statistics.Drawdown(-120, days(6)[0], days(6)[3], days(6)[5])


def test_drawdown_from_the_start_has_no_peak_day() -> None:
    fall = statistics.max_drawdown(days(3), [-50, -10, 20])
    assert fall == statistics.Drawdown(-60, None, days(3)[1], None)


def test_drawdown_of_rising_equity_is_nothing() -> None:
    assert statistics.max_drawdown(days(2), [5, 0]) == statistics.Drawdown(0, None, None, None)


def test_longest_losing_run_by_hand() -> None:
    assert statistics.longest_losing_run([-1, -1, 5, -1, -1, -1, 0, -1]) == 3


@given(PAISE)
def test_drawdown_is_the_worst_difference_of_any_two_days(nets: list[int]) -> None:
    equity = [0]
    for net in nets:
        equity.append(equity[-1] + net)
    worst = min(equity[later] - equity[before] for later in range(len(equity)) for before in range(later + 1))
    assert statistics.max_drawdown(days(len(nets)), nets).paise == worst


@given(PAISE)
def test_histogram_counts_every_value_once_in_its_bin(values: list[int]) -> None:
    bins = statistics.histogram(values)
    assert sum(bins.counts) == len(values)
    assert len(bins.counts) <= 40
    assert bins.start_paise % bins.width_paise == 0  # so zero is an edge
    for place, count in enumerate(bins.counts):
        low = bins.start_paise + place * bins.width_paise
        assert count == sum(low <= value < low + bins.width_paise for value in values)


@given(PAISE)
def test_profit_factor_times_losses_is_the_gains(values: list[int]) -> None:
    ratio = statistics.profit_factor_ratio(values)
    lost = sum(value for value in values if value < 0)
    if ratio is None:
        assert lost == 0
    else:
        assert ratio * -lost == sum(value for value in values if value > 0)
