"""Positions by hand: a recipe's text and paths of prices in, the legs it traded out.

Prices are paths: from a second on so many paise bid, ten more asked, a row each second. An order decided at second t is
filled by the row of t + 1. One lot is 35 units. Unless a test says otherwise the entry is decided at second 100.
"""

from pathlib import Path

from engine.both_engines import _second as second_of
from engine.hand_market import DAY, at, hand_lake, quote
from nfolab.research.run import run_day
from nfolab.strategies.recipe import Recipe

CE, PE = "BANKNIFTY 2025-12-30 59400 CE", "BANKNIFTY 2025-12-30 59400 PE"
SELL_BOTH = '[[leg]]\nsell = "CE"\nstrike = "59400"\n[[leg]]\nsell = "PE"\nstrike = "59400"\n'
BUY_CALL = '[[leg]]\nbuy = "CE"\nstrike = "59400"\n'
SELL_CALL = '[[leg]]\nsell = "CE"\nstrike = "59400"\n'
ENTER = f'[enter]\nat = "{at(100)}"\n'


def path(*steps: tuple[int, int], until: int = 299) -> list[dict]:
    """A row each second: from each step's second on its bid, and an ask ten paise above."""
    rows = []
    for place, (first, bid) in enumerate(steps):
        last = steps[place + 1][0] if place + 1 < len(steps) else until + 1
        rows += [quote(second, bid, bid + 10) for second in range(first, last)]
    return rows


def flat(bid: int = 10_000) -> list[dict]:
    return path((95, bid))


def index_of(*steps: tuple[int, int], until: int = 299) -> dict[float, int]:
    """The index in paise, a value each second."""
    values: dict[float, int] = {}
    for place, (first, value) in enumerate(steps):
        last = steps[place + 1][0] if place + 1 < len(steps) else until + 1
        values |= dict.fromkeys(range(first, last), value)
    return values


def legs_of(
    folder: Path, text: str, contracts: dict[str, list[dict]], index: dict[float, int] | None = None
) -> list[tuple]:
    """The legs that a recipe traded: contract, side, seconds of entry and exit, prices in paise, reason; by trade."""
    recipe = folder / "by_hand.toml"
    recipe.write_text(f'title = "by hand"\nside = "mixed"\n{text}')
    lake = hand_lake(folder, contracts, index)
    tables = run_day(lake, "BANKNIFTY", DAY, [Recipe.load(recipe).variant({}, 0)]).tables
    ledger = tables["ledger"].row(0, named=True)
    assert ledger["state"] == "done", ledger["reason"]
    return [
        (
            leg["trade"], leg["contract"], leg["side"], second_of(leg["entry_time"]), second_of(leg["exit_time"]),
            leg["entry_value_paise"] // leg["units"], leg["exit_value_paise"] // leg["units"], leg["reason"],
        )
        for leg in tables["legs"].sort("trade", "leg").rows(named=True)
    ]  # fmt: skip


def exits(**words: str) -> str:
    return "[exit]\n" + "".join(f"{name} = {value}\n" for name, value in ({"time": f'"{at(250)}"'} | words).items())
