"""A program: one variant of a recipe on one day, with rules in integers, conditions as arrays, pickers as choices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nfolab.base.units import MILLION, Percent, Points, Rupees
from nfolab.engine.codes import Watch
from nfolab.engine.positions.columns import limit, measure, pick, then, words

ENTRY_WAIT = 5
"""Seconds for which an order to open waits for rows that serve it, before it is dropped."""

BoolArray = npt.NDArray[np.bool_]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]


class Choice(Protocol):
    """A picker on a day: which contract it takes at a second.

    Attributes:
        at_once: int32 [seconds], the number in the day's chain that it takes at each second, −1 where none serves; None
            where it has to be asked second by second.
    """

    @property
    def at_once(self) -> Int32Array | None:
        """What it takes at each second, or None."""
        ...

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain, None where none serves."""
        ...


class ChoiceAbout(Protocol):
    """A picker on a day that looks at a contract that is held: which contract it takes at a second."""

    def at(self, second: int, held: int) -> int | None:
        """Return the contract's number in the day's chain, None where none serves; `held` is the number of another."""
        ...


@dataclass(frozen=True, slots=True)
class ChoiceOfHeld:
    """A picker together with the contract that it looks at."""

    choice: ChoiceAbout
    held: int

    @property
    def at_once(self) -> None:
        """It has to be asked."""
        return

    def at(self, second: int) -> int | None:
        """Return the contract's number in the day's chain, None where none serves."""
        return self.choice.at(second, self.held)


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition of the market, worked out for the whole day.

    Attributes:
        everywhere: bool [seconds], for a condition that does not speak of the contract held; else None.
        by_contract: the same by a contract's number in the day's chain; where it is not named, it is never true.
    """

    everywhere: BoolArray | None = None
    by_contract: Mapping[int, BoolArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Feature:
    """A feature by a contract's number in the day's chain: int64 [seconds], half-paise of one unit or millionths."""

    by_contract: Mapping[int, Int64Array]


@dataclass(frozen=True, slots=True)
class Amount:
    """A level: a `measure` and its value, in paise (of the whole, or of one unit) or in millionths."""

    measure: int = measure.OFF
    value: int = 0

    @property
    def is_given(self) -> bool:
        """Whether there is a level at all."""
        return self.measure != measure.OFF

    def paise(self, base: int, units: int) -> int:
        """Return the level in paise, rounded up: of the whole, of `units` units, or in millionths of `base` paise."""
        if self.measure == measure.PAISE:
            return self.value
        if self.measure == measure.POINTS:
            return self.value * units
        return -((-self.value * base) // MILLION)

    @staticmethod
    def of(amount: Rupees | Points | Percent | None) -> "Amount":
        """Return the level of an amount as a user writes it."""
        match amount:
            case None:
                return OFF
            case Rupees(paise):
                return Amount(measure.PAISE, paise)
            case Points(paise):
                return Amount(measure.POINTS, paise)
            case Percent(millionths):
                return Amount(measure.MILLIONTHS, millionths)


OFF = Amount()


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a trail; `at_feature` is a price that it follows, `behind_feature` a distance behind the best."""

    arm: Amount = OFF
    behind: Amount = OFF
    behind_feature: Feature | None = None
    at_feature: Feature | None = None
    lock: Amount = OFF
    every: Amount = OFF
    move: Amount = OFF


@dataclass(frozen=True, slots=True)
class Guard:
    """When a subject is closed; amounts of zero and None leave a rule out.

    Attributes:
        stop_feature: the price of one unit at which a holding is stopped; `target_feature` likewise.
        target_rests: the model of the queue of a target that rests in the book; None for one that is watched.
        spot_up: the index's rise since the decision: paise or millionths as `spot_measure` says; `spot_down` its fall.
        follows: what the firing of a holding's rule does to the others, of `columns.then`.
    """

    stop: Amount = OFF
    stop_feature: Feature | None = None
    target: Amount = OFF
    target_feature: Feature | None = None
    target_rests: int | None = None
    trail: tuple[Rung, ...] = ()
    hold: int = 0
    min_hold: int = 0
    signal: Condition | None = None
    spot_measure: int = measure.OFF
    spot_up: int = 0
    spot_down: int = 0
    spot_strike: bool = False
    follows: int = then.NOTHING


@dataclass(frozen=True, slots=True)
class Again:
    """Re-entry: after what (bits of `columns.again`), how, how often, so many seconds later, up to a second."""

    on: int = 0
    mode: int = 0
    times: int = 0
    after: int = 0
    until: int = 0
    reversed: bool = False
    move: Amount = OFF
    opens: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit order: its price (half-paise of one unit) or a peg of `columns.limit`, for so many seconds.

    `first_row` tells that only the first good row fills; `queue` is a model of `engine.queue`.
    """

    price: Feature | None
    valid: int
    queue: int
    peg: int = limit.NO_PEG
    ticks: int = 0
    first_row: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One leg of a recipe, or half of one: its picker, +1 bought or −1 sold, units and lots, its holdings' rules.

    `twin` is the number of the slot that is its other half.
    """

    choice: Choice
    sign: int
    units: int
    lots: int
    guard: Guard = Guard()
    again: Again = Again()
    lazy: bool = False
    twin: int | None = None
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison of a word about the position with a level; true at each of the last `lasting` seconds."""

    word: int
    comparison: int
    amount: Amount
    feature: Feature | None = None
    lasting: int = 1


@dataclass(frozen=True, slots=True)
class Pick:
    """What a roll opens a slot with: a picker, or one that looks at the contract which `asks_about` names."""

    choice: Choice | ChoiceAbout
    asks_about: int = pick.NOTHING


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that an adjustment does: a verb, to whom, and the slot meant.

    Attributes:
        picks: for each slot of the program what a roll opens it with; none for the slots' own pickers.
    """

    verb: int
    whom: int = words.ALL
    slot: int = 0
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rule about the open position with what it does; `guard` replaces the rules of the holdings that stay."""

    acts: tuple[Act, ...]
    condition: Condition | None = None
    terms: tuple[Term, ...] = ()
    every: int = 1
    after: int = 0
    times: int = 1
    guard: Guard | None = None
    of_value: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """Everything the kernel needs to know of one variant on one day.

    Attributes:
        entry: when to enter.
        logs_skips: whether each second at which a window begins is told even while a position is open.
        exit_second: from this second on all that is open is closed.
        last_entry: the last second at which an order to open may be sent.
        latency: seconds from an order's decision to its arrival in the market.
        max_quote_age: seconds beyond which a row is not usable for a decision or a mark.
        watch: the price that rules look at.
        plan: name of the brokerage plan.
        set_units: units of one set of legs.
        covers_rest: whether the whole is watched as long as anything is open.
        after: seconds from a trade's last closing fill to the next decision.
        times: trades a day at most.
        wait: how far the first slot's price must move before the orders go out, within `wait_within` seconds.
        window: where a window of entry begins, of which each serves one trade; None where trades are not so bound.
        day: the limits of all trades of the day together.
        losers: so many losers in a row make a pause of `pause` seconds; 0 for none.
    """

    entry: Condition
    slots: tuple[Slot, ...]
    exit_second: int
    last_entry: int
    latency: int
    max_quote_age: int
    watch: Watch
    plan: str
    set_units: int
    guard: Guard = Guard()
    again: Again = Again()
    adjustments: tuple[Adjustment, ...] = ()
    logs_skips: bool = False
    covers_rest: bool = False
    legged: bool = False
    after: int = 0
    times: int = 10_000
    window: Condition | None = None
    wait: Amount = OFF
    wait_within: int = 0
    day: Guard = Guard()
    losers: int = 0
    pause: int = 0
