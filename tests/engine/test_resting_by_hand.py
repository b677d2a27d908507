"""Limit orders of recipes and targets that rest, by worked examples; docs/positions.md, Orders that rest."""

import pytest

from engine.hand_market import CALL, DAY, PUT, at, book, hand_lake
from engine.position_market import ENTER, exits
from nfolab.base.errors import InputError
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

LAST = 299


def rows(*changes: tuple[int, dict], until: int = LAST) -> list[dict]:
    """A row each second: bid and ask with sizes, last price, and units traded in that second, as told from then on.

    `traded` holds for its second alone.
    """
    told = {"bid": 10_000, "ask": 10_100, "bids": 1000, "asks": 1000, "last": 10_050}
    by_second = dict(changes)
    made, volume = [], 10_000
    for second in range(95, until + 1):
        now = by_second.get(second, {})
        told |= {name: value for name, value in now.items() if name != "traded"}
        volume += now.get("traded", 0)
        made.append(
            book(second, [(told["bid"], told["bids"])], [(told["ask"], told["asks"])], last=told["last"], volume=volume)
        )
    return made


def fills_of(folder, text, contracts, lots: str = "") -> list[tuple]:
    """The legs as (contract, side, units, entry second, exit second, prices in paise a unit, reason)."""
    recipe = folder / "by_hand.toml"
    recipe.write_text(f'title = "by hand"\nside = "mixed"\n{text}')
    lake = hand_lake(folder, contracts)
    tables = run_day(lake, "BANKNIFTY", DAY, [Recipe.load(recipe).variant({}, 0)]).tables
    ledger = tables["ledger"].row(0, named=True)
    assert ledger["state"] == "done", ledger["reason"]
    opening = 9 * 3600 + 15 * 60

    def second(time):
        return time.hour * 3600 + time.minute * 60 + time.second - opening

    return [
        (
            leg["contract"][-8:], leg["side"], leg["units"], second(leg["entry_time"]), second(leg["exit_time"]),
            leg["entry_value_paise"] / leg["units"], leg["exit_value_paise"] / leg["units"], leg["reason"],
        )
        for leg in tables["legs"].sort("trade", "leg").rows(named=True)
    ]  # fmt: skip


def buy(order: str, more: str = "") -> str:
    return f'[[leg]]\nbuy = "CE"\nstrike = "59400"\norder = {order}\n{more}'


# entries


def test_a_limit_above_the_ask_takes_like_a_market_order(tmp_path):
    text = ENTER + buy('{ limit = "ask + 0.05pt" }') + exits()
    assert fills_of(tmp_path, text, {CALL: rows()}) == [("59400 CE", "buy", 35, 101, 251, 10_100, 10_000, "time")]


def test_a_limit_inside_the_spread_has_nothing_before_it(tmp_path):
    # Placed at 101 at 100.05; at 103 someone sells 35 at 100.05: all of it is ours.
    market = rows((103, {"last": 10_005, "traded": 35}))
    text = ENTER + buy('{ limit = "bid + 0.05pt", valid = "5s" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market}) == [("59400 CE", "buy", 35, 103, 251, 10_005, 10_000, "time")]


@pytest.mark.parametrize(("traded", "filled"), [(1035, True), (1034, False)])
def test_a_limit_at_the_bid_waits_behind_what_was_displayed(tmp_path, traded, filled):
    # 1,000 stand before us: 1,035 at our price fill all of our 35, 1,034 leave one unit of them.
    market = rows((103, {"last": 10_000, "traded": traded}))
    text = ENTER + buy('{ limit = "bid", valid = "3s" }') + exits()
    ((_, _, units, *_),) = fills_of(tmp_path, text, {CALL: market})
    assert units == (35 if filled else 34)


def test_the_worst_model_wants_the_price_to_go_through(tmp_path):
    market = rows((103, {"last": 10_000, "traded": 5_000}), (105, {"last": 9_995, "traded": 35}))
    text = ENTER + buy('{ limit = "bid", valid = "10s", queue = "worst" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market})[0][3] == 105


def test_what_is_not_filled_in_time_is_no_position(tmp_path):
    # Arrives at 101, valid 5 seconds: 106 is the last second in which it may fill.
    text = ENTER + buy('{ limit = "bid + 0.05pt", valid = "5s" }') + exits()
    assert fills_of(tmp_path, text, {CALL: rows((107, {"last": 10_005, "traded": 35}))}) == []
    in_time = tmp_path / "in_time"
    in_time.mkdir()
    assert fills_of(in_time, text, {CALL: rows((106, {"last": 10_005, "traded": 35}))})[0][3] == 106


def test_a_part_is_the_position_and_its_rules_act_on_it(tmp_path):
    # 20 of 35 are bought at 100.05 in second 103; the rest is over at 106. The stop of 2 points is on these 20:
    # bid 98.05 loses 2.00 a unit.
    market = rows((103, {"last": 10_005, "traded": 20}), (120, {"bid": 9_805, "last": 9_850}), (121, {"bid": 9_800}))
    text = ENTER + buy('{ limit = "bid + 0.05pt", valid = "5s" }', 'stop = "2pt"\n') + exits()
    assert fills_of(tmp_path, text, {CALL: market}) == [("59400 CE", "buy", 20, 103, 121, 10_005, 9_800, "leg_stop")]


def test_what_is_left_of_a_part_is_cancelled_after_five_seconds(tmp_path):
    # First fill at 103: the cancel arrives at 108, before what trades in 108.
    market = rows(
        (103, {"last": 10_005, "traded": 20}), (107, {"traded": 5}), (108, {"traded": 10}), (120, {"last": 10_050})
    )
    text = ENTER + buy('{ limit = "bid + 0.05pt", valid = "day" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market})[0][2:4] == (25, 107)


def test_immediately_or_never(tmp_path):
    # The row of 101 offers 10 at the limit; what is left is gone, though 102 offers more.
    market = rows((101, {"ask": 10_005, "asks": 10}), (102, {"asks": 1000}), (103, {"ask": 10_100}))
    text = ENTER + buy('{ limit = "bid + 0.05pt", valid = "ioc" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market})[0][2:4] == (10, 101)


def test_a_peg_follows_the_bid(tmp_path):
    # A tick above the bid: 100.05, then with the bid at 101.00 the change arrives a second later: 101.05 from 104 on.
    market = rows((103, {"bid": 10_100, "ask": 10_200, "last": 10_150}), (106, {"last": 10_105, "traded": 35}))
    text = ENTER + buy('{ peg = "own+1", valid = "10s" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market})[0][3:6] == (106, 251, 10_105)


def test_legs_that_rest_enter_each_for_itself(tmp_path):
    put = rows((104, {"last": 10_095, "traded": 35}))
    text = '[enter]\nat = "' + at(100) + '"\norder = { limit = "ask - 0.05pt", valid = "10s" }\n'
    text += (
        '[[leg]]\nsell = "CE"\nstrike = "59400"\norder = "market"\n[[leg]]\nsell = "PE"\nstrike = "59400"\n' + exits()
    )
    assert [leg[3] for leg in fills_of(tmp_path, text, {CALL: rows(), PUT: put})] == [101, 104]


def test_the_price_is_rounded_to_a_tick_away_from_the_other_side(tmp_path):
    # 0.4 × the spread of 1.00 above the bid is 100.40; less two paise it is 100.38, on the tick below 100.35.
    market = rows((103, {"last": 10_035, "traded": 35}))
    text = ENTER + buy('{ limit = "bid + 0.4 * spread - 0.02pt", valid = "5s" }') + exits()
    assert fills_of(tmp_path, text, {CALL: market})[0][5] == 10_035


# targets that rest


def test_a_resting_target_is_filled_at_its_price(tmp_path):
    # Bought at 101.00, sold at 103.00: at 110 the bid is 103.50, which fills at our price.
    leg = '[[leg]]\nbuy = "CE"\nstrike = "59400"\ntarget = { gain = "2pt", order = "limit" }\n'
    market = rows((110, {"bid": 10_350, "ask": 10_400, "last": 10_370}))
    assert fills_of(tmp_path, ENTER + leg + exits(), {CALL: market}) == [
        ("59400 CE", "buy", 35, 101, 110, 10_100, 10_300, "leg_target")
    ]


def test_a_target_filled_in_part_leaves_the_rest_to_the_other_rules(tmp_path):
    # 15 trade at 103.00 with nothing before us inside the spread; the rest of 20 goes by time.
    leg = '[[leg]]\nbuy = "CE"\nstrike = "59400"\ntarget = { gain = "2pt", order = "limit" }\n'
    market = rows(
        (103, {"ask": 10_400}), (110, {"last": 10_300, "traded": 15}), (111, {"last": 10_050}), (200, {"ask": 10_100})
    )
    ((*_, units, entered, left, _, brought, reason),) = fills_of(tmp_path, ENTER + leg + exits(), {CALL: market})
    assert (units, entered, left, reason) == (35, 101, 251, "time")
    assert brought == pytest.approx((15 * 10_300 + 20 * 10_000) / 35)


def test_a_stop_cancels_the_target_that_rests(tmp_path):
    # The stop fires at 110; the cancel arrives with the order at 111, whose row would have filled the target.
    leg = '[[leg]]\nbuy = "CE"\nstrike = "59400"\nstop = "5pt"\ntarget = { gain = "2pt", order = "limit" }\n'
    market = rows((110, {"bid": 9_500}), (111, {"bid": 10_400, "ask": 10_500, "last": 10_450}))
    assert fills_of(tmp_path, ENTER + leg + exits(), {CALL: market}) == [
        ("59400 CE", "buy", 35, 101, 111, 10_100, 10_400, "leg_stop")
    ]


def test_a_sold_leg_buys_back_at_its_target(tmp_path):
    # Sold at 100.00, five percent gain: 95.00.
    leg = '[[leg]]\nsell = "CE"\nstrike = "59400"\ntarget = { gain = "5%", order = "limit" }\n'
    market = rows((110, {"bid": 9_400, "ask": 9_490, "last": 9_450}))
    assert fills_of(tmp_path, ENTER + leg + exits(), {CALL: market}) == [
        ("59400 CE", "sell", 35, 101, 110, 10_000, 9_500, "leg_target")
    ]


# what makes no sense


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ENTER + buy('{ valid = "5s" }') + exits(), "needs either a limit"),
        (ENTER + buy('{ limit = "bid", valid = "0s" }') + exits(), "write ioc"),
        (ENTER + buy('{ limit = "spread_percent" }') + exits(), "a price or a distance is in points"),
        (ENTER + buy('{ peg = "ask" }') + exits(), "is no peg"),
        (
            f'[enter]\nat = "{at(100)}"\nlegged = "no"\n' + buy('{ limit = "bid" }') + '[[leg]]\nsell = "PE"\n',
            "no all or none",
        ),
        (
            ENTER + buy('{ limit = "bid" }') + exits(target='{ gain = "2pt", order = "limit" }'),
            "exit.target must be a text",
        ),
    ],
)
def test_orders_that_make_no_sense_are_refused(tmp_path, text, why):
    path_ = tmp_path / "mine.toml"
    path_.write_text(f'title = "x"\nside = "mixed"\n{text}')
    with pytest.raises(InputError, match=why):
        Recipe.load(path_)
