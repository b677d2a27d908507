"""Events planted in a synthetic day, with a record of where: bursts, vacuums, fear, flicker and pulls.

They are laid into the usual market, of which the books are held still between them, so that what is found there was
planted or is the market's own volatility. Sizes are drawn between one and a half and three times what a detector
asks; a burst covers them in two or three seconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Literal

import numpy as np

from nfolab.base.snapshot import SourceKind
from nfolab.market.lots import strike_step
from nfolab.vendor.synthetic.day import ExpiryDay, Float64Array, MarketDay
from nfolab.vendor.synthetic.randomness import Use, generator

PlantKind = Literal["burst", "vacuum", "fear", "flicker", "pull"]

PLANTS: Final = "plants.json"

_CYCLE: Final[Sequence[PlantKind]] = ("burst", "fear", "vacuum", "burst", "flicker")
_FIRST, _APART, _LAST_SECONDS = 1_200, 200, 400
_PULLS_AFTER: Final = 130
"""Seconds after a plant at which a pull stands: when windows of two minutes have forgotten most of it."""
_FASTEST, _SLOWEST = 2, 3
_FLICKER_SECONDS: Final = 45
_FEAR_STAYS, _FEAR_FADES = 90, 40
_FEAR_SHARE: Final = 0.35
"""What the options gain beyond their delta, as a share of the index's fall."""
_STRAIGHT: Final = 0.4
"""An option at the money is worth about this much of forward times deviation."""
_LOW, _MIDDLE, _HIGH = 1.5, 2.0, 3.0


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted event.

    Attributes:
        kind: what it is; a vacuum and fear are bursts, too.
        start: its first second since the open. `end`: its last.
        strength: by how many times it exceeds what a detector asks.
        points: how far the index goes, with its sign; 0 where it does not.
        strike: the strike at the money ten seconds before, in rupees.
        option, side: of a pull the contract's kind and the side, else None.
    """

    kind: PlantKind
    start: int
    end: int
    strength: float
    points: float
    strike: int
    option: Literal["CE", "PE"] | None = None
    side: Literal["bid", "ask"] | None = None

    @property
    def moves_the_index(self) -> bool:
        """Whether it is a burst of whatever sort."""
        return self.kind in ("burst", "vacuum", "fear")


def planted_day(seed: int, market: MarketDay, points: float) -> tuple[MarketDay, tuple[Plant, ...]]:
    """Return the day with events laid into its index and the volatility of its options, and the events.

    Args:
        seed: Seed of the market.
        market: The day.
        points: What a burst has to exceed within ten seconds.
    """
    random = generator(seed, market.underlying, market.day, Use.PLANTS)
    level = market.spot_paise / 100.0
    away, excess = np.zeros(level.size), np.zeros(level.size)
    found: list[Plant] = []
    step = strike_step(market.underlying)
    for place, start in enumerate(range(_FIRST, level.size - _LAST_SECONDS, _APART)):
        kind, at = _CYCLE[place % len(_CYCLE)], start + int(random.integers(0, 30))
        strike = round(float(level[at - 10] + away[at - 10]) / step) * step
        strength = float(random.uniform(_LOW, _HIGH))
        if kind == "flicker":
            found.append(Plant(kind, at, at + _FLICKER_SECONDS, strength, 0.0, strike))
        else:
            up = level[at] + away[at] < level[0]
            far = strength * points * (1 if up and kind != "fear" else -1)
            seconds = _FASTEST if strength < _MIDDLE else _SLOWEST
            away[at:] += far * np.minimum(1.0, np.arange(1, level.size - at + 1) / seconds)
            if kind == "fear":
                excess += _lasting(level.size, at, seconds) * abs(far) * _FEAR_SHARE
            found.append(Plant(kind, at, at + seconds - 1, strength, far, strike))
        pull = at + _PULLS_AFTER
        found.append(
            Plant(
                "pull", pull, pull, strength, 0.0, round(float(level[pull - 1] + away[pull - 1]) / step) * step,
                ("CE", "PE")[place % 2], ("bid", "ask")[place // 2 % 2],
            )
        )  # fmt: skip
    moved = replace(
        market,
        spot_paise=market.spot_paise + np.rint(away * 100).astype(np.int64),
        closing_level=market.closing_level + float(away[-1]),
        expiries=tuple(_moved(one, level, away, excess) for one in market.expiries),
    )
    return moved, tuple(found)


def _lasting(seconds: int, at: int, rising: int) -> Float64Array:
    """Return how much of a fear's excess is there by second: it rises with the fall, stays, and fades."""
    since = np.arange(seconds) - at + 1.0
    fading = (since - rising - _FEAR_STAYS) / _FEAR_FADES
    return np.clip(np.minimum(since / rising, 1.0 - fading), 0.0, 1.0)


def _moved(expiry: ExpiryDay, level: Float64Array, away: Float64Array, excess: Float64Array) -> ExpiryDay:
    forward = expiry.forward * np.append(1.0, 1.0 + away / level)
    deviation = expiry.total_deviation
    worth = _STRAIGHT * forward * np.where(deviation > 0, deviation, 1.0)
    return replace(expiry, forward=forward, total_deviation=deviation * (1.0 + np.append(0.0, excess) / worth))


class PlantRecord:
    """Collects what was planted and writes it down."""

    def __init__(self) -> None:
        self._days: dict[str, list[dict[str, object]]] = {}

    def add(self, day: date, plants: Sequence[Plant]) -> None:
        """Take the plants of one day."""
        self._days[day.isoformat()] = [asdict(one) for one in plants]

    def write(self, folder: Path) -> None:
        """Write `plants.json`: for each day its plants, in seconds since the open."""
        document: Mapping[str, object] = {"source": SourceKind.SYNTHETIC.value, "days": self._days}
        (folder / PLANTS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
