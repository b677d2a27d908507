"""Orders of recipes that rest, upon the rows of the slow desk: docs/positions.md, Orders that rest."""

import re
from fractions import Fraction

from reference.books import Books, Memory
from reference.desk_rows import show
from reference.money import TICK, usable
from reference.orders import Moment, Order, Terms, moments, peg_price
from reference.positions_rules import Holding
from reference.positions_words import Resting, Slot
from reference.rows import Contract, Row

WAIT = 5
FEATURE_AGE = 5


def price_of(text: str, row: Row | None, second: int) -> Fraction | None:
    """`bid`, `ask`, `mid` or `last`, plus or minus points, in paise a unit; None where it is not known."""
    name, sign, points = re.fullmatch(r"(\w+)(?: ([+-]) ([\d.]+)pt)?", text).groups()
    if row is None or second - row.second > FEATURE_AGE or (name == "last" and row.last <= 0):
        return None
    if name != "last" and not usable(row, second, FEATURE_AGE):
        return None
    bid, ask = row.bids[0][0], row.asks[0][0]
    value = {"bid": bid, "ask": ask, "mid": Fraction(bid + ask, 2), "last": row.last}[name]
    if points is not None:
        value += (1 if sign == "+" else -1) * Fraction(points) * 100
    return Fraction(value)


def limit_price(resting: Resting, side: str, row: Row | None, second: int) -> int | None:
    """The price on a tick at which an order to open would go out; None where there is none."""
    if resting.peg is not None:
        return peg_price(row, side, resting.peg) if row is not None and row.good else None
    price = price_of(resting.limit, row, second)
    if price is None:
        return None
    ticks = price / TICK
    below, above = ticks.numerator // ticks.denominator, -(-ticks.numerator // ticks.denominator)
    on_tick = TICK * (below if side == "buy" else above)
    return on_tick if on_tick > 0 else None


def target_price(holding: Holding, gain: Fraction) -> int:
    """The price a unit of a target that rests, rounded to a tick in our favour."""
    sign = 1 if holding.side == "buy" else -1
    ticks = (holding.entry_value + sign * gain) / Fraction(holding.units) / TICK
    whole = ticks.numerator // ticks.denominator
    if sign > 0 and whole != ticks:
        whole += 1
    return max(whole, 1) * TICK


class Resters:
    """The orders that rest, as the slow desk would have them; each has a holding, and opens or closes it."""

    def __init__(self, books: Books, latency: int) -> None:
        self.books, self.latency = books, latency
        self.memories: dict[tuple[Contract, str], Memory] = books.memories
        self.terms = Terms()
        self.holdings: dict[int, Holding] = {}
        self.moments: dict[Contract, dict[int, Moment]] = {}
        self.orders = 0

    def prices_known(self, slot: Slot, side: str, contract: Contract, second: int) -> bool:
        """Whether every price is known that opening a slot in a contract needs."""
        row = self.books.row(contract, second)
        asked = [level for level in (slot.rules.stop, slot.rules.target) if isinstance(level, str)]
        if any(price_of(text, row, second) is None for text in asked):
            return False
        return slot.resting is None or limit_price(slot.resting, side, row, second) is not None

    def send(self, holding: Holding, side: str, price: int, second: int, resting: Resting | None, model: str) -> Order:
        order = Order(self.orders, holding.contract, side, holding.units, "limit", price)
        self.orders += 1
        order.model = model
        order.arrival = second + self.latency
        if resting is not None:
            order.expires = None if resting.valid is None else order.arrival + resting.valid
            order.fill = "now" if resting.first_row else "part"
            if resting.peg is not None:
                order.kind, order.peg = "peg", resting.peg
        self.holdings[order.number] = holding
        return order

    def over(self, order: Order, second: int) -> bool:
        """Whether it can fill no more in a second's row."""
        cancelled = order.cancel is not None and order.cancel <= second
        return cancelled or not order.live or (order.expires is not None and second > order.expires)

    def cancel(self, order: Order, arrival: int) -> None:
        order.cancel = arrival if order.cancel is None else min(order.cancel, arrival)

    def show(self, order: Order, second: int) -> int:
        """Show it the row stamped in this second, if there is one; the units that it filled."""
        row = self.books.row(order.contract, second)
        before = order.filled
        if row is not None and row.second == second:
            self.terms = Terms(model=order.model)
            show(self, order, self.moment(order.contract, second))
        return order.filled - before

    def moment(self, contract: Contract, second: int) -> Moment:
        if contract not in self.moments:
            told = moments(self.books.day.rows(contract))
            self.moments[contract] = {moment.row.second: moment for moment in told}
        return self.moments[contract][second]

    # what the slow desk's rows ask of a desk

    def sides_served(self, row: Row) -> tuple[str, ...]:
        return ("buy", "sell") if row.good else ()

    def tell(self, *_: object, **__: object) -> None:
        """Recipes keep no such log here."""

    def draw(self) -> int:
        return self.latency

    def end(self, order: Order, _second: int, _index: int, state: str, _reason: str) -> None:
        order.state = state

    def fill(self, order: Order, second: int, _index: int, _level: int, price: int, units: int, *_: object) -> None:
        order.filled += units
        if order.left == 0:
            order.state = "filled"
        holding = self.holdings[order.number]
        holding.fills.append(
            {
                "second": second,
                "side": order.side,
                "levels": [{"price": price, "quantity": units}],
                "value": units * price,
                "decided": order.arrival - self.latency,
            }
        )
        if order.side == holding.side:
            holding.entry_value += units * price
            holding.filled_second = second
        else:
            holding.exit_value += units * price
            holding.units -= units
            holding.left -= units
