"""A slow twin of every feature: what it means at one second, looked up row by row with nothing but lists.

A twin is given a view of one subject and a second t. The view has the rows stamped at or before t only, so that a twin
cannot look ahead; `x(call, t)` is another feature's twin at a second. None means that there is no value.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from nfolab.tape.features import FUTURE, SPOT, Call, OneContract, Premium, Subject, read_call

TWINS: dict[str, Callable] = {}
LEGS: dict[str, Callable] = {}
OPEN = 9 * 3600 + 15 * 60
SPOT_TWINS = ("spot", "spot_change", "spot_return", "vix", "nifty", "banknifty", "future", "basis")


def twin(function: Callable) -> Callable:
    TWINS[function.__name__.rstrip("_")] = function
    return function


def legs(combine: Callable) -> Callable:
    """A combined premium's value is made of its contracts' values."""

    def marked(function: Callable) -> Callable:
        LEGS[function.__name__] = combine
        return twin(function)

    return marked


class Slow:
    """All twins over the rows of one day."""

    def __init__(
        self,
        contracts: Sequence[list[dict]],
        spot: Sequence[tuple[int, int]],
        beside: dict[str, list[tuple[int, int]]] | None = None,
        future: list[dict] | None = None,
        past: Sequence["Slow"] = (),
    ) -> None:
        self.past = past
        self.past_found: dict[tuple[Slow, object], float | None] = {}
        self.beside = {"BANKNIFTY": spot} | (beside or {})
        self.future = future or []
        self.future_seconds = [one["second"] for one in self.future]
        self.contracts = contracts
        self.spot = spot
        self.seconds = [[one["second"] for one in rows] for rows in contracts]
        self.spot_seconds = [second for second, _ in spot]
        self.beats: dict[Subject, dict] = {}
        self.events: dict[tuple[Subject, str], list[bool | None]] = {}
        self.found: dict[tuple[Call, Subject], list[float | None]] = {}

    def series(self, call: Call, subject: Subject, t: int) -> list[float | None]:
        """The values at 0 … t at least."""
        known = self.found.setdefault((call, subject), [])
        while len(known) <= t:
            known.append(self._value(call, subject, len(known)))
        return known

    def value(self, call: Call, subject: Subject, t: int) -> float | None:
        """The value at t alone."""
        if t < 0:
            return None
        known = self.found.get((call, subject), [])
        return known[t] if t < len(known) else self._value(call, subject, t)

    def _value(self, call: Call, subject: Subject, t: int) -> float | None:
        if call.name in SPOT_TWINS:
            subject = SPOT
        if isinstance(subject, Premium) and call.name in LEGS:
            parts = [self.value(call, OneContract(number), t) for number in subject.numbers]
            return None if None in parts else LEGS[call.name](parts)
        return TWINS[call.name](View(self, subject), t, *call.arguments)


class View:
    """One subject of the day."""

    def __init__(self, slow: Slow, subject: Subject) -> None:
        self.slow = slow
        self.subject = subject

    def __call__(self, call: Call | str, t: int) -> float | None:
        return self.slow.value(read_call(call) if isinstance(call, str) else call, self.subject, t)

    def rows(self, t: int) -> list[dict]:
        """The rows of the contract or the future stamped at or before t."""
        if self.subject == FUTURE:
            return self.slow.future[: bisect_right(self.slow.future_seconds, t)]
        number = self.subject.number
        return self.slow.contracts[number][: bisect_right(self.slow.seconds[number], t)]

    def newest(self, t: int, age: int = 5) -> dict | None:
        rows = self.rows(t)
        return rows[-1] if rows and t - rows[-1]["second"] <= age else None

    def stamps(self, t: int) -> list[int]:
        """The seconds of the subject's rows at or before t, each once."""
        if self.subject == SPOT:
            return sorted({second for second in self.slow.spot_seconds if second <= t})
        return sorted({one["second"] for one in self.rows(t)})

    def window(self, of: Call, t: int, length: int) -> list[float]:
        """The values of the window that ends at t; none before it has filled since the start or the newest restart."""
        if t < 0:
            return []
        values = self.slow.series(of, self.subject, t)[: t + 1]
        start = next((s for s in range(t + 1) if values[s] is not None), None)
        missing = 0
        for s in range(t + 1):
            missing = missing + 1 if values[s] is None else 0
            if missing >= length:
                start = next((later for later in range(s + 1, t + 1) if values[later] is not None), None)
        if start is None or t - start + 1 < length:
            return []
        return [one for one in values[max(0, t - length + 1) :] if one is not None]


def good(one: dict | None) -> bool:
    return one is not None and 0 < one["bp0_paise"] < one["sp0_paise"] and one["bq0"] > 0 and one["sq0"] > 0


def positive(one: dict | None, column: str) -> float | None:
    return one[column] if one is not None and one[column] is not None and one[column] > 0 else None


def both(function: Callable, *values: float | None) -> float | None:
    return None if None in values else function(*values)
