"""What the slow desk's trades earned: legs, leftovers, charges, margin and the band, from the log of its fills."""

from dataclasses import dataclass, field

from reference.desk import Desk
from reference.engine import settlement_value
from reference.lived import life
from reference.money import TICK, charges, next_good_row, repriced, slip, walk_to_the_end
from reference.orders import other_side
from reference.rows import Contract

Event = dict


@dataclass
class Leg:
    """A trade and a contract. `sold`, `bought` are values of fills in paise; the side is that of the first fill."""

    contract: int
    side: str
    held: int = 0
    sold: int = 0
    bought: int = 0
    entry_units: int = 0
    leftover: int = 0  # cash that settling or marking what is still held brings, below zero if it costs
    exercised: int = 0
    counts: bool = False  # whether the leftover is one more executed order
    end: str = "flat"
    fills: list[Event] = field(default_factory=list)

    def take(self, line: Event) -> None:
        value, sign = line["price"] * line["units"], 1 if line["side"] == "buy" else -1
        self.held += sign * line["units"]
        if sign > 0:
            self.bought += value
        else:
            self.sold += value
        if line["side"] == self.side:
            self.entry_units += line["units"]
        self.fills.append(line)


def trades_of(desk: Desk) -> list[dict]:
    """The trades that had a fill, in order of their numbers; call it when the desk has finished."""
    fills = [line for line in desk.log if line["event"] == "filled"]
    first_trade: dict[int, int] = {}
    for line in fills:
        first_trade.setdefault(line["order"], line["trade"])
    return [
        trade_of(desk, number, [line for line in fills if line["trade"] == number], first_trade)
        for number in sorted({line["trade"] for line in fills})
    ]


def trade_of(desk: Desk, number: int, fills: list[Event], first_trade: dict[int, int]) -> dict:
    legs: dict[int, Leg] = {}
    for line in fills:
        legs.setdefault(line["contract"], Leg(line["contract"], line["side"])).take(line)
    for leg in legs.values():
        if leg.held:
            close_leftover(desk, leg)
    orders = sum(first_trade[order] == number for order in {line["order"] for line in fills})
    orders += sum(leg.counts for leg in legs.values())
    prices = {price: money_at(desk, list(legs.values()), orders, price) for price in ("best", "likely", "worst")}
    likely = prices["likely"]
    return {
        "trade": number,
        "first_fill": fills[0]["second"],
        "last_fill": fills[-1]["second"],
        "orders": orders,
        "gross": likely["gross"],
        "charges": likely["charges"],
        "net": likely["net"],
        "net_flat5": likely["gross"] - 5_00,
        "net_best": prices["best"]["net"],
        "net_worst": prices["worst"]["net"],
        **life_of(desk, fills, sum(leg.leftover for leg in legs.values())),
        "legs": [told(leg) for leg in legs.values()],
    }


def told(leg: Leg) -> dict:
    return {
        "contract": leg.contract,
        "side": leg.side,
        "units": leg.entry_units,
        "entry_value": leg.bought if leg.side == "buy" else leg.sold,
        "exit_value": leg.sold if leg.side == "buy" else leg.bought,
        "held": leg.held,
        "leftover": leg.leftover,
        "end": leg.end,
        "gross": leg.sold - leg.bought + leg.leftover,
    }


# what is still held


def close_leftover(desk: Desk, leg: Leg) -> None:
    day, contract, units = desk.day, desk.contracts[leg.contract], abs(leg.held)
    settlement = settlement_value(day) if contract.expiry == day.date else None
    if settlement is not None:
        distance = settlement - contract.strike * 100
        value = max(0, distance if contract.kind == "CE" else -distance) * units
        leg.end, leg.counts = "settled", value > 0
        leg.exercised = value if leg.held > 0 else 0
    else:
        value = marked(desk, leg, units)
        leg.end, leg.counts = "unclosed", True
    leg.leftover = value if leg.held > 0 else -value


def marked(desk: Desk, leg: Leg, units: int) -> int:
    """The last usable walk to close, or the entry's value without one, and two slips against us."""
    contract, side = desk.contracts[leg.contract], "sell" if leg.held > 0 else "buy"
    last = None
    for moment in desk.rows[leg.contract]:
        ends_its_second = desk.last_of_its_second(leg.contract, moment.index)
        if ends_its_second and side in desk.sides_served(moment.row):
            last = moment.row
    if last is None:
        value = -(-(leg.bought if leg.held > 0 else leg.sold) * units // leg.entry_units)
    else:
        value = walk_to_the_end(other_side(last, side), units)
    slips = 2 * slip(desk.day, contract, desk.day.last, desk.terms.max_quote_age) * units
    return max(0, value - slips if side == "sell" else value + slips)


# money


def money_at(desk: Desk, legs: list[Leg], orders: int, price: str) -> dict[str, int]:
    sold = bought = aside = exercised = 0
    for leg in legs:
        contract = desk.contracts[leg.contract]
        for one in fills_together(leg.fills):
            value = band_of(desk, contract, leg.contract, one)[price]
            if one[0]["side"] == "sell":
                sold += value
            else:
                bought += value
        if leg.end == "unclosed":
            sold += max(0, leg.leftover)
            bought += max(0, -leg.leftover)
        else:
            aside += leg.leftover
            exercised += leg.exercised
    gross = sold - bought + aside
    cost = charges(desk.day.date, sold, bought, orders, desk.terms.brokerage, exercised)
    return {"gross": gross, "charges": cost, "net": gross - cost}


def fills_together(lines: list[Event]) -> list[list[Event]]:
    """What one order took for one trade in one second from one row."""
    found: dict[tuple[int, int, int], list[Event]] = {}
    for line in lines:
        found.setdefault((line["order"], line["second"], line["row"]), []).append(line)
    return list(found.values())


def band_of(desk: Desk, contract: Contract, number: int, lines: list[Event]) -> dict[str, int]:
    row, side = desk.rows[number][lines[0]["row"]].row, lines[0]["side"]
    quantity = sum(line["units"] for line in lines)
    value = sum(line["units"] * line["price"] for line in lines)
    fill = {"row": row, "quantity": quantity, "value": value, "second": lines[0]["second"]}
    if lines[0]["reason"] == "taken":
        return repriced(desk.day, contract, side, fill, desk.terms.max_quote_age)
    walks = [value, walk_to_the_end(other_side(row, side), quantity)]
    later = next_good_row(desk.day, contract, row.second)
    if later:
        walks.append(walk_to_the_end(other_side(later, side), quantity))
    slips = (1 if later else 2) * quantity * slip(desk.day, contract, fill["second"], desk.terms.max_quote_age)
    worst = max(walks) + slips if side == "buy" else max(min(walks) - slips, TICK * quantity)
    return {"best": value, "likely": value, "worst": worst}


def life_of(desk: Desk, lines: list[Event], ended: int) -> dict:
    """What a trade went through; docs/engine.md, "A trade's life"."""
    decided = {line["order"]: line["second"] for line in reversed(desk.log) if line["event"] == "sent"}
    fills = [
        {
            "second": line["second"], "leg": line["contract"], "side": line["side"], "units": line["units"],
            "value": line["units"] * line["price"], "decided": decided[line["order"]],
        }
        for line in lines
    ]  # fmt: skip
    return life(desk.day, desk.contracts, fills, ended, desk.terms.max_quote_age)
