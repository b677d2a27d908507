"""The money of the slow desk's trades, by worked examples. Rates of December 2025 as in test_money; prices in paise."""

import pytest

from reference.by_hand import CALL, DAY, EXPIRY, PUT, quote, row
from reference.desk_by_hand import desk, fills, send
from reference.money import charges

CLOSE = 22_500
FAR_SLIP = 30  # no index and no pair: where the money is, is not known
MARGIN = 250_000_00


def steady(*seconds: int, bid: int = 100_00, ask: int = 100_10) -> list:
    return [quote(second, bid, ask) for second in seconds]


def only_trade(answer: dict) -> dict:
    (trade,) = answer["trades"]
    return trade


def test_gross_charges_and_net_of_a_round_trip():
    trade = only_trade(desk(steady(*range(10, 20)), send(10, "buy", 1), send(12, "sell", 1), brokerage="flat20"))
    bought, sold = 35 * 100_10, 35 * 100_00
    assert trade["gross"] == sold - bought == -350
    assert (trade["orders"], trade["net_flat5"]) == (2, -850)
    assert trade["net"] == -350 - charges(DAY, sold, bought, 2, "flat20")
    assert trade["margin"] == bought  # never short: what it had paid out
    assert (trade["first_fill"], trade["last_fill"]) == (11, 13)


def test_every_slice_with_a_fill_is_an_executed_order():
    script = [
        send(10, "buy", 6),
        send(12, "sell", 6, "limit", price=100_00),
        send(14, "sell", 1, "limit", price=900_00),
    ]
    trade = only_trade(desk(steady(*range(10, 20)), *script, freeze=100, brokerage="flat20"))
    assert trade["orders"] == 6  # 70 + 70 + 70 units, twice; the one that never filled costs nothing
    assert trade["charges"] == charges(DAY, 210 * 100_00, 210 * 100_10, 6, "flat20")


def test_an_order_that_splits_is_one_order_in_the_trade_of_its_first_fill():
    script = [send(10, "buy", 1), send(12, "sell", 2), send(14, "buy", 1)]
    first, second = desk(steady(*range(10, 20)), *script)["trades"]
    assert (first["orders"], second["orders"]) == (2, 1)
    assert second["margin"] == MARGIN


def test_margin_is_the_greatest_of_calls_and_puts_short_at_any_time():
    contracts = {CALL: steady(*range(10, 40)), PUT: steady(*range(10, 40))}
    script = [
        {"at": 10, "do": "new_trade"},
        send(10, "sell", 2, trade=0),
        send(12, "sell", 3, contract=1, trade=0),
        send(14, "buy", 3, contract=1, trade=0),
        send(16, "sell", 2, trade=0),  # four calls short: more than three puts and two calls
        send(18, "buy", 4, trade=0),
    ]
    assert only_trade(desk(contracts, *script))["margin"] == 4 * MARGIN


def test_part_of_a_lot_short_is_a_lot_of_margin():
    rows = [row(11, [(100_00, 10)], [(100_10, 500)]), row(12, [(99_00, 10)], [(100_10, 510)])]
    answer = desk(rows, send(10, "sell", 1, valid=0), send(11, "buy", 1))
    assert fills(answer, 0) == [(11, 100_00, 10)]
    assert only_trade({"trades": answer["trades"][:1]})["margin"] == MARGIN


# the band


def test_what_walks_has_the_band_of_a_market_order():
    # 70 bought at 11: 35 × 100.10 + 35 × 100.20; best 70 × 100.10; the next good row asks 101.00 for all 70
    rows = [
        row(11, [(100_00, 350)], [(100_10, 35), (100_20, 35)]),
        row(12, [(101_00, 350)], [(101_00, 350)]),  # locked: no good quote
        quote(13, 100_90, 101_00),
        quote(14, 101_00, 101_10),
    ]
    for script in ([send(10, "buy", 2)], [send(10, "buy", 2, "limit", price=100_20)]):
        trade = only_trade(desk(rows, *script, send(13, "sell", 2)))
        bought, sold = 35 * 100_10 + 35 * 100_20, 70 * 101_00
        assert trade["gross"] == sold - bought
        best, worst = 70 * 100_10, 70 * 101_00 + 70 * FAR_SLIP
        assert trade["net_best"] == sold - best - charges(DAY, sold, best, 2, "zero")
        poor = sold - 2 * 70 * FAR_SLIP  # no row after 14: two slips
        assert trade["net_worst"] == poor - worst - charges(DAY, poor, worst, 2, "zero")


@pytest.mark.parametrize(
    ("at_the_row", "after_it", "worst"),
    [
        (100_50, 100_20, 100_50),  # the walk at the row itself is poorest
        (100_50, 100_90, 100_90),  # the walk at the next
        (99_80, 99_70, 100_00),  # its own price
    ],
)
def test_what_rested_is_its_own_best_and_at_worst_a_market_order_there(at_the_row, after_it, worst):
    rows = [
        row(11, [(99_00, 350)], [(100_60, 350)], volume=1000),
        row(12, [(99_00, 350)], [(at_the_row, 350)], last=99_00, volume=1700),  # trades through 100.00
        row(13, [(99_00, 350)], [(after_it, 350)], volume=1700),
    ]
    trade = only_trade(desk(rows, send(10, "buy", 1, "limit", price=100_00), send(12, "sell", 1)))
    sold, bought = 35 * 99_00, 35 * 100_00
    assert trade["net_best"] == trade["net"] == sold - bought - charges(DAY, sold, bought, 2, "zero")
    dear, poor = 35 * (worst + FAR_SLIP), sold - 2 * 35 * FAR_SLIP
    assert trade["net_worst"] == poor - dear - charges(DAY, poor, dear, 2, "zero")


def test_a_sale_is_never_below_a_tick():
    rows = [row(11, [(10, 350)], [(15, 350)]), row(12, [(5, 350)], [(15, 350)])]
    trade = only_trade(desk(rows, send(10, "sell", 1), send(11, "buy", 1)))
    dear = 35 * (15 + 2 * FAR_SLIP)
    assert trade["net_worst"] == 35 * 5 - dear - charges(DAY, 35 * 5, dear, 2, "zero")


def test_each_order_has_a_band_of_its_own():
    # two orders of 35 by one row of 35 + 35: 100.10 and 100.20, each with 100.10 as its best
    rows = [row(11, [(100_00, 350)], [(100_10, 35), (100_20, 35)]), quote(12, 100_00, 100_10), quote(13, 90_00, 90_10)]
    trade = only_trade(desk(rows, send(10, "buy", 1), send(10, "buy", 1), send(11, "sell", 2)))
    best = 70 * 100_00 - 70 * 100_10
    assert trade["net_best"] == best - charges(DAY, 70 * 100_00, 70 * 100_10, 3, "zero")


# what is left at the end


@pytest.mark.parametrize(
    ("side", "strike_is_below", "value", "orders"),
    [("buy", 100_00, 100_00, 2), ("sell", 100_00, 100_00, 2), ("buy", 0, 0, 1), ("sell", -50_00, 0, 1)],
)
def test_what_is_left_settles_on_the_expiry_day(side, strike_is_below, value, orders):
    index = dict.fromkeys(range(CLOSE - 1800, CLOSE + 1), 59_400_00 + strike_is_below)
    trade = only_trade(desk(steady(10, 11), send(10, side, 1), spot=index, date=EXPIRY, brokerage="flat20"))
    (leg,) = trade["legs"]
    sign = 1 if side == "buy" else -1
    entry = 35 * (100_10 if side == "buy" else 100_00)
    assert (leg["end"], leg["leftover"], trade["orders"]) == ("settled", sign * 35 * value, orders)
    assert trade["gross"] == sign * (35 * value - entry)
    sold, bought = (0, entry) if side == "buy" else (entry, 0)  # a settlement is no turnover
    exercised = 35 * value if side == "buy" else 0
    assert trade["charges"] == charges(EXPIRY, sold, bought, orders, "flat20", exercised)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_what_is_left_on_another_day_is_marked_two_slips_against_us(side):
    rows = [*steady(10, 11), row(12, [(90_00, 20), (80_00, 5)], [(110_00, 20), (120_00, 5)]), row(13, [], [])]
    trade = only_trade(desk(rows, send(10, side, 1), brokerage="flat20"))
    (leg,) = trade["legs"]
    if side == "buy":  # 20 × 90 + 5 × 80, and 10 more at 80, the last level
        left, entry = 20 * 90_00 + 15 * 80_00 - 35 * 2 * FAR_SLIP, 35 * 100_10
        assert trade["gross"] == left - entry
        assert trade["charges"] == charges(DAY, left, entry, 2, "flat20")
    else:
        left, entry = 20 * 110_00 + 15 * 120_00 + 35 * 2 * FAR_SLIP, 35 * 100_00
        assert trade["gross"] == entry - left
        assert trade["charges"] == charges(DAY, entry, left, 2, "flat20")
    assert (leg["end"], leg["held"]) == ("unclosed", 35 if side == "buy" else -35)


def test_a_book_that_stayed_frozen_leaves_the_entrys_value_less_two_slips():
    frozen = [row(second, [], [(100_00, 350)]) for second in (11, 12)]
    trade = only_trade(desk(frozen, send(10, "buy", 1), policy="one_sided"))
    assert trade["gross"] == -35 * 2 * FAR_SLIP
    other = [*frozen, row(13, [(60_00, 350)], [])]
    assert only_trade(desk(other, send(10, "buy", 1), policy="one_sided"))["gross"] == 35 * (60_00 - 60 - 100_00)


def test_what_is_settled_or_marked_is_the_same_at_best_and_at_worst():
    index = dict.fromkeys(range(CLOSE - 1800, CLOSE + 1), 59_500_00)
    trade = only_trade(desk(steady(10, 11), send(10, "sell", 1), spot=index, date=EXPIRY))
    sold = 35 * 100_00
    assert trade["net_best"] == sold - 35 * 100_00 - charges(EXPIRY, sold, 0, 2, "zero")
    poor = sold - 2 * 35 * FAR_SLIP  # the index is not known at 11; no row after 11
    assert trade["net_worst"] == poor - 35 * 100_00 - charges(EXPIRY, poor, 0, 2, "zero")
