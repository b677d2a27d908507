"""A day of a lake as arrays: listing, levels, rows of the file, the index joined backward, gaps and late feeds."""

import datetime as dt

import numpy as np
import pytest

from engine.hand_market import CALL, DAY, PUT, book, hand_lake, quote, steady
from honesty.markets import lake_table, second_of
from nfolab.base.errors import InputError
from nfolab.engine.flags import RowDefects
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import NO_SPOT, Day

SPOT = {50: 59_400_05, 51.9: 59_401_00, 60: 59_402_00, 22_500: 59_403_00}
WHOLE = [
    book(10, [(9_995, 35), (9_990, 70)], [(10_005, 105), (10_010, 140)], last=10_000),
    book(10.5, [(9_985, 35)], [(10_015, 35)], last=9_990),
    book(17, [(9_980, 35)], [(10_020, 0)], last=9_985),
    book(22_500, [(9_000, 35)], [(9_010, 35)], last=9_005),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    rows = {CALL: WHOLE, PUT: steady(range(5, 30), 500, 510), "banknifty25dec59500ce": [quote(40, 100, 110)]}
    return hand_lake(tmp_path_factory.mktemp("tape"), rows, SPOT)


@pytest.fixture(scope="module")
def day(lake):
    return Day(lake, "BANKNIFTY", DAY)


def test_the_chain_and_since_when_each_contract_is_known(day):
    listed = zip(day.kind.tolist(), day.strike.tolist(), day.first_second.tolist(), strict=True)
    assert list(listed) == [("CE", 59_400, 10), ("CE", 59_500, 40), ("PE", 59_400, 5)]
    assert set(day.expiry.tolist()) == {dt.date(2025, 12, 30)}
    assert str(day.contract(2)) == "BANKNIFTY 2025-12-30 59400 PE"
    assert (day.seconds, day.opening.isoformat()) == (22_501, "2025-12-15T09:15:00+05:30")


def test_the_rows_of_the_contracts_asked_for_in_that_order(day, lake):
    tape = day.load([2, 0], 5)
    book = tape.book
    assert book.first_row.tolist() == [0, 25, 29]
    assert book.second[25:].tolist() == [10, 10, 17, 22_500]
    assert book.bid_price[:, 25].tolist() == [9_995, 9_990, 0, 0, 0]
    assert book.ask_size[:, 25].tolist() == [105, 140, 0, 0, 0]
    assert book.last_price[25:].tolist() == [10_000, 9_990, 9_985, 9_005]
    assert book.last[1, [9, 10, 16, 17, 22_499, 22_500]].tolist() == [-1, 26, 26, 27, 27, 28]
    file = lake_table(lake, "BANKNIFTY", DAY)
    rows = tape.lake_rows(np.array([0, 1, 1, 1]), np.array([0, 25, 28, -1]))
    assert [file["sp0_paise"][row].as_py() for row in rows[:3].tolist()] == [510, 10_005, 9_010]
    assert rows[3] == -1


@pytest.mark.parametrize("levels", [1, 3, 5])
def test_fewer_levels_are_the_first_of_five(day, levels):
    whole, some = day.load([0, 1, 2], 5).book, day.load([0, 1, 2], levels).book
    for name in ("bid_price", "bid_size", "ask_price", "ask_size"):
        assert getattr(some, name).shape[0] == levels
        assert (getattr(some, name) == getattr(whole, name)[:levels]).all()
    assert (some.last == whole.last).all()


@pytest.mark.parametrize("levels", [0, 6])
def test_a_book_has_one_to_five_levels(day, levels):
    with pytest.raises(InputError, match=f"{levels} levels asked for, but a snapshot has 1 to 5"):
        day.load([0], levels)


def test_every_array_of_a_book_is_contiguous_and_of_one_kind_however_few_contracts(day):
    kinds = [
        [(array.dtype, array.ndim, array.flags.c_contiguous, array.flags.writeable) for array in day.load(some).book]
        for some in ([0], [2, 0], [0, 1, 2])
    ]
    assert kinds[0] == kinds[1] == kinds[2]
    assert all(contiguous and writable for _, _, contiguous, writable in kinds[0])


def test_the_index_is_joined_backward_and_at_most_two_seconds_old(day):
    assert day.has_spot
    # 51.9 belongs to second 51, and is known from then on, until 53.
    assert day.spot[[49, 50, 51, 52, 53, 54]].tolist() == [NO_SPOT, 59_400_05, 59_401_00, 59_401_00, 59_401_00, NO_SPOT]
    assert day.spot[[59, 60, 62, 63, 22_499, 22_500]].tolist() == [
        NO_SPOT,
        59_402_00,
        59_402_00,
        NO_SPOT,
        NO_SPOT,
        59_403_00,
    ]


def test_gaps_crossed_and_empty_books_by_stretch(day):
    tape = day.load([0])
    defects = RowDefects(tape.book)

    def flags(first: int, last: int) -> list[str]:
        found = defects.flags(np.array([0]), np.array([first]), np.array([last]))
        return sorted(name for name, bad in found.items() if bad[0])

    assert flags(10, 12) == []
    assert flags(10, 15) == []  # silent for 5 s
    assert flags(10, 16) == ["gap"]  # silent for 6 s, though the next row has not come
    assert flags(10, 17) == ["empty_book", "gap"]
    assert flags(17, 20) == ["empty_book"]
    assert flags(22_500, 22_500) == []


def test_no_minute_is_late_where_the_clocks_agree(day):
    assert day.late_seconds().shape == (22_501,)
    assert not day.late_seconds().any()


def test_minutes_that_lag_the_days_usual_by_more_than_five_seconds_are_late(tmp_path):
    def rows(lag_of_minute: dict[int, float]) -> list[dict]:
        told = []
        for number, second in enumerate(range(300)):
            row = quote(second, 10_000, 10_010)
            row["volume"] = 35 * (number + 1)
            row["lastTradeTime"] = row["timestamp"] - dt.timedelta(seconds=lag_of_minute.get(second // 60, 1))
            told.append(row)
        return told

    late = Day(hand_lake(tmp_path, {CALL: rows({2: 6, 3: 7})}), "BANKNIFTY", DAY).late_seconds()
    # Usual is 1 s. Minute 2 is 5 s beyond it, which is not more than 5; minute 3 is 6 s beyond.
    assert np.flatnonzero(late).tolist() == list(range(180, 240))


# where the money stands


def parity_by_hand(contracts: dict[int, tuple[list[dict], list[dict]]], now: int, max_age: int) -> int:
    """K + C − P of the nearest pair in half-paise, by the rule book, from the rows themselves."""
    best = None
    for strike, pair in sorted(contracts.items()):
        mids = []
        for rows in pair:
            known = [row for row in rows if second_of(row["timestamp"]) <= now]
            if not known or now - second_of(known[-1]["timestamp"]) > max_age:
                break
            bid, ask = round(known[-1]["bp0"] * 100), round(known[-1]["sp0"] * 100)
            if not (0 < bid < ask and known[-1]["bq0"] and known[-1]["sq0"]):
                break
            mids.append(bid + ask)
        if len(mids) == 2 and (best is None or abs(mids[0] - mids[1]) < best[0]):
            best = (abs(mids[0] - mids[1]), 200 * strike + mids[0] - mids[1])
    return UNKNOWN if best is None else best[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_parity_forward_against_plain_python(tmp_path, seed):
    random = np.random.default_rng(seed)

    def wandering(level: int) -> list[dict]:
        rows = []
        for at in sorted(set(random.integers(0, 120, 50).tolist())):
            bid = 5 * int(level + random.integers(-60, 60))
            rows.append(quote(at, bid, bid + 5 * int(random.integers(-1, 4)), int(random.integers(0, 4))))
        return rows

    contracts = {59_300 + 100 * n: (wandering(3_000 - 800 * n), wandering(1_500 + 900 * n)) for n in range(3)}
    files = {f"banknifty25dec{strike}ce": pair[0] for strike, pair in contracts.items()}
    files |= {f"banknifty25dec{strike}pe": pair[1] for strike, pair in contracts.items()}
    day = Day(hand_lake(tmp_path, files), "BANKNIFTY", DAY)
    money = Money(day)
    for max_age in (1, 5):
        line = money.forward(np.datetime64("2025-12-30", "D"), max_age)
        expected = [parity_by_hand(contracts, now, max_age) for now in range(130)]
        assert line[:130].tolist() == expected
        assert len(set(expected)) > 10
        assert UNKNOWN in expected


def test_the_forward_stands_in_where_the_index_is_not_known(tmp_path):
    rows = {CALL: steady(range(100), 10_000, 10_010), PUT: steady(range(100), 9_000, 9_010)}
    money = Money(Day(hand_lake(tmp_path, rows, {50: 59_480_00}), "BANKNIFTY", DAY))
    expiry = np.datetime64("2025-12-30", "D")
    known = money.best_known(expiry, 5)
    # 59,400 + 100.05 − 90.05 = 59,410.00 by parity; half-paise are 200 a rupee.
    assert known[[49, 50, 52, 53, 104, 105]].tolist() == [
        59_410 * 200,
        59_480 * 200,
        59_480 * 200,
        59_410 * 200,
        59_410 * 200,
        UNKNOWN,
    ]
    assert money.index[[49, 50]].tolist() == [UNKNOWN, 59_480 * 200]
