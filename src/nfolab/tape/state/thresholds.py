"""The thresholds of the market's state: one TOML file, by underlying and days to expiry, distances with units."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args

from nfolab.base.errors import InputError, did_you_mean

DistanceUnit = Literal["pt", "bp", "sigma"]
Bucket = Literal[0, 2, 4, 6]

DEFAULT: Final = Path(__file__).with_name("thresholds.toml")
_UNITS: Final[tuple[DistanceUnit, ...]] = get_args(DistanceUnit)
_BUCKETS: Final[Mapping[str, Bucket]] = {"0": 0, "1-2": 2, "3-4": 4, "5+": 6}

Part = TypeVar("Part")


def bucket_of(days_to_expiry: int) -> Bucket:
    """Return the bucket of days to expiry: 0, 2 (one or two), 4 (three or four) or 6 (five and more)."""
    if days_to_expiry == 0:
        return 0
    return 2 if days_to_expiry <= 2 else 4 if days_to_expiry <= 4 else 6


@dataclass(frozen=True, slots=True)
class BurstThresholds:
    """When a burst starts and ends, for one underlying, bucket and unit.

    Attributes:
        move: |S[t] − S[t − 10 s]| at least, in `unit`.
        step: the greatest of the newest three one-second steps at least.
        quiet: |S[t] − S[t − 5 s]| below this at the end.
        start_ratio: rv_10 above so many rv_120 at the start.
        end_ratio: rv_10 below so many rv_120 at the end.
    """

    unit: DistanceUnit
    move: float
    step: float
    quiet: float
    start_ratio: float
    end_ratio: float


@dataclass(frozen=True, slots=True)
class BurstRules:
    """What is alike for every burst; lengths in seconds."""

    unit: DistanceUnit
    earliest_end: int
    longest: int
    apart: int
    sigma_days: int
    sigma_least_days: int


@dataclass(frozen=True, slots=True)
class LiquidityThresholds:
    """Shares of the five levels of the second before, lots that may trade in a pull, the known share of a window."""

    pulled: float
    replenished: float
    small_lots: int
    known_share: float


@dataclass(frozen=True, slots=True)
class FlickerThresholds:
    """Counts over 30 s; `spread_changes` is a quantile in percent."""

    pulls: int
    replenishes: int
    spread_changes: int


@dataclass(frozen=True, slots=True)
class VacuumThresholds:
    """Weights of the score; quantiles in percent, and the earlier events without which there are none."""

    spread: float
    depth: float
    price: float
    high: int
    low: int
    least_events: int


@dataclass(frozen=True, slots=True)
class ChopThresholds:
    """Quantiles in percent, and the earlier days without which there is no chop."""

    realised_volatility: int
    volume: int
    spread: int
    least_days: int


@dataclass(frozen=True, slots=True)
class FearThresholds:
    """What makes a burst one of fear; quantiles in percent, lengths in seconds."""

    share_of_move: float
    pulls: int
    pulls_quantile: int
    excess_quantile: int
    calmed: float
    wait: int
    active: int


@dataclass(frozen=True, slots=True)
class TrailingRules:
    """Earlier days that count beside today, and the values without which there is no quantile."""

    days: int
    least: int


@dataclass(frozen=True)
class Thresholds:
    """All thresholds of one file."""

    burst: BurstRules
    liquidity: LiquidityThresholds
    flicker: FlickerThresholds
    vacuum: VacuumThresholds
    chop: ChopThresholds
    fear: FearThresholds
    trailing: TrailingRules
    least_moves: Mapping[str, float]
    cells: Mapping[tuple[str, DistanceUnit, Bucket], BurstThresholds] = field(repr=False)

    def of_bursts(self, underlying: str, days_to_expiry: int, unit: DistanceUnit | None = None) -> BurstThresholds:
        """Return when bursts start and end; in the file's own unit where none is asked.

        Raises:
            InputError: the file has no such underlying or unit.
        """
        key = underlying, unit or self.burst.unit, bucket_of(days_to_expiry)
        if key not in self.cells:
            raise InputError(f"there are no burst thresholds of {underlying} in {key[1]}: {self._known(underlying)}")
        return self.cells[key]

    def least_move(self, underlying: str) -> float:
        """Return the points below which no share of a burst's move is told; raise InputError if there are none."""
        if underlying not in self.least_moves:
            raise InputError(f"there is no least move of {underlying}: {self._known(underlying)}")
        return self.least_moves[underlying]

    def _known(self, underlying: str) -> str:
        known = sorted({name for name, _, _ in self.cells})
        return f"the thresholds tell {', '.join(known)}{did_you_mean(underlying, known)}"


def load_thresholds(path: Path | None = None) -> Thresholds:
    """Read the thresholds of a file, once; without one those of the package.

    Raises:
        InputError: the file cannot be read, lacks a number, has one it should not have or one that is out of range.
    """
    return _load(path or DEFAULT)


@cache
def _load(path: Path) -> Thresholds:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise InputError(f"the thresholds {path} cannot be read: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InputError(f"the thresholds {path} are no TOML: {fault}") from fault
    return _Reader(path, content).thresholds()


@dataclass(frozen=True)
class _Reader:
    path: Path
    content: Mapping[str, Any]

    def thresholds(self) -> Thresholds:
        known = {"burst", "ratios", "distances", "least_move", "liquidity", "flicker", "vacuum", "chop", "fear",
                 "trailing"}  # fmt: skip
        self._same_names(self.content, known, "the file")
        burst = self.part("burst", BurstRules)
        if burst.unit not in _UNITS:
            raise self.wrong(f"the unit of bursts is {burst.unit!r}: choose pt, bp or sigma")
        least = self.table(self.content, "least_move")
        return Thresholds(
            burst,
            self.part("liquidity", LiquidityThresholds),
            self.part("flicker", FlickerThresholds),
            self.part("vacuum", VacuumThresholds),
            self.part("chop", ChopThresholds),
            self.part("fear", FearThresholds),
            self.part("trailing", TrailingRules),
            {name: self.number(value, f"least_move.{name}") for name, value in least.items()},
            self.cells(),
        )

    def cells(self) -> dict[tuple[str, DistanceUnit, Bucket], BurstThresholds]:
        ratios, distances = (self.table(self.content, name) for name in ("ratios", "distances"))
        found: dict[tuple[str, DistanceUnit, Bucket], BurstThresholds] = {}
        for underlying, units in distances.items():
            self._same_names(self.table(distances, underlying), set(_UNITS), f"distances.{underlying}")
            for unit in _UNITS:
                buckets = self.table(units, unit)
                self._same_names(buckets, set(_BUCKETS), f"distances.{underlying}.{unit}")
                for days, bucket in _BUCKETS.items():
                    where = f"distances.{underlying}.{unit}.{days}"
                    away = self.numbers(buckets, days, ("move", "step", "quiet"), where)
                    ratio = self.numbers(
                        self.table(ratios, underlying), days, ("start", "end"), f"ratios.{underlying}.{days}"
                    )
                    found[underlying, unit, bucket] = BurstThresholds(unit, *away, *ratio)
        return found

    def part(self, name: str, kind: type[Part]) -> Part:
        table = self.table(self.content, name)
        wanted = {one.name: one.type for one in fields(kind)}  # type: ignore[arg-type]
        self._same_names(table, set(wanted), name)
        for key, value in table.items():
            if wanted[key] is int and not (type(value) is int and value >= 0):
                raise self.wrong(f"{name}.{key} is {value!r}: write a whole number from 0 on")
            if wanted[key] is float:
                self.number(value, f"{name}.{key}")
        return kind(**table)

    def numbers(self, table: Mapping[str, Any], key: str, names: tuple[str, ...], where: str) -> list[float]:
        cell = self.table(table, key)
        self._same_names(cell, set(names), where)
        return [self.number(cell[name], f"{where}.{name}") for name in names]

    def table(self, within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = within.get(name)
        if not isinstance(found, dict):
            raise self.wrong(f"there is no table {name!r}")
        return found

    def number(self, value: object, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self.wrong(f"{where} is {value!r}: write a number above 0")
        return float(value)

    def _same_names(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        if odd := sorted(set(table) - known):
            raise self.wrong(f"{where} has {odd[0]!r}, which means nothing{did_you_mean(odd[0], known)}")
        if missing := sorted(known - set(table)):
            raise self.wrong(f"{where} lacks {missing[0]!r}")

    def wrong(self, what: str) -> InputError:
        return InputError(f"the thresholds {self.path} are not right: {what}")
