"""The life of each trade of a desk, fill by fill and second by second: margin, extremes, time in the market."""

from nfolab.base.compiled import compiled
from nfolab.engine.book import is_good, walk
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array

PEAK_LOTS, PEAK_PAID, MOST_GAIN, MOST_LOSS, SECONDS_HELD = range(5)
LIFE_COLUMNS = 5


@compiled
def live_through(
    first_fill: Int64Array,
    first_leg: Int64Array,
    second: Int64Array,
    leg: Int64Array,
    signed_units: Int64Array,
    price: Int64Array,
    leg_contract: Int64Array,
    leg_lot: Int64Array,
    leg_is_call: Int64Array,
    max_age: int,
    row_second: Int32Array,
    last: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    held: Int64Array,
    life: Int64Array,
) -> None:
    """Fill `life` [trades, LIFE_COLUMNS] from the fills of each trade, in order of time.

    PEAK_LOTS is the greatest, over the fills, of the lots short in calls and in puts (part of a lot is a lot);
    PEAK_PAID the most that purchases exceeded sales by (paise). MOST_GAIN and MOST_LOSS (paise, the loss at or below
    zero) are the extremes of what the trade had brought with all that it held closed at its values to close, over the
    seconds in which it held something and all of it had a value, and at its end. SECONDS_HELD counts the seconds after
    whose fills it held something.

    Args:
        first_fill: int64 [trades + 1], where each trade's fills begin.
        first_leg: int64 [trades + 1], where its legs begin.
        second: int64 [fills], and the next three: the leg, signed units (above zero bought), price in paise.
        leg: see `second`.
        signed_units: see `second`.
        price: see `second`.
        leg_contract: int64 [legs], number within the tape; then units in a lot, and 1 for a call.
        leg_lot: see `leg_contract`.
        leg_is_call: see `leg_contract`.
        max_age: seconds beyond which a quote has no value.
        row_second: int32 [rows], and the next five as in `Book`.
        last: see `row_second`.
        bid_price: see `row_second`.
        bid_size: see `row_second`.
        ask_price: see `row_second`.
        ask_size: see `row_second`.
        held: int64 [legs], zero at first; units held at the end.
        life: int64 [trades, LIFE_COLUMNS], filled.
    """
    for trade in range(first_fill.size - 1):
        cash = 0
        peak_lots = 0
        peak_paid = 0
        most_gain = -(2**62)
        most_loss = 2**62
        held_seconds = 0
        fill = first_fill[trade]
        end = first_fill[trade + 1]
        while fill < end:
            now = second[fill]
            while fill < end and second[fill] == now:
                held[leg[fill]] += signed_units[fill]
                cash -= signed_units[fill] * price[fill]
                peak_paid = max(peak_paid, -cash)
                calls = 0
                puts = 0
                for one in range(first_leg[trade], first_leg[trade + 1]):
                    if held[one] < 0:
                        lots = -(held[one] // leg_lot[one])
                        if leg_is_call[one] == 1:
                            calls += lots
                        else:
                            puts += lots
                peak_lots = max(peak_lots, calls, puts)
                fill += 1
            until = second[fill] if fill < end else last.shape[1]
            holds = False
            for one in range(first_leg[trade], first_leg[trade + 1]):
                holds = holds or held[one] != 0
            if not holds:
                continue
            held_seconds += until - now
            for at in range(now, until):
                total = cash
                known = True
                for one in range(first_leg[trade], first_leg[trade + 1]):
                    if held[one] == 0:
                        continue
                    row = last[leg_contract[one], at]
                    known = row != NO_ROW and at - row_second[row] <= max_age
                    known = known and is_good(row, bid_price, bid_size, ask_price, ask_size)
                    if not known:
                        break
                    if held[one] > 0:
                        value, left, _ = walk(row, held[one], bid_price, bid_size)
                        total += value
                    else:
                        value, left, _ = walk(row, -held[one], ask_price, ask_size)
                        total -= value
                    if left > 0:
                        known = False
                        break
                if known:
                    most_gain = max(most_gain, total)
                    most_loss = min(most_loss, total)
        flat = True
        for one in range(first_leg[trade], first_leg[trade + 1]):
            flat = flat and held[one] == 0
        if flat or most_gain < most_loss:
            most_gain = max(most_gain, cash)
            most_loss = min(most_loss, cash)
        life[trade, PEAK_LOTS] = peak_lots
        life[trade, PEAK_PAID] = peak_paid
        life[trade, MOST_GAIN] = max(most_gain, 0)
        life[trade, MOST_LOSS] = min(most_loss, 0)
        life[trade, SECONDS_HELD] = held_seconds
