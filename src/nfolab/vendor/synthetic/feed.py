"""What the recorder would have written: the tables of every strike and of the index, day by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from nfolab.market.contracts import Contract, vendor_name
from nfolab.market.sessions import Session
from nfolab.vendor.synthetic.chain import Listing
from nfolab.vendor.synthetic.contract import contract_day
from nfolab.vendor.synthetic.day import Float64Array, MarketDay
from nfolab.vendor.synthetic.defects import DayDefects, Places, day_defects, planted, spot_with_defects
from nfolab.vendor.synthetic.plants import Plant
from nfolab.vendor.synthetic.plants_in_books import in_book
from nfolab.vendor.synthetic.randomness import Use, generator
from nfolab.vendor.synthetic.table import spot_table, vendor_table

_SPOT_PRESENCE = 0.985


@dataclass(frozen=True, slots=True)
class Feed:
    """One market day as it is recorded; `defects` and `plants` are None where nothing goes wrong or is planted."""

    seed: int
    market: MarketDay
    defects: DayDefects | None
    plants: tuple[Plant, ...] | None = None

    @property
    def session(self) -> Session:
        """The session of the day."""
        return self.market.session

    @property
    def day(self) -> date:
        """The calendar day."""
        return self.market.day


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded of one contract: its rows, its fair value in rupees by second, and what is wrong with it."""

    contract: Contract
    table: pa.Table
    fair: Float64Array
    places: Places

    @property
    def name(self) -> str:
        """The vendor's name of the contract."""
        return vendor_name(self.contract)


def feed_of(seed: int, market: MarketDay, *, defects: bool, late_start: bool) -> Feed:
    """Return the feed of a day, with the defects the seed chooses for it or without any."""
    if not defects:
        return Feed(seed, market, None)
    random = generator(seed, market.underlying, market.day, Use.DAY_DEFECTS)
    return Feed(seed, market, day_defects(random, market.session, late_start=late_start))


def recorded(feed: Feed, listing: Listing) -> Iterator[Recorded]:
    """Yield the call and the put of a strike; a contract without a single row is not recorded."""
    call, put = listing.expiry.fair_pair(listing.call.strike or 0)
    sides = ((listing.call, call, listing.call_activity), (listing.put, put, listing.put_activity))
    for contract, fair, activity in sides:
        rows = contract_day(feed.seed, feed.market, listing, contract, fair, activity)
        if feed.plants is not None and rows.rows:
            rows = in_book(feed.seed, feed.market, rows, feed.plants)
        places: Places = {}
        if feed.defects and rows.rows:
            key = (contract.expiry.toordinal(), contract.strike or 0, "CE PE".index(contract.kind))
            random = generator(feed.seed, feed.market.underlying, feed.day, Use.CONTRACT_DEFECTS, *key)
            rows, places = planted(random, feed.session, feed.defects, rows)
        if rows.rows:
            yield Recorded(contract, vendor_table(feed.session, rows), fair[1:], places)


def recorded_spot(feed: Feed) -> pa.Table:
    """Return the day's index rows: nearly one a second."""
    market = feed.market
    random = generator(feed.seed, market.underlying, feed.day, Use.SPOT_FEED)
    present = random.random(market.spot_paise.size) < _SPOT_PRESENCE
    second = np.flatnonzero(present & feed.session.open_mask()).astype(np.int64)
    paise = market.spot_paise[second]
    if feed.defects:
        second, paise = spot_with_defects(feed.session, feed.defects, second, paise)
    return spot_table(market.underlying, feed.session, second, paise)
