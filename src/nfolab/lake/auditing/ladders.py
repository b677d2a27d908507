"""What is said of a whole ladder of strikes: whether it agrees with the index, the future, and itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.joint_quotes import Float32
from nfolab.lake.auditing.misplaced import may_stand_under_another_name
from nfolab.lake.auditing.relations import PARITY
from nfolab.lake.auditing.rungs import Rungs
from nfolab.lake.auditing.suspects import LEAST_MOMENTS, Market, Verdict
from nfolab.lake.packing.repeats import Int64

LADDER_AGAINST_ITSELF: Final = "ladder against itself"
LADDER_AGAINST_SPOT: Final = "ladder against spot"
LADDER_AGAINST_FUTURES: Final = "ladder against futures"
MISSING_STRIKES: Final = "missing strikes"
UNACCOUNTED_STRIKES: Final = "unaccounted strikes"
SPOT_AGAINST_FORWARD: Final = "spot against forward"
NOT_JUDGED: Final = "not judged"

DISAGREEING_PART: Final = 0.25
"""Where more of an expiry's pairs or contracts disagree than this, there is no majority to tell who is wrong."""

STEPS_APART: Final = 0.7
"""Whole ladders are shifted by whole steps of strikes; less is a market's own basis."""

_NEAR_THE_MONEY = 0.06
_WHOLE_LADDER, _LEAST_LADDER = 0.8, 10

_FEED_NOISE, _CARRY_UNKNOWN, _CARRY_BETWEEN = 0.0003, 0.06, 0.015
"""Parts of spot: what feeds differ by over a day; a year's carry beyond the policy rate; beyond the other expiry's."""

_LEVEL_SHIFT = 0.0015
_LEAST_SHIFTED = 20


@dataclass(frozen=True)
class Beside:
    """What the lake has beside the options, as of the same moments: float32 [moments], paise, NaN where unknown.

    Attributes:
        spot: The index; None where the lake has none.
        futures: By expiry.
    """

    spot: Float32 | None
    futures: dict[date, Float32]


def against_itself(market: Market, verdict: Verdict) -> dict[date, str]:
    """Return the expiries of which so much disagrees that no majority tells who is wrong, and what disagrees."""
    found = {}
    keys = market.quotes.contracts
    rest = verdict.rest
    pairs = (rest.relations.check == PARITY) & (rest.known >= LEAST_MOMENTS)
    for number, expiry in enumerate(market.expiries):
        size = sum(key[0] == expiry for key in keys)
        named = sum(keys[place][0] == expiry for place in (*verdict.convicted, *verdict.suspected))
        of_expiry = pairs & (rest.relations.expiry == number)
        judged, broken = np.count_nonzero(of_expiry) / 2, np.count_nonzero(of_expiry & rest.broken)
        if named > DISAGREEING_PART * size:
            found[expiry] = f"{named} of {size} contracts"
        elif broken > DISAGREEING_PART * judged:
            found[expiry] = f"call and put at {broken} of {judged:.0f} strikes"
    return found


def ladder_findings(market: Market, beside: Beside, years: tuple[float, ...], rate: float, step: int) -> list[Finding]:
    """Return what is said of whole ladders against spot and futures.

    Args:
        market: The day's.
        beside: Spot and futures.
        years: Of each expiry.
        rate: The policy rate, 0.055 for 5.5 %.
        step: The distance of strikes in rupees.
    """
    times = market.quotes.times
    paise = step * PAISE_PER_RUPEE
    found = []
    for number, expiry in enumerate(market.expiries):
        future = beside.futures.get(expiry)
        if future is None:
            continue
        apart = _usual(market.forward[number] - future)
        if apart is not None and abs(apart[0]) >= STEPS_APART * paise:
            note = f"rupees: the options of {expiry} tell a forward that far from the future's price"
            found.append(_of_day(LADDER_AGAINST_FUTURES, apart, times, note))
    if beside.spot is None:
        note = "no spot that day: the forward is by call-put parity alone, and a ladder shifted as a whole is not seen"
        return [*found, Finding("", NOT_JUDGED, 1, note=note)]
    return found + _against_spot(market, beside.spot, years, rate, paise)


def _usual(apart: Float32) -> tuple[float, int] | None:
    """Return the median of what is known, and at how many moments it is; None where at too few."""
    known = apart[np.isfinite(apart)]
    return (float(np.median(known)), len(known)) if len(known) >= LEAST_MOMENTS else None


def _of_day(check: str, apart: tuple[float, int], times: Int64, note: str) -> Finding:
    by, moments = apart
    return Finding("", check, moments, int(times[0]), int(times[-1]), by / PAISE_PER_RUPEE, note, len(times))


def _against_spot(market: Market, spot: Float32, years: tuple[float, ...], rate: float, paise: int) -> list[Finding]:
    """Compare each expiry's forward with spot and carry; with two expiries, what is left of it at no time to go."""
    bases = [(number, _usual(forward - spot)) for number, forward in enumerate(market.forward)]
    told = [(number, basis) for number, basis in bases if basis is not None]
    if not told:
        return [Finding("", NOT_JUDGED, 1, note="spot and the options are known together at too few moments")]
    level = float(np.nanmedian(spot))
    times = market.quotes.times
    found = _level_shifts(market.forward[told[0][0]] - spot, level, times)
    for number, (basis, moments) in told:
        apart = basis - level * rate * years[number]
        bound = level * (_FEED_NOISE + _CARRY_UNKNOWN * years[number])
        if abs(apart) >= max(bound, STEPS_APART * paise):
            note = f"rupees by which the forward of {market.expiries[number]} misses spot and carry"
            return [*found, _of_day(LADDER_AGAINST_SPOT, (apart, moments), times, note)]
    if len(told) > 1:
        (near, (first, moments)), (far, (second, _)) = told[:2]
        left = first - (second - first) / (years[far] - years[near]) * years[near]
        bound = level * (_FEED_NOISE + _CARRY_BETWEEN * years[near])
        if abs(left) >= max(bound, STEPS_APART * paise):
            note = (
                f"rupees that the forwards of {market.expiries[near]} and {market.expiries[far]} leave to spot with no "
                "time to go: one of the ladders, or both, or spot is shifted"
            )
            found.append(_of_day(LADDER_AGAINST_SPOT, (left, moments), times, note))
    return found


def _level_shifts(basis: Float32, level: float, times: Int64) -> list[Finding]:
    """Find the moments at which spot is far from where it usually is to the forward: a jump of one feed's level."""
    away = np.abs(basis - np.nanmedian(basis))
    places = np.flatnonzero(away > _LEVEL_SHIFT * level)
    if len(places) < _LEAST_SHIFTED:
        return []
    worst = float(np.nanmax(away)) / PAISE_PER_RUPEE
    note = "rupees by which spot is off its usual distance from the forward, at the worst"
    first, last = int(times[places[0]]), int(times[places[-1]])
    return [Finding("", SPOT_AGAINST_FORWARD, len(places), first, last, worst, note, len(times))]


def missing_strikes(market: Market, rungs: Mapping[tuple[date, str], Rungs], step: int) -> list[Finding]:
    """Find strikes that a ladder skips within 6 % of the forward, between strikes that it has.

    Where the ladder is whole but for a few, the prices beside a skipped strike must tell that they are not its own;
    where they are too cheap for that, one of them may have its rows.

    Args:
        market: The day's.
        rungs: What is known of each rung, of the ladders in which nobody is guilty: else that explains the hole.
        step: The distance of strikes in rupees.
    """
    found = []
    for expiry, money in zip(market.expiries, market.money(), strict=True):
        if money is None:
            continue
        for kind in ("CE", "PE"):
            there = {key[2] for key in market.quotes.contracts if key[:2] == (expiry, kind)}
            near = [strike for strike in there if abs(strike - money) <= _NEAR_THE_MONEY * money]
            between = range(min(there, default=0), max(there, default=0), step)
            gone = [one for one in between if one not in there and abs(one - money) <= _NEAR_THE_MONEY * money]
            if not gone:
                continue
            note = f"{kind} of {expiry} within 6 % of the forward, between others: {_listed(gone)}"
            found.append(Finding("", MISSING_STRIKES, len(gone), note=note))
            enough = max(_LEAST_LADDER, _WHOLE_LADDER * (len(near) + len(gone)))
            if len(near) >= enough and (expiry, kind) in rungs:
                found += _unaccounted(expiry, kind, gone, rungs[expiry, kind], step)
    return found


def _unaccounted(expiry: date, kind: str, gone: Sequence[int], rungs: Rungs, step: int) -> list[Finding]:
    open_ones = [one for one in gone if may_stand_under_another_name(rungs, one, step)]
    if not open_ones:
        return []
    note = f"{kind} of {expiry}: nothing tells whether one beside has the rows of {_listed(open_ones)}"
    return [Finding("", UNACCOUNTED_STRIKES, len(open_ones), note=note)]


def _listed(strikes: Sequence[int]) -> str:
    return ", ".join(map(str, strikes[:5])) + (" …" if len(strikes) > 5 else "")
