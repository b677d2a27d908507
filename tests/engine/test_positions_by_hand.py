"""Positions by worked examples: trails, re-entries, adjustments, limits of the day; docs/positions.md."""

import pytest

from engine.hand_market import CALL, DAY, PUT, at, hand_lake
from engine.position_market import BUY_CALL, CE, ENTER, PE, SELL_BOTH, SELL_CALL, exits, flat, index_of, legs_of, path
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

# trails


def test_a_trail_is_armed_by_the_best_gain_and_stays_behind_it(tmp_path):
    # Bought at 100.10. Best gains: 3.90 at 102, 5.90 at 103, which arms. From 104 on the floor is 5.90 − 2 = 3.90:
    # 104.50 gains 4.40 and stays, 103.90 gains 3.80 and fires at 105; the row of 106 is bid 103.00.
    prices = path((95, 10_000), (102, 10_400), (103, 10_600), (104, 10_450), (105, 10_390), (106, 10_300))
    text = ENTER + BUY_CALL + exits(trail='{ arm = "5pt", behind = "2pt" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 106, 10_010, 10_300, "trail")]


def test_a_trail_that_was_never_armed_never_fires(tmp_path):
    prices = path((95, 10_000), (102, 10_400), (105, 9_000))
    text = ENTER + BUY_CALL + exits(trail='{ arm = "5pt", behind = "2pt" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 251, 10_010, 9_000, "time")]


def test_without_an_arm_a_trail_follows_from_the_second_after_the_fill(tmp_path):
    # At 102 the gain is −0.10, best so far; from 103 on the floor is −2.10: 97.00 gains −3.10.
    prices = path((95, 10_000), (103, 9_700))
    text = ENTER + BUY_CALL + exits(trail='{ behind = "2pt" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 104, 10_010, 9_700, "trail")]


def test_a_lock_keeps_a_gain_and_moves_with_every_step(tmp_path):
    # Sold at 100.00. Asked 93.10 at 102: gain 6.90, armed at 5. Locked is 1 + ⌊(6.90 − 5) / 1⌋ × 0.50 = 1.50.
    # At 103 asked 98.60 gains 1.40 and fires; at 104 bought at 98.70.
    prices = path((95, 10_000), (102, 9_300), (103, 9_850), (104, 9_860))
    text = ENTER + SELL_CALL + exits(trail='{ arm = "5pt", lock = "1pt", every = "1pt", move = "0.5pt" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "sell", 101, 104, 10_000, 9_870, "trail")]


@pytest.mark.parametrize(("bid", "fires"), [(10_450, True), (10_451, False)])
def test_a_share_of_the_best_price_of_a_bought_leg(tmp_path, bid, fires):
    # Best bid 110.00, five percent of it 5.50: fires at 104.50 and not a paisa above.
    prices = path((95, 10_000), (102, 11_000), (103, bid), (104, 12_000))
    text = ENTER + BUY_CALL + exits(leg_trail='{ behind = "5% of best" }')
    last = (104, 12_000, "leg_trail") if fires else (251, 12_000, "time")
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, last[0], 10_010, last[1], last[2])]


@pytest.mark.parametrize(("ask", "fires"), [(8_400, True), (8_399, False)])
def test_a_share_of_the_best_price_of_a_sold_leg(tmp_path, ask, fires):
    # Least asked 80.00, five percent of it 4.00: fires at 84.00 and not a paisa below.
    prices = path((95, 10_000), (102, 7_990), (103, ask - 10), (104, 7_000))
    text = ENTER + SELL_CALL + exits(leg_trail='{ behind = "5% of best" }')
    last = (104, 7_010, "leg_trail") if fires else (251, 7_010, "time")
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "sell", 101, last[0], 10_000, last[1], last[2])]


def test_the_highest_armed_rung_counts_but_the_floor_never_falls(tmp_path):
    # Bought at 100.10. Best 6.90 at 102 arms the first rung: floor 5.90. Best 7.20 at 103 arms the second, whose floor
    # of 7.20 − 3 = 4.20 lies below: 5.90 stays, and 105.90, a gain of 5.80, fires.
    prices = path((95, 10_000), (102, 10_700), (103, 10_730), (104, 10_590), (105, 10_500))
    rungs = '[{ arm = "5pt", behind = "1pt" }, { arm = "7pt", behind = "3pt" }]'
    text = ENTER + BUY_CALL + exits(trail=rungs)
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 105, 10_010, 10_500, "trail")]


def test_before_the_least_hold_only_the_stop_counts(tmp_path):
    # The floor of −1.10 is passed at 103, but counts from 101 + 10 = 111 on.
    prices = path((95, 10_000), (103, 9_800), (112, 9_700))
    text = ENTER + BUY_CALL + exits(trail='{ behind = "1pt" }', stop='"20pt"', min_hold='"10s"')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 112, 10_010, 9_700, "trail")]


# targets, holds, the index


def test_a_leg_reaches_its_target_alone_and_the_other_its_hold_limit(tmp_path):
    # The call's target is 10 % of 100.00: asked 90.00 at 110. The put is held to 101 + 60 = 161.
    text = ENTER + SELL_BOTH + exits(leg_target='"10%"', leg_hold='"60s"')
    assert legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 8_990)), PUT: flat()}) == [
        (0, CE, "sell", 101, 111, 10_000, 9_000, "leg_target"),
        (0, PE, "sell", 101, 162, 10_000, 10_010, "leg_hold"),
    ]


@pytest.mark.parametrize(("up", "fires"), [(5_940_000 + 2_000, True), (5_940_000 + 1_999, False)])
def test_the_index_moves_away_from_where_it_stood_at_the_decision(tmp_path, up, fires):
    text = ENTER + SELL_BOTH + exits(spot='{ away = "20pt" }')
    index = index_of((90, 5_900_000), (100, 5_940_000), (120, up), (121, 5_940_000))
    reason = (121, "spot") if fires else (251, "time")
    assert [leg[4::3] for leg in legs_of(tmp_path, text, {CALL: flat(), PUT: flat()}, index)] == [reason, reason]


def test_a_sold_strike_that_the_index_passes(tmp_path):
    # Above 59,400 the call's strike is passed, at it the put's is not.
    text = ENTER + SELL_BOTH + exits(leg_spot='{ beyond = "strike" }')
    index = index_of((90, 5_940_000), (120, 5_940_005))
    assert [leg[4::3] for leg in legs_of(tmp_path, text, {CALL: flat(), PUT: flat()}, index)] == [
        (121, "leg_spot"),
        (251, "time"),
    ]


# what follows for the others


def test_one_leg_stopped_moves_the_other_to_cost(tmp_path):
    # The call is stopped at 110.00 in second 110. The put, asked 95.10 till then, is at cost when asked 100.00.
    call = path((95, 10_000), (110, 10_990))
    put = path((95, 10_000), (102, 9_500), (130, 9_980), (140, 9_990))
    text = ENTER + SELL_BOTH + exits(leg_stop='"10%"', leg_then='"others to cost"')
    assert legs_of(tmp_path, text, {CALL: call, PUT: put}) == [
        (0, CE, "sell", 101, 111, 10_000, 11_000, "leg_stop"),
        (0, PE, "sell", 101, 141, 10_000, 10_000, "leg_cost"),
    ]


def test_one_leg_stopped_closes_all(tmp_path):
    text = ENTER + SELL_BOTH + exits(leg_stop='"10%"', leg_then='"close all"')
    assert [leg[4:] for leg in legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 10_990)), PUT: flat()})] == [
        (111, 10_000, 11_000, "leg_stop"),
        (111, 10_000, 10_010, "leg_stop"),
    ]


# re-entries


def again(text: str, leg: str = SELL_CALL, **words: str) -> str:
    return ENTER + leg + f"again = {text}\n" + exits(leg_stop='"10%"', **words)


def test_a_leg_is_opened_again_at_once(tmp_path):
    # Stopped at 110, bought back at 111 for 110.00, sold again by an order of 111 in 112 for 109.90: ten percent of
    # that is 10.99, so it is stopped when asked 120.89; there is no third time.
    call = path((95, 10_000), (110, 10_990), (130, 12_078), (131, 12_079), (140, 9_000))
    assert legs_of(tmp_path, again('{ times = "1" }'), {CALL: call}) == [
        (0, CE, "sell", 101, 111, 10_000, 11_000, "leg_stop"),
        (0, CE, "sell", 112, 132, 10_990, 12_089, "leg_stop"),
    ]


def test_a_leg_is_opened_again_at_its_cost(tmp_path):
    # After the stop it waits until buying it back costs no more than the 100.00 it was sold for.
    call = path((95, 10_000), (110, 10_990), (130, 9_991), (140, 9_990))
    assert legs_of(tmp_path, again('{ mode = "cost" }'), {CALL: call}) == [
        (0, CE, "sell", 101, 111, 10_000, 11_000, "leg_stop"),
        (0, CE, "sell", 141, 251, 9_990, 10_000, "time"),
    ]


def test_a_leg_is_opened_again_after_a_move(tmp_path):
    # Bought back for 110.00; five points below is 105.00.
    call = path((95, 10_000), (110, 10_990), (130, 10_491), (140, 10_490))
    assert legs_of(tmp_path, again('{ mode = "move", move = "-5pt" }'), {CALL: call})[1:] == [
        (0, CE, "sell", 141, 251, 10_490, 10_500, "time")
    ]


def test_a_leg_is_opened_again_reversed(tmp_path):
    call = path((95, 10_000), (110, 10_990))
    assert legs_of(tmp_path, again('{ reversed = "yes" }'), {CALL: call})[1:] == [
        (0, CE, "buy", 112, 251, 11_000, 10_990, "time")
    ]


def test_a_lazy_leg_waits_for_another_ones_stop(tmp_path):
    legs = SELL_CALL + 'again = { opens = "2" }\n[[leg]]\nsell = "PE"\nstrike = "59400"\nlazy = "yes"\n'
    text = ENTER + legs + exits(leg_stop='"10%"')
    assert legs_of(tmp_path, text, {CALL: path((95, 10_000), (110, 10_990)), PUT: flat()}) == [
        (0, CE, "sell", 101, 111, 10_000, 11_000, "leg_stop"),
        (0, PE, "sell", 112, 251, 10_000, 10_010, "time"),
    ]


def test_no_re_entry_after_its_last_second_nor_after_a_target(tmp_path):
    call = path((95, 10_000), (110, 10_990))
    (tmp_path / "late").mkdir()
    late = again(f'{{ after = "30s", until = "{at(140)}" }}')
    assert len(legs_of(tmp_path / "late", late, {CALL: call})) == 1
    target = again('{ on = "stop" }', leg_target='"5%"')
    assert len(legs_of(tmp_path, target, {CALL: path((95, 10_000), (110, 9_000))})) == 1


def test_the_whole_is_opened_again_as_a_new_trade(tmp_path):
    call = path((95, 10_000), (110, 10_990))
    text = ENTER + SELL_CALL + exits(stop='"10%"', again='{ times = "1", after = "20s" }')
    assert legs_of(tmp_path, text, {CALL: call}) == [
        (0, CE, "sell", 101, 111, 10_000, 11_000, "stop"),
        (1, CE, "sell", 132, 251, 10_990, 11_000, "time"),
    ]


# adjustments


def test_the_losing_leg_is_cut_and_the_other_ridden(tmp_path):
    # Asked 120.00 and 60.00: the ratio is 2.0, above 1.8, at 120; looked at every ten seconds after the fill of 101,
    # so at 121. The call loses. The put then has a stop of 30 % of its value of 60.00: 78.00.
    call = path((95, 10_000), (115, 11_990))
    put = path((95, 10_000), (115, 5_990), (150, 7_789), (151, 7_790), (152, 7_800))
    text = ENTER + SELL_BOTH + exits() + (
        '[[adjust]]\nevery = "10s"\nposition = "premium_ratio > 1.8"\ndo = "close loser"\n'
        'then = { stop = "30%" }\nof = "value"\n'
    )  # fmt: skip
    assert legs_of(tmp_path, text, {CALL: call, PUT: put}) == [
        (0, CE, "sell", 101, 122, 10_000, 12_000, "adjust"),
        (0, PE, "sell", 101, 152, 10_000, 7_810, "leg_stop"),
    ]


def test_a_hedge_is_bought_when_the_position_loses(tmp_path):
    # Lost at 110: 10.10 and 0.10 of the 200.00 taken, above 5 %.
    legs = SELL_BOTH + '[[leg]]\nbuy = "CE"\nstrike = "59500"\nlazy = "yes"\n'
    text = ENTER + legs + exits() + '[[adjust]]\nposition = "loss > 5%"\ndo = "open leg 3"\n'
    wing = "banknifty25dec59500ce"
    contracts = {CALL: path((95, 10_000), (110, 11_000)), PUT: flat(), wing: flat(5_000)}
    assert legs_of(tmp_path, text, contracts)[2] == (
        0, "BANKNIFTY 2025-12-30 59500 CE", "buy", 111, 251, 5_010, 5_000, "time",
    )  # fmt: skip


def test_a_leg_is_rolled_to_the_strike_at_the_money_now(tmp_path):
    # The index rises to 59,500 at 120, which is away by 100 points: the call is bought back, and 59,500 sold.
    higher = "banknifty25dec59500ce"
    contracts = {CALL: flat(), PUT: flat(), higher: flat(6_000), "banknifty25dec59500pe": flat(15_000)}
    text = (
        ENTER + '[[leg]]\nsell = "CE"\n' + exits() + '[[adjust]]\nposition = "spot_move >= 100pt"\ndo = "roll leg 1"\n'
    )
    assert legs_of(tmp_path, text, contracts, index_of((90, 5_940_000), (120, 5_950_000))) == [
        (0, CE, "sell", 101, 121, 10_000, 10_010, "adjust"),
        (0, "BANKNIFTY 2025-12-30 59500 CE", "sell", 121, 251, 6_000, 6_010, "time"),
    ]


def test_what_is_left_is_watched_with_what_was_realised(tmp_path):
    # The call is stopped at a loss of 10.00 (35,000 paise). The whole's stop of 12 points of one set: at 140 the put is
    # asked 102.00, so 10.00 + 2.00 are lost. Base and units are those of one set of legs.
    call, put = path((95, 10_000), (110, 10_990)), path((95, 9_990), (101, 10_000), (140, 10_190))
    words = {"leg_stop": '"10%"', "stop": '"12pt"'}
    (tmp_path / "all").mkdir()
    text = ENTER + SELL_BOTH + exits(**words)
    assert [leg[7] for leg in legs_of(tmp_path / "all", text, {CALL: call, PUT: put})] == ["leg_stop", "time"]
    text = ENTER + SELL_BOTH + exits(**words, covers='"what is left"')
    assert legs_of(tmp_path, text, {CALL: call, PUT: put})[1] == (0, PE, "sell", 101, 141, 10_000, 10_200, "stop")


# entries and the day


def test_an_entry_by_condition_within_its_hours_and_not_too_often(tmp_path):
    # The index rises by 10 points at 110 and at 150: for ten seconds the condition is true. The first trade is held
    # 20 s and ends at 132; thirty seconds later the second rise is past, and the third comes after the hours.
    index = index_of((90, 5_940_000), (110, 5_941_000), (150, 5_942_000), (200, 5_943_000))
    text = (
        f'[enter]\nwhen = "spot_return(10s) >= 0.01%"\nbetween = ["{at(105)}", "{at(190)}"]\nafter = "30s"\n'
        + SELL_CALL
        + exits(hold='"20s"')
    )
    assert [leg[3:5] for leg in legs_of(tmp_path, text, {CALL: flat()}, index)] == [(111, 132)]


def test_an_entry_waits_for_the_price_to_move(tmp_path):
    # Decided at 100 when 100.00 is bid; sold once 95.00 is bid, within a minute.
    prices = path((95, 10_000), (120, 9_501), (130, 9_500), (131, 9_490))
    enter = ENTER + 'wait = { move = "-5%", within = "60s" }\n'
    assert legs_of(tmp_path, enter + SELL_CALL + exits(), {CALL: prices}) == [
        (0, CE, "sell", 131, 251, 9_490, 9_500, "time")
    ]
    (tmp_path / "late").mkdir()
    enter = ENTER + 'wait = { move = "-5%", within = "20s" }\n'
    assert legs_of(tmp_path / "late", enter + SELL_CALL + exits(), {CALL: prices}) == []


def test_the_days_loss_ends_the_day(tmp_path):
    # Two entries are due. The first loses 500 rupees: 35 units at 14.30; asked 114.30 at 110.
    times = f'[enter]\nat = ["{at(100)}", "{at(150)}"]\n'
    text = times + SELL_CALL + exits() + '[day]\nstop = "500rs"\n'
    prices = path((95, 10_000), (109, 11_418), (110, 11_420))
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "sell", 101, 111, 10_000, 11_430, "day_stop")]


def test_losers_in_a_row_make_a_pause(tmp_path):
    # Every trade loses the spread in ten seconds. After the second, closed at 132, none is decided for 60 s.
    times = ", ".join(f'"{at(second)}"' for second in (100, 120, 140, 160, 180, 200))
    text = f"[enter]\nat = [{times}]\n" + SELL_CALL + exits(hold='"10s"') + '[day]\nlosers = "2"\npause = "60s"\n'
    assert [leg[3:5] for leg in legs_of(tmp_path, text, {CALL: flat()})] == [(101, 112), (121, 132), (201, 212)]


def test_a_signal_on_the_legs_own_contract(tmp_path):
    # The mid falls below its mean of the last five seconds at 120.
    text = ENTER + BUY_CALL + 'signal = "mid < 99pt"\n' + exits()
    prices = path((95, 10_000), (120, 9_890), (121, 9_880))
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 121, 10_010, 9_880, "leg_signal")]


def test_legs_that_enter_each_for_itself(tmp_path):
    # The put has no row from 101 to 110: together nothing is sold; each for itself, the call is.
    put = path((95, 10_000), until=100) + path((110, 10_000))
    (tmp_path / "together").mkdir()
    assert legs_of(tmp_path / "together", ENTER + SELL_BOTH + exits(), {CALL: flat(), PUT: put}) == []
    text = ENTER + 'legged = "yes"\n' + SELL_BOTH + exits()
    assert legs_of(tmp_path, text, {CALL: flat(), PUT: put}) == [(0, CE, "sell", 101, 251, 10_000, 10_010, "time")]


# who fired


HIGHER = {"banknifty25dec59500ce": flat(6_000), "banknifty25dec59500pe": flat(15_000)}
LOWER = {"banknifty25dec59300ce": flat(15_000), "banknifty25dec59300pe": flat(6_000)}
SCAN = (
    '[enter]\nwhen = "mid < 55pt"\nscan = { strikes = "atm-1..atm+1" }\ntimes = "1"\n'
    f'between = ["{at(100)}", "{at(200)}"]\n'
)
AT_59400 = index_of((90, 5_940_000))


def test_a_scan_trades_the_contract_that_fired(tmp_path):
    # The call of 59,500 falls below 55 at 110, the put of 59,300 only at 120.
    contracts = {CALL: flat(), PUT: flat(), **HIGHER, **LOWER}
    contracts["banknifty25dec59500ce"] = path((95, 6_000), (110, 5_400))
    contracts["banknifty25dec59300pe"] = path((95, 6_000), (120, 5_400))
    legs = '[[leg]]\nbuy = "trigger"\n[[leg]]\nsell = "other"\n'
    assert legs_of(tmp_path, SCAN + legs + exits(), contracts, AT_59400) == [
        (0, "BANKNIFTY 2025-12-30 59500 CE", "buy", 111, 251, 5_410, 5_400, "time"),
        (0, "BANKNIFTY 2025-12-30 59500 PE", "sell", 111, 251, 15_000, 15_010, "time"),
    ]


def test_of_those_that_fire_together_the_nearer_then_the_call(tmp_path):
    contracts = {CALL: flat(), PUT: path((95, 10_000), (110, 5_400)), **HIGHER, **LOWER}
    contracts["banknifty25dec59500ce"] = path((95, 6_000), (110, 5_400))
    contracts["banknifty25dec59300pe"] = path((95, 6_000), (110, 5_400))
    (nearest,) = legs_of(tmp_path, SCAN + '[[leg]]\nbuy = "trigger"\n' + exits(), contracts, AT_59400)
    assert nearest[1] == PE
    (tmp_path / "away").mkdir()
    contracts[PUT] = flat()
    (call,) = legs_of(tmp_path / "away", SCAN + '[[leg]]\nbuy = "trigger"\n' + exits(), contracts, AT_59400)
    assert call[1] == "BANKNIFTY 2025-12-30 59500 CE"


@pytest.mark.parametrize(("to", "kind"), [(5_950_000, "CE"), (5_930_000, "PE")])
def test_a_leg_with_the_move_and_one_against_it(tmp_path, to, kind):
    other = {"CE": "PE", "PE": "CE"}[kind]
    enter = (
        f'[enter]\nup = "spot_return(10s) >= 0.1%"\ndown = "spot_return(10s) <= -0.1%"\ntimes = "1"\n'
        f'between = ["{at(105)}", "{at(200)}"]\n'
    )
    legs = '[[leg]]\nbuy = "with"\nstrike = "59400"\n[[leg]]\nsell = "against"\nstrike = "59400"\n'
    index = index_of((90, 5_940_000), (110, to))
    assert legs_of(tmp_path, enter + legs + exits(), {CALL: flat(), PUT: flat()}, index) == [
        (0, f"BANKNIFTY 2025-12-30 59400 {kind}", "buy", 111, 251, 10_010, 10_000, "time"),
        (0, f"BANKNIFTY 2025-12-30 59400 {other}", "sell", 111, 251, 10_000, 10_010, "time"),
    ]


def test_a_day_without_a_future_that_is_asked_for_is_refused(tmp_path):
    recipe = tmp_path / "by_hand.toml"
    text = '[enter]\nwhen = "basis > 5pt"\n' + SELL_CALL + exits()
    recipe.write_text(f'title = "by hand"\nside = "mixed"\n{text}')
    lake = hand_lake(tmp_path, {CALL: flat()}, AT_59400)
    ledger = run_day(lake, "BANKNIFTY", DAY, [Recipe.load(recipe).variant({}, 0)]).tables["ledger"].row(0, named=True)
    assert ledger["state"] == "refused"
    assert "future" in ledger["reason"]
