"""The slow desk by worked examples: what a shown row does to an order. Prices in paise, lots of 35."""

import pytest

from reference.by_hand import quote, row
from reference.desk_by_hand import cancel, change, desk, fills, placed, send, states, told

# market orders


@pytest.mark.parametrize("latency", [1, 2, 3])
def test_the_row_that_decided_never_fills_nor_one_before_the_arrival(latency):
    rows = [quote(10, 100, 110), quote(11, 200, 210), quote(12, 300, 310), quote(13, 400, 410)]
    answer = desk(rows, send(10, "buy", 1), latencies=(latency,))
    assert fills(answer) == [(10 + latency, 100 * (1 + latency) + 10, 35)]
    assert states(answer)[0] == "filled"


def test_each_message_takes_the_next_draw_and_the_list_begins_again():
    rows = [quote(second, 100, 110) for second in range(10, 30)]
    answer = desk(rows, send(10, "buy", 1), send(10, "buy", 1), send(10, "buy", 1), latencies=(3, 7))
    assert [second for second, _, _ in fills(answer)] == [13, 13, 17]
    assert [line["order"] for line in answer["events"] if line["event"] == "filled"] == [0, 2, 1]


def test_a_market_order_takes_what_there_is_and_what_it_took_stays_gone():
    asks = [(110, 35), (115, 70)]
    rows = [
        row(11, [(100, 35)], asks),  # takes 35 at 110 and 70 at 115, 70 are left
        row(12, [(100, 35)], asks),  # nothing is there
        row(13, [(100, 35)], [(115, 70), (120, 35)]),  # 115 moved up, still gone: 35 at 120
        row(14, [(100, 35)], [(110, 35), (115, 35)]),  # 110 was away, 115 has another size: 35 at 110
    ]
    assert fills(desk(rows, send(10, "buy", 5))) == [(11, 110, 35), (11, 115, 70), (13, 120, 35), (14, 110, 35)]


@pytest.mark.parametrize(
    ("fill", "expected", "state"),
    [
        ("part", [(11, 110, 35), (12, 120, 35)], "filled"),
        ("all", [(12, 120, 70)], "filled"),
        ("now", [(11, 110, 35)], "cancelled"),
    ],
)
def test_part_all_and_now(fill, expected, state):
    rows = [row(11, [(100, 70)], [(110, 35)]), row(12, [(100, 70)], [(120, 70)])]
    answer = desk(rows, send(10, "buy", 2, fill=fill))
    assert fills(answer) == expected
    assert states(answer)[0] == state


@pytest.mark.parametrize(
    "bad",
    [
        row(11, [(110, 70)], [(110, 70)]),
        row(11, [(115, 70)], [(110, 70)]),
        row(11, [], [(110, 70)]),
        row(11, [(100, 0)], [(110, 70)]),
        row(11, [(100, 70)], [(110, 0), (115, 70)]),
    ],
)
def test_a_row_that_is_no_good_quote_fills_nothing_and_is_not_the_first_of_now(bad):
    answer = desk([bad, quote(12, 100, 120)], send(10, "buy", 1, fill="now"))
    assert fills(answer) == [(12, 120, 35)]


def test_of_several_rows_in_a_second_the_last_alone_is_shown():
    rows = [quote(11, 100, 105), row(11, [(100, 70)], [(120, 70)], nanos=5), quote(12, 100, 130)]
    assert fills(desk(rows, send(10, "buy", 1))) == [(11, 120, 35)]


# a limit comes to rest


def test_a_limit_takes_what_is_at_its_price_or_better_and_rests_with_the_rest():
    rows = [row(11, [(105, 140), (100, 70)], [(110, 35), (115, 35), (120, 35)], last=110)]
    answer = desk(rows, send(10, "buy", 4, "limit", price=115))
    assert fills(answer) == [(11, 110, 35), (11, 115, 35)]
    assert placed(answer) == [(11, 0)]  # 115 is better than all bids: nobody is before us
    assert [line["units"] for line in answer["events"] if line["event"] == "placed"] == [70]


@pytest.mark.parametrize(
    ("price", "ahead"),
    [(105, 0), (100, 70), (95, 0), (90, 35), (85, -1), (110, 0)],
)
def test_ahead_is_what_is_displayed_at_our_price(price, ahead):
    # bids 100 × 70 and 90 × 35: inside the spread and between the levels nobody is ahead, below the last is not known
    rows = [row(11, [(100, 70), (90, 35)], [(115, 70)])]
    assert placed(desk(rows, send(10, "buy", 1, "limit", price=price))) == [(11, ahead)]


@pytest.mark.parametrize(("price", "ahead"), [(110, 0), (115, 70), (120, 0), (125, 35), (130, -1)])
def test_ahead_of_a_sale_is_read_from_the_asks(price, ahead):
    rows = [row(11, [(100, 70)], [(115, 70), (125, 35)])]
    assert placed(desk(rows, send(10, "sell", 1, "limit", price=price))) == [(11, ahead)]


def test_all_rests_whole_where_the_book_does_not_hold_everything():
    rows = [row(11, [(100, 70)], [(110, 35)]), row(12, [(100, 70)], [(110, 70)])]
    answer = desk(rows, send(10, "buy", 2, "limit", price=110, fill="all"))
    assert placed(answer) == [(11, 0)]
    assert fills(answer) == [(12, 110, 70)]


def test_a_limit_now_takes_and_never_rests():
    rows = [row(11, [(100, 70)], [(110, 35), (115, 35)])]
    answer = desk(rows, send(10, "buy", 3, "limit", price=110, fill="now"))
    assert (fills(answer), placed(answer), states(answer)[0]) == ([(11, 110, 35)], [], "cancelled")


# a resting limit


BID = [(100, 140), (95, 70)]
ASK = [(110, 70)]


def resting(*after: object, lots: int = 2, side: str = "buy", price: int = 100, **terms: object) -> dict:
    """A purchase of 2 lots at 100 that rests from second 11 behind 140 units; the volume by then is 1,000."""
    return desk([row(11, BID, ASK, last=105, volume=1000), *after], send(10, side, lots, "limit", price=price), **terms)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("worst", []), ("likely", [(13, 100, 35)]), ("best", [(13, 100, 35)])],
)
def test_traded_volume_at_our_price_moves_the_queue_and_what_exceeds_it_fills(model, expected):
    after = [
        row(12, BID, ASK, last=100, volume=1105),  # 105 of the 140 before us are gone: 35 ahead
        row(13, BID, ASK, last=100, volume=1175),  # 70 trade: 35 of them are ours
    ]
    assert fills(resting(*after, model=model)) == expected


def test_the_displayed_size_lowers_the_queue_after_the_volume():
    after = [
        row(12, [(100, 70)], ASK, last=105, volume=1000),  # others cancelled: 70 ahead
        row(13, [(100, 140)], ASK, last=105, volume=1000),  # newcomers stand behind us
        row(14, [(100, 140)], ASK, last=100, volume=1105),  # 105 trade, 70 of them before us
    ]
    assert fills(resting(*after)) == [(14, 100, 35)]


@pytest.mark.parametrize(("model", "expected"), [("likely", []), ("best", [(14, 100, 35)])])
def test_in_best_cancels_leave_from_in_front(model, expected):
    after = [
        row(12, [(100, 210)], ASK, last=105, volume=1000),  # 70 joined behind us
        row(13, [(100, 140)], ASK, last=105, volume=1000),  # 70 cancelled: from behind us, or of the 140 before us
        row(14, [(100, 140)], ASK, last=100, volume=1105),  # 105 trade: 140 are ahead in likely, 70 in best
    ]
    assert fills(resting(*after, model=model)) == expected


def test_what_traded_at_our_price_is_no_cancel():
    after = [
        row(12, [(100, 105)], ASK, last=100, volume=1035),  # 35 trade, the display falls by 35: 105 ahead, not 70
        row(13, [(100, 105)], ASK, last=100, volume=1140),  # 105 trade: all of them before us
        row(14, [(100, 105)], ASK, last=100, volume=1175),
    ]
    assert fills(resting(*after, model="best")) == [(14, 100, 35)]


@pytest.mark.parametrize("model", ["worst", "likely", "best"])
def test_a_trade_through_our_price_fills_at_our_price_up_to_its_volume(model):
    after = [row(12, BID, ASK, last=95, volume=1035)]
    assert fills(resting(*after, model=model)) == [(12, 100, 35)]
    assert fills(resting(row(12, BID, ASK, last=95, volume=1000), model=model)) == []


@pytest.mark.parametrize("model", ["worst", "likely", "best"])
def test_the_opposite_quote_at_our_price_fills_at_our_price_and_is_taken_from_the_book(model):
    after = [
        row(12, [(90, 70)], [(95, 35), (105, 70)]),
        row(13, [(90, 70)], [(95, 35), (105, 70)]),  # the same 35 units: ours already
        row(14, [(90, 70)], [(100, 105)]),
    ]
    assert fills(resting(*after, model=model)) == [(12, 100, 35), (14, 100, 35)]


def test_opposite_quote_and_trade_fill_one_after_the_other():
    # 35 on offer at 95, then 70 traded at 95, through our price: 35 + 70 of the 140 we want
    after = [row(12, [(90, 70)], [(95, 35)], last=95, volume=1070)]
    assert fills(resting(*after, lots=4)) == [(12, 100, 35), (12, 100, 70)]
    reasons = [line["reason"] for line in resting(*after, lots=4)["events"] if line["event"] == "filled"]
    assert reasons == ["opposite", "through"]


@pytest.mark.parametrize(("volume", "expected"), [(1139, []), (1140, [(12, 100, 35), (12, 100, 105)])])
def test_a_resting_order_of_all_fills_when_a_row_gives_everything_together(volume, expected):
    # 35 on offer and v − 0 through our price: 140 wanted, so that 105 must have traded
    after = [row(12, [(90, 70)], [(95, 35)], last=95, volume=volume - 35)]
    rows = [row(11, BID, ASK, last=105, volume=1000), *after]
    assert fills(desk(rows, send(10, "buy", 4, "limit", price=100, fill="all"))) == expected


@pytest.mark.parametrize(("gap", "expected"), [(5, [(16, 100, 35)]), (6, [])])
def test_the_first_row_after_a_silence_moves_no_queue(gap, expected):
    assert fills(resting(row(11 + gap, BID, ASK, last=95, volume=1035))) == expected
    # nor does a size it displays: of the 175 that trade at 18, 140 are before us, not 35
    after = [row(17, [(100, 35)], ASK, last=105, volume=1035), row(18, BID, ASK, last=100, volume=1210)]
    assert fills(resting(*after, lots=9)) == [(18, 100, 35)]


def test_after_a_silence_the_opposite_quote_fills():
    assert fills(resting(row(30, [(90, 70)], [(100, 70)]))) == [(30, 100, 70)]


def test_own_orders_share_a_rows_volume():
    rows = [row(11, [(95, 70)], ASK, volume=1000), row(12, [(95, 70)], ASK, last=95, volume=1105)]
    first, second = send(10, "buy", 2, "limit", price=100), send(10, "buy", 2, "limit", price=100)
    answer = desk(rows, first, second)
    assert fills(answer, 0) == [(12, 100, 70)]
    assert fills(answer, 1) == [(12, 100, 35)]


def test_a_volume_that_steps_back_trades_nothing_until_the_old_height():
    rows = [row(12, BID, ASK, last=95, volume=500), row(13, BID, ASK, last=95, volume=1000)]
    assert fills(resting(*rows)) == []
    assert fills(resting(*rows, row(14, BID, ASK, last=95, volume=1035))) == [(14, 100, 35)]


def test_the_volume_of_a_row_counts_from_the_row_before_of_the_same_second():
    # 105 trade between 11 and the first row of 12, 35 more until the second, which alone is shown
    after = [row(12, BID, ASK, last=95, volume=1105), row(12, BID, ASK, last=95, volume=1140, nanos=7)]
    assert fills(resting(*after)) == [(12, 100, 35)]


def test_a_missing_volume_counts_as_none_and_the_next_from_the_last_known():
    after = [row(12, BID, ASK, last=95, volume=-1), row(13, BID, ASK, last=95, volume=1035)]
    assert fills(resting(*after)) == [(13, 100, 35)]


def test_an_unknown_queue_fills_by_no_touch_until_our_price_is_shown():
    rows = [
        row(11, [(100, 70)], ASK, volume=1000),
        row(12, [(100, 70)], ASK, last=90, volume=1700),  # at our price, but who is before us is not known
        row(13, [(95, 70), (90, 35)], ASK, last=100, volume=1700),  # now it is: 35
        row(14, [(95, 70), (90, 35)], ASK, last=90, volume=1770),
    ]
    answer = desk(rows, send(10, "buy", 1, "limit", price=90))
    assert placed(answer) == [(11, -1)]
    assert fills(answer) == [(14, 90, 35)]


# stops


def test_a_stop_fires_on_the_executable_side_and_the_row_that_fires_never_fills():
    rows = [
        row(11, [(120, 35)], [(125, 35)], last=130),  # bid and last are there, the ask is what counts
        row(12, [(120, 35)], [(130, 35)]),  # fires
        row(13, [(120, 35)], [(140, 35)]),
    ]
    answer = desk(rows, send(10, "buy", 1, "stop", trigger=130))
    assert told(answer, "triggered") == [(12, "triggered", 0, "")]
    assert fills(answer) == [(13, 140, 35)]
    sale = desk(rows[::1], send(10, "sell", 1, "stop", trigger=120), latencies=(1,))
    assert (told(sale, "triggered")[0][0], fills(sale)) == (11, [(12, 120, 35)])


def test_a_stop_on_last_is_a_term_of_the_desk():
    rows = [row(11, [(120, 35)], [(125, 35)], last=130), row(12, [(120, 35)], [(135, 35)])]
    assert fills(desk(rows, send(10, "buy", 1, "stop", trigger=130), on_last=True)) == [(12, 135, 35)]


def test_a_stop_limit_becomes_a_limit_and_may_rest():
    rows = [
        row(11, [(120, 35)], [(130, 35)]),
        row(12, [(120, 35)], [(140, 35)]),
        row(13, [(120, 35)], [(135, 35)]),
    ]
    answer = desk(rows, send(10, "buy", 1, "stop_limit", trigger=130, price=135))
    assert placed(answer) == [(12, 0)]
    assert fills(answer) == [(13, 135, 35)]


def test_now_of_a_stop_begins_when_it_has_fired():
    rows = [quote(11, 100, 110), quote(12, 100, 130), row(13, [(100, 35)], [(140, 35)])]
    answer = desk(rows, send(10, "buy", 2, "stop", trigger=130, fill="now"))
    assert fills(answer) == [(13, 140, 35)]
    assert states(answer)[0] == "cancelled"


# pegs


def test_a_peg_follows_its_own_side_by_changes_with_a_latency_of_their_own():
    rows = [
        quote(10, 100, 120),  # first price: 100 + 1 tick
        quote(11, 100, 120),
        quote(12, 110, 120),  # wished: 115, sent now, there at 14
        quote(13, 112, 120),
        quote(14, 110, 120),
    ]
    answer = desk(rows, send(10, "buy", 1, "peg", peg=("own", 1)), latencies=(1, 2))
    prices = [(line["second"], line["event"], line["price"]) for line in answer["events"]]
    assert prices[:5] == [
        (10, "sent", 105),
        (11, "placed", 105),
        (12, "change sent", 115),
        (14, "changed", 115),
        (14, "placed", 115),
    ]


@pytest.mark.parametrize(
    ("side", "peg", "price"),
    [
        ("buy", ("own", 0), 100),
        ("buy", ("own", -2), 90),
        ("buy", ("own", 3), 110),  # at the other side: one tick short of it
        ("buy", ("own", 99), 110),
        ("sell", ("own", 0), 115),
        ("sell", ("own", 2), 105),
        ("sell", ("own", 3), 105),
        ("sell", ("own", -1), 120),
        ("buy", ("mid", 0), 105),  # 107.5
        ("sell", ("mid", 0), 110),
        ("buy", ("own", -50), 5),
    ],
)
def test_the_price_of_a_peg(side, peg, price):
    answer = desk([quote(10, 100, 115)], send(10, side, 1, "peg", peg=peg))
    assert answer["events"][0]["price"] == price


# changes, cancels, expiry


def test_a_cancel_takes_its_time_and_comes_before_a_fill_of_its_second():
    rows = [quote(11, 100, 110), quote(12, 100, 110), row(13, [(90, 35)], [(100, 35)])]
    script = [send(10, "buy", 1, "limit", price=100), cancel(11, 0)]
    assert fills(desk(rows, *script, latencies=(1, 3))) == [(13, 100, 35)]
    in_time = desk(rows, *script, latencies=(1, 2))
    assert fills(in_time) == []
    assert told(in_time, "cancelled") == [(13, "cancelled", 0, "strategy")]


def test_fewer_units_keep_the_place_in_the_queue_and_more_or_another_price_lose_it():
    def ahead_after(**new: int) -> int:
        rows = [
            row(11, BID, ASK, last=105, volume=1000),
            row(12, BID, ASK, last=100, volume=1105),  # 35 ahead
            row(13, BID, ASK, last=105, volume=1105),  # the change is there
            row(14, BID, ASK, last=100, volume=1210),  # 105 trade
        ]
        answer = desk(rows, send(10, "buy", 3, "limit", price=100), change(12, 0, **new))
        return sum(units for _, _, units in fills(answer))

    assert ahead_after(units=70) == 70
    assert ahead_after(units=140) == 0  # behind 140 again
    assert ahead_after(price=95) == 0
    assert ahead_after(price=100) == 70  # the same price is no change of place: 105 − 35


def test_units_of_a_change_are_those_of_the_whole_order():
    # 35 of 105 are filled when 70 are wanted in all: 35 are left. 35 in all leave nothing.
    rows = [row(11, [(100, 70)], [(110, 35)]), row(12, [(100, 70)], [(110, 35)]), quote(13, 100, 115)]
    assert fills(desk(rows, send(10, "buy", 3), change(11, 0, units=70))) == [(11, 110, 35), (13, 115, 35)]
    nothing = desk(rows, send(10, "buy", 3), change(11, 0, units=35))
    assert told(nothing, "changed", "cancelled") == [(12, "changed", 0, ""), (12, "cancelled", 0, "changed")]
    assert [order["filled"] for order in nothing["orders"][:1]] == [35]


def test_a_limit_changed_to_the_other_sides_price_takes_there():
    rows = [quote(second, 100, 110) for second in (11, 12, 13)]
    answer = desk(rows, send(10, "buy", 1, "limit", price=90), change(11, 0, price=110))
    assert fills(answer) == [(12, 110, 35)]


def test_the_trigger_of_a_stop_is_what_a_change_changes_until_it_fires():
    rows = [quote(11, 100, 110), quote(12, 100, 120), quote(13, 100, 120)]
    stop = send(10, "buy", 1, "stop_limit", trigger=130, price=125)
    assert fills(desk(rows, stop, change(11, 0, price=120))) == [(13, 120, 35)]
    early = send(10, "buy", 1, "stop_limit", trigger=120, price=90)
    late = desk(rows, early, change(11, 0, price=125), latencies=(1, 2))
    assert fills(late) == []  # it fired at 12: the trigger that comes at 13 is no limit
    assert fills(desk(rows, early, change(12, 0, price=125))) == [(13, 120, 35)]  # this one is a limit


def test_one_change_and_one_cancel_on_the_way():
    rows = [quote(second, 100, 110) for second in range(11, 20)]
    script = [
        send(10, "buy", 1, "limit", price=90),
        change(11, 0, price=95),
        change(12, 0, price=100),
        cancel(12, 0),
        cancel(12, 0),
        change(19, 0, price=95),
        cancel(19, 0),
    ]
    answer = desk(rows, *script, latencies=(1, 5, 6))
    assert told(answer, "rejected") == [
        (12, "rejected", 0, "on_its_way"),
        (12, "rejected", 0, "on_its_way"),
        (19, "rejected", 0, "not_live"),
        (19, "rejected", 0, "not_live"),
    ]


@pytest.mark.parametrize(("second", "filled"), [(14, True), (15, False)])
def test_an_order_is_valid_up_to_its_last_second(second, filled):
    rows = [quote(11, 100, 110), row(second, [(90, 35)], [(95, 35)])]
    answer = desk(rows, send(10, "buy", 1, "limit", price=95, valid=3))
    assert bool(fills(answer)) is filled
    assert states(answer)[0] == ("filled" if filled else "expired")
    assert told(answer, "expired")[:1] == [(22_500, "expired", 1, "session") if filled else (15, "expired", 0, "valid")]


def test_neither_a_trigger_nor_a_change_lengthens_an_order():
    rows = [quote(11, 100, 110), quote(12, 100, 120), quote(15, 100, 120)]
    assert fills(desk(rows, send(10, "buy", 1, "stop", trigger=120, valid=3))) == []
    later = desk(rows, send(10, "buy", 1, "limit", price=90, valid=3), change(12, 0, price=120))
    assert fills(later) == []


# a frozen book


@pytest.mark.parametrize(("policy", "expected"), [("strict", []), ("one_sided", [(11, 110, 35), (12, 110, 35)])])
def test_a_book_of_one_side_serves_by_policy_alone(policy, expected):
    frozen = row(11, [], [(110, 35), (115, 35)])
    rows = [frozen, row(12, [], [(110, 70)])]
    limit = send(10, "buy", 2, "limit", price=110)
    assert fills(desk(rows, limit, policy=policy)) == expected
    assert placed(desk(rows, limit, policy=policy)) == []
    assert fills(desk(rows, send(10, "sell", 2), policy=policy)) == []


def test_what_was_taken_from_a_frozen_book_stays_gone():
    frozen = [row(second, [], [(110, 35)]) for second in (11, 12)]
    assert fills(desk([*frozen, row(13, [], [(110, 70)])], send(10, "buy", 2), policy="one_sided")) == [
        (11, 110, 35),
        (13, 110, 35),
    ]


def test_a_price_that_stands_behind_an_empty_best_is_no_frozen_book():
    rows = [row(11, [(0, 0), (95, 35)], [(110, 35)])]
    assert fills(desk(rows, send(10, "buy", 1), policy="one_sided")) == []
