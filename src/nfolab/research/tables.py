"""One day of recipes as the tables of a run: names instead of numbers, times instead of seconds, rows of the lake."""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from nfolab.engine.codes import Event, Field, Reason
from nfolab.engine.outcome import Outcome
from nfolab.research.columns import Words, chosen, clock, table_of, texts
from nfolab.research.trade_columns import PAISE_OF_DAY, SIDES, contract_names, of_legs, of_trades
from nfolab.strategies.day_plan import DayPlan
from nfolab.strategies.recipe import Variant
from nfolab.tape.book import Int64Array
from nfolab.tape.tape import Day

_OF_EVENT = 100
_REASONS = {int(reason): reason.name.lower() for reason in Reason if reason != Reason.NONE}
_EVENTS = {_OF_EVENT + int(event): event.name.lower() for event in Event if event != Event.FIRED}
_REASON_WORDS = Words(_REASONS)
_EVENT_WORDS = Words(_REASONS | _EVENTS)
_MISSED = "missed"
_MISSES = {
    "no_row": "no row by then",
    "no_new_row": "no row stamped at or after the order's arrival within 5 s",
    "bad_quote": "no good quote within 5 s of the order's arrival (crossed, or a side empty)",
    "thin_book": "five levels did not hold the quantity within 5 s of the order's arrival",
}
"""What the note of a day says of a missed entry; other reasons are sentences already."""


class DayTables:
    """Makes the tables of one day's recipes.

    Args:
        day: the day.
        variants: what ran, and their plans in the same order.
        plans: see `variants`.
        outcome: what came of them.
    """

    def __init__(self, day: Day, variants: Sequence[Variant], plans: Sequence[DayPlan], outcome: Outcome) -> None:
        self._day = day
        self._variants = variants
        self._plans = plans
        self._outcome = outcome
        self._strategies = texts([variant.strategy for variant in variants])
        self._numbers = np.array([variant.number for variant in variants], np.int32)

    def tables(self) -> dict[str, pa.Table]:
        """Return the tables `trades`, `legs`, `events` and `days`; trades count from 0 within the day."""
        events = self._events()
        return {"trades": self._trades(), "legs": self._legs(), "events": events, "days": self._days(events)}

    def _trades(self) -> pa.Table:
        outcome, trades = self._outcome, self._outcome.trades
        traded, place = np.unique(trades.terms, return_inverse=True)
        params = texts([json.dumps(self._variants[program].params) for program in traded.tolist()])
        columns = {
            **of_trades(self._day, trades),
            "strategy": chosen(self._strategies, trades.terms),
            "variant": self._numbers[trades.terms],
            "params": chosen(params, place),
            "reason": _REASON_WORDS.of(outcome.reason),
            "stop_paise": (outcome.stop, outcome.stop >= 0),
            "target_paise": (outcome.target, outcome.target >= 0),
        }
        return table_of("trades", trades.number.size, columns)

    def _legs(self) -> pa.Table:
        outcome = self._outcome
        columns = {
            **of_legs(self._day, outcome.walked.tape, outcome.legs),
            "reason": _REASON_WORDS.of(outcome.leg_reason),
            "stop_value_paise": (outcome.leg_stop_value, outcome.leg_stop_value >= 0),
        }
        return table_of("legs", outcome.legs.trade.size, columns)

    def _events(self) -> pa.Table:
        """Return the log as events, and the entries that could not be made, in order of variant and time.

        What was observed and held against it is in half-paise in the log; an odd one (a mid between two paise) is cut.
        """
        tape = self._outcome.walked.tape
        told, reasons = self._log_and_entries_not_made()
        program, event, contract, row, leg = (
            told[field] for field in (Field.PROGRAM, Field.EVENT, Field.CONTRACT, Field.ROW, Field.LEG)
        )
        fills = event == Event.FILL
        number = self._outcome.trades.number
        trade = np.searchsorted(number, told[Field.ENTRY])
        traded = np.isin(told[Field.ENTRY], number)
        seen = row >= 0
        lake_row, stamp = row.copy(), row.copy()
        lake_row[seen] = tape.lake_rows(contract[seen], row[seen])
        stamp[seen] = tape.book.second[row[seen]]
        begins = np.searchsorted(program, program)
        codes = np.where(event == Event.FIRED, told[int(Field.REASON)], _OF_EVENT + event)
        columns = {
            "trade": (trade, traded),
            "strategy": chosen(self._strategies, program),
            "variant": self._numbers[program],
            "day": self._day.day,
            "sequence": np.arange(program.size) - begins,
            "time": clock(self._day, told[Field.SECOND]),
            "event": _EVENT_WORDS.of(codes),
            "leg": (leg, leg >= 0),
            "contract": chosen(contract_names(self._day, tape), contract),
            "row": (lake_row, seen),
            "row_time": (clock(self._day, stamp), seen),
            "level": (told[Field.LEVEL], fills),
            "side": SIDES.of(told[Field.SIDE]),
            "price_paise": (told[Field.PRICE], fills),
            "quantity": (told[Field.QUANTITY], told[Field.QUANTITY] > 0),
            "displayed": (told[Field.DISPLAYED], fills),
            "observed_paise": (told[Field.OBSERVED] // 2, told[Field.OBSERVED] != 0),
            "threshold_paise": (told[Field.THRESHOLD] // 2, told[Field.THRESHOLD] != 0),
            "reason": reasons,
            "order": None,
            "tag": None,
        }
        return table_of("events", program.size, columns)

    def _log_and_entries_not_made(self) -> tuple[Int64Array, pa.Array]:
        """Return int64 [fields, lines], the log with the entries outside the session and the money of decisions, and
        the reasons of its lines.
        """
        log = self._outcome.walked.log.T
        reasons = _REASON_WORDS.of(log[Field.REASON])
        words: dict[int, str | None] = {}
        observed = log[Field.OBSERVED].copy()
        choices = [choice for plan in self._plans for choice in plan.choices]
        second = log[Field.SECOND]
        for place in np.flatnonzero(log[Field.EVENT] == Event.DECISION).tolist():
            choice = choices[log[Field.SLOT, place]]
            choice.at(int(second[place]))
            taken = choice.taken.get(int(second[place]))
            if taken is not None:
                observed[place] += taken.money or 0
                words[place] = taken.why
        for place in np.flatnonzero(log[Field.REASON] == Reason.NO_CHOICE).tolist():
            words[place] = self._plans[log[Field.PROGRAM, place]].why_none(int(second[place]))
        lines = [log]
        sentences: list[str] = []
        not_made = [(program, one) for program, plan in enumerate(self._plans) for one in plan.no_entries]
        if not_made:
            more = np.full((len(Field), len(not_made)), -1, np.int64)
            more[Field.PROGRAM] = [program for program, _ in not_made]
            more[Field.SECOND] = [entry.second for _, entry in not_made]
            more[Field.EVENT] = Event.MISSED
            more[Field.SIDE : Field.REASON] = 0
            lines.append(more)
            sentences = [entry.why for _, entry in not_made]
        told = np.concatenate(lines, axis=1) if not_made else log.copy()
        told[Field.OBSERVED, : observed.size] = observed
        if words or sentences:
            said = reasons.to_pylist()
            for place, why in words.items():
                said[place] = why
            reasons = texts([*said, *sentences])
        if not_made:
            order = np.lexsort((told[Field.SECOND], told[Field.PROGRAM]))
            told, reasons = np.ascontiguousarray(told[:, order]), reasons.take(pa.array(order))
        return told, reasons

    def _days(self, events: pa.Table) -> pa.Table:
        """Return one row a variant: its mark at the end of the day, and why it made no trade."""
        trades = self._outcome.trades
        count = len(self._variants)

        def total(amounts: Int64Array) -> Int64Array:
            sums = np.zeros(count, np.int64)
            np.add.at(sums, trades.terms, amounts)
            return sums

        made = total(np.ones_like(trades.terms))
        notes: dict[int, str] = {}
        if not made.all():
            for variant, event, contract, reason in zip(
                *(events.column(name).to_pylist() for name in ("variant", "event", "contract", "reason")), strict=True
            ):
                if event == _MISSED:
                    said = _MISSES.get(reason, reason)
                    notes.setdefault(variant, said if contract is None else f"{contract}: {said}")
        columns = {
            "strategy": self._strategies,
            "variant": self._numbers,
            "underlying": self._day.underlying,
            "day": self._day.day,
            "trades": made,
            **{f"{name}_paise": total(getattr(trades, name)) for name in PAISE_OF_DAY},
            "note": texts(
                [
                    None if has else notes.get(variant)
                    for has, variant in zip(made.tolist(), self._numbers.tolist(), strict=True)
                ]
            ),
        }
        return table_of("days", count, columns)
