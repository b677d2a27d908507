"""The book, the trades and the running figures of one contract, row by row, around its fair value.

A row's quotes are made from the fair value of that second alone: the middle is the fair value rounded to half a tick,
the spread a whole number of ticks. So bid ≤ fair ≤ ask always; middles keep the order of fair values across strikes;
and nothing in a book tells what comes later.
"""

import numpy as np
from numpy.typing import NDArray

from nfolab.base.compiled import compiled
from nfolab.base.snapshot import LEVELS
from nfolab.base.units import TICK_PAISE


def _names(what: str) -> tuple[str, ...]:
    return tuple(f"{side}{what}{level}" for side in "bs" for level in range(LEVELS))


PRICE_COLUMNS = ("price", "avgPrice", "open", "high", "low", "changeper", *_names("p"))
"""Rows of the array of prices, float64, in rupees (`changeper` in percent)."""

COUNT_COLUMNS = ("qty", "volume", "bQty", "sQty", "oi", "last_trade_second", *_names("q"), *_names("o"))
"""Rows of the array of counts, int64: units, orders, and the session second of the last trade."""

WORDS = 5
"""Random 64-bit words that a row uses up."""

_EVENS = (np.arange(256) + 0.5) / 256


def _geometric(ratio: float) -> NDArray[np.int64]:
    return np.asarray(1 + np.floor(np.log1p(-_EVENS) / np.log(ratio)), dtype=np.int64)


# Drawn by a random byte. The means are those of nine real contracts near the money: about 3 lots a level and 15 lots on
# five levels, gaps of one tick at the median and ten at the 95th percentile, 7 lots traded in a second with trades.
_DEEP_LOTS = _geometric(0.68)
_THIN_LOTS = _geometric(0.30)
_GAP_TICKS = np.maximum(1, np.rint(0.45 * (1 - _EVENS) ** -0.9)).astype(np.int64)
_TRADE_LOTS = np.maximum(1, np.rint(0.9 * (1 - _EVENS) ** -0.75)).astype(np.int64)

_FIRST_PRICE, _FIRST_LEVEL_PRICE = 0, 6
_FIRST_QUANTITY, _FIRST_ORDERS = 6, 6 + 2 * LEVELS
_PAISE_A_RUPEE = 100.0


@compiled
def _byte(word: np.uint64, place: int) -> int:
    return int((word >> np.uint64(8 * place)) & np.uint64(255))


@compiled
def _spread_ticks(fair_ticks: float, steps_away: float, speed: float, chance: float, usual: float) -> int:
    relative = usual * fair_ticks * (1.0 + 0.04 * steps_away) * (0.55 + 0.9 * chance)
    return int(np.rint((1.0 + relative + 0.03 * steps_away) * (0.75 + 0.25 * min(speed, 6.0))))


@compiled
def _quote(
    row: int,
    bid: int,
    ask: int,
    thin: bool,
    lot: int,
    cheap: bool,
    words: NDArray[np.uint64],
    prices: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """Write the five levels of both sides; a bid below one tick is an empty level, as the vendor writes it."""
    for side in range(2):
        ticks = bid if side == 0 else ask
        for level in range(LEVELS):
            column = side * LEVELS + level
            draw = _byte(words[row, 1 + side], level)
            lots = _THIN_LOTS[draw] if thin else _DEEP_LOTS[draw]
            if level > 0:
                gap = _GAP_TICKS[_byte(words[row, 1 + side] ^ words[row, 3], 3 + level)]
                ticks += (min(gap, 2) if cheap else gap) * (1 if side == 1 else -1)
            if ticks < 1:
                prices[_FIRST_LEVEL_PRICE + column, row] = 0.0
                counts[_FIRST_QUANTITY + column, row] = 0
                counts[_FIRST_ORDERS + column, row] = 0
            else:
                share = _byte(words[row, 4], level + side)
                prices[_FIRST_LEVEL_PRICE + column, row] = ticks * TICK_PAISE / _PAISE_A_RUPEE
                counts[_FIRST_QUANTITY + column, row] = lots * lot
                counts[_FIRST_ORDERS + column, row] = 1 + ((lots - 1) * share >> 8)


@compiled
def write_rows(
    seconds: NDArray[np.int64],
    fair_ticks: NDArray[np.float64],
    speed: NDArray[np.float64],
    words: NDArray[np.uint64],
    previous_close_ticks: int,
    lot: int,
    activity: float,
    steps_away: float,
    relative_spread: float,
    prices: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """Fill the rows of a contract's day.

    Args:
        seconds: Session second of each row, ascending; [rows].
        fair_ticks: Fair value in ticks by session second.
        speed: Speed of the index by session second, 1 as usual.
        words: Random words, [rows, WORDS].
        previous_close_ticks: Close of the day before, in ticks, at least 1.
        lot: Units in a lot.
        activity: Share of seconds with a row, which sets volume and open interest too.
        steps_away: Distance from the money in strikes.
        relative_spread: The usual spread beyond a tick, as a share of the fair value.
        prices: Filled, [PRICE_COLUMNS, rows].
        counts: Filled, [COUNT_COLUMNS, rows].
    """
    close = float(previous_close_ticks)
    volume, turnover_ticks = 0, 0
    last, opening, high, low, quantity, last_trade = 0, 0, 0, 0, 0, 0
    open_interest = int(200 + 12_000 * activity * activity)
    waiting = np.array([300.0 + 900.0 * activity, 300.0 + 900.0 * activity])
    for row in range(seconds.size):
        second = seconds[row]
        fair, fast = fair_ticks[second], speed[second]
        middle = int(np.rint(2.0 * fair))
        spread = max(_spread_ticks(fair, steps_away, fast, _byte(words[row, 0], 0) / 256.0, relative_spread), 1)
        if (middle - spread) % 2 != 0:
            spread += 1
        bid, ask = (middle - spread) // 2, (middle + spread) // 2
        thin = _byte(words[row, 0], 1) < 128.0 * (fast - 1.2)
        _quote(row, bid, ask, thin, lot, fair < 400.0, words, prices, counts)

        chance = ((words[row, 0] >> np.uint64(16)) & np.uint64(65_535)) / 65_536.0
        if row == 0 or chance < 0.75 * activity * (0.6 + 0.4 * fast):
            lots = _TRADE_LOTS[_byte(words[row, 0], 4)] * (2 if fast > 2.0 else 1)
            buys = _byte(words[row, 0], 5) < 128 or bid < 1
            last = ask if buys else bid
            quantity = min(lots, 1 + _byte(words[row, 0], 6) // 86) * lot
            volume += lots * lot
            turnover_ticks += last * lots * lot
            last_trade = second
            if opening == 0:
                opening, high, low = last, last, last
            high, low = max(high, last), min(low, last)
        if _byte(words[row, 3], 0) < 3:
            open_interest = max(1, open_interest + (_byte(words[row, 3], 1) - 126) * open_interest // 20_000 + 1)

        prices[0, row] = last * TICK_PAISE / _PAISE_A_RUPEE
        prices[1, row] = np.rint(turnover_ticks * TICK_PAISE / volume) / _PAISE_A_RUPEE
        prices[2, row] = opening * TICK_PAISE / _PAISE_A_RUPEE
        prices[3, row] = high * TICK_PAISE / _PAISE_A_RUPEE
        prices[4, row] = low * TICK_PAISE / _PAISE_A_RUPEE
        prices[5, row] = np.rint((last - close) / close * 1e8) / 1e6
        counts[0, row], counts[1, row] = quantity, volume
        for side in range(2):
            waiting[side] += (_byte(words[row, 3], 2 + side) - 127.5) / 8.0
            waiting[side] += 0.002 * (300.0 + 900.0 * activity - waiting[side])
            shown = 0
            for level in range(LEVELS):
                shown += counts[_FIRST_QUANTITY + side * LEVELS + level, row]
            counts[2 + side, row] = shown + max(int(waiting[side]), 1) * lot
        counts[4, row] = open_interest * lot
        counts[5, row] = last_trade
