"""A holding, and whether its rules, or those of the whole, fire: docs/positions.md, Stops."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reference.engine import Leg, sign
from reference.positions_words import Level, Rules, Slot

Amount = int | Fraction


@dataclass
class Watch:
    """What a trail remembers of its subject: the best gain, the best price, and the floor that never falls."""

    best: Amount | None = None
    best_price: Amount | None = None  # greatest value of what was bought, least of what was sold
    floor: Amount | None = None


@dataclass
class Holding(Leg):
    slot: Slot = None
    first: bool = True
    order: str = "entry"  # what opened it: entry, again or adjust
    rules: Rules = field(default_factory=Rules)
    at_cost: bool = False
    base: Amount = 0
    told_from: Amount = 0  # the value from which its rules count its gains
    watch: Watch = field(default_factory=Watch)
    level_units: int = 0  # by which the points of its rules count
    entry_units: int = 0
    filled_second: int | None = None  # of its last opening fill, where its order rested
    sent_second: int = 0  # when its order to open went out
    target_order: Any = None

    def worth(self, value: Amount) -> Amount:
        """Its value with what its parts were closed for."""
        return value + self.exit_value

    def gain_at(self, value: Amount) -> Amount:
        return sign(self.side) * (self.entry_value - self.worth(value))

    @property
    def earned(self) -> Amount:
        return sign(self.side) * (self.entry_value - self.exit_value)


Prices = Callable[[str], Fraction | None]
"""What a word of the market was in paise, a second ago."""


def moved(value: Amount, start: Amount, move: Level, units: int) -> bool:
    distance = move.paise(start, units)
    return value >= start + distance if distance > 0 else value <= start + distance


def index_left(spot: dict, now: int, then: int | None, holding: Holding | None) -> bool:
    if "beyond" in spot and holding is not None and holding.side == "sell":
        strike = 100 * holding.contract.strike
        if (now > strike) if holding.contract.kind == "CE" else (now < strike):
            return True
    if then is None:
        return False
    return any(
        rise >= spot[word].paise(then, 1)
        for word, rise in (("up", now - then), ("down", then - now), ("away", abs(now - then)))
        if word in spot
    )


def floor_of_trail(
    rules: Rules, watch: Watch, base: Amount, units: int, holding: Holding | None, prices: Prices
) -> Amount | None:
    """The floor under the gain, from what was best a second ago; it never falls."""
    armed = []
    for rung in rules.trail:
        arm = None if rung.arm is None else rung.arm.paise(base, units)
        if watch.best is not None and (arm is None or watch.best >= arm):
            armed.append((arm, rung))
    if armed:
        arm, rung = max(reversed(armed), key=lambda pair: (pair[0] is not None, pair[0] or 0))
        floors = []
        if isinstance(rung.behind, Level) and rung.behind.unit == "% of best":
            share = rung.behind.amount / 100
            price = watch.best_price * ((1 + share) if holding.side == "sell" else (1 - share))
            floors.append(sign(holding.side) * (holding.told_from - price))
        elif isinstance(rung.behind, str):
            distance = prices(rung.behind)
            if distance is not None:
                floors.append(watch.best - distance * units)
        elif rung.behind is not None:
            floors.append(watch.best - rung.behind.paise(base, units))
        if rung.at is not None and prices(rung.at) is not None:
            worth = prices(rung.at) * holding.units + holding.exit_value
            floors.append(sign(holding.side) * (holding.told_from - worth))
        if rung.lock is not None or rung.every is not None:
            lock = 0 if rung.lock is None else rung.lock.paise(base, units)
            if rung.every is not None:
                steps = (watch.best - (arm or 0)) // rung.every.paise(base, units)
                lock += steps * rung.move.paise(base, units)
            floors.append(lock)
        if watch.floor is not None:
            floors.append(watch.floor)
        watch.floor = max(floors, default=None)
    return watch.floor


def fired(
    rules: Rules,
    watch: Watch,
    gain: Amount,
    base: Amount,
    units: int,
    cost: Amount | None,
    late: bool,
    holding: Holding | None,
    prices: Prices = lambda _: None,
) -> str | None:
    """Which of stop, cost and trail fires: the one with the highest level."""
    levels = []
    if rules.stop is not None:
        stop = rules.stop
        levels.append((stop if isinstance(stop, Fraction) else -stop.paise(base, units), "stop"))
    if cost is not None:
        levels.append((cost, "cost"))
    floor = floor_of_trail(rules, watch, base, units, holding, prices)
    if floor is not None and late:
        levels.append((floor, "trail"))
    reached = [level for level in levels if gain <= level[0]]
    return max(reached, key=lambda level: level[0])[1] if reached else None


def see(watch: Watch, gain: Amount, value: Amount | None, side: str | None) -> None:
    watch.best = gain if watch.best is None else max(watch.best, gain)
    if value is not None:
        better = min if side == "sell" else max
        watch.best_price = value if watch.best_price is None else better(watch.best_price, value)
