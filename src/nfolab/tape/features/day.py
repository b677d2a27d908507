"""The features of one day: each computed once, shared by all who ask, and kept on disk where a cache is given."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nfolab.base.errors import InputError
from nfolab.tape.book import Int32Array
from nfolab.tape.features.cache import DayCache, FeatureCache
from nfolab.tape.features.definition import Call, Columns, Feature, Values
from nfolab.tape.features.registry import columns, find_feature, of_its_day
from nfolab.tape.features.rows import CLOCK, ContractRows
from nfolab.tape.features.spelling import read_call
from nfolab.tape.features.subject import SPOT, Future, OneContract, Premium, Spot, Subject, SubjectKind, contracts_of
from nfolab.tape.money import Money
from nfolab.tape.tape import NO_SPOT, Day

Shared = TypeVar("Shared")

_BYTES: Final = 8
_COMBINED: Final = {"sum": np.add, "greatest": np.maximum, "least": np.minimum}


class DayFeatures:
    """The features of one day of one underlying, memoised for all strategies that ask.

    Attributes:
        day: the day.
        money: where the money stands on it: the index and the parity forwards.
        cache: where what is computed may be kept, if there is such a place.
    """

    def __init__(self, day: Day, cache: FeatureCache | None = None) -> None:
        """Make the features of a day; with a cache what it holds is taken from there, and `keep` adds to it."""
        self.day = day
        self.money = Money(day)
        self._rows: dict[int, ContractRows] = {}
        self._rows_of_future: ContractRows | None = None
        self._values: dict[tuple[Call, Subject], Values] = {}
        self._shared: dict[tuple[str, Subject], Any] = {}
        self.cache = cache
        self._kept: DayCache | None = None if cache is None else cache.of_day(day)

    def get(self, call: str | Call, subject: Subject = SPOT) -> Values:
        """Return a feature's values, float64 [seconds], NaN where there is none; not to be written to.

        Args:
            call: such as `ema(5s)`.
            subject: what it is taken of; a feature of the index alone is taken of the index, whatever is asked.

        Raises:
            InputError: there is no such feature, its parameters do not fit, or it cannot be taken of the subject.
        """
        values: Values = self.table(call, [subject])[0]
        return values

    def table(self, call: str | Call, subjects: Sequence[Subject]) -> Values:
        """Return a feature of several subjects, float64 [subjects, seconds]; see `get`."""
        read = read_call(call) if isinstance(call, str) else call
        declared = find_feature(read.name)
        wanted = [_suited(declared, subject) for subject in subjects]
        if self._kept is not None and of_its_day(read):
            stored = self._kept.table(read, wanted)
            if stored is not None:
                return _read_only(stored)
        missing = [one for one in dict.fromkeys(wanted) if (read, one) not in self._values]
        if missing:
            self._compute(read, missing)
        found = [self._values[read, one] for one in wanted]
        return _read_only(_stacked(found))

    def prepare(self, calls: Iterable[str | Call], subjects: Iterable[Subject]) -> None:
        """Read at once what some features need of some subjects; without it each feature reads what it lacks."""
        read = [read_call(call) if isinstance(call, str) else call for call in calls]
        names = tuple(dict.fromkeys(name for call in read for name in columns(call)))
        self._read({number for one in subjects for number in contracts_of(one)}, names)

    def keep(self) -> None:
        """Write what was computed to the cache, if there is one."""
        if self._kept is not None:
            by_call: dict[Call, dict[Subject, Values]] = {}
            for (call, subject), values in self._values.items():
                if of_its_day(call):
                    by_call.setdefault(call, {})[subject] = values
            self._kept.add(by_call)

    def _compute(self, call: Call, subjects: Sequence[Subject]) -> None:
        self._read({number for one in subjects for number in contracts_of(one)}, columns(call))
        block = _fresh(len(subjects), self.day.seconds)
        for subject, out in zip(subjects, block, strict=True):
            self._fill(call, subject, out)
            self._values[call, subject] = out

    def _fill(self, call: Call, subject: Subject, out: Values) -> None:
        declared = find_feature(call.name)
        if isinstance(subject, Premium) and declared.legs is not None:
            parts = [self.values_of(call, OneContract(number)) for number in subject.numbers]
            out[:] = parts[0]
            for part in parts[1:]:
                _COMBINED[declared.legs](out, part, out=out)
            return
        declared.compute(Given(self, subject), out, **declared.named(call))

    def values_of(self, call: Call, subject: Subject) -> Values:
        """Return the values that a feature builds on; they are shared, never written to."""
        subject = _suited(find_feature(call.name), subject)
        found = self._values.get((call, subject))
        if found is None:
            found = _fresh(1, self.day.seconds)[0]
            self._fill(call, subject, found)
            self._values[call, subject] = found
        return found

    def forget(self) -> None:
        """Let go of everything worked out or read: parts of it refer to each other in circles."""
        self._rows.clear()
        self._rows_of_future = None
        self._values.clear()
        self._shared.clear()

    def once(self, name: str, given: "Given", compute: Callable[["Given"], Shared]) -> Shared:
        """Return what several features of a subject share, computed when first asked for."""
        key = name, given.subject
        if key not in self._shared:
            self._shared[key] = compute(given)
        shared: Shared = self._shared[key]
        return shared

    def rows(self, number: int, needed: Columns) -> ContractRows:
        """Return the rows of a contract, with these columns at least."""
        self._read({number}, needed)
        return self._rows[number]

    def rows_of_contracts(self, numbers: Sequence[int], needed: Columns) -> list[ContractRows]:
        """Return the rows of several contracts, with these columns at least, read at once."""
        self._read(set(numbers), needed)
        return [self._rows[number] for number in numbers]

    def rows_of_future(self, needed: Columns) -> ContractRows:
        """Return the rows of the future, with these columns at least.

        Raises:
            MissingSeriesError: the lake has no futures of this day.
        """
        known = self._rows_of_future
        if known is None or known.lacks(needed):
            future = self.day.future
            found = future.file.read([future.number], [CLOCK, *needed])
            if known is None:
                known = self._rows_of_future = ContractRows(self.day.seconds_of(found[CLOCK]), self.day.seconds)
            known.add(found)
        return known

    def _read(self, numbers: set[int], names: Columns) -> None:
        if not names:
            return
        lacking = sorted(number for number in numbers if number not in self._rows or self._rows[number].lacks(names))
        if not lacking:
            return
        found = self.day.file.read(lacking, [CLOCK, *names])
        second = self.day.seconds_of(found.pop(CLOCK))
        ends = np.cumsum(self.day.file.contracts.rows[lacking]).tolist()
        for number, start, end in zip(lacking, [0, *ends], ends, strict=False):
            if number not in self._rows:
                self._rows[number] = ContractRows(second[start:end], self.day.seconds)
            self._rows[number].add({name: values[start:end] for name, values in found.items()})


class Given:
    """What a feature is computed from: the values of others of the same subject, and the rows beneath.

    Attributes:
        subject: what the feature is taken of.
        day: the day.
    """

    def __init__(self, features: DayFeatures, subject: Subject) -> None:
        self.subject = subject
        self.day = features.day
        self._features = features

    def __call__(self, call: Call) -> Values:
        """Return another feature of the same subject."""
        return self._features.values_of(call, self.subject)

    def table(self, call: Call, subjects: Sequence[Subject]) -> Values:
        """Return a feature of several other subjects, float64 [subjects, seconds], read at once."""
        return self._features.table(call, subjects)

    def of(self, subject: Subject) -> "Given":
        """Return what is given of another subject."""
        return Given(self._features, subject)

    def rows(self, *needed: str) -> ContractRows:
        """Return the rows of the contract or the future, with these columns at least."""
        if isinstance(self.subject, Future):
            return self._features.rows_of_future(needed)
        return self._features.rows(self.contract, needed)

    def rows_of_contracts(self, numbers: Sequence[int], needed: Columns) -> list[ContractRows]:
        """Return the rows of several contracts of the day's chain, with these columns at least, read at once."""
        return self._features.rows_of_contracts(numbers, needed)

    def once(self, name: str, compute: Callable[["Given"], Shared]) -> Shared:
        """Return what several features of the subject share, computed when first asked for."""
        return self._features.once(name, self, compute)

    @property
    def cache(self) -> FeatureCache | None:
        """Where what is computed may be kept on disk, if there is such a place."""
        return self._features.cache

    @property
    def money(self) -> Money:
        """Where the money stands on the day."""
        return self._features.money

    @property
    def contract(self) -> int:
        """The contract's number in the day's chain."""
        if not isinstance(self.subject, OneContract):
            raise TypeError(f"{self.subject} is no contract")
        return self.subject.number

    @cached_property
    def newest(self) -> Int32Array:
        """int32 [seconds], the second of the subject's newest row, −1 before the first; of a contract or the index."""
        if isinstance(self.subject, Spot):
            return self.day.spot_second
        return self.rows("price_paise").newest

    @cached_property
    def spot(self) -> Values:
        """The index in paise as of each second, NaN where it is older than 2 seconds."""
        return np.where(self.day.spot == NO_SPOT, np.nan, self.day.spot.astype(np.float64))


def _suited(declared: Feature, subject: Subject) -> Subject:
    """Return what a feature is taken of when a subject is asked for."""
    if declared.subjects == {SubjectKind.SPOT}:
        return SPOT
    if subject.kind not in declared.subjects:
        known = " or ".join(sorted(declared.subjects))
        raise InputError(f"{declared.signature} cannot be taken of a {subject.kind}: take it of a {known}")
    if isinstance(subject, Premium) and not subject.numbers:
        raise InputError("a combined premium needs at least one contract")
    return subject


def _fresh(rows: int, seconds: int) -> Values:
    """Return an array to be filled, in Arrow's memory: from NumPy each day would fault in fresh pages."""
    return np.frombuffer(pa.allocate_buffer(rows * seconds * _BYTES), dtype=np.float64).reshape(rows, seconds)


def _stacked(rows: Sequence[Values]) -> Values:
    """Return rows as one array; without a copy where they stand in memory one after another already."""
    whole = rows[0].base
    if isinstance(whole, np.ndarray) and whole.ndim == 1 and all(row.base is whole for row in rows):
        first, size = rows[0].ctypes.data, rows[0].size
        if [row.ctypes.data for row in rows] == [first + place * size * _BYTES for place in range(len(rows))]:
            start = (first - whole.ctypes.data) // _BYTES
            return whole[start : start + len(rows) * size].reshape(len(rows), size)
    return np.stack(rows)


def _read_only(values: npt.NDArray[np.float64]) -> Values:
    shown = values.view()
    shown.flags.writeable = False
    return shown
