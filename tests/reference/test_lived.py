"""The slow twin of a trade's life, by hand. Money in paise; quotes are of one level."""

from reference.by_hand import CALL, LOT, PUT, day_of, quote, row
from reference.lived import extremes, minute_close, peak_margin


def fill(second, leg, side, price, units=LOT, decided=None):
    found = {"second": second, "leg": leg, "side": side, "units": units, "value": units * price}
    return {**found, "decided": second - 1 if decided is None else decided}


def test_extremes_are_of_the_seconds_held_that_have_a_value():
    day = day_of({CALL: [quote(10, 100, 105), quote(11, 90, 95), quote(12, 120, 130), quote(30, 40, 45)]})
    # Sold at 100; closing costs 105 at once, 95 a second later, 130 from second 12 on, for five seconds after its row.
    found = extremes(day, [CALL], [fill(10, 0, "sell", 100), fill(25, 0, "buy", 110)], 5)
    assert found == {"most_gain": 5 * LOT, "most_loss": -30 * LOT, "seconds_held": 15}
    # What it ended with counts too; a gain below zero is no gain.
    found = extremes(day, [CALL], [fill(10, 0, "sell", 100), fill(11, 0, "buy", 140)], 5)
    assert found == {"most_gain": 0, "most_loss": -40 * LOT, "seconds_held": 1}


def test_a_thin_side_and_an_old_quote_have_no_value():
    day = day_of({CALL: [row(10, [(100, 500)], [(105, LOT - 5)]), quote(12, 90, 95)]})
    found = extremes(day, [CALL], [fill(10, 0, "sell", 100), fill(40, 0, "buy", 100)], 5)
    # Seconds 10 and 11 hold too little, from 18 on the quote is too old: known are 12 to 17, at 95.
    assert found == {"most_gain": 5 * LOT, "most_loss": 0, "seconds_held": 30}


def test_margin_is_flat_on_the_greater_side_or_what_was_paid():
    sold = [fill(1, 0, "sell", 100, 2 * LOT), fill(1, 1, "sell", 100, 3 * LOT)]
    assert peak_margin("BANKNIFTY", [CALL, PUT], sold) == 3 * 250_000_00
    assert peak_margin("BANKNIFTY", [CALL], [fill(1, 0, "sell", 100, 1)]) == 250_000_00
    # Bought at 100, sold at 60, bought again at 100: 140 were out at most.
    bought = [fill(1, 0, "buy", 100), fill(2, 0, "sell", 60), fill(3, 0, "buy", 100), fill(4, 0, "sell", 90)]
    assert peak_margin("BANKNIFTY", [CALL], bought) == 140 * LOT


def test_candles_say_what_the_last_prices_of_the_minutes_of_decision_would_have_brought():
    rows = [row(second, [(99, 50)], [(101, 50)], last=last) for second, last in ((58, 100), (62, 104), (119, 90))]
    day = day_of({CALL: rows, PUT: rows[1:]})
    # Decided at 58, in the minute that ends at 59 (last 100), and at 100, in the one that ends at 119 (last 90).
    fills = [fill(60, 0, "sell", 99, decided=58), fill(101, 0, "buy", 101, decided=100)]
    assert minute_close(day, [CALL], fills, 0) == 10 * LOT
    assert minute_close(day, [CALL], fills, -7) == 10 * LOT - 7
    assert minute_close(day, [PUT], [fill(8, 0, "sell", 99)], 0) is None  # no row yet in the minute of the decision
