"""A program: one variant of a strategy for one day, with its contracts chosen and its rules in integers."""

from dataclasses import dataclass

from nfolab.base.units import MILLION, Percent, Points, Rupees
from nfolab.engine.codes import Measure, Rule, Watch

ENTRY_WAIT = 5
"""Seconds for which an order to open waits for rows that serve it, before it is dropped."""


@dataclass(frozen=True, slots=True)
class EntryLeg:
    """One leg of an entry: the contract's number in the day's chain, +1 bought or −1 sold, units, and lots."""

    number: int
    sign: int
    units: int
    lots: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An order to open decided at a second, its contracts fixed."""

    second: int
    legs: tuple[EntryLeg, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A stop's or target's level: paise of the whole (for a leg stop: of one unit), or millionths of the premium."""

    measure: Measure
    value: int

    @staticmethod
    def of(amount: Rupees | Points | Percent | None, units: int) -> "Level":
        """Return the level of an amount; points count for each of `units` units (1 for a leg stop)."""
        match amount:
            case None:
                return Level(Measure.OFF, 0)
            case Rupees(paise):
                return Level(Measure.PAISE, paise)
            case Points(paise):
                return Level(Measure.PAISE, paise * units)
            case Percent(millionths):
                return Level(Measure.MILLIONTHS, millionths)

    def paise(self, base: int, units: int) -> int:
        """Return the level in paise, rounded up: `units` times a value of one unit, or millionths of `base` paise."""
        if self.measure == Measure.PAISE:
            return self.value * units
        return -((-self.value * base) // MILLION)


@dataclass(frozen=True, slots=True)
class Program:
    """Everything the kernel needs to know of one variant on one day.

    Attributes:
        entries: in order of time.
        exit_second: from this second on all that is open is closed.
        latency: seconds from an order's decision to its arrival in the market.
        max_quote_age: seconds beyond which a row is not usable for a decision or a mark.
        watch: the price that stops and targets look at.
        plan: name of the brokerage plan.
    """

    entries: tuple[Entry, ...]
    exit_second: int
    stop: Level
    target: Level
    leg_stop: Level
    latency: int
    max_quote_age: int
    watch: Watch
    plan: str

    def rules(self) -> list[int]:
        """Return the program's line in the kernel's table of rules."""
        values = {
            Rule.LATENCY: self.latency,
            Rule.ENTRY_WAIT: ENTRY_WAIT,
            Rule.EXIT_SECOND: self.exit_second,
            Rule.STOP_MEASURE: self.stop.measure,
            Rule.STOP_VALUE: self.stop.value,
            Rule.TARGET_MEASURE: self.target.measure,
            Rule.TARGET_VALUE: self.target.value,
            Rule.LEG_STOP_MEASURE: self.leg_stop.measure,
            Rule.LEG_STOP_VALUE: self.leg_stop.value,
        }
        return [values[rule] for rule in Rule]
