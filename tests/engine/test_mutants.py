"""What a run of `engine.mutations` showed no other quick test to notice; each test names the wrong it is there for.

Rows and orders as in test_by_hand: both legs sold at 100.00 in second 101, 35 units each; money in paise.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.hand_market import (
    BEFORE,
    CALL,
    DAY,
    LOT,
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
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

OPEN = dt.datetime.combine(DAY, dt.time(9, 15))
CALL_NAME, PUT_NAME = "BANKNIFTY 2025-12-30 59400 CE", "BANKNIFTY 2025-12-30 59400 PE"
BOUGHT_CALL = '[[leg]]\nbuy = "CE"\nstrike = "59400"'


def second_of(time: dt.datetime) -> int:
    return int((time.replace(tzinfo=None) - OPEN).total_seconds())


def events_of(tables: dict) -> list[tuple]:
    """(second, event, leg, contract's kind, stamp of the row, side, level, price, quantity, displayed, observed,
    threshold, reason) of each event."""
    columns = ("side", "level", "price_paise", "quantity", "displayed", "observed_paise", "threshold_paise")
    return [
        (
            *(second_of(line["time"]), line["event"], line["leg"], line["contract"] and line["contract"][-2:]),
            line["row_time"] and second_of(line["row_time"]),
            *(line[name] for name in columns),
            line["reason"],
        )
        for line in tables["events"].rows(named=True)
    ]


def test_every_column_of_every_line_of_a_leg_stop_that_closes_in_parts(tmp_path):
    # The call's ask is 110.05 at 150: 35 × 11,005 = 385,175 ≥ 110 % of 350,000 = 385,000. At 151 it takes 20 + 10, at
    # 152 the 5 that are left. The put goes by the clock at 200.
    parts = [book(151, [(10_900, 50)], [(11_005, 20), (11_010, 10)]), book(152, [(10_900, 50)], [(11_020, 70)])]
    call = [*steady(range(102, 150), 10_000, 10_010), quote(150, 10_900, 11_005), *parts]
    lake = hand_lake(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)))
    tables = tables_of(lake, leg_stop="10%").tables
    given = "59400 as given"
    assert events_of(tables) == [
        (100, "decision", 0, "CE", 100, "sell", None, None, 35, None, None, None, given),
        (100, "decision", 1, "PE", 100, "sell", None, None, 35, None, None, None, given),
        (101, "fill", 0, "CE", 101, "sell", 0, 10_000, 35, 1000, None, None, None),
        (101, "fill", 1, "PE", 101, "sell", 0, 10_000, 35, 1000, None, None, None),
        (150, "leg_stop", 0, "CE", 150, None, None, None, None, None, 385_175, 385_000, "leg_stop"),
        (150, "order", 0, "CE", 150, "buy", None, None, 35, None, 385_175, None, "leg_stop"),
        (151, "fill", 0, "CE", 151, "buy", 0, 11_005, 20, 20, None, None, "leg_stop"),
        (151, "fill", 0, "CE", 151, "buy", 1, 11_010, 10, 10, None, None, "leg_stop"),
        (152, "fill", 0, "CE", 152, "buy", 0, 11_020, 5, 70, None, None, "leg_stop"),
        (200, "time", None, None, None, None, None, None, None, None, None, None, "time"),
        (200, "order", 1, "PE", 200, "buy", None, None, 35, None, 350_350, None, "time"),
        (201, "fill", 1, "PE", 201, "buy", 0, 10_010, 35, 1000, None, None, "time"),
    ]
    legs = tables["legs"]
    assert legs["stop_value_paise"].to_list() == [385_000, 385_000]
    assert tables["trades"]["partial_exits"].to_list() == [1]


def test_stop_and_target_are_told_in_money(tmp_path):
    lake = hand_lake(tmp_path, sold(*[steady(range(102, 300), 10_000, 10_010)] * 2))
    told = tables_of(lake, stop="10%", target="350rs").tables["trades"]
    assert told["stop_paise"].to_list() == [70_000]
    assert told["target_paise"].to_list() == [35_000]
    none = tables_of(lake).tables["trades"]
    assert none["stop_paise"].to_list() == none["target_paise"].to_list() == [None]


def test_spread_depth_and_latency_paid(tmp_path):
    # Entry of the call: decided at a mid of 100.05, filled at a mid of 99.95 by 20 at 99.90 and 15 at 99.80: spread
    # 35 × 5 = 175, depth 15 × 10 = 150, latency 35 × 10 = 350. Its exit: decided and filled at a mid of 99.95, by 30 at
    # 100.00 and 5 at 100.20: spread 175, depth 5 × 20 = 100. The put: spread 175 each, nothing else.
    call = [
        *BEFORE[:-1],
        book(101, [(9_990, 20), (9_980, 15)], [(10_000, 99)]),
        *steady(range(102, 201), 9_990, 10_000),
        book(201, [(9_990, 99)], [(10_000, 30), (10_020, 9)]),
    ]
    lake = hand_lake(tmp_path, {CALL: call, PUT: BEFORE + steady(range(102, 210), 10_000, 10_010)})
    told = tables_of(lake).tables["trades"].row(0, named=True)
    assert (told["spread_paise"], told["depth_paise"], told["latency_paise"]) == (4 * 175, 250, 350)


@pytest.mark.parametrize("crossed", [False, True])
def test_a_decision_on_a_bad_row_has_no_mid_to_pay_latency_from(tmp_path, crossed):
    # At 200, which decides by the clock, the call shows 100.20 and 100.30, or the same crossed; it is bought at 201
    # at a mid of 100.05, 20 below the good one: 35 × 20 saved.
    bid, ask = (10_030, 10_020) if crossed else (10_020, 10_030)
    call = [*steady(range(102, 200), 10_000, 10_010), quote(200, bid, ask), *steady(range(201, 210), 10_000, 10_010)]
    lake = hand_lake(tmp_path, sold(call, steady(range(102, 210), 10_000, 10_010)))
    assert tables_of(lake).tables["trades"]["latency_paise"].to_list() == [0 if crossed else -35 * 20]


def test_the_band_walks_the_last_row_of_the_next_second(tmp_path):
    # The call is sold at 101; the next row bids 99.50 for 20 and 99.00 for the rest. It is bought at 201 at 100.10; of
    # the two rows of 202 the later counts: 103.00 for 20 and 103.10 for 5, the last level; that of 203 is too late.
    call = [
        book(102, [(9_950, 20), (9_900, 99)], [(10_010, 99)]),
        *steady(range(103, 202), 10_000, 10_010),
        quote(202, 19_000, 19_010),
        book(202.5, [(10_290, 99)], [(10_300, 20), (10_310, 5)]),
        quote(203, 30_000, 30_010),
    ]
    lake = hand_lake(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), {101: 1, 201: 1})
    told = tables_of(lake).tables["trades"].row(0, named=True)
    # slips of 0.30, as the index is nowhere near; the put's sale 99.70, its purchase 100.40
    sales = 20 * 9_950 + 15 * 9_900 - 35 * 30 + 35 * 9_970
    assert told["gross_worst_paise"] == sales - (20 * 10_300 + 15 * 10_310 + 35 * 30) - 35 * 10_040


def recipe_with_entries(folder: Path, seconds: list[int]) -> Recipe:
    """A straddle entered at each of these seconds, with a leg stop of 10 %, closed by the clock at 200."""
    recipe_of(folder, "".join(f'[[leg]]\nsell = "{kind}"\nstrike = "59400"\n' for kind in ("CE", "PE")), leg_stop="10%")
    path = folder / "by_hand.toml"
    times = ", ".join(f'"{at(second)}"' for second in seconds)
    path.write_text(path.read_text().replace(f'at = "{at(100)}"', f"at = [{times}]"))
    return Recipe.load(path)


def jumping(*seconds: int) -> list[dict]:
    """A steady book that stands 20 rupees higher in these seconds."""
    return [quote(second, *((12_000, 12_010) if second in seconds else (10_000, 10_010))) for second in range(95, 210)]


def test_a_second_trade_of_the_day_begins_with_all_its_legs_open(tmp_path):
    lake = hand_lake(tmp_path, {CALL: jumping(110, 111), PUT: jumping(120, 121, 140, 141)})
    first, second = outcomes(lake, recipe=recipe_with_entries(tmp_path, [100, 130]))
    assert [(leg[3], leg[4], leg[7]) for leg in first["legs"]] == [(101, 111, "leg_stop"), (101, 121, "leg_stop")]
    assert [(leg[3], leg[4], leg[7]) for leg in second["legs"]] == [(131, 201, "time"), (131, 141, "leg_stop")]


@pytest.mark.parametrize(("second", "skipped"), [(101, True), (111, True), (120, True), (121, False), (122, False)])
def test_an_entry_while_a_position_is_there_is_skipped_with_a_line(tmp_path, second, skipped):
    # In at 101, the call out at 111, the put at 121: that second is free again.
    lake = hand_lake(tmp_path, {CALL: jumping(110, 111), PUT: jumping(120, 121)})
    tables = run_day(lake, "BANKNIFTY", DAY, [recipe_with_entries(tmp_path, [100, second]).variant({}, 0)]).tables
    lines = [line for line in events_of(tables) if line[1] == "skipped"]
    assert lines == ([(second, "skipped", *[None] * 11)] if skipped else [])
    assert tables["trades"].height == (1 if skipped else 2)


@pytest.mark.parametrize(
    ("bids", "asks", "enters"),
    [
        ([(10_000, 34)], [(10_010, 35)], True),
        ([(10_000, 35)], [(10_010, 34)], False),
        ([(10_000, 20), (9_990, 50)], [(10_010, 20), (10_020, 14)], False),
    ],
)
def test_a_purchase_is_held_by_the_asks(tmp_path, bids, asks, enters):
    rows = [book(second, bids, asks) for second in range(95, 210)]
    (answer,) = outcomes(hand_lake(tmp_path, {CALL: rows}), recipe=recipe_of(tmp_path, BOUGHT_CALL))
    if enters:
        assert (answer["entry"], answer["legs"][0][5]) == (101, 350_350)
    else:
        assert answer == {"missed": (106, 0, "thin_book")}


def test_margin_is_of_the_greater_side_and_by_lots(tmp_path):
    rows = {CALL: steady(range(95, 210), 10_000, 10_010), PUT: steady(range(95, 210), 10_000, 10_010)}
    legs = (
        '[[leg]]\nsell = "CE"\nstrike = "59400"\nlots = "3lots"\n'
        '[[leg]]\nsell = "PE"\nstrike = "59400"\nlots = "2lots"\n'
        '[[leg]]\nbuy = "PE"\nstrike = "59400"\nlots = "9lots"\n'
    )
    (trade,) = outcomes(hand_lake(tmp_path, rows), recipe=recipe_of(tmp_path, legs))
    assert trade["margin"] == 3 * 250_000_00
    assert [leg[2] for leg in trade["legs"]] == [3 * LOT, 2 * LOT, 9 * LOT]


def test_each_leg_is_told_with_its_own_contract_and_end(tmp_path):
    # The put never quotes again after the exit's order: it is unclosed, the call was closed at 201.
    trade = straddle(tmp_path, sold(steady(range(102, 210), 10_000, 10_010), steady(range(102, 201), 10_000, 10_010)))
    assert [(leg[0], leg[4], leg[7]) for leg in trade["legs"]] == [
        (CALL_NAME, 201, "time"),
        (PUT_NAME, 22_500, "unclosed"),
    ]


def test_decisions_and_orders_name_the_side_of_their_own_leg(tmp_path):
    lake = hand_lake(tmp_path, {CALL: jumping(), PUT: jumping()})
    recipe = recipe_of(tmp_path, '[[leg]]\nsell = "CE"\nstrike = "59400"\n[[leg]]\nbuy = "PE"\nstrike = "59400"\n')
    tables = run_day(lake, "BANKNIFTY", DAY, [recipe.variant({}, 0)]).tables
    sides = [(line[1], line[3], line[5]) for line in events_of(tables) if line[1] != "time"]
    assert sides == [
        ("decision", "CE", "sell"),
        ("decision", "PE", "buy"),
        ("fill", "CE", "sell"),
        ("fill", "PE", "buy"),
        ("order", "CE", "buy"),
        ("order", "PE", "sell"),
        ("fill", "CE", "buy"),
        ("fill", "PE", "sell"),
    ]


@pytest.mark.parametrize(
    ("bids", "asks", "flag"),
    [
        ([], [(10_010, 99)], "empty_book"),
        ([(10_000, 99)], [], "empty_book"),
        ([(10_000, 0)], [(10_010, 99)], "empty_book"),
        ([(10_000, 99)], [(10_010, 0)], "empty_book"),
        ([(10_010, 99)], [(10_010, 99)], "crossed_book"),
    ],
)
def test_a_book_without_a_side_is_empty_and_not_crossed(tmp_path, bids, asks, flag):
    rows = [book(second, bids, asks) if second == 150 else quote(second, 10_000, 10_010) for second in range(95, 210)]
    lake = hand_lake(tmp_path, {CALL: rows, PUT: steady(range(95, 210), 10_000, 10_010)})
    assert tables_of(lake).tables["trades"]["flags"].to_list() == [[flag]]


@pytest.mark.parametrize(
    ("second", "flagged"), [(98, False), (99, False), (100, True), (150, True), (200, True), (202, False)]
)
@pytest.mark.parametrize("flag", ["empty_book", "crossed_book"])
def test_bad_books_count_from_the_row_that_decided_to_the_row_that_closed(tmp_path, second, flagged, flag):
    bad = book(second, [], [(10_010, 99)]) if flag == "empty_book" else quote(second, 10_020, 10_010)
    rows = [bad if at_second == second else quote(at_second, 10_000, 10_010) for at_second in range(95, 210)]
    lake = hand_lake(tmp_path, {CALL: rows, PUT: steady(range(95, 210), 10_000, 10_010)})
    assert tables_of(lake).tables["trades"]["flags"].to_list() == [[flag] if flagged else []]


def test_the_band_of_a_sale_may_reach_deeper_than_any_purchase(tmp_path):
    # The best level is loaded first, and every ask holds the lot there: only the bids of 102 run out, 20 at 99.50.
    call = [book(102, [(9_950, 20), (9_900, 99)], [(10_010, 99)]), *steady(range(103, 300), 10_000, 10_010)]
    lake = hand_lake(tmp_path, sold(call, steady(range(102, 300), 10_000, 10_010)), {101: 1, 201: 1})
    told = tables_of(lake).tables["trades"].row(0, named=True)
    sales = 20 * 9_950 + 15 * 9_900 - 35 * 30 + 35 * 9_970
    assert told["gross_worst_paise"] == sales - 2 * 35 * 10_040
