"""Programs as the kernel's tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from nfolab.engine.lines import MISSING
from nfolab.engine.positions.columns import act, adjustment, guard, limit, pick, rule, rung, slot, term
from nfolab.engine.positions.program import (
    ENTRY_WAIT,
    Adjustment,
    Again,
    BoolArray,
    Choice,
    ChoiceAbout,
    Condition,
    Feature,
    Guard,
    Limit,
    Program,
    Slot,
)
from nfolab.engine.positions.tables import Plans
from nfolab.tape.book import Int32Array, Int64Array

Key = TypeVar("Key")


@dataclass
class _Numbered(Generic[Key]):
    """Things numbered in the order in which they were first asked for."""

    numbers: dict[Key, int] = field(default_factory=dict)
    _known: dict[int, int] = field(default_factory=dict)

    def of(self, thing: Key) -> int:
        # By identity first, as many programs share a thing: comparing rules takes longer. What is numbered lives on.
        number = self._known.get(id(thing))
        if number is None:
            number = self._known[id(thing)] = self.numbers.setdefault(thing, len(self.numbers))
        return number

    def __iter__(self) -> Iterator[Key]:
        return iter(self.numbers)


@dataclass(frozen=True)
class Tables:
    """A batch of programs as tables, and what their numbers stand for.

    Attributes:
        conditions: the rows of `Market.signal_of`; `entries` those of the conditions to enter by.
        features: the rows of `Market.feature_of`.
        choices: the rows of `Market.choices`.
        asking: pickers that look at a contract held: rows of `Market.choices` after those of `choices`, for each as
            many as the tape has contracts.
        keys: the rows of `Lines.keys`.
        rests: whether any order rests in the book.
    """

    plans: Plans
    conditions: tuple[Condition, ...]
    entries: tuple[Condition, ...]
    features: tuple[Feature, ...]
    choices: tuple[Choice, ...]
    asking: tuple[ChoiceAbout, ...]
    keys: Int64Array
    most_slots: int
    rests: bool
    most_adjustments: int
    most_terms: int


class _Builder:
    """Gathers the lines of all tables."""

    def __init__(self) -> None:
        self.conditions = _Numbered[Condition]()
        self.entries = _Numbered[Condition]()
        self.features = _Numbered[Feature]()
        self.choices = _Numbered[Choice]()
        self.asking = _Numbered[ChoiceAbout]()
        self.keys: dict[tuple[int, int, int, int], int] = {}
        self.guards = _Numbered[Guard]()
        self.rules: list[list[int]] = []
        self.slots: list[list[int]] = []
        self.limits: list[list[int]] = []
        self.adjustments: list[list[int]] = []
        self.acts: list[list[int]] = []
        self.picks: list[list[int]] = []
        self.terms: list[list[int]] = []

    def add(self, program: Program) -> None:
        line = dict.fromkeys(range(rule.COUNT), 0)
        again = program.again
        line |= {
            rule.LATENCY: program.latency,
            rule.ENTRY_WAIT: ENTRY_WAIT,
            rule.EXIT_SECOND: program.exit_second,
            rule.LAST_ENTRY: program.last_entry,
            rule.ENTRY_FLAG: self.entries.of(program.entry),
            rule.LOGS_SKIPS: int(program.logs_skips),
            rule.AFTER: program.after,
            rule.TIMES: program.times,
            rule.COVERS_REST: int(program.covers_rest),
            rule.GUARD: self.guards.of(program.guard),
            rule.SLOT_FIRST: len(self.slots),
            rule.SLOT_COUNT: len(program.slots),
            rule.ADJUSTMENT_FIRST: len(self.adjustments),
            rule.ADJUSTMENT_COUNT: len(program.adjustments),
            rule.LEGGED: int(program.legged),
            rule.WAIT_MEASURE: program.wait.measure,
            rule.WAIT_VALUE: program.wait.value,
            rule.WAIT_WITHIN: program.wait_within,
            rule.AGAIN_ON: again.on,
            rule.AGAIN_TIMES: again.times,
            rule.AGAIN_AFTER: again.after,
            rule.AGAIN_UNTIL: again.until,
            rule.AGAIN_REVERSED: int(again.reversed),
            rule.DAY_GUARD: self.guards.of(program.day),
            rule.WINDOW_FLAG: -1 if program.window is None else self.entries.of(program.window),
            rule.LOSERS: program.losers,
            rule.PAUSE: program.pause,
            rule.SET_UNITS: program.set_units,
            rule.LASTS: int(any(one.lasting > 1 for change in program.adjustments for one in change.terms)),
        }
        self.rules.append(_line(line))
        for number, leg in enumerate(program.slots):
            self.slots.append(self._slot(program, number, leg))
        for change in program.adjustments:
            self.adjustments.append(self._adjustment(change))

    def _slot(self, program: Program, number: int, leg: Slot) -> list[int]:
        again: Again = leg.again
        sides = [(sign, leg.units, program.max_quote_age, int(program.watch)) for sign in (leg.sign, -leg.sign)]
        return _line(
            {
                slot.SIGN: leg.sign,
                slot.UNITS: leg.units,
                slot.LAZY: int(leg.lazy),
                slot.CHOICE: self.choices.of(leg.choice),
                slot.GUARD: self.guards.of(leg.guard),
                slot.KEY: self.keys.setdefault(sides[0], len(self.keys)),
                slot.OTHER_KEY: self.keys.setdefault(sides[1], len(self.keys)),
                slot.AGAIN_ON: again.on,
                slot.AGAIN_MODE: again.mode,
                slot.AGAIN_TIMES: again.times,
                slot.AGAIN_AFTER: again.after,
                slot.AGAIN_UNTIL: again.until,
                slot.AGAIN_REVERSED: int(again.reversed),
                slot.AGAIN_MEASURE: again.move.measure,
                slot.AGAIN_VALUE: again.move.value,
                slot.AGAIN_OPENS: number if again.opens is None else again.opens,
                slot.LIMIT: self._limit(leg.limit),
                slot.TWIN: -1 if leg.twin is None else len(self.slots) - number + leg.twin,
            }
        )

    def _adjustment(self, change: Adjustment) -> list[int]:
        line = _line(
            {
                adjustment.SIGNAL: -1 if change.condition is None else self.conditions.of(change.condition),
                adjustment.TERM_FIRST: len(self.terms),
                adjustment.TERM_COUNT: len(change.terms),
                adjustment.EVERY: change.every,
                adjustment.AFTER: change.after,
                adjustment.TIMES: change.times,
                adjustment.ACT_FIRST: len(self.acts),
                adjustment.ACT_COUNT: len(change.acts),
                adjustment.GUARD: -1 if change.guard is None else self.guards.of(change.guard),
                adjustment.OF_VALUE: int(change.of_value),
                adjustment.LASTS: int(any(one.lasting > 1 for one in change.terms)),
            }
        )
        for one in change.terms:
            self.terms.append(
                _line(
                    {
                        term.WORD: one.word,
                        term.COMPARISON: one.comparison,
                        term.MEASURE: one.amount.measure,
                        term.VALUE: one.amount.value,
                        term.ROW: self._feature(one.feature),
                        term.LASTING: one.lasting,
                    }
                )
            )
        for doing in change.acts:
            self.acts.append(
                _line(
                    {
                        act.VERB: doing.verb,
                        act.WHOM: doing.whom,
                        act.SLOT: doing.slot,
                        act.PICKS: len(self.picks) if doing.picks else -1,
                    }
                )
            )
            for taken in doing.picks:
                # Which of the two a choice is, the pick says.
                numbered: _Numbered[Any] = self.choices if taken.asks_about == pick.NOTHING else self.asking
                self.picks.append(_line({pick.ASKS_ABOUT: taken.asks_about, pick.ROW: numbered.of(taken.choice)}))
        return line

    def _limit(self, order: Limit | None) -> int:
        if order is None:
            return -1
        self.limits.append(
            _line(
                {
                    limit.PRICE: self._feature(order.price),
                    limit.PEG: order.peg,
                    limit.TICKS: order.ticks,
                    limit.VALID: order.valid,
                    limit.FIRST_ROW: int(order.first_row),
                    limit.QUEUE: order.queue,
                }
            )
        )
        return len(self.limits) - 1

    def _feature(self, feature: Feature | None) -> int:
        return -1 if feature is None else self.features.of(feature)

    def tables(self, programs: Sequence[Program]) -> Tables:
        guards, rungs = self._guards()
        plans = Plans(
            rules=_table(self.rules, rule.COUNT),
            slots=_table(self.slots, slot.COUNT),
            limits=_table(self.limits, limit.COUNT),
            guards=guards,
            rungs=rungs,
            adjustments=_table(self.adjustments, adjustment.COUNT),
            acts=_table(self.acts, act.COUNT),
            picks=_table(self.picks, pick.COUNT),
            terms=_table(self.terms, term.COUNT),
        )
        return Tables(
            plans,
            tuple(self.conditions),
            tuple(self.entries),
            tuple(self.features),
            tuple(self.choices),
            tuple(self.asking),
            _table([list(key) for key in self.keys], 4),
            max((len(one.slots) for one in programs), default=1),
            bool(self.limits) or bool((guards[:, guard.TARGET_RESTS] > 0).any()),
            max((len(one.adjustments) for one in programs), default=0),
            max((sum(len(change.terms) for change in one.adjustments) for one in programs), default=0),
        )

    def _guards(self) -> tuple[Int64Array, Int64Array]:
        lines: list[list[int]] = []
        rungs: list[list[int]] = []
        for one in self.guards:
            first = len(rungs)
            for step in one.trail:
                behind = step.behind
                value = behind.value if step.behind_feature is None else self.features.of(step.behind_feature)
                rungs.append(
                    _line(
                        {
                            rung.ARM_MEASURE: step.arm.measure,
                            rung.ARM_VALUE: step.arm.value,
                            rung.BEHIND_MEASURE: behind.measure,
                            rung.BEHIND_VALUE: value,
                            rung.LOCK_MEASURE: step.lock.measure,
                            rung.LOCK_VALUE: step.lock.value,
                            rung.EVERY_MEASURE: step.every.measure,
                            rung.EVERY_VALUE: step.every.value,
                            rung.MOVE_MEASURE: step.move.measure,
                            rung.MOVE_VALUE: step.move.value,
                            rung.AT_FEATURE: self._feature(step.at_feature),
                        }
                    )
                )
            lines.append(
                _line(
                    {
                        guard.STOP_MEASURE: one.stop.measure,
                        guard.STOP_VALUE: one.stop.value,
                        guard.TARGET_MEASURE: one.target.measure,
                        guard.TARGET_VALUE: one.target.value,
                        guard.HOLD: one.hold,
                        guard.MIN_HOLD: one.min_hold,
                        guard.SIGNAL: -1 if one.signal is None else self.conditions.of(one.signal),
                        guard.SPOT_MEASURE: one.spot_measure,
                        guard.SPOT_UP: one.spot_up,
                        guard.SPOT_DOWN: one.spot_down,
                        guard.SPOT_STRIKE: int(one.spot_strike),
                        guard.THEN: one.follows,
                        guard.RUNG_FIRST: first,
                        guard.RUNG_COUNT: len(one.trail),
                        guard.STOP_FEATURE: self._feature(one.stop_feature),
                        guard.TARGET_RESTS: 0 if one.target_rests is None else 1 + one.target_rests,
                        guard.TARGET_FEATURE: self._feature(one.target_feature),
                    }
                )
            )
        return _table(lines, guard.COUNT), _table(rungs, rung.COUNT)


def tables_of(programs: Sequence[Program]) -> Tables:
    """Return programs as tables; what several of them share stands there once."""
    builder = _Builder()
    for program in programs:
        builder.add(program)
    return builder.tables(programs)


def next_true(flag: BoolArray) -> Int32Array:
    """Return int32 [seconds + 1]: the first second from each on at which `flag` is true; their number where none is."""
    seconds = flag.size
    places = np.where(flag, np.arange(seconds), seconds)
    return np.append(np.minimum.accumulate(places[::-1])[::-1], seconds).astype(np.int32)


def signal_rows(conditions: Sequence[Condition], numbers: Sequence[int]) -> tuple[Int32Array, list[BoolArray]]:
    """Return the flag of each condition for each contract (and for none, last), and the flags, each once."""
    flags: list[BoolArray] = []
    rows = np.full((len(conditions), len(numbers) + 1), -1, np.int32)
    for place, condition in enumerate(conditions):
        if condition.everywhere is not None:
            rows[place, :] = len(flags)
            flags.append(condition.everywhere)
            continue
        for contract, number in enumerate(numbers):
            if number in condition.by_contract:
                rows[place, contract] = len(flags)
                flags.append(condition.by_contract[number])
    return rows, flags


def feature_rows(features: Sequence[Feature], numbers: Sequence[int], seconds: int) -> tuple[Int32Array, Int64Array]:
    """Return the row of each feature for each contract, and the rows; the first row is unknown throughout."""
    found: list[Int64Array] = [np.full(seconds, MISSING, np.int64)]
    rows = np.zeros((len(features), len(numbers)), np.int32)
    for place, feature in enumerate(features):
        known: dict[int, int] = {}
        for contract, number in enumerate(numbers):
            if number in feature.by_contract:
                values = feature.by_contract[number]
                if id(values) not in known:
                    known[id(values)] = len(found)
                    found.append(values)
                rows[place, contract] = known[id(values)]
    return rows, np.stack(found)


def _line(values: dict[int, int]) -> list[int]:
    return [values[column] for column in range(len(values))]


def _table(lines: Sequence[Sequence[int]], columns: int) -> Int64Array:
    return np.array(lines, np.int64).reshape(len(lines), columns)
