"""The charges of trades, each under its own brokerage plan."""

import numpy as np

from nfolab.engine.trades.told import Told
from nfolab.market.charges import Charges, charges, option_rates, plan
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import Day

COMPONENTS = ("brokerage", "stt", "exchange", "ipft", "sebi", "stamp", "gst")


def charged(
    day: Day, told: Told, sold: Int64Array, bought: Int64Array, orders: Int64Array, exercised: Int64Array
) -> Charges[Int64Array]:
    """Return the charges of each trade.

    Args:
        day: whose rates hold.
        told: whose terms name the plans.
        sold: int64 [trades], paise; then what was bought, executed orders, and what is taxed as an exercise.
        bought: see `sold`.
        orders: see `sold`.
        exercised: see `sold`.
    """
    rates = option_rates(day.day, day.underlying)
    names = {terms.plan for terms in told.terms}
    if len(names) == 1:
        return charges(
            rates, plan(names.pop()), sell_value=sold, buy_value=bought, orders=orders, exercised_value=exercised
        )
    of_trade = np.array([terms.plan for terms in told.terms])[told.terms_of]
    parts = {name: np.zeros(sold.size, np.int64) for name in COMPONENTS}
    for name in names:
        chosen = of_trade == name
        cost = charges(
            rates,
            plan(name),
            sell_value=sold[chosen],
            buy_value=bought[chosen],
            orders=orders[chosen],
            exercised_value=exercised[chosen],
        )
        for component, amounts in parts.items():
            amounts[chosen] = getattr(cost, component)
    return Charges(**parts)
