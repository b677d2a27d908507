"""Random days that burst, pull, fear and fall silent, written as raw files, packed, and read back by another reader."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from lake_sources import VENDOR_COLUMNS, clock, lake_rows, write_spot
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.market.expiries import calendar_days_to_expiry, nearest_expiry
from nfolab.market.lots import lot_size
from nfolab.market.sessions import session
from nfolab.vendor.sources import find_sources
from reference.state import Contract, SlowState

NORMAL = statistics.NormalDist()
TICK = 0.05
SETTLES = 200


@dataclass(frozen=True)
class Kind:
    """What underlying a tape is of, and how wild."""

    underlying: str
    level: float
    step: int
    deviation: float
    burst: float
    name: str
    days: tuple[date, ...]


NIFTY = Kind(
    "NIFTY", 26_000.0, 50, 0.5, 3.5, "nifty25d16{}{}", tuple(date(2025, 12, day) for day in (10, 11, 12, 15, 16))
)
BANKNIFTY = Kind(
    "BANKNIFTY", 59_400.0, 100, 1.4, 9.0, "banknifty25dec{}{}",
    tuple(date(2025, 12, day) for day in (10, 11, 12, 15, 16)),
)  # fmt: skip


@dataclass(frozen=True)
class Recording:
    """What is seen of one day: (second, price) of the index, and columns by contract, each with its seconds."""

    index: list[tuple[float, float]]
    contracts: dict[tuple[str, int], dict[str, np.ndarray]]

    def upto(self, second: int) -> "Recording":
        """Nothing after a second."""
        contracts = {
            key: {n: c[one["second"] < second + 1] for n, c in one.items()} for key, one in self.contracts.items()
        }
        return Recording([one for one in self.index if one[0] < second + 1], contracts)

    def followed_by(self, other: "Recording", second: int) -> "Recording":
        """Another day's rows after a second."""
        contracts = {
            key: {
                n: np.concatenate([one[n][one["second"] < second + 1], rest[n][rest["second"] >= second + 1]])
                for n in one
            }
            for key, one, rest in ((key, one, other.contracts[key]) for key, one in self.contracts.items())
        }
        later = [one for one in other.index if one[0] >= second + 1]
        return Recording([one for one in self.index if one[0] < second + 1] + later, contracts)


def recording(
    kind: Kind, day: date, seconds: int, random: np.random.Generator, every: int = 60, first: int = 0
) -> Recording:
    """A stretch of a day from its second `first` on: a walk with bursts of all sorts, about one in `every` seconds."""
    path = kind.deviation * random.normal(size=seconds)
    fear, spread, thin, put_bids = np.zeros(seconds), np.zeros(seconds), np.ones(seconds), np.ones(seconds)
    silent = np.zeros(seconds, bool)
    start = 122 + int(random.integers(0, 20))
    while start < seconds - 20:
        length = int(random.integers(4, 16)) if random.random() > 0.1 else 200
        inside = slice(start, start + length)
        direction = random.choice((-1, 1))
        path[inside] += direction * kind.burst * random.uniform(0.5, 1.6)
        if random.random() < 0.2:
            path[start + max(3, length // 4) : start + length + 9] -= direction * 2 * kind.burst
        path[start + length : start + length + 40] *= 0.3
        if random.random() < 0.15:
            silent[start + 8 : start + 8 + int(random.integers(4, 12))] = True
        if random.random() < 0.6:
            spread[inside] = int(random.integers(2, 30))
            thin[inside] = random.uniform(0.2, 0.8)
        if direction < 0:
            fear[start : start + length + 60] = random.choice((0.0, 0.05, 0.2))
            if random.random() < 0.7:
                put_bids[start : start + 10 : 2] = 0.5
                put_bids[start + length : start + length + 30 : 3] = 1.6
        start += length + int(random.integers(every // 3, 2 * every))
    if first:
        path[-7:] += kind.burst * 1.5
    level = kind.level + np.round(np.cumsum(path) * 20) / 20
    seen = _heard(seconds, random) & ~silent
    index = [(first + second + 0.2, round(float(level[second]), 2)) for second in np.flatnonzero(seen)]
    minutes = (datetime.combine(nearest_expiry(kind.underlying, day), datetime.min.time())
               - datetime.combine(day, datetime.min.time())) / timedelta(minutes=1) + 375  # fmt: skip
    lot = lot_size(kind.underlying, nearest_expiry(kind.underlying, day), day)
    money = round(kind.level / kind.step) * kind.step
    contracts = {}
    for strike in (money - kind.step, money, money + kind.step):
        for option in ("CE", "PE"):
            volatility = 0.12 + (fear if option == "PE" else 0) + 0.001 * random.normal(size=seconds)
            fair = [
                _price(option, level[t] + 20, strike, minutes - (first + t) / 60, volatility[t]) for t in range(seconds)
            ]
            bids = put_bids if option == "PE" else np.ones(seconds)
            contracts[option, strike] = _rows(np.array(fair), spread, thin, bids, lot, first, random)
    return Recording(index, contracts)


def _heard(seconds: int, random: np.random.Generator) -> np.ndarray:
    heard = random.random(seconds) > random.choice((0.0, 0.03, 0.1))
    for _ in range(int(random.integers(0, 4))):
        at = int(random.integers(0, seconds))
        heard[at : at + int(random.choice((3, 5, 6, 7, 12, 40)))] = False
    return heard


def _price(option: str, forward: float, strike: float, minutes: float, volatility: float) -> float:
    deviation = volatility * math.sqrt(minutes / 525_600)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    call = forward * NORMAL.cdf(d1) - strike * NORMAL.cdf(d1 - deviation)
    return call if option == "CE" else call - forward + strike


def _rows(
    fair: np.ndarray, spread: np.ndarray, thin: np.ndarray, bids: np.ndarray, lot: int, first: int,
    random: np.random.Generator,
) -> dict:  # fmt: skip
    at = np.flatnonzero(_heard(fair.size, random))
    at = at[at >= int(random.integers(0, 30))]
    count = at.size
    half = TICK * (1 + random.integers(0, 2, count) * random.integers(0, 3, count) + spread[at])
    mid = np.maximum(1.0, np.round(fair[at] * 20) / 20)
    luck = random.random(count)
    bid, ask = np.round(np.maximum(mid - half, TICK), 2), np.round(mid + half, 2)
    ask[luck < 0.01] = bid[luck < 0.01]
    busy = random.choice((0.2, 0.6))
    traded = lot * random.integers(0, 6, count) * (random.random(count) < busy) * (bids[at] == 1)
    volume = lot * 500 * int(random.random() < 0.9) + np.cumsum(traded)
    volume[(luck > 0.01) & (luck < 0.02)] -= lot
    if random.random() < 0.3 and count > 50:
        volume[count // 2 :] += 1_000_000_000
    columns = {
        "second": first + at + 0.3, "price": mid, "volume": np.maximum(volume, 0), "bp0": bid, "sp0": ask,
    }  # fmt: skip
    calm = random.choice((0.15, 0.5))
    for side in "bs":
        level = lot * random.integers(8, 30)
        factor = np.where(random.random(count) < calm, random.choice((0.4, 0.6, 1.0, 1.5), count), 1.0) * thin[at]
        factor *= bids[at] if side == "b" else 1.0
        for number in range(5):
            columns[f"{side}q{number}"] = lot * np.maximum(
                1, np.rint(factor * level / lot * (1 + 0.1 * number))
            ).astype(int)
            if number:
                price = bid - TICK * number if side == "b" else ask + TICK * number
                columns[f"{side}p{number}"] = np.round(np.maximum(price, 0), 2)
    columns["bq0"] = np.where((luck > 0.02) & (luck < 0.03), 0, columns["bq0"])
    return columns


def write(kind: Kind, days: dict[date, Recording], folder: Path, index: Sequence[date]) -> Lake:
    """The lake of some days; of `index` alone with the index's feed."""
    options = {key for one in days.values() for key in one.contracts}
    (folder / "raw").mkdir(parents=True)
    for option, strike in sorted(options):
        frames = [_frame(day, one.contracts[option, strike]) for day, one in days.items()]
        name = kind.name.format(strike, option.lower())
        pl.concat(frames).write_parquet(folder / "raw" / f"{name}.parquet")
    told = [(clock(day, second), price) for day in index for second, price in days[day].index]
    if told:
        write_spot(folder / "raw" / "spot.parquet", kind.underlying, told)
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    return Lake.open(folder / "lake")


def _frame(day: date, columns: dict[str, np.ndarray]) -> pl.DataFrame:
    count = columns["second"].size
    clocks = pl.Series([clock(day, float(second)) for second in columns["second"]], dtype=pl.Datetime("us"))
    floats = {"price", "avgPrice", "open", "high", "low", "close", "changeper"}
    given = {}
    for name in VENDOR_COLUMNS:
        kind = pl.Float64 if name in floats or name[:2] in ("bp", "sp") else pl.Int64
        if name in ("timestamp", "lastTradeTime"):
            given[name] = clocks
        elif name in columns:
            given[name] = pl.Series(columns[name]).cast(kind)
        elif name in ("oiHigh", "oiLow") or name[1] == "o":
            given[name] = pl.Series([None] * count, dtype=kind)
        else:
            given[name] = pl.Series(np.full(count, 100)).cast(kind)
    return pl.DataFrame(given)


def slow_days(kind: Kind, lake: Lake) -> dict[date, SlowState]:
    """The plain loops' state of every day of a lake, each with the days before it."""
    found: dict[date, SlowState] = {}
    for entry in lake.days(kind.underlying, "options"):
        found[entry.day] = slow_day(kind, lake, entry.day, list(found.values()))
    return found


def slow_day(kind: Kind, lake: Lake, day: date, past: list[SlowState]) -> SlowState:
    opened = session(day).open.second_of_day
    by_contract: dict[tuple, list[dict]] = {}
    expiry = nearest_expiry(kind.underlying, day)
    for one in lake_rows(lake.root, "options", kind.underlying, day).iter_rows(named=True):
        one["second"] = _second(one, opened)
        if one["expiry"] == expiry:
            by_contract.setdefault((one["kind"], one["strike"]), []).append(one)
    spot = None
    if any(entry.day == day for entry in lake.days(kind.underlying, "spot")):
        rows = lake_rows(lake.root, "spot", kind.underlying, day).iter_rows(named=True)
        spot = [(_second(one, opened), one["price_paise"]) for one in rows]
    newest = max([rows[-1]["second"] for rows in by_contract.values()] + [second for second, _ in spot or ()])
    minutes = (datetime.combine(expiry, datetime.min.time()) - datetime.combine(day, datetime.min.time())) / timedelta(
        minutes=1
    ) + 375
    last = session(day).last_second
    return SlowState(
        kind.underlying, calendar_days_to_expiry(kind.underlying, expiry, day),
        lot_size(kind.underlying, expiry, day), spot,
        [Contract(*key, rows) for key, rows in by_contract.items()], minutes, past, last,
        min(last + 1, newest + SETTLES), opened,
    )  # fmt: skip


def _second(one: dict, opened: int) -> int:
    at = one["timestamp"]
    return at.hour * 3600 + at.minute * 60 + at.second - opened
