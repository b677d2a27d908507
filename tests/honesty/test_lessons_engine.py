"""More of the faults of earlier work (specs/lessons.md, E and F), each by hand: entries, exits, sums, sides."""

import pytest

from engine.hand_market import CALL, DAY, PUT, at, book, hand_lake, quote, steady, straddle, tables_of
from engine.position_market import BUY_CALL, CE, ENTER, PE, SELL_BOTH, SELL_CALL, exits, flat, index_of, legs_of, path
from engine.test_desk_by_hand import bids, events, fills, of, send
from engine.test_positions_parity import both
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

QUIET = steady(range(95, 300), 10_000, 10_010)
STEP = index_of((90, 5_940_000), (110, 5_941_000), (130, 5_941_000))


def trades_of(folder, text: str, contracts, index=None) -> list[dict]:
    """The rows of the table of trades."""
    path_of = folder / "by_hand.toml"
    path_of.write_text(f'title = "by hand"\nside = "mixed"\n{text}')
    lake = hand_lake(folder, contracts, index)
    return run_day(lake, "BANKNIFTY", DAY, [Recipe.load(path_of).variant({}, 0)]).tables["trades"].rows(named=True)


def test_e01_a_condition_true_for_many_seconds_is_one_entry_where_one_is_asked_for(tmp_path):
    enter = f'[enter]\nwhen = "spot.last > 59400pt"\nbetween = ["{at(105)}", "{at(190)}"]\ntimes = "1"\n'
    legs = legs_of(tmp_path, enter + SELL_CALL + exits(hold='"5s"'), {CALL: flat()}, STEP)
    assert [leg[3:5] for leg in legs] == [(111, 117)]


def test_e01b_the_profit_that_is_stored_is_that_of_the_logged_legs(tmp_path):
    result = tables_of(hand_lake(tmp_path, {CALL: path((95, 10_000), (150, 11_000)), PUT: flat()}), stop="5%").tables
    legs = result["legs"].rows(named=True)
    assert [leg["side"] for leg in legs] == ["sell", "sell"]
    (trade,) = result["trades"].rows(named=True)
    assert trade["gross_paise"] == sum(leg["entry_value_paise"] - leg["exit_value_paise"] for leg in legs)
    assert trade["gross_paise"] == -35 * (1_010 + 10)


@pytest.mark.parametrize("lots", [1, 2])
def test_e01c_five_rupees_a_trade_are_not_five_points(tmp_path, lots):
    trade = straddle(tmp_path, {CALL: QUIET, PUT: QUIET}, lots=f"{lots}lots")
    assert trade["gross"] - trade["net_flat5"] == 500


def test_e02_the_last_second_of_hours_belongs_to_the_next_ones(tmp_path):
    # True in the one second 120: within 110 to 121, and not within 110 to 120.
    index = index_of((90, 5_940_000), (120, 5_941_000), (121, 5_940_000))
    for until, entries in ((120, []), (121, [121])):
        (tmp_path / str(until)).mkdir()
        enter = f'[enter]\nwhen = "spot.last > 59405pt"\nbetween = ["{at(110)}", "{at(until)}"]\n'
        legs = legs_of(tmp_path / str(until), enter + SELL_CALL + exits(), {CALL: flat()}, index)
        assert [leg[3] for leg in legs] == entries


def test_e02_the_first_second_of_hours_belongs_to_them(tmp_path):
    index = index_of((90, 5_940_000), (120, 5_941_000), (121, 5_940_000))
    enter = f'[enter]\nwhen = "spot.last > 59405pt"\nbetween = ["{at(120)}", "{at(150)}"]\n'
    assert [leg[3] for leg in legs_of(tmp_path, enter + SELL_CALL + exits(), {CALL: flat()}, index)] == [121]


def test_e03_one_position_at_a_time(tmp_path):
    # Entries at 100, 130, 151 and 152; each holds 50 s from its fill, until 152: 130 and 151 are skipped.
    times = ", ".join(f'"{at(second)}"' for second in (100, 130, 151, 152, 200))
    text = f"[enter]\nat = [{times}]\n" + SELL_CALL + exits(hold='"50s"')
    assert [leg[3:5] for leg in legs_of(tmp_path, text, {CALL: flat()})] == [(101, 152), (153, 204)]


def test_e04_margin_is_that_of_the_lots_that_are_open(tmp_path):
    margins = [straddle(tmp_path / lots, {CALL: QUIET, PUT: QUIET}, lots=lots)["margin"] for lots in ("1lots", "3lots")]
    assert margins == [250_000_00, 750_000_00]


def test_e05_no_array_is_a_limit_of_trades(tmp_path):
    # Thirty entries, seven seconds apart, each closed after four: as many trades, in a log that began far smaller.
    seconds = range(100, 100 + 30 * 7, 7)
    times = ", ".join(f'"{at(second)}"' for second in seconds)
    text = f"[enter]\nat = [{times}]\n" + SELL_BOTH + exits(time=f'"{at(400)}"', hold='"3s"')
    # Thirty lots are more than the 1,000 units of a level, and what was taken stays gone until another price is shown.
    call, put = (path((95, bid), (200, bid + 5), until=420) for bid in (10_000, 9_000))
    legs = legs_of(tmp_path, text, {CALL: call, PUT: put})
    assert [leg[3:5] for leg in legs] == [(second + 1, second + 5) for second in seconds for _ in (CE, PE)]
    assert [leg[0] for leg in legs] == [number for number in range(30) for _ in (CE, PE)]


def test_e06_no_trade_ends_in_the_second_it_begins(tmp_path):
    # Each is reached a second after the fill of 101 at the earliest, and its order takes another.
    for words in ({"stop": '"0.1pt"'}, {"hold": '"1s"'}, {"time": f'"{at(101)}"'}):
        folder = tmp_path / "".join(words)
        folder.mkdir()
        ((_, _, _, entry, left, *_),) = legs_of(folder, ENTER + BUY_CALL + exits(**words), {CALL: flat()})
        assert (entry, left) == (101, 103)


def test_e07_a_market_that_stands_still_costs_the_spread(tmp_path):
    assert straddle(tmp_path, {CALL: QUIET, PUT: QUIET})["gross"] == -2 * 35 * 10


def test_e09_an_average_is_that_of_one_contract(tmp_path):
    # The call stands still: its average never lies above it, whatever the put, whose rows stand beside it, does.
    text = ENTER + BUY_CALL + 'signal = "ema(5s) > 101pt"\n[[leg]]\nsell = "PE"\nstrike = "59400"\n' + exits()
    rng = path((60, 10_000), (105, 30_000), (110, 5_000), (120, 40_000))
    legs = legs_of(tmp_path, text, {CALL: path((60, 10_000)), PUT: rng})
    assert legs[0] == (0, CE, "buy", 101, 251, 10_010, 10_000, "time")


def test_e11_what_an_adjusted_trade_realised_stays_in_it(tmp_path):
    # The call is sold at 100.00 and bought back at 120.10, the higher one sold at 60.00 and bought back at 60.10.
    contracts = {CALL: path((95, 10_000), (120, 12_000)), "banknifty25dec59500ce": flat(6_000)}
    text = (
        ENTER + '[[leg]]\nsell = "CE"\n' + exits() + '[[adjust]]\nposition = "spot_move >= 100pt"\ndo = "roll leg 1"\n'
    )
    puts = {name.replace("ce", "pe"): flat() for name in contracts}
    (trade,) = trades_of(tmp_path, text, {**contracts, **puts}, index_of((90, 5_940_000), (119, 5_950_000)))
    assert trade["gross_paise"] == 35 * (10_000 - 12_010 + 6_000 - 6_010)


def test_e13_a_legs_stop_closes_that_leg_and_is_told_as_it_is(tmp_path):
    legs = legs_of(
        tmp_path, ENTER + SELL_BOTH + exits(leg_stop='"10%"'), {CALL: path((95, 10_000), (110, 10_990)), PUT: flat()}
    )
    assert [(leg[1], leg[4], leg[7]) for leg in legs] == [(CE, 111, "leg_stop"), (PE, 251, "time")]


@pytest.mark.parametrize(
    ("to", "word", "kind"),
    [
        (5_950_000, "with", "CE"),
        (5_950_000, "against", "PE"),
        (5_930_000, "with", "PE"),
        (5_930_000, "against", "CE"),
    ],
)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_e15_sides_and_kinds_by_the_direction_of_the_move(tmp_path, to, word, kind, side):
    enter = (
        f'[enter]\nup = "spot_return(10s) >= 0.1%"\ndown = "spot_return(10s) <= -0.1%"\ntimes = "1"\n'
        f'between = ["{at(105)}", "{at(200)}"]\n[[leg]]\n{side} = "{word}"\nstrike = "59400"\n'
    )
    ((_, contract, traded, *_),) = legs_of(
        tmp_path, enter + exits(), {CALL: flat(), PUT: flat()}, index_of((90, 5_940_000), (110, to))
    )
    assert (contract.split()[-1], traded) == (kind, side)


def test_e15_deltas_of_a_sold_pair_cancel_and_those_of_a_hedge_that_doubles_add_up(tmp_path):
    fired = []
    prices = {CALL: path((60, 15_000)), PUT: path((60, 15_000))}
    for side in ("sell", "buy"):
        (tmp_path / side).mkdir()
        text = ENTER + SELL_CALL + f'[[leg]]\n{side} = "PE"\nstrike = "59400"\n' + exits()
        text += '[[adjust]]\nposition = "net_delta > 0.5"\ndo = "close all"\n'
        legs = legs_of(tmp_path / side, text, prices, index_of((60, 5_940_000)))
        fired.append({leg[7] for leg in legs})
    assert fired == [{"time"}, {"adjust"}]


def test_e16_a_trail_is_reached_beneath_a_target(tmp_path):
    # Armed at a gain of 5.00 and two behind; the target stands at 20.00. Best 7.90 at 110, given back from 120 on.
    prices = path((95, 10_000), (110, 10_800), (120, 10_590), (121, 10_590))
    words = {"trail": '{ arm = "5pt", behind = "2pt" }', "target": '"20pt"'}
    assert legs_of(tmp_path, ENTER + BUY_CALL + exits(**words), {CALL: prices}) == [
        (0, CE, "buy", 101, 121, 10_010, 10_590, "trail")
    ]


WHOLE = {
    "stop": ('"4%"', "stop"),
    "target": ('"3%"', "target"),
    "trail": ('{ behind = "6pt" }', "trail"),
    "hold": ('"20s"', "hold"),
    "signal": ('"spot.last > 59405pt"', "signal"),
    "spot": ('{ up = "10pt" }', "spot"),
    "time": (f'"{at(180)}"', "time"),
}


@pytest.mark.parametrize("word", [*WHOLE, *(f"leg_{word}" for word in WHOLE if word != "time")])
def test_e17_every_word_of_an_exit_changes_what_comes_out(tmp_path, word):
    # The pair gains 10.00 at 120, loses 10.00 at 140; the index rises by ten points at 110.
    call = path((95, 10_000), (120, 9_490), (140, 10_490))
    told, reason = WHOLE[word.removeprefix("leg_")]
    if word.startswith("leg_"):
        reason = f"leg_{reason}"
    legs = legs_of(tmp_path, ENTER + SELL_BOTH + exits(**{word: told}), {CALL: call, PUT: call}, STEP)
    assert {leg[7] for leg in legs} == {reason}
    assert legs[0][4] < 251


def test_e18_a_limit_above_the_bid_is_not_filled_by_being_there(tmp_path):
    # 100.05 stands first, at once, between 100.00 and 100.20; nobody sells at it.
    rows = [bids(second, 100, 1_000 + 35 * second, last=10_020) for second in range(100, 120)]
    told = events([send(100, "buy", 35, "limit", price=10_005)], rows)
    assert fills(told) == []
    assert [one["second"] for one in of(told, "placed")] == [101]


def test_e18_parts_of_an_exit_add_up(tmp_path):
    call = [*QUIET[:-99], *(book(second, [(9_990, 99)], [(10_010 + second, 10)]) for second in range(201, 206))]
    trade = straddle(tmp_path, {CALL: call, PUT: QUIET})
    parts = [(fill[0], fill[6]) for fill in trade["fills"] if fill[1] == 0 and fill[3] == "buy"]
    assert parts == [(201, 10), (202, 10), (203, 10), (204, 5)]
    assert trade["legs"][0][6] == 10 * (10_211 + 10_212 + 10_213) + 5 * 10_214


def test_e19_what_nobody_closes_is_told_and_marked_at_the_end_of_the_day(tmp_path):
    result = tables_of(hand_lake(tmp_path, {CALL: QUIET[:50], PUT: QUIET})).tables
    assert result["legs"]["reason"].to_list() == ["unclosed", "time"]
    assert result["trades"]["flags"][0].to_list().count("unclosed") == 1
    assert result["legs"]["exit_time"][0].time().isoformat() == "15:30:00"


@pytest.mark.parametrize(("bid", "fires"), [(29_990, True), (29_985, False)])
def test_e22_a_multiple_of_the_credit_is_lost_on_top_of_it(tmp_path, bid, fires):
    # Sold at 100.00: 2x is a loss of 200.00, so a price of 300.00.
    text = ENTER + SELL_CALL + exits(stop='"2x"')
    ((*_, reason),) = legs_of(tmp_path, text, {CALL: path((95, 10_000), (120, bid))})
    assert reason == ("stop" if fires else "time")


def test_e23_before_the_least_hold_no_signal_closes(tmp_path):
    words = {"signal": '"spot.last > 59405pt"', "min_hold": '"30s"'}
    legs = legs_of(tmp_path, ENTER + BUY_CALL + exits(**words), {CALL: flat()}, STEP)
    assert [leg[4::3] for leg in legs] == [(132, "signal")]  # true from 110 on, but looked at from 101 + 30


def test_e24_the_fast_and_the_slow_engine_tell_the_same(tmp_path):
    trades = 0
    for text, slow, fast, _ in both(tmp_path, 2024, 12):
        assert fast == slow, text
        trades += len(slow)
    assert trades > 12


def test_f01_points_of_many_lots_are_units_times_paise_and_costs_rupees(tmp_path):
    (trade,) = trades_of(tmp_path, ENTER + SELL_CALL + 'lots = "4lots"\n' + exits(), {CALL: flat()})
    assert trade["gross_paise"] == -4 * 35 * 10
    assert trade["net_paise"] == trade["gross_paise"] - trade["charges_paise"]


def test_f08_no_price_is_ever_zero_for_want_of_one(tmp_path):
    # The put is never filled, each leg for itself: it is no leg of the trade, and not one at zero.
    put = path((95, 10_000), until=100) + path((150, 10_000))
    text = ENTER + 'legged = "yes"\n' + SELL_BOTH + exits()
    assert legs_of(tmp_path, text, {CALL: flat(), PUT: put}) == [(0, CE, "sell", 101, 251, 10_000, 10_010, "time")]


def test_e08_a_stop_of_a_bought_leg_is_held_against_the_bid_when_last_is_higher(tmp_path):
    # Last price 100.00, as when it was bought; the bid is ten points lower.
    call = [
        *steady(range(95, 150), 10_000, 10_010),
        *({**quote(s, 8_990, 9_000), "price": 100.0} for s in range(150, 300)),
    ]
    legs = legs_of(tmp_path, ENTER + BUY_CALL + exits(leg_stop='"10%"'), {CALL: call})
    assert [leg[4::3] for leg in legs] == [(151, "leg_stop")]


@pytest.mark.parametrize(
    ("word", "left"),
    [
        ('stop = { at = "ema(5s)" }', (251, "time")),  # below 100.00 at the decision, and never seen again
        ('trail = { at = "ema(5s)" }', (121, "leg_trail")),  # near 110.00 when the bid falls to 106.00
    ],
)
def test_e20_an_average_is_frozen_or_followed_as_the_word_says(tmp_path, word, left):
    prices = path((60, 9_900), (99, 10_000), (105, 11_000), (120, 10_600))
    ((*_, exit_second, _, _, reason),) = legs_of(tmp_path, ENTER + BUY_CALL + word + "\n" + exits(), {CALL: prices})
    assert (exit_second, reason) == left
