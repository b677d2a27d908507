"""The strikes of an expiry that are listed in both kinds, and which of them is at the money at each second."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.subject import SPOT, Chain, Future, OneContract
from nfolab.tape.money import HALF_PAISE_PER_RUPEE


@dataclass(frozen=True)
class Ladder:
    """The strikes of one expiry of which the day's file holds a CE and a PE, rising.

    Attributes:
        strike: int32 [strikes], rupees.
        calls: int64 [strikes], number of the CE in the day's chain; `puts` of the PE.
        listed: int32 [strikes], the second from which both kinds have had a row: before it no feature knows the strike.
        money: int32 [strikes], place of the strike at the money at each second, −1 where it is not known.
    """

    strike: Int32Array
    calls: Int64Array
    puts: Int64Array
    listed: Int32Array
    money: Int32Array


@compiled
def _nearest_listed(strike: Int32Array, listed: Int32Array, money: Int32Array, per_rupee: int, out: Int32Array) -> None:
    for at in range(out.size):
        out[at] = NO_ROW
        least = 2**62
        for place in range(strike.size):
            away = abs(per_rupee * strike[place] - money[at])
            if money[at] >= 0 and listed[place] <= at and away < least:
                least = away
                out[at] = place


def expiry_of(given: Given) -> date:
    """Return the expiry of a contract, a chain or the future."""
    if isinstance(given.subject, Future):
        return given.day.future.expiry
    if isinstance(given.subject, Chain):
        return given.subject.expiry
    found: date = given.day.expiry[given.contract].astype(date)
    return found


def ladder_of(given: Given) -> Ladder:
    """Return the ladder of a contract's or a chain's expiry; worked out once a day.

    The money is the index, at most 2 s old; on a day without an index feed the parity forward.
    """
    expiry = expiry_of(given)
    return given.of(SPOT).once(f"ladder {expiry}", lambda index: _ladder(index, expiry))


def _ladder(index: Given, expiry: date) -> Ladder:
    day = index.day
    of_expiry = np.flatnonzero(day.expiry == np.datetime64(expiry))
    calls, puts = (
        {int(day.strike[number]): int(number) for number in of_expiry if day.kind[number] == kind}
        for kind in ("CE", "PE")
    )
    strikes = sorted(calls.keys() & puts.keys())
    numbers = [np.array([kind[strike] for strike in strikes], np.int64) for kind in (calls, puts)]
    listed = np.maximum(day.first_second[numbers[0]], day.first_second[numbers[1]]).astype(np.int32)
    money = index.money.index if day.has_spot else index.money.forward(np.datetime64(expiry), MAX_AGE)
    strike = np.array(strikes, np.int32)
    place = np.empty(day.seconds, np.int32)
    _nearest_listed(strike, listed, money, HALF_PAISE_PER_RUPEE, place)
    return Ladder(strike, numbers[0], numbers[1], listed, place)


def at_the_money(given: Given) -> Int32Array:
    """Return the place of the strike at the money at each second, −1 where it is not known: int32 [seconds].

    Of a frozen chain it is that of its second, from then on.
    """
    place = ladder_of(given).money
    frozen = given.subject.frozen if isinstance(given.subject, Chain) else None
    if frozen is None:
        return place
    held = np.full(place.size, NO_ROW, np.int32)
    if 0 <= frozen < place.size:
        held[frozen:] = place[frozen]
    return held


def kept_places(place: Int32Array) -> Int32Array:
    """Return the places that occur, rising, without −1."""
    return np.unique(place[place >= 0])


def pair_of(given: Given) -> tuple[OneContract, OneContract] | None:
    """Return the CE and the PE of a contract's strike and expiry; None where one is not listed that day."""
    day, own = given.day, given.contract
    pair = np.flatnonzero((day.strike == day.strike[own]) & (day.expiry == day.expiry[own]))
    if pair.size != len(("CE", "PE")):
        return None
    call, put = sorted(pair.tolist(), key=lambda number: str(day.kind[number]))
    return OneContract(call), OneContract(put)
