"""Liquidity at the money, call and put together, the strike frozen where a window begins."""

from typing import Final

import numpy as np

from nfolab.base.units import Seconds
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import SPOT_ONLY, Unit, Values, Window, feature
from nfolab.tape.state import frozen
from nfolab.tape.state.fear import put_excess
from nfolab.tape.state.strikes import at_the_money_of
from nfolab.tape.state.vacuum import vacuum_of

TEN: Final = Window(Seconds(10))
THIRTY: Final = Window(Seconds(30))

_SOURCE: Final = "market-truth definitions, pull, replenish, flicker; docs/state.md"
_VACUUM: Final = "market-truth definitions, trade- or vacuum-driven; docs/state.md"
_STRIKE: Final = "at the strike at the money a window before, CE and PE together"


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    formula=f"pulls of both sides in the window, {_STRIKE}",
    source=_SOURCE,
    examples=("atm_pulls(10s)", "atm_pulls"),
)
def atm_pulls(given: Given, out: Values, window: Window = THIRTY) -> None:
    """How often bids and asks at the money were pulled."""
    out[:] = frozen.pulls(given, window.count)


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    formula=f"replenishments of both sides in the window, {_STRIKE}",
    source=_SOURCE,
    examples=("atm_replenishes",),
)
def atm_replenishes(given: Given, out: Values, window: Window = THIRTY) -> None:
    """How often bids and asks at the money were filled up again."""
    out[:] = frozen.replenishes(given, window.count)


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    formula=f"(replenishments - pulls) in the window, {_STRIKE}",
    source=_SOURCE,
    examples=("atm_net_liquidity",),
)
def atm_net_liquidity(given: Given, out: Values, window: Window = THIRTY) -> None:
    """By how much replenishments at the money outnumber pulls."""
    np.subtract(frozen.replenishes(given, window.count), frozen.pulls(given, window.count), out=out)


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    formula=f"seconds of the window in which a spread changed, {_STRIKE}",
    source=_SOURCE,
    examples=("atm_spread_moves",),
)
def atm_spread_moves(given: Given, out: Values, window: Window = THIRTY) -> None:
    """How often the spreads at the money changed."""
    out[:] = frozen.spread_changes(given, window.count)


@feature(
    unit=Unit.EVENTS,
    subjects=SPOT_ONLY,
    formula="pulls of the PE's bids in the window, at the strike at the money a window before",
    source="market-truth definitions, fear; docs/state.md",
    examples=("atm_put_bid_pulls",),
)
def atm_put_bid_pulls(given: Given, out: Values, window: Window = TEN) -> None:
    """How often those who bid for puts at the money fled."""
    out[:] = frozen.put_bid_pulls(given, window.count)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    formula="PE[t] - PE[t - window] - delta[t - window] * (S[t] - S[t - window]) in mids, at the strike at the money "
    "a window before",
    source="market-truth definitions, fear; docs/state.md",
    examples=("atm_put_excess",),
)
def atm_put_excess(given: Given, out: Values, window: Window = TEN) -> None:
    """What the put at the money gained beyond what its delta explains."""
    out[:] = put_excess(given, window.count)


@feature(
    unit=Unit.PAISE,
    subjects=SPOT_ONLY,
    formula=f"mean spread over the window, {_STRIKE}",
    source="market-truth definitions, chop; docs/state.md",
    examples=("atm_spread",),
)
def atm_spread(given: Given, out: Values, window: Window = THIRTY) -> None:
    """What the spreads at the money were lately: of call and put added up."""
    out[:] = frozen.mean_spread(given, window.count)


@feature(
    unit=Unit.RATIO,
    subjects=SPOT_ONLY,
    formula=f"lots that traded a known second of the window, {_STRIKE}",
    source=_VACUUM,
    examples=("atm_trade_rate", "atm_trade_rate(30s)"),
)
def atm_trade_rate(given: Given, out: Values, window: Window = TEN) -> None:
    """Lots a second that trade at the money."""
    np.divide(frozen.trade_rate(given, window.count), at_the_money_of(given).lot, out=out)


@feature(
    unit=Unit.PERCENT,
    subjects=SPOT_ONLY,
    formula="widest spread of t - 10 s ... t over the mean of t - 40 s ... t - 11 s, less 1, from 0 on; of CE + PE at "
    "the strike at the money 10 s before",
    source=_VACUUM,
    examples=("atm_spread_rise",),
)
def atm_spread_rise(given: Given, out: Values) -> None:
    """By how much the spread at the money opened."""
    out[:] = vacuum_of(given).spread_increase


@feature(
    unit=Unit.PERCENT,
    subjects=SPOT_ONLY,
    formula="1 less the thinnest five levels of t - 10 s ... t over the mean of t - 40 s ... t - 11 s, from 0 on; of "
    "both sides of CE + PE at the strike at the money 10 s before",
    source=_VACUUM,
    examples=("atm_depth_drop",),
)
def atm_depth_drop(given: Given, out: Values) -> None:
    """By how much the book at the money emptied."""
    out[:] = vacuum_of(given).depth_drop


@feature(
    unit=Unit.RATIO,
    subjects=SPOT_ONLY,
    formula="0.6 * atm_spread_rise + 0.3 * atm_depth_drop + 0.1 * 1e4 * |S[t] - S[t - 10 s]| / S[t - 10 s] / "
    "(1 + lots traded in the 10 s)",
    source=_VACUUM,
    examples=("vacuum_score",),
)
def vacuum_score(given: Given, out: Values) -> None:
    """How far a move is one of missing liquidity: the spread opens, the depth goes, and little trades."""
    out[:] = vacuum_of(given).score
