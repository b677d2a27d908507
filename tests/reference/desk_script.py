"""Running the slow desk: with a script of plain actions, or with a Python callback.

A script is a list of dictionaries in order of time. Each has `do`, and says when: by seconds `at` (a second since the
open), by rows `contract` and `row` (the place of a row among the contract's rows). The other keys by `do`:

- `send`: `order`, a dictionary with contract, side ("buy", "sell"), units, kind ("market", "limit", "stop",
  "stop_limit", "peg") and, as the kind asks, price, trigger, peg (("own", ticks) or ("mid", 0)); and fill ("part",
  "all", "now"), valid (seconds, None for the day), trade (None, or n for the trade of the script's n-th `new_trade`),
  tag.
- `group`: `orders`, a list of such dictionaries (kind and fill are taken as market, all).
- `cancel`: `order`, its number. `change`: `order`, and price or units or both (None: as it is).
- `new_trade`; `stop` (for the day); `note` with code and number.

Left out are: a cancel or change of a number that no order has by then, or, by rows, that is of another contract's
order; an order for a trade that was not opened by then.
"""

import heapq
from collections.abc import Callable

from reference.desk import Desk
from reference.desk_money import trades_of
from reference.orders import FIVE_SECONDS, Terms
from reference.rows import Contract, Day

Action = dict
Strategy = Callable[[Desk, int], None]


def run_script(day: Day, contracts: list[Contract], terms: Terms, script: list[Action], by_rows: bool = False) -> dict:
    """What became of a script: `events`, `orders`, `positions`, `trades`, all plain."""
    desk = Desk(day, contracts, terms)
    named: list[int] = []
    if by_rows:
        for contract in range(len(contracts)):
            for index, moment in enumerate(desk.rows[contract]):
                desk.see(contract, index)
                for action in script:
                    if (action["contract"], action["row"]) == (contract, index):
                        carry_out(desk, action, moment.row.second, [contract, index], named)
            desk.rows_are_over(contract)
    else:
        agenda = [moment.row.second for rows in desk.rows for moment in rows]
        agenda += [terms.square_off, *(action["at"] for action in script)]
        heapq.heapify(agenda)
        second = -1
        while agenda:
            now = heapq.heappop(agenda)
            if now == second or now > day.last:
                continue
            second = now
            desk.advance(second)
            waiting = len(desk.groups)
            for action in script:
                if action["at"] == second:
                    carry_out(desk, action, second, None, named)
            for group in desk.groups[waiting:]:
                for later in range(group.arrival, group.arrival + FIVE_SECONDS + 1):
                    heapq.heappush(agenda, later)
    return answer(desk)


def run_strategy(day: Day, contracts: list[Contract], terms: Terms, strategy: Strategy) -> dict:
    """What a callback did that is called in every second, after what came in it was shown."""
    desk = Desk(day, contracts, terms)
    for second in range(day.last + 1):
        desk.advance(second)
        strategy(desk, second)
    return answer(desk)


def carry_out(desk: Desk, action: Action, second: int, row_seen: list[int] | None, named: list[int]) -> None:
    def seen(contract: int) -> int:
        return row_seen[1] if row_seen else desk.newest(contract, second)

    def wish(order: dict) -> dict:
        trade = order.get("trade")
        return {**order, "trade": None if trade is None else named[trade]}

    do = action["do"]
    if do == "new_trade":
        named.append(desk.new_trade())
    elif do == "stop":
        desk.stop_for_the_day(second)
    elif do == "note":
        desk.note(second, action["code"], action["number"])
    elif do in ("send", "group"):
        orders = [action["order"]] if do == "send" else action["orders"]
        if any(order.get("trade") is not None and order["trade"] >= len(named) for order in orders):
            return
        if do == "send":
            desk.send(second, seen(orders[0]["contract"]), wish(orders[0]))
        else:
            desk.send_group(second, [seen(order["contract"]) for order in orders], [wish(one) for one in orders])
    elif action["order"] < len(desk.orders):
        contract = desk.orders[action["order"]].contract
        if row_seen and contract != row_seen[0]:
            return
        row = seen(contract)
        if do == "cancel":
            desk.cancel(second, row, action["order"])
        else:
            desk.change(second, row, action["order"], action["price"], action["units"])


def answer(desk: Desk) -> dict:
    desk.finish()
    positions: dict[tuple[int, int], int] = {}
    for trade, contract, held, _ in desk.open_positions():
        positions[trade, contract] = held
    return {
        "events": desk.log,
        "orders": [
            {"order": order.number, "state": order.state, "units": order.units, "filled": order.filled}
            for order in desk.orders
        ],
        "positions": positions,
        "trades": trades_of(desk),
    }
