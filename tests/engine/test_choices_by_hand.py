"""Strikes, other recipes and flags, worked by hand from raw files: what is chosen, watched and flagged."""

import pytest

from engine.hand_market import (
    CALL,
    DAY,
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

# strikes


def chain(kinds: dict[int, str]) -> dict[str, list[dict]]:
    """Contracts of some strikes: `both`, `call` or `put` of each."""
    rows = steady(range(95, 210), 10_000, 10_010)
    return {
        f"banknifty25dec{strike}{kind}": rows
        for strike, listed in kinds.items()
        for kind in (("ce", "pe") if listed == "both" else (listed[0] + "e",))
    }


CHAIN = chain({59_300: "both", 59_400: "both", 59_500: "call", 59_600: "both"})


def strikes_of(outcome: dict) -> list[str]:
    return [leg[0].split()[2] for leg in outcome["legs"]]


@pytest.mark.parametrize(
    ("spot", "strike", "chosen"),
    [
        (59_449_95, "atm", ["59400", "59400"]),
        (59_500_00, "atm", ["59400", "59400"]),  # 59500 lists a call alone; 59400 and 59600 are as near: the lower
        (59_500_05, "atm", ["59600", "59600"]),
        (59_350_00, "atm", ["59300", "59300"]),  # a tie
        (59_400_05, "atm_pair", ["59600", "59400"]),
        (59_399_95, "atm_pair", ["59400", "59300"]),
        (59_400_00, "atm_pair", ["59400", "59400"]),  # the exact strike serves both
    ],
)
def test_strikes_by_the_index(tmp_path, spot, strike, chosen):
    assert strikes_of(straddle(tmp_path, CHAIN, {99: spot}, strike=strike)) == chosen


@pytest.mark.parametrize(("age", "trades"), [(0, True), (2, True), (3, False)])
def test_an_index_older_than_two_seconds_is_none(tmp_path, age, trades):
    outcome = straddle(tmp_path, CHAIN, {100 - age: 59_400_00, 101: 59_300_00}, strike="atm")
    assert outcome.get("refused", False) is not trades
    if trades:
        assert strikes_of(outcome) == ["59400", "59400"]  # never from the row of 101


def test_no_entry_tells_why(tmp_path):
    lake = hand_lake(tmp_path, CHAIN, {97: 59_400_00})
    day = tables_of(lake, strike="atm").tables["days"].row(0, named=True)
    assert (day["trades"], day["note"]) == (0, "no index row at most 2 s old")
    ledger = tables_of(hand_lake(tmp_path / "dark", CHAIN), strike="atm").tables["ledger"].row(0, named=True)
    assert ledger["state"] == "refused"
    assert "no index feed of BANKNIFTY on 2025-12-15" in ledger["reason"]
    assert "spot=parity" in ledger["reason"]


def test_the_strike_from_parity(tmp_path):
    # 59300: C − P in mids = 150.00 − 100.00 = 50.00; 59600: 100.00 − 160.00 = −60.00. The forward is 59,350.00, a tie
    # of 59300 and 59400. With half a tick more on one ask, the mid is 0.025 higher, and 59400 is nearer.
    rows = {
        "banknifty25dec59300ce": steady(range(95, 210), 14_990, 15_010),
        "banknifty25dec59300pe": steady(range(95, 210), 9_990, 10_010),
        "banknifty25dec59400ce": [quote(60, 10_000, 10_010), *steady(range(101, 210), 10_000, 10_010)],
        "banknifty25dec59400pe": [quote(60, 10_000, 10_010), *steady(range(101, 210), 10_000, 10_010)],
        "banknifty25dec59600ce": steady(range(95, 210), 9_990, 10_010),
        "banknifty25dec59600pe": steady(range(95, 210), 15_990, 16_010),
    }
    lake = hand_lake(tmp_path / "tie", rows)
    result = tables_of(lake, strike="atm", spot="parity").tables
    assert result["legs"]["strike"].to_list() == [59_300, 59_300]
    seen = result["events"].filter(result["events"]["event"] == "decision")["observed_paise"].to_list()
    assert seen == [59_350_00, 59_350_00]
    rows["banknifty25dec59300ce"] = steady(range(95, 210), 14_990, 15_015)
    assert strikes_of(straddle(tmp_path / "nearer", rows, strike="atm", spot="parity")) == ["59400", "59400"]


# other recipes


def test_a_bought_call_sells_to_the_bids_at_its_target(tmp_path):
    # Bought at 10.00 (35,000 paid); 50 % of it is 17,500; the bid of 15.00 brings 52,500.
    rows = steady(range(95, 150), 990, 1_000)
    recipe = recipe_of(tmp_path, '[[leg]]\nbuy = "CE"\nstrike = "59400"', target="50%", leg_stop="50%")
    rise = hand_lake(tmp_path / "rise", {CALL: [*rows, quote(150, 1495, 1510), *steady(range(151, 160), 1500, 1510)]})
    (win,) = outcomes(rise, DAY, recipe)
    assert win["decisions"] == [(151, "target", (17_500, 17_500))]
    assert (win["entry"], win["exit"], win["gross"], win["margin"]) == (101, 152, 17_500, 35_000)
    fall = hand_lake(tmp_path / "fall", {CALL: [*rows, quote(150, 505, 510), *steady(range(151, 160), 500, 510)]})
    (loss,) = outcomes(fall, DAY, recipe)
    assert loss["decisions"] == [(151, "leg_stop", (17_500, 17_500))]
    assert (loss["gross"], loss["reason"]) == (-17_500, "leg_stop")


def test_legs_on_one_contract_share_its_book(tmp_path):
    recipe = recipe_of(tmp_path, '[[leg]]\nsell = "CE"\nstrike = "59400"\n' * 2)
    thin = hand_lake(tmp_path / "thin", {CALL: steady(range(95, 210), 1_000, 1_010, 69)})
    assert outcomes(thin, DAY, recipe) == [{"missed": (106, 1, "thin_book")}]
    rows = [book(second, [(1_000, 40), (995, 30)], [(1_010, 999)]) for second in range(95, 210)]
    (trade,) = outcomes(hand_lake(tmp_path / "held", {CALL: rows}), DAY, recipe)
    assert [leg[5] for leg in trade["legs"]] == [1_000 * 35, 1_000 * 5 + 995 * 30]


@pytest.mark.parametrize(("on", "second"), [("walk", 152), ("mid", 151), ("last", 150)])
def test_a_stop_may_watch_mid_or_last(tmp_path, on, second):
    # 10 % of 350,000 is 10.00 a unit. Last 110.00 at 150, mid 110.00 at 151, the walked ask 110.00 at 152. At 151 the
    # walk costs 34 × 10,999 + 11,000 = 384,966 paise: 34 short of 385,000.
    def row(time: int, bid: int, ask: int, last: int) -> dict:
        return book(time, [(bid, 99)], [(ask, 34), (11_000, 99)], last)

    call = [row(time, 10_000, 10_010, 10_000) for time in range(95, 150)]
    call += [row(150, 10_000, 10_010, 11_000)]
    call += [row(151, 10_991, 11_009, 10_000)] if on == "mid" else [row(151, 10_890, 10_999, 10_000)]
    call += [book(152, [(10_900, 99)], [(11_000, 99)], 5), *steady(range(195, 210), 10_000, 10_010)]
    recipe = recipe_of(tmp_path, '[[leg]]\nsell = "CE"\nstrike = "59400"', stop="10%", on=on)
    (trade,) = outcomes(hand_lake(tmp_path, {CALL: call}), DAY, recipe)
    assert trade["decisions"][0][:2] == (second, "stop")


# flags


@pytest.mark.parametrize(
    ("call", "flags"),
    [
        (steady(range(102, 210), 10_000, 10_010), []),
        ([*steady(range(102, 150), 10_000, 10_010), *steady(range(154, 210), 10_000, 10_010)], []),  # 5 s: no gap
        ([*steady(range(102, 150), 10_000, 10_010), *steady(range(155, 210), 10_000, 10_010)], ["gap"]),
        ([*steady(range(102, 150), 10_000, 10_010), *steady(range(150, 210), 10_010, 10_010)][:-9], None),
        (
            [*steady(range(102, 150), 10_000, 10_010), quote(150, 10_010, 10_010), *steady(range(151, 210), 9, 10)],
            ["crossed_book"],
        ),
        (
            [*steady(range(102, 150), 10_000, 10_010), book(150, [], [(9, 9)]), *steady(range(151, 210), 9, 10)],
            ["empty_book"],
        ),
        ([*steady(range(102, 201), 10_000, 10_010), quote(205, 9_000, 9_010)], []),  # 4 s after the order's arrival
        ([*steady(range(102, 202), 10_000, 10_010, 34), quote(207, 9_000, 9_010)], ["gap", "late_exit"]),
    ],
)
def test_flags_tell_what_a_trade_touched(tmp_path, call, flags):
    tables = tables_of(hand_lake(tmp_path, sold(call, steady(range(102, 210), 10_000, 10_010)))).tables
    if flags is None:
        assert {"crossed_book", "late_exit", "unclosed"} <= set(tables["trades"]["flags"][0])
    else:
        assert tables["trades"]["flags"].to_list() == [flags]
