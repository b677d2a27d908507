"""The implied volatilities of an expiry over strikes and seconds, solved where and when a feature looks.

At each strike the option out of the money is taken: the CE from the forward on, the PE below it. The forward is the
parity forward, without discount; premiums are mids at most 5 s old.
"""

import math
from datetime import date
from typing import Final

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.options.implied import out_of_the_money_deviation
from nfolab.options.normal import cumulative
from nfolab.options.normalised import log_ratio
from nfolab.tape.book import Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.defined.prices import MID
from nfolab.tape.features.definition import Values
from nfolab.tape.features.expiries import forward_of, years_to
from nfolab.tape.features.ladder import Ladder, expiry_of, ladder_of
from nfolab.tape.features.subject import SPOT, OneContract

NEAR: Final = 0.01
"""How far from a level, as a share of it, the strikes may lie between which it is told."""

WIDEST_WING: Final = 0.15
"""How far from the forward, as a share of it, a delta is looked for."""

_AT_FIRST: Final = 2
_DEVIATIONS: Final = 0.75
"""An option of 25 % delta lies about 0.67 deviations from the forward."""
_WIDENED: Final = 10
_UNSOLVED: Final = -1.0


@compiled
def _solved(
    place: int, at: int, strike: Values, forward: Values, years: Values, calls: Values, puts: Values, known: Values
) -> float:
    """Return the volatility of a strike at a second, NaN where it has none; worked out when first asked for."""
    found = float(known[place, at])
    if found == _UNSOLVED:
        level = forward[at]
        call = strike[place] >= level
        mid = calls[place, at] if call else puts[place, at]
        deviation = out_of_the_money_deviation(level, strike[place], years[at], mid)
        found = deviation / math.sqrt(years[at]) if deviation > 0.0 else math.nan
        known[place, at] = found
    return found


@compiled
def _at_level(
    level: Values,
    own: int,
    near: float,
    strike: Values,
    forward: Values,
    years: Values,
    calls: Values,
    puts: Values,
    known: Values,
    out: Values,
) -> int:
    """Fill `out` with the volatility at a level; return how often the strikes at hand ended before it was told.

    It lies in a straight line between the nearest known strikes on either side, no farther than `near` of the level;
    `own` is the place of a strike that does not count, −1 for none.
    """
    short = 0
    for at in range(out.size):
        out[at] = math.nan
        if math.isnan(level[at]) or math.isnan(forward[at]):
            continue
        first = np.searchsorted(strike, level[at])
        high = low = math.nan
        above = first
        while math.isnan(high) and above < strike.size and strike[above] <= level[at] * (1 + near):
            if above != own:
                high = _solved(above, at, strike, forward, years, calls, puts, known)
            above += 1
        if math.isnan(high):
            short += above == strike.size
            continue
        above -= 1
        if strike[above] == level[at]:
            out[at] = high
            continue
        below = first - 1
        while math.isnan(low) and below >= 0 and strike[below] >= level[at] * (1 - near):
            if below != own:
                low = _solved(below, at, strike, forward, years, calls, puts, known)
            below -= 1
        if math.isnan(low):
            short += below < 0
            continue
        below += 1
        out[at] = low + (level[at] - strike[below]) / (strike[above] - strike[below]) * (high - low)
    return short


@compiled
def _at_delta(
    target: float,
    side: int,
    near: float,
    widest: float,
    strike: Values,
    forward: Values,
    years: Values,
    calls: Values,
    puts: Values,
    known: Values,
    out: Values,
) -> int:
    """Fill `out` with the volatility at a delta of a wing; return how often the strikes at hand ended before it.

    From the forward outward (`side` 1 upward, −1 downward) the first known strike with no more delta than the target,
    and the known one before it, in a straight line by delta; the first known one lies within `near` of the forward.
    """
    short = 0
    for at in range(out.size):
        out[at] = math.nan
        level = forward[at]
        if math.isnan(level):
            continue
        place = np.searchsorted(strike, level)
        place = place if side > 0 else place - 1
        last = last_delta = math.nan
        while True:
            if place < 0 or place >= strike.size:
                short += 1
                break
            away = abs(strike[place] - level)
            if away > (near if math.isnan(last) else widest) * level:
                break
            found = _solved(place, at, strike, forward, years, calls, puts, known)
            if not math.isnan(found):
                deviation = found * math.sqrt(years[at])
                delta = cumulative(0.5 * side * deviation - abs(log_ratio(level, strike[place])) / deviation)
                if delta <= target:
                    if last_delta > target:
                        out[at] = last + (last_delta - target) / (last_delta - delta) * (found - last)
                    break
                last, last_delta = found, delta
            place += side
    return short


class Smile:
    """The volatilities of one expiry, strikes × seconds; strikes are read as far as features look."""

    def __init__(self, index: Given, expiry: date, ladder: Ladder) -> None:
        self._index = index
        self._ladder = ladder
        self.forward = forward_of(index, expiry)
        self.years = years_to(index, expiry)
        self._first = self._end = 0
        self._set(0, 0)

    def at_level(self, level: Values, out: Values, own: int = -1) -> None:
        """Fill `out` with the volatility at a level (paise) by second, leaving out the strike at place `own`."""
        known = level[~np.isnan(level)]
        if not known.size or not self._ladder.strike.size:
            out[:] = np.nan
            return
        self._cover_levels(known)
        while True:
            place = own - self._first if own >= 0 else -1
            short = _at_level(
                level, place, NEAR, self._strike, self.forward, self.years, self.calls, self.puts,
                self._known, out,
            )  # fmt: skip
            if short == 0 or not self.cover(self._first - _WIDENED, self._end + _WIDENED):
                return

    def at_delta(self, target: float, side: int, out: Values) -> None:
        """Fill `out` with the volatility of the calls (side 1) or puts (−1) at a delta, its sign left out."""
        known = self.forward[~np.isnan(self.forward)]
        if not known.size or not self._ladder.strike.size:
            out[:] = np.nan
            return
        self._cover_wing(known, side)
        while True:
            short = _at_delta(
                target, side, NEAR, WIDEST_WING, self._strike, self.forward, self.years, self.calls, self.puts,
                self._known, out,
            )  # fmt: skip
            wider = (self._first, self._end + _WIDENED) if side > 0 else (self._first - _WIDENED, self._end)
            if short == 0 or not self.cover(*wider):
                return

    def _cover_wing(self, forward: Values, side: int) -> None:
        """Read as far as a delta is likely to lie: only how much is read depends on it, no value."""
        at_money = np.empty(self.forward.size)
        self.at_level(self.forward, at_money)
        deviations = (at_money * np.sqrt(self.years))[~np.isnan(at_money)]
        if deviations.size:
            far = min(WIDEST_WING, _DEVIATIONS * float(np.median(deviations)))
            low, high = forward.min() * (1 - far * (side < 0)), forward.max() * (1 + far * (side > 0))
            self._cover_levels(np.array([low, high]))

    def cover(self, first: int, end: int) -> bool:
        """Read the strikes with the places first … end − 1 of the ladder, if one lacks; tell whether one did."""
        first, end = max(0, first), min(end, self._ladder.strike.size)
        if self._end > self._first:
            first, end = min(first, self._first), max(end, self._end)
        more = (first, end) != (self._first, self._end) and end > first
        if more:
            self._set(first, end)
        return more

    def rows_of(self, places: Int32Array) -> Int32Array:
        """Return where places of the ladder stand in `calls` and `puts`."""
        return places - np.int32(self._first)

    def _cover_levels(self, level: Values) -> None:
        low, high = np.searchsorted(self._ladder.strike, [level.min() / PAISE_PER_RUPEE, level.max() / PAISE_PER_RUPEE])
        self.cover(int(low) - _AT_FIRST, int(high) + _AT_FIRST)

    def _set(self, first: int, end: int) -> None:
        seconds = self._index.day.seconds
        before, known = (self._first, self._end), getattr(self, "_known", None)
        chosen = slice(first, end)
        self.calls, self.puts = (
            self._index.table(MID, [OneContract(int(number)) for number in numbers[chosen]])
            if end > first
            else np.empty((0, seconds))
            for numbers in (self._ladder.calls, self._ladder.puts)
        )
        self._strike = self._ladder.strike[chosen].astype(np.float64) * PAISE_PER_RUPEE
        self._known = np.full((end - first, seconds), _UNSOLVED)
        if known is not None and before[1] > before[0]:
            self._known[before[0] - first : before[1] - first] = known
        self._first, self._end = first, end


def smile_of(given: Given) -> Smile:
    """Return the smile of a contract's or a chain's expiry; one a day."""
    expiry, ladder = expiry_of(given), ladder_of(given)
    return given.of(SPOT).once(f"smile {expiry}", lambda index: Smile(index, expiry, ladder))
