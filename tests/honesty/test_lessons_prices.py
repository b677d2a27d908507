"""More of the faults of earlier work (specs/lessons.md, A to D), each by hand: prices, knowledge, contracts, data."""

import ast
import datetime as dt
import random
from pathlib import Path

import numpy as np
import pytest

import nfolab
from engine.hand_market import (
    CALL,
    DAY,
    EXPIRY,
    PUT,
    at,
    book,
    hand_lake,
    outcomes,
    quote,
    recipe_of,
    steady,
    straddle,
    tables_of,
    write_raw,
)
from engine.position_market import BUY_CALL, CE, ENTER, SELL_BOTH, SELL_CALL, exits, flat, index_of, legs_of, path
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.expiries import expiry_of, nearest_expiry, next_expiry
from nfolab.research.run import run_day
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources

QUIET = steady(range(95, 300), 10_000, 10_010)
BUY_BOTH = SELL_BOTH.replace("sell", "buy")
ROOMS_OF_RESULTS = ("tape", "engine", "strategies", "research")


# A: prices that were not the option's


def test_a02_a_bought_straddle_loses_when_premiums_fall_however_far_spot_moved(tmp_path):
    # The index moves by a hundredth, both premiums fall by ten points.
    index = index_of((90, 5_940_000), (150, 5_999_400))
    falling = path((95, 10_000), (150, 9_000))
    legs = legs_of(tmp_path, ENTER + BUY_BOTH + exits(), {CALL: falling, PUT: falling}, index)
    assert [(leg[5], leg[6]) for leg in legs] == [(10_010, 9_000)] * 2


def test_a04_four_legs_are_bought_sold_and_left_at_real_prices(tmp_path):
    wings = '[[leg]]\nbuy = "CE"\nstrike = "59500"\n[[leg]]\nbuy = "PE"\nstrike = "59300"\n'
    contracts = {CALL: flat(), PUT: flat(), "banknifty25dec59500ce": flat(6_000), "banknifty25dec59300pe": flat(5_000)}
    legs = legs_of(tmp_path, ENTER + SELL_BOTH + wings + exits(), contracts)
    assert [leg[2:7] for leg in legs] == [
        ("sell", 101, 251, 10_000, 10_010),
        ("sell", 101, 251, 10_000, 10_010),
        ("buy", 101, 251, 6_010, 6_000),
        ("buy", 101, 251, 5_010, 5_000),
    ]


def test_a05_the_index_has_no_part_in_a_profit(tmp_path):
    rows = {CALL: path((95, 10_000), (150, 11_000)), PUT: path((95, 9_000), (160, 8_000))}
    still, wild = index_of((90, 5_940_000)), index_of((90, 5_940_000), (102, 5_800_000), (200, 6_100_000))
    text = ENTER + SELL_BOTH + exits(stop='"8pt"')
    (tmp_path / "wild").mkdir()
    assert legs_of(tmp_path, text, rows, still) == legs_of(tmp_path / "wild", text, rows, wild)


def test_a06_what_decides_comes_before_the_entry_and_the_entry_before_every_profit(tmp_path):
    # The index rises at 110 and 150: decided at 110, bought at 111, and the gain that was there at 110 is not booked.
    index = index_of((90, 5_940_000), (110, 5_941_000))
    enter = f'[enter]\nwhen = "spot_return(10s) >= 0.01%"\nbetween = ["{at(105)}", "{at(190)}"]\ntimes = "1"\n'
    prices = path((95, 9_000), (110, 10_000), (111, 10_500), (112, 10_500))
    assert legs_of(tmp_path, enter + BUY_CALL + exits(target='"1pt"'), {CALL: prices}, index) == [
        (0, CE, "buy", 111, 251, 10_510, 10_500, "time")
    ]


def test_a07_profit_is_the_signed_sum_of_the_fills_that_were_logged(tmp_path):
    # The purchase takes two levels: 20 at 100.10, 15 at 100.30.
    deep = [*QUIET[:-99], book(201, [(9_990, 99)], [(10_010, 20), (10_030, 99)])]
    trade = straddle(tmp_path, {CALL: deep, PUT: QUIET})
    sign = {"sell": 1, "buy": -1}
    assert trade["gross"] == sum(sign[fill[3]] * fill[5] * fill[6] for fill in trade["fills"])
    assert trade["gross"] == 35 * 20_000 - 20 * 10_010 - 15 * 10_030 - 35 * 10_010


def test_a09_a_trade_never_leaves_at_another_contracts_price(tmp_path):
    # Rows of both stand in one file of the lake; the put costs three times as much, and its rows come first at 201.
    late = [row for row in QUIET if row["timestamp"].second % 2]
    trade = straddle(tmp_path, {CALL: late, PUT: steady(range(95, 300), 30_000, 30_010)})
    assert [leg[5:7] for leg in trade["legs"]] == [(35 * 10_000, 35 * 10_010), (35 * 30_000, 35 * 30_010)]
    assert {fill[5] for fill in trade["fills"] if fill[1] == 0} == {10_000, 10_010}


def drawing(package: Path, rooms: tuple[str, ...]) -> set[str]:
    """The modules of some rooms that draw random numbers."""
    found = set()
    for file in (file for room in rooms for file in (package / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            named = node.attr if isinstance(node, ast.Attribute) else None
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if named in ("random", "default_rng") or any(one.split(".")[0] == "random" for one in modules):
                found.add(str(file.relative_to(package)))
    return found


def test_a11_no_room_on_the_way_of_a_result_draws_random_numbers(tmp_path):
    # But the seeded latencies of an order's way to the market.
    assert drawing(Path(nfolab.__file__).parent, ROOMS_OF_RESULTS) == {"strategies/python_settings.py"}
    (tmp_path / "engine").mkdir()
    for planted in ("import random", "from random import gauss", "import numpy as np\nnp.random.normal()"):
        (tmp_path / "engine" / "fills.py").write_text(planted + "\n")
        assert drawing(tmp_path, ("engine",)) == {"engine/fills.py"}


def test_a12_every_fill_is_at_a_price_of_the_raw_row_it_names(tmp_path):
    rng = random.Random(12)
    rows = {name: [quote(s, bid, bid + 10) for s in range(95, 300) for bid in [rng.randrange(9_000, 9_900)]]
            for name in (CALL, PUT)}  # fmt: skip
    trade = straddle(tmp_path, rows, stop="3%")
    raw = {(leg, second + 95): row for leg, name in enumerate((CALL, PUT)) for second, row in enumerate(rows[name])}
    assert trade["fills"]
    for second, leg, row_second, side, level, price, _ in trade["fills"]:
        assert row_second == second
        assert price == round(100 * raw[leg, row_second][f"{'b' if side == 'sell' else 's'}p{level}"])


# B: looking ahead


def test_b02_a_bar_is_seen_only_when_it_has_ended(tmp_path):
    # Bars of 30 s are cut from the open. The price falls at 121, within the bar of 120 to 149.
    text = ENTER + BUY_CALL + 'signal = "bar_close(30s) < 99pt"\n' + exits()
    assert legs_of(tmp_path, text, {CALL: path((60, 10_000), (121, 9_800))}) == [
        (0, CE, "buy", 101, 151, 10_010, 9_800, "leg_signal")
    ]


def test_b04_a_rank_is_that_among_the_past_alone(tmp_path):
    # Highest of the last twenty seconds at 130. Later ones are higher in one of the two days, lower in the other.
    text = ENTER + BUY_CALL + 'signal = "rank(20s, mid) >= 95%"\n' + exits()
    before = ((60, 10_000), (102, 9_900), (110, 9_800), (130, 9_850))
    for later in (20_000, 5_000):
        (tmp_path / str(later)).mkdir()
        legs = legs_of(tmp_path / str(later), text, {CALL: path(*before, (140, later))})
        assert [leg[4:] for leg in legs] == [(131, 10_010, 9_850, "leg_signal")]


def test_b05_a_stop_that_was_passed_before_the_entry_alone_is_never_found(tmp_path):
    call = [*steady(range(60, 95), 14_000, 14_010), *QUIET]
    trade = straddle(tmp_path, {CALL: call, PUT: steady(range(60, 300), 10_000, 10_010)}, stop="5%")
    assert (trade["entry"], trade["exit"], trade["reason"]) == (101, 201, "time")


def test_b06_the_signal_comes_one_latency_before_its_entry(tmp_path):
    # True from 110 to 112 and again from 150 on: the entry is that of 110, not of a later signal.
    index = index_of((90, 5_940_000), (110, 5_941_000), (113, 5_940_000), (150, 5_942_000))
    enter = f'[enter]\nwhen = "spot.last > 59405pt"\nbetween = ["{at(105)}", "{at(190)}"]\ntimes = "1"\n'
    legs = legs_of(tmp_path, enter + SELL_CALL + exits(), {CALL: flat()}, index)
    assert [leg[3] for leg in legs] == [111]


@pytest.mark.parametrize("latency", [1, 4])
def test_b08_the_row_that_decided_never_fills(tmp_path, latency):
    # 100.00 is bid when the order goes out, ten paise less each second after it.
    falling = [quote(second, 11_000 - 10 * second, 11_010 - 10 * second) for second in range(95, 300)]
    trade = straddle(tmp_path, {CALL: falling, PUT: falling}, latency=f"{latency}s")
    assert (trade["entry"], trade["legs"][0][5]) == (100 + latency, 35 * (10_000 - 10 * latency))


def test_b09_what_is_best_in_a_second_moves_no_stop_of_that_second(tmp_path):
    # Bought at 100.10. A gain of exactly 5.00 at 110 would arm a lock of 5.00 and meet it in one second.
    prices = path((95, 10_000), (110, 10_510), (111, 10_600))
    text = ENTER + BUY_CALL + exits(trail='{ arm = "5pt", lock = "5pt" }')
    assert legs_of(tmp_path, text, {CALL: prices}) == [(0, CE, "buy", 101, 251, 10_010, 10_600, "time")]
    (tmp_path / "stays").mkdir()
    stays = path((95, 10_000), (110, 10_510))
    assert [leg[4] for leg in legs_of(tmp_path / "stays", text, {CALL: stays})] == [112]


# C: contracts, expiries, days


def test_c02_of_two_expiries_one_is_traded(tmp_path):
    rows = dict.fromkeys((CALL, PUT, "banknifty26jan59400ce", "banknifty26jan59400pe"), QUIET)
    result = tables_of(hand_lake(tmp_path, rows)).tables
    assert result["trades"].height == 1
    assert set(result["legs"]["expiry"]) == {dt.date(2025, 12, 30)}


def test_c03_expiries_come_from_the_calendar():
    # Not the 25th, a holiday and no Tuesday, nor the last Thursday.
    assert nearest_expiry("BANKNIFTY", dt.date(2025, 12, 15)) == dt.date(2025, 12, 30)
    assert nearest_expiry("BANKNIFTY", dt.date(2025, 11, 12)) == dt.date(2025, 11, 25)
    assert nearest_expiry("BANKNIFTY", dt.date(2025, 11, 26)) == dt.date(2025, 12, 30)


def test_c04_a_dead_contract_is_never_the_nearest(tmp_path):
    raw = tmp_path / "raw"
    write_raw(raw, {CALL: QUIET, PUT: QUIET, "banknifty25nov59400ce": QUIET, "banknifty25nov59400pe": QUIET}, None, DAY)
    pack(find_sources([raw]), tmp_path / "lake", 1)
    (trade,) = outcomes(Lake.open(tmp_path / "lake"))
    assert "legs" in trade
    assert {leg[0].split()[1] for leg in trade["legs"]} == {"2025-12-30"}


def test_c05_the_next_expiry_is_the_calendars_and_not_seven_days_on(tmp_path):
    # 21 October 2025 was a holiday: that week's contract expired on the 20th.
    assert next_expiry("NIFTY", dt.date(2025, 10, 14)) == dt.date(2025, 10, 20)
    # BANKNIFTY has no weeklies any more: the next one is a month later.
    assert next_expiry("BANKNIFTY", dt.date(2025, 12, 30)) == dt.date(2026, 1, 27)
    rows = dict.fromkeys((CALL, PUT, "banknifty26jan59400ce", "banknifty26jan59400pe"), QUIET)
    assert {leg[0].split()[1] for leg in straddle(tmp_path, rows, expiry="next")["legs"]} == {"2026-01-27"}


def test_c08_the_day_of_expiry_is_a_date_and_no_weekday(tmp_path):
    # A Tuesday before the contract's own Tuesday: what is left open is not settled.
    tuesday = dt.date(2025, 12, 23)
    rows = steady(range(95, 150), 10_000, 10_010, day=tuesday)
    index = dict.fromkeys(range(22_501), 59_500_00)
    legs = straddle(tmp_path, {CALL: rows, PUT: rows}, index, tuesday)["legs"]
    assert [leg[7] for leg in legs] == ["unclosed", "unclosed"]
    moved = [expiry_of("BANKNIFTY", dt.date(2025, *day)).expiry.weekday() for day in ((8, 28), (9, 30))]
    assert moved == [3, 1]


def test_c11_a_holiday_is_no_day_of_a_lake(tmp_path):
    christmas = dt.date(2025, 12, 25)
    write_raw(tmp_path / "raw", {CALL: steady(range(95, 99), 10_000, 10_010, day=christmas)}, None, christmas)
    told = pack(find_sources([tmp_path / "raw"]), tmp_path / "lake", 1)
    assert (told.rows_read, told.rows_written, told.rows_refused) == (4, 0, 4)


# D: what the data does


def traded_of(folder: Path, *volumes: int) -> list[int]:
    """What a lake says was traded before each of some rows, a second apart, by their volume of the day."""
    rows = [{**quote(100 + place, 10_000, 10_010), "volume": volume} for place, volume in enumerate(volumes)]
    return Day(hand_lake(folder, {CALL: rows}), "BANKNIFTY", DAY).traded([0]).tolist()


def test_d02_a_volume_that_begins_again_trades_nothing_until_it_is_where_it_was(tmp_path):
    assert traded_of(tmp_path, 1_000, 0, 1_000, 1_110) == [0, 0, 0, 110]


def test_d03_a_volume_that_falls_a_little_is_no_trade_and_counts_none_twice(tmp_path):
    assert traded_of(tmp_path, 1_000, 990, 1_010, 1_005) == [0, 0, 10, 0]


def test_d08_a_silence_is_no_price_of_zero(tmp_path):
    # Nothing is heard of the call from 120 to 139: a sold leg has not fallen to nothing then.
    call = [*path((95, 10_000), until=119), *path((140, 10_000))]
    legs = legs_of(tmp_path, ENTER + SELL_CALL + exits(leg_target='"50%"', stop='"50%"'), {CALL: call})
    assert [leg[4:] for leg in legs] == [(251, 10_000, 10_010, "time")]


def test_d09_rows_before_the_open_and_after_the_close_are_no_part_of_the_day(tmp_path):
    # The only row that could close the call stands two seconds after the close.
    call = [*steady(range(95, 199), 10_000, 10_010), quote(22_502, 10_000, 10_010)]
    trade = straddle(tmp_path / "after", {CALL: call, PUT: QUIET})
    assert [(leg[4], leg[7]) for leg in trade["legs"]] == [(22_500, "unclosed"), (201, "time")]
    # The put was quoted before the open alone: at the decision it is not listed yet, though it comes in time to fill.
    put = [quote(-300, 10_000, 10_010), *QUIET[8:]]
    assert "legs" not in straddle(tmp_path / "before", {CALL: QUIET, PUT: put})


def test_d12_rows_in_any_order_and_of_all_contracts_mixed_are_one_day(tmp_path):
    rows = {CALL: path((95, 10_000), (150, 11_000)), PUT: path((95, 10_000), (160, 9_000))}
    whole = straddle(tmp_path / "whole", rows, stop="10%", leg_stop="5%")
    mixed = {name: random.Random(7).sample(told, len(told)) for name, told in rows.items()}
    assert straddle(tmp_path / "mixed", mixed, stop="10%", leg_stop="5%") == whole


def test_d13_one_underlying_never_stands_in_the_place_of_another(tmp_path):
    both = {CALL: QUIET, PUT: QUIET}
    alone = straddle(tmp_path / "alone", both)
    beside = {f"nifty25dec26000{kind}": steady(range(95, 300), 5_000, 5_010) for kind in ("ce", "pe")}
    lake = hand_lake(tmp_path / "beside", {**both, **beside})
    assert {(entry.underlying, entry.day) for entry in lake.days()} == {("BANKNIFTY", DAY), ("NIFTY", DAY)}
    assert outcomes(lake) == [alone]


def test_d07_the_vendors_bars_are_read_by_nobody(tmp_path):
    # Open, high, low and close of the whole session, repeated in every row, say something else here: nothing changes.
    rows = path((95, 10_000), (150, 11_000))
    odd = [{**row, "open": 1.0, "high": 9e4, "low": 0.05, "close": float(np.pi)} for row in rows]
    told = [straddle(tmp_path / str(one is odd), {CALL: one, PUT: QUIET}, leg_stop="5%") for one in (rows, odd)]
    assert told[0] == told[1]
    assert told[0]["legs"][0][7] == "leg_stop"


def test_e14_a_measure_that_is_not_known_yet_decides_nothing(tmp_path):
    # An average of 200 s is told after 200 values, at 294: until then no default stands in for it.
    for condition in ("ema(200s) < 1000pt", "ema(200s) > 0pt"):
        recipe = recipe_of(tmp_path, BUY_CALL + f'signal = "{condition}"')
        (trade,) = outcomes(hand_lake(tmp_path / condition[10], {CALL: flat()}), DAY, recipe)
        assert trade["reason"] == "time"


@pytest.mark.parametrize(("day", "trades"), [(DAY, 0), (EXPIRY, 1)])
def test_c10_a_strategy_of_the_expiry_day_runs_on_no_other(tmp_path, day, trades):
    rows = steady(range(95, 300), 10_000, 10_010, day=day)
    recipe = recipe_of(tmp_path, SELL_CALL + '[days]\nto_expiry = "0"\n')
    lake = hand_lake(tmp_path, {CALL: rows, PUT: rows}, None, day)
    tables = run_day(lake, "BANKNIFTY", day, [recipe.variant({}, 0)]).tables
    assert tables["ledger"]["state"].to_list() == ["done"]
    assert tables["trades"].height == trades
