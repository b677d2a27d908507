"""Charges, lots, margin and the band of the reference, in exact fractions of a paisa.

Rates: NSE, SEBI, the Finance Acts and the Indian Stamp Act, as collected in the project's facts on charges (options);
the circular of each rate stands beside it. Lot sizes: NSE/FAOP/67372, NSE/FAOP/70616 and the circulars before them.
"""

import datetime as dt
from fractions import Fraction

from reference.rows import Contract, Day, Row

D = dt.date
TICK = 5
STRIKE_STEP = {"BANKNIFTY": 100, "NIFTY": 50}  # rupees
FLAT_MARGIN = {"BANKNIFTY": 250_000_00, "NIFTY": 175_000_00}  # paise a short pair and lot, the user's own table

# component: [(first day of the rate, rate on the sales, rate on the purchases)]
RATES: dict[str, list[tuple[dt.date, str, str]]] = {
    "stt": [
        (D(2019, 1, 1), "0.0005", "0"),  # Finance Act 2016
        (D(2023, 4, 1), "0.000625", "0"),  # Finance Act 2023
        (D(2024, 10, 1), "0.001", "0"),  # Finance (No. 2) Act 2024
        (D(2026, 4, 1), "0.0015", "0"),  # NSE/FATAX/73524
    ],
    "exchange": [
        (D(2019, 1, 1), "0.0005", "0.0005"),  # top slab
        (D(2021, 1, 1), "0.00053", "0.00053"),  # NSE/FA/46730
        (D(2023, 4, 1), "0.0005", "0.0005"),  # NSE/FA/56129
        (D(2024, 4, 1), "0.000495", "0.000495"),  # NSE/FA/61137
        (D(2024, 10, 1), "0.0003503", "0.0003503"),  # NSE/FA/64232
        (D(2026, 3, 1), "0.000355299", "0.000355299"),  # NSE/FA/73061
    ],
    "ipft": [
        (D(2019, 1, 1), "0.000000001", "0.000000001"),
        (D(2023, 4, 1), "0.000005", "0.000005"),  # NSE/FA/56129
        (D(2026, 3, 1), "0.000000001", "0.000000001"),  # NSE/FA/73061
    ],
    "sebi": [
        (D(2019, 1, 1), "0.0000015", "0.0000015"),
        (D(2019, 4, 1), "0.000001", "0.000001"),
        (D(2020, 6, 1), "0.0000005", "0.0000005"),
        (D(2021, 4, 1), "0.000001", "0.000001"),
    ],
    "stamp": [
        (D(2019, 1, 1), "0.00002", "0.00002"),  # state laws
        (D(2020, 7, 1), "0", "0.00003"),  # Indian Stamp Act
    ],
}
EXERCISE_STT = [
    (D(2019, 9, 1), "0.00125"),  # on intrinsic value; BSE notice 20190823-28
    (D(2026, 4, 1), "0.0015"),  # NSE/FATAX/73524
]
GST = Fraction(18, 100)
BROKERAGE = {"zero": 0, "flat20": 20_00}

# (underlying, kind of expiry is monthly): [(first expiry of the lot, lot)]
LOTS = {
    ("BANKNIFTY", True): [
        (D(2019, 1, 1), 20),
        (D(2020, 7, 30), 25),
        (D(2023, 7, 27), 15),
        (D(2025, 2, 27), 30),
        (D(2025, 7, 31), 35),
        (D(2026, 1, 27), 30),
    ],
    ("NIFTY", True): [
        (D(2019, 1, 1), 75),
        (D(2021, 7, 29), 50),
        (D(2024, 5, 2), 25),
        (D(2025, 2, 27), 75),
        (D(2026, 1, 27), 65),
    ],
    ("NIFTY", False): [
        (D(2019, 1, 1), 75),
        (D(2021, 8, 5), 50),
        (D(2024, 5, 2), 25),
        (D(2025, 1, 2), 75),
        (D(2026, 1, 6), 65),
    ],
}


def rate_on(table: list, day: dt.date) -> tuple:
    return [row for row in table if row[0] <= day][-1]


def lot_size(contract: Contract, monthly: bool = True) -> int:
    return rate_on(LOTS[contract.underlying, monthly], contract.expiry)[1]


def half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def components(day: dt.date, sold: int, bought: int, orders: int, plan: str, exercised: int = 0) -> dict[str, Fraction]:
    """Charges in paise, unrounded. `exercised` is the settlement value of bought legs that ended in the money."""
    found = {"brokerage": Fraction(orders * BROKERAGE[plan])}
    for name, table in RATES.items():
        _, on_sales, on_purchases = rate_on(table, day)
        found[name] = Fraction(on_sales) * sold + Fraction(on_purchases) * bought
    if exercised:
        found["stt"] += Fraction(rate_on(EXERCISE_STT, day)[1]) * exercised
    found["gst"] = GST * (found["brokerage"] + found["exchange"] + found["sebi"] + found["ipft"])
    return found


def charges(day: dt.date, sold: int, bought: int, orders: int, plan: str, exercised: int = 0) -> int:
    """Total in paise, rounded half up once."""
    if plan == "flat5":
        return 5_00
    return half_up(sum(components(day, sold, bought, orders, plan, exercised).values(), Fraction(0)))


def walk(levels: tuple[tuple[int, int], ...], quantity: int) -> tuple[int, int, int]:
    """(value of what was found, units left over, price of the last level that counts)."""
    value, left, last_price = 0, quantity, 0
    for price, size in levels:
        if price > 0 and size > 0:
            last_price = price
            part = min(size, left)
            value += part * price
            left -= part
    return value, left, last_price


def walk_to_the_end(levels: tuple[tuple[int, int], ...], quantity: int) -> int:
    """The value of the whole quantity: units beyond the five levels at the last level."""
    value, left, last_price = walk(levels, quantity)
    return value + left * last_price


def usable(row: Row | None, second: int, max_quote_age: int) -> bool:
    return row is not None and row.good and second - row.second <= max_quote_age


def parity_forward_doubled(day: Day, expiry: dt.date, second: int, max_quote_age: int) -> int | None:
    """2 × (K + C − P) in paise, of the pair with the smallest |C − P| in mids; a tie goes to the lower strike."""
    kinds: dict[int, set[str]] = {}
    for contract in day.contracts():
        if contract.expiry == expiry:
            kinds.setdefault(contract.strike, set()).add(contract.kind)
    best = None
    for strike in sorted(kinds):
        if kinds[strike] != {"CE", "PE"}:
            continue
        call = day.newest(Contract(day.underlying, expiry, "CE", strike))[second]
        put = day.newest(Contract(day.underlying, expiry, "PE", strike))[second]
        if usable(call, second, max_quote_age) and usable(put, second, max_quote_age):
            difference = call.bids[0][0] + call.asks[0][0] - put.bids[0][0] - put.asks[0][0]
            if best is None or abs(difference) < best[0]:
                best = (abs(difference), 2 * strike * 100 + difference)
    return None if best is None else best[1]


def slip(day: Day, contract: Contract, second: int, max_quote_age: int) -> int:
    """Paise a unit: 15 within one strike step of the at-the-money strike of that second, else 30."""
    spot = day.spot_at(second)
    doubled = 2 * spot if spot is not None else parity_forward_doubled(day, contract.expiry, second, max_quote_age)
    if doubled is None:
        return 30
    step = STRIKE_STEP[contract.underlying] * 100
    below = doubled // (2 * step) * step
    at_the_money = below if doubled - 2 * below <= 2 * (below + step) - doubled else below + step
    return 15 if abs(contract.strike * 100 - at_the_money) <= step else 30


def next_good_row(day: Day, contract: Contract, second: int) -> Row | None:
    """The last row of the first later second whose last row is a good quote."""
    newest = day.newest(contract)
    for later in range(second + 1, day.last + 1):
        row = newest[later]
        if row is not None and row.second == later and row.good:
            return row
    return None


def repriced(day: Day, contract: Contract, side: str, fill: dict, max_quote_age: int) -> dict[str, int]:
    """One fill's value at its best, as it was, and at its worst. `side` is that of the order."""
    row, quantity, value = fill["row"], fill["quantity"], fill["value"]
    a_slip = slip(day, contract, fill["second"], max_quote_age) * quantity
    later = next_good_row(day, contract, row.second)
    slips = a_slip if later else 2 * a_slip
    if side == "sell":
        poorer = min(value, walk_to_the_end(later.bids, quantity)) if later else value
        return {
            "best": quantity * row.bids[0][0],
            "likely": value,
            "worst": max(poorer - slips, TICK * quantity),
        }
    poorer = max(value, walk_to_the_end(later.asks, quantity)) if later else value
    return {"best": quantity * row.asks[0][0], "likely": value, "worst": poorer + slips}
