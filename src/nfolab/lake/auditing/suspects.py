"""Which contracts are not what their names say: convicted by the majority of those they are held against.

One contract under a wrong name breaks relations with all its neighbours, and they break none among themselves. So the
contract in most broken relations goes first, its neighbours are then held against each other without it, and so on
until nothing is broken. At the end each is held once more against the innocent alone, and is convicted only if at least
two relations with them are broken that no other single contract explains; otherwise it is one of two, and suspected.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.units import TICK_PAISE
from nfolab.lake.auditing.joint_quotes import Float32, Quotes
from nfolab.lake.auditing.relations import NOBODY, Relations, calendar, intrinsic, ladder, parity
from nfolab.lake.packing.repeats import Bool, Int64

LEAST_MOMENTS: Final = 20
"""At fewer moments at which all quotes are known nothing is judged."""

BROKEN_SHARE: Final = 0.5
"""Quotes of one moment differ in age by seconds, which breaks a relation now and then, by as much up as down."""

TICK_SLACK: Final = float(TICK_PAISE)
PREMIUM_SLACK, LARGEST_PREMIUM_SLACK = 0.1, 20.0
"""Paise by which a relation may be broken: a tick, and a tenth of the premium bid, at most 0.20. Real bids for
cheap options far from the money break the order of strikes by a tick or two for hours."""

FORWARD_SLACK, STRIKE_SLACK = 0.00015, 0.006
"""Parts of the forward, and of the strike's distance from it, by which parity and intrinsic value may be missed: the
rate that deep contracts are priced with is not known. Real chains need two thirds of it."""

LEAST_BROKEN: Final = 2

_PAISE = 100


@dataclass(frozen=True)
class Market:
    """Quotes with one more row for NOBODY, who bids and asks 0, and what the expiries are worth.

    Attributes:
        forward: float32 [expiries, moments], paise; NaN where unknown.
        discount: By expiry, exp(-rate × years).
        tolerance: float32 [contracts + 1], the paise by which a relation of a contract's bid may be broken.
    """

    quotes: Quotes
    bid: Float32
    ask: Float32
    expiries: tuple[date, ...]
    forward: Float32
    discount: tuple[float, ...]
    tolerance: Float32

    @classmethod
    def of(cls, quotes: Quotes, expiries: tuple[date, ...], forward: Float32, discount: tuple[float, ...]) -> "Market":
        """Return a day's market; arguments as the attributes."""
        nobody = np.zeros((1, len(quotes.times)), dtype=np.float32)
        bid, ask = np.concatenate([quotes.bid, nobody]), np.concatenate([quotes.ask, nobody])
        known = np.isfinite(bid)
        usual = np.where(known, bid, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        tolerance = TICK_SLACK + np.minimum(PREMIUM_SLACK * usual, LARGEST_PREMIUM_SLACK)
        return cls(quotes, bid, ask, expiries, forward, discount, tolerance.astype(np.float32))

    @property
    def size(self) -> int:
        """How many contracts there are."""
        return len(self.quotes.contracts)

    def money(self) -> list[float | None]:
        """Return each expiry's usual forward in rupees, None where it is unknown."""
        known = [one[np.isfinite(one)] for one in self.forward]
        return [float(np.median(one)) / _PAISE if len(one) else None for one in known]

    def slack(self, place: int, strikes: Int64) -> NDArray[np.float64]:
        """Return the paise by which contracts at these strikes (in paise) may miss their expiry's forward."""
        known = self.forward[place][np.isfinite(self.forward[place])]
        forward = float(np.median(known)) if len(known) else 0.0
        slack: NDArray[np.float64] = FORWARD_SLACK * forward + STRIKE_SLACK * np.abs(forward - strikes)
        return slack


@dataclass(frozen=True)
class Judged:
    """Relations, and how often each is broken.

    Attributes:
        times: int64 [relations], the moments at which it is broken.
        known: int64 [relations], the moments at which all its quotes are known.
    """

    relations: Relations
    times: Int64
    known: Int64

    @property
    def broken(self) -> Bool:
        """Which are broken so often that no accident of time explains it."""
        found: Bool = (self.known >= LEAST_MOMENTS) & (self.times >= BROKEN_SHARE * self.known)
        return found


@dataclass(frozen=True)
class Verdict:
    """What came out.

    Attributes:
        convicted: Relations of each convicted contract with innocent ones, by its place.
        suspected: The same of those of which it may be another that is wrong.
        rest: All relations among the others.
    """

    convicted: Mapping[int, Judged]
    suspected: Mapping[int, Judged]
    rest: Judged

    def without(self, cleared: Collection[int]) -> "Verdict":
        """Return it without those who are cleared by other evidence."""
        convicted, suspected = (
            {place: judged for place, judged in some.items() if place not in cleared}
            for some in (self.convicted, self.suspected)
        )
        return Verdict(convicted, suspected, self.rest)


def judge(market: Market) -> Verdict:
    """Hold all contracts of a day against each other."""
    innocent = np.ones(market.size, dtype=np.bool_)
    judged = _measured(market, _relations(market, innocent))
    while (worst := _most_broken(judged, market.size)) is not None:
        innocent[worst] = False
        judged = _without(market, judged, innocent, worst)
    convicted: dict[int, Judged] = {}
    suspected: dict[int, Judged] = {}
    for place in np.flatnonzero(~innocent).tolist():
        against = _evidence(market, innocent, place)
        if np.count_nonzero(against.broken) >= LEAST_BROKEN:
            (suspected if _explained_by_another(against, place) else convicted)[place] = against
    return Verdict(convicted, suspected, judged)


def _explained_by_another(against: Judged, place: int) -> bool:
    """Say whether one other contract is in all the broken relations."""
    members = against.relations.members()[against.broken]
    others = members[(members != place) & (members != NOBODY)]
    return bool(np.bincount(others, minlength=1).max() == len(members)) if len(others) else False


def _measured(market: Market, relations: Relations) -> Judged:
    times, known = relations.broken(market.bid, market.ask, market.forward, market.tolerance)
    return Judged(relations, times, known)


def _most_broken(judged: Judged, size: int) -> int | None:
    """Return the contract in the most broken relations, of equals the one of which most are broken; None at the end."""
    members = judged.relations.members()
    broken, every = (
        np.bincount(chosen[chosen != NOBODY], minlength=size) for chosen in (members[judged.broken], members)
    )
    if broken.max(initial=0) < LEAST_BROKEN:
        return None
    return int(np.argmax(broken + broken / np.maximum(every + 1, 1)))


def _without(market: Market, judged: Judged, innocent: Bool, gone: int) -> Judged:
    """Return the relations after one contract went: those of its ladder anew, for its neighbours met."""
    expiry, kind, _ = market.quotes.contracts[gone]
    near = _places(market, (expiry,), (kind,))
    inside = np.append(near, False)
    members = judged.relations.members()
    ladder_alone = np.where(members == NOBODY, True, inside[members]).all(axis=1)
    kept = ~(ladder_alone | (members == gone).any(axis=1))
    anew = _measured(market, Relations.joined(_of_ladder(market, expiry, kind, innocent)))
    return Judged(
        Relations.joined([_chosen(judged.relations, kept), anew.relations]),
        np.concatenate([judged.times[kept], anew.times]),
        np.concatenate([judged.known[kept], anew.known]),
    )


def _chosen(relations: Relations, which: Bool) -> Relations:
    return Relations(*(getattr(relations, name)[which] for name in Relations.__dataclass_fields__))


def _places(market: Market, expiries: Iterable[date], kinds: Iterable[str]) -> Bool:
    wanted_expiries, wanted_kinds = set(expiries), set(kinds)
    return np.array([expiry in wanted_expiries and kind in wanted_kinds for expiry, kind, _ in market.quotes.contracts])


def _strikes(market: Market, members: Int64) -> Int64:
    return np.array([market.quotes.contracts[place][2] * _PAISE for place in members.tolist()], dtype=np.int64)


def _of_ladder(market: Market, expiry: date, kind: str, innocent: Bool) -> list[Relations]:
    members = np.flatnonzero(_places(market, (expiry,), (kind,)) & innocent)
    if not len(members):
        return []
    strikes = _strikes(market, members)
    place = market.expiries.index(expiry)
    return [
        *ladder(kind, members, strikes),
        intrinsic(kind, members, strikes, place, market.discount[place], market.slack(place, strikes)),
    ]


def _relations(market: Market, innocent: Bool) -> Relations:
    found: list[Relations] = []
    for place, expiry in enumerate(market.expiries):
        for kind in ("CE", "PE"):
            found += _of_ladder(market, expiry, kind, innocent)
        found += _parity(market, place, innocent)
    for place in range(len(market.expiries) - 1):
        found += _calendar(market, place, innocent)
    return Relations.joined([one for one in found if len(one)])


def _parity(market: Market, place: int, innocent: Bool) -> list[Relations]:
    expiry = market.expiries[place]
    calls, puts, strikes = _same_strikes(market, (expiry, "CE"), (expiry, "PE"), innocent)
    return parity(calls, puts, strikes, place, market.discount[place], market.slack(place, strikes))


def _calendar(market: Market, place: int, innocent: Bool) -> list[Relations]:
    """Return the relations of one expiry with the next; the forwards' difference is worth what it is at the worst."""
    near, far = market.expiries[place : place + 2]
    apart = market.forward[place + 1] - market.forward[place]
    if not np.isfinite(apart).any():
        return []
    found = []
    for kind, slack in (("CE", max(0.0, -float(np.nanmin(apart)))), ("PE", max(0.0, float(np.nanmax(apart))))):
        first, second, _ = _same_strikes(market, (near, kind), (far, kind), innocent)
        found.append(calendar(first, second, slack))
    return found


def _same_strikes(
    market: Market, one: tuple[date, str], other: tuple[date, str], innocent: Bool
) -> tuple[Int64, Int64, Int64]:
    """Return the places of contracts of two ladders at the strikes that both have, and those strikes in paise."""
    first, second = (np.flatnonzero(_places(market, (expiry,), (kind,)) & innocent) for expiry, kind in (one, other))
    strikes, at_first, at_second = np.intersect1d(
        _strikes(market, first), _strikes(market, second), assume_unique=True, return_indices=True
    )
    return first[at_first], second[at_second], strikes


def _evidence(market: Market, innocent: Bool, place: int) -> Judged:
    """Return the relations of one convicted contract with the innocent."""
    with_it = innocent.copy()
    with_it[place] = True
    expiry, kind, _ = market.quotes.contracts[place]
    number = market.expiries.index(expiry)
    found = [*_of_ladder(market, expiry, kind, with_it), *_parity(market, number, with_it)]
    if number + 1 < len(market.expiries):
        found += _calendar(market, number, with_it)
    if number:
        found += _calendar(market, number - 1, with_it)
    every = Relations.joined([one for one in found if len(one)])
    return _measured(market, _chosen(every, (every.members() == place).any(axis=1)))
