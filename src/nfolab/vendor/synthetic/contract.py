"""One contract's day as columns, ready for any of the vendor's forms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nfolab.base.units import TICK_PAISE
from nfolab.market.contracts import Contract
from nfolab.market.lots import lot_size
from nfolab.vendor.synthetic.book import COUNT_COLUMNS, PRICE_COLUMNS, WORDS, write_rows
from nfolab.vendor.synthetic.chain import Listing
from nfolab.vendor.synthetic.day import Float64Array, MarketDay
from nfolab.vendor.synthetic.randomness import Use, generator

TICKS_A_RUPEE = 100 // TICK_PAISE
_BUSIEST = 0.97
_OPTION_SPREAD = 0.0016


@dataclass(slots=True)
class ContractDay:
    """Rows of one contract on one day.

    Attributes:
        contract: What is traded.
        second: The recorder's clock, seconds since the open, int64 [rows].
        values: The vendor's columns but the clocks, by name: float64 in rupees or int64 in units, each [rows].
        last_trade_second: The exchange's clock at the last trade, int64 [rows].
    """

    contract: Contract
    second: NDArray[np.int64]
    values: dict[str, NDArray[np.float64] | NDArray[np.int64]]
    last_trade_second: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.second.size)

    def taken(self, places: NDArray[np.int64]) -> "ContractDay":
        """Return the rows at `places`, in that order; a place may come more than once."""
        values = {name: column[places] for name, column in self.values.items()}
        return ContractDay(self.contract, self.second[places], values, self.last_trade_second[places])


@dataclass(frozen=True, slots=True)
class Trading:
    """How busily a contract trades.

    Attributes:
        activity: Share of seconds with a row at usual speed.
        steps_away: Distance from the money in strikes.
        relative_spread: The usual spread beyond a tick, as a share of the fair value.
    """

    activity: float
    steps_away: float
    relative_spread: float


def contract_day(
    seed: int, market: MarketDay, listing: Listing, contract: Contract, fair: Float64Array, activity: float
) -> ContractDay:
    """Return the rows of one option.

    Args:
        seed: Seed of the market.
        market: The day.
        listing: The strike it belongs to.
        contract: The call or the put of the listing.
        fair: Its fair value in rupees, first at the previous close, then by second.
        activity: Share of seconds with a row at usual speed.
    """
    trading = Trading(activity, float(listing.steps_away), _OPTION_SPREAD)
    return rows_of(seed, market, contract, fair, trading)


def rows_of(seed: int, market: MarketDay, contract: Contract, fair: Float64Array, trading: Trading) -> ContractDay:
    """Return the rows of one contract; arguments as `contract_day`."""
    key = (contract.expiry.toordinal(), contract.strike or 0, "CE PE FUT".index(contract.kind))
    random = generator(seed, market.underlying, market.day, Use.CONTRACT, *key)
    presence = np.minimum(trading.activity * (0.85 + 0.15 * market.speed), _BUSIEST)
    present = random.random(presence.size) < presence
    second = np.flatnonzero(present & market.session.open_mask()).astype(np.int64)
    words = random.integers(0, 2**64, size=(second.size, WORDS), dtype=np.uint64)
    prices = np.empty((len(PRICE_COLUMNS), second.size))
    counts = np.empty((len(COUNT_COLUMNS), second.size), dtype=np.int64)
    fair_ticks = fair * TICKS_A_RUPEE
    previous_close = max(int(np.rint(fair_ticks[0])), 1)
    write_rows(
        second,
        fair_ticks[1:],
        market.speed,
        words,
        previous_close,
        lot_size(market.underlying, contract.expiry, market.day),
        trading.activity,
        trading.steps_away,
        trading.relative_spread,
        prices,
        counts,
    )
    values: dict[str, NDArray[np.float64] | NDArray[np.int64]] = dict(zip(PRICE_COLUMNS, prices, strict=True))
    values |= dict(zip(COUNT_COLUMNS, counts, strict=True))
    values["close"] = np.full(second.size, previous_close * TICK_PAISE / 100)
    last_trade = counts[COUNT_COLUMNS.index("last_trade_second")]
    del values["last_trade_second"]
    return ContractDay(contract, second, values, last_trade)
