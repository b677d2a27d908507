"""Synthetic markets as the honesty tests see them: a packed lake of a day or more, and the fair values beside it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.contracts import parse_name
from nfolab.research.plan import Plan
from nfolab.research.run import run_day
from nfolab.strategies.find import find_recipe
from nfolab.strategies.recipe import Recipe
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market
from reference.cases import time_text

RECIPES = Path(__file__).resolve().parent / "recipes"
OPEN = 9 * 3600 + 15 * 60

Floats = npt.NDArray[np.float64]


def straddle() -> Recipe:
    return find_recipe("short_straddle")


def recipe(name: str) -> Recipe:
    return Recipe.load(RECIPES / f"{name}.toml")


def at(second: int) -> str:
    """The clock time of a second of the session, as parameters are written."""
    return time_text(OPEN + second)


def second_of(time: dt.datetime) -> int:
    return (time.hour * 60 + time.minute) * 60 + time.second - OPEN


@dataclass(frozen=True)
class Fair:
    """A day of the martingale market: its lake, and each contract's exact fair value in paise by second."""

    lake: Lake
    underlying: str
    day: dt.date
    fair: Mapping[str, Floats]

    def run(self, asked: Recipe, questions: Sequence[Mapping[str, str]]) -> dict[str, pl.DataFrame]:
        """The tables of the day with every question as a variant; none may fail."""
        variants = [asked.variant(question, number) for number, question in enumerate(questions)]
        tables = run_day(self.lake, self.underlying, self.day, variants).tables
        assert tables["ledger"]["state"].unique().to_list() == ["done"], tables["ledger"]["reason"][0]
        return tables


def nearest_only(folder: Path) -> list[Path]:
    """The raw files of a market's nearest expiry, and its index: enough for strategies of the nearest expiry."""
    options = [path for path in folder.rglob("*.parquet") if path.stem.endswith(("ce", "pe"))]
    expiries = {path: parse_name(path.stem).expiry for path in options}
    return sorted(
        path
        for path in options
        if expiries[path] == min(expiry for other, expiry in expiries.items() if other.parent == path.parent)
    ) + sorted((folder / "spot").glob("*.parquet"))


def martingale(folder: Path, underlying: str, day: dt.date, seed: int) -> Fair:
    write_market(
        folder / "raw", underlying=underlying, start=day, days=1, size="small", form="parquet", seed=seed,
        market="martingale",
    )  # fmt: skip
    pack(find_sources(nearest_only(folder / "raw")), folder / "lake", 1)
    table = pl.read_parquet(folder / "raw" / "fair_values" / f"{underlying}_{day}.parquet")
    values = {
        f"{underlying} {expiry} {strike} {kind}": rows["fair_paise"].to_numpy()
        for (expiry, strike, kind), rows in table.filter(pl.col("expiry") == pl.col("expiry").min())
        .partition_by("expiry", "strike", "kind", as_dict=True)
        .items()
    }
    return Fair(Lake.open(folder / "lake"), underlying, day, values)


def fills_of(tables: Mapping[str, pl.DataFrame]) -> Iterable[dict]:
    return tables["events"].filter(pl.col("event") == "fill").iter_rows(named=True)


def gain_in_fair(market: Fair, tables: Mapping[str, pl.DataFrame]) -> tuple[float, float]:
    """Σ signed units × fair value at the fill seconds, and the variation of that sum over the day.

    With q(t) what all trades together hold after the fills of second t, the gain is Σ q(t) · (fair(t + 1) − fair(t)):
    a sum of martingale differences if q knows nothing of what comes, whatever overlaps what. Its variance is the sum of
    their squares, so that gain / √variation is a standard normal variable, but for the size of the sample.
    """
    held: dict[str, Floats] = {}
    gain = 0.0
    for fill in fills_of(tables):
        fair, second = market.fair[fill["contract"]], second_of(fill["time"])
        signed = fill["quantity"] * (1 if fill["side"] == "buy" else -1)
        gain -= signed * fair[second]
        held.setdefault(fill["contract"], np.zeros(fair.size))[second:] += signed
    assert all(position[-1] == 0 for position in held.values())
    steps = sum(position[:-1] * np.diff(market.fair[contract]) for contract, position in held.items())
    assert np.isclose(np.sum(steps), gain, atol=1e-3, rtol=1e-9)
    return gain, float(np.sum(np.square(steps)))


def z_score(results: Iterable[tuple[float, float]]) -> float:
    gains, variations = zip(*results, strict=True)
    return float(sum(gains) / np.sqrt(sum(variations)))


def lake_table(lake: Lake, underlying: str, day: dt.date) -> pa.Table:
    """A day of the lake, read by PyArrow and by nothing of ours."""
    return pq.read_table(lake.root / "options" / underlying / f"{day}.parquet")


@dataclass(frozen=True)
class Traded:
    """An ordinary market with defects: its raw files and its lake."""

    raw: Path
    lake: Lake


def plan_of_all(lake: Lake) -> Plan:
    """Variants of every recipe that between them meet every rule, every reason and every end."""
    recipes = [straddle(), recipe("bought_call"), recipe("fly"), recipe("again_and_again")]
    asked: list[tuple[int, dict[str, str]]] = []
    for minute in range(10, 345, 45):
        asked += [
            (0, {"entry": at(60 * minute), "stop": "6%", "target": "6%"}),
            (0, {"entry": at(60 * minute), "leg_stop": "15%", "lots": "11lots"}),
            (0, {"entry": at(60 * minute), "spot": "parity", "strike": "atm_pair", "latency": "3s", "plan": "flat20"}),
            (1, {"entry": at(60 * minute), "target": "20%", "leg_stop": "20%", "lots": "9lots"}),
            (2, {"entry": at(60 * minute), "stop": "10pt", "target": "400rs"}),
        ]
    asked += [
        (0, {"entry": "15:15:00", "exit": "15:20:00"}),
        (0, {"entry": "15:14:59", "exit": "15:20:00", "latency": "4s", "lots": "12lots"}),
        (0, {"entry": "15:15:00", "exit": "15:15:01", "lots": "14lots"}),
        (0, {"entry": "11:00:00", "lots": "60lots"}),
        (2, {"entry": "15:15:00", "exit": "15:15:01"}),
        (3, {}),
        (3, {"stop": "2%", "target": "2%"}),
        (3, {"leg_stop": "4%", "lots": "10lots"}),
    ]
    days = tuple(entry.day for entry in lake.days("NIFTY", "options"))
    variants = tuple(recipes[place].variant(given, number) for number, (place, given) in enumerate(asked))
    return Plan(lake, "NIFTY", days, tuple(recipes), variants)


def cut_window(raw: Path, day: dt.date, first: str, last: str, strikes: int = 5) -> dict[str, pa.Table]:
    """The rows between two clock times of the contracts nearest the money then, and of the index, by file name."""
    start, end = (dt.datetime.combine(day, dt.time.fromisoformat(text)) for text in (first, last))

    def within(table: pa.Table) -> pa.Table:
        times = table["timestamp"].cast(pa.timestamp("us"))
        inside = pc.and_(
            pc.greater_equal(times, pa.scalar(start, times.type)), pc.less_equal(times, pa.scalar(end, times.type))
        )
        return table.filter(inside)

    (spot,) = (raw / "spot").glob(f"*{day}.parquet")
    index = within(pq.read_table(spot))
    money = index["price"][0].as_py()
    options = [path for path in nearest_only(raw) if path.parent.name == str(day)]
    listed = sorted({parse_name(path.stem).strike for path in options}, key=lambda strike: abs(strike - money))
    kept = set(listed[:strikes])
    tables = {path.name: within(pq.read_table(path)) for path in options if parse_name(path.stem).strike in kept}
    return {**tables, spot.name: index}


def packed_window(folder: Path, tables: Mapping[str, pa.Table]) -> Lake:
    """A new lake of raw tables by file name, in a folder of its own, so that no cache knows it."""
    for name, table in tables.items():
        path = folder / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    return Lake.open(folder / "lake")
