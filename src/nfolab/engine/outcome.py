"""From the log of a walk to the trades of recipes: what its lines tell of fills and legs, and why each was closed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nfolab.engine.codes import Event, Field, Reason
from nfolab.engine.positions.program import Program
from nfolab.engine.positions.tables import MOST_HOLDINGS
from nfolab.engine.positions.walk import Walk
from nfolab.engine.trades.legs import Ends, Legs
from nfolab.engine.trades.told import NEVER_LATE, Fills, Terms, Told, ToldLegs
from nfolab.engine.trades.trades import Trades, work_out
from nfolab.tape.book import Int64Array
from nfolab.tape.money import Money
from nfolab.tape.tape import Day

_REASONS = 2 + int(max(Reason))


@dataclass(frozen=True)
class Outcome:
    """What a batch of programs did on one day.

    `Trades.terms` is the program's place; money in paise.

    Attributes:
        walked: the tape, and the log that all of it was worked out from.
        reason: int64 [trades], a `Reason`: that of the leg closed last.
        stop: int64 [trades], the loss at which the whole is closed, −1 without one; likewise `target`, the gain.
        leg_reason: int64 [legs], a `Reason`.
        leg_stop_value: int64 [legs], the value to close at which the leg's own stop fires, −1 without one.
        ran_out: whether with fewer than five levels loaded all must be done again with five.
    """

    walked: Walk
    trades: Trades
    legs: Legs
    reason: Int64Array
    stop: Int64Array
    target: Int64Array
    leg_reason: Int64Array
    leg_stop_value: Int64Array
    ran_out: bool


def outcome(day: Day, walked: Walk, programs: Sequence[Program], money: Money) -> Outcome:
    """Work out the trades of a walk; docs/engine.md, from "The end of the session" on."""
    told, lines = _told(walked, programs)
    worked = work_out(day, walked.tape, money, told)
    trades, legs = worked.trades, worked.legs
    leg_reason = _leg_reasons(told.fills, worked.ends)
    trades.flags["legged"] = _legged(told, legs)
    reason = np.full(trades.number.size, int(max(Reason)), np.int64)
    last = legs.exit_second == trades.exit_second[legs.trade]
    np.minimum.at(reason, legs.trade[last], leg_reason[last])
    return Outcome(
        walked=walked,
        trades=trades,
        legs=legs,
        reason=reason,
        stop=_levels(programs, trades, "stop"),
        target=_levels(programs, trades, "target"),
        leg_reason=leg_reason,
        leg_stop_value=_stop_values(programs, legs, walked.log[lines.decision, Field.SLOT]),
        ran_out=worked.ran_out or walked.ran_out,
    )


def _legged(told: Told, legs: Legs) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Tell of which trades a leg of the entry was filled in another second than the first one."""
    first = np.searchsorted(legs.trade, legs.trade)
    apart = told.legs.in_premium & (legs.entry_second != legs.entry_second[first])
    found = np.zeros(told.number.size, np.bool_)
    found[legs.trade[apart]] = True
    return found


@dataclass(frozen=True)
class _Lines:
    """Where each leg's decision, market order to close and resting target stand in the log, int64 [legs]; −1: none."""

    decision: Int64Array
    order: Int64Array
    target: Int64Array


def _told(walked: Walk, programs: Sequence[Program]) -> tuple[Told, _Lines]:
    """Return what the log tells; a leg is a holding that was filled.

    It has one order to open it, and to close it a target at rest, a market order, or one after the other: orders to
    close are told apart by their reasons.
    """
    log = walked.log
    event = log[:, Field.EVENT]
    key = log[:, Field.ENTRY] * MOST_HOLDINGS + log[:, Field.LEG]
    at = np.flatnonzero(event == Event.FILL)
    at = at[np.argsort(log[at, Field.ENTRY], kind="stable")]
    filled = np.ascontiguousarray(log[at].T)  # kernels are compiled for columns without gaps
    opens = filled[Field.REASON] == Reason.NONE
    keys = np.unique(key[at[opens]])
    leg = np.searchsorted(keys, key[at])
    lines = _lines(log, event, keys, key)
    decision, order = log[lines.decision], log[lines.order]
    sent = np.where(lines.order < 0, NEVER_LATE, order[:, Field.SECOND])
    number, first, trade = np.unique(keys // MOST_HOLDINGS, return_index=True, return_inverse=True)
    latency = np.array([program.latency for program in programs], np.int64)[decision[:, Field.PROGRAM]]
    by_target = ~opens & (lines.target[leg] >= 0) & (filled[Field.REASON] != order[leg, Field.REASON])
    by_target |= ~opens & (lines.order[leg] < 0)
    decided = np.where(opens, decision[leg, Field.SECOND], sent[leg])
    decided[by_target] = log[lines.target[leg[by_target]], Field.SECOND]
    number_of_order = leg * _REASONS + 1 + filled[Field.REASON]
    closing_orders = np.bincount(np.unique(number_of_order[~opens]) // _REASONS, minlength=keys.size)
    entered = np.zeros(keys.size, np.int64)
    np.maximum.at(entered, leg[opens], filled[Field.SECOND, opens])
    fills = Fills(
        leg=leg,
        order=number_of_order,
        second=filled[Field.SECOND],
        contract=filled[Field.CONTRACT],
        row=filled[Field.ROW],
        sign=filled[Field.SIDE],
        price=filled[Field.PRICE],
        units=filled[Field.QUANTITY],
        resting=filled[Field.RESTED] != 0,
        opens=opens,
        seen_row=np.where(opens, decision[leg, Field.ROW], np.where(lines.order < 0, -1, order[:, Field.ROW])[leg]),
        decided=decided,
        arrival=sent[leg] + latency[leg],
    )
    legs = ToldLegs(
        trade=trade,
        number=keys % MOST_HOLDINGS,
        contract=decision[:, Field.CONTRACT],
        sign=decision[:, Field.SIDE],
        waits_since=np.where(lines.order < 0, NEVER_LATE, sent + latency),
        end_counts=closing_orders == 0,
        entered=entered,
        in_premium=decision[:, Field.SECOND] == decision[first, Field.SECOND][trade],
    )
    told = Told(
        fills=fills,
        legs=legs,
        number=number,
        terms_of=decision[first, Field.PROGRAM],
        orders=np.bincount(trade, 1 + closing_orders, number.size).astype(np.int64),
        terms=[Terms(program.max_quote_age, program.plan) for program in programs],
    )
    return told, lines


def _lines(log: Int64Array, event: Int64Array, keys: Int64Array, key: Int64Array) -> _Lines:
    decision = _lines_of(keys, key, event == Event.DECISION)
    placed = event == Event.PLACED
    of_leg = np.searchsorted(keys, key[placed]).clip(max=max(0, keys.size - 1))
    placed[placed] = log[placed, Field.SIDE] != log[decision[of_leg], Field.SIDE] if keys.size else False
    return _Lines(decision, _lines_of(keys, key, event == Event.ORDER), _lines_of(keys, key, placed))


def _lines_of(keys: Int64Array, key: Int64Array, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Int64Array:
    """Return for each key the chosen line of the log that is about it, −1 where there is none."""
    found = np.full(keys.size, -1, np.int64)
    at = np.flatnonzero(chosen)
    place = np.searchsorted(keys, key[at])
    at, place = at[place < keys.size], place[place < keys.size]
    known = keys[place] == key[at]
    found[place[known]] = at[known]
    return found


def _leg_reasons(fills: Fills, ends: Ends) -> Int64Array:
    """Return why each leg was closed: as the order says that filled it last, or how what no row could close ended."""
    reasons = ends.reason.copy()
    closed = np.flatnonzero(~fills.opens)
    last = np.full(reasons.size, int(Reason.NONE), np.int64)
    last[fills.leg[closed]] = fills.order[closed] % _REASONS - 1
    return np.where(reasons == Reason.NONE, last, reasons)


def _stop_values(programs: Sequence[Program], legs: Legs, slot: Int64Array) -> Int64Array:
    slots = [leg for program in programs for leg in program.slots]
    values = np.full(legs.trade.size, -1, np.int64)
    for at in np.flatnonzero(np.array([leg.guard.stop.is_given for leg in slots], np.bool_)[slot]).tolist():
        move = slots[slot[at]].guard.stop.paise(int(legs.entry_value[at]), int(legs.units[at]))
        values[at] = max(0, legs.entry_value[at] - legs.sign[at] * move)
    return values


def _levels(programs: Sequence[Program], trades: Trades, rule: str) -> Int64Array:
    """Return the loss or gain at which each trade's whole is closed, −1 where it has no such rule."""
    amounts = [getattr(program.guard, rule) for program in programs]
    levels = np.full(trades.number.size, -1, np.int64)
    for at in np.flatnonzero(np.array([one.is_given for one in amounts], np.bool_)[trades.terms]).tolist():
        program = trades.terms[at]
        levels[at] = amounts[program].paise(abs(int(trades.premium[at])), programs[program].set_units)
    return levels
