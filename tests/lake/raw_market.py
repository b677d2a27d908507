"""The market that the raw files are of: a minute of one index, its options priced by Black-76, a row a second."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from nfolab.market.contracts import Contract
from nfolab.market.lots import lot_size, strike_step
from nfolab.market.sessions import session
from nfolab.vendor.synthetic.book import COUNT_COLUMNS, PRICE_COLUMNS, WORDS, write_rows
from nfolab.vendor.synthetic.contract import ContractDay
from nfolab.vendor.synthetic.day import ExpiryDay, Float64Array, Smile
from nfolab.vendor.synthetic.table import vendor_table


@dataclass(frozen=True)
class Market:
    """A minute of one underlying: its index by second, and how each expiry is priced."""

    underlying: str
    day: date
    spot: Float64Array
    expiries: tuple[ExpiryDay, ...]


SECONDS = 60
_VOLATILITY, _RATE = 0.18, 0.06
_SCENES = (
    ("NIFTY", date(2021, 2, 3), 14_800, (date(2021, 2, 18), date(2021, 2, 25))),
    ("BANKNIFTY", date(2021, 2, 3), 34_800, (date(2021, 2, 18), date(2021, 2, 25))),
    ("NIFTY", date(2023, 8, 21), 19_400, (date(2023, 9, 7), date(2023, 9, 28))),
    ("BANKNIFTY", date(2023, 8, 21), 44_000, (date(2023, 9, 6), date(2023, 9, 28))),
    ("NIFTY", date(2025, 12, 15), 26_000, (date(2025, 12, 30), date(2026, 1, 27))),
    ("BANKNIFTY", date(2025, 12, 15), 59_400, (date(2025, 12, 30), date(2026, 1, 27))),
)
"""Underlying, day, level of the index, and two expiries. BANKNIFTY's of 2023-09-06 had been listed for the 7th."""

_STRIKES_EACH_SIDE = 10


def markets(seed: int) -> Iterator[Market]:
    """Yield the scenes, the index walking by the seed."""
    for number, (underlying, day, level, expiries) in enumerate(_SCENES):
        random = np.random.default_rng([seed, number])
        steps = np.append(0.0, random.normal(0.0, 1e-5, SECONDS).cumsum())
        spot = np.rint(level * np.exp(steps) * 20) / 20
        years = [(expiry - day).days / 365 for expiry in expiries]
        priced = tuple(
            ExpiryDay(
                expiry,
                spot * np.exp(_RATE * left),
                np.full(spot.size, _VOLATILITY * np.sqrt(left)),
                np.full(spot.size, np.exp(-_RATE * left)),
                Smile(0.0, 0.0),
            )
            for expiry, left in zip(expiries, years, strict=True)
        )
        yield Market(underlying, day, spot, priced)


def snapshots_of(
    market: Market, contract: Contract, fair: Float64Array, rows: int, spread: float = 0.0016
) -> pl.DataFrame:
    """Rows of a contract in the first seconds of the day, one a second, in the 52 columns of the vendor.

    Args:
        market: The day.
        contract: The contract.
        fair: Its value in rupees, first at the previous close, then by second.
        rows: How many.
        spread: The usual spread as a share of the value.
    """
    random = np.random.default_rng(
        [contract.expiry.toordinal(), contract.strike or 0, ord(contract.kind[0]), market.day.toordinal()]
    )
    words = random.integers(0, 2**64, size=(rows, WORDS), dtype=np.uint64)
    prices = np.empty((len(PRICE_COLUMNS), rows))
    counts = np.empty((len(COUNT_COLUMNS), rows), dtype=np.int64)
    seconds = np.arange(rows, dtype=np.int64)
    lot = lot_size(contract.underlying, contract.expiry, market.day)
    close = round(float(fair[0]) * 20 * 0.97)
    write_rows(seconds, fair[1:] * 20, np.ones(rows), words, close, lot, 0.9, 0.0, spread, prices, counts)
    values = dict(zip(PRICE_COLUMNS, prices, strict=True)) | dict(zip(COUNT_COLUMNS, counts, strict=True))
    values["close"] = np.full(rows, close / 20)
    traded = values.pop("last_trade_second")
    table = vendor_table(session(market.day), ContractDay(contract, seconds, values, traded))
    return pl.DataFrame(pl.from_arrow(table))


def listed(market: Market) -> Iterator[tuple[Contract, Float64Array]]:
    """Yield the calls and puts around the money of both expiries, with their fair values."""
    step = strike_step(market.underlying)
    money = round(float(market.spot[0]) / step) * step
    for expiry in market.expiries:
        for strike in range(money - _STRIKES_EACH_SIDE * step, money + (_STRIKES_EACH_SIDE + 1) * step, step):
            call, put = expiry.fair_pair(strike)
            yield Contract(market.underlying, expiry.expiry, "CE", strike), call
            yield Contract(market.underlying, expiry.expiry, "PE", strike), put
