"""Adjustments: what a rule about the open position does."""

from nfolab.base.compiled import inner
from nfolab.engine.codes import Event, Reason
from nfolab.engine.lines import MISSING
from nfolab.engine.positions.asking import extreme_holding, half_before, is_due, sold_pair
from nfolab.engine.positions.closing import let_none_rest
from nfolab.engine.positions.columns import act, adjustment, holding, pick, rule, slot, state, words
from nfolab.engine.positions.guards import set_guard
from nfolab.engine.positions.limits import may_open, send_to_open
from nfolab.engine.positions.orders import cancel, record, send_closing, send_opening
from nfolab.engine.positions.tables import (
    HOLDINGS,
    LAST_CHANGE,
    NO_CONTRACT,
    UNASKED,
    WHOLE,
    Desk,
    Lines,
    Market,
    Plans,
)
from nfolab.tape.book import NO_ROW, Book, Int64Array

_FIRED, _TO_COST = int(Event.FIRED), int(Event.TO_COST)
_ADJUST = int(Reason.ADJUST)

NOTHING = 0
ACTED = 1
ASKS = 2


@inner
def is_meant(at: int, line: Int64Array, winner: int, loser: int, first_slot: int, plans: Plans, desk: Desk) -> bool:
    """Tell whether an act is about an open holding; of a winner or loser held in halves, both are meant."""
    whom = line[act.WHOM]
    if whom == words.WHOLE:
        return False
    number = desk.subjects[holding.SLOT, at]
    if whom == words.ALL:
        return True
    if whom in (words.WINNER, words.LOSER):
        chosen = winner if whom == words.WINNER else loser
        if at == chosen:
            return True
        return bool(chosen >= 0 and plans.slots[desk.subjects[holding.SLOT, chosen], slot.TWIN] == number)
    if whom in (words.HALF, words.HALVES) and not half_before(at, plans, desk):
        return False
    meant: bool = whom == words.HALVES or number == first_slot + line[act.SLOT]
    return meant


@inner
def is_held(number: int, desk: Desk) -> bool:
    """Tell whether a slot has a holding that is open or under way."""
    made = desk.subjects
    for at in range(desk.counters[HOLDINGS]):
        under_way = made[holding.STATE, at] in (state.ENTERING, state.OPEN, state.CLOSING)
        if under_way and made[holding.SLOT, at] == number:
            return True
    return False


@inner
def opens(number: int, doing: Int64Array, first_slot: int, plans: Plans, desk: Desk) -> bool:
    """Tell whether an act opens a slot: the one it names, or each of the entry's that is not held."""
    if doing[act.WHOM] == words.MISSING:
        return plans.slots[number, slot.LAZY] == 0 and not is_held(number, desk)
    named: bool = number == first_slot + doing[act.SLOT]
    return named


@inner
def move_to_cost(program: int, trade: int, now: int, at: int, desk: Desk) -> None:
    """Move the stop of a subject to its cost, and say so once."""
    if desk.subjects[holding.TO_COST, at] == 0:
        desk.subjects[holding.TO_COST, at] = 1
        told = -1 if at == WHOLE else at
        record(desk, program, trade, now, _TO_COST, told, NO_ROW, -1, 0, 0, 0, 0, 0, 0, _ADJUST)


@inner
def answer(program: int, row: int, now: int, market: Market, desk: Desk) -> int:
    """Return the contract that a row of the choices takes at `now`; where it has to be asked, put the question down."""
    contract = int(market.choices[row, now])
    if contract == UNASKED:
        desk.asked[program, 0] = row
        desk.asked[program, 1] = now
    return contract


@inner
def contract_to_open(program: int, number: int, now: int, plans: Plans, market: Market, desk: Desk) -> int:
    """Return the contract that a slot's own picker takes at `now`."""
    contract: int = answer(program, plans.slots[number, slot.CHOICE], now, market, desk)
    return contract


@inner
def contract_to_roll_to(
    program: int, at: int, doing: Int64Array, now: int, plans: Plans, market: Market, desk: Desk
) -> int:
    """Return the contract that a roll of a holding opens: by the act's picker, else by the slot's own."""
    made = desk.subjects
    number = made[holding.SLOT, at]
    if doing[act.PICKS] < 0:
        own: int = contract_to_open(program, number, now, plans, market, desk)
        return own
    asked = plans.picks[doing[act.PICKS] + number - plans.rules[program, rule.SLOT_FIRST]]
    row = asked[pick.ROW]
    if asked[pick.ASKS_ABOUT] == pick.OWN:
        row += made[holding.CONTRACT, at]
    elif asked[pick.ASKS_ABOUT] == pick.OTHER:
        first, second = sold_pair(plans, desk)
        if (
            at not in (first, second)
            or market.call[made[holding.CONTRACT, first]] == (market.call[made[holding.CONTRACT, second]])
        ):
            return NO_CONTRACT
        row += made[holding.CONTRACT, second if at == first else first]
    found: int = answer(program, row, now, market, desk)
    return found


@inner
def adjust(
    program: int,
    trade: int,
    now: int,
    gain: int,
    plans: Plans,
    market: Market,
    book: Book,
    lines: Lines,
    desk: Desk,
) -> int:
    """Let the first adjustment of a program that is due act; say whether one acted, or asks for a contract first."""
    rules = plans.rules[program]
    made = desk.subjects
    latency = rules[rule.LATENCY]
    first_slot = rules[rule.SLOT_FIRST]
    for place in range(rules[rule.ADJUSTMENT_COUNT]):
        number = rules[rule.ADJUSTMENT_FIRST] + place
        if not is_due(number, rules[rule.ADJUSTMENT_FIRST], desk.used[place], now, gain, plans, market, lines, desk):
            continue
        line = plans.adjustments[number]
        acts = range(line[adjustment.ACT_FIRST], line[adjustment.ACT_FIRST] + line[adjustment.ACT_COUNT])
        winner = extreme_holding(1, now, lines, desk)
        loser = extreme_holding(-1, now, lines, desk)
        held = desk.counters[HOLDINGS]
        possible = True
        something = False
        for step in acts:
            doing = plans.acts[step]
            if doing[act.WHOM] in (words.WINNER, words.LOSER) and winner < 0:
                possible = False
            if doing[act.VERB] in (words.OPEN, words.ROLL) and now > rules[rule.LAST_ENTRY]:
                possible = False
            if doing[act.WHOM] == words.WHOLE:
                something = True
            elif doing[act.VERB] == words.OPEN:
                for slot_number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
                    if opens(slot_number, doing, first_slot, plans, desk):
                        something = True
                        found = contract_to_open(program, slot_number, now, plans, market, desk)
                        if found == UNASKED:
                            return ASKS
                        known = may_open(slot_number, found, False, now, plans, market, book)
                        possible = possible and found != NO_CONTRACT and known
            else:
                for at in range(held):
                    if made[holding.STATE, at] == state.OPEN and is_meant(
                        at, doing, winner, loser, first_slot, plans, desk
                    ):
                        something = True
                        if doing[act.VERB] == words.ROLL:
                            found = contract_to_roll_to(program, at, doing, now, plans, market, desk)
                            if found == UNASKED:
                                return ASKS
                            turned = made[holding.SIGN, at] != plans.slots[made[holding.SLOT, at], slot.SIGN]
                            known = may_open(made[holding.SLOT, at], found, turned, now, plans, market, book)
                            possible = possible and found != NO_CONTRACT and known
        if not possible or not something:
            continue
        desk.used[place] += 1
        desk.trade[LAST_CHANGE] = now
        record(desk, program, trade, now, _FIRED, -1, NO_ROW, -1, 0, 0, 0, 0, place, 0, _ADJUST)
        group = held
        # Where to is asked before anything is closed: a roll may look at what is held.
        for step in acts:
            doing = plans.acts[step]
            for at in range(held):
                if doing[act.VERB] != words.ROLL or made[holding.STATE, at] != state.OPEN:
                    continue
                if is_meant(at, doing, winner, loser, first_slot, plans, desk):
                    made[holding.ROLLS_TO, at] = contract_to_roll_to(program, at, doing, now, plans, market, desk)
        for step in acts:
            doing = plans.acts[step]
            if doing[act.WHOM] == words.WHOLE:
                move_to_cost(program, trade, now, WHOLE, desk)
            for at in range(held):
                if made[holding.STATE, at] != state.OPEN or doing[act.VERB] == words.OPEN:
                    continue
                if not is_meant(at, doing, winner, loser, first_slot, plans, desk):
                    continue
                if doing[act.VERB] == words.TO_COST:
                    move_to_cost(program, trade, now, at, desk)
                    continue
                value = lines.values[made[holding.LINE, at], now]
                send_closing(
                    program, trade, at, now, latency, _ADJUST, 0 if value == MISSING else abs(value), book, desk
                )
                if doing[act.VERB] == words.ROLL:
                    opened = made[holding.SLOT, at]
                    turned = made[holding.SIGN, at] != plans.slots[opened, slot.SIGN]
                    opening = send_opening(
                        program, trade, opened, made[holding.ROLLS_TO, at], turned, now, latency, group, False, _ADJUST,
                        plans, book, lines, desk,
                    )  # fmt: skip
                    send_to_open(program, trade, opening, now, plans, market, book, desk)
            if doing[act.VERB] == words.CLOSE and doing[act.WHOM] == words.ALL:
                let_none_rest(desk)
            if doing[act.VERB] == words.OPEN:
                for slot_number in range(first_slot, first_slot + rules[rule.SLOT_COUNT]):
                    if opens(slot_number, doing, first_slot, plans, desk):
                        contract = contract_to_open(program, slot_number, now, plans, market, desk)
                        opening = send_opening(
                            program, trade, slot_number, contract, False, now, latency, group, False, _ADJUST, plans,
                            book, lines, desk,
                        )  # fmt: skip
                        send_to_open(program, trade, opening, now, plans, market, book, desk)
        if line[adjustment.GUARD] >= 0:
            for at in range(held):
                if made[holding.STATE, at] != state.OPEN:
                    continue
                value = lines.values[made[holding.LINE, at], now]
                cancel(at, now + latency, desk)
                made[holding.BASE, at] = made[holding.ENTRY, at]
                made[holding.FROM, at] = 0
                if line[adjustment.OF_VALUE] != 0 and value != MISSING:
                    made[holding.BASE, at] = abs(value)
                    made[holding.FROM, at] = made[holding.CASH, at] + value
                set_guard(made, at, line[adjustment.GUARD], now, plans, market)
        return ACTED
    return NOTHING
