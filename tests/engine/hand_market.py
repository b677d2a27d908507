"""Markets of a few rows, written in the vendor's own format, packed by the real packer and run by the real engine.

Seconds count from the open (09:15:00), prices are paise.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.both_engines import fast_answers, lake_of
from nfolab.lake import Lake
from nfolab.research.run import DayResult, run_day
from nfolab.strategies.find import find_recipe
from nfolab.strategies.recipe import Recipe
from reference.cases import table_of, time_text
from reference.rows import OPEN_SECOND_OF_DAY, Contract, contract_of

DAY = dt.date(2025, 12, 15)
EXPIRY = dt.date(2025, 12, 30)
CALL, PUT = "banknifty25dec59400ce", "banknifty25dec59400pe"
LOT = 35
NEXT_EXPIRY = dt.date(2026, 1, 27)  # lots of 30

Levels = Sequence[tuple[int, int]]
Rows = list[dict]


def at(second: float) -> str:
    """The clock time of a second, as parameters are written."""
    return time_text(OPEN_SECOND_OF_DAY + int(second))


def book(
    second: float, bids: Levels, asks: Levels, last: int = 0, volume: int | None = None, day: dt.date = DAY
) -> dict:
    """One snapshot; levels that are not given are empty, and a unit is traded each second unless told otherwise."""
    time = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=OPEN_SECOND_OF_DAY + second)
    volume = max(0, int(second)) if volume is None else volume
    row = {"timestamp": time, "ts": time, "lastTradeTime": time, "volume": volume, "price": last / 100}
    for side, levels in (("b", bids), ("s", asks)):
        for level, (price, size) in enumerate([*levels, *[(0, 0)] * (5 - len(levels))]):
            row |= {f"{side}p{level}": price / 100, f"{side}q{level}": size}
    return row


def quote(second: float, bid: int, ask: int, size: int = 1000, day: dt.date = DAY) -> dict:
    return book(second, [(bid, size)], [(ask, size)], last=bid, day=day)


def steady(seconds: range, bid: int, ask: int, size: int = 1000, day: dt.date = DAY) -> Rows:
    return [quote(second, bid, ask, size, day) for second in seconds]


def write_raw(folder: Path, contracts: Mapping[str, Rows], spot: Mapping[float, int] | None, day: dt.date) -> None:
    """Raw files of these contracts, and of the index as second to paise."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in contracts.items():
        contract = next_month(name) if "26jan" in name else contract_of(name)
        pq.write_table(table_of(rows, contract), folder / f"{name}.parquet")
    if spot:
        opening = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=OPEN_SECOND_OF_DAY)
        times = [opening + dt.timedelta(seconds=second) for second in spot]
        table = {
            "symbol": pa.array(["BANKNIFTY"] * len(spot), pa.large_string()),
            "timestamp": pa.array(times, pa.timestamp("ms")),
            "price": pa.array([price / 100 for price in spot.values()], pa.float64()),
        }
        pq.write_table(pa.table(table), folder / "index_spot_banknifty.parquet")


def next_month(name: str) -> Contract:
    """The contract of a name such as banknifty26jan59400ce."""
    return Contract("BANKNIFTY", NEXT_EXPIRY, name[-2:].upper(), int(name[len("banknifty26jan") : -2]))


def hand_lake(
    folder: Path, contracts: Mapping[str, Rows], spot: Mapping[float, int] | None = None, day: dt.date = DAY
) -> Lake:
    write_raw(folder / "raw", contracts, spot, day)
    return lake_of(folder / "raw", folder / "lake")


def outcomes(lake: Lake, day: dt.date = DAY, recipe: Recipe | None = None, **given: str) -> list[dict]:
    """What became of each entry; of `short_straddle` at 59400, decided at second 100, unless told otherwise."""
    if recipe is None:
        recipe, given = find_recipe("short_straddle"), {"strike": "59400", "entry": at(100), "exit": at(200), **given}
    (answers,) = fast_answers(lake, day, recipe, [given])
    return answers


def straddle(
    folder: Path, contracts: Mapping[str, Rows], index: Mapping[float, int] | None = None, day: dt.date = DAY, **given
) -> dict:
    """The one outcome of `short_straddle` on rows made by hand."""
    (outcome,) = outcomes(hand_lake(folder, contracts, index, day), day, **given)
    return outcome


def tables_of(lake: Lake, day: dt.date = DAY, **given: str) -> DayResult:
    given = {"strike": "59400", "entry": at(100), "exit": at(200), **given}
    return run_day(lake, "BANKNIFTY", day, [find_recipe("short_straddle").variant(given, 0)])


def recipe_of(folder: Path, legs: str, **exits: str) -> Recipe:
    """A recipe entered at second 100 with these `[[leg]]` tables, closed at second 200 unless told otherwise."""
    leave = {"time": at(200), **exits}
    lines = ['title = "by hand"', 'side = "mixed"', "[enter]", f'at = "{at(100)}"', legs, "[exit]"]
    lines += [f'{word} = "{value}"' for word, value in leave.items()]
    path = folder / "by_hand.toml"
    path.write_text("\n".join(lines) + "\n")
    return Recipe.load(path)


BEFORE = steady(range(95, 102), 10_000, 10_010)
"""Rows of both legs before the order arrives: 100.00 bid, 100.10 asked."""


def sold(call_after: list[dict], put_after: list[dict]) -> dict[str, list[dict]]:
    return {CALL: BEFORE + call_after, PUT: BEFORE + put_after}
