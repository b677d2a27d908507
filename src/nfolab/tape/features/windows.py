"""Windows that slide over the seconds of a day (or over its bars), for every feature that looks back.

A window of w at t is t − w + 1 … t. Values that are missing within it do not count. It restarts after w missing values
in a row: from the next value on it has to fill again, as at the start of the day, and until then there is no value.
"""

import math

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.features.definition import Values


@compiled
def rolling_mean(values: Values, window: int, least: int, out: Values) -> None:
    """Fill `out` with the mean of each window that holds at least `least` values."""
    start = -1
    missing = 0
    anchor = 0.0
    total = 0.0
    count = 0
    for at in range(values.size):
        leaving = at - window
        if leaving >= 0 and start >= 0 and leaving >= start and not math.isnan(values[leaving]):
            total -= values[leaving] - anchor
            count -= 1
        value = values[at]
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
        else:
            missing = 0
            if start < 0:
                # Sums of differences from the first value stay small, and exact where prices are whole.
                start, anchor, total, count = at, value, 0.0, 0
            total += value - anchor
            count += 1
        full = start >= 0 and at - start + 1 >= window and count >= least
        out[at] = anchor + total / count if full else np.nan


@compiled
def rolling_sum(values: Values, window: int, out: Values) -> None:
    """Fill `out` with the sum of each window that holds a value; exact where the values are whole numbers."""
    start = -1
    missing = 0
    total = 0.0
    count = 0
    for at in range(values.size):
        leaving = at - window
        if leaving >= 0 and start >= 0 and leaving >= start and not math.isnan(values[leaving]):
            total -= values[leaving]
            count -= 1
        value = values[at]
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
        else:
            missing = 0
            if start < 0:
                start, total, count = at, 0.0, 0
            total += value
            count += 1
        out[at] = total if start >= 0 and at - start + 1 >= window and count > 0 else np.nan


@compiled
def running_median(values: Values, out: Values) -> None:
    """Fill `out` with the median of all values so far, where there is one at the time."""
    low = np.empty(values.size)
    high = np.empty(values.size)
    lows = highs = 0
    for at in range(values.size):
        value = values[at]
        out[at] = np.nan
        if math.isnan(value):
            continue
        # Two heaps: the lower half upside down, so that both have their least at the top; the lower may hold one more.
        if lows == 0 or value <= -low[0]:
            lows = _push(low, lows, -value)
        else:
            highs = _push(high, highs, value)
        if lows > highs + 1:
            highs = _push(high, highs, -low[0])
            lows = _drop(low, lows)
        elif highs > lows:
            lows = _push(low, lows, -high[0])
            highs = _drop(high, highs)
        out[at] = -low[0] if lows > highs else (high[0] - low[0]) / 2


@compiled
def _push(heap: Values, size: int, value: float) -> int:
    place = size
    while place > 0 and heap[(place - 1) // 2] > value:
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = value
    return size + 1


@compiled
def _drop(heap: Values, size: int) -> int:
    size -= 1
    value = heap[size]
    place = 0
    while 2 * place + 1 < size:
        child = 2 * place + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = value
    return size


@compiled
def rolling_sigma(values: Values, window: int, out: Values) -> None:
    """Fill `out` with the standard deviation (of a sample, n − 1) of each window of at least two values."""
    start = -1
    missing = 0
    anchor = 0.0
    total = 0.0
    squares = 0.0
    count = 0
    for at in range(values.size):
        leaving = at - window
        if leaving >= 0 and start >= 0 and leaving >= start and not math.isnan(values[leaving]):
            away = values[leaving] - anchor
            total -= away
            squares -= away * away
            count -= 1
        value = values[at]
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
        else:
            missing = 0
            if start < 0:
                start, anchor, total, squares, count = at, value, 0.0, 0.0, 0
            away = value - anchor
            total += away
            squares += away * away
            count += 1
        if start >= 0 and at - start + 1 >= window and count >= 2:
            out[at] = math.sqrt(max(0.0, (squares - total * total / count) / (count - 1)))
        else:
            out[at] = np.nan


@compiled
def rolling_highest(values: Values, window: int, sign: int, out: Values) -> None:
    """Fill `out` with the greatest value of each window, or with the least where `sign` is −1."""
    size = min(window, values.size) + 1
    queue = np.empty(size, np.int32)
    head = 0
    length = 0
    start = -1
    missing = 0
    for at in range(values.size):
        value = sign * values[at]
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
        else:
            missing = 0
            if start < 0:
                start = at
                length = 0
            while length > 0 and sign * values[queue[(head + length - 1) % size]] <= value:
                length -= 1
            queue[(head + length) % size] = at
            length += 1
        if length > 0 and queue[head] <= at - window:
            head = (head + 1) % size
            length -= 1
        full = start >= 0 and at - start + 1 >= window and length > 0
        out[at] = values[queue[head]] if full else np.nan


@compiled
def rolling_order(values: Values, window: int, median: Values, below: Values) -> None:
    """Fill `median` with each window's median, `below` with the share of its other values that lie below the newest."""
    ordered = np.empty(min(window, values.size) + 1)
    count = 0
    start = -1
    missing = 0
    for at in range(values.size):
        leaving = at - window
        if leaving >= 0 and start >= 0 and leaving >= start and not math.isnan(values[leaving]):
            place = np.searchsorted(ordered[:count], values[leaving])
            for one in range(place, count - 1):
                ordered[one] = ordered[one + 1]
            count -= 1
        value = values[at]
        lower = -1
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
        else:
            missing = 0
            if start < 0:
                start, count = at, 0
            lower = np.searchsorted(ordered[:count], value)
            for one in range(count, lower, -1):
                ordered[one] = ordered[one - 1]
            ordered[lower] = value
            count += 1
        full = start >= 0 and at - start + 1 >= window and count > 0
        median[at] = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2 if full else np.nan
        below[at] = lower / (count - 1) if full and lower >= 0 and count > 1 else np.nan


@compiled
def running_average(values: Values, window: int, out: Values) -> None:
    """Fill `out` with the exponential moving average of weight 2 / (window + 1); NaN where the value is missing."""
    weight = 2.0 / (window + 1)
    average = 0.0
    start = -1
    samples = 0
    missing = 0
    for at in range(values.size):
        value = values[at]
        if math.isnan(value):
            missing += 1
            if missing >= window:
                start = -1
            out[at] = np.nan
            continue
        missing = 0
        if start < 0:
            start, samples, average = at, 0, value
        average += (value - average) * weight
        samples += 1
        out[at] = average if samples >= window else np.nan


@compiled
def steps_one_way(values: Values, count: int, sign: int, out: Values) -> None:
    """Fill `out` with whether the last `count` steps all rose (`sign` 1) or fell (−1); NaN where one is not known."""
    known = 0
    steps = 0
    for at in range(values.size):
        if at == 0 or math.isnan(values[at]) or math.isnan(values[at - 1]):
            known, steps = 0, 0
        else:
            known += 1
            steps = steps + 1 if sign * (values[at] - values[at - 1]) > 0 else 0
        out[at] = (1.0 if steps >= count else 0.0) if known >= count else np.nan


def earlier(values: Values, seconds: int, out: Values) -> None:
    """Fill `out` with the values `seconds` earlier; NaN before the first."""
    shift = min(seconds, values.size)
    out[shift:] = values[: values.size - shift]
    out[:shift] = np.nan
