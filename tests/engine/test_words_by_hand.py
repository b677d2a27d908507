"""The words of recipes beyond stops and targets, by worked examples; docs/recipes.md, docs/positions.md."""

import polars as pl
import pytest

from engine.hand_market import CALL, DAY, PUT, at, hand_lake, quote
from engine.position_market import BUY_CALL, CE, ENTER, PE, SELL_BOTH, SELL_CALL, exits, flat, index_of, legs_of, path
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

HIGHER_CALL, LOWER_PUT = "banknifty25dec59500ce", "banknifty25dec59300pe"
CE_59500, PE_59300 = "BANKNIFTY 2025-12-30 59500 CE", "BANKNIFTY 2025-12-30 59300 PE"


def notes_of(folder, text, contracts, index=None):
    """Every event that has a reason, as (second's clock, event, reason)."""
    recipe = folder / "by_hand.toml"
    recipe.write_text(f'title = "by hand"\nside = "mixed"\n{text}')
    lake = hand_lake(folder, contracts, index)
    events = run_day(lake, "BANKNIFTY", DAY, [Recipe.load(recipe).variant({}, 0)]).tables["events"]
    return events.filter(pl.col("event") == "missed")["reason"].to_list()


# windows of entry


def test_from_each_time_on_an_entry_is_tried_until_it_is_filled(tmp_path):
    # No row of the put before second 108: the order of 100 finds none to choose, that of 108 the row of 109.
    enter = f'[enter]\nat = "{at(100)}"\nwithin = "60s"\n'
    contracts = {CALL: flat(), PUT: path((108, 10_000))}
    assert [leg[3] for leg in legs_of(tmp_path, enter + SELL_BOTH + exits(), contracts)] == [109, 109]


def test_each_window_of_entry_serves_one_trade(tmp_path):
    # Held for 10 seconds from 101 on, closed at 112; the window from 100 to 159 is used up, that from 200 on is not.
    enter = f'[enter]\nat = ["{at(100)}", "{at(200)}"]\nwithin = "60s"\n'
    legs = legs_of(tmp_path, enter + SELL_CALL + exits(hold='"10s"'), {CALL: flat()})
    assert [leg[3:5] for leg in legs] == [(101, 112), (201, 212)]


def test_within_a_window_the_condition_decides_when(tmp_path):
    enter = f'[enter]\nat = ["{at(100)}", "{at(200)}"]\nwithin = "60s"\nwhen = "spot.last >= 59450pt"\n'
    index = index_of((90, 5_940_000), (130, 5_945_000), (131, 5_940_000), (150, 5_945_000), (260, 5_945_000))
    legs = legs_of(tmp_path, enter + SELL_CALL + exits(hold='"5s"'), {CALL: flat()}, index)
    assert [leg[3] for leg in legs] == [131, 201]


# the options at the money, and a condition on the leg


def test_a_condition_on_the_pair_at_the_money_follows_the_money(tmp_path):
    # At 59400 the pair costs 200.10 throughout, at 59500 it costs 100.10: at the money from second 120 on.
    enter = '[enter]\nbetween = ["09:16:30", "09:19:00"]\ntimes = "1"\nwhen = "pair.mid < 150pt"\n'
    index = index_of((90, 5_940_000), (120, 5_950_000))
    cheap = path((95, 5_000))
    contracts = {CALL: flat(), PUT: flat(), HIGHER_CALL: cheap, "banknifty25dec59500pe": cheap}
    assert [leg[1:4] for leg in legs_of(tmp_path, enter + SELL_BOTH + exits(), contracts, index)] == [
        (CE, "sell", 121),
        (PE, "sell", 121),
    ]


def test_around_atm_pair_takes_the_first_call_above_and_put_below(tmp_path):
    # With the index at 59,440 the call at or above is that of 59,500 (50.05), the put at or below of 59,400 (100.05).
    enter = '[enter]\nbetween = ["09:16:40", "09:19:00"]\ntimes = "1"\naround = "atm_pair"\n'
    enter += 'when = "ce.mid < 60pt and pe.mid > 90pt and pair.mid > 150pt"\n'
    contracts = {CALL: flat(), PUT: flat(), HIGHER_CALL: path((95, 5_000)), "banknifty25dec59500pe": path((95, 20_000))}
    index = index_of((90, 5_944_000))
    assert [leg[3] for leg in legs_of(tmp_path, enter + SELL_CALL + exits(), contracts, index)] == [101]


def test_a_leg_may_ask_something_of_the_contract_that_it_finds(tmp_path):
    enter = f'[enter]\nat = "{at(100)}"\nwithin = "60s"\n'
    leg = '[[leg]]\nsell = "CE"\nstrike = "59400"\nwhen = "mid <= 95.05pt"\n'
    prices = path((95, 10_000), (120, 9_500), (140, 9_400))
    assert [leg[3:5] for leg in legs_of(tmp_path, enter + leg + exits(), {CALL: prices})] == [(121, 251)]


def test_a_leg_that_never_finds_what_it_asks_for_says_so(tmp_path):
    leg = '[[leg]]\nsell = "CE"\nstrike = "59400"\nwhen = "mid <= 95pt"\n'
    assert notes_of(tmp_path, ENTER + leg + exits(), {CALL: flat()}) == [
        "leg 1: what must be true of it is not true of the strike 59400"
    ]


# days


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ('to_expiry = "0"', "2025-12-15 is 10 trading days before the expiry, and [days] asks for 0"),
        ('to_expiry = "11..20"', "2025-12-15 is 10 trading days before the expiry, and [days] asks for 11 to 20"),
        ('weekdays = ["Tue", "Fri"]', "2025-12-15 is a Mon, and [days] names Tue, Fri"),
        ('events = "only"', "2025-12-15 has no event"),
        ('without = ["2025-12-15"]', "2025-12-15 is left out by [days]"),
    ],
)
def test_on_other_days_nothing_is_done_with_the_reason(tmp_path, days, why):
    # From 16 to 30 December 2025 there are eleven weekdays; Christmas is a holiday.
    text = ENTER + SELL_CALL + exits() + f"[days]\n{days}\n"
    assert notes_of(tmp_path, text, {CALL: flat()}) == [why]


@pytest.mark.parametrize("days", ['to_expiry = "10"', 'weekdays = "Mon"', 'events = "skip"', 'without = "2025-12-16"'])
def test_on_the_days_that_are_meant_it_trades(tmp_path, days):
    text = ENTER + SELL_CALL + exits() + f"[days]\n{days}\n"
    assert len(legs_of(tmp_path, text, {CALL: flat()})) == 1


# prices frozen at the decision, and prices that are followed


def test_a_stop_at_a_price_known_at_the_decision(tmp_path):
    # The least last price of the 5 seconds up to 100 is 98.00 (of 97). Bought at 100.10; bid 98.05 holds, 98.00 fires.
    prices = path((95, 10_000), (97, 9_800), (98, 10_000), (120, 9_805), (130, 9_800), (131, 9_700))
    leg = '[[leg]]\nbuy = "CE"\nstrike = "59400"\nstop = { at = "lowest(5s)" }\n'
    assert legs_of(tmp_path, ENTER + leg + exits(), {CALL: prices}) == [
        (0, CE, "buy", 101, 131, 10_010, 9_700, "leg_stop")
    ]


def test_a_target_at_a_price_of_a_sold_leg(tmp_path):
    # Sold at 100.00, target where it costs the bid of the decision less 5: asked 95.05 holds, 95.00 fires.
    prices = path((95, 10_000), (120, 9_495), (130, 9_490), (131, 9_480))
    leg = '[[leg]]\nsell = "CE"\nstrike = "59400"\ntarget = { at = "bid - 5pt" }\n'
    assert legs_of(tmp_path, ENTER + leg + exits(), {CALL: prices}) == [
        (0, CE, "sell", 101, 131, 10_000, 9_490, "leg_target")
    ]


def test_without_the_price_there_is_no_entry(tmp_path):
    leg = '[[leg]]\nbuy = "CE"\nstrike = "59400"\nstop = { at = "lowest(60s)" }\n'
    assert notes_of(tmp_path, ENTER + leg + exits(), {CALL: flat()}) == ["no_value"]


def test_a_trail_at_a_price_follows_it_and_never_falls(tmp_path):
    # The last price of five seconds before is followed. Bought at 100.10; bid 104.00 from 110, so from 116 on (the
    # price as of 115, known a second later) the floor is 104.00: 103.95 at 119 fires, filled at 120.
    prices = path((95, 10_000), (110, 10_400), (115, 10_500), (119, 10_395), (120, 10_300))
    text = ENTER + BUY_CALL + exits(leg_trail='{ at = "earlier(5s)" }', leg_min_hold='"12s"')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 120, 10_010, 10_300, "leg_trail")]


def test_a_trail_behind_a_feature_keeps_its_distance(tmp_path):
    # Twice the spread of 0.10 behind the best gain: best bid 104.00 at 110, floor 103.80 from 111 on; 103.80 fires.
    prices = path((95, 10_000), (110, 10_400), (120, 10_381), (130, 10_380), (131, 10_300))
    text = ENTER + BUY_CALL + exits(leg_trail='{ arm = "3pt", behind = "2 * spread" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 131, 10_010, 10_300, "leg_trail")]


# strips and strikes fixed at a time


def test_a_strike_fixed_at_a_time_stays_where_the_money_moves_on(tmp_path):
    index = index_of((90, 5_940_000), (97, 5_950_000))
    contracts = {CALL: flat(), PUT: flat(), HIGHER_CALL: flat(), "banknifty25dec59500pe": flat()}
    leg = f'[[leg]]\nsell = "CE"\nstrike = "atm at {at(96)}"\n'
    assert [leg[1] for leg in legs_of(tmp_path, ENTER + leg + exits(), contracts, index)] == [CE]


def test_a_strip_fixed_at_the_start_of_a_window(tmp_path):
    # Of the strip of second 100, at 59400, the call's bid passes 103 at 120; the money has moved to 59500 by then.
    index = index_of((90, 5_940_000), (110, 5_950_000))
    contracts = {CALL: path((95, 10_000), (120, 10_300)), PUT: flat(), HIGHER_CALL: path((95, 11_000)),
                 "banknifty25dec59500pe": flat()}  # fmt: skip
    enter = f'[enter]\nat = "{at(100)}"\nwithin = "60s"\nwhen = "bid >= 103pt"\n'
    enter += 'scan = { strikes = "atm..atm", fixed = "start" }\n'
    leg = '[[leg]]\nbuy = "trigger"\n'
    assert [leg[1:4] for leg in legs_of(tmp_path, enter + leg + exits(), contracts, index)] == [(CE, "buy", 121)]


# adjustments


def adjust(**words: str) -> str:
    return "[[adjust]]\n" + "".join(f"{name} = {value}\n" for name, value in words.items())


def test_half_of_a_leg_is_closed_and_the_rest_goes_on(tmp_path):
    prices = path((95, 10_000), (110, 9_000))
    leg = '[[leg]]\nsell = "CE"\nstrike = "59400"\nlots = "2lots"\n'
    text = ENTER + leg + exits(covers='"what is left"') + adjust(position='"gain >= 5pt"', do='"close half of leg 1"')
    assert legs_of(tmp_path, text, {CALL: prices}) == [
        (0, CE, "sell", 101, 251, 10_000, 9_010, "time"),
        (0, CE, "sell", 101, 111, 10_000, 9_010, "adjust"),
    ]


def test_a_winner_held_in_halves_is_closed_whole(tmp_path):
    legs = SELL_BOTH.replace('strike = "59400"', 'strike = "59400"\nlots = "2lots"')
    text = ENTER + legs + exits(covers='"what is left"')
    text += adjust(position='"winner_gain >= 9pt"', do='"close winner"')
    text += adjust(position='"held >= 500s"', do='"close half of all"')
    found = legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 9_000)), PUT: flat()})
    assert [(leg[1], leg[4]) for leg in found] == [(CE, 111), (CE, 111), (PE, 251), (PE, 251)]


def test_a_roll_balances_the_premiums(tmp_path):
    # The call fell to 50.05, the put stands at 100.05: of the calls the one at 59300 with 90.05 comes nearest,
    # but it lies past the put's strike of 59400, so the one at 59500 with 80.05 is taken rather than 59400 with 50.05.
    contracts = {
        CALL: path((95, 10_000), (110, 5_000)), PUT: flat(),
        HIGHER_CALL: path((95, 8_000)), "banknifty25dec59300ce": path((95, 9_000)),
    }  # fmt: skip
    text = ENTER + SELL_BOTH + exits(covers='"what is left"')
    text += adjust(position='"imbalance > 30%"', do='"roll winner"', strike='"balances"')
    assert legs_of(tmp_path, text, contracts) == [
        (0, CE, "sell", 101, 111, 10_000, 5_010, "adjust"),
        (0, PE, "sell", 101, 251, 10_000, 10_010, "time"),
        (0, CE_59500, "sell", 111, 251, 8_000, 8_010, "time"),
    ]


def test_a_roll_by_steps_from_the_strike_that_is_held(tmp_path):
    contracts = {CALL: path((95, 10_000), (110, 5_000)), HIGHER_CALL: path((95, 8_000))}
    text = ENTER + SELL_CALL + exits() + adjust(position='"winner_gain >= 40pt"', do='"roll all"', strike='"held+1"')
    assert [leg[1:5] for leg in legs_of(tmp_path, text, contracts)] == [
        (CE, "sell", 101, 111),
        (CE_59500, "sell", 111, 251),
    ]


def test_a_leg_whose_kind_the_entry_decided_is_rolled_to_the_same_kind(tmp_path):
    enter = f'[enter]\nbetween = ["{at(100)}", "{at(101)}"]\nup = "spot.last > 59000pt"\n'
    leg = '[[leg]]\nsell = "against"\nstrike = "atm"\n'
    index = index_of((90, 5_940_000), (110, 5_930_000))
    contracts = {CALL: flat(), PUT: flat(), "banknifty25dec59300ce": flat(), LOWER_PUT: flat()}
    text = enter + leg + exits() + adjust(position='"spot_down >= 100pt"', do='"roll all"')
    assert [leg[1:5] for leg in legs_of(tmp_path, text, contracts, index)] == [
        (PE, "sell", 101, 111),
        (PE_59300, "sell", 111, 251),
    ]


def test_what_is_missing_is_opened_again(tmp_path):
    # The call reaches its target and is gone; once the put loses 10, the entry's missing leg is sold anew.
    call = path((95, 10_000), (110, 9_000))
    put = path((95, 10_000), (130, 11_000))
    text = ENTER + SELL_BOTH + exits(covers='"what is left"', leg_target='"9%"')
    text += adjust(position='"loser_gain <= -10pt and legs < 2"', do='"open missing"')
    assert [leg[1:5] for leg in legs_of(tmp_path, text, {CALL: call, PUT: put})] == [
        (CE, "sell", 101, 111),
        (PE, "sell", 101, 251),
        (CE, "sell", 131, 251),
    ]


def test_the_whole_is_moved_to_cost(tmp_path):
    # Sold at 100.00; at 110 asked 90.10, so that it may move to cost; at 130 asked 100.00 the gain is nothing: closed.
    prices = path((95, 10_000), (110, 9_000), (130, 9_990), (131, 9_980))
    text = ENTER + SELL_CALL + exits() + adjust(position='"gain >= 5pt"', do='"whole to cost"')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "sell", 101, 131, 10_000, 9_990, "cost")]


@pytest.mark.parametrize(
    ("moves", "closed"),
    [
        ([(110, 5_942_000)], 111),  # 20 points up
        ([(110, 5_938_000)], 251),  # down is not up
    ],
)
def test_the_index_moves_up_since_the_decision(tmp_path, moves, closed):
    text = ENTER + SELL_CALL + exits() + adjust(position='"spot_up >= 20pt"', do='"close all"')
    legs = legs_of(tmp_path, text, {CALL: flat()}, index_of((90, 5_940_000), *moves))
    assert [leg[4] for leg in legs] == [closed]


def test_a_word_about_the_position_may_have_to_last(tmp_path):
    # Above 10 points from 110 to 118, nine seconds; again from 130 on: true for ten seconds at 139, filled at 140.
    index = index_of((90, 5_940_000), (110, 5_942_000), (119, 5_940_000), (130, 5_942_000))
    text = ENTER + SELL_CALL + exits() + adjust(position='"spot_up > 10pt for 10s"', do='"close all"')
    assert [leg[4] for leg in legs_of(tmp_path, text, {CALL: flat()}, index)] == [140]


def test_how_far_the_nearest_sold_strike_is_from_the_index(tmp_path):
    # Sold 59400 put and 59500 call: with the index at 59,450 both are 50 away; at 59,460 the call is 40.
    index = index_of((90, 5_945_000), (110, 5_946_000))
    legs = '[[leg]]\nsell = "CE"\nstrike = "59500"\n[[leg]]\nsell = "PE"\nstrike = "59400"\n'
    text = ENTER + legs + exits() + adjust(position='"strike_distance < 41pt"', do='"close all"')
    found = legs_of(tmp_path, text, {HIGHER_CALL: flat(), PUT: flat()}, index)
    assert [leg[4] for leg in found] == [111, 111]


def test_one_leg_moved_twice_as_far_as_the_other(tmp_path):
    # Since entry the call's ask went from 100.00 to 109.10, the put's from 100.00 to 96.10: 9.10 against 3.90.
    text = ENTER + SELL_BOTH + exits(covers='"what is left"')
    text += adjust(position='"move_ratio > 2"', do='"close winner"')
    found = legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 10_900)), PUT: path((95, 10_000), (110, 9_600))})
    assert [(leg[1], leg[4]) for leg in found] == [(CE, 251), (PE, 111)]


def test_the_credit_counts_what_a_roll_brought(tmp_path):
    # 100.00 sold, 50.10 paid to close and 80.00 for the next: 129.90 from 111 on; the second rule waits for 120.
    contracts = {CALL: path((95, 10_000), (110, 5_000)), HIGHER_CALL: path((95, 8_000))}
    text = ENTER + SELL_CALL + exits(covers='"what is left"')
    text += adjust(position='"winner_gain >= 40pt"', do='"roll all"', strike='"held+1"')
    text += adjust(position='"credit > 120pt"', do='"close all"')
    assert [leg[4] for leg in legs_of(tmp_path, text, contracts)] == [111, 113]


def test_an_adjustment_may_speak_of_the_contract_held(tmp_path):
    text = ENTER + SELL_CALL + exits() + adjust(when='"leg.bid < 95pt and spot.last > 59000pt"', do='"close all"')
    legs = legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 9_000))}, index_of((90, 5_940_000)))
    assert [leg[4] for leg in legs] == [111]


# the day


def test_the_day_keeps_what_it_had_gained(tmp_path):
    # 35 units: asked 90.10 at 110, the gain is 346.50; from 300 on never more than 150 behind, so from 111 on the floor
    # is 196.50. Asked 94.39 at 120 gains 196.35: closed at 121, and the entry at 200 finds the day over.
    prices = path((95, 10_000), (110, 9_000), (120, 9_429))
    enter = f'[enter]\nat = ["{at(100)}", "{at(200)}"]\n'
    text = enter + SELL_CALL + exits() + '[day]\ntrail = { arm = "300rs", behind = "150rs" }\n'
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "sell", 101, 121, 10_000, 9_439, "day_trail")]


def test_a_floor_of_a_percentage_lies_between_two_half_paise(tmp_path):
    # Sold at 100.03, 35 units: 3501.05. A hundredth of a percent of it is 0.350105, so a gain of 0.35 lies below the
    # floor and fires, though it is above the floor rounded down to a half-paisa.
    quotes = [quote(second, 10_003, 10_013) for second in range(95, 110)]
    quotes += [quote(second, 9_000, 9_010) for second in range(110, 120)]
    quotes += [quote(second, 9_992, 10_002) for second in range(120, 300)]
    text = ENTER + SELL_CALL + exits(leg_trail='{ arm = "5pt", lock = "0.01%" }')
    assert [leg[4::3] for leg in legs_of(tmp_path, text, {CALL: quotes})] == [(121, "leg_trail")]
