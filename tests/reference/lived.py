"""What a trade went through, second by second: extremes, time, greatest margin, and what candles would have told.

docs/engine.md, "A trade's life". Fills are dicts of `second`, `leg`, `side`, `units`, `value` and `decided`, in order
of time; what a leg trades is told by a list of contracts.
"""

from collections.abc import Mapping, Sequence

from reference.money import FLAT_MARGIN, lot_size, usable, walk
from reference.rows import Contract, Day, Row

Fill = Mapping[str, int | str]


def signed(fill: Fill) -> int:
    return fill["units"] if fill["side"] == "buy" else -fill["units"]


def cash_of(fill: Fill) -> int:
    return -fill["value"] if fill["side"] == "buy" else fill["value"]


def closing_value(row: Row | None, second: int, held: int, max_quote_age: int) -> int | None:
    """Cash that closing what one leg holds would bring at a second, None where it has no value."""
    if not usable(row, second, max_quote_age):
        return None
    value, left, _ = walk(row.bids if held > 0 else row.asks, abs(held))
    if left:
        return None
    return value if held > 0 else -value


def extremes(day: Day, contracts: Sequence[Contract], fills: Sequence[Fill], max_quote_age: int) -> dict[str, int]:
    """Most gain, most loss and seconds held."""
    due = list(fills)
    held = dict.fromkeys(range(len(contracts)), 0)
    seen: dict[tuple[int, int, int], int | None] = {}
    cash = seconds = 0
    brought: list[int] = []
    for second in range(due[0]["second"], day.last + 1):
        while due and due[0]["second"] == second:
            fill = due.pop(0)
            held[fill["leg"]] += signed(fill)
            cash += cash_of(fill)
        open_legs = {leg: units for leg, units in held.items() if units}
        if not open_legs:
            if not due:
                break
            continue
        seconds += 1
        total = cash
        for leg, units in open_legs.items():
            row = day.newest(contracts[leg])[second]
            value = None
            if row is not None and second - row.second <= max_quote_age:
                known = (leg, units, id(row))
                if known not in seen:
                    seen[known] = closing_value(row, row.second, units, max_quote_age)
                value = seen[known]
            if value is None:
                break
            total += value
        else:
            brought.append(total)
    if not any(held.values()) or not brought:
        brought.append(cash)
    return {"most_gain": max(0, *brought), "most_loss": min(0, *brought), "seconds_held": seconds}


def peak_margin(underlying: str, contracts: Sequence[Contract], fills: Sequence[Fill]) -> int:
    """The greatest flat margin over the fills, or the most that was paid out by a trade that was never short."""
    held = dict.fromkeys(range(len(contracts)), 0)
    short_lots = paid = most_paid = 0
    for fill in fills:
        held[fill["leg"]] += signed(fill)
        paid -= cash_of(fill)
        most_paid = max(most_paid, paid)
        for kind in ("CE", "PE"):
            lots = 0
            for leg, units in held.items():
                if contracts[leg].kind == kind and units < 0:
                    lots += -(units // lot_size(contracts[leg]))
            short_lots = max(short_lots, lots)
    return FLAT_MARGIN[underlying] * short_lots if short_lots else most_paid


def minute_close(day: Day, contracts: Sequence[Contract], fills: Sequence[Fill], ended: int) -> int | None:
    """Gross by the last prices of the minutes in which orders were decided; `ended` is what the leftover brought."""
    total = ended
    for fill in fills:
        end_of_minute = min(fill["decided"] - fill["decided"] % 60 + 59, day.last)
        row = day.newest(contracts[fill["leg"]])[end_of_minute]
        if row is None or row.last <= 0:
            return None
        total -= signed(fill) * row.last
    return total


def life(
    day: Day, contracts: Sequence[Contract], fills: Sequence[Fill], ended: int, max_quote_age: int
) -> dict[str, int | None]:
    return {
        **extremes(day, contracts, fills, max_quote_age),
        "margin": peak_margin(day.underlying, contracts, fills),
        "minute_close": minute_close(day, contracts, fills, ended),
    }
