"""What no-arbitrage says of quotes of one underlying at one moment, as inequalities that a quote breaks or keeps.

Every relation has one form, so that thousands are measured at once: a bid less two weighted asks, plus a weighted
forward, plus a constant, is not above zero. What could be bought and sold at these quotes would else be money for
nothing (R. C. Merton, Theory of rational option pricing, 1973). As bids and asks are used, not middles, a wide market
breaks nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from nfolab.lake.auditing.joint_quotes import Float32
from nfolab.lake.packing.repeats import Int64

CHECKS: Final = (
    "monotone in strike",
    "convex in strike",
    "call-put parity",
    "moneyness",
    "dearer than a later expiry",
)
MONOTONE, CONVEX, PARITY, MONEYNESS, CALENDAR = range(len(CHECKS))

NOBODY: Final = -1
"""Stands for a contract whose bid and ask are 0: the last row of the quotes that relations are measured on."""

_STEPS = (1, 2)
_AT_ONCE = 256

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Relations:
    """Relations, one an element: bid[buyer] - w1 ask[first] - w2 ask[second] + g forward[expiry] + constant ≤ 0.

    Attributes:
        check: Place in CHECKS.
        bid, first, second: Places of contracts, NOBODY for none.
        expiry: Place of the forward.
        constant: Paise.
    """

    check: Ints
    bid: Ints
    first: Ints
    second: Ints
    first_weight: Floats
    second_weight: Floats
    expiry: Ints
    forward_weight: Floats
    constant: Floats

    def __len__(self) -> int:
        return len(self.check)

    @classmethod
    def of(
        cls,
        check: int,
        bid: Ints | int,
        first: Ints | int = NOBODY,
        second: Ints | int = NOBODY,
        *,
        first_weight: NDArray[np.float64] | float = 1.0,
        second_weight: NDArray[np.float64] | float = 0.0,
        expiry: int = 0,
        forward_weight: float = 0.0,
        constant: NDArray[np.float64] | float = 0.0,
    ) -> Self:
        """Return relations of one check; numbers are the same for all of them."""
        shape = np.broadcast_shapes(*(np.shape(one) for one in (bid, first, second, constant)))

        def places(given: Ints | int) -> Ints:
            return np.broadcast_to(np.asarray(given, dtype=np.int64), shape)

        def numbers(given: NDArray[np.float64] | float) -> Floats:
            return np.broadcast_to(np.asarray(given, dtype=np.float32), shape)

        return cls(
            places(check),
            places(bid),
            places(first),
            places(second),
            numbers(first_weight),
            numbers(second_weight),
            places(expiry),
            numbers(forward_weight),
            numbers(constant),
        )

    @classmethod
    def joined(cls, parts: Sequence["Relations"]) -> Self:
        """Return all of them together."""
        return cls(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)))

    def members(self) -> Ints:
        """Return the contracts of each relation, int64 [relations, 3], NOBODY where there are fewer."""
        return np.stack([self.bid, self.first, self.second], axis=1)

    def excess(self, bid: Float32, ask: Float32, forward: Float32) -> Float32:
        """Return by how many paise each is broken, float32 [relations, moments]; NaN where a quote is unknown."""
        return np.concatenate(
            [self._excess(slice(at, at + _AT_ONCE), bid, ask, forward) for at in range(0, len(self), _AT_ONCE)]
        )

    def _excess(self, some: slice, bid: Float32, ask: Float32, forward: Float32) -> Float32:
        found: Float32 = bid[self.bid[some]] - self.first_weight[some, None] * ask[self.first[some]]
        if self.second_weight[some].any():
            found -= self.second_weight[some, None] * ask[self.second[some]]
        by_forward = np.flatnonzero(self.forward_weight[some])
        if len(by_forward):
            weight, expiry = self.forward_weight[some][by_forward], self.expiry[some][by_forward]
            found[by_forward] += weight[:, None] * forward[expiry]
        found += self.constant[some, None]
        return found

    def broken(
        self, bid: Float32, ask: Float32, forward: Float32, tolerance: Floats
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return at how many moments each is broken, and at how many it can be told.

        Args:
            bid: float32 [contracts + 1, moments], paise; NaN where unknown, the last row 0 for NOBODY.
            ask: Likewise.
            forward: float32 [expiries, moments], paise.
            tolerance: float32 [contracts + 1], paise by which a relation of a contract's bid may be broken.
        """
        times, known = np.zeros(len(self), dtype=np.int64), np.zeros(len(self), dtype=np.int64)
        for at in range(0, len(self), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            excess = self._excess(some, bid, ask, forward)
            times[some] = np.count_nonzero(excess > tolerance[self.bid[some], None], axis=1)
            known[some] = np.count_nonzero(excess == excess, axis=1)
        return times, known


def ladder(kind: str, members: Ints, strikes: Int64) -> list[Relations]:
    """Return what holds along one expiry's calls or puts: falling or rising, no faster than the strikes, convex.

    Args:
        kind: `CE` or `PE`.
        members: Places of the contracts, in order of their strikes.
        strikes: Their strikes in paise.
    """
    found = []
    for step in _STEPS:
        low, high = members[:-step], members[step:]
        dear, cheap = (low, high) if kind == "CE" else (high, low)
        apart = (strikes[step:] - strikes[:-step]).astype(np.float64)
        found += [Relations.of(MONOTONE, cheap, dear), Relations.of(MONOTONE, dear, cheap, constant=-apart)]
    found += [_convex(members, strikes, down, up) for down in _STEPS for up in _STEPS]
    return [one for one in found if len(one)]


def _convex(members: Ints, strikes: Int64, down: int, up: int) -> Relations:
    """Return that each contract is no dearer than the mix of those `down` strikes below and `up` above it."""
    middle = np.arange(down, len(members) - up)
    low, high = strikes[middle - down], strikes[middle + up]
    share = (high - strikes[middle]) / (high - low)
    return Relations.of(
        CONVEX,
        members[middle],
        members[middle - down],
        members[middle + up],
        first_weight=share,
        second_weight=1.0 - share,
    )


def parity(
    calls: Ints, puts: Ints, strikes: Int64, expiry: int, discount: float, slack: NDArray[np.float64]
) -> list[Relations]:
    """Return that call less put is the discounted forward less the strike, for pairs of one expiry.

    Args:
        calls: Places of the calls.
        puts: Places of the puts of the same strikes.
        strikes: Those strikes in paise.
        expiry: The expiry's place among the forwards.
        discount: exp(-rate × years).
        slack: Paise by which it may be missed.
    """
    worth = discount * strikes.astype(np.float64)
    return [
        Relations.of(PARITY, calls, puts, expiry=expiry, forward_weight=-discount, constant=worth - slack),
        Relations.of(PARITY, puts, calls, expiry=expiry, forward_weight=discount, constant=-worth - slack),
    ]


def intrinsic(
    kind: str, members: Ints, strikes: Int64, expiry: int, discount: float, slack: NDArray[np.float64]
) -> Relations:
    """Return that an option is worth at least its discounted intrinsic value; arguments as `ladder` and `parity`."""
    sign = 1.0 if kind == "CE" else -1.0
    return Relations.of(
        MONEYNESS,
        NOBODY,
        members,
        expiry=expiry,
        forward_weight=sign * discount,
        constant=-sign * discount * strikes.astype(np.float64) - slack,
    )


def calendar(near: Ints, far: Ints, slack: float) -> Relations:
    """Return that an option is no dearer than that of the same kind and strike of a later expiry.

    Args:
        near: Places of the contracts of the earlier expiry.
        far: Places of those of the later.
        slack: Paise that the difference of the two forwards may be worth.
    """
    return Relations.of(CALENDAR, near, far, constant=-slack)
