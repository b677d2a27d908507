"""The guard against each fault of earlier work (specs/lessons.md): what is taken away, and the test that sees it.

A guard is named by its lesson. `old` stands once in its module; with `new` in its place the fault is back.
`engine.mutations.unguarded` takes each away in turn.
"""

from dataclasses import dataclass
from pathlib import Path

from engine.mutations.plant import PACKAGE

FIRST, PRICES, ENGINE = (f"tests/honesty/test_lessons{name}.py" for name in ("", "_prices", "_engine"))


@dataclass(frozen=True)
class Guard:
    """What keeps one fault away: replacements of text in modules below the package, and the test's name in a file."""

    lesson: str
    test: str
    edits: tuple[tuple[str, str, str], ...]

    def texts(self) -> dict[Path, str]:
        """Each module's text with its guard taken away; ValueError where it no longer stands there, once."""
        found: dict[Path, str] = {}
        for module, old, new in self.edits:
            path = PACKAGE / module
            text = found.get(path, path.read_text())
            if text.count(old) != 1:
                raise ValueError(f"{self.lesson}: {module} holds {text.count(old)} times: {old}")
            found[path] = text.replace(old, new)
        return found


def guard(lesson: str, file: str, module: str, old: str, new: str, *more: tuple[str, str, str]) -> Guard:
    return Guard(lesson, f"{file}::test_{lesson.lower()}_", ((module, old, new), *more))


ORDERS, LIFE, KERNEL = (f"engine/positions/{name}.py" for name in ("orders", "life", "kernel"))
BOOK, LINES, TRADES = "engine/book.py", "engine/lines.py", "engine/trades/trades.py"
CHOOSE = "strategies/choose.py"
REFUSE, EXPIRIES = "vendor/refuse.py", "market/expiries.py"
ROWS = "lake/packing/rows.py"

CLOSING_ROW = """    row = int(book.last[made[holding.CONTRACT, at], now])
    if now < made[holding.ARRIVAL, at] or row == NO_ROW"""
CLOSED_AS_BOUGHT = (
    ORDERS,
    CLOSING_ROW,
    CLOSING_ROW.replace("at], now]", "at], made[holding.ENTRY_SECOND, at]]"),
)
AGE_OF_FILL = " or book.second[row] < made[holding.ARRIVAL, at]:\n        return False"
NO_AGE_OF_FILL = (ORDERS, AGE_OF_FILL, ":\n        return False")
LATENCY = "rule.LATENCY: program.latency,"
NO_LATENCY = ("engine/positions/arrays.py", LATENCY, "rule.LATENCY: program.latency - 1,")
LEVEL_COUNTS = "if made[holding.LEFT, at] > 0 and price[level, row] > 0 and size[level, row] > 0:"
GOOD = """        and ask_price[0, row] > bid_price[0, row]
        and bid_size[0, row] > 0
        and ask_size[0, row] > 0
"""
EVERY_SLOT = """    for number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
        line = plans.slots[number]
        if line[slot.LAZY] == 0:
            group"""
RANKED = "        below[at] = lower / (count - 1) if full and lower >= 0 and count > 1 else np.nan\n"
TAKEN_FROM = """    side = ASKS if sign > 0 else BIDS
    price, size = (book.ask_price, book.ask_size) if side == ASKS else (book.bid_price, book.bid_size)
    memory = 2 * made[holding.CONTRACT, at] + side
    value = 0
"""

GUARDS = (
    # An exit at the price of the entry's row: the premium's fall, and the loss, are never seen.
    Guard("A01", f"{FIRST}::test_a01_", (CLOSED_AS_BOUGHT, NO_AGE_OF_FILL)),
    Guard("A02", f"{PRICES}::test_a02_", (CLOSED_AS_BOUGHT, NO_AGE_OF_FILL)),
    Guard("A03", f"{FIRST}::test_a03_", (CLOSED_AS_BOUGHT, NO_AGE_OF_FILL)),
    # Wings are specified and never bought.
    guard(
        "A04", PRICES, KERNEL, EVERY_SLOT, EVERY_SLOT.replace("rules[rule.SLOT_COUNT]", "2"),
    ),
    # The index's move is added to the value of what is held.
    guard(
        "A05", PRICES, LIFE, "of_trade = cash + lines.values[whole, now]",
        "of_trade = cash + lines.values[whole, now] + 70 * (market.spot[now] - market.spot[now - 1])",
    ),
    # Decided and filled in one second, at the price that decided.
    Guard("A06", f"{PRICES}::test_a06_", (NO_LATENCY,)),
    # The log tells the best price of the row for every level.
    guard(
        "A07", PRICES, ORDERS, "level, sign, price[level, row], units,", "level, sign, price[0, row], units,",
    ),
    # A side without a quote is a quote of nothing.
    guard("A08", FIRST, BOOK, GOOD, "", (ORDERS, LEVEL_COUNTS, "if made[holding.LEFT, at] > 0:")),
    # The newest row of the tape, whose contract it may be.
    guard("A09", PRICES, ORDERS, CLOSING_ROW, CLOSING_ROW.replace("made[holding.CONTRACT, at], now", "-1, now")),
    # An exit takes the last price there was.
    Guard("A10", f"{FIRST}::test_a10_", (NO_AGE_OF_FILL,)),
    guard("A12", PRICES, ORDERS, "_FILL, at, row, level, sign", "_FILL, at, row - 1, level, sign"),
    # The nearest value of the index, be it later.
    guard(
        "B01", FIRST, "tape/book.py", "while row < second.size and second[row] <= at:",
        "while row < second.size and second[row] <= at + 1:",
    ),
    # A bar told from its beginning on.
    guard(
        "B02", PRICES, "tape/features/defined/bars.py", "out[length : length + told.size] = told",
        "out[: told.size] = told",
    ),
    guard(
        "B03", FIRST, "tape/book.py", "while row < second.size and second[row] <= at:",
        "while row < second.size and second[row] <= at + 1:",
    ),
    # A rank among what comes as well.
    guard("B04", PRICES, "tape/features/windows.py", RANKED, RANKED + "    below[:-10] = below[10:].copy()\n"),
    # Looking for the exit begins twenty seconds early.
    guard(
        "B05", PRICES, LIFE, "of_trade = cash + lines.values[whole, now]",
        "of_trade = cash + lines.values[whole, now - 20]",
    ),
    # From one signal on to a later one.
    guard(
        "B06", PRICES, KERNEL, "rules[rule.ENTRY_FLAG], min(today[START], seconds)]",
        "rules[rule.ENTRY_FLAG], min(today[START] + 120, seconds)]",
    ),
    Guard("B08", f"{PRICES}::test_b08_", (NO_LATENCY,)),
    # The best of a second raises the stop that the same second is held against.
    guard(
        "B09", PRICES, LIFE, "        # Step 2: the stop of the whole.\n",
        "        if gain != MISSING:\n            note_best(WHOLE, now, gain, plans, market, desk)\n",
    ),
    # Strikes of every expiry are one strike.
    guard("C01", FIRST, CHOOSE, "expiry = next_expiry(underlying, day)", "expiry = nearest_expiry(underlying, day)"),
    guard("C02", PRICES, CHOOSE, "expiry = nearest_expiry(underlying, day)", "expiry = next_expiry(underlying, day)"),
    # The last weekday of its name in the month, a holiday or not; the first that was ever known.
    guard("C03", PRICES, EXPIRIES, "(day + WEEK).month != day.month", "(day + WEEK).month == day.month"),
    guard("C04", PRICES, EXPIRIES, "bisect_left(days, day) + place", "bisect_left(days, day) + place - 1"),
    guard("C05", PRICES, EXPIRIES, "pairs = ((day, _shifted(day)) for", "pairs = ((day, day) for"),
    # A strike only of what has a fresh row, which 59,400 has not there.
    guard(
        "C06", FIRST, "strategies/fired.py", "np.flatnonzero(np.array(listed) <= first)",
        "np.flatnonzero((np.array(listed) <= first) & (np.array(strikes) != 59_400))",
    ),
    guard("C07", FIRST, "strategies/pairs.py", "    return above, below\n", "    return above, above\n"),
    guard(
        "C08", PRICES, "engine/leftover.py", 'day.expiry[number] == np.datetime64(day.day, "D")',
        "day.day.weekday() == 1",
    ),
    # The strike of the second in which the order fills.
    guard("C09", FIRST, "strategies/at_once.py", "    return found\n", "    return np.append(found[1:], found[-1:])\n"),
    guard("C10", PRICES, CHOOSE, "if why := self._why_not_today(variant, expiry):", "if why := None:"),
    guard("C11", PRICES, REFUSE, "trading = [known and is_session(day) for", "trading = [True for"),
    # Every difference of the volume is a trade; any step down and up again as well.
    guard(
        "D02", PRICES, ROWS, "highest = np.maximum.accumulate(volume)", "highest = volume"
    ),
    guard(
        "D03", PRICES, ROWS, "delta = np.diff(highest, prepend=highest[:1])",
        "delta = np.abs(np.diff(volume, prepend=volume[:1]))",
    ),
    guard("D04", FIRST, REFUSE, "(day_of_row < _YEAR_2000_DAY) & told", "(day_of_row < 0) & told"),
    guard("D06", FIRST, "vendor/values.py", "INDIA_AHEAD = 19_800 * 10**9", "INDIA_AHEAD = 0"),
    # A second without a row has a quote all the same.
    guard("D08", PRICES, LINES, "            line[at] = MISSING\n", "            line[at] = 0\n"),
    guard(
        "D09", PRICES, REFUSE, "outside &= (second < opening[place]) | (second > closing[place])",
        "outside &= (second < opening[place] - 600) | (second > closing[place] + 600)",
    ),
    guard("D12", PRICES, ROWS, "order = np.lexsort((source, volume, stamps))", "order = np.arange(len(stamps))"),
    guard("D13", PRICES, "lake/layout.py", 'kind / underlying / f"{day}.parquet"', 'kind / f"{day}.parquet"'),
    guard("E01", ENGINE, KERNEL, " or today[TRADES_TODAY] >= rules[rule.TIMES]:", ":"),
    # Stored from other prices than those that were logged.
    guard("E01b", ENGINE, TRADES, "= sold - bought + end_value", "= sold - bought + end_value + 35"),
    guard("E01c", ENGINE, TRADES, 'plan("flat5").per_trade_paise', 'plan("flat5").per_trade_paise * 35'),
    guard("E02", ENGINE, CHOOSE, "true[first:last] = True", "true[first : last + 1] = True"),
    guard(
        "E03", ENGINE, KERNEL, "desk.trade[START] = max(free, decided + 1)", "desk.trade[START] = decided + 1",
        (KERNEL, "    today[START] = max(today[START], today[CLOSED_AT] + rules[rule.AFTER])\n", ""),
    ),
    guard("E04", ENGINE, "engine/trades/lived.py", "lots = -(held[one] // leg_lot[one])", "lots = 1"),
    guard("E05", ENGINE, "engine/positions/walk.py", "[ROWS_WRITTEN] > room:", "[ROWS_WRITTEN] > 2**40:"),
    Guard("E06", f"{ENGINE}::test_e06_", (NO_LATENCY,)),
    # Sold at the ask, bought at the bid.
    guard("E07", ENGINE, ORDERS, TAKEN_FROM, TAKEN_FROM.replace("sign > 0 else", "sign < 0 else")),
    guard("E08", ENGINE, LINES, "value = 2 * sign * walked", "value = 2 * sign * units * last_price[row]"),
    guard(
        "E09", ENGINE, "engine/positions/arrays.py", "flags.append(condition.by_contract[number])",
        "flags.append(np.logical_or.reduce(list(condition.by_contract.values())))",
    ),
    # Only the leg that was opened last counts.
    guard("E11", ENGINE, "engine/trades/told.py", "np.add.at(sums, place, values)", "sums[place] = values"),
    guard(
        "E13", ENGINE, "engine/positions/closing.py",
        "    if follows == then.NOTHING:\n        return\n    if follows == then.CLOSE_ALL:",
        "    if follows == then.NOTHING or follows == then.CLOSE_ALL:",
    ),
    guard(
        "E14", PRICES, "strategies/conditions/evaluate.py", "found[np.isnan(left) | np.isnan(right)] = UNKNOWN",
        "found[np.isnan(left) | np.isnan(right)] = TRUE",
    ),
    guard("E15", ENGINE, CHOOSE, '(1 if leg.kind == "with" else -1)', '(-1 if leg.kind == "with" else 1)'),
    # A target stands, so the trail does not count.
    guard(
        "E16", ENGINE, "engine/positions/guards.py", "    if subjects[holding.FLOOR, at] > lowest and",
        "    if subjects[holding.TARGET_AT, at] == MISSING and subjects[holding.FLOOR, at] > lowest and",
    ),
    guard(
        "E17", ENGINE, "engine/positions/watching.py",
        "return bool(line[guard.HOLD] > 0 and since >= line[guard.HOLD])", "return False",
    ),
    # Filled where it stands; an exit takes more than there is.
    guard(
        "E18", ENGINE, "engine/desk/rows.py", "_market(desk, order, second, row, one[PRICE])",
        "_market(desk, order, second, row, one[SIDE] * _ANY_PRICE)",
    ),
    guard("E19", ENGINE, "engine/trades/legs.py", "for at in np.flatnonzero(left).tolist():", "for at in ():"),
    guard("E22", ENGINE, "strategies/rules.py", '.millionths * 100)', '.millionths * 50)'),
    guard("E23", ENGINE, "engine/positions/watching.py", " or since < line[guard.MIN_HOLD]:", ":"),
    # The two engines read one rule apart.
    guard("E24", ENGINE, LINES, "value = 2 * sign * walked", "value = 2 * sign * walked - 100 * units"),
    guard("F01", ENGINE, TRADES, "gross[name] - charges[name] for", "gross[name] - charges[name] * 35 for"),
    guard("F08", ENGINE, ORDERS, "made[holding.STATE, at] = state.MISSED", "made[holding.STATE, at] = state.OPEN"),
)  # fmt: skip
"""In the order of the lessons."""
