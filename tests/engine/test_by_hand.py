"""The fast engine by worked examples: raw files made here, packed, run, and every number recomputed in the test.

Seconds count from the open, prices and money are paise, one lot is 35 units. Unless a test says otherwise both legs are
sold at 100.00 in second 101, so the premium is 2 × 10,000 × 35 = 700,000.
"""

import pytest

from engine.hand_market import (
    CALL,
    EXPIRY,
    PUT,
    at,
    book,
    hand_lake,
    outcomes,
    quote,
    recipe_of,
    sold,
    steady,
    straddle,
    tables_of,
)

CALL_NAME, PUT_NAME = "BANKNIFTY 2025-12-30 59400 CE", "BANKNIFTY 2025-12-30 59400 PE"


def seconds_of(trade: dict, leg: int, side: str) -> list[int]:
    return [fill[0] for fill in trade["fills"] if fill[1] == leg and fill[3] == side]


# the clock alone, and all of its money


@pytest.fixture(scope="module")
def by_the_clock(tmp_path_factory):
    call, put = steady(range(102, 300), 9_000, 9_010), steady(range(102, 300), 10_100, 10_110)
    return straddle(tmp_path_factory.mktemp("clock"), sold(call, put))


def test_a_straddle_by_the_clock_alone(by_the_clock):
    trade = by_the_clock
    assert (trade["decided"], trade["entry"], trade["exit"], trade["reason"]) == (100, 101, 201, "time")
    assert trade["legs"] == [
        (CALL_NAME, "sell", 35, 101, 201, 350_000, 9_010 * 35, "time", 350_000 - 315_350),
        (PUT_NAME, "sell", 35, 101, 201, 350_000, 10_110 * 35, "time", 350_000 - 353_850),
    ]
    assert trade["gross"] == 34_650 - 3_850 == 30_800
    assert trade["fills"] == [
        (101, 0, 101, "sell", 0, 10_000, 35),
        (101, 1, 101, "sell", 0, 10_000, 35),
        (201, 0, 201, "buy", 0, 9_010, 35),
        (201, 1, 201, "buy", 0, 10_110, 35),
    ]
    assert trade["decisions"] == [(200, "time", None)]


def test_its_charges_component_by_component(by_the_clock):
    # Sold for 700,000, bought for 669,200, turnover 1,369,200 paise. By the rates of December 2025:
    # STT 0.1 % of sales 700; exchange 0.03503 % 479.63076; IPFT 0.0005 % 6.846; SEBI 0.0001 % 1.3692;
    # stamp 0.003 % of purchases 20.076; GST 18 % of (479.63076 + 6.846 + 1.3692) = 87.8122728.
    # In all 1,295.7342328, half up 1,296 paise.
    assert by_the_clock["charges"] == 1_296
    assert by_the_clock["net"] == 30_800 - 1_296
    assert by_the_clock["net_flat5"] == 30_800 - 500
    assert by_the_clock["margin"] == 250_000_00


def test_its_band(by_the_clock):
    # Best: the same prices, as the best level held all. Worst, sale of the call: the next row bids 9,000, and a slip of
    # 0.15 (59400 is within a strike of the parity forward): 8,985. Put: 10,000 is poorer than the next 10,100: 9,985.
    # Purchases: the next row asks the same: 9,025 and 10,125.
    sold_worst, bought_worst = (8_985 + 9_985) * 35, (9_025 + 10_125) * 35
    # Charges of the worst: sales 663,950, purchases 670,250, turnover 1,334,200: 663.95 + 467.37026 + 6.671 + 1.3342
    # + 20.1075 + 0.18 × 475.37546 = 1,245.0005…, half up 1,245.
    assert by_the_clock["net_best"] == by_the_clock["net"]
    assert by_the_clock["net_worst"] == sold_worst - bought_worst - 1_245


def test_a_plan_of_twenty_rupees_an_order(tmp_path):
    rows = sold(steady(range(102, 300), 9_000, 9_010), steady(range(102, 300), 10_100, 10_110))
    # Four orders of 2,000 paise and their GST of 18 %: 9,440 more than 1,295.7342328.
    assert straddle(tmp_path, rows, plan="flat20")["charges"] == 10_736


# ties


@pytest.mark.parametrize(("call_ask", "fires"), [(10_095, False), (10_100, True), (10_105, True)])
def test_a_loss_equal_to_the_stop_fires(tmp_path, call_ask, fires):
    # 1 % of 700,000 is 7,000. Loss: 35 × (call ask − 10,000) + 35 × 100 = 6,825, 7,000, 7,175.
    call = [quote(150, 9_000, call_ask), *steady(range(151, 300), 9_000, 9_005)]
    trade = straddle(tmp_path, sold(call, [quote(150, 9_000, 10_100), *steady(range(195, 210), 1, 9)]), stop="1%")
    if fires:
        assert trade["decisions"] == [(150, "stop", (35 * (call_ask - 10_000) + 3_500, 7_000))]
    else:
        assert trade["decisions"] == [(200, "time", None)]


@pytest.mark.parametrize(
    ("stop", "fires"), [("70rs", True), ("70.01rs", False), ("2pt", True), ("2.01pt", False), ("1.0001%", False)]
)
def test_a_paisa_below_the_stop_does_not_fire(tmp_path, stop, fires):
    # The loss is 35 × 100 + 35 × 100 = 7,000 paise: 70 rupees, or 2 points of 35 units, or 1 % of the premium.
    both = [quote(150, 10_050, 10_100), *steady(range(151, 300), 9_990, 10_000)]
    trade = straddle(tmp_path, sold(both, both), stop=stop)
    assert trade["decisions"][0][:2] == ((150, "stop") if fires else (200, "time"))


@pytest.mark.parametrize(("target", "fires"), [("1%", True), ("70rs", True), ("70.01rs", False), ("2.01pt", False)])
def test_a_gain_equal_to_the_target_fires(tmp_path, target, fires):
    # Gain: 35 × (10,000 − 9,900) × 2 = 7,000.
    both = [*steady(range(102, 150), 9_950, 9_995), quote(150, 9_800, 9_900), *steady(range(151, 300), 9_990, 10_000)]
    trade = straddle(tmp_path, sold(both, both), target=target)
    assert trade["decisions"][0][:2] == ((150, "target") if fires else (200, "time"))
    if fires:
        assert trade["decisions"][0][2] == (7_000, 7_000)
        assert (trade["exit"], trade["gross"]) == (151, 0)  # the order meets the next row, 100.00 again


@pytest.mark.parametrize(
    ("ask", "leg_stop", "fires"), [(11_000, "10%", True), (10_995, "10%", False), (11_000, "10pt", True)]
)
def test_a_leg_stop_tie_closes_its_leg_alone(tmp_path, ask, leg_stop, fires):
    # 100.00 × 1.10 = 110.00.
    call = [quote(150, 10_900, ask), *steady(range(151, 300), 10_500, 10_510)]
    trade = straddle(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), leg_stop=leg_stop)
    reasons = [(leg[4], leg[7]) for leg in trade["legs"]]
    assert reasons == ([(151, "leg_stop"), (201, "time")] if fires else [(201, "time"), (201, "time")])
    if fires:
        assert trade["decisions"][0] == (150, "leg_stop", (385_000, 385_000))


def test_percentages_are_exact_where_the_level_is_no_whole_paisa(tmp_path):
    # Sold at 17.35: 60,725. 33.3 % more is 80,946.425. 23.10 × 35 = 80,850 is below; 23.15 × 35 = 81,025 is not.
    start = steady(range(95, 150), 1_735, 1_740)
    call = [*start, quote(150, 2_300, 2_310), quote(151, 2_300, 2_315), *steady(range(152, 300), 2_300, 2_310)]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(95, 300), 1_735, 1_740)}, leg_stop="33.3%")
    assert trade["decisions"][0][:2] == (151, "leg_stop")
    assert trade["decisions"][0][2][0] == 81_025


def test_a_stop_between_two_paise_needs_the_next_whole_one(tmp_path):
    # Premium 2 × 1,735 × 35 = 121,450; 0.3001 % is 364.47145 paise. A loss of 350 (5 paise and 5 on 35 units) is
    # below it, of 525 is not.
    quiet = steady(range(95, 150), 1_735, 1_735 + 5)
    call = [*quiet, quote(150, 1_735, 1_740), quote(151, 1_735, 1_745), *steady(range(152, 300), 1_735, 1_740)]
    put = [*steady(range(95, 150), 1_735, 1_740), *steady(range(150, 300), 1_735, 1_740)]
    trade = straddle(tmp_path, {CALL: call, PUT: put}, stop="0.3001%", entry=at(100))
    assert trade["decisions"][0] == (151, "stop", (525, 364))
    # With 0.2881 % (349.89 paise) the ordinary spread of both legs, 350, is enough at once.
    assert straddle(tmp_path / "at_once", {CALL: call, PUT: put}, stop="0.2881%")["decisions"][0][0] == 102


# what may decide


@pytest.mark.parametrize(("age", "max_age", "second"), [(5, 5, 150), (6, 5, 160), (6, 6, 150), (1, 1, 150)])
def test_a_quote_of_the_greatest_age_decides_and_one_second_more_does_not(tmp_path, age, max_age, second):
    # The put leaps at 150, where the call's newest row is `age` seconds old; the call quotes again at 160.
    call = [*steady(range(102, 151 - age), 10_000, 10_010), *steady(range(160, 300), 10_000, 10_010)]
    put = [*steady(range(102, 150), 10_000, 10_010), *steady(range(150, 300), 20_000, 20_010)]
    trade = straddle(tmp_path, sold(call, put), stop="10%", max_quote_age=f"{max_age}s")
    assert trade["decisions"][0][:2] == (second, "stop")


def test_crossed_locked_and_empty_books_decide_nothing_and_fill_nothing(tmp_path):
    call = [
        *steady(range(102, 150), 10_000, 10_010),
        quote(150, 30_000, 30_000),  # locked
        quote(151, 30_010, 30_000),  # crossed
        book(152, [(29_000, 0)], [(30_000, 100)]),  # no size
        quote(153, 29_000, 30_000),  # good: the stop fires
        quote(154, 30_010, 30_000),  # crossed as the order arrives
        quote(155, 31_000, 31_500),
    ]
    trade = straddle(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), stop="10%")
    assert trade["decisions"] == [(153, "stop", (35 * 20_000 + 35 * 10, 70_000))]
    assert [leg[4:7] for leg in trade["legs"]] == [(155, 350_000, 31_500 * 35), (154, 350_000, 10_010 * 35)]


def test_a_stop_waits_while_five_levels_do_not_hold_the_leg(tmp_path):
    thin = [book(second, [(19_000, 99)], [(20_000, 34)]) for second in (150, 151)]
    call = [*steady(range(102, 150), 10_000, 10_010), *thin, *steady(range(152, 300), 19_000, 20_000)]
    trade = straddle(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), stop="10%")
    assert trade["decisions"][0][:2] == (152, "stop")


def test_nothing_is_decided_in_the_second_of_the_fill(tmp_path):
    call = [quote(99, 10_000, 10_010), *steady(range(101, 130), 10_000, 20_000)]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(99, 130), 1, 9)}, stop="1%")
    assert (trade["entry"], trade["decisions"][0][0], trade["exit"]) == (101, 102, 103)


def test_a_leg_stop_comes_before_the_target_and_a_stop_before_the_leg_stop(tmp_path):
    # At 150 the call costs 110.00, the put 50.00: gain 35 × (5,000 − 1,000) = 140,000 = 20 % of the premium.
    call = [*steady(range(102, 150), 10_000, 10_010), *steady(range(150, 300), 10_900, 11_000)]
    put = [*steady(range(102, 150), 10_000, 10_010), *steady(range(150, 300), 4_900, 5_000)]
    lake = hand_lake(tmp_path, sold(call, put))
    (both,) = outcomes(lake, leg_stop="10%", target="20%")
    assert [decision[:2] for decision in both["decisions"]] == [(150, "leg_stop"), (200, "time")]
    (alone,) = outcomes(lake, target="20%")
    assert alone["decisions"] == [(150, "target", (140_000, 140_000))]
    lone = hand_lake(tmp_path / "rise", sold(call, steady(range(102, 300), 10_000, 10_010)))
    (stopped,) = outcomes(lone, leg_stop="10%", stop="5%")  # loss 35,000 + 350 ≥ 35,000
    assert [leg[7] for leg in stopped["legs"]] == ["stop", "stop"]
    assert [decision[:2] for decision in stopped["decisions"]] == [(150, "stop")]


# what may fill


@pytest.mark.parametrize(
    ("rows", "missed"),
    [
        ({CALL: [quote(99, 100, 110)], PUT: steady(range(90, 200), 100, 110)}, (106, 0, "no_new_row")),
        ({CALL: steady(range(90, 200), 100, 110), PUT: steady(range(90, 200), 110, 110)}, (106, 1, "bad_quote")),
        ({CALL: steady(range(90, 200), 100, 110), PUT: steady(range(90, 200), 100, 110, 34)}, (106, 1, "thin_book")),
        ({CALL: steady(range(90, 200), 0, 110), PUT: steady(range(90, 200), 100, 110)}, (106, 0, "bad_quote")),
    ],
)
def test_an_entry_that_finds_no_book_is_dropped_with_the_reason_of_its_last_second(tmp_path, rows, missed):
    assert straddle(tmp_path, rows) == {"missed": missed}


def test_both_legs_enter_in_one_second_and_the_last_second_of_the_wait_counts(tmp_path):
    # Arrival 101. The put holds 35 units only at 106 = 101 + 5; the call's row of 102 has served all the while.
    call = [quote(95, 10_000, 10_010), quote(102, 9_900, 9_910), *steady(range(120, 140), 9_900, 9_910)]
    put = [
        quote(95, 10_000, 10_010),
        quote(103, 9_800, 9_810, 34),
        book(106, [(9_800, 30), (9_795, 5)], [(9_810, 99)]),
        *steady(range(120, 140), 9_800, 9_810),
    ]
    trade = straddle(tmp_path, {CALL: call, PUT: put}, exit=at(120))
    assert trade["fills"][:3] == [
        (106, 0, 102, "sell", 0, 9_900, 35),
        (106, 1, 106, "sell", 0, 9_800, 30),
        (106, 1, 106, "sell", 1, 9_795, 5),
    ]
    assert [leg[5] for leg in trade["legs"]] == [9_900 * 35, 9_800 * 30 + 9_795 * 5]


@pytest.mark.parametrize("latency", [1, 3])
def test_an_order_is_filled_only_by_a_row_stamped_at_its_arrival_or_later(tmp_path, latency):
    # The stop is decided at 150. The call quotes again exactly at the arrival, the put a second too early and at 160.
    call = [*steady(range(102, 151), 10_000, 10_010), quote(150 + latency, 10_500, 10_510), quote(160, 11_000, 11_010)]
    put = [*steady(range(102, 150), 10_000, 10_010), quote(150, 20_000, 20_010)]
    put += [quote(149 + latency, 18_000, 18_010)] if latency > 1 else []
    put += [quote(160, 19_000, 19_010)]
    trade = straddle(tmp_path, sold(call, put), stop="10%", latency=f"{latency}s")
    assert trade["entry"] == 100 + latency
    assert [leg[4] for leg in trade["legs"]] == [150 + latency, 160]
    assert [leg[6] for leg in trade["legs"]] == [10_510 * 35, 19_010 * 35]


def test_a_partial_exit_remembers_what_it_took_by_price_and_size(tmp_path):
    books = [
        (201, [(9_010, 20), (9_020, 10)]),  # takes 30, 40 are left
        (202, [(9_010, 20), (9_020, 10)]),  # the same price and size: still gone
        (203, [(9_020, 10), (9_030, 15)]),  # 9,020 moved up a place: still gone; takes 15 at 9,030, 25 left
        (204, [(9_010, 20), (9_030, 15)]),  # 9,010 was away at 203, so it is new: takes 20, 5 left
        (205, [(9_010, 20), (9_005, 0)]),  # a level without size is none
        (206, [(9_010, 21)]),  # another size is a new book: takes 5
    ]
    ready = steady(range(95, 201), 10_000, 10_010)
    call = ready + [book(second, [(9_000, 500)], levels) for second, levels in books]
    trade = straddle(tmp_path, {CALL: call, PUT: ready + steady(range(201, 210), 9_000, 9_010)}, lots="2lots")
    bought = [(fill[0], *fill[4:]) for fill in trade["fills"] if fill[1] == 0 and fill[3] == "buy"]
    assert bought == [
        (201, 0, 9_010, 20),
        (201, 1, 9_020, 10),
        (203, 1, 9_030, 15),
        (204, 0, 9_010, 20),
        (206, 0, 9_010, 5),
    ]
    assert trade["legs"][0][6] == 9_010 * 20 + 9_020 * 10 + 9_030 * 15 + 9_010 * 20 + 9_010 * 5
    assert [leg[4] for leg in trade["legs"]] == [206, 201]


def test_a_bad_row_neither_refreshes_nor_forgets_what_was_taken(tmp_path):
    call = [
        *steady(range(95, 201), 10_000, 10_010),
        book(201, [(9_000, 9)], [(9_010, 20)]),
        book(202, [(9_000, 0)], [(9_015, 20)]),  # no bid: as if it were not there
        book(203, [(9_000, 9)], [(9_010, 20)]),
        book(204, [(9_000, 9)], [(9_010, 15)]),
    ]
    put = steady(range(95, 210), 10_000, 10_010)
    trade = straddle(tmp_path, {CALL: call, PUT: put})
    assert seconds_of(trade, 0, "buy") == [201, 204]


def test_two_legs_that_close_in_one_second_give_the_earlier_rule_as_reason(tmp_path):
    # The call's leg stop fires at 199, the clock at 200; the call quotes no row from 200 to 201.
    call = [*steady(range(102, 199), 10_000, 10_010), quote(199, 10_900, 11_000), quote(201, 10_900, 11_000)]
    put = steady(range(102, 210), 10_000, 10_010)
    trade = straddle(tmp_path, sold(call, put), leg_stop="10%")
    assert [(leg[7], leg[4]) for leg in trade["legs"]] == [("leg_stop", 201), ("time", 201)]
    assert trade["reason"] == "leg_stop"


def test_of_two_legs_the_one_closed_last_gives_the_reason(tmp_path):
    call = [*steady(range(102, 150), 10_000, 10_010), *steady(range(150, 300), 10_900, 11_000)]
    trade = straddle(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), leg_stop="10%")
    assert [(leg[7], leg[4]) for leg in trade["legs"]] == [("leg_stop", 151), ("time", 201)]
    assert trade["reason"] == "time"


def test_the_clock_says_nothing_where_leg_stops_closed_all_in_its_second(tmp_path):
    # Both leg stops fire at 200, the second of the exit: nothing is left for the clock to close.
    late = [*steady(range(102, 200), 10_000, 10_010), *steady(range(200, 210), 10_900, 11_000)]
    trade = straddle(tmp_path, sold(late, late), leg_stop="10%")
    assert [decision[:2] for decision in trade["decisions"]] == [(200, "leg_stop"), (200, "leg_stop")]
    assert [(leg[7], leg[4]) for leg in trade["legs"]] == [("leg_stop", 201), ("leg_stop", 201)]
    assert trade["reason"] == "leg_stop"


# several rows in one second


def test_of_several_rows_in_a_second_the_last_counts(tmp_path):
    # At 201: by timestamp first (a later fraction), whatever its place in the file; of equal timestamps the greater
    # volume, of equal volumes the later place.
    base = steady(range(95, 201), 10_000, 10_010)
    later_fraction = [
        book(201.75, [(8_000, 99)], [(9_000, 99)], volume=1),
        book(201.25, [(8_000, 99)], [(9_100, 99)], volume=9),
    ]
    greater_volume = [
        book(201, [(8_000, 99)], [(9_200, 99)], volume=9),
        book(201, [(8_000, 99)], [(9_300, 99)], volume=5),
    ]
    trade = straddle(tmp_path / "a", {CALL: base + later_fraction, PUT: base + greater_volume})
    assert [leg[6] for leg in trade["legs"]] == [9_000 * 35, 9_200 * 35]
    later_place = [
        book(201, [(8_000, 99)], [(9_400, 99)], volume=5),
        book(201, [(8_000, 99)], [(9_500, 99)], volume=5),
    ]
    trade = straddle(tmp_path / "b", {CALL: base + later_place, PUT: base + later_place[::-1]})
    assert [leg[6] for leg in trade["legs"]] == [9_500 * 35, 9_400 * 35]


def test_a_fraction_of_a_second_is_cut_not_rounded(tmp_path):
    # A row at 100.999 belongs to second 100, before the order's arrival at 101: it decides, it never fills.
    early = [*steady(range(95, 100), 10_000, 10_010), book(100.999, [(12_000, 99)], [(12_010, 99)])]
    call = [*early, *steady(range(102, 210), 10_000, 10_010)]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(95, 210), 10_000, 10_010)})
    assert (trade["entry"], trade["legs"][0][5]) == (102, 350_000)


# the end of the session


def test_an_unclosed_leg_is_marked_flagged_charged_and_kept(tmp_path):
    # The call's last row is at 19,000: 20 units at 90.10, 15 at its last level 90.20, then two slips of 0.30 (neither
    # index nor a usable pair is known at the close): 180,200 + 135,300 + 35 × 60 = 317,600.
    call = [*steady(range(102, 110), 10_000, 10_010), book(19_000, [(9_000, 9)], [(9_010, 20), (9_020, 10)])]
    lake = hand_lake(tmp_path, sold(call, steady(range(102, 21_010), 10_000, 10_010)))
    (trade,) = outcomes(lake, exit=at(21_000))
    assert 20 * 9_010 + 15 * 9_020 + 35 * 60 == 317_600
    assert trade["legs"][0][4:] == (22_500, 350_000, 317_600, "unclosed", 32_400)
    assert trade["legs"][1][4:] == (21_001, 350_000, 350_350, "time", -350)
    assert (trade["reason"], trade["gross"], trade["exit"]) == ("unclosed", 32_050, 22_500)
    # Charged as if bought back there: sales 700,000, purchases 667,950, turnover 1,367,950: 700 + 479.192885 + 6.83975
    # + 1.36795 + 20.0385 + 0.18 × 487.400585 = 1,295.1711903, half up 1,295.
    assert trade["charges"] == 1_295
    tables = tables_of(lake, exit=at(21_000)).tables
    assert tables["trades"]["flags"].to_list() == [["gap", "late_exit", "unclosed"]]
    assert tables["days"]["gross_paise"].to_list() == [32_050]


def expiry_rows(last: int) -> list[dict]:
    return steady(range(95, last), 10_000, 10_010, 99, EXPIRY)


SETTLEMENT = {20_699: 1_00, 20_700: 59_500_00, 22_499: 59_500_01, 22_500: 59_500_01}
"""The last half hour begins at 20,700. Known are 20,700 to 20,702 (at most 2 s old), 22,499 and 22,500: the mean is
59,500.00 and two fifths of a paisa, so 59,500.00."""


def test_on_expiry_day_a_silent_short_leg_settles_and_pays_no_fee_for_it(tmp_path):
    trade = straddle(tmp_path, {CALL: expiry_rows(103), PUT: expiry_rows(103)}, SETTLEMENT, EXPIRY, exit=at(21_000))
    # The call is 100 rupees in the money, the put worthless: 10,000 × 35 and 0.
    assert [(leg[4], leg[6], leg[7]) for leg in trade["legs"]] == [(22_500, 350_000, "settled"), (22_500, 0, "settled")]
    assert trade["gross"] == 350_000
    # Only the sales of 700,000 are charged: 700 + 245.21 + 3.5 + 0.7 + 0.18 × 249.41 = 994.3038, half up 994.
    assert trade["charges"] == 994
    assert trade["net_best"] == trade["net"] == 350_000 - 994


def test_on_expiry_day_a_bought_call_in_the_money_pays_the_tax_on_exercise(tmp_path):
    lake = hand_lake(tmp_path, {CALL: expiry_rows(103), PUT: expiry_rows(103)}, SETTLEMENT, EXPIRY)
    recipe = recipe_of(tmp_path, '[[leg]]\nbuy = "CE"\nstrike = "59400"', time=at(21_000))
    (trade,) = outcomes(lake, EXPIRY, recipe)
    # Bought at 100.10 (350,350), settled at 100.00 (350,000).
    assert (trade["gross"], trade["reason"], trade["margin"]) == (-350, "settled", 350_350)
    # Purchases of 350,350: exchange 122.727605, IPFT 1.75175, SEBI 0.35035, stamp 10.5105, GST 0.18 × 124.829705 =
    # 22.4693469; tax on exercise 0.125 % of 350,000 = 437.5. In all 595.3095519.
    assert trade["charges"] == 595


def test_without_an_index_a_silent_leg_of_expiry_day_is_unclosed(tmp_path):
    trade = straddle(tmp_path, {CALL: expiry_rows(103), PUT: expiry_rows(103)}, None, EXPIRY, exit=at(21_000))
    assert trade["reason"] == "unclosed"
