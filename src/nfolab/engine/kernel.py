"""The kernel: walks the seconds of a day for every program of a batch. One compiled function serves every recipe.

The rules are those of docs/engine.md; each block below names the step it carries out.
"""

from nfolab.base.compiled import compiled
from nfolab.engine.book import ASKS, BIDS, is_good, recall
from nfolab.engine.codes import Event, Field, Measure, Reason, Rule
from nfolab.engine.lines import MISSING
from nfolab.tape.book import NO_ROW, Int32Array, Int64Array

# Numba reads plain integers from globals faster than members of an enumeration.
_DECISION, _ORDER, _FILL = int(Event.DECISION), int(Event.ORDER), int(Event.FILL)
_MISSED, _SKIPPED, _FIRED, _UNCLOSED = int(Event.MISSED), int(Event.SKIPPED), int(Event.FIRED), int(Event.UNCLOSED)
_NONE, _STOP, _LEG_STOP, _TARGET, _TIME = (
    int(reason) for reason in (Reason.NONE, Reason.STOP, Reason.LEG_STOP, Reason.TARGET, Reason.TIME)
)
_NO_ROW, _NO_NEW_ROW, _BAD_QUOTE, _THIN_BOOK = (
    int(reason) for reason in (Reason.NO_ROW, Reason.NO_NEW_ROW, Reason.BAD_QUOTE, Reason.THIN_BOOK)
)
_OFF, _PAISE = int(Measure.OFF), int(Measure.PAISE)
_LATENCY, _ENTRY_WAIT, _EXIT_SECOND = int(Rule.LATENCY), int(Rule.ENTRY_WAIT), int(Rule.EXIT_SECOND)
_STOP_MEASURE, _STOP_VALUE = int(Rule.STOP_MEASURE), int(Rule.STOP_VALUE)
_TARGET_MEASURE, _TARGET_VALUE = int(Rule.TARGET_MEASURE), int(Rule.TARGET_VALUE)
_LEG_STOP_MEASURE, _LEG_STOP_VALUE = int(Rule.LEG_STOP_MEASURE), int(Rule.LEG_STOP_VALUE)
_REASON = int(Field.REASON)
_MILLION = 1_000_000
_NEVER = -(2**62)

_OPEN, _CLOSING, _CLOSED = 0, 1, 2


@compiled
def record(
    log: Int64Array,
    at: int,
    program: int,
    entry: int,
    second: int,
    event: int,
    leg: int,
    contract: int,
    row: int,
    level: int,
    side: int,
    price: int,
    quantity: int,
    displayed: int,
    observed: int,
    threshold: int,
    reason: int,
) -> int:
    """Write one line of the log where there is room, and return the next place; the columns are those of `Field`."""
    if at < log.shape[0]:
        line = log[at]
        line[0] = program
        line[1] = entry
        line[2] = second
        line[3] = event
        line[4] = leg
        line[5] = contract
        line[6] = row
        line[7] = level
        line[8] = side
        line[9] = price
        line[10] = quantity
        line[11] = displayed
        line[12] = observed
        line[13] = threshold
        line[14] = reason
    return at + 1


@compiled
def level_of(measure: int, value: int, base: int) -> int:
    """Return a threshold in half-paise: `value` paise, or the least that is not below value millionths of `base`."""
    if measure == _PAISE:
        return 2 * value
    return -((-value * base) // _MILLION)


@compiled
def walk_programs(
    second: Int32Array,
    last: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    entry_start: Int32Array,
    rules: Int64Array,
    entry_second: Int32Array,
    leg_count: Int32Array,
    leg_contract: Int32Array,
    leg_sign: Int32Array,
    leg_units: Int64Array,
    leg_line: Int32Array,
    total_line: Int32Array,
    lines: Int64Array,
    totals: Int64Array,
    seen_row: Int64Array,
    taken: Int64Array,
    legs: Int64Array,
    scratch: Int64Array,
    log: Int64Array,
) -> tuple[int, bool]:
    """Walk every program of a batch over one tape.

    Args:
        second: int32 [rows], and the arrays of the book as in `Book`; likewise the next five.
        last: int32 [contracts, seconds].
        bid_price: int32 [levels, rows]; likewise the three after it.
        bid_size: see above.
        ask_price: see above.
        ask_size: see above.
        entry_start: int32 [programs + 1], where each program's entries begin.
        rules: int64 [programs, rules], columns of `Rule`.
        entry_second: int32 [entries], rising within a program.
        leg_count: int32 [entries].
        leg_contract: int32 [entries, most legs], number within the tape.
        leg_sign: int32 [entries, most legs], +1 bought, −1 sold.
        leg_units: int64 [entries, most legs].
        leg_line: int32 [entries, most legs], line of each leg's cash to close.
        total_line: int32 [entries], line of `totals`.
        lines: int64 [lines, seconds], half-paise, MISSING where there is no value (see `close_line`).
        totals: int64 [totals, seconds], sums of lines.
        seen_row: int64 [2 × contracts], scratch.
        taken: int64 [2 × contracts, 5], scratch.
        legs: int64 [6, most legs], scratch.
        scratch: int64 [5], scratch.
        log: int64 [room, fields], written.

    Returns:
        How many lines the log needs (more than its room: make room and walk again), and whether the levels that were
        loaded ran out, so that the walk must be made again with all five.
    """
    end = last.shape[1] - 1
    levels = bid_price.shape[0]
    state, left, entry_value = legs[0], legs[1], legs[2]
    order_second, order_reason, stop_at = legs[3], legs[4], legs[5]
    at = 0
    ran_out = False
    for program in range(entry_start.size - 1):
        latency = rules[program, _LATENCY]
        exit_second = rules[program, _EXIT_SECOND]
        busy_until = -1
        taken[:] = 0
        for entry in range(entry_start[program], entry_start[program + 1]):
            decided = entry_second[entry]
            count = leg_count[entry]
            if decided <= busy_until:
                at = record(log, at, program, entry, decided, _SKIPPED, -1, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _NONE)
                continue
            for leg in range(count):
                contract = leg_contract[entry, leg]
                at = record(
                    log, at, program, entry, decided, _DECISION, leg, contract, last[contract, decided], -1,
                    leg_sign[entry, leg], 0, leg_units[entry, leg], 0, 0, 0, _NONE,
                )  # fmt: skip

            # Entry, step 4: the first second in which every leg is served and held.
            arrival = decided + latency
            filled = -1
            cause = _NO_ROW
            culprit = 0
            culprit_row = NO_ROW
            for now in range(arrival, min(arrival + rules[program, _ENTRY_WAIT], end) + 1):
                cause = _NONE
                for leg in range(count):
                    contract = leg_contract[entry, leg]
                    row = last[contract, now]
                    if row == NO_ROW:
                        cause = _NO_ROW
                    elif second[row] < arrival:
                        cause = _NO_NEW_ROW
                    elif not is_good(row, bid_price, bid_size, ask_price, ask_size):
                        cause = _BAD_QUOTE
                    else:
                        side = ASKS if leg_sign[entry, leg] > 0 else BIDS
                        price, size = (ask_price, ask_size) if side == ASKS else (bid_price, bid_size)
                        memory = 2 * contract + side
                        live = recall(
                            memory, row, second, bid_price, bid_size, ask_price, ask_size, price, size,
                            seen_row, taken, scratch,
                        )  # fmt: skip
                        held = 0
                        for level in range(levels):
                            if price[level, row] > 0 and size[level, row] > 0:
                                held += size[level, row] - taken[memory, level]
                        wanted = 0
                        for other in range(leg + 1):
                            same_side = leg_sign[entry, other] == leg_sign[entry, leg]
                            if same_side and leg_contract[entry, other] == contract:
                                wanted += leg_units[entry, other]
                        if held < wanted:
                            cause = _THIN_BOOK
                            ran_out = True
                        elif live:
                            ran_out = True
                    if cause != _NONE:
                        culprit = leg
                        culprit_row = row
                        break
                if cause == _NONE:
                    filled = now
                    break
            if filled < 0:
                at = record(
                    log, at, program, entry, min(arrival + rules[program, _ENTRY_WAIT], end), _MISSED, culprit,
                    leg_contract[entry, culprit], culprit_row, -1, leg_sign[entry, culprit], 0,
                    leg_units[entry, culprit], 0, 0, 0, cause,
                )  # fmt: skip
                busy_until = min(arrival + rules[program, _ENTRY_WAIT], end) - 1
                continue

            cash = 0  # half-paise: what the entry brought, below zero if it cost
            for leg in range(count):
                contract = leg_contract[entry, leg]
                sign = leg_sign[entry, leg]
                side = ASKS if sign > 0 else BIDS
                price, size = (ask_price, ask_size) if side == ASKS else (bid_price, bid_size)
                memory = 2 * contract + side
                row = last[contract, filled]
                wanted = leg_units[entry, leg]
                value = 0
                for level in range(levels):
                    if wanted > 0 and price[level, row] > 0 and size[level, row] > 0:
                        units = min(wanted, size[level, row] - taken[memory, level])
                        if units > 0:
                            wanted -= units
                            value += units * price[level, row]
                            taken[memory, level] += units
                            at = record(
                                log, at, program, entry, filled, _FILL, leg, contract, row, level, sign,
                                price[level, row], units, size[level, row], 0, 0, _NONE,
                            )  # fmt: skip
                cash -= 2 * sign * value
                state[leg] = _OPEN
                left[leg] = leg_units[entry, leg]
                entry_value[leg] = value
            premium = abs(cash)
            stop_measure = rules[program, _STOP_MEASURE]
            target_measure = rules[program, _TARGET_MEASURE]
            leg_measure = rules[program, _LEG_STOP_MEASURE]
            least_total = _NEVER
            most_total = MISSING
            if stop_measure != _OFF:
                least_total = -level_of(stop_measure, rules[program, _STOP_VALUE], premium) - cash
            if target_measure != _OFF:
                most_total = level_of(target_measure, rules[program, _TARGET_VALUE], premium) - cash
            for leg in range(count):
                stop_at[leg] = _NEVER
                if leg_measure != _OFF:
                    base = entry_value[leg] * 2
                    if leg_measure == _PAISE:
                        base_move = 2 * rules[program, _LEG_STOP_VALUE] * leg_units[entry, leg]
                    else:
                        base_move = level_of(leg_measure, rules[program, _LEG_STOP_VALUE], base)
                    # A sold leg's cash to close is −value: it fires at or below −(entry + move), a bought one's at or
                    # below entry − move.
                    stop_at[leg] = leg_sign[entry, leg] * base - base_move
            whole = total_line[entry]
            open_legs = count
            closing_legs = 0
            now = filled + 1
            while now <= end and open_legs + closing_legs > 0:
                if closing_legs == 0:
                    # Nothing waits in the market: go straight to the first second at which a rule can fire.
                    watch_whole = open_legs == count
                    while now <= end and now < exit_second:
                        if watch_whole:
                            total = totals[whole, now]
                            if total <= least_total or (total >= most_total and total != MISSING):
                                break
                        if leg_measure != _OFF:
                            fires = False
                            for leg in range(count):
                                if state[leg] == _OPEN and lines[leg_line[entry, leg], now] <= stop_at[leg]:
                                    fires = True
                            if fires:
                                break
                        now += 1
                    if now > end:
                        break

                # Exits, step 1: orders to close that have arrived take what the book holds.
                if closing_legs > 0:
                    for leg in range(count):
                        if state[leg] != _CLOSING or now < order_second[leg] + latency:
                            continue
                        contract = leg_contract[entry, leg]
                        row = last[contract, now]
                        if row == NO_ROW or second[row] < order_second[leg] + latency:
                            continue
                        if not is_good(row, bid_price, bid_size, ask_price, ask_size):
                            continue
                        sign = -leg_sign[entry, leg]
                        side = ASKS if sign > 0 else BIDS
                        price, size = (ask_price, ask_size) if side == ASKS else (bid_price, bid_size)
                        memory = 2 * contract + side
                        if recall(
                            memory, row, second, bid_price, bid_size, ask_price, ask_size, price, size,
                            seen_row, taken, scratch,
                        ):  # fmt: skip
                            ran_out = True
                        for level in range(levels):
                            if left[leg] > 0 and price[level, row] > 0 and size[level, row] > 0:
                                units = min(left[leg], size[level, row] - taken[memory, level])
                                if units > 0:
                                    left[leg] -= units
                                    taken[memory, level] += units
                                    at = record(
                                        log, at, program, entry, now, _FILL, leg, contract, row, level, sign,
                                        price[level, row], units, size[level, row], 0, 0, order_reason[leg],
                                    )  # fmt: skip
                        if left[leg] > 0:
                            ran_out = True
                        else:
                            state[leg] = _CLOSED
                            closing_legs -= 1
                            busy_until = now - 1

                # Steps 2 to 5: the rules, in this order.
                fired = _NONE
                fresh = False
                if open_legs == count:
                    total = totals[whole, now]
                    if total != MISSING and total <= least_total:
                        fired = _STOP
                        at = record(
                            log, at, program, entry, now, _FIRED, -1, -1, NO_ROW, -1, 0, 0, 0, 0,
                            -(cash + total), -(cash + least_total), _STOP,
                        )  # fmt: skip
                if fired == _NONE and leg_measure != _OFF:
                    for leg in range(count):
                        value = lines[leg_line[entry, leg], now]
                        if state[leg] == _OPEN and value <= stop_at[leg]:
                            fresh = True
                            at = record(
                                log, at, program, entry, now, _FIRED, leg, leg_contract[entry, leg],
                                last[leg_contract[entry, leg], now], -1, 0, 0, 0, 0,
                                abs(value), abs(stop_at[leg]), _LEG_STOP,
                            )  # fmt: skip
                            state[leg] = _CLOSING
                            order_second[leg] = now
                            order_reason[leg] = _LEG_STOP
                if fired == _NONE and not fresh and open_legs == count:
                    total = totals[whole, now]
                    if total != MISSING and total >= most_total:
                        fired = _TARGET
                        at = record(
                            log, at, program, entry, now, _FIRED, -1, -1, NO_ROW, -1, 0, 0, 0, 0,
                            cash + total, cash + most_total, _TARGET,
                        )  # fmt: skip
                still_open = False
                for leg in range(count):
                    still_open = still_open or state[leg] == _OPEN
                if fired == _NONE and now >= exit_second and still_open:
                    fired = _TIME
                    at = record(
                        log, at, program, entry, now, _FIRED, -1, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _TIME
                    )  # fmt: skip
                open_legs = 0
                for leg in range(count):
                    if fired != _NONE and state[leg] == _OPEN:
                        state[leg] = _CLOSING
                        order_second[leg] = now
                        order_reason[leg] = fired
                    if state[leg] == _OPEN:
                        open_legs += 1
                    elif state[leg] == _CLOSING and order_second[leg] == now:
                        closing_legs += 1
                        contract = leg_contract[entry, leg]
                        value = lines[leg_line[entry, leg], now]
                        at = record(
                            log, at, program, entry, now, _ORDER, leg, contract, last[contract, now], -1,
                            -leg_sign[entry, leg], 0, left[leg], 0, 0 if value == MISSING else abs(value), 0,
                            order_reason[leg],
                        )  # fmt: skip
                now += 1

            for leg in range(count):
                if state[leg] != _CLOSED:
                    contract = leg_contract[entry, leg]
                    busy_until = end
                    at = record(
                        log, at, program, entry, end, _UNCLOSED, leg, contract, last[contract, end], -1,
                        -leg_sign[entry, leg], 0, left[leg], 0, 0, 0, _NONE,
                    )  # fmt: skip
    return at, ran_out
