"""The conditions of recipes, worked out for one day."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nfolab.base.units import MILLION
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.program import Condition as TrueSeconds
from nfolab.engine.positions.program import Feature, Int64Array
from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.features import TapeMarket, tape_call
from nfolab.strategies.conditions.tree import Condition, Quantity, subjects_of, taken_in
from nfolab.strategies.pairs import PAIR_SUBJECTS, PairsOfDay
from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.registry import of_its_day
from nfolab.tape.features.subject import FUTURE, SPOT, Chain, OneContract, Premium, Subject
from nfolab.tape.tape import Day

BoolArray = npt.NDArray[np.bool_]
LEG = "leg"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a condition may speak of beside its leg.

    Attributes:
        expiry: that of the chain.
        lot: units in a lot, for what is written in lots.
        pairs: the options at the money of each second; None where no condition speaks of them.
    """

    expiry: date
    lot: int
    pairs: PairsOfDay | None = None

    @property
    def told_pairs(self) -> list[tuple[tuple[int, int], BoolArray]]:
        """Every pair that is ever at the money, and when."""
        if self.pairs is None:
            raise AssertionError("a condition on the options at the money needs to know which they are")
        return self.pairs.told


class DayConditions:
    """Works out conditions over one day; features and parts that several of them share are worked out once."""

    def __init__(self, day: Day) -> None:
        self._features = DayFeatures(day, FeatureCache.beside(day.lake.root))
        self._evaluations: dict[tuple[date, int, int | None, tuple[int, int] | None], Evaluation] = {}
        self._true: dict[tuple[Condition, Surroundings], TrueSeconds] = {}
        self._values: dict[tuple[Quantity, Surroundings], Feature] = {}

    def forget(self) -> None:
        """Let go of what was worked out; see `Chooser.forget`."""
        self._evaluations.clear()
        self._true.clear()
        self._values.clear()
        self._features.forget()

    def true_seconds(self, condition: Condition, around: Surroundings) -> TrueSeconds:
        """Return when a condition is true; for one that speaks of a leg, by the contract that it may hold."""
        key = condition, around
        if key not in self._true:
            if LEG in subjects_of(condition):
                by_contract = _ByContract(partial(self.fires, condition, around), self.contracts)
                self._true[key] = TrueSeconds(by_contract=by_contract)
            else:
                self._true[key] = TrueSeconds(everywhere=self.fires(condition, around))
        return self._true[key]

    def prepare(self, condition: Condition, numbers: Iterable[int]) -> None:
        """Read at once what a condition needs of contracts of the day's chain; without it each reads for itself."""
        spoken = [taken for taken in taken_in(condition) if taken.subject in (LEG, *PAIR_SUBJECTS)]
        self._features.prepare([tape_call(taken.call) for taken in spoken], map(OneContract, numbers))

    def fires(self, condition: Condition, around: Surroundings, leg: int | None = None) -> BoolArray:
        """Return bool [seconds], when a condition is true; `leg` is the contract's number that it may speak of."""
        if subjects_of(condition).isdisjoint(PAIR_SUBJECTS):
            return self._evaluation(around, leg, None).fires(condition)
        found = np.zeros(self._features.day.seconds, np.bool_)
        self.prepare(condition, {number for pair, _ in around.told_pairs for number in pair})
        for pair, seconds in around.told_pairs:
            found[seconds] = self._evaluation(around, leg, pair).fires(condition)[seconds]
        return found

    def prices(self, quantity: Quantity, around: Surroundings) -> Feature:
        """Return a value in points as half-paise, to the nearest; by contract where it speaks of a leg."""
        key = quantity, around
        if key not in self._values:
            if LEG in subjects_of(quantity):
                self._values[key] = Feature(_ByContract(partial(self.half_paise, quantity, around), self.contracts))
            else:
                values = self.half_paise(quantity, around)
                self._values[key] = Feature(_ByContract(lambda _: values, self.contracts))
        return self._values[key]

    def half_paise(self, quantity: Quantity, around: Surroundings, leg: int | None = None) -> Int64Array:
        """Return int64 [seconds], a value in half-paise, MISSING where it is unknown."""
        if subjects_of(quantity).isdisjoint(PAIR_SUBJECTS):
            return _in_half_paise(self._evaluation(around, leg, None).values(quantity))
        found = np.full(self._features.day.seconds, MISSING, np.int64)
        for pair, seconds in around.told_pairs:
            found[seconds] = _in_half_paise(self._evaluation(around, leg, pair).values(quantity))[seconds]
        return found

    def delta(self) -> Feature:
        """Return the delta of every contract, millionths."""
        return Feature(_ByContract(self._delta, self.contracts))

    def _delta(self, number: int) -> Int64Array:
        values = self._features.get("delta()", OneContract(number))
        return np.where(np.isnan(values), MISSING, np.round(np.nan_to_num(values) * MILLION)).astype(np.int64)

    @property
    def contracts(self) -> int:
        """How many contracts the day's chain has."""
        return len(self._features.day.strike)

    def _evaluation(self, around: Surroundings, leg: int | None, pair: tuple[int, int] | None) -> Evaluation:
        key = around.expiry, around.lot, leg, pair
        if key not in self._evaluations:
            named: dict[str, Subject] = {"spot": SPOT, "chain": Chain(around.expiry), "future": FUTURE}
            if leg is not None:
                named[LEG] = OneContract(leg)
            if pair is not None:
                named |= {"ce": OneContract(pair[0]), "pe": OneContract(pair[1]), "pair": Premium(pair)}
            self._evaluations[key] = Evaluation(TapeMarket(self._features, named, around.lot))
        return self._evaluations[key]


def _in_half_paise(values: npt.NDArray[np.float64]) -> Int64Array:
    return np.where(np.isnan(values), MISSING, np.round(2 * np.nan_to_num(values))).astype(np.int64)


Array = TypeVar("Array")


class _ByContract(Mapping[int, Array]):
    """An array for each contract of the day's chain, worked out for those that are asked for."""

    def __init__(self, work_out: Callable[[int], Array], contracts: int) -> None:
        self._work_out = work_out
        self._contracts = contracts

    def __getitem__(self, number: int) -> Array:
        return self._work_out(number)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < self._contracts

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._contracts))

    def __len__(self) -> int:
        return self._contracts


def rests_on_past_days(condition: Condition | Quantity) -> bool:
    """Say whether a condition, or a value, speaks of a feature that looks at sessions before the day."""
    return not all(of_its_day(tape_call(taken.call)) for taken in taken_in(condition))
