"""Random tapes with all that goes wrong in real ones, packed by the real packer and read back by another reader."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from lake_sources import MONDAY, clock, lake_rows, row, write_contract, write_spot
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.tape.tape import Day
from nfolab.vendor.sources import find_sources

SECONDS = 2_100
FRIDAY = date(2025, 12, 12)
PAST = (date(2025, 12, 10), date(2025, 12, 11), FRIDAY)
CALL, PUT, LONELY = "banknifty25dec59400ce", "banknifty25dec59400pe", "banknifty25dec59500ce"
CONTRACTS = (CALL, PUT, LONELY)
"""In the order of the chain: calls by strike, then puts; see `NUMBERS`."""
NUMBERS = {CALL: 0, LONELY: 1, PUT: 2}
OPEN_NANOSECONDS = int(clock(MONDAY, 0).timestamp())

Rows = list[dict]


def stamps(random: np.random.Generator, first: int, seconds: int) -> list[float]:
    """Seconds of rows: mostly one a second, some silences, a few long ones, now and then two in one second."""
    found = []
    at = first
    while at < seconds:
        found.append(at + 0.2)
        if random.random() < 0.08:
            found.append(at + 0.7)
        kind = random.random()
        if kind < 0.8:
            at += 1
        elif kind < 0.97:
            at += int(random.integers(2, 6))
        elif kind < 0.997:
            at += int(random.integers(6, 15))
        else:
            at += int(random.integers(60, 130))
    return found


def damaged_rows(seed: int, first: int = 3, seconds: int = SECONDS, clean: bool = False, around: float = 200.0) -> Rows:
    """Rows of one contract; unless clean, with silences, missing prices, bad quotes, volumes that step back."""
    random = np.random.default_rng(seed)
    beats = [second + 0.2 for second in range(first, seconds)] if clean else stamps(random, first, seconds)
    mid, volume, oi = around, 35_000 if clean else 0, 700_000
    rows = []
    for second in beats:
        mid = max(5.0, mid + 0.05 * int(random.integers(-6, 7)))
        volume += 35 * int(random.integers(0, 4)) * int(random.random() < 0.7)
        oi += 35 * int(random.integers(-9, 10)) * int(random.random() < 0.01)
        half = 0.05 * int(random.integers(1, 5))
        given = {"price": round(mid, 2), "volume": volume, "oi": oi, "avgPrice": round(mid + 1, 2)}
        given |= {"bp0": round(mid - half, 2), "sp0": round(mid + half, 2)}
        given |= {f"{side}q{level}": 35 * int(random.integers(1, 30)) for side in "bs" for level in range(5)}
        given["close"] = round(mid - 3, 2)
        one = row(MONDAY, second, **given)
        luck = 1.0 if clean else random.random()
        if luck < 0.02:
            one["sp0"] = one["bp0"]
        elif luck < 0.04:
            one["bp0"] = 0.0
        elif luck < 0.06:
            one["sq0"] = 0
        elif luck < 0.08:
            one["bq3"], one["sp4"] = 0, 0.0
        elif luck < 0.10:
            one["price"] = 0.0
        elif luck < 0.12:
            one["volume"] = max(0, volume - 350)
        elif luck < 0.13:
            one["oi"] = 0
        rows.append(one)
    return rows


def spot_prices(
    seed: int, seconds: int = SECONDS, clean: bool = False, value: float = 59_400.0, step: float = 0.05
) -> dict[float, float]:
    """An index by second."""
    random = np.random.default_rng(seed)
    beats = [float(second) for second in range(seconds)] if clean else stamps(random, 0, seconds)
    prices = {}
    for second in beats:
        value += step * int(random.integers(-60, 61))
        prices[second] = round(value, 2)
    return prices


FUTURE_NAME = "banknifty25decfut"
FRIDAY_CLOSE = 59_123.45


def packed(folder: Path) -> Lake:
    """The lake made of the raw files of a folder, beside them."""
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    return Lake.open(folder / "lake")


@dataclass(frozen=True)
class Market:
    """What the raw files of one day hold: options, maybe a future, the index, maybe VIX and another index.

    Attributes:
        past: days before it, with options and the index.
    """

    contracts: Mapping[str, Rows]
    spot: Mapping[float, float]
    vix: Mapping[float, float] = field(default_factory=dict)
    nifty: Mapping[float, float] = field(default_factory=dict)
    past: Mapping[date, "Market"] = field(default_factory=dict)

    @property
    def options(self) -> list[str]:
        """The names of the options."""
        return [name for name in self.contracts if name != FUTURE_NAME]

    def packed(self, folder: Path) -> Lake:
        """The lake made of it."""
        for name in dict.fromkeys(name for one in (*self.past.values(), self) for name in one.contracts):
            rows = [row for one in (*self.past.values(), self) for row in one.contracts.get(name, [])]
            write_contract(folder / "raw" / f"{name}.parquet", rows)
        friday = [(clock(FRIDAY, 22_499), FRIDAY_CLOSE), (clock(FRIDAY, 22_800), 1.0)] if self.vix else []
        for symbol, prices in (("BANKNIFTY", self.spot), ("INDIAVIX", self.vix), ("NIFTY", self.nifty)):
            told = [(clock(MONDAY, second), price) for second, price in prices.items()]
            if told:
                spots = {day: one.spot for day, one in self.past.items() if symbol == "BANKNIFTY"}
                before = [(clock(day, second), price) for day, spot in spots.items() for second, price in spot.items()]
                before += friday if symbol == "BANKNIFTY" else []
                write_spot(folder / "raw" / f"{symbol.lower()}.parquet", symbol, before + told)
        return packed(folder)

    def day(self, folder: Path) -> Day:
        """Its day as the features see it."""
        return Day(self.packed(folder), "BANKNIFTY", MONDAY)


def random_market(seed: int, clean: bool = False) -> Market:
    """Three contracts and the index."""
    firsts = {CALL: 3, PUT: 11, LONELY: 40}
    contracts = {
        name: damaged_rows(10 * seed + number, firsts[name], clean=clean) for number, name in enumerate(CONTRACTS)
    }
    contracts[FUTURE_NAME] = damaged_rows(10 * seed + 7, 2, clean=clean, around=59_500.0)
    volatility = spot_prices(10 * seed + 5, clean=clean, value=13.0, step=0.001)
    return Market(
        contracts,
        spot_prices(10 * seed + 9, clean=clean),
        vix={at: price for at, price in volatility.items() if at % 3 < 1},
        nifty=spot_prices(10 * seed + 6, clean=clean, value=26_000.0),
    )


CHAIN_SECONDS = 420
PAST_SECONDS = 150
PAST_STRIKES = range(59_200, 59_900, 100)
CHAIN_STRIKES = range(59_000, 60_000, 100)
NEXT_STRIKES = range(59_200, 59_700, 100)
CHAIN_ASKED = ("banknifty25dec59400ce", "banknifty25dec59300pe")


def priced_rows(
    seed: int,
    kind: str,
    strike: int,
    days: float,
    first: int,
    spot: Mapping[float, float],
    day: date = MONDAY,
    at_money: float = 0.03,
) -> Rows:
    """Rows of one option near what a volatility of about 3 % makes of the index, with an open interest that jumps."""
    random = np.random.default_rng(seed)
    oi, volume, rows = 35 * int(random.integers(500, 3_000)), 35_000, []
    known = sorted(spot)
    for second in stamps(random, first, CHAIN_SECONDS if day == MONDAY else PAST_SECONDS):
        forward = spot[max((one for one in known if one <= second), default=known[0])] + 100
        volatility = at_money + 3e-6 * abs(strike - forward) + 0.001 * random.normal()
        deviation = volatility * math.sqrt(days / 365)
        d1 = math.log(forward / strike) / deviation + deviation / 2
        normal = statistics.NormalDist()
        call = forward * normal.cdf(d1) - strike * normal.cdf(d1 - deviation)
        mid = max(1.0, round(20 * (call if kind == "ce" else call - forward + strike)) / 20)
        half = 0.05 * int(random.integers(1, 5))
        oi += 35 * int(random.integers(-200, 201)) * int(random.random() < 0.05)
        volume += 35 * int(random.integers(0, 4))
        given = {"price": mid, "volume": volume, "oi": oi if random.random() > 0.02 else 0}
        given |= {"bp0": round(mid - half, 2), "sp0": round(mid + half, 2)}
        given |= {f"{side}q{level}": 35 * int(random.integers(1, 30)) for side in "bs" for level in range(5)}
        luck = random.random()
        if luck < 0.03:
            given["sp0"] = given["bp0"]
        elif luck < 0.05:
            given["bq0"] = 0
        rows.append(row(day, second, **given))
    return rows


def chain_market(seed: int) -> Market:
    """Ten strikes of one expiry and five of the next, both kinds; one strike is listed late, one lacks its put.

    Three days before it have a few strikes of the first expiry for a few minutes, each day of its own volatility.
    """
    spot = spot_prices(100 * seed, CHAIN_SECONDS)
    contracts = {}
    for number, (month, days, strikes) in enumerate((("25dec", 15.3, CHAIN_STRIKES), ("26jan", 43.3, NEXT_STRIKES))):
        for strike in strikes:
            for kind in ("ce", "pe"):
                first = 160 if (strike, number) == (59_300, 0) else 1 + strike // 100 % 7
                if (strike, kind, number) != (59_900, "pe", 0):
                    own = 1_000 * seed + 10 * (strike // 100) + 2 * number + (kind == "ce")
                    contracts[f"banknifty{month}{strike}{kind}"] = priced_rows(own, kind, strike, days, first, spot)
    past = {day: past_chain(seed, day, 0.0297 + 0.0003 * number) for number, day in enumerate(PAST)}
    return Market(contracts, spot, past=past)


def past_chain(seed: int, day: date, at_money: float) -> Market:
    """Seven strikes of one expiry, both kinds, for a few minutes of an earlier day."""
    spot = {at: price for at, price in spot_prices(100 * seed + day.day, PAST_SECONDS).items() if at < PAST_SECONDS}
    left = 15.3 + (MONDAY - day).days
    contracts = {
        f"banknifty25dec{strike}{kind}": priced_rows(
            1_000 * seed + strike // 10 + day.day + 7 * (kind == "ce"), kind, strike, left, 1, spot, day, at_money
        )
        for strike in PAST_STRIKES
        for kind in ("ce", "pe")
    }
    return Market(contracts, spot)


def chain_numbers(market: Market) -> dict[str, int]:
    """The number of each contract of a chain market in its day's chain: by expiry, kind and strike."""
    ordered = sorted(market.options, key=lambda name: ("25dec" not in name, name[-2:], name))
    return {name: number for number, name in enumerate(ordered)}


def rows_of(lake: Lake, day: date = MONDAY) -> tuple[list[Rows], list[tuple[int, int]]]:
    """The rows of each contract in the chain's order with `second`, and the index as (second, paise)."""
    frame = lake_rows(lake.root, "options", "BANKNIFTY", day)
    chain: dict[tuple, Rows] = {}
    for one in frame.iter_rows(named=True):
        one["second"] = int(one["timestamp"].timestamp()) - _open_in_ist(one)
        chain.setdefault((one["expiry"], one["kind"], one["strike"]), []).append(one)
    return list(chain.values()), series_of(lake, "spot", "BANKNIFTY", day)


def series_of(lake: Lake, kind: str, name: str, day: date = MONDAY) -> list[tuple[int, int]]:
    """An index or VIX as (second, paise)."""
    if all(entry.day != day for entry in lake.days(name, kind)):
        return []
    return [
        (int(one["timestamp"].timestamp()) - _open_in_ist(one), one["price_paise"])
        for one in lake_rows(lake.root, kind, name, day).iter_rows(named=True)
    ]


def future_rows(lake: Lake) -> Rows:
    """The rows of the future, with `second`."""
    found = []
    for one in lake_rows(lake.root, "futures", "BANKNIFTY", MONDAY).iter_rows(named=True):
        one["second"] = int(one["timestamp"].timestamp()) - _open_in_ist(one)
        found.append(one)
    return found


def _open_in_ist(one: dict) -> int:
    return int(one["timestamp"].replace(hour=9, minute=15, second=0, microsecond=0).timestamp())
