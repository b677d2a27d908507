"""The few statistics of a report: exact, and each with its formula.

Money comes in as integers of paise and stays whole; a mean or a median is a `Fraction` of a paisa until it is shown.
Nothing here is annualised, scaled or estimated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

SESSIONS_NEEDED = 30
"""Below so many sessions with trades a figure carries its n and nothing is concluded from it."""


def mean_paise(values: Sequence[int]) -> Fraction | None:
    """Return Σ values ÷ count in paise, or None of no values."""
    return Fraction(sum(values), len(values)) if values else None


def median_paise(values: Sequence[int]) -> Fraction | None:
    """Return the middle value in paise, or the mean of the two middle ones; None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Fraction(ordered[middle])
    return Fraction(ordered[middle - 1] + ordered[middle], 2)


def wins_count(values: Sequence[int]) -> int:
    """Return how many values are above zero; a trade that nets exactly nothing is no win."""
    return sum(value > 0 for value in values)


def win_rate_percent(values: Sequence[int]) -> Fraction | None:
    """Return 100 × wins ÷ count in percent, or None of no values."""
    return Fraction(100 * wins_count(values), len(values)) if values else None


def profit_factor_ratio(values: Sequence[int]) -> Fraction | None:
    """Return Σ of what is above zero ÷ |Σ of what is below|, a plain ratio; None where nothing was lost."""
    lost = -sum(value for value in values if value < 0)
    return Fraction(sum(value for value in values if value > 0), lost) if lost else None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of an equity curve, by day.

    `paise` is at most 0. `peak_day` is None where the fall is from the start, `recovered_day` None where the old peak
    was not seen again; all days are None where the curve never fell.
    """

    paise: int
    peak_day: date | None
    trough_day: date | None
    recovered_day: date | None


def equity_paise(nets: Sequence[int]) -> list[int]:
    """Return the running total of daily nets, in paise."""
    total = 0
    curve = []
    for net in nets:
        total += net
        curve.append(total)
    return curve


def below_peak_paise(equity: Sequence[int]) -> list[int]:
    """Return equity − (the highest so far, or the start's 0), at most 0, in paise."""
    peak = 0
    depths = []
    for value in equity:
        peak = max(peak, value)
        depths.append(value - peak)
    return depths


def max_drawdown(days: Sequence[date], nets: Sequence[int]) -> Drawdown:
    """Return the deepest fall of the running total of `nets` (paise, in the order of `days`) below its peak.

    Formula: the least of equity − max(0, highest equity so far), on the totals at the ends of days; what happened
    within a day does not count. Of several equally deep the first.
    """
    equity = equity_paise(nets)
    depths = below_peak_paise(equity)
    deepest = min(depths, default=0)
    if deepest == 0:
        return Drawdown(0, None, None, None)
    trough = depths.index(deepest)
    height = equity[trough] - deepest
    peaks = [day for day, value in zip(days[:trough], equity[:trough], strict=True) if value == height]
    recovered = [day for day, value in zip(days[trough:], equity[trough:], strict=True) if value >= height]
    return Drawdown(
        deepest, peaks[-1] if peaks and height > 0 else None, days[trough], recovered[0] if recovered else None
    )


def longest_losing_run(values: Sequence[int]) -> int:
    """Return the most values below zero in a row, a count of trades."""
    longest = current = 0
    for value in values:
        current = current + 1 if value < 0 else 0
        longest = max(longest, current)
    return longest


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in bins of equal width: bin i holds start + i × width ≤ value < that + width, in paise."""

    start_paise: int
    width_paise: int
    counts: list[int]


def histogram(values: Sequence[int], most_bins: int = 40) -> Histogram:
    """Count `values` (paise) in at most `most_bins` bins whose width is 1, 2 or 5 times a power of ten rupees.

    Zero is always an edge, so that no bin mixes wins and losses.
    """
    if not values:
        return Histogram(0, 100, [])
    low, high = min(values), max(values)
    width, steps = 100, (2, 5, 10)
    base, step = 100, 0
    while high // width - low // width + 1 > most_bins:
        width = base * steps[step]
        step += 1
        if step == len(steps):
            base, step = base * 10, 0
    first = low // width
    counts = [0] * (high // width - first + 1)
    for value in values:
        counts[value // width - first] += 1
    return Histogram(first * width, width, counts)
