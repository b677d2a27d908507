"""The life of a trade, second by second; each block names the step of docs/positions.md that it carries out."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Event, Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.adjusting import ASKS, NOTHING, adjust
from nfolab.engine.positions.asking import note_lasting
from nfolab.engine.positions.closing import close_all, close_one, follow_up
from nfolab.engine.positions.columns import guard, holding, measure, rest, rule, state
from nfolab.engine.positions.guards import FINE, half_paise, lowest_gain
from nfolab.engine.positions.limits import rest_to_close, rest_to_open, send_target
from nfolab.engine.positions.orders import cancel, close, open_group, record, send_closing
from nfolab.engine.positions.quiet import next_stir
from nfolab.engine.positions.resting import let_rest, open_again
from nfolab.engine.positions.tables import (
    CLOSED_AT,
    CLOSED_FOR,
    DAY,
    DAY_CASH,
    DAY_OVER,
    HOLDINGS,
    LAST_CHANGE,
    WHOLE,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.engine.positions.values import whole_line
from nfolab.engine.positions.watching import fires_late, note_best, rebase
from nfolab.tape.book import NO_ROW, Book

_FIRED, _UNCLOSED = int(Event.FIRED), int(Event.UNCLOSED)
_NONE, _TARGET, _DAY_STOP, _DAY_TARGET, _TIME, _ADJUST = (
    int(one) for one in (Reason.NONE, Reason.TARGET, Reason.DAY_STOP, Reason.DAY_TARGET, Reason.TIME, Reason.ADJUST)
)
_TRAIL, _DAY_TRAIL = int(Reason.TRAIL), int(Reason.DAY_TRAIL)
_SIGNAL, _SPOT, _HOLD = int(Reason.SIGNAL), int(Reason.SPOT), int(Reason.HOLD)
_OF_LEG = 1
"""What turns a reason of the whole, which is even, into the same reason of a holding."""

ASKED = -1
"""What `live` returns where a contract has to be asked for."""


@inner
def has_more(slots: int, desk: Desk) -> bool:
    """Tell whether a holding is open or under way, or a slot at rest."""
    for place in range(slots):
        if desk.rest[rest.WAITS, place] != 0:
            return True
    for at in range(desk.counters[HOLDINGS]):
        if desk.subjects[holding.STATE, at] in (state.ENTERING, state.OPEN, state.CLOSING):
            return True
    return False


@inner
def live(
    program: int, trade: int, start: int, plans: Plans, market: Market, book: Book, lines: Lines, desk: Desk
) -> int:
    """Walk a trade whose first orders arrive at `start` to its end.

    Returns:
        The first second at which the strategy is free again, or −1 where a contract has to be asked for.
    """
    rules = plans.rules[program]
    made = desk.subjects
    end = book.last.shape[1] - 1
    latency = rules[rule.LATENCY]
    exit_second = rules[rule.EXIT_SECOND]
    wait = rules[rule.ENTRY_WAIT]
    first_slot = rules[rule.SLOT_FIRST]
    of_day = plans.guards[rules[rule.DAY_GUARD]]
    day_is_watched = (
        of_day[guard.STOP_MEASURE] != measure.OFF
        or of_day[guard.TARGET_MEASURE] != measure.OFF
        or of_day[guard.RUNG_COUNT] > 0
    )
    whole = -1
    ever_filled = False
    entered_before = False
    base_is_due = False
    now = start
    pending = True
    while now <= end:
        if not pending:
            now = next_stir(program, now, whole, plans, market, lines, desk)
            if now > end:
                break

        # Step 1: fills.
        changed = False
        if pending:
            for at in range(desk.counters[HOLDINGS]):
                done = False
                if made[holding.RESTS, at] == holding.TO_CLOSE:
                    held = made[holding.UNITS, at]
                    done = rest_to_close(program, trade, at, now, latency, plans, market, book, lines, desk)
                    changed = changed or made[holding.UNITS, at] != held
                    if done:
                        follow_up(program, trade, at, now, latency, _TARGET + _OF_LEG, plans, book, lines, desk)
                if done or (made[holding.STATE, at] == state.CLOSING and close(program, trade, at, now, book, desk)):
                    changed = True
                    desk.trade[CLOSED_AT] = now
                    desk.trade[CLOSED_FOR] = made[holding.REASON, at]
                    base_is_due = base_is_due or made[holding.REASON, at] == _ADJUST
                    let_rest(at, now, plans, first_slot, desk)
            for at in range(desk.counters[HOLDINGS]):
                opens = made[holding.STATE, at] == state.ENTERING and now >= made[holding.ARRIVAL, at]
                if opens and made[holding.RESTS, at] == holding.TO_OPEN:
                    over = rest_to_open(program, trade, at, now, latency, plans, market, book, lines, desk)
                    if over and made[holding.STATE, at] == state.OPEN:
                        changed = True
                        base_is_due = base_is_due or made[holding.FIRST, at] == 0
                        send_target(program, trade, at, now, latency, plans, book, desk)
                        if not ever_filled:
                            ever_filled = True
                            made[holding.ENTRY_SECOND, WHOLE] = now
                            desk.trade[LAST_CHANGE] = now
                elif opens:
                    until = min(made[holding.ARRIVAL, at] + wait, end)
                    if open_group(program, trade, made[holding.GROUP, at], now, until, plans, market, book, desk):
                        changed = True
                        base_is_due = base_is_due or made[holding.FIRST, at] == 0
                        for other in range(desk.counters[HOLDINGS]):
                            new = made[holding.STATE, other] == state.OPEN and made[holding.ENTRY_SECOND, other] == now
                            if new and made[holding.RESTS, other] == holding.NO_ORDER:
                                send_target(program, trade, other, now, latency, plans, book, desk)
                        if not ever_filled:
                            ever_filled = True
                            made[holding.ENTRY_SECOND, WHOLE] = now
                            desk.trade[LAST_CHANGE] = now
        opened, closing, entering, resting, first_closed, fresh = 0, 0, 0, 0, 0, 0
        for at in range(desk.counters[HOLDINGS]):
            now_is = made[holding.STATE, at]
            opened += now_is == state.OPEN
            closing += now_is == state.CLOSING
            entering += now_is == state.ENTERING
            first_closed += now_is == state.CLOSED and made[holding.FIRST, at] != 0
            fresh += now_is == state.OPEN and made[holding.ENTRY_SECOND, at] == now
        for place in range(rules[rule.SLOT_COUNT]):
            resting += desk.rest[rest.WAITS, place] != 0
        if opened + closing + entering + resting == 0:
            return now
        if changed or base_is_due or (ever_filled and not entered_before):
            if entering + closing == 0:
                if not entered_before:
                    rebase(program, False, now, plans, market, desk)
                    entered_before = True
                if base_is_due and rules[rule.COVERS_REST] != 0:
                    rebase(program, True, now, plans, market, desk)
                base_is_due = False
            whole = whole_line(book, lines, desk)

        still = entering + closing + fresh == 0
        looked = still and opened > 0 and (rules[rule.COVERS_REST] != 0 or first_closed == 0)
        of_trade = MISSING
        cash = 0
        for at in range(desk.counters[HOLDINGS]):
            cash += made[holding.CASH, at]
        if still and opened == 0:
            of_trade = cash
        elif still and whole >= 0 and lines.values[whole, now] != MISSING:
            of_trade = cash + lines.values[whole, now]
        gain = of_trade if looked else MISSING

        # Step 2: the stop of the whole.
        sent = False
        if gain != MISSING:
            lowest, why = lowest_gain(made, WHOLE, now, plans)
            if gain * FINE <= lowest:
                sent = True
                record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, -gain, -half_paise(lowest), why)
                close_all(program, trade, now, latency, why, book, lines, desk)

        # Step 3: the stops of holdings.
        for at in range(desk.counters[HOLDINGS]):
            if made[holding.STATE, at] != state.OPEN or made[holding.ENTRY_SECOND, at] == now:
                continue
            value = lines.values[made[holding.LINE, at], now]
            if value == MISSING:
                continue
            own = made[holding.CASH, at] + value - made[holding.FROM, at]
            lowest, why = lowest_gain(made, at, now, plans)
            if own * FINE <= lowest:
                sent = True
                limit = abs(half_paise(lowest) + made[holding.FROM, at] - made[holding.CASH, at])
                row = int(book.last[made[holding.CONTRACT, at], now])
                record(desk, program, trade, now, _FIRED, at, row, -1, 0, 0, 0, 0, abs(value), limit, why + _OF_LEG)
                close_one(program, trade, at, now, latency, why + _OF_LEG, plans, book, lines, desk)

        # Step 4: targets.
        if not sent:
            if gain != MISSING and gain * FINE >= made[holding.TARGET_AT, WHOLE]:
                sent = True
                reached = -half_paise(-made[holding.TARGET_AT, WHOLE])
                record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, gain, reached, _TARGET)
                close_all(program, trade, now, latency, _TARGET, book, lines, desk)
            hit = False
            for at in range(desk.counters[HOLDINGS]):
                if made[holding.STATE, at] != state.OPEN or made[holding.ENTRY_SECOND, at] == now:
                    continue
                value = lines.values[made[holding.LINE, at], now]
                if value == MISSING:
                    continue
                own = made[holding.CASH, at] + value - made[holding.FROM, at]
                if own * FINE >= made[holding.TARGET_AT, at]:
                    hit = True
                    reached = -half_paise(-made[holding.TARGET_AT, at])
                    limit = abs(reached + made[holding.FROM, at] - made[holding.CASH, at])
                    row = int(book.last[made[holding.CONTRACT, at], now])
                    why = _TARGET + _OF_LEG
                    record(desk, program, trade, now, _FIRED, at, row, -1, 0, 0, 0, 0, abs(value), limit, why)
                    close_one(program, trade, at, now, latency, why, plans, book, lines, desk)
            sent = sent or hit

        # Step 5: the day.
        if day_is_watched and not sent and of_trade != MISSING:
            made_today = desk.trade[DAY_CASH] + of_trade
            lowest, why = lowest_gain(made, DAY, now, plans)
            if made_today * FINE <= lowest:
                sent = True
                limit = -half_paise(lowest)
                why = _DAY_TRAIL if why == _TRAIL else _DAY_STOP
                record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, -made_today, limit, why)
                close_all(program, trade, now, latency, why, book, lines, desk)
                desk.trade[DAY_OVER] = 1
            elif made_today * FINE >= made[holding.TARGET_AT, DAY]:
                sent = True
                limit = -half_paise(-made[holding.TARGET_AT, DAY])
                record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, made_today, limit, _DAY_TARGET)
                close_all(program, trade, now, latency, _DAY_TARGET, book, lines, desk)
                desk.trade[DAY_OVER] = 1

        # Step 6: adjustments.
        if looked and rules[rule.LASTS] != 0:
            note_lasting(program, now, gain, plans, market, lines, desk)
        if not sent and looked and rules[rule.ADJUSTMENT_COUNT] > 0 and now < exit_second:
            did = adjust(program, trade, now, gain, plans, market, book, lines, desk)
            if did == ASKS:
                return ASKED
            sent = did != NOTHING

        # Step 7: signals, then the index, then hold limits; of the whole, then of holdings.
        for late in (_SIGNAL, _SPOT, _HOLD):
            if not sent and looked and fires_late(late, WHOLE, now, made[holding.CONTRACT, 0], plans, market, desk):
                sent = True
                record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, late)
                close_all(program, trade, now, latency, late, book, lines, desk)
            for at in range(desk.counters[HOLDINGS]):
                if made[holding.STATE, at] != state.OPEN or made[holding.ENTRY_SECOND, at] == now:
                    continue
                if fires_late(late, at, now, made[holding.CONTRACT, at], plans, market, desk):
                    sent = True
                    row = int(book.last[made[holding.CONTRACT, at], now])
                    why = late + _OF_LEG
                    record(desk, program, trade, now, _FIRED, at, row, -1, 0, 0, 0, 0, 0, 0, why)
                    close_one(program, trade, at, now, latency, why, plans, book, lines, desk)

        # Step 8: time.
        if now >= exit_second:
            told = False
            for at in range(desk.counters[HOLDINGS]):
                if made[holding.STATE, at] == state.OPEN and made[holding.ENTRY_SECOND, at] < now:
                    if not told:
                        told = True
                        record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _TIME)
                    value = lines.values[made[holding.LINE, at], now]
                    seen = 0 if value == MISSING else abs(value)
                    send_closing(program, trade, at, now, latency, _TIME, seen, book, desk)
                elif made[holding.STATE, at] == state.ENTERING:
                    cancel(at, now + latency, desk)

        # Step 9: slots at rest.
        if resting > 0 and not open_again(program, trade, now, plans, market, book, lines, desk):
            return ASKED

        if not has_more(rules[rule.SLOT_COUNT], desk):
            return now

        # What was best until now counts from the next second on.
        if gain != MISSING:
            note_best(WHOLE, now, gain, plans, market, desk)
        if day_is_watched and of_trade != MISSING:
            note_best(DAY, now, desk.trade[DAY_CASH] + of_trade, plans, market, desk)
        pending = False
        for at in range(desk.counters[HOLDINGS]):
            now_is = made[holding.STATE, at]
            pending = pending or now_is in (state.CLOSING, state.ENTERING)
            if now_is == state.OPEN:
                value = lines.values[made[holding.LINE, at], now]
                if value != MISSING and made[holding.ENTRY_SECOND, at] < now:
                    note_best(at, now, made[holding.CASH, at] + value - made[holding.FROM, at], plans, market, desk)
                pending = pending or made[holding.ENTRY_SECOND, at] == now or made[holding.RESTS, at] != 0
        now += 1
    for at in range(desk.counters[HOLDINGS]):
        if made[holding.STATE, at] in (state.OPEN, state.CLOSING):
            row = int(book.last[made[holding.CONTRACT, at], end])
            left = made[holding.UNITS, at] if made[holding.STATE, at] == state.OPEN else made[holding.LEFT, at]
            record(desk, program, trade, end, _UNCLOSED, at, row, -1, -made[holding.SIGN, at], 0, left, 0, 0, 0, _NONE)
    after_all: int = end + 1
    return after_all
