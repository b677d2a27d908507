"""The rules of docs/desk.md one by one, on books of a few rows, with the arithmetic beside them.

Seconds count from the open (09:15:00), prices are paise; a lot is 35 units.
"""

import numpy as np
import pytest

from engine.desk_play import CASH_NOTE, events_of, played
from reference.desk_cases import random_case
from reference.rows import NANOS, OPEN_SECOND_OF_DAY

QUARTER_PAST_THREE, TWENTY_PAST_THREE = 21_600, 21_900
Levels = list[tuple[int, int]]


def row(second: float, bids: Levels, asks: Levels, last: int = 0, volume: int = 0) -> tuple:
    return int((OPEN_SECOND_OF_DAY + second) * NANOS), volume, last, _five(bids), _five(asks)


def _five(levels: Levels) -> Levels:
    return [*levels, *[(0, 0)] * (5 - len(levels))]


def quiet(*seconds: int, bid: int = 10_000, ask: int = 10_010, size: int = 350) -> list[tuple]:
    """Rows with one level on either side in which nothing trades."""
    return [row(second, [(bid, size)], [(ask, size)], last=bid) for second in seconds]


def order(side: str, units: int, kind: str = "market", contract: int = 0, **more) -> dict:
    return {"contract": contract, "side": side, "units": units, "kind": kind, **more}


def send(at: int, *args, **more) -> dict:
    return {"at": at, "do": "send", "order": order(*args, **more)}


def events(script: list[dict], *contracts: list[tuple], by_rows: bool = False, **terms) -> list[dict]:
    case = {
        "last_second": 22_500,
        "contracts": [{"rows": rows, "lot": 35} for rows in contracts],
        "script": script,
        "terms": terms,
        "by_rows": by_rows,
    }
    return events_of(played(case))


def fills(told: list[dict]) -> list[tuple]:
    return [(one["second"], one["price"], one["units"], one["reason"]) for one in told if one["event"] == "filled"]


def of(told: list[dict], event: str) -> list[dict]:
    return [one for one in told if one["event"] == event]


def test_a_market_order_walks_the_levels_of_a_row_stamped_at_or_after_its_arrival():
    rows = [
        row(100, [(10_000, 700)], [(10_010, 700)]),
        row(101, [(10_000, 700)], [(10_020, 35), (10_025, 20), (10_040, 700)]),
    ]
    told = events([send(100, "buy", 70)], rows)
    # Not the row that decided; then 35 + 20 + 15 = 70, level by level.
    assert fills(told) == [(101, 10_020, 35, "taken"), (101, 10_025, 20, "taken"), (101, 10_040, 15, "taken")]
    assert [one["level"] for one in of(told, "filled")] == [0, 1, 2]
    assert [one["shown"] for one in of(told, "filled")] == [35, 20, 700]


def test_latency_is_that_of_each_message_in_turn():
    rows = quiet(*range(100, 112))
    told = events([send(100, "buy", 35), send(101, "buy", 35), send(102, "buy", 35)], rows, latencies=(1, 7))
    # Draws 1, 7, and 1 again: 100 + 1, 101 + 7, 102 + 1.
    assert [(one["second"], one["order"]) for one in of(told, "filled")] == [(101, 0), (103, 2), (108, 1)]


def test_what_we_took_stays_gone_until_the_row_shows_another_size():
    book = [(10_010, 50)]
    rows = [
        *quiet(100),
        *(row(second, [(10_000, 350)], book) for second in (101, 102, 103)),
        row(104, [(10_000, 350)], [(10_010, 60)]),
    ]
    told = events([send(100, "buy", 35), send(101, "buy", 35)], rows)
    # 35 of 50 at 101; 15 are left at 102 and none at 103; at 104 the size is another, so all 60 are there again.
    assert fills(told) == [(101, 10_010, 35, "taken"), (102, 10_010, 15, "taken"), (104, 10_010, 20, "taken")]


@pytest.mark.parametrize(
    ("fill", "filled", "cancelled"),
    [
        ("part", [(101, 40), (102, 30)], []),
        ("all", [(102, 70)], []),
        ("now", [(101, 40)], [("now", 30)]),
    ],
)
def test_an_order_takes_part_or_all_or_what_there_is_now(fill, filled, cancelled):
    rows = [*quiet(100), *quiet(101, size=40), *quiet(102, size=80)]
    told = events([send(100, "sell", 70, fill=fill)], rows)
    assert [(one["second"], one["units"]) for one in of(told, "filled")] == filled
    assert [(one["reason"], one["units"]) for one in of(told, "cancelled") if one["reason"] == "now"] == cancelled


def test_a_limit_takes_only_its_price_or_better_and_the_rest_rests_before_nobody():
    rows = [*quiet(100), row(101, [(10_000, 350)], [(10_005, 35), (10_015, 35)], last=10_005)]
    told = events([send(100, "buy", 105, "limit", price=10_010)], rows)
    assert fills(told) == [(101, 10_005, 35, "taken")]
    (placed,) = of(told, "placed")
    # 105 − 35 = 70 rest at a price better than the only bid shown: nobody stands before us.
    assert (placed["units"], placed["price"], placed["shown"]) == (70, 10_010, 0)


def bids(second: int, size: int, volume: int, last: int = 10_000) -> tuple:
    """A row with a size at 100.00, our price, and a level below it."""
    return row(second, [(10_000, size), (9_990, 350)], [(10_020, 350)], last, volume)


def test_the_queue_moves_by_what_trades_and_is_never_longer_than_what_is_shown():
    rows = [
        bids(100, 100, 1_000),
        bids(101, 100, 1_000),  # placed: 100 ahead
        bids(102, 90, 1_060),  # 60 traded: 40 ahead; 90 shown bound nothing
        bids(103, 25, 1_060),  # nothing traded, 25 shown: 25 ahead
        bids(104, 25, 1_045),  # the day's volume steps back: nothing traded
        bids(105, 60, 1_095),  # 1,095 − 1,060 = 35 traded, 25 ahead: 10 are ours
        bids(106, 60, 1_200),  # 105 traded, nobody ahead: the rest of 35
    ]
    told = events([send(100, "buy", 35, "limit", price=10_000)], rows)
    assert of(told, "placed")[0]["shown"] == 100
    assert fills(told) == [(105, 10_000, 10, "queue"), (106, 10_000, 25, "queue")]
    assert [one["shown"] for one in of(told, "filled")] == [25, 0]


def test_best_lets_cancels_leave_from_in_front_where_likely_does_not():
    rows = [
        bids(100, 100, 1_000),
        bids(101, 100, 1_000),  # 100 ahead
        bids(102, 300, 1_000),  # 200 join behind
        bids(103, 210, 1_000),  # 90 leave: likely has min(100, 210) = 100 ahead, best 100 − 90 = 10
        bids(104, 210, 1_045),  # 45 trade: best gets 35; likely has 55 ahead
    ]
    limit = [send(100, "buy", 35, "limit", price=10_000)]
    assert fills(events(limit, rows, model="best")) == [(104, 10_000, 35, "queue")]
    assert fills(events(limit, rows, model="likely")) == []


def test_a_trade_through_our_price_fills_up_to_its_volume_and_a_touch_does_not_in_worst():
    rows = [bids(100, 100, 1_000), bids(101, 100, 1_000), bids(102, 100, 1_020, last=9_995), bids(103, 100, 1_900)]
    limit = [send(100, "buy", 35, "limit", price=10_000)]
    # 20 traded below our price: 20 are ours, whoever stands before us; then 880 at it: 780 beyond the 100 ahead.
    assert fills(events(limit, rows)) == [(102, 10_000, 20, "through"), (103, 10_000, 15, "queue")]
    assert fills(events(limit, rows, model="worst")) == [(102, 10_000, 20, "through")]


def test_the_other_side_coming_to_our_price_fills_at_our_price():
    rows = [
        *quiet(100, 101),
        row(102, [(9_980, 350)], [(9_990, 20), (10_000, 5), (10_010, 350)], last=9_990, volume=0),
    ]
    told = events([send(100, "buy", 35, "limit", price=10_000)], rows)
    # 20 asked below and 5 at our price: 25 at 100.00, not at 99.90; what is asked above is not for us.
    assert fills(told) == [(102, 10_000, 20, "opposite"), (102, 10_000, 5, "opposite")]


def test_a_price_below_the_fifth_level_has_a_queue_that_nobody_knows():
    deep = [(10_000 - 5 * level, 100) for level in range(5)]
    rows = [row(second, deep, [(10_020, 350)], last=9_975, volume=100 * second) for second in range(100, 105)]
    rows.append(row(105, [(9_975, 40), (9_970, 40)], [(10_020, 350)], last=9_975, volume=10_500))
    rows.append(row(106, [(9_975, 40), (9_970, 40)], [(10_020, 350)], last=9_975, volume=10_600))
    told = events([send(100, "buy", 35, "limit", price=9_975)], rows)
    assert of(told, "placed")[0]["shown"] == -1
    # Each second 100 trade at our price and nothing fills; at 105 it comes among the levels: 40 ahead; at 106
    # 100 − 40 = 60, enough for all.
    assert fills(told) == [(106, 9_975, 35, "queue")]


def test_the_first_row_after_a_silence_moves_no_queue():
    rows = [bids(100, 100, 1_000), bids(101, 100, 1_000), bids(107, 10, 5_000), bids(108, 10, 5_008)]
    told = events([send(100, "buy", 35, "limit", price=10_000)], rows)
    # 6 s of silence: neither the 4,000 traded nor the 10 shown count. At 108: 8 trade, 92 ahead, 10 shown: no fill.
    assert fills(told) == []
    rows.append(bids(109, 10, 5_028))
    told = events([send(100, "buy", 35, "limit", price=10_000)], rows)
    assert fills(told) == [(109, 10_000, 10, "queue")]  # 20 trade against 10 ahead


def test_only_the_last_row_of_a_second_is_shown():
    rows = [bids(100, 0, 1_000), *quiet(101), bids(102.2, 100, 1_500), bids(102.7, 100, 1_510)]
    told = events([send(100, "buy", 35, "limit", price=10_000)], rows)
    # 490 traded up to 102.2 and are not seen; in the last row 10 trade, and 350 stood before us at 101.
    assert fills(told) == []


def test_a_stop_fires_on_the_side_it_would_take_from_and_fills_by_a_later_row():
    rows = [*quiet(100, 101), *quiet(102, bid=10_015, ask=10_025), *quiet(103, bid=10_020, ask=10_040)]
    told = events([send(100, "buy", 35, "stop", trigger=10_025)], rows)
    assert [(one["second"], one["price"]) for one in of(told, "triggered")] == [(102, 10_025)]
    assert fills(told) == [(103, 10_040, 35, "taken")]
    # The last price is the bid here: on it the stop has not fired at 102, where 100.15 traded.
    told = events([send(100, "buy", 35, "stop", trigger=10_020)], rows, on_last=True)
    assert [(one["second"], one["price"]) for one in of(told, "triggered")] == [(103, 10_020)]


def test_a_stop_limit_never_pays_more_than_its_limit():
    rows = [*quiet(100, 101), *quiet(102, bid=10_015, ask=10_025), *quiet(103, bid=10_020, ask=10_040)]
    told = events([send(100, "buy", 35, "stop_limit", trigger=10_025, price=10_030)], rows)
    assert fills(told) == []
    assert [(one["second"], one["price"], one["shown"]) for one in of(told, "placed")] == [(103, 10_030, 0)]


def test_a_peg_follows_its_own_side_with_the_latency_of_a_change():
    rows = [*quiet(100, 101, 102), *quiet(103, 104, 105, 106, bid=10_020, ask=10_040)]
    told = events([send(100, "buy", 35, "peg", peg=("own", 1))], rows, latencies=(1, 2))
    # One tick above the bid of 100.00 and short of the ask; at 103 the bid is 100.20: 100.25 is sent, there at 105.
    assert [(one["second"], one["price"]) for one in of(told, "sent")] == [(100, 10_005)]
    assert [(one["second"], one["price"]) for one in of(told, "change sent")] == [(103, 10_025)]
    assert [(one["second"], one["price"]) for one in of(told, "changed")] == [(105, 10_025)]
    assert [(one["second"], one["price"]) for one in of(told, "placed")] == [(101, 10_005), (105, 10_025)]


@pytest.mark.parametrize(("side", "price"), [("buy", 10_000), ("sell", 10_005)])
def test_a_peg_to_the_mid_is_rounded_away_from_the_other_side(side, price):
    # (100.00 + 100.05) / 2 = 100.025 lies between two ticks.
    told = events([send(100, side, 35, "peg", peg=("mid", 0))], quiet(100, 101, ask=10_005))
    assert of(told, "sent")[0]["price"] == price


def test_a_cancel_arrives_late_and_a_fill_may_come_before_it():
    rows = quiet(*range(100, 110))
    cancel = {"at": 101, "do": "cancel", "order": 0}
    told = events([send(100, "buy", 35, "limit", price=9_990), cancel], rows, latencies=(1, 3))
    assert [(one["second"], one["reason"]) for one in of(told, "cancelled")] == [(104, "strategy")]
    rows[3] = quiet(103, bid=9_980, ask=9_990)[0]
    told = events([send(100, "buy", 35, "limit", price=9_990), cancel], rows, latencies=(1, 3))
    assert fills(told) == [(103, 9_990, 35, "opposite")]
    assert of(told, "cancelled") == []


def test_a_change_is_of_the_whole_order_and_growing_loses_the_place():
    rows = [bids(second, 100, 1_000 + 60 * max(0, second - 102)) for second in range(100, 108)]

    def change(units: int) -> list[dict]:
        return [
            send(100, "buy", 70, "limit", price=10_000),
            {"at": 103, "do": "change", "order": 0, "price": None, "units": units},
        ]

    # 100 ahead at 101; 60 trade in each second from 103 on: 40 ahead then, and at 104 20 are ours.
    assert fills(events(change(105), rows))[0] == (106, 10_000, 20, "queue")  # anew at 104: 100, 40, then 20
    # Smaller keeps its place: 20 at 104; of 35 in all 15 are left for 105.
    assert fills(events(change(35), rows)) == [(104, 10_000, 20, "queue"), (105, 10_000, 15, "queue")]


def test_an_order_is_valid_to_the_last_second_of_its_time():
    rows = quiet(*range(100, 110))
    rows[6] = quiet(106, bid=9_980, ask=9_990)[0]

    def limit(valid: int) -> list[dict]:
        return events([send(100, "buy", 35, "limit", price=9_990, valid=valid)], rows)

    assert fills(limit(5)) == [(106, 9_990, 35, "opposite")]  # 101 + 5 = 106
    assert fills(limit(4)) == []
    assert [(one["second"], one["reason"]) for one in of(limit(4), "expired")] == [(106, "valid")]


def test_a_group_is_filled_in_one_second_or_not_at_all():
    group = {"at": 100, "do": "group", "orders": [order("sell", 70), order("sell", 70, contract=1)]}
    thin, deep = quiet(100, 101, 102, size=35), quiet(100, 101, 102)
    told = events([group], deep, [*thin[:2], *deep[2:]])
    assert [(one["second"], one["contract"]) for one in of(told, "filled")] == [(102, 0), (102, 1)]
    told = events([group], quiet(*range(100, 110)), quiet(*range(100, 110), size=35))
    assert [(one["second"], one["order"], one["reason"]) for one in of(told, "expired")] == [
        (106, 0, "with_group"),
        (106, 1, "thin_book"),
    ]


def test_an_order_above_the_freeze_quantity_is_sent_in_slices():
    told = events([send(100, "buy", 700)], quiet(100, 101, size=7_000), freeze=600)
    # 600 hold 17 lots of 35: 595, and 105 are left.
    assert [(one["order"], one["units"]) for one in of(told, "sent")][:2] == [(0, 595), (1, 105)]
    assert [(one["order"], one["units"]) for one in of(told, "filled")][:2] == [(0, 595), (1, 105)]


@pytest.mark.parametrize(
    ("wish", "at", "reason"),
    [
        (("buy", 36), 100, "bad_units"),
        (("buy", 0), 100, "bad_units"),
        (("buy", 35, "limit"), 100, "bad_price"),
        (("buy", 35), 99, "not_yet"),
        (("buy", 35), QUARTER_PAST_THREE + 1, "too_late"),
        (("buy", 35), TWENTY_PAST_THREE, "flat_only"),
    ],
)
def test_what_is_refused_at_once(wish, at, reason):
    rows = quiet(100, 101, QUARTER_PAST_THREE, QUARTER_PAST_THREE + 1, TWENTY_PAST_THREE)
    price = {"price": 10_001} if "limit" in wish else {}
    told = events([send(at, *wish, **price)], rows, chosen_at=100)
    assert [(one["event"], one["reason"]) for one in told] == [("rejected", reason)]


def test_an_order_that_reduces_is_taken_until_the_end():
    rows = quiet(*range(100, 103), *range(QUARTER_PAST_THREE, QUARTER_PAST_THREE + 5))
    late = QUARTER_PAST_THREE + 2
    told = events([send(100, "buy", 70), send(late, "sell", 35), send(late, "sell", 70)], rows)
    # 35 of the 70 held reduce; with those under way, 70 more do not.
    assert [one["reason"] for one in of(told, "rejected")] == ["too_late"]
    assert fills(told)[1] == (late + 1, 10_000, 35, "taken")


def test_room_for_one_open_trade_and_a_cool_down_after_it():
    rows = quiet(*range(100, 140))
    script = [
        send(100, "buy", 35), send(102, "buy", 35, contract=1), send(103, "sell", 35), send(110, "buy", 35),
        send(114, "buy", 35),
    ]  # fmt: skip
    told = events(script, rows, rows, most_open=1, cool_down=10)
    # Flat at 104: refused at 110, taken at 104 + 10.
    assert [(one["second"], one["reason"]) for one in of(told, "rejected")] == [(102, "no_room"), (110, "no_room")]
    assert [(one["second"], one["trade"]) for one in of(told, "filled")][:3] == [(101, 0), (104, 0), (115, 1)]


def test_the_desk_closes_everything_at_twenty_past_three():
    end = TWENTY_PAST_THREE
    rows = quiet(100, 101, *range(end - 1, end + 4))
    told = events([send(100, "buy", 70), send(100, "buy", 35, "limit", price=9_000)], rows, latencies=(1, 1, 2))
    last = [(one["second"], one["event"], one["reason"], one["tag"]) for one in told[-3:]]
    assert last == [
        (end, "cancelled", "square_off", 0),
        (end, "sent", "", -1),
        (end + 2, "filled", "taken", -1),
    ]


def test_the_daily_loss_stops_the_day():
    falls = [*quiet(100, 101), *quiet(102, bid=9_900, ask=9_910), *quiet(103, 104, bid=9_890, ask=9_900)]
    script = [send(100, "buy", 35), send(103, "buy", 35)]
    told = events(script, falls, daily_loss=3_850)
    # Bought at 100.10; at 102 closing brings 35 × (99.00 − 100.10) = −38.50 rupees: the limit exactly.
    (stopped,) = of(told, "stopped")
    assert (stopped["second"], stopped["price"], stopped["reason"]) == (102, -38, "day_stop")
    assert [(one["second"], one["reason"]) for one in of(told, "rejected")] == [(103, "flat_only")]
    assert fills(told)[1] == (103, 9_890, 35, "taken")


def test_a_fill_through_zero_is_split_between_two_trades():
    told = events([send(100, "buy", 35), send(101, "sell", 105)], quiet(100, 101, 102))
    assert [(one["trade"], one["units"], one["side"]) for one in of(told, "filled")] == [
        (0, 35, "buy"),
        (0, 35, "sell"),
        (1, 70, "sell"),
    ]


@pytest.mark.parametrize(("policy", "filled"), [("strict", []), ("one_sided", [(101, 10_010, 35, "taken")])])
def test_a_book_at_its_limit_is_taken_from_only_by_the_policy_that_says_so(policy, filled):
    rows = [*quiet(100), row(101, [], [(10_010, 350)], last=10_010)]
    assert fills(events([send(100, "buy", 35)], rows, policy=policy)) == filled
    # A sale finds nobody there, and a crossed book serves nobody.
    assert fills(events([send(100, "sell", 35)], rows, policy=policy)) == []
    crossed = [*quiet(100), row(101, [(10_020, 350)], [(10_010, 350)], last=10_010)]
    assert fills(events([send(100, "buy", 35)], crossed, policy=policy)) == []


def test_by_rows_an_order_fills_by_the_next_row_of_its_contract():
    rows = quiet(100, 101, 102)
    script = [{"contract": 1, "row": 0, "do": "send", "order": order("buy", 35, contract=1)}]
    told = events(script, rows, rows, by_rows=True)
    assert [(one["second"], one["contract"], one["row"]) for one in of(told, "filled")][:1] == [(101, 1, 1)]


def test_cash_and_positions_are_what_the_fills_so_far_make_at_every_second():
    looked = 0
    for seed in range(40):
        case = random_case(seed)
        if case["by_rows"]:
            continue
        first = min(told["rows"][0][0] for told in case["contracts"] if told["rows"]) // NANOS - OPEN_SECOND_OF_DAY
        looks = [{"at": second, "do": "look"} for second in range(first, min(first + 150, 22_501))]
        script = [action for action in case["script"] if action["do"] != "note"]
        script = sorted([*script, *looks], key=lambda action: (action["at"], action["do"] != "look"))
        told = events_of(played({**case, "script": script}))
        held, cash = np.zeros(len(case["contracts"]), int), 0
        own = {one["order"] for one in told if one["event"] == "sent" and one["trade"] < 0}
        for one in told:
            signed = one["units"] * {"buy": 1, "sell": -1, "": 0}[one["side"]]
            if one["event"] == "filled":
                cash -= signed * one["price"]
                if one["order"] in own:
                    held[one["contract"]] += signed
            elif one["event"] == "noted" and one["price"] == CASH_NOTE:
                assert one["units"] == cash, f"case {seed}"
                looked += 1
            elif one["event"] == "noted":
                assert one["units"] == held[one["price"]], f"case {seed}"
    assert looked > 3_000
