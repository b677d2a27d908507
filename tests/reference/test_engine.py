"""The reference itself, by worked examples. Money in paise, one lot of 35 unless told."""

import datetime as dt
from fractions import Fraction

import pytest

from reference.books import Memory
from reference.by_hand import CALL, DAY, EXPIRY, LOT, PUT, day_of, only, quote, row
from reference.engine import Leg, Trade, run_day
from reference.plans import LegPlan, Limit, Plan, RefusedError, short_straddle
from reference.rows import Contract, Row

STRADDLE = (LegPlan("sell", "CE", 59400), LegPlan("sell", "PE", 59400))
FAR = 21_000


def percent(number: str) -> Limit:
    return Limit(Fraction(number), "%")


def steady(seconds: range, bid: int, ask: int, size: int = 1000) -> list[Row]:
    return [quote(second, bid, ask, size) for second in seconds]


def straddle(**rules: object) -> Plan:
    return Plan(**{"legs": STRADDLE, "entries": (100,), "exit": FAR, **rules})


def sold_at_hundred(call_after: list[Row], put_after: list[Row]) -> dict:
    """Both legs sold at 100.00 in second 101: premium 2 × 10,000 × 35 = 700,000."""
    start = steady(range(95, 102), 10000, 10010)
    return {CALL: start + call_after, PUT: start + put_after}


def test_a_straddle_by_the_clock_alone():
    day = day_of(sold_at_hundred(steady(range(102, 300), 9000, 9010), steady(range(102, 300), 10100, 10110)))
    trade = only(day, straddle(exit=200))["trade"]
    assert (trade["decided"], trade["entry_second"], trade["exit_second"], trade["reason"]) == (100, 101, 201, "time")
    assert [leg["entry_value"] for leg in trade["legs"]] == [350_000, 350_000]
    assert [leg["exit_value"] for leg in trade["legs"]] == [9010 * 35, 10110 * 35]
    assert trade["gross"] == 700_000 - (9010 + 10110) * 35 == 30_800
    assert trade["decisions"] == [
        {"second": 200, "rule": "time", "legs": [0, 1], "observed": 200, "threshold": 200},
    ]
    assert [(f["second"], f["leg"], f["stamp"].time()) for f in trade["fills"]][2:] == [
        (201, 0, dt.time(9, 18, 21)),
        (201, 1, dt.time(9, 18, 21)),
    ]


@pytest.mark.parametrize(("call_ask", "fires"), [(10095, False), (10100, True), (10105, True)])
def test_a_loss_equal_to_the_stop_fires(call_ask, fires):
    # 1 % of the premium of 700,000 is 7,000. Loss: 35 × (call ask − 10,000) + 35 × 100 = 6,825, 7,000, 7,175.
    day = day_of(
        sold_at_hundred([quote(150, 9000, call_ask), *steady(range(151, 300), 9000, 9005)], [quote(150, 9000, 10100)])
    )
    trade = only(day, straddle(exit=200, stop=percent("1")))["trade"]
    if fires:
        assert trade["decisions"][0]["second"] == 150
        assert trade["decisions"][0]["observed"] == 35 * (call_ask - 10000) + 3500
        assert trade["decisions"][0]["threshold"] == 7000
    else:
        assert trade["decisions"][0]["rule"] == "time"


@pytest.mark.parametrize(("limit", "threshold"), [(Limit(Fraction(70), "rs"), 7000), (Limit(Fraction(2), "pt"), 7000)])
def test_rupees_are_of_the_trade_and_points_of_the_combined_premium(limit, threshold):
    # 70 rupees of the trade = 2 points × 35 units.
    fires = sold_at_hundred(steady(range(150, 300), 10050, 10100), steady(range(150, 300), 10050, 10100))
    decision = only(day_of(fires), straddle(stop=limit))["trade"]["decisions"][0]
    assert (decision["rule"], decision["second"]) == ("stop", 150)
    assert decision["observed"] == decision["threshold"] == threshold


def test_points_are_times_the_lots_but_not_times_the_multiple_of_a_leg():
    # two lots, the put leg doubled: units 70 and 140; one lot-set is 70 units, so 2pt = 14,000.
    rows = {CALL: steady(range(95, 300), 10000, 10010, 9999), PUT: steady(range(95, 300), 10000, 10010, 9999)}
    legs = (LegPlan("sell", "CE", 59400), LegPlan("sell", "PE", 59400, 2))
    rows[PUT] += steady(range(300, 400), 10000, 10100, 9999)
    rows[CALL] += steady(range(300, 400), 9000, 10000, 9999)  # call: no loss; put: 140 × 100 = 14,000
    decision = only(day_of(rows), straddle(legs=legs, lots=2, stop=Limit(Fraction(2), "pt")))["trade"]["decisions"][0]
    assert (decision["second"], decision["observed"], decision["threshold"]) == (300, 14_000, 14_000)


@pytest.mark.parametrize(
    ("age", "max_age", "second"), [(5, 5, 150), (6, 5, 160), (6, 6, 150), (8, 7, 160), (1, 1, 150)]
)
def test_a_quote_of_the_greatest_age_counts_and_one_second_more_does_not(age, max_age, second):
    # The put's price explodes at 150, where the call's newest row is `age` old; the call quotes again at 160.
    call = [*steady(range(102, 151 - age), 10000, 10010), *steady(range(160, 300), 10000, 10010)]
    put = [*steady(range(102, 150), 10000, 10010), *steady(range(150, 300), 20000, 20010)]
    trade = only(day_of(sold_at_hundred(call, put)), straddle(stop=percent("10"), max_quote_age=max_age))["trade"]
    assert trade["decisions"][0]["second"] == second


def test_crossed_and_locked_books_decide_nothing_and_fill_nothing():
    # Loss at 150–152 is huge but the call is locked (bid = ask), crossed, or without size; at 153 it is good again.
    call = [
        *steady(range(102, 150), 10000, 10010),
        quote(150, 30000, 30000),
        quote(151, 30010, 30000),
        row(152, [(29000, 0)], [(30000, 100)]),
        quote(153, 29000, 30000),
        quote(154, 30010, 30000),
        quote(155, 31000, 31500),
    ]
    put = steady(range(102, 300), 10000, 10010)
    trade = only(day_of(sold_at_hundred(call, put)), straddle(stop=percent("10")))["trade"]
    assert trade["decisions"][0]["second"] == 153
    assert [leg["exit_second"] for leg in trade["legs"]] == [155, 154]
    assert [leg["exit_value"] for leg in trade["legs"]] == [31500 * 35, 10010 * 35]
    assert trade["exit_second"] == 155


@pytest.mark.parametrize(
    ("rows", "leg", "cause"),
    [
        ({CALL: [quote(90, 1, 9)], PUT: []}, 0, "not_listed"),
        ({CALL: [quote(99, 100, 110)], PUT: steady(range(90, 200), 100, 110)}, 0, "no_new_row"),
        ({CALL: steady(range(90, 200), 100, 110), PUT: steady(range(90, 200), 110, 110)}, 1, "bad_quote"),
        ({CALL: steady(range(90, 200), 100, 110), PUT: steady(range(90, 200), 100, 110, 34)}, 1, "thin_book"),
        ({CALL: steady(range(90, 200), 110, 110), PUT: steady(range(90, 200), 100, 110, 34)}, 0, "bad_quote"),
    ],
)
def test_an_entry_that_finds_no_book_is_missed_with_the_reason_of_its_last_second(rows, leg, cause):
    outcome = only(day_of(rows), straddle(both_kinds=True))
    assert outcome["trade"] is None
    if cause == "not_listed":
        assert outcome["refused"] == {"second": 100, "leg": leg, "cause": cause}
    else:
        assert outcome["miss"] == {"second": 106, "leg": leg, "cause": cause}


def test_both_legs_enter_in_one_second_and_the_last_second_of_the_wait_counts():
    # arrival 101; the put holds 35 units only at 106 = 101 + 5; the call's row of 102 has served all the while
    call = [quote(95, 10000, 10010), quote(102, 9900, 9910)]
    put = [quote(95, 10000, 10010), quote(103, 9800, 9810, 34), row(106, [(9800, 30), (9795, 5)], [(9810, 99)])]
    trade = only(day_of({CALL: call, PUT: put}), straddle(exit=110))["trade"]
    assert [leg["entry_second"] for leg in trade["legs"]] == [106, 106]
    assert [leg["entry_value"] for leg in trade["legs"]] == [9900 * 35, 9800 * 30 + 9795 * 5]
    assert [f["stamp"].second for f in trade["fills"][:2]] == [42, 46]


@pytest.mark.parametrize("latency", [1, 3])
def test_an_order_is_filled_only_by_a_row_stamped_at_its_arrival_or_later(latency):
    # No row between 150 (which decides) and 160: the order waits for 160, whatever the latency.
    call = [*steady(range(102, 151), 10000, 10010), quote(150 + latency, 10500, 10510), quote(160, 11000, 11010)]
    put = [*steady(range(102, 150), 10000, 10010), quote(150, 20000, 20010), quote(160, 19000, 19010)]
    trade = only(day_of(sold_at_hundred(call, put)), straddle(stop=percent("10"), latency=latency))["trade"]
    # entry: decided at 100, arrives 100 + latency; both quote each second from 95 on
    assert trade["entry_second"] == 100 + latency
    assert [leg["exit_second"] for leg in trade["legs"]] == [150 + latency, 160]
    assert [leg["exit_value"] for leg in trade["legs"]] == [10510 * 35, 19010 * 35]


def test_a_partial_exit_remembers_what_it_took_by_price_and_size():
    bids = [(9000, 500)]
    asks = [
        (201, [(9010, 20), (9020, 10)]),  # takes 30, left 40
        (202, [(9010, 20), (9020, 10)]),  # the same book: nothing is there
        (203, [(9020, 10), (9030, 15)]),  # 9020 moved up a place with its size: still gone; takes 15 at 9030, left 25
        (204, [(9010, 20), (9030, 15)]),  # 9010 was away at 203, so it is new: takes 20, left 5
        (205, [(9010, 20), (9005, 0)]),  # nothing new
        (206, [(9010, 21)]),  # another size: all of it is there; takes 5
    ]
    ready = steady(range(95, 201), 10000, 10010)
    call = ready + [row(second, bids, levels) for second, levels in asks]
    put = ready + steady(range(201, 210), 9000, 9010)
    trade = only(day_of({CALL: call, PUT: put}), straddle(lots=2, exit=200))["trade"]
    leg = trade["legs"][0]
    assert leg["exit_value"] == 9010 * 20 + 9020 * 10 + 9030 * 15 + 9010 * 20 + 9010 * 5
    assert leg["exit_second"] == 206
    taken = [
        (f["second"], [(part["level"], part["price"], part["quantity"]) for part in f["levels"]])
        for f in trade["fills"]
        if f["leg"] == 0 and f["side"] == "buy"
    ]
    assert taken == [
        (201, [(0, 9010, 20), (1, 9020, 10)]),
        (203, [(1, 9030, 15)]),
        (204, [(0, 9010, 20)]),
        (206, [(0, 9010, 5)]),
    ]


def test_a_bad_row_neither_refreshes_nor_forgets():
    memory = Memory()
    levels = ((100, 10), (105, 10), (0, 0), (0, 0), (0, 0))
    assert memory.take(levels, 15) == [(0, 100, 10), (1, 105, 5)]
    assert memory.left_in(levels)[:2] == [(100, 0), (105, 5)]
    ready = steady(range(95, 201), 10000, 10010)
    call = [
        *ready,
        row(201, [(9000, 9)], [(9010, 20)]),
        row(202, [(9000, 0)], [(9015, 20)]),
        row(203, [(9000, 9)], [(9010, 20)]),
        row(204, [(9000, 9)], [(9010, 15)]),
    ]
    put = ready + steady(range(201, 210), 9000, 9010)
    trade = only(day_of({CALL: call, PUT: put}), straddle(exit=200))["trade"]
    assert [f["second"] for f in trade["fills"] if f["leg"] == 0] == [101, 201, 204]


def test_two_legs_that_close_in_one_second_give_the_earlier_rule_as_reason():
    # The call's leg stop fires at 199 and the clock at 200; the call quotes no row from its arrival till 201.
    call = [*steady(range(102, 199), 10000, 10010), quote(199, 10900, 11000), quote(201, 10900, 11000)]
    put = steady(range(102, 210), 10000, 10010)
    trade = only(day_of(sold_at_hundred(call, put)), straddle(exit=200, leg_stop=percent("10")))["trade"]
    assert [(leg["reason"], leg["exit_second"]) for leg in trade["legs"]] == [("leg_stop", 201), ("time", 201)]
    assert trade["reason"] == "leg_stop"
    later = only(day_of(sold_at_hundred(call[:-2] + call[-1:], put)), straddle(exit=200, leg_stop=percent("10")))
    assert later["trade"]["reason"] == "time"


def test_percentages_are_exact_where_the_level_is_no_whole_paisa():
    # Entry 17.35 × 35 = 60,725; 33.3 % more is 80,946.425: 23.10 × 35 = 80,850 is below, 23.15 × 35 = 81,025 above.
    start = steady(range(95, 150), 1735, 1740)
    call = [*start, quote(150, 2300, 2310), quote(151, 2300, 2315), quote(152, 2300, 2320)]
    trade = only(
        day_of({CALL: call, PUT: steady(range(95, 300), 1735, 1740)}), straddle(exit=200, leg_stop=percent("33.3"))
    )["trade"]
    assert trade["decisions"][0] == {
        "second": 151,
        "rule": "leg_stop",
        "legs": [0],
        "observed": 81_025,
        "threshold": Fraction(80_946_425, 1000),
    }


def test_a_leg_stop_comes_before_the_target_of_the_same_second():
    # At 150 the call costs 110.00 (its leg stop of 10 %), the put 50.00: gain 35 × (−1,000 + 5,000) = 140,000 = 20 %.
    call = [*steady(range(102, 150), 10000, 10010), *steady(range(150, 300), 10900, 11000)]
    put = [*steady(range(102, 150), 10000, 10010), *steady(range(150, 300), 4900, 5000)]
    both = straddle(exit=200, leg_stop=percent("10"), target=percent("20"))
    trade = only(day_of(sold_at_hundred(call, put)), both)["trade"]
    assert [(d["second"], d["rule"]) for d in trade["decisions"]] == [(150, "leg_stop"), (200, "time")]
    alone = only(day_of(sold_at_hundred(call, put)), straddle(exit=200, target=percent("20")))["trade"]
    assert (alone["decisions"][0]["rule"], alone["decisions"][0]["observed"]) == ("target", 140_000)
    assert alone["decisions"][0]["threshold"] == 140_000


def test_a_stop_comes_before_a_leg_stop_and_before_the_clock():
    call = [*steady(range(102, 200), 10000, 10010), *steady(range(200, 300), 12900, 13000)]
    put = steady(range(102, 300), 10000, 10010)
    rules = straddle(exit=200, leg_stop=percent("10"), stop=percent("5"))
    trade = only(day_of(sold_at_hundred(call, put)), rules)["trade"]
    assert [leg["reason"] for leg in trade["legs"]] == ["stop", "stop"]
    assert len(trade["decisions"]) == 1


def test_nothing_is_decided_in_the_second_of_the_fill():
    rows = {CALL: [quote(99, 10000, 10010), *steady(range(101, 130), 10000, 20000)], PUT: steady(range(99, 130), 1, 9)}
    trade = only(day_of(rows), straddle(stop=percent("1")))["trade"]
    assert (trade["entry_second"], trade["decisions"][0]["second"], trade["exit_second"]) == (101, 102, 103)


def test_a_bought_leg_profits_from_a_rise_and_sells_to_the_bids():
    plan = straddle(legs=(LegPlan("buy", "CE", 59400),), target=percent("50"), leg_stop=percent("50"))
    rows = steady(range(95, 150), 990, 1000)
    win = only(day_of({CALL: rows + steady(range(150, 160), 1500, 1510)}), plan)["trade"]
    assert (win["gross"], win["reason"], win["premium"]) == (500 * 35, "target", 35_000)
    loss = only(day_of({CALL: rows + steady(range(150, 160), 500, 510)}), plan)["trade"]
    assert (loss["gross"], loss["reason"]) == (-500 * 35, "leg_stop")
    assert loss["margin"] == 35_000


@pytest.mark.parametrize(("on", "second"), [("walked", 152), ("mid", 151), ("last", 150)])
def test_a_stop_may_watch_mid_or_last(on, second):
    # 10 % of 350,000 is 35,000 = 10.00 a unit. Last 110.00 at 150; mid 110.00 at 151; the ask walked 110.00 at 152.
    def at(time: int, bid: int, ask: int, last: int) -> Row:
        return row(time, [(bid, 99)], [(ask, 34), (ask + 5, 99)], last)

    call = [at(time, 10000, 10010, 10000) for time in range(95, 150)]
    call += [at(150, 10000, 10010, 11000), at(151, 10990, 11010, 10000), row(152, [(9, 99)], [(11000, 99)], 5)]
    rule = Limit(Fraction(10), "%", on)
    if on == "walked":
        call[-2] = at(151, 10880, 10995, 10000)  # 34 × 10,995 + 11,000 = 384,830 < 385,000
    trade = only(day_of({CALL: call}), straddle(legs=STRADDLE[:1], exit=160, stop=rule))["trade"]
    assert trade["decisions"][0]["second"] == second


def test_legs_on_one_contract_share_its_book_at_the_entry():
    legs = (LegPlan("sell", "CE", 59400), LegPlan("sell", "CE", 59400))
    thin = day_of({CALL: steady(range(95, 300), 1000, 1010, 69)})
    assert only(thin, straddle(legs=legs))["miss"] == {"second": 106, "leg": 1, "cause": "thin_book"}
    enough = [row(second, [(1000, 40), (995, 30)], [(1010, 999)]) for second in range(95, 300)]
    trade = only(day_of({CALL: enough}), straddle(legs=legs, exit=200))["trade"]
    assert [leg["entry_value"] for leg in trade["legs"]] == [35_000, 1000 * 5 + 995 * 30]


def test_a_later_entry_of_the_day_still_misses_what_an_earlier_one_took():
    rows = [row(second, [(1000, 50)], [(1010 if second < 112 else 1200, 999)]) for second in range(95, 300)]
    plan = straddle(legs=STRADDLE[:1], entries=(100, 110, 120), leg_stop=Limit(Fraction(10), "%"))
    skipped, first, second = run_day(day_of({CALL: rows}), plan)
    assert first["trade"]["exit_second"] == 113
    assert skipped == {"trade": None, "skipped": 110}
    assert second["miss"] == {"second": 126, "leg": 0, "cause": "thin_book"}


# the end of the session


def test_an_unclosed_leg_is_marked_at_its_last_good_walk_and_two_slips():
    # The call's last good row is at 19,000: 20 units at 90.10, 15 at the last level 90.20, then two slips of 0.30, as
    # neither index nor parity is known at the end: 20 × 9,010 + 15 × 9,020 + 35 × 60.
    call = [*steady(range(102, 110), 10000, 10010), row(19_000, [(9000, 9)], [(9010, 20), (9020, 10)])]
    put = steady(range(102, 21_010), 10000, 10010)
    trade = only(day_of(sold_at_hundred(call, put)), straddle())["trade"]
    leg = trade["legs"][0]
    assert (leg["reason"], leg["exit_second"], leg["unfilled"]) == ("unclosed", 22_500, 35)
    assert leg["exit_value"] == 20 * 9010 + 15 * 9020 + 35 * 60
    assert trade["reason"] == "unclosed"
    assert trade["legs"][1]["reason"] == "time"


def test_on_expiry_day_a_silent_leg_settles_at_the_mean_of_the_last_half_hour():
    def rows(last: int) -> list[Row]:
        return [row(second, [(10000, 99)], [(10010, 99)], day=EXPIRY) for second in range(95, last)]

    spot = {20_699: 1, 20_700: 59_500_00, 22_499: 59_500_01, 22_500: 59_500_01}
    day = day_of({CALL: rows(21_010), PUT: rows(103)}, spot, EXPIRY)
    trade = only(day, straddle())["trade"]
    assert [leg["reason"] for leg in trade["legs"]] == ["time", "settled"]
    assert trade["legs"][1]["exit_value"] == 0
    day = day_of({CALL: rows(103), PUT: rows(103)}, spot, EXPIRY)
    # Known at 20,700 to 20,702 and in the last two seconds: mean 59,500.004, to the paisa 59,500.00; 100.00 a unit.
    assert [leg["exit_value"] for leg in only(day, straddle())["trade"]["legs"]] == [350_000, 0]
    silent = day_of({CALL: rows(103), PUT: rows(103)}, None, EXPIRY)
    assert only(silent, straddle())["trade"]["reason"] == "unclosed"


# the choice of strikes


def contract(kind: str, strike: int) -> Contract:
    return Contract("BANKNIFTY", EXPIRY, kind, strike)


def chosen(spot: int | None, word: str, kind: str = "CE", **more: object) -> int | str:
    rows = {contract(k, s): steady(range(95, 300), 10000, 10010) for k in ("CE", "PE") for s in (59300, 59400, 59600)}
    rows[contract("CE", 59500)] = steady(range(95, 300), 10000, 10010)  # its put is missing: not listed
    rows[contract("PE", 59500)] = steady(range(101, 300), 10000, 10010)
    day = day_of(rows, {} if spot is None else {98: spot})
    outcome = only(day, straddle(legs=(LegPlan("sell", kind, word),), exit=120, **more))
    return outcome["trade"]["legs"][0]["contract"].strike if outcome["trade"] else outcome["refused"]["cause"]


@pytest.mark.parametrize(
    ("spot", "word", "kind", "strike"),
    [
        (59_449_95, "atm", "CE", 59400),
        (59_500_00, "atm", "CE", 59400),  # 59500 is not listed at 100; 59400 and 59600 are as near: the lower
        (59_500_05, "atm", "PE", 59600),
        (59_400_05, "atm_pair", "CE", 59600),
        (59_400_05, "atm_pair", "PE", 59400),
        (59_400_00, "atm_pair", "CE", 59400),
        (59_400_00, "atm_pair", "PE", 59400),
        (59_600_05, "atm_pair", "CE", "not_listed"),
        (59_400_00, "atm+1", "CE", 59500),  # a step from the money needs a row of its own kind only
        (59_400_00, "atm+1", "PE", "not_listed"),
        (59_400_00, "atm-1", "PE", 59300),
        (59_400_00, "otm1", "PE", 59300),
        (59_400_00, "itm1", "CE", 59300),
        (59_400_00, "atm+3", "CE", "not_listed"),
        (None, "atm", "CE", "no_spot"),
    ],
)
def test_strikes(spot, word, kind, strike):
    assert chosen(spot, word, kind) == strike


def test_an_index_older_than_two_seconds_is_none():
    rows = {CALL: steady(range(95, 300), 10000, 10010), PUT: steady(range(95, 300), 10000, 10010)}
    plan = straddle(legs=(LegPlan("sell", "CE", "atm"),), exit=120)
    assert only(day_of(rows, {98: 59_400_00}), plan)["trade"] is not None
    assert only(day_of(rows, {97: 59_400_00}), plan)["refused"]["cause"] == "no_spot"


def test_the_parity_forward_comes_from_the_pair_with_the_nearest_mids():
    # 59300: C − P = 150 − 100 = 50.00; 59600: 100 − 160 = −60.00. Forward 59,350, a tie of 59300 and 59400: the lower.
    rows = {
        contract("CE", 59300): steady(range(95, 300), 14990, 15010),
        contract("PE", 59300): steady(range(95, 300), 9990, 10010),
        contract("CE", 59600): steady(range(95, 300), 9990, 10010),
        contract("PE", 59600): steady(range(95, 300), 15990, 16010),
        contract("CE", 59400): [quote(60, 10000, 10010)],
        contract("PE", 59400): [quote(60, 10000, 10010)],
    }
    plan = straddle(legs=(LegPlan("sell", "CE", "atm"),), spot="parity", exit=120)
    assert only(day_of(rows), plan)["trade"]["legs"][0]["contract"].strike == 59300
    rows[contract("CE", 59300)] = steady(range(95, 300), 14990, 15015)  # the mid rises by 0.025: 59400 is nearer
    assert only(day_of(rows), plan)["miss"]["cause"] == "no_new_row"


# parameters


@pytest.mark.parametrize(
    "parameters",
    [
        {"latency": "0s"},
        {"entry": "15:15:01", "exit": "15:20:00"},
        {"exit": "15:20:01"},
        {"entry": "10:00", "exit": "10:00"},
    ],
)
def test_refused_parameters(parameters):
    with pytest.raises(RefusedError):
        short_straddle(parameters)


def test_the_words_of_the_command_line():
    plan = short_straddle({"strike": "59400", "entry": "09:45:00", "stop": "1.5%", "target": "40pt", "lots": "10lots"})
    assert (plan.entries, plan.exit, plan.lots) == ((1800,), 21_600, 10)
    assert (plan.stop, plan.target) == (Limit(Fraction(3, 2), "%"), Limit(Fraction(40), "pt"))
    assert [leg.strike for leg in plan.legs] == [59400, 59400]


def test_a_trade_knows_its_lot_by_expiry():
    assert DAY.year == EXPIRY.year == 2025
    assert LOT == 35
    assert Trade(straddle(), None, [Leg(0, "sell", CALL, 35)], LOT, 100).threshold(Limit(Fraction(1), "pt")) == 3500
