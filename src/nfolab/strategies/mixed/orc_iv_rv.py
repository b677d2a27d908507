"""Implied against realised volatility: at ten sell the straddle that is too dear, buy the one that is too cheap.

Rules:
- At `entry`, or within a minute of it, the first second at which both are known: the volatility of the pair at the
  money (the mean of its call's and its put's) less the index's realised volatility of the last `window` (of five-minute
  returns). Above `edge`: sell the pair. Below minus `edge`: buy it. Between: no trade that day.
- The pair is the first strike at or above the index for the call, the first at or below it for the put; both legs in
  one second or not at all.
- Once the trade has lost `stop` of the premium, or at `exit`: everything is closed at the market.

Source: 002:iv_rv, nfo:iv_rv_spread_proxy.py, CATALOG 2.1, CATALOG 2.2.

Assumptions: the source's threshold was zero, which always buys; two points of volatility here. A tenth of the premium
as stop, which the source does not have.

Why it is Python: its side follows from the sign of a measure, and a recipe's legs are either sold or bought.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from nfolab.base.units import MILLION, Clock, Lots, Percent, Seconds
from nfolab.engine.desk import (
    NO_VALUE,
    advance,
    begin_group,
    buy,
    gain_of_trade,
    is_filled,
    is_live,
    new_trade,
    note,
    position_of_trade,
    sell,
    send_group,
    value_to_close,
)

SIDE = "mixed"
HEADER = {
    "family": "volatility",
    "needs": ["spot"],
    "source": ["002:iv_rv", "nfo:iv_rv_spread_proxy.py", "CATALOG 2.1", "CATALOG 2.2"],
    "idea": "Options price what the next hours may move; the last half hour shows what they do move. Trade the gap.",
    "why": "Implied volatility stands above the realised on most days, and comes back to it.",
    "fails_when": "The half hour before ten says little about the hour after it, and an hour's decay is a few points.",
    "pays_by": "An hour's decay and what the gap closes when sold; the hour's moves when bought.",
    "reported": [
        "BANKNIFTY +162,041 points of 2019 to 2025, all won: the index's way was booked as profit; worth nothing."
    ],
    "assumptions": ["An edge of two points of volatility, and a stop at a tenth of the premium."],
    "readings": ["The volatility of the straddle is the mean of its call's and its put's."],
}
FEATURES = ("iv",)
SPOT_FEATURES = ("realised_vol(900s, 300s)", "realised_vol(1800s, 300s)", "realised_vol(3600s, 300s)")
TAGS = {1: "dear", 2: "cheap", 3: "stop", 4: "time", 5: "edge_in_basis_points"}
GRID = {"edge": ("0%", "2%", "4%"), "window": ("900s", "1800s", "3600s"), "stop": ("10%",)}
PATIENCE = 60
STRIKES = 3


@dataclass(frozen=True)
class Params:
    """`edge` is in points of volatility; `window` one of 900s, 1800s, 3600s."""

    entry: Clock = Clock.parse("10:00:00")
    exit: Clock = Clock.parse("11:00:00")
    edge: Percent = Percent.parse("2%")
    window: Seconds = Seconds(1800)
    stop: Percent = Percent.parse("10%")
    lots: Lots = Lots(1)


def contracts(listing, p):
    """Return the contracts within three strikes of the money."""
    return listing.near_the_money(p.entry, strikes=STRIKES)


@njit
def pair_at_the_money(tape, second):
    """Return the call at or above the index and the put at or below it, −1 where there is none."""
    call = put = -1
    spot = tape.spot[second]
    if spot < 0:
        return call, put
    for contract in range(tape.strike.size):
        strike = tape.strike[contract]
        if tape.is_call[contract] and strike >= spot and (call < 0 or strike < tape.strike[call]):
            call = contract
        if not tape.is_call[contract] and strike <= spot and (put < 0 or strike > tape.strike[put]):
            put = contract
    return call, put


@njit
def run(tape, desk, p):
    """Trade the gap once."""
    (iv,) = tape.features
    quarter, half, whole = tape.spot_features
    realised = quarter if p.window == 900 else half if p.window == 1800 else whole
    trade = -1
    for second in range(p.entry, min(p.entry + PATIENCE, tape.spot.size)):
        advance(desk, second)
        call, put = pair_at_the_money(tape, second)
        if call < 0 or put < 0:
            continue
        gap = (iv[call, second] + iv[put, second]) / 2 - realised[second]
        if np.isnan(gap):
            continue
        note(desk, 5, round(10_000 * gap))
        if abs(gap) * MILLION <= p.edge:
            return
        trade = new_trade(desk)
        begin_group(desk)
        if gap > 0:
            first = sell(desk, call, p.lots * tape.lot[call], trade, tag=1)
            sell(desk, put, p.lots * tape.lot[put], trade, tag=1)
        else:
            first = buy(desk, call, p.lots * tape.lot[call], trade, tag=2)
            buy(desk, put, p.lots * tape.lot[put], trade, tag=2)
        if not send_group(desk):
            return
        break
    if trade < 0:
        return
    premium = 0
    for later in range(second + 1, tape.spot.size):
        advance(desk, later)
        if is_live(desk, first):
            continue
        if not is_filled(desk, first):
            return
        gain = gain_of_trade(desk, trade)
        if premium == 0 and gain != NO_VALUE:
            held_call, held_put = position_of_trade(desk, trade, call), position_of_trade(desk, trade, put)
            premium = abs(gain - value_to_close(desk, call, held_call) - value_to_close(desk, put, held_put))
        stopped = premium > 0 and gain != NO_VALUE and -gain * MILLION >= p.stop * premium
        if stopped or later >= p.exit:
            for contract in (call, put):
                held = position_of_trade(desk, trade, contract)
                if held > 0:
                    sell(desk, contract, held, trade, tag=3 if stopped else 4)
                elif held < 0:
                    buy(desk, contract, -held, trade, tag=3 if stopped else 4)
            return
