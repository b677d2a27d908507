"""The joint audit of one day: all contracts of an underlying held against each other, against spot and futures."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.auditing.checks import STALE_STRETCH
from nfolab.lake.auditing.feeds_apart import FEEDS_APART, feeds_apart
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.forwards import forwards
from nfolab.lake.auditing.joint_quotes import FRESH_SECONDS, SAMPLE_SECONDS, Float32, Quotes, as_of, quotes_of
from nfolab.lake.auditing.ladders import (
    LADDER_AGAINST_FUTURES,
    LADDER_AGAINST_ITSELF,
    LADDER_AGAINST_SPOT,
    MISSING_STRIKES,
    SPOT_AGAINST_FORWARD,
    Beside,
    against_itself,
    ladder_findings,
    missing_strikes,
)
from nfolab.lake.auditing.ledger import session_windows
from nfolab.lake.auditing.relations import CHECKS
from nfolab.lake.auditing.suspects import LEAST_MOMENTS, Judged, Market, judge
from nfolab.lake.packing.repeats import Bool, Int64
from nfolab.lake.reader import Lake
from nfolab.lake.schema import NANOSECONDS
from nfolab.market.lots import strike_step
from nfolab.market.rates import risk_free
from nfolab.options.expiry_time import time_to_expiry

WRONG_CONTRACT: Final = "wrong contract"
SAME_QUOTES: Final = "same quotes as another contract"
MADE: Final = (
    WRONG_CONTRACT,
    SAME_QUOTES,
    *CHECKS,
    LADDER_AGAINST_ITSELF,
    LADDER_AGAINST_SPOT,
    LADDER_AGAINST_FUTURES,
    SPOT_AGAINST_FORWARD,
    MISSING_STRIKES,
    FEEDS_APART,
    STALE_STRETCH,
)

_DIFFERENT_BIDS = 10
_STALE_MOMENTS = 600 // SAMPLE_SECONDS


def joint_findings(lake: Lake, underlying: str, day: date) -> list[Finding]:
    """Hold the options of a day against each other, and against spot and futures where the lake has them.

    Raises:
        InputError: the lake has no options of that day, or a file is damaged.
    """
    file = lake.options(underlying, day)
    windows = session_windows(day)
    quotes = quotes_of(underlying, file, windows)
    rate, years = risk_free(day).percent / 100.0, _years(quotes, underlying, day)
    market = market_of(quotes, rate, years)
    spot = lake.spot(underlying, day)
    index = None if spot is None else _at(spot.timestamp, spot.price_paise, quotes.times)
    beside = Beside(index, _futures(lake, underlying, day, quotes.times))
    found = findings_of(market, beside, years, rate, strike_step(underlying))
    if spot is not None:
        found += feeds_apart(file, market, spot, windows)
    return found


def _years(quotes: Quotes, underlying: str, day: date) -> tuple[float, ...]:
    """Return each expiry's time to go from the middle of the session, in years."""
    middle = 11_250
    return tuple(
        float(time_to_expiry(underlying, expiry, day, middle).years)
        for expiry in sorted({key[0] for key in quotes.contracts})
    )


def market_of(quotes: Quotes, rate: float, years: Sequence[float]) -> Market:
    """Return quotes with the forwards that they tell; `years` by expiry in order, `rate` as 0.055."""
    expiries = tuple(sorted({key[0] for key in quotes.contracts}))
    growths = [math.exp(rate * one) for one in years]
    forward = forwards(quotes, expiries, growths)
    return Market.of(quotes, expiries, forward, tuple(1.0 / one for one in growths))


def _at(stamps: Int64, paise: NDArray[np.int32], times: Int64) -> Float32:
    place, known = as_of(stamps, times, FRESH_SECONDS * NANOSECONDS)
    return np.where(known & (paise[place] > 0), paise[place], np.nan).astype(np.float32)


def _futures(lake: Lake, underlying: str, day: date, times: Int64) -> dict[date, Float32]:
    if not any(entry.key == (DataKind.FUTURES, underlying, day) for entry in lake.entries):
        return {}
    file = lake.contracts(DataKind.FUTURES, underlying, day)
    found = {}
    for number, (expiry, _, _) in enumerate(file.contracts.keys()):
        read = file.read([number], ("timestamp", "price_paise"))
        found[expiry] = _at(read["timestamp"], read["price_paise"], times)
    return found


def findings_of(market: Market, beside: Beside, years: tuple[float, ...], rate: float, step: int) -> list[Finding]:
    """Return all that quotes of the same moments tell of each other."""
    verdict = judge(market)
    disagreeing = against_itself(market, verdict)
    found: list[Finding] = []
    times = market.quotes.times
    for expiry, what in disagreeing.items():
        note = f"{what} of {expiry} disagree: no majority tells which are wrong"
        found.append(Finding("", LADDER_AGAINST_ITSELF, 1, int(times[0]), int(times[-1]), None, note))
    others = {*verdict.convicted, *verdict.suspected}
    for sure, judgements in ((True, verdict.convicted), (False, verdict.suspected)):
        for place, judged in judgements.items():
            if market.quotes.contracts[place][0] not in disagreeing:
                found += _about_contract(market, place, judged, others, sure=sure)
    found += _rest(market, verdict.rest, disagreeing)
    found += _same_quotes(market)
    found += _stale(market)
    found += ladder_findings(market, beside, years, rate, step)
    return found + missing_strikes(market, step)


def _about_contract(market: Market, place: int, judged: Judged, others: set[int], *, sure: bool) -> Iterator[Finding]:
    """Yield the verdict on one contract and, check by check, what it broke with the innocent."""
    relations = judged.relations
    excess = relations.excess(market.bid, market.ask, market.forward)
    any_broken = np.zeros(len(market.quotes.times), dtype=np.bool_)
    most_known = 0
    for number, check in enumerate(CHECKS):
        mine = judged.broken & (relations.check == number)
        if mine.any():
            moments = (excess[mine] > 0).any(axis=0)
            any_broken |= moments
            known = int(judged.known[mine].max())
            most_known = max(most_known, known)
            by = float(np.nanmedian(np.where(excess[mine] > 0, excess[mine], np.nan))) / PAISE_PER_RUPEE
            note = "moments; rupees beyond what quotes of other contracts allow, the median"
            yield _moments(market, place, check, moments, by, note, known)
    if sure:
        fit = _fitting_strike(market, place, others)
        note = "moments at which its quotes contradict those around it"
        note += f"; they fit a strike of about {fit:,.0f}" if fit else ""
        yield _moments(market, place, WRONG_CONTRACT, any_broken, None, note, most_known)


def _moments(
    market: Market, place: int, check: str, which: Bool, worst: float | None, note: str, known: int
) -> Finding:
    times = market.quotes.times[which]
    rows = max(known, len(times))
    return Finding(market.quotes.name(place), check, len(times), int(times[0]), int(times[-1]), worst, note, rows)


def _fitting_strike(market: Market, place: int, others: set[int]) -> float | None:
    """Return the strike, in rupees, at which the innocent of the same ladder have this contract's middle price."""
    expiry, kind, _ = market.quotes.contracts[place]
    ladder = [
        number
        for number, key in enumerate(market.quotes.contracts)
        if key[:2] == (expiry, kind) and number not in others
    ]
    if len(ladder) < 2:
        return None
    middle = (market.quotes.bid + market.quotes.ask) / 2.0
    strikes = np.array([market.quotes.contracts[number][2] for number in ladder], dtype=np.float64)
    found = []
    for moment in np.flatnonzero(np.isfinite(middle[place]))[::10].tolist():
        prices = middle[ladder, moment]
        known = np.isfinite(prices)
        if np.count_nonzero(known) < 2:
            continue
        order = np.argsort(prices[known])
        price, at = prices[known][order], strikes[known][order]
        if price[0] < middle[place, moment] < price[-1]:
            found.append(float(np.interp(middle[place, moment], price, at)))
    return float(np.median(found)) if found else None


def _rest(market: Market, rest: Judged, disagreeing: Mapping[date, str]) -> Iterator[Finding]:
    """Yield what is broken though nobody is convicted of it, a line a check."""
    keys = market.quotes.contracts
    for number, check in enumerate(CHECKS):
        mine = np.flatnonzero(rest.broken & (rest.relations.check == number))
        members = rest.relations.members()[mine]
        told = [
            " with ".join(f"{keys[one][2]} {keys[one][1]} {keys[one][0]}" for one in row if one >= 0)
            for row in members.tolist()
            if keys[max(row)][0] not in disagreeing
        ]
        if told:
            note = f"groups of contracts whose quotes contradict each other most of the day: {'; '.join(told[:3])}"
            yield Finding("", check, len(told), note=note + (" …" if len(told) > 3 else ""))


def _same_quotes(market: Market) -> Iterator[Finding]:
    """Yield contracts whose quotes are those of another at every moment: one file under two names."""
    groups: dict[bytes, list[int]] = {}
    for place in range(market.size):
        bid, ask = market.quotes.bid[place], market.quotes.ask[place]
        known = np.isfinite(bid)
        if np.count_nonzero(known) >= LEAST_MOMENTS and len(np.unique(bid[known])) >= _DIFFERENT_BIDS:
            groups.setdefault(hashlib.sha256(bid.tobytes() + ask.tobytes()).digest(), []).append(place)
    for places in groups.values():
        for place in places if len(places) > 1 else ():
            names = ", ".join(
                f"{strike} {kind} of {expiry}"
                for expiry, kind, strike in (market.quotes.contracts[one] for one in places if one != place)
            )
            known = np.isfinite(market.quotes.bid[place])
            note = f"moments; bid and ask are those of {names}"
            yield _moments(market, place, SAME_QUOTES, known, None, note, int(known.sum()))


def _stale(market: Market) -> Iterator[Finding]:
    """Yield contracts whose best quotes and last price stand still for 10 minutes while their neighbours move.

    Neighbours are up to two contracts on either side of the same ladder; they move if the median of their ranges is
    more than the contract's own spread and two ticks.
    """
    quotes = market.quotes
    stood = _longest_still(quotes)
    middle = (quotes.bid + quotes.ask) / 2.0
    for place in np.flatnonzero(stood[:, 1] - stood[:, 0] >= _STALE_MOMENTS).tolist():
        start, end = stood[place].tolist()
        near = [
            one
            for one in range(max(0, place - 2), min(market.size, place + 3))
            if one != place and quotes.contracts[one][:2] == quotes.contracts[place][:2]
        ]
        during = middle[near, start : end + 1]
        ranges = [row[np.isfinite(row)] for row in during if np.count_nonzero(np.isfinite(row)) >= _STALE_MOMENTS // 2]
        if not ranges:
            continue
        moved = float(np.median([np.ptp(row) for row in ranges]))
        spread = float(quotes.ask[place, start] - quotes.bid[place, start])
        if moved > spread + 10.0:
            seconds = (end - start) * SAMPLE_SECONDS
            note = (
                f"seconds in which best quotes and last price stand still; contracts beside it move {moved / 100:.2f}"
            )
            first, last = int(quotes.times[start]), int(quotes.times[end])
            yield Finding(quotes.name(place), STALE_STRETCH, 1, first, last, float(seconds), note)


def _longest_still(quotes: Quotes) -> Int64:
    """Return the first and last moment of each contract's longest stretch of equal quotes, int64 [contracts, 2].

    A moment without a fresh row ends a stretch: a silent contract is not a frozen one.
    """
    same = (
        (quotes.bid[:, 1:] == quotes.bid[:, :-1])
        & (quotes.ask[:, 1:] == quotes.ask[:, :-1])
        & (quotes.last[:, 1:] == quotes.last[:, :-1])
    )
    length = np.zeros(len(same), dtype=np.int64)
    best = np.zeros((len(same), 2), dtype=np.int64)
    for moment in range(same.shape[1]):
        length = np.where(same[:, moment], length + 1, 0)
        longer = length > best[:, 1] - best[:, 0]
        best[longer, 1] = moment + 1
        best[longer, 0] = moment + 1 - length[longer]
    return best
