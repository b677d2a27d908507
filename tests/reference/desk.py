"""The slow desk: orders one at a time, rows one after the other, as the rule book (docs/desk.md) tells it.

It knows a slow day of rows (`reference.rows.Day`), takes orders from a script of plain actions or a Python callback
(`reference.desk_script`), and keeps a log of plain dictionaries. Seconds count from the open, money is in paise,
contracts are told by their place in the list given, rows by their place among the rows of their contract.
"""

from bisect import bisect_right
from dataclasses import dataclass

from reference.books import Memory
from reference.desk_rows import show, try_groups
from reference.money import TICK, lot_size, usable, walk
from reference.orders import (
    Change,
    Group,
    Moment,
    Order,
    Terms,
    moments,
    one_sided,
    other_side,
    peg_price,
    sliced,
)
from reference.rows import Contract, Day, Row

Event = dict
Wish = dict


@dataclass
class Own:
    """What a contract's own trade holds: the trade's number while it is not flat."""

    trade: int | None = None
    held: int = 0


class Desk:
    """Orders, positions and the log of one day, for a strategy that looks at it by seconds or by rows."""

    def __init__(self, day: Day, contracts: list[Contract], terms: Terms, by_rows: bool = False) -> None:
        self.day, self.contracts, self.terms, self.by_rows = day, contracts, terms, by_rows
        self.rows = [moments(day.rows(contract)) for contract in contracts]
        self.seconds = [[moment.row.second for moment in rows] for rows in self.rows]
        self.memories: dict[tuple[int, str], Memory] = {}
        self.orders: list[Order] = []
        self.groups: list[Group] = []
        self.own = [Own() for _ in contracts]
        self.held: dict[int, dict[int, int]] = {}  # of a trade opened with new_trade: contract to signed units
        self.trades = 0
        self.filled_trades: set[int] = set()
        self.messages = 0
        self.stopped = False
        self.cash = 0
        self.flat_at = [-(10**6) for _ in contracts]  # the second of the last fill that left a trade flat there
        self.log: list[Event] = []

    # what the strategy reads

    def newest(self, contract: int, second: int) -> int:
        """The row as of a second, by its place; −1 where there is none."""
        return bisect_right(self.seconds[contract], second) - 1

    def row(self, contract: int, second: int) -> Row | None:
        at = self.newest(contract, second)
        return None if at < 0 else self.rows[contract][at].row

    def last_of_its_second(self, contract: int, index: int) -> bool:
        seconds = self.seconds[contract]
        return index + 1 == len(seconds) or seconds[index + 1] != seconds[index]

    def position(self, contract: int, trade: int | None) -> int:
        if trade is None:
            return self.own[contract].held
        return self.held[trade].get(contract, 0)

    # the log

    def tell(self, second: int, event: str, order: Order, row: int, **more: object) -> None:
        line = {
            "second": second,
            "event": event,
            "order": order.number,
            "trade": -1 if order.trade is None else order.trade,
            "contract": order.contract,
            "row": row,
            "level": -1,
            "side": order.side,
            "price": order.fixed_price,
            "units": order.left,
            "shown": 0,
            "reason": "",
            "tag": order.tag,
        }
        assert set(more) <= set(line)
        self.log.append({**line, **more})

    def tell_of_none(self, second: int, event: str, price: int, units: int = 0, reason: str = "") -> None:
        """A line that is of no order."""
        blank = dict.fromkeys(("order", "trade", "contract", "row", "level"), -1)
        told = {"side": "", "price": price, "units": units, "shown": 0, "reason": reason, "tag": 0}
        self.log.append({"second": second, "event": event, **blank, **told})

    def note(self, second: int, code: int, number: int) -> None:
        self.tell_of_none(second, "noted", code, number)

    # messages of the strategy

    def draw(self) -> int:
        latency = self.terms.latencies[self.messages % len(self.terms.latencies)]
        self.messages += 1
        return latency

    def new_trade(self) -> int:
        self.trades += 1
        self.held[self.trades - 1] = {}
        return self.trades - 1

    def stop_for_the_day(self, second: int, reason: str = "strategy", brought: int = 0) -> None:
        if self.stopped or second >= self.terms.square_off:
            return
        self.stopped = True
        rupees = brought // 100 if brought >= 0 else -(-brought // 100)
        self.tell_of_none(second, "stopped", price=rupees, reason=reason)
        self.close_all(second, "day_stop", list(range(len(self.contracts))))

    def send(self, second: int, row: int, wish: Wish) -> int:
        """Send one order, in slices if it must be; the number of the first, whether it was rejected or not."""
        reason = self.refusal(second, row, wish, [])
        if reason:
            return self.reject(second, row, wish, reason)
        return self.accept(second, row, wish)[0].number

    def send_group(self, second: int, rows: list[int], wishes: list[Wish]) -> None:
        sound_legs: list[Wish] = []
        reasons = []
        for row, wish in zip(rows, wishes, strict=True):
            reasons.append(self.refusal(second, row, wish, sound_legs))
            if reasons[-1] is None:
                sound_legs.append(wish)
        if any(reasons):
            for row, wish, reason in zip(rows, wishes, reasons, strict=True):
                lot = lot_size(self.contracts[wish["contract"]])
                for units in [wish["units"]] if reason else sliced(wish["units"], lot, self.terms.freeze):
                    self.reject(second, row, {**wish, "units": units}, reason or "with_group")
            return
        group = Group()
        self.groups.append(group)
        for row, wish in zip(rows, wishes, strict=True):
            for order in self.accept(second, row, {**wish, "kind": "market", "fill": "all"}):
                order.group = group
                group.orders.append(order)

    def refusal(self, second: int, row: int, wish: Wish, before: list[Wish]) -> str | None:
        """Why an order is rejected, or None. `before` are the legs of its group that come before it."""
        contract, units = wish["contract"], wish["units"]
        if units <= 0 or units % lot_size(self.contracts[contract]):
            return "bad_units"
        if not self.prices_are_sound(wish, row):
            return "bad_price"
        if second < self.terms.chosen_at:
            return "not_yet"
        if self.reduces(contract, wish["side"], wish.get("trade"), units, before):
            return None
        if second >= self.terms.square_off or self.stopped:
            return "flat_only"
        if second > self.terms.last_entry:
            return "too_late"
        return None if self.has_room(second, wish, before) else "no_room"

    def prices_are_sound(self, wish: Wish, row: int) -> bool:
        kind = wish["kind"]
        if kind == "peg":
            return row >= 0 and self.rows[wish["contract"]][row].row.good
        asked = {"limit": ("price",), "stop": ("trigger",), "stop_limit": ("trigger", "price")}.get(kind, ())
        return all(sound(wish[name]) for name in asked)

    def reduces(
        self, contract: int, side: str, trade: int | None, units: int, before: list[Wish], but: Order | None = None
    ) -> bool:
        held = self.position(contract, trade)
        if (held <= 0) if side == "sell" else (held >= 0):
            return False
        for order in self.orders:
            if order.live and order is not but and (order.contract, order.side, order.trade) == (contract, side, trade):
                units += order.left
        for leg in before:
            if (leg["contract"], leg["side"], leg.get("trade")) == (contract, side, trade):
                units += leg["units"]
        return units <= abs(held)

    def has_room(self, second: int, wish: Wish, before: list[Wish]) -> bool:
        """Whether one more trade may be open, if this order is the first of its trade."""
        open_now = {("own", contract) for contract, own in enumerate(self.own) if own.held}
        open_now |= {("named", trade) for trade, held in self.held.items() if any(held.values())}
        open_now |= {trade_key(order.contract, order.trade) for order in self.orders if order.live}
        open_now |= {trade_key(leg["contract"], leg.get("trade")) for leg in before}
        key = trade_key(wish["contract"], wish.get("trade"))
        if key in open_now:
            return True
        if second < self.flat_at[wish["contract"]] + self.terms.cool_down:
            return False
        open_now.add(key)
        of_the_day = len(self.filled_trades) + sum(not self.had_a_fill(one) for one in open_now)
        if self.terms.most_open is not None and len(open_now) > self.terms.most_open:
            return False
        return self.terms.most_trades is None or self.had_a_fill(key) or of_the_day <= self.terms.most_trades

    def had_a_fill(self, key: tuple[str, int]) -> bool:
        kind, number = key
        return bool(self.own[number].held) if kind == "own" else number in self.filled_trades

    def reject(self, second: int, row: int, wish: Wish, reason: str) -> int:
        order = self.order_of(wish, row, wish["units"])
        order.state = "rejected"
        self.tell(second, "rejected", order, row, reason=reason)
        return order.number

    def accept(self, second: int, row: int, wish: Wish, of_desk: bool = False) -> list[Order]:
        sent = []
        lot = lot_size(self.contracts[wish["contract"]])
        for units in sliced(wish["units"], lot, self.terms.freeze):
            order = self.order_of(wish, row, units)
            order.of_desk = of_desk
            order.arrival = second + self.draw()
            if order.valid is not None:
                order.expires = order.arrival + order.valid
            self.tell(second, "sent", order, row)
            sent.append(order)
        return sent

    def order_of(self, wish: Wish, row: int, units: int) -> Order:
        order = Order(len(self.orders), **{**wish, "units": units})
        if order.kind == "peg" and row >= 0 and self.rows[order.contract][row].row.good:
            order.price = peg_price(self.rows[order.contract][row].row, order.side, order.peg)
        self.orders.append(order)
        return order

    def cancel(self, second: int, row: int, number: int) -> None:
        order = self.orders[number]
        if not order.live or order.of_desk:
            self.tell(second, "rejected", order, row, reason="not_live")
        elif order.cancel is not None:
            self.tell(second, "rejected", order, row, reason="on_its_way")
        else:
            order.cancel = second + self.draw()
            self.tell(second, "cancel sent", order, row)

    def change(self, second: int, row: int, number: int, price: int | None = None, units: int | None = None) -> None:
        order = self.orders[number]
        told = {
            "price": order.fixed_price if price is None else price,
            "units": order.units if units is None else units,
        }
        reason = self.refused_change(second, order, price, units)
        if reason:
            self.tell(second, "rejected", order, row, **told, reason=reason)
            return
        order.change = Change(second + self.draw(), price, units, of_trigger=order.kind in ("stop", "stop_limit"))
        self.tell(second, "change sent", order, row, **told)

    def refused_change(self, second: int, order: Order, price: int | None, units: int | None) -> str | None:
        if not order.live or order.of_desk or order.group:
            return "not_live"
        if order.change is not None:
            return "on_its_way"
        if units is not None and units > 0:
            frozen = self.terms.freeze is not None and units > self.terms.freeze
            if units % lot_size(self.contracts[order.contract]) or frozen:
                return "bad_units"
        if price is not None and (order.kind in ("market", "peg") or not sound(price)):
            return "bad_price"
        left = (order.units if units is None else units) - order.filled
        late = second > self.terms.last_entry and left > 0
        if late and not self.reduces(order.contract, order.side, order.trade, left, [], but=order):
            return "too_late"
        return None

    # a row comes

    def come(self, contract: int, index: int) -> None:
        """Show a row, the last of its second, to the memory of what we took and to every order that waits."""
        moment = self.rows[contract][index]
        served = self.sides_served(moment.row)
        for side in served:
            if (contract, side) in self.memories:
                self.memories[contract, side].see(other_side(moment.row, side))
        today = Moment(moment.row, index, moment.volume, moment.silent)
        for order in self.orders:
            if order.contract == contract and order.live and order.group is None:
                show(self, order, today)

    def sides_served(self, row: Row) -> tuple[str, ...]:
        """The sides of an order that this row can serve."""
        if row.good:
            return "buy", "sell"
        side = one_sided(row) if self.terms.policy == "one_sided" else None
        return () if side is None else (side,)

    def end(self, order: Order, second: int, row: int, state: str, reason: str) -> None:
        order.state = state
        self.tell(second, state, order, row, reason=reason)

    def fill(
        self, order: Order, second: int, row: int, level: int, price: int, units: int, shown: int, reason: str
    ) -> None:
        """Book a fill; one that takes a contract's own trade through zero is told in two lines."""
        for trade, part in self.parts(order, second, units):
            order.filled += part
            self.filled_trades.add(trade)
            self.cash += part * price if order.side == "sell" else -part * price
            line = {"trade": trade, "level": level, "price": price, "units": part, "shown": shown, "reason": reason}
            self.tell(second, "filled", order, row, **line)
        if order.left == 0:
            order.state = "filled"

    def parts(self, order: Order, second: int, units: int) -> list[tuple[int, int]]:
        """Book units to the position: which trade got how many."""
        sign = 1 if order.side == "buy" else -1
        if order.trade is not None:
            held = self.held[order.trade]
            held[order.contract] = held.get(order.contract, 0) + sign * units
            if held[order.contract] == 0:
                self.flat_at[order.contract] = second
            return [(order.trade, units)]
        own, found = self.own[order.contract], []
        while units:
            closes = own.held * sign < 0
            part = min(units, abs(own.held)) if closes else units
            if own.trade is None:
                own.trade = self.trades
                self.trades += 1
            found.append((own.trade, part))
            own.held += sign * part
            units -= part
            if own.held == 0:
                own.trade = None
                self.flat_at[order.contract] = second
        return found

    # time passes

    def advance(self, second: int) -> None:
        """By seconds: show what came in this second."""
        for contract in range(len(self.contracts)):
            index = self.newest(contract, second)
            if index >= 0 and self.seconds[contract][index] == second:
                self.come(contract, index)
        try_groups(self, second)
        self.look_at_the_loss(second)
        if second == self.terms.square_off:
            self.close_all(second, "square_off", list(range(len(self.contracts))))

    def see(self, contract: int, index: int) -> None:
        """By rows: show a row, if it is the last of its second."""
        seconds = self.seconds[contract]
        if seconds[index] > self.terms.square_off and (index == 0 or seconds[index - 1] <= self.terms.square_off):
            self.close_all(self.terms.square_off, "square_off", [contract])
        if self.last_of_its_second(contract, index):
            self.come(contract, index)

    def rows_are_over(self, contract: int) -> None:
        """By rows: no row of this contract is left."""
        seconds = self.seconds[contract]
        if not seconds or seconds[-1] <= self.terms.square_off:
            self.close_all(self.terms.square_off, "square_off", [contract])

    # the end of the day

    def look_at_the_loss(self, second: int) -> None:
        if self.terms.daily_loss is None:
            return
        brought = self.cash
        for _, contract, held, _ in self.open_positions():
            row, side = self.row(contract, second), "sell" if held > 0 else "buy"
            if not usable(row, second, self.terms.max_quote_age):
                return
            value, left, _ = walk(other_side(row, side), abs(held))
            if left:
                return
            brought += value if held > 0 else -value
        if brought <= -self.terms.daily_loss:
            self.stop_for_the_day(second, "day_stop", brought)

    def close_all(self, second: int, reason: str, contracts: list[int]) -> None:
        """Cancel everything that waits in these contracts and send orders to close what is held in them."""
        for order in self.orders:
            if order.live and order.contract in contracts:
                self.end(order, second, self.newest(order.contract, second), "cancelled", reason)
        for trade, contract, held, named in sorted(self.open_positions()):
            if contract in contracts:
                side = "sell" if held > 0 else "buy"
                wish = {"contract": contract, "side": side, "units": abs(held), "kind": "market"}
                wish |= {"trade": trade if named else None, "tag": -1}
                self.accept(second, self.newest(contract, second), wish, of_desk=True)

    def open_positions(self) -> list[tuple[int, int, int, bool]]:
        """(trade, contract, signed units, whether the trade was opened with new_trade) of all that is held."""
        found = [(own.trade, at, own.held, False) for at, own in enumerate(self.own) if own.trade is not None]
        for trade, by_contract in self.held.items():
            found += [(trade, contract, held, True) for contract, held in by_contract.items() if held]
        return found

    def finish(self) -> None:
        for order in self.orders:
            if order.live:
                self.end(order, self.day.last, self.newest(order.contract, self.day.last), "expired", "session")


def sound(price: int) -> bool:
    return price > 0 and price % TICK == 0


def trade_key(contract: int, trade: int | None) -> tuple[str, int]:
    return ("own", contract) if trade is None else ("named", trade)
