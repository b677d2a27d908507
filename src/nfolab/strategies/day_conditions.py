"""The conditions of recipes, worked out for one day."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from nfolab.base.units import MILLION
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.program import Condition as TrueSeconds
from nfolab.engine.positions.program import Feature, Int64Array
from nfolab.strategies.conditions.evaluate import Evaluation
from nfolab.strategies.conditions.features import TapeMarket, tape_call
from nfolab.strategies.conditions.tree import Condition, Taken
from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.registry import of_its_day
from nfolab.tape.features.subject import FUTURE, SPOT, Chain, OneContract, Subject
from nfolab.tape.tape import Day

BoolArray = npt.NDArray[np.bool_]
LEG = "leg"


class DayConditions:
    """Works out conditions over one day; features and parts that several of them share are worked out once."""

    def __init__(self, day: Day) -> None:
        self._features = DayFeatures(day, FeatureCache.beside(day.lake.root))
        self._market: dict[tuple[date, int], Evaluation] = {}
        self._legs: dict[tuple[date, int, int], Evaluation] = {}
        self._true: dict[tuple[Condition, date, int], TrueSeconds] = {}

    def true_seconds(self, condition: Condition, expiry: date, lot: int) -> TrueSeconds:
        """Return when a condition is true; for one that speaks of a leg, by the contract that it may hold.

        Args:
            condition: as a recipe has it.
            expiry: that of the chain it may speak of.
            lot: units in a lot, for what is written in lots.
        """
        key = condition, expiry, lot
        if key not in self._true:
            if LEG in subjects_of(condition):
                self._true[key] = TrueSeconds(by_contract=_ByContract(self, condition, expiry, lot))
            else:
                self._true[key] = TrueSeconds(everywhere=self._of_market(expiry, lot).fires(condition))
        return self._true[key]

    def of_contract(self, condition: Condition, number: int, expiry: date, lot: int) -> BoolArray:
        """Return bool [seconds], when a condition on a leg is true of one contract of the day's chain."""
        key = expiry, lot, number
        if key not in self._legs:
            named: dict[str, Subject] = {LEG: OneContract(number), **self._named(expiry)}
            self._legs[key] = Evaluation(TapeMarket(self._features, named, lot))
        return self._legs[key].fires(condition)

    def delta(self) -> Feature:
        """Return the delta of every contract, millionths."""
        return Feature(_Deltas(self._features))

    @property
    def contracts(self) -> int:
        """How many contracts the day's chain has."""
        return len(self._features.day.strike)

    def _of_market(self, expiry: date, lot: int) -> Evaluation:
        key = expiry, lot
        if key not in self._market:
            self._market[key] = Evaluation(TapeMarket(self._features, self._named(expiry), lot))
        return self._market[key]

    @staticmethod
    def _named(expiry: date) -> dict[str, Subject]:
        return {"spot": SPOT, "chain": Chain(expiry), "future": FUTURE}


class _ByContract(Mapping[int, BoolArray]):
    """A condition on a leg by contract, worked out for those that are asked for."""

    def __init__(self, conditions: DayConditions, condition: Condition, expiry: date, lot: int) -> None:
        self._asked = conditions, condition, expiry, lot

    def __getitem__(self, number: int) -> BoolArray:
        conditions, condition, expiry, lot = self._asked
        return conditions.of_contract(condition, number, expiry, lot)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < len(self)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return self._asked[0].contracts


class _Deltas(Mapping[int, Int64Array]):
    """The delta of each contract by second, in millionths, MISSING where unknown; worked out for those asked for."""

    def __init__(self, features: DayFeatures) -> None:
        self._features = features

    def __getitem__(self, number: int) -> Int64Array:
        values = self._features.get("delta()", OneContract(number))
        return np.where(np.isnan(values), MISSING, np.round(np.nan_to_num(values) * MILLION)).astype(np.int64)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and 0 <= number < len(self)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self._features.day.strike)


def rests_on_past_days(condition: Condition) -> bool:
    """Say whether a condition speaks of a feature that looks at sessions before the day."""
    return not all(of_its_day(tape_call(taken.call)) for taken in taken_in(condition))


def taken_in(part: object) -> list[Taken]:
    """Return every feature that a condition, or a part of one, takes."""
    if isinstance(part, Taken):
        return [part]
    if isinstance(part, tuple):
        return [taken for one in part for taken in taken_in(one)]
    if is_dataclass(part):
        return [taken for one in fields(part) for taken in taken_in(getattr(part, one.name))]
    return []


def subjects_of(part: object) -> set[str]:
    """Return the subjects that a condition, or a part of one, takes features of."""
    return {taken.subject for taken in taken_in(part)}
