"""What is told of each contract that was judged: what it broke, whose rows it seems to have."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import numpy as np

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.relations import CHECKS
from nfolab.lake.auditing.suspects import Judged, Market, Verdict
from nfolab.lake.packing.repeats import Bool

WRONG_CONTRACT: Final = "wrong contract"


def verdict_findings(
    market: Market, verdict: Verdict, misplaced: Mapping[int, float], disagreeing: Mapping[date, str]
) -> Iterator[Finding]:
    """Yield the findings about single contracts, and about groups of which nobody is convicted.

    Args:
        market: The day's.
        verdict: On its contracts, by what must hold between quotes of one moment.
        misplaced: Contracts whose means of the day lie where another strike would, and that strike.
        disagreeing: Expiries that have no majority, of which single contracts are not told.
    """
    others = {*verdict.convicted, *verdict.suspected}
    for sure, judgements in ((True, verdict.convicted), (False, verdict.suspected)):
        for place, judged in judgements.items():
            if market.quotes.contracts[place][0] not in disagreeing:
                yield from _about_contract(market, place, judged, others, sure=sure)
    for place, strike in misplaced.items():
        if place not in verdict.convicted and market.quotes.contracts[place][0] not in disagreeing:
            note = f"moments, of whose mean, or by the previous close, its price fits a strike of about {strike:,.0f}"
            known = np.isfinite(market.quotes.bid[place])
            yield about_moments(market, place, WRONG_CONTRACT, known, None, note, int(known.sum()))
    yield from _rest(market, verdict.rest, disagreeing)


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
            yield about_moments(market, place, check, moments, by, note, known)
    if sure:
        fit = _fitting_strike(market, place, others)
        note = "moments at which its quotes contradict those around it"
        note += f"; they fit a strike of about {fit:,.0f}" if fit else ""
        yield about_moments(market, place, WRONG_CONTRACT, any_broken, None, note, most_known)


def about_moments(
    market: Market, place: int, check: str, which: Bool, worst: float | None, note: str, known: int
) -> Finding:
    """Return a finding about one contract at some of the moments, of which `known` were looked at."""
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
