"""The slow desk by worked examples: what is rejected, slices, groups, the end of the day, looking by rows."""

import pytest

from reference.by_hand import CALL, PUT, day_of, quote, row
from reference.desk import Desk
from reference.desk_by_hand import cancel, change, desk, fills, group, placed, send, states, told
from reference.desk_script import run_strategy
from reference.orders import Terms

LAST_ENTRY, SQUARE_OFF, CLOSE = 21_600, 21_900, 22_500  # 15:15:00, 15:20:00, 15:30:00


def steady(*seconds: int, bid: int = 100, ask: int = 110) -> list:
    return [quote(second, bid, ask) for second in seconds]


def rejections(answer: dict) -> list[tuple[int, str]]:
    return [(number, reason) for _, _, number, reason in told(answer, "rejected")]


# rejected at once


@pytest.mark.parametrize("units", [0, -35, 34, 36])
def test_units_are_whole_lots(units):
    order = send(10, "buy", 1)
    order["order"]["units"] = units
    answer = desk(steady(10, 11), order)
    assert (rejections(answer), fills(answer), states(answer)) == ([(0, "bad_units")], [], ["rejected"])


@pytest.mark.parametrize(
    ("kind", "prices", "refused"),
    [
        ("limit", {"price": 100}, False),
        ("limit", {"price": 0}, True),
        ("limit", {"price": -5}, True),
        ("limit", {"price": 101}, True),
        ("stop", {"trigger": 101}, True),
        ("stop_limit", {"trigger": 100, "price": 101}, True),
        ("stop_limit", {"trigger": 0, "price": 100}, True),
        ("stop_limit", {"trigger": 100, "price": 100}, False),
    ],
)
def test_prices_are_above_zero_and_on_a_tick(kind, prices, refused):
    assert bool(rejections(desk(steady(10), send(10, "buy", 1, kind, **prices)))) is refused


@pytest.mark.parametrize("seen", [[], [row(10, [(110, 1)], [(100, 1)])], [row(10, [], [(100, 1)])]])
def test_a_peg_needs_a_good_quote_to_begin_with(seen):
    answer = desk([*seen, quote(11, 100, 110)], send(10, "buy", 1, "peg", peg=("own", 0)))
    assert rejections(answer) == [(0, "bad_price")]


def test_after_a_quarter_past_three_only_what_reduces():
    rows = steady(10, 11, LAST_ENTRY, LAST_ENTRY + 1, LAST_ENTRY + 2, LAST_ENTRY + 3)
    at, late = LAST_ENTRY, LAST_ENTRY + 1
    script = [
        send(at, "buy", 2),  # the last second counts
        send(late, "buy", 1),  # 2: adds
        send(late, "sell", 3, "limit", price=500),  # 3: more than is held
        send(late, "sell", 1, "limit", price=500),  # reduces
        send(late, "sell", 2, "limit", price=500),  # with the one before it more than is held
        send(late, "sell", 1, "limit", price=500),  # reduces
    ]
    assert rejections(desk(rows, *script)) == [(1, "too_late"), (2, "too_late"), (4, "too_late")]


def test_a_trade_of_its_own_is_reduced_by_its_own_orders_alone():
    rows = steady(10, 11, LAST_ENTRY + 1, LAST_ENTRY + 2, LAST_ENTRY + 3)
    script = [
        {"at": 10, "do": "new_trade"},
        send(10, "buy", 1, trade=0),
        send(LAST_ENTRY + 1, "sell", 1),
        send(LAST_ENTRY + 2, "sell", 1, trade=0),
    ]
    answer = desk(rows, *script)
    assert rejections(answer) == [(1, "too_late")]
    assert [trade["gross"] for trade in answer["trades"]] == [-350]


def test_no_order_at_twenty_past_three_not_even_one_that_reduces():
    rows = steady(10, 11, SQUARE_OFF, SQUARE_OFF + 1, SQUARE_OFF + 2)
    script = [send(10, "buy", 1), send(SQUARE_OFF, "sell", 1), send(SQUARE_OFF, "buy", 1)]
    # order 1 is the desk's own, that closes all there is
    assert rejections(desk(rows, *script)) == [(2, "flat_only"), (3, "flat_only")]


def test_only_so_many_trades_are_open_at_once():
    contracts = {CALL: steady(*range(10, 20)), PUT: steady(*range(10, 20))}
    script = [
        send(10, "buy", 1, "limit", price=90),  # open: it lives
        send(10, "buy", 1, contract=1),  # no room
        send(10, "buy", 1),  # the same trade
        cancel(12, 0),
        send(13, "sell", 1),  # flat again
        send(15, "buy", 1, contract=1),
    ]
    answer = desk(contracts, *script, most_open=1)
    assert rejections(answer) == [(1, "no_room")]
    assert states(answer)[-2:] == ["filled", "expired"]  # the put, and the desk's order to close it


def test_only_so_many_trades_a_day():
    rows = steady(*range(10, 30))
    script = [send(10, "buy", 1), send(12, "sell", 1), send(14, "buy", 1), send(16, "sell", 1), send(18, "buy", 1)]
    assert rejections(desk(rows, *script, most_trades=2)) == [(4, "no_room")]
    # one that never filled does not count once it is over
    unfilled = [send(10, "buy", 1, "limit", price=90, valid=2), send(14, "buy", 1)]
    assert rejections(desk(rows, *unfilled, most_trades=1)) == []


@pytest.mark.parametrize(("second", "refused"), [(17, True), (18, False)])
def test_a_cool_down_begins_with_the_fill_that_left_the_trade_flat(second, refused):
    rows = steady(*range(10, 30))
    script = [send(10, "buy", 1), send(12, "sell", 1), send(second, "buy", 1)]  # flat at 13
    assert rejections(desk(rows, *script, cool_down=5)) == ([(2, "no_room")] if refused else [])


def test_nothing_is_sent_before_the_contracts_were_chosen():
    rows = steady(10, 11, 12)
    assert rejections(desk(rows, send(10, "buy", 1), send(11, "buy", 1), chosen_at=11)) == [(0, "not_yet")]


def test_a_change_is_checked_as_an_order_is():
    rows = steady(10, 11, LAST_ENTRY + 1)
    script = [
        send(10, "buy", 2, "limit", price=90),
        send(10, "buy", 2, "stop", trigger=500),
        send(10, "buy", 1, "peg", peg=("own", -5)),
        change(11, 0, units=36),
        change(11, 0, units=630),
        change(11, 0, price=91),
        change(11, 2, price=90),
        change(LAST_ENTRY + 1, 0, price=95),
        change(LAST_ENTRY + 1, 0, units=0),
    ]
    reasons = [reason for _, reason in rejections(desk(rows, *script, freeze=600))]
    assert reasons == ["bad_units", "bad_units", "bad_price", "bad_price", "too_late"]


@pytest.mark.parametrize("latency", [0, -1, 61])
def test_a_latency_is_from_a_second_to_a_minute(latency):
    with pytest.raises(ValueError, match="from 1 to 60"):
        Terms(latencies=(1, latency))


def test_what_was_rejected_costs_no_message():
    rows = steady(10, 11, 12, 13, 14)
    answer = desk(rows, send(10, "buy", 1, "limit", price=1), send(10, "buy", 1), latencies=(3, 1))
    assert fills(answer) == [(13, 110, 35)]


# slices


def test_an_order_above_the_freeze_quantity_goes_out_in_slices():
    # 600 hold 17 lots of 35 = 595: 40 lots are 595 + 595 + 210, and 17 lots are one
    answer = desk(steady(*range(10, 20)), send(10, "buy", 40), send(10, "buy", 17), freeze=600, latencies=(1, 2))
    sent = [(line["order"], line["units"]) for line in answer["events"] if line["event"] == "sent"]
    assert sent[:4] == [(0, 595), (1, 595), (2, 210), (3, 595)]
    # four messages, at 11, 12, 11, 12; the ask of 1,000 is the same all the time: 595 + 210 + 195 at 11
    assert sum(units for _, _, units in fills(answer)) == 1000
    assert fills(answer)[:3] == [(11, 110, 595), (11, 110, 210), (12, 110, 195)]


# groups


def test_a_group_fills_in_one_second_or_not_at_all():
    contracts = {
        CALL: [quote(11, 200, 210), quote(12, 220, 230)],
        PUT: [quote(10, 300, 310), row(13, [(300, 34)], [(310, 70)]), quote(15, 310, 320)],
    }
    answer = desk(contracts, group(10, (0, "sell", 1), (1, "sell", 1)))
    assert fills(answer) == [(15, 220, 35), (15, 310, 35)]  # the call by its row of 12, which has served all the while
    assert [line["row"] for line in answer["events"] if line["event"] == "filled"] == [1, 2]


@pytest.mark.parametrize(
    ("put", "cause"),
    [
        ([quote(20, 1, 10)], "no_row"),
        ([quote(10, 1, 10)], "no_new_row"),
        ([row(12, [(10, 70)], [(10, 70)])], "bad_quote"),
        ([row(12, [(5, 34)], [(10, 70)])], "thin_book"),
    ],
)
def test_a_group_that_never_fills_tells_the_first_leg_that_failed(put, cause):
    answer = desk({CALL: steady(11), PUT: put}, group(10, (0, "sell", 1), (1, "sell", 1)))
    assert told(answer, "expired") == [(16, "expired", 0, "with_group"), (16, "expired", 1, cause)]
    assert fills(answer) == []


@pytest.mark.parametrize(("second", "filled"), [(19, True), (20, False)])
def test_a_group_waits_for_the_latest_of_its_arrivals_and_five_seconds_more(second, filled):
    # arrivals 11 and 14: the rows of 12 and 13 are too early for either leg, 14 + 5 = 19 is the last try
    contracts = {CALL: steady(11, 14), PUT: steady(12, 13, second)}
    answer = desk(contracts, group(10, (0, "buy", 1), (1, "buy", 1)), latencies=(1, 4))
    assert fills(answer) == ([(19, 110, 35), (19, 110, 35)] if filled else [])
    assert [line[0] for line in told(answer, "expired")][:2] == ([CLOSE, CLOSE] if filled else [19, 19])


def test_legs_of_a_group_on_one_book_are_held_together():
    thin = [row(second, [(100, 69)], [(110, 70)]) for second in range(11, 20)]
    answer = desk(thin, group(10, (0, "sell", 1), (0, "sell", 1)))
    assert told(answer, "expired") == [(16, "expired", 0, "with_group"), (16, "expired", 1, "thin_book")]
    assert fills(desk(thin, group(10, (0, "buy", 1), (0, "buy", 1)))) == [(11, 110, 35), (11, 110, 35)]


def test_one_refused_leg_refuses_the_group():
    answer = desk({CALL: steady(10, 11), PUT: steady(10, 11)}, group(10, (0, "buy", 1), (1, "buy", 0)))
    assert rejections(answer) == [(0, "with_group"), (1, "bad_units")]
    both = group(LAST_ENTRY + 1, (0, "sell", 1), (0, "sell", 1))  # one lot is held: together they are too much
    assert rejections(desk(steady(10, 11, LAST_ENTRY + 1), send(10, "buy", 1), both)) == [
        (1, "with_group"),
        (2, "too_late"),
    ]


def test_a_cancel_of_one_leg_cancels_the_group_and_a_leg_cannot_be_changed():
    contracts = {CALL: steady(*range(11, 20)), PUT: steady(14)}
    script = [group(10, (0, "sell", 1), (1, "sell", 1)), change(11, 1, units=70), cancel(11, 1)]
    answer = desk(contracts, *script)
    assert rejections(answer) == [(1, "not_live")]
    assert told(answer, "cancelled") == [(12, "cancelled", 0, "strategy"), (12, "cancelled", 1, "strategy")]
    assert fills(answer) == []


# the end of the day


def test_at_twenty_past_three_what_waits_is_cancelled_and_what_is_held_is_closed():
    contracts = {
        CALL: steady(10, 11, SQUARE_OFF, SQUARE_OFF + 1),
        PUT: [*steady(10, 11), row(SQUARE_OFF + 3, [(90, 35)], [(95, 35)])],
    }
    script = [
        send(10, "buy", 2, contract=1),
        send(10, "sell", 1),
        send(10, "sell", 1, "limit", price=500),
        send(SQUARE_OFF - 1, "buy", 1),  # reduces: filled by the row of 15:20:00 itself
    ]
    answer = desk(contracts, *script)
    assert told(answer, "cancelled") == [(SQUARE_OFF, "cancelled", 2, "square_off")]
    assert fills(answer, 3) == [(SQUARE_OFF, 110, 35)]
    last = [line for line in answer["events"] if line["event"] == "sent"][-1]
    assert (last["second"], last["order"], last["side"], last["units"], last["tag"]) == (SQUARE_OFF, 4, "sell", 70, -1)
    assert fills(answer, 4) == [(SQUARE_OFF + 3, 90, 35)]
    assert told(answer, "expired") == [(CLOSE, "expired", 4, "session")]
    assert answer["positions"] == {(1, 1): 35}
    assert [trade["legs"][0]["end"] for trade in answer["trades"]] == ["flat", "unclosed"]


def test_the_desks_own_orders_are_not_the_strategys_to_cancel():
    rows = steady(10, 11, SQUARE_OFF + 5)
    answer = desk(rows, send(10, "buy", 1), cancel(SQUARE_OFF + 1, 1), change(SQUARE_OFF + 1, 1, units=0))
    assert rejections(answer) == [(1, "not_live"), (1, "not_live")]
    assert answer["positions"] == {}


def test_positions_of_several_trades_in_a_contract_are_closed_one_by_one():
    rows = steady(10, 11, 12, SQUARE_OFF + 1)
    script = [{"at": 10, "do": "new_trade"}, send(10, "buy", 1), send(11, "sell", 2, trade=0)]
    answer = desk(rows, *script)
    closing = [line for line in answer["events"] if line["event"] == "sent" and line["tag"] == -1]
    assert [(line["trade"], line["side"], line["units"]) for line in closing] == [(0, "buy", 70), (-1, "sell", 35)]
    assert [(trade["trade"], trade["gross"]) for trade in answer["trades"]] == [(0, -700), (1, -350)]


# stop for the day


def test_a_strategy_may_stop_for_the_day():
    rows = steady(*range(10, 30))
    script = [
        send(10, "buy", 1),
        send(10, "buy", 1, "limit", price=90),
        {"at": 12, "do": "stop"},
        {"at": 13, "do": "stop"},
        send(14, "buy", 1),
    ]
    answer = desk(rows, *script)
    assert told(answer, "stopped", "cancelled", "rejected") == [
        (12, "stopped", -1, "strategy"),
        (12, "cancelled", 1, "day_stop"),
        (14, "rejected", 3, "flat_only"),
    ]
    assert fills(answer, 2) == [(13, 100, 35)]


@pytest.mark.parametrize(("loss", "second"), [(3_50, 11), (3_51, 13), (17_50, 13), (17_51, None)])
def test_a_loss_of_the_day_closes_everything_at_the_end_of_its_second(loss, second):
    # bought 35 at 110: at 11 the bids bring 3,500 − 3,850 = −350; at 12 no good quote; at 13 35 × 60 − 3,850 = −1,750
    rows = [quote(10, 100, 110), quote(11, 100, 110), row(12, [(5, 35)], []), quote(13, 60, 70), quote(14, 100, 110)]
    answer = desk(rows, send(10, "buy", 1), daily_loss=loss)
    stopped = [(line["second"], line["price"]) for line in answer["events"] if line["event"] == "stopped"]
    assert stopped == ([] if second is None else [(second, -3 if second == 11 else -17)])


def test_the_loss_counts_what_was_closed_before():
    rows = steady(*range(10, 20))
    script = [send(10, "buy", 1), send(11, "sell", 1)]  # −350 in all, and nothing is held
    answer = desk(rows, *script, daily_loss=3_50)
    assert told(answer, "stopped")[0][0] == 11  # marked at the bids the loss is there from the fill on


def test_a_position_that_no_book_holds_has_no_loss_yet():
    rows = [quote(10, 100, 110), quote(11, 100, 110), row(12, [(10, 34)], [(110, 35)]), row(13, [(10, 35)], [(110, 1)])]
    answer = desk(rows, send(10, "buy", 1), daily_loss=30_00)  # 35 × (10 − 110) = −3,500
    assert told(answer, "stopped") == [(13, "stopped", -1, "day_stop")]


def test_after_the_stop_nothing_of_the_strategys_lives_and_nothing_reduces():
    script = [
        send(10, "buy", 2),
        send(11, "sell", 1, "limit", price=500),
        {"at": 12, "do": "stop"},  # the desk's order waits for a row until 20: nothing the strategy sends reduces
        change(13, 1, price=495),
        send(13, "sell", 1, "limit", price=500),
    ]
    answer = desk([*steady(10, 11), quote(20, 100, 110)], *script)
    assert rejections(answer) == [(1, "not_live"), (3, "flat_only")]


# trades, and notes


def test_a_contracts_own_trade_is_split_at_zero():
    answer = desk(steady(*range(10, 20)), send(10, "buy", 1), send(12, "sell", 3), send(14, "buy", 2))
    lines = [(line["order"], line["trade"], line["units"]) for line in answer["events"] if line["event"] == "filled"]
    assert lines == [(0, 0, 35), (1, 0, 35), (1, 1, 70), (2, 1, 70)]
    assert [trade["gross"] for trade in answer["trades"]] == [-350, -700]


def test_a_trade_opened_by_the_strategy_may_cross_zero():
    script = [{"at": 10, "do": "new_trade"}, send(10, "buy", 1, trade=0), send(12, "sell", 2, trade=0)]
    answer = desk(steady(*range(10, 20), SQUARE_OFF + 1), *script)
    assert [(trade["trade"], trade["gross"]) for trade in answer["trades"]] == [(0, -700)]
    (leg,) = answer["trades"][0]["legs"]
    assert (leg["side"], leg["units"], leg["entry_value"], leg["exit_value"]) == ("buy", 70, 7700, 7000)


def test_notes_are_kept_in_their_place():
    script = [send(10, "buy", 1, tag=3), {"at": 10, "do": "note", "code": 7, "number": -12}]
    answer = desk(steady(10, 11, SQUARE_OFF + 1), *script)
    assert [line["event"] for line in answer["events"]] == ["sent", "noted", "filled", "sent", "filled"]
    assert (answer["events"][1]["price"], answer["events"][1]["units"]) == (7, -12)
    assert [line["tag"] for line in answer["events"]] == [3, 0, 3, -1, -1]


def test_a_callback_sees_the_day_up_to_its_second():
    seen = []

    def buys_when_asked_below_110(one: Desk, second: int) -> None:
        newest = one.row(0, second)
        if newest is not None and second in (11, 12):
            seen.append((second, newest.asks[0][0]))
            if newest.asks[0][0] < 110:
                one.send(second, one.newest(0, second), send(second, "buy", 1)["order"])

    rows = [quote(11, 100, 110), quote(12, 100, 105), quote(13, 100, 120)]
    answer = run_strategy(day_of({CALL: rows}), [CALL], Terms(), buys_when_asked_below_110)
    assert seen == [(11, 110), (12, 105)]
    assert fills(answer) == [(13, 120, 35)]


def test_a_script_leaves_out_what_is_about_nothing():
    script = [cancel(10, 0), send(10, "buy", 1, trade=0), send(10, "buy", 1), cancel(10, 5)]
    assert [line["event"] for line in desk(steady(10, 11), *script)["events"][:2]] == ["sent", "filled"]


# by rows


def at_row(contract: int, index: int, order: dict) -> dict:
    return {"contract": contract, "row": index, "do": order["do"], "order": order["order"]}


def test_by_rows_a_strategy_sees_rows_that_are_not_the_last_of_their_second():
    rows = [quote(10, 100, 110), row(10, [(100, 70)], [(115, 70)], nanos=1), quote(11, 100, 120)]
    order = send(0, "buy", 1, "peg", peg=("own", 0))
    answer = desk(rows, at_row(0, 0, order), at_row(0, 1, send(0, "buy", 1)), by_rows=True)
    assert [(line["second"], line["row"]) for line in answer["events"][:2]] == [(10, 0), (10, 1)]
    assert fills(answer) == [(11, 120, 35)]
    assert placed(answer) == [(11, 1000)]


def test_by_rows_contracts_come_one_after_the_other_and_so_do_messages():
    contracts = {CALL: steady(10, 11, 12, 13), PUT: steady(10, 11, 12, 13)}
    script = [at_row(1, 0, send(0, "buy", 1, contract=1)), at_row(0, 1, send(0, "buy", 1))]
    answer = desk(contracts, *script, by_rows=True, latencies=(1, 3))
    sent = [(line["second"], line["contract"]) for line in answer["events"] if line["event"] == "sent"]
    assert sent == [(11, 0), (SQUARE_OFF, 0), (10, 1), (SQUARE_OFF, 1)]
    assert fills(answer) == [(12, 110, 35), (11, 110, 35)]


@pytest.mark.parametrize("later", [[SQUARE_OFF, SQUARE_OFF + 1, SQUARE_OFF + 2], [SQUARE_OFF + 1, SQUARE_OFF + 2]])
def test_by_rows_the_end_of_the_day_comes_before_the_first_row_after_it(later):
    rows = steady(10, 11, *later)
    answer = desk(rows, at_row(0, 0, send(0, "buy", 1)), by_rows=True)
    assert fills(answer) == [(11, 110, 35), (SQUARE_OFF + 1, 100, 35)]
    assert answer["events"][-2]["second"] == SQUARE_OFF
