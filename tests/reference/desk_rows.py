"""What a shown row does to an order of the slow desk, and how a group is tried: docs/desk.md, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.books import Memory
from reference.orders import FIVE_SECONDS, Change, Group, Moment, Order, displayed_at, other_side, peg_price
from reference.rows import Row

if TYPE_CHECKING:
    from reference.desk import Desk


def show(desk: Desk, order: Order, moment: Moment) -> None:
    second, row = moment.row.second, moment.row
    if second < order.arrival:
        return
    order.state = "working"
    if order.cancel is not None and order.cancel <= second:
        desk.end(order, second, moment.index, "cancelled", "strategy")
        return
    if order.change is not None and order.change.arrival <= second:
        take_effect(desk, order, order.change, moment)
        if not order.live:
            return
    if order.expires is not None and second > order.expires:
        desk.end(order, second, moment.index, "expired", "valid")
        return
    if order.side not in desk.sides_served(row):
        return
    waits = order.kind in ("stop", "stop_limit")
    if waits:
        if row.good:
            watch(desk, order, moment)
        return
    if order.kind == "market":
        walk(desk, order, moment)
    else:
        if order.kind == "peg" and row.good:
            follow(desk, order, moment)
        if order.placed:
            rest(desk, order, moment)
        else:
            place(desk, order, moment)
    if order.live and order.fill == "now":
        desk.end(order, second, moment.index, "cancelled", "now")


def take_effect(desk: Desk, order: Order, change: Change, moment: Moment) -> None:
    order.change = None
    anew = change.units is not None and change.units > order.units
    if change.units is not None:
        order.units = change.units
    if change.price is not None and change.of_trigger:
        order.trigger = change.price
    elif change.price is not None:
        anew = anew or change.price != order.price
        order.price = change.price
    desk.tell(moment.row.second, "changed", order, moment.index, units=order.units)
    if anew:
        order.placed = False
    if order.left <= 0:
        desk.end(order, moment.row.second, moment.index, "cancelled", "changed")


def watch(desk: Desk, order: Order, moment: Moment) -> None:
    row = moment.row
    seen = row.last if desk.terms.on_last else other_side(row, order.side)[0][0]
    fires = seen >= order.trigger if order.side == "buy" else seen <= order.trigger
    if seen > 0 and fires:
        desk.tell(row.second, "triggered", order, moment.index, price=seen)
        order.kind = "market" if order.kind == "stop" else "limit"
        order.arrival = row.second + 1


def follow(desk: Desk, order: Order, moment: Moment) -> None:
    wished = peg_price(moment.row, order.side, order.peg)
    if wished != order.price and order.change is None:
        order.change = Change(moment.row.second + desk.draw(), wished, None, of_trigger=False)
        desk.tell(moment.row.second, "change sent", order, moment.index, price=wished, units=order.units)


def walk(desk: Desk, order: Order, moment: Moment, reason: str = "taken") -> None:
    """Take from the other side's levels: all of them for a market order, those at our price or better for a limit.

    What a resting order takes is paid at its own price.
    """
    levels = other_side(moment.row, order.side)
    if order.kind != "market":
        levels = tuple(level if order.at_or_better(level[0]) else (0, 0) for level in levels)
    memory = desk.memories.setdefault((order.contract, order.side), Memory())
    held = sum(size for price, size in memory.left_in(levels) if price > 0)
    if order.fill == "all" and reason == "taken" and held < order.left:
        return
    for level, price, units in memory.take(levels, order.left):
        paid = price if reason == "taken" else order.price
        desk.fill(order, moment.row.second, moment.index, level, paid, units, levels[level][1], reason)


def place(desk: Desk, order: Order, moment: Moment) -> None:
    walk(desk, order, moment)
    if not order.live or order.fill == "now" or not moment.row.good:
        return
    order.placed = True
    order.ahead = order.shown = displayed_at(moment.row, order.side, order.price)
    ahead = -1 if order.ahead is None else order.ahead
    desk.tell(moment.row.second, "placed", order, moment.index, shown=ahead)


def rest(desk: Desk, order: Order, moment: Moment) -> None:
    row, second = moment.row, moment.row.second
    queue_moves = row.good and not moment.silent
    volume = moment.volume if queue_moves else 0
    through = volume > 0 and (0 < row.last < order.price if order.side == "buy" else row.last > order.price)
    touched = volume > 0 and row.last == order.price and desk.terms.model != "worst"
    at_price = max(0, volume - order.ahead) if touched and order.ahead is not None else 0
    from_trade = volume if through else at_price
    ahead = order.ahead
    if order.fill != "all" or on_offer(desk, order, row) + from_trade >= order.left:
        walk(desk, order, moment, "opposite")
        units = min(order.left, from_trade)
        if units > 0:
            shown, reason = (volume, "through") if through else (ahead, "queue")
            moment.volume -= units
            desk.fill(order, second, moment.index, -1, order.price, units, shown, reason)
    if row.good:
        move_queue(desk, order, row, volume if touched else 0, queue_moves)


def on_offer(desk: Desk, order: Order, row: Row) -> int:
    """What the other side holds at our price or better, less what we took and is still gone."""
    memory = desk.memories.setdefault((order.contract, order.side), Memory())
    left = memory.left_in(other_side(row, order.side))
    return sum(size for price, size in left if price > 0 and order.at_or_better(price))


def move_queue(desk: Desk, order: Order, row: Row, traded: int, moves: bool) -> None:
    """Bring the size before us forward over a good row in which `traded` units traded at our price."""
    now, before = displayed_at(row, order.side, order.price), order.shown
    order.shown = now
    if not moves or desk.terms.model == "worst":
        return
    if order.ahead is not None:
        order.ahead = max(0, order.ahead - traded)
        if desk.terms.model == "best" and now is not None and before is not None:
            order.ahead = max(0, order.ahead - max(0, before - now - traded))
    if now is not None:
        order.ahead = now if order.ahead is None else min(order.ahead, now)


def try_groups(desk: Desk, second: int) -> None:
    for group in desk.groups:
        if not group.live or second < group.arrival:
            continue
        rows = {order.contract: desk.newest(order.contract, second) for order in group.orders}
        if any(order.cancel is not None and order.cancel <= second for order in group.orders):
            for order in group.orders:
                desk.end(order, second, rows[order.contract], "cancelled", "strategy")
            continue
        failed = first_failure(desk, group, rows)
        if failed is None:
            fill_group(desk, group, second, rows)
        elif second == min(group.arrival + FIVE_SECONDS, desk.day.last):
            culprit, cause = failed
            for order in group.orders:
                reason = cause if order is culprit else "with_group"
                desk.end(order, second, rows[order.contract], "expired", reason)


def first_failure(desk: Desk, group: Group, rows: dict[int, int]) -> tuple[Order, str] | None:
    wanted: dict[tuple[int, str], int] = {}
    for order in group.orders:
        if rows[order.contract] < 0:
            return order, "no_row"
        row = desk.rows[order.contract][rows[order.contract]].row
        if row.second < group.arrival:
            return order, "no_new_row"
        if not row.good:
            return order, "bad_quote"
        key = (order.contract, order.side)
        wanted[key] = wanted.get(key, 0) + order.left
        memory = desk.memories.setdefault(key, Memory())
        if sum(size for price, size in memory.left_in(other_side(row, order.side)) if price > 0) < wanted[key]:
            return order, "thin_book"
    return None


def fill_group(desk: Desk, group: Group, second: int, rows: dict[int, int]) -> None:
    for order in group.orders:
        index = rows[order.contract]
        levels = other_side(desk.rows[order.contract][index].row, order.side)
        memory = desk.memories.setdefault((order.contract, order.side), Memory())
        for level, price, units in memory.take(levels, order.left):
            desk.fill(order, second, index, level, price, units, levels[level][1], "taken")
