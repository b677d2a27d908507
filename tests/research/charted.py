"""What the page's script makes of a chart's data, in plain Python."""

from typing import Any


def cost_to_close(told: dict[str, Any]) -> list[int | None]:
    """The cost of closing a whole trade at each second, in paise, as the page adds it up."""
    quotes = []
    for leg in told["legs"]:
        bid, bids = 0, []
        for step in leg["bid"]:
            bid += step or 0
            bids.append(None if step is None else bid)
        quotes.append(bids)
    costs: list[int | None] = []
    for second, beyond in enumerate(told["beyond"]):
        cost = beyond
        for leg, bids in zip(told["legs"], quotes, strict=True):
            sold = leg["side"] == "sell"
            if cost is None:
                break
            if second >= leg["closed"]:
                value = leg["value"]
            elif bids[second] is None:
                value = None
            else:
                value = leg["units"] * (bids[second] + (leg["spread"][second] if sold else 0))
            cost = None if value is None else cost + (value if sold else -value)
        costs.append(cost)
    return costs
