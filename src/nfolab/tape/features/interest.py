"""The open interest of a whole expiry: when each contract's changed, and what the chain shows from then on.

The feed brings open interest late and in jumps, so it stands until a row brings another, however long that takes. An
open interest of 0 is not told from a missing one and counts nothing.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.lots import strike_step
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.features.ladder import at_the_money, expiry_of, ladder_of
from nfolab.tape.features.rows import CLOCK
from nfolab.tape.features.subject import SPOT

OI: Final = "oi"
CALL, PUT = 0, 1

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Interest:
    """Every change of open interest of an expiry, in order of time.

    Attributes:
        strike: int32 [strikes], every strike of either kind, rising, in rupees.
        listed: int32 [strikes], the second of its first row.
        second: int32 [changes], the second of the row that brought the change.
        place: int32 [changes], which strike.
        kind: int8 [changes], 0 for the CE, 1 for the PE.
        more: int64 [changes], by how many units the open interest grew.
        first: bool [changes], whether none of that contract was known before: then nothing is known to have changed.
    """

    strike: Int32Array
    listed: Int32Array
    second: Int32Array
    place: Int32Array
    kind: npt.NDArray[np.int8]
    more: Int64Array
    first: BoolArray


@dataclass(frozen=True)
class Wall:
    """The strike with the most open interest by second.

    Attributes:
        strike: float64 [seconds], in paise; NaN where none has any. Of equals the lowest.
        units: float64 [seconds], its open interest.
        age: float64 [seconds], seconds since that changed; NaN where no change was seen.
    """

    strike: Values
    units: Values
    age: Values


@compiled
def _find_changes(ends: Int64Array, units: Int64Array, row: Int64Array, more: Int64Array, first: BoolArray) -> int:
    found = 0
    start = 0
    for end in ends:
        held = np.int64(0)
        for at in range(start, end):
            if units[at] > 0 and units[at] != held:
                row[found] = at
                more[found] = units[at] - held
                first[found] = held == 0
                held = units[at]
                found += 1
        start = end
    return found


@compiled
def _walk_wall(
    second: Int32Array, place: Int32Array, more: Int64Array, first: BoolArray, strikes: int,
    wall: Int32Array, units: Int64Array, changed: Int32Array,
) -> None:  # fmt: skip
    held = np.zeros(strikes, np.int64)
    last = np.full(strikes, -1, np.int32)
    change = 0
    strongest = -1
    for at in range(wall.size):
        fresh = False
        while change < second.size and second[change] <= at:
            held[place[change]] += more[change]
            if not first[change]:
                last[place[change]] = second[change]
            change += 1
            fresh = True
        if fresh:
            strongest = -1
            for one in range(strikes):
                if held[one] > 0 and (strongest < 0 or held[one] > held[strongest]):
                    strongest = one
        wall[at] = strongest
        units[at] = held[strongest] if strongest >= 0 else 0
        changed[at] = last[strongest] if strongest >= 0 else -1


@compiled
def _walk_pain(
    second: Int32Array, place: Int32Array, kind: npt.NDArray[np.int8], more: Int64Array, strike: Values,
    listed: Int32Array, out: Values,
) -> None:  # fmt: skip
    """Fill `out` with the listed strike at which holders would be paid least, the lower of equals."""
    held = np.zeros((2, strike.size))
    change = 0
    known = 0
    best = np.nan
    for at in range(out.size):
        fresh = False
        while change < second.size and second[change] <= at:
            held[kind[change], place[change]] += more[change]
            change += 1
            fresh = True
        seen = 0
        for one in range(strike.size):
            seen += listed[one] <= at
        if fresh or seen != known:
            known = seen
            calls_below = puts_above = paid = 0.0
            for one in range(strike.size):
                puts_above += held[PUT, one]
                paid += held[PUT, one] * (strike[one] - strike[0])
            least = np.inf
            most = 0.0
            for one in range(strike.size):
                if one > 0:
                    paid += (strike[one] - strike[one - 1]) * (calls_below - puts_above)
                calls_below += held[CALL, one]
                puts_above -= held[PUT, one]
                if listed[one] <= at:
                    most = max(most, paid)
                    if paid < least:
                        least = paid
                        best = strike[one]
            if most <= 0.0:
                best = np.nan
        out[at] = best


@compiled
def _walk_sum(
    second: Int32Array, place: Int32Array, more: Int64Array, strike: Int32Array, centre: Int32Array, far: int,
    out: Values,
) -> None:  # fmt: skip
    """Fill `out` with the open interest of the strikes no farther than `far` from a centre (rupees, −1 for none)."""
    held = np.zeros(strike.size, np.int64)
    change = 0
    for at in range(out.size):
        fresh = at == 0 or centre[at] != centre[at - 1]
        while change < second.size and second[change] <= at:
            held[place[change]] += more[change]
            change += 1
            fresh = True
        if not fresh:
            out[at] = out[at - 1]
            continue
        total = np.int64(0)
        for one in range(strike.size):
            if centre[at] >= 0 and abs(strike[one] - centre[at]) <= far:
                total += held[one]
        out[at] = total if total > 0 else np.nan


def interest_of(given: Given) -> Interest:
    """Return the changes of open interest of a chain's expiry; read once a day."""
    expiry = expiry_of(given)
    return given.of(SPOT).once(f"interest {expiry}", lambda index: _interest(index, expiry))


def _interest(index: Given, expiry: date) -> Interest:
    day = index.day
    numbers = np.flatnonzero(day.expiry == np.datetime64(expiry))
    found = day.file.read(numbers.tolist(), [CLOCK, OI])
    ends = np.cumsum(day.file.contracts.rows[numbers])
    rows, more = np.empty(found[OI].size, np.int64), np.empty(found[OI].size, np.int64)
    first = np.empty(rows.size, np.bool_)
    count = _find_changes(ends, found[OI], rows, more, first)
    rows, more, first = rows[:count], more[:count], first[:count]
    second = day.seconds_of(found[CLOCK][rows])
    contract = numbers[np.searchsorted(ends, rows, side="right")]
    strike, place = np.unique(day.strike[numbers], return_inverse=True)
    listed = np.full(strike.size, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(listed, place, day.first_second[numbers])
    order = np.argsort(second, kind="stable")
    kind = np.where(day.kind[contract] == "CE", CALL, PUT).astype(np.int8)
    where = np.searchsorted(strike, day.strike[contract]).astype(np.int32)
    return Interest(
        strike.astype(np.int32), listed, second[order], where[order], kind[order], more[order], first[order]
    )


def wall_of(given: Given, kind: int | None) -> Wall:
    """Return the wall of the calls, of the puts, or where `kind` is None of both together; worked out once a day."""
    name = f"wall {kind} {expiry_of(given)}"
    known = interest_of(given)
    return given.of(SPOT).once(name, lambda index: _wall(known, kind, index.day.seconds))


def _wall(known: Interest, kind: int | None, seconds: int) -> Wall:
    chosen = np.ones(known.second.size, bool) if kind is None else known.kind == kind
    wall, units = np.empty(seconds, np.int32), np.empty(seconds, np.int64)
    changed = np.empty(seconds, np.int32)
    _walk_wall(
        known.second[chosen], known.place[chosen], known.more[chosen], known.first[chosen], known.strike.size,
        wall, units, changed,
    )  # fmt: skip
    there = wall >= 0
    strike = np.where(there, known.strike[np.maximum(wall, 0)] * float(PAISE_PER_RUPEE), np.nan)
    age = np.where(changed >= 0, np.arange(seconds) - changed, np.nan)
    return Wall(strike, np.where(there, units, np.nan), age)


def fill_max_pain(given: Given, out: Values) -> None:
    """Fill `out` with the strike of max pain, in paise; NaN while no strike would be paid for."""
    known = interest_of(given)
    if not known.strike.size:
        out[:] = np.nan
        return
    strike = known.strike.astype(np.float64) * PAISE_PER_RUPEE
    _walk_pain(known.second, known.place, known.kind, known.more, strike, known.listed, out)


def fill_near_the_money(given: Given, kind: int, strikes: int, out: Values) -> None:
    """Fill `out` with the open interest of a kind within so many strike steps of the money; NaN where there is none."""
    known, money = interest_of(given), at_the_money(given)
    ladder = ladder_of(given).strike
    centre = np.full(money.size, -1, np.int32)
    centre[money >= 0] = ladder[money[money >= 0]]
    of_kind = known.kind == kind
    far = strikes * strike_step(given.day.underlying)
    _walk_sum(
        known.second[of_kind], known.place[of_kind], known.more[of_kind], known.strike, centre, far, out
    )  # fmt: skip
