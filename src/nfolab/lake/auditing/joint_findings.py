"""The joint audit of one day: all contracts of an underlying held against each other, against spot and futures."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import DataKind
from nfolab.lake.auditing.checks import STALE_STRETCH
from nfolab.lake.auditing.day_means import ladders
from nfolab.lake.auditing.feeds_apart import FEEDS_APART, feeds_apart
from nfolab.lake.auditing.finding import Finding
from nfolab.lake.auditing.forwards import forwards
from nfolab.lake.auditing.joint_quotes import FRESH_SECONDS, Float32, Quotes, as_of, quotes_of, snapshots_of
from nfolab.lake.auditing.ladders import (
    LADDER_AGAINST_FUTURES,
    LADDER_AGAINST_ITSELF,
    LADDER_AGAINST_SPOT,
    MISSING_STRIKES,
    SPOT_AGAINST_FORWARD,
    UNACCOUNTED_STRIKES,
    Beside,
    against_itself,
    ladder_findings,
    missing_strikes,
)
from nfolab.lake.auditing.ledger import session_windows
from nfolab.lake.auditing.misplaced import Misplaced, misplaced
from nfolab.lake.auditing.quote_patterns import SAME_QUOTES, same_quotes, stale_stretches
from nfolab.lake.auditing.relations import CHECKS
from nfolab.lake.auditing.rungs import Rungs
from nfolab.lake.auditing.suspects import LEAST_MOMENTS, Market, judge
from nfolab.lake.auditing.verdicts import WRONG_CONTRACT, verdict_findings
from nfolab.lake.layout import JOINT, JOINT_CHAIN
from nfolab.lake.packing.repeats import Int64
from nfolab.lake.reader import ContractsFile, Lake
from nfolab.lake.schema import NANOSECONDS
from nfolab.market.lots import strike_step
from nfolab.market.rates import risk_free
from nfolab.options.expiry_time import time_to_expiry

JOINTLY: Final[Mapping[DataKind, str]] = {DataKind.OPTIONS: JOINT, DataKind.CHAIN: JOINT_CHAIN}
"""The kinds of which contracts are held against each other, and the kind that the ledger tells of the findings."""

_OF_QUOTES = (
    WRONG_CONTRACT,
    SAME_QUOTES,
    *CHECKS,
    LADDER_AGAINST_ITSELF,
    LADDER_AGAINST_SPOT,
    LADDER_AGAINST_FUTURES,
    SPOT_AGAINST_FORWARD,
    MISSING_STRIKES,
    UNACCOUNTED_STRIKES,
    STALE_STRETCH,
)
MADE: Final[Mapping[DataKind, tuple[str, ...]]] = {
    DataKind.OPTIONS: (*_OF_QUOTES, FEEDS_APART),
    DataKind.CHAIN: _OF_QUOTES,
}
"""The joint checks that are made of a kind."""


def joint_findings(lake: Lake, kind: DataKind, underlying: str, day: date) -> list[Finding]:
    """Hold the options, or the chain, of a day against each other, and against spot and futures where there are any.

    A chain that tells spot beside its rows needs none of the lake's.

    Raises:
        InputError: the lake has none of that day, or a file is damaged.
    """
    file = lake.contracts(kind, underlying, day)
    windows = session_windows(day)
    quotes = snapshots_of(underlying, file) if kind == DataKind.CHAIN else quotes_of(underlying, file, windows)
    rate, years = risk_free(day).percent / 100.0, _years(quotes, underlying, day)
    market = market_of(quotes, rate, years)
    spot = lake.spot(underlying, day)
    index: Float32 | None
    if spot is not None:
        index = _at(spot.timestamp, spot.price_paise, quotes.times)
    else:
        index = _spot_in_rows(file, quotes.times) if kind == DataKind.CHAIN else None
    beside = Beside(index, _futures(lake, underlying, day, quotes.times))
    found = findings_of(market, beside, years, rate, strike_step(underlying))
    if spot is not None and kind == DataKind.OPTIONS:
        found += feeds_apart(file, market, spot, windows)
    return found


def _spot_in_rows(file: ContractsFile, times: Int64) -> Float32 | None:
    """Return the index that a chain's rows tell, None where they do not."""
    read = file.read(range(len(file.contracts)), ("timestamp", "spot_paise"))
    told = read["spot_paise"] > 0
    if not told.any():
        return None
    order = np.argsort(read["timestamp"][told], kind="stable")
    return _at(read["timestamp"][told][order], read["spot_paise"][told][order], times)


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
    rungs = _ladders(market, step)
    found: list[Finding] = []
    times = market.quotes.times
    for expiry, what in disagreeing.items():
        note = f"{what} of {expiry} disagree: no majority tells which are wrong"
        found.append(Finding("", LADDER_AGAINST_ITSELF, 1, int(times[0]), int(times[-1]), None, note))
    elsewhere = _misplaced(rungs, step)
    verdict = verdict.without(elsewhere.cleared)
    found += verdict_findings(market, verdict, elsewhere.strikes, disagreeing)
    found += same_quotes(market)
    found += stale_stretches(market)
    found += ladder_findings(market, beside, years, rate, step)
    guilty = {*verdict.convicted, *verdict.suspected, *elsewhere.strikes}
    explained = {market.quotes.contracts[place][:2] for place in guilty}
    whole = {ladder: known for ladder, known in rungs.items() if ladder not in explained}
    return found + missing_strikes(market, whole, step)


def _ladders(market: Market, step: int) -> dict[tuple[date, str], Rungs]:
    return ladders(market.quotes, dict(zip(market.expiries, market.money(), strict=True)), step, LEAST_MOMENTS)


def _misplaced(rungs: Mapping[tuple[date, str], Rungs], step: int) -> Misplaced:
    """Return who is misplaced, and who is cleared, of all ladders."""
    told = [misplaced(ladder, step) for ladder in rungs.values()]
    strikes = {place: strike for one in told for place, strike in one.strikes.items()}
    return Misplaced(strikes, {place for one in told for place in one.cleared})


def wrong_contracts(market: Market, step: int) -> set[int]:
    """Return the places of the contracts that are not what their names say."""
    elsewhere = _misplaced(_ladders(market, step), step)
    return {*judge(market).without(elsewhere.cleared).convicted, *elsewhere.strikes}
