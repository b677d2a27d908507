"""What the kernels make of single books: what we took, frozen books, the band of resting orders, the life of a trade.

Seconds count from the open, prices are paise; a lot is 35 units.
"""

import numpy as np
import pytest

from engine.desk_play import rows_as_arrays
from engine.hand_market import CALL, PUT, hand_lake, quote, steady, straddle, tables_of
from engine.test_desk_by_hand import bids, events, fills, of, order, quiet, row, send
from engine.test_desk_parity import packed_outcome
from nfolab.engine.band import reprice_resting
from nfolab.engine.book import ASKS, BIDS, one_side_shown, recall
from nfolab.engine.codes import Watch
from nfolab.engine.flags import RowDefects
from nfolab.engine.lines import MISSING, close_line
from nfolab.engine.trades.lived import live_through
from nfolab.tape.book import Book

FROZEN_ASKS, FROZEN_BIDS = ([], [(10_010, 60)]), ([(10_000, 60)], [])


def book_of(*contracts: list[tuple]) -> Book:
    return rows_as_arrays(list(contracts), 300)[0]


def levels(book: Book) -> tuple:
    return book.bid_price, book.bid_size, book.ask_price, book.ask_size


@pytest.mark.parametrize(
    ("sides", "shown"),
    [
        (FROZEN_ASKS, ASKS),
        (FROZEN_BIDS, BIDS),
        (([], []), -1),
        (([(10_000, 60)], [(10_010, 60)]), -1),
        (([], [(10_010, 0)]), -1),
        (([(10_000, 0)], []), -1),
        (([], [(0, 0), (10_010, 60)]), -1),
        (([(0, 0), (9_990, 60)], [(10_010, 60)]), -1),
        (([(10_000, 60)], [(0, 0), (10_020, 0)]), -1),
    ],
)
def test_the_one_side_that_a_row_shows(sides, shown):
    # Between rows that show both sides, and one that shows the other one alone.
    rows = [*quiet(99), row(100, *sides), row(101, *(FROZEN_BIDS if shown == ASKS else FROZEN_ASKS))]
    assert one_side_shown(1, *levels(book_of(rows))) == shown


@pytest.mark.parametrize(("side", "one"), [(ASKS, "asks"), (BIDS, "bids")])
@pytest.mark.parametrize(
    ("second_row", "one_sided", "left"),
    [
        (([(10_000, 50)], [(10_010, 50)]), False, 35),  # the same size: still gone
        (([(10_000, 60)], [(10_010, 60)]), False, 0),  # another: all is there again
        (("frozen", 60), False, 35),  # a row of one side tells nothing,
        (("frozen", 60), True, 0),  # but by the policy,
        (("frozen", 50), True, 35),  # which sees that nothing changed;
        (("other", 60), True, 35),  # a row of the other side tells nothing of this one
        (([(10_020, 60)], [(10_010, 60)]), False, 35),  # nor does a crossed one
    ],
)
def test_what_we_took_is_gone_until_another_size_is_shown(side, one, second_row, one_sided, left):
    what, size = second_row
    if what in ("frozen", "other"):
        asks = (one == "asks") == (what == "frozen")
        second_row = ([], [(10_010, size)]) if asks else ([(10_000, size)], [])
    rows = [row(100, [(10_000, 50)], [(10_010, 50)]), row(101, *second_row), row(102, [(10_000, 50)], [(10_010, 50)])]
    book = book_of(rows)
    price, shown = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    seen_row, taken = np.zeros(2, np.int64), np.zeros((2, 5), np.int64)
    taken[side, 0] = 35
    scratch = np.zeros(5, np.int64)
    gone = recall(side, 2, book.second, *levels(book), price, shown, seen_row, taken, scratch, one_sided)
    assert (taken[side].tolist(), gone) == ([left, 0, 0, 0, 0], left > 0)
    assert seen_row[side] == 2


def test_what_we_took_moves_with_its_price_to_another_level():
    rows = [
        row(100, [(10_000, 50)], [(10_010, 50), (10_020, 70)]),
        row(101, [(10_000, 50)], [(10_005, 10), (10_010, 50), (10_020, 80)]),
    ]
    book = book_of(rows)
    seen_row, taken, scratch = np.zeros(2, np.int64), np.zeros((2, 5), np.int64), np.zeros(5, np.int64)
    taken[ASKS, :2] = (50, 20)
    assert recall(1, 1, book.second, *levels(book), book.ask_price, book.ask_size, seen_row, taken, scratch)
    assert taken[ASKS].tolist() == [0, 50, 0, 0, 0]
    assert taken[BIDS].tolist() == [0] * 5


@pytest.mark.parametrize(("policy", "taken"), [("strict", 15), ("one_sided", 35)])
@pytest.mark.parametrize(("side", "frozen", "price"), [("buy", FROZEN_ASKS, 10_010), ("sell", FROZEN_BIDS, 10_000)])
def test_a_frozen_book_tells_of_what_we_took_by_the_policy_alone(policy, taken, side, frozen, price):
    # 35 of 50 are taken at 101; at 102 a frozen book shows 60; at 103 the 50 stand there again.
    rows = [*quiet(100), *quiet(101, size=50), row(102, *frozen), *quiet(103, size=50)]
    told = events([send(100, side, 35), send(102, side, 35)], rows, policy=policy)
    assert fills(told)[:2] == [(101, price, 35, "taken"), (103, price, taken, "taken")]


@pytest.mark.parametrize("price", [0, 10_000])
def test_units_without_a_price_hold_nothing(price):
    # 20 bid at 100.00 and 500 at no price: a sale of 35, all or nothing, waits for a book that holds it.
    rows = [*quiet(100), row(101, [(10_000, 20), (price, 500)], [(10_010, 350)]), *quiet(102)]
    told = events([send(100, "sell", 35, fill="all")], rows)
    assert fills(told)[0][:3] == ((102, 10_000, 35) if price == 0 else (101, 10_000, 20))


def test_a_frozen_row_hides_how_many_stand_at_our_price():
    rows = [
        bids(100, 100, 1_000),
        bids(101, 100, 1_000),  # placed: 100 ahead
        bids(102, 100, 1_050),  # 50 traded: 50 ahead, while others joined behind us
        row(103, [], [(10_020, 350)], 10_000, 1_050),  # asks alone
        bids(104, 70, 1_050),  # of the 100 last seen 30 left; but not since the row before
        bids(105, 70, 1_080),  # 30 traded
    ]
    buy = [send(100, "buy", 35, "limit", price=10_000)]
    # Strict: the 30 that left stood in front in the best case, 50 − 30 = 20 ahead, so 10 are ours.
    assert fills(events(buy, rows, policy="strict", model="best")) == [(105, 10_000, 10, "queue")]
    # By the policy asks alone are shown to a purchase and still tell nothing of the bids.
    assert fills(events(buy, rows, policy="one_sided", model="best")) == [(105, 10_000, 10, "queue")]


def test_the_worst_of_a_resting_order_is_a_market_order_here_or_at_the_next_row():
    rows = [
        row(100, [(10_000, 35), (9_980, 350)], [(10_040, 20), (10_060, 350)]),
        row(101, [(9_000, 350)], [(8_000, 350)]),  # crossed: serves nobody
        row(102, [(9_000, 350)], [(11_000, 350)]),  # not the last of its second
        row(102.5, [(9_960, 350)], [(10_080, 20), (10_090, 10)]),
        row(110, [(10_050, 350)], [(10_020, 350)]),  # crossed; none follows that serves
    ]
    book = book_of(rows)
    contract, at = np.zeros(4, np.int64), np.array([0, 0, 3, 4])
    sign, units = np.array([1, -1, -1, 1]), np.full(4, 35)
    value = 35 * np.array([10_000, 10_040, 5, 10_030])
    prices = np.full((5, 4), 7, np.int64)
    reprice_resting(
        np.arange(4), contract, at, sign, units, value, np.array([15, 15, 15, 15]), book.second, book.first_row,
        *levels(book), prices,
    )  # fmt: skip
    assert prices[0].tolist() == value.tolist()
    assert prices[1].tolist() == [
        20 * 10_080 + 15 * 10_090 + 15 * 35,  # the asks of 102, their last price for what they lack, and a slip
        35 * 9_960 - 15 * 35,  # the bids of 102
        5 * 35,  # two slips take it below a tick a unit
        35 * 10_030 + 2 * 15 * 35,  # its own price is poorer than the asks beside it; two slips without a next row
    ]
    # Twice the price less bid and ask: bought below the mid, sold above it; a crossed row has none.
    mids = [20_040, 20_040, 9_960 + 10_080]
    assert prices[2].tolist() == [35 * (20_000 - mids[0]), -35 * (20_080 - mids[1]), -35 * (10 - mids[2]), 0]
    assert prices[3].tolist() == [0] * 4
    assert prices[4].tolist() == [7] * 4


def lives(*trades: list[tuple[int, int, int, int]], rows: list[tuple], max_age: int = 5) -> list[list[int]]:
    """Peak lots, most paid, greatest gain and loss, seconds held of trades given as (second, leg, units, price).

    Leg 0 is a call, leg 1 a put, leg 2 a call; all on the same book; a lot is 35.
    """
    book = book_of(rows)
    fills_of = [fill for trade in trades for fill in trade]
    first = np.cumsum([0, *map(len, trades)])
    second, leg, units, price = (np.array(column) for column in zip(*fills_of, strict=True))
    number = np.repeat(np.arange(len(trades)), [len(trade) for trade in trades])
    count = 3 * len(trades)
    found, _ = live_through(
        first, 3 * np.arange(len(trades) + 1), second, leg + 3 * number, units, price, np.zeros(count, np.int64),
        np.full(count, 35), np.tile([1, 0, 1], len(trades)), np.full(len(trades), max_age), book,
    )  # fmt: skip
    told = (found.peak_lots, found.peak_paid, found.most_gain, found.most_loss, found.seconds_held)
    return np.stack(told, axis=1).tolist()


def test_the_greatest_gain_and_loss_of_a_trade_and_its_time():
    rows = [
        *quiet(101),
        *quiet(102, bid=10_050, ask=10_060),
        *quiet(103, bid=9_900, ask=9_910),
        row(104, [(12_000, 350)], [(11_000, 350)]),  # crossed: no value
        *quiet(105, bid=9_990, ask=10_000, size=20),  # holds 20 of 35: no value
    ]
    (life,) = lives([(101, 0, 35, 10_010), (106, 0, -35, 9_980)], rows=rows)
    # Bought at 100.10. Bids of 100.50 and 99.00 are the extremes of what closing would have brought.
    assert life == [0, 35 * 10_010, 35 * 40, -35 * 110, 5]


def test_a_trade_that_never_lost_has_no_loss_and_one_that_never_gained_no_gain():
    rows = quiet(*range(101, 110))
    won, lost = lives([(101, 0, -35, 10_100), (103, 0, 35, 10_050)], [(101, 1, 70, 10_100), (104, 1, -70, 9_900)],
                      rows=rows)  # fmt: skip
    # Sold at 101.00, asks of 100.10; bought at 101.00 and sold at 99.00.
    assert won == [1, 0, 35 * 90, 0, 2]
    assert lost == [0, 70 * 10_100, 0, -70 * 200, 3]


def test_a_loss_in_the_second_of_the_fill_counts():
    rows = [*quiet(101, bid=9_000, ask=9_010), *quiet(102)]
    (life,) = lives([(101, 0, 35, 10_010), (103, 0, -35, 10_005)], rows=rows)
    assert life[2:] == [0, -35 * 1_010, 2]


def test_time_between_two_holdings_of_a_trade_is_not_held():
    rows = quiet(*range(101, 120))
    (life,) = lives(
        [(101, 0, 35, 10_010), (103, 0, -35, 10_000), (110, 0, -35, 10_000), (111, 0, 35, 10_010)], rows=rows
    )
    assert (life[4], life[0]) == (2 + 1, 1)


def test_margin_is_of_the_greater_side_at_its_greatest_and_part_of_a_lot_is_one():
    rows = quiet(*range(101, 120))
    trade = [(101, 0, -35, 10_000), (102, 2, -36, 10_000), (102, 1, -35, 10_000), (103, 0, 35, 10_010)]
    (life,) = lives([*trade, (104, 1, 35, 10_010), (105, 2, 36, 10_010)], rows=rows)
    # At 102 one lot and a bit more than one of calls, 1 + 2, against one of puts.
    assert life[0] == 3
    # At the end 71 + 35 units were bought for 10 paise more than they had been sold for.
    assert life[1] == 106 * 10


def test_a_quote_too_old_has_no_value_and_what_stays_open_no_end():
    rows = [*quiet(101), *quiet(110, bid=9_000, ask=9_010)]
    flat, still_open = lives([(101, 0, 35, 10_010), (109, 0, -35, 10_020)], [(101, 0, 35, 10_010)], rows=rows)
    # The row of 101 is good until 106: a loss of the spread then. What was closed brought 10 paise a unit in the end.
    assert flat[2:] == [350, -350, 8]
    assert still_open[2:] == [0, -35 * 1_010, 300 - 101 + 1]
    (never,) = lives([(101, 0, 35, 10_010)], rows=[row(101, [], [(10_010, 350)])])
    assert never[2:] == [0, -35 * 10_010, 200]


def test_flags_of_a_contract_that_has_no_row_yet_are_of_its_own_rows():
    crossed = [row(second, [(10_020, 350)], [(10_010, 350)]) for second in (90, 100)]
    book = book_of(crossed, quiet(103, 104, 105))
    found = RowDefects(book).flags(np.array([1, 0]), np.array([100, 95]), np.array([105, 99]))
    told = {flag: rows.tolist() for flag, rows in found.items()}
    assert told["crossed_book"] == [False, True]
    assert told["gap"] == [False, True]
    assert told["empty_book"] == told["backward_volume"] == [False, False]


def test_what_no_row_could_close_is_marked_at_its_entry_and_not_by_another_contract(tmp_path):
    frozen = [row(second, [], [(10_010, 350)], last=10_010) for second in (100, 101)]
    other = quiet(*range(100, 110), bid=5_000, ask=5_010)
    names = ("banknifty25dec59400ce", "banknifty25dec59500ce")
    case = {
        "day": "2025-12-15",
        "underlying": "BANKNIFTY",
        "last_second": 22_500,
        "contracts": [
            {"name": name, "lot": 35, "rows": told} for name, told in zip(names, (frozen, other), strict=True)
        ],
        "spot": [],
        "terms": {"policy": "one_sided", "brokerage": "zero"},
        "by_rows": False,
        "script": [{"at": 100, "do": "send", "order": order("buy", 35)}],
    }
    outcome = packed_outcome(case, tmp_path)
    # Bought at 100.10, and nobody ever bid: marked there, less two slips of 0.30.
    assert outcome.trades.gross.tolist() == [-35 * 60]
    assert of(events(case["script"], frozen, other, policy="one_sided"), "filled")[0]["price"] == 10_010


def line_of(rows: list[tuple], sign: int, units: int, watch: Watch = Watch.WALK) -> tuple[list[int | None], bool]:
    """The values of the seconds 100 to 103 in half-paise, None where there is none; whether the levels ran out."""
    book = book_of(rows)
    line = np.empty(301, np.int64)
    ran_out = close_line(
        0, sign, units, 2, int(watch), book.second, book.last, *levels(book), book.last_price, line
    )  # fmt: skip
    return [None if value == MISSING else value for value in line[100:104].tolist()], ran_out


def test_the_value_to_close_by_second_and_when_the_levels_ran_out():
    two = row(100, [(10_000, 35), (9_990, 10)], [(10_010, 20), (10_030, 100)], last=10_005)
    # Good for two seconds; half-paise. 45 units are held by neither side's first level.
    assert line_of([two], 1, 35) == ([700_000, 700_000, 700_000, None], False)
    assert line_of([two], -1, 35)[0][0] == -2 * (20 * 10_010 + 15 * 10_030)
    assert line_of([two], 1, 45) == ([2 * (35 * 10_000 + 10 * 9_990)] * 3 + [None], False)
    assert line_of([two], 1, 46) == ([None] * 4, True)
    assert line_of([two], 1, 46, Watch.MID) == ([46 * 20_010] * 3 + [None], False)
    assert line_of([two], -1, 46, Watch.LAST) == ([-2 * 46 * 10_005] * 3 + [None], False)


def test_units_without_a_price_are_no_value_to_close():
    assert line_of([row(100, [(10_000, 20), (0, 500)], [(10_010, 350)])], 1, 35) == ([None] * 4, True)
    assert line_of([row(100, [(10_000, 350)], [(10_010, 20), (0, 500)])], -1, 35) == ([None] * 4, True)


def test_a_last_row_that_is_crossed_marks_nothing(tmp_path):
    # The last good row of the call asks 100.10; a crossed one at 160 asks 80.00. Two slips of 0.30 a unit.
    call = [*steady(range(95, 150), 10_000, 10_010), quote(160, 9_000, 8_000)]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(95, 300), 10_000, 10_010)})
    assert trade["legs"][0][6:8] == (35 * (10_010 + 60), "unclosed")


def test_what_stays_open_is_an_order_for_the_broker(tmp_path):
    call = steady(range(95, 150), 10_000, 10_010)
    contracts = {CALL: call, PUT: steady(range(95, 300), 10_000, 10_010)}
    (trade,) = tables_of(hand_lake(tmp_path, contracts), plan="flat20").tables["trades"].rows(named=True)
    # Two entries, one exit, and the order that would have closed the call.
    assert trade["brokerage_rupees"] == 4 * 20
