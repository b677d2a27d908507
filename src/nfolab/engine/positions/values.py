"""Lines of value, built when first asked for, and sums of them."""

from nfolab.base.compiled import inner
from nfolab.engine.lines import MISSING, close_line
from nfolab.engine.positions.columns import holding, state
from nfolab.engine.positions.tables import (
    BLOCK,
    FULL,
    HOLDINGS,
    MOST_HOLDINGS,
    OF_PART,
    RAN_OUT,
    TOTALS,
    Desk,
    Lines,
)
from nfolab.tape.book import Book


@inner
def note_blocks(row: int, lines: Lines) -> None:
    """Note the least and the greatest value of each block of a line."""
    seconds = lines.values.shape[1]
    for block in range(lines.low.shape[1]):
        low, high = MISSING, -MISSING
        for at in range(block * BLOCK, min(seconds, (block + 1) * BLOCK)):
            value = lines.values[row, at]
            if value != MISSING:
                low = min(low, value)
                high = max(high, value)
        lines.low[row, block] = low
        lines.high[row, block] = high
    lines.ready[row] = 1


@inner
def line_of(key: int, contract: int, book: Book, lines: Lines, desk: Desk) -> int:
    """Return the row of what closing a holding of `key` in a contract brings."""
    row: int = key * book.last.shape[0] + contract
    if lines.ready[row] == 0:
        asked = lines.keys[key]
        ran_out = close_line(
            contract, asked[0], asked[1], asked[2], asked[3], book.second, book.last, book.bid_price,
            book.bid_size, book.ask_price, book.ask_size, book.last_price, lines.values[row],
        )  # fmt: skip
        if ran_out:
            desk.counters[RAN_OUT] = 1
        note_blocks(row, lines)
    return row


@inner
def part_line(key: int, contract: int, units: int, book: Book, lines: Lines, desk: Desk) -> int:
    """Return the row of what closing `units` of a holding of `key` brings; −1 where there is no room for it."""
    asked = lines.keys[key]
    if units == asked[1]:
        known: int = line_of(key, contract, book, lines, desk)
        return known
    first = lines.keys.shape[0] * book.last.shape[0]
    used = desk.counters[TOTALS]
    for total in range(used):
        told = lines.members[total]
        if told[MOST_HOLDINGS] == OF_PART and told[0] == contract and told[1] == key and told[2] == units:
            there: int = first + total
            return there
    if used == lines.members.shape[0]:
        desk.counters[FULL] = 1
        return -1
    desk.counters[TOTALS] = used + 1
    row: int = first + used
    lines.members[used, MOST_HOLDINGS] = OF_PART
    lines.members[used, 0] = contract
    lines.members[used, 1] = key
    lines.members[used, 2] = units
    ran_out = close_line(
        contract, asked[0], units, asked[2], asked[3], book.second, book.last, book.bid_price,
        book.bid_size, book.ask_price, book.ask_size, book.last_price, lines.values[row],
    )  # fmt: skip
    if ran_out:
        desk.counters[RAN_OUT] = 1
    note_blocks(row, lines)
    return row


@inner
def whole_line(book: Book, lines: Lines, desk: Desk) -> int:
    """Return the row of what closing all open holdings brings; −1 where none is open or there is no room for a sum."""
    subjects = desk.subjects
    count = 0
    only = -1
    for at in range(desk.counters[HOLDINGS]):
        if subjects[holding.STATE, at] == state.OPEN:
            only = subjects[holding.LINE, at]
            count += 1
    if count <= 1:
        return only
    first = lines.keys.shape[0] * book.last.shape[0]
    used = desk.counters[TOTALS]
    for total in range(used):
        if lines.members[total, MOST_HOLDINGS] == count and is_sum_of_open(total, lines, desk):
            known: int = first + total
            return known
    if used == lines.members.shape[0]:
        desk.counters[FULL] = 1
        return -1
    row: int = first + used
    desk.counters[TOTALS] = used + 1
    place = 0
    for at in range(desk.counters[HOLDINGS]):
        if subjects[holding.STATE, at] == state.OPEN:
            member = subjects[holding.LINE, at]
            lines.members[used, place] = member
            for second in range(lines.values.shape[1]):
                value = lines.values[member, second]
                if place == 0 or value == MISSING:
                    lines.values[row, second] = value
                elif lines.values[row, second] != MISSING:
                    lines.values[row, second] += value
            place += 1
    lines.members[used, MOST_HOLDINGS] = count
    note_blocks(row, lines)
    return row


@inner
def is_sum_of_open(total: int, lines: Lines, desk: Desk) -> bool:
    """Tell whether a total adds just the lines of the open holdings, in their order."""
    place = 0
    for at in range(desk.counters[HOLDINGS]):
        if desk.subjects[holding.STATE, at] == state.OPEN:
            if lines.members[total, place] != desk.subjects[holding.LINE, at]:
                return False
            place += 1
    return True
