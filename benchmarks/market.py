"""How fast the market facts are looked up, against a bare regular expression, a bare dictionary, bare NumPy."""

import re
from collections.abc import Callable
from datetime import date

import numpy as np

from benchmarks.figures import Figure, at_most, fastest
from nfolab.market.charges import charges, option_rates, plan
from nfolab.market.contracts import Contract, parse_name, vendor_name
from nfolab.market.expiries import expiries, nearest_expiry, trading_days_to_expiry
from nfolab.market.lots import lot_size
from nfolab.market.sessions import session, trading_days

GROUP = "market"
NAMES = 100_000
LOOKUPS = 100_000
TRADES = 10_000


def names() -> list[str]:
    """Return 100,000 vendor names of all NIFTY and BANKNIFTY expiries."""
    found = []
    for underlying, step, middle in (("NIFTY", 50, 17_000), ("BANKNIFTY", 100, 40_000)):
        for one in expiries(underlying, date(2019, 1, 1), date(2026, 12, 31)):
            contracts = (
                Contract(underlying, one.expiry, kind, middle + n * step)
                for n in range(-40, 41)
                for kind in ("CE", "PE")
            )
            found += [vendor_name(contract) for contract in contracts]
    return (found * (NAMES // len(found) + 1))[:NAMES]


def parsing() -> Figure:
    every = names()
    bare = re.compile(r"(BANKNIFTY|NIFTY)(\d\d(?:[1-9OND]\d\d|[A-Z]{3}))(\d+)(CE|PE)")
    seconds = fastest(lambda: [parse_name(name) for name in every])
    limit = fastest(lambda: [bare.fullmatch(name.upper()) for name in every])
    return at_most(GROUP, "parse 100,000 names", seconds, "s", ("one regular expression each", limit), 0.5, 0.3)


def lookups() -> list[Figure]:
    days = trading_days(date(2025, 1, 1), date(2025, 12, 31))
    asked = [days[n % len(days)] for n in range(LOOKUPS)]
    quarterly = date(2026, 6, 30)
    bare = {("NIFTY", day): day for day in days}
    limit = fastest(lambda: [bare["NIFTY", day] for day in asked]) / LOOKUPS * 1e6
    wanted: list[tuple[str, Callable[[date], object]]] = [
        ("session of a day", session),
        ("nearest expiry", lambda day: nearest_expiry("NIFTY", day)),
        ("lot of a contract", lambda day: lot_size("NIFTY", quarterly, day)),
        ("trading days to expiry", lambda day: trading_days_to_expiry("NIFTY", quarterly, day)),
        ("rates of charges", lambda day: option_rates(day, "NIFTY")),
    ]
    figures = []
    for name, look in wanted:
        seconds = fastest(lambda look=look: [look(day) for day in asked])
        figures.append(at_most(GROUP, name, seconds / LOOKUPS * 1e6, "µs", ("a bare dictionary", limit), 2.0, 0.5))
    return figures


def costing() -> Figure:
    random = np.random.default_rng(7)
    sell, buy = (random.integers(0, 10_000_000, TRADES) for _ in range(2))
    orders = np.full(TRADES, 4)
    rates, flat20 = option_rates(date(2025, 10, 15), "NIFTY"), plan("flat20")
    seconds = fastest(lambda: charges(rates, flat20, sell_value=sell, buy_value=buy, orders=orders).total_paise)
    limit = fastest(lambda: [sell * 7 + buy for _ in range(8)])
    return at_most(
        GROUP, "charges of 10,000 trades", seconds * 1e3, "ms", ("eight multiply-adds", limit * 1e3), 2.0, 0.5
    )


def measure() -> list[Figure]:
    """Return the figures of this group."""
    return [parsing(), *lookups(), costing()]
