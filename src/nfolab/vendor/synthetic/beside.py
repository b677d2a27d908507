"""What is recorded beside index and options: the near-month future, and India VIX.

The future is worth the forward of its expiry, so that it stands to the index and to parity as it should. VIX is
here a hundred times the volatility at the money of the second expiry: the exchange's is an average over strikes.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.market.contracts import Contract
from nfolab.market.expiries import monthly_expiry
from nfolab.vendor.synthetic.clocks import years_left
from nfolab.vendor.synthetic.contract import Trading, rows_of
from nfolab.vendor.synthetic.day import Float64Array, MarketDay
from nfolab.vendor.synthetic.feed import Feed
from nfolab.vendor.synthetic.randomness import Use, generator
from nfolab.vendor.synthetic.table import FUTURES_SCHEMA, VIX_NAME, spot_table, vendor_table

_TRADING = Trading(activity=0.9, steps_away=0.0, relative_spread=0.00003)
_VIX_PRESENCE = 0.9
_PERCENT = 100.0


def near_month(market: MarketDay) -> Contract:
    """Return the future of the first monthly expiry from the day on."""
    return Contract(market.underlying, monthly_expiry(market.underlying, market.day), "FUT", None)


def future_value(market: MarketDay) -> Float64Array:
    """Return the near-month future's fair value in rupees, first at the previous close, then by second."""
    first = market.expiries[0]
    further = years_left(market.session, near_month(market).expiry) - years_left(market.session, first.expiry)
    return np.asarray(first.forward * np.exp(market.rate * further), dtype=np.float64)


def recorded_future(feed: Feed) -> tuple[Contract, pa.Table]:
    """Return the near-month future and its rows in the vendor's columns, without what the recorder missed."""
    contract = near_month(feed.market)
    rows = rows_of(feed.seed, feed.market, contract, future_value(feed.market), _TRADING)
    if feed.defects:
        rows = rows.taken(np.flatnonzero(feed.defects.kept(rows.second)).astype(np.int64))
    return contract, vendor_table(feed.session, rows).select(FUTURES_SCHEMA.names)


def recorded_vix(feed: Feed) -> pa.Table:
    """Return the day's rows of India VIX, without what the recorder missed."""
    market = feed.market
    random = generator(feed.seed, market.underlying, feed.day, Use.VIX_FEED)
    present = random.random(market.spot_paise.size) < _VIX_PRESENCE
    second = np.flatnonzero(present & feed.session.open_mask()).astype(np.int64)
    if feed.defects:
        second = second[feed.defects.kept(second)]
    later = market.expiries[-1]
    volatility = later.total_deviation[1:] / np.sqrt(years_left(market.session, later.expiry)[1:])
    paise = np.rint(volatility * _PERCENT * PAISE_PER_RUPEE).astype(np.int64)
    return spot_table(VIX_NAME, feed.session, second, paise[second])


def futures_by_contract(feeds: Sequence[Feed]) -> dict[Contract, list[pa.Table]]:
    """Return the rows of all days by contract, in the order of the days."""
    found: dict[Contract, list[pa.Table]] = {}
    for feed in feeds:
        contract, table = recorded_future(feed)
        found.setdefault(contract, []).append(table)
    return found
