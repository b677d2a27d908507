"""Pickers on a day of a lake: what they read of it, and that the decision's event says why."""

from datetime import date

import polars as pl
import pytest

from engine.hand_market import DAY, Rows, at, hand_lake, quote, steady
from nfolab.research.run import run_day
from nfolab.strategies.pickers.chain import AskedLeg, NoStrikeError
from nfolab.strategies.pickers.grammar import read_strike
from nfolab.strategies.pickers.read import ExpiryOfDay
from nfolab.strategies.recipe import Recipe
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

SECONDS = range(90, 130)
# Strike: mid of the CE and of the PE in paise; the spread is 10 paise. The index stands at 59410.
MIDS = {59300: (20_005, 10_005), 59400: (14_005, 14_005), 59500: (9_005, 19_005), 59600: (5_005, 25_005)}


def rows_of(strike: int, kind: str, mid: int) -> Rows:
    if (strike, kind) == (59500, "ce"):
        return [quote(92, mid - 5, mid + 5), *steady(range(110, 130), mid - 5, mid + 5)]  # 8 s old at second 100
    interest = {59300: 700, 59400: 350, 59500: 1400, 59600: 0}[strike]
    return [row | {"oi": interest} for row in steady(SECONDS, mid - 5, mid + 5)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    contracts = {
        f"banknifty25dec{strike}{kind}": rows_of(strike, kind, mid)
        for strike, both in MIDS.items()
        for kind, mid in zip(("ce", "pe"), both, strict=True)
    }
    return hand_lake(tmp_path_factory.mktemp("pickers"), contracts, dict.fromkeys(range(90, 130), 59_410_00))


def recipe(folder, *strikes: str) -> Recipe:
    legs = [f'[[leg]]\nsell = "{kind}"\nstrike = "{word}"' for kind, word in zip(("CE", "PE"), strikes, strict=False)]
    head = f'title = "x"\nside = "sell"\n[enter]\nat = "{at(100)}"\n'
    path = folder / "mine.toml"
    path.write_text(head + "\n".join(legs) + f'\n[exit]\ntime = "{at(120)}"\n')
    return Recipe.load(path)


def chosen(of_expiry: ExpiryOfDay, *words: str, max_age: int = 5) -> list[tuple[int, str]] | str:
    """Strike and sentence of a CE, and of a PE after it, as known at second 100; why there is none."""
    money = int(Money(of_expiry.day).index[100])
    chain = of_expiry.chain(100, money, "index", max_age)
    found: list[tuple[int, str]] = []
    try:
        for kind, word in zip(("CE", "PE"), words, strict=False):
            leg = AskedLeg(kind, tuple(strike for strike, _ in found))
            choice = read_strike(word, len(found)).choose(chain, leg)
            found.append((choice.strike, choice.sentence))
    except NoStrikeError as none:
        return str(none)
    return found


def expiry_of(lake) -> ExpiryOfDay:
    return ExpiryOfDay(Day(lake, "BANKNIFTY", DAY), date(2025, 12, 30))


def test_the_decision_says_why(lake, tmp_path):
    variant = recipe(tmp_path, "premium ~ 90rs", "otm 100pt").variant({}, 0)
    tables = run_day(lake, "BANKNIFTY", DAY, [variant]).tables
    assert tables["ledger"]["state"].to_list() == ["done"]
    decisions = tables["events"].filter(pl.col("event") == "decision")
    # CE 59500 at 90.05 would be nearest but its quote is 8 s old: 59600 at 50.05 is 39.95 away, 59400 at 140.05 50.05.
    assert decisions["reason"].to_list() == [
        "59600 CE has the premium nearest 90.00: 50.05; refused: 59500 (a quote 8 s old)",
        "59300 is the listed PE strike nearest 59310.00, 100pt below the index 59410.00",
    ]
    assert tables["legs"]["strike"].to_list() == [59600, 59300]


def test_a_longer_age_serves_an_older_quote(lake):
    assert chosen(expiry_of(lake), "premium ~ 90rs", max_age=8) == [
        (59500, "59500 CE has the premium nearest 90.00: 90.05")
    ]


def test_a_missed_entry_says_why(lake, tmp_path):
    variant = recipe(tmp_path, "premium 80..100rs").variant({}, 0)
    tables = run_day(lake, "BANKNIFTY", DAY, [variant]).tables
    (note,) = tables["days"]["note"]
    assert note.startswith(
        "no CE of BANKNIFTY 2025-12-30 has the premium nearest the middle of 80.00 to 100.00; refused:"
    )
    assert "59500 (a quote 8 s old)" in note


def test_open_interest_is_that_of_the_newest_row(lake):
    # The CE of 59500 told none in its only row so far, its PE 1400 units; 59300 told 700 of both.
    (call, why), (put, _) = chosen(expiry_of(lake), "max_oi", "max_oi")
    assert (call, put) == (59300, 59500)
    assert why.startswith("59300 has the greatest open interest of the CE: 700 units; refused: 59500")


def test_pickers_by_place_read_no_rows(lake, monkeypatch):
    of_expiry = expiry_of(lake)
    asked = []
    load = of_expiry.day.load
    monkeypatch.setattr(of_expiry.day, "load", lambda *given: asked.append(given) or load(*given))
    for word in ("atm_pair", "otm1", "spot+100pt"):
        assert len(chosen(of_expiry, word, "leg1")) == 2
    assert asked == []
    chosen(of_expiry, "premium ~ 90rs")
    chosen(of_expiry, "premium ~ 150rs")
    assert len(asked) == 1


def test_another_legs_strike(lake):
    assert [strike for strike, _ in chosen(expiry_of(lake), "otm1", "leg1-2")] == [59500, 59300]


WORDS = (
    "atm_pair", "otm 0.2%", "atm+0.5straddle", "otm 0.3em", "premium ~ 90rs", "premium <= 40% of straddle",
    "delta ~ 0.40", "max_oi", "max_pair_oi", "max_theta", "max_gamma_per_spread", "min_iv within 1",
)  # fmt: skip


def test_what_comes_after_the_second_changes_no_choice(lake, tmp_path):
    contracts, noisy_index = {}, {second: 59_410_00 if second <= 100 else 59_950_00 for second in range(90, 130)}
    for strike, both in MIDS.items():
        for kind, mid in zip(("ce", "pe"), both, strict=True):
            known = [row for row in rows_of(strike, kind, mid) if row["timestamp"].strftime("%H:%M:%S") <= at(100)]
            noise = [row | {"oi": strike} for row in steady(range(101, 130), mid * (strike % 7) + 55, mid * 9)]
            contracts[f"banknifty25dec{strike}{kind}"] = known + noise
    contracts["banknifty25dec59700ce"] = contracts["banknifty25dec59700pe"] = steady(range(101, 130), 9_000, 9_010)
    noisy = hand_lake(tmp_path / "noisy", contracts, noisy_index)
    before, after = expiry_of(lake), expiry_of(noisy)
    for word in WORDS:
        told = chosen(before, word, word)
        assert told == chosen(after, word, word), word
        assert len(told) == 2
        assert isinstance(told, list), word
