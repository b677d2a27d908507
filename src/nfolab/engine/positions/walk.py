"""Walking programs over a day: what to read, what to ask pickers, and the kernel's log."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nfolab.base.snapshot import LEVELS
from nfolab.engine.codes import Field
from nfolab.engine.positions.arrays import Tables, feature_rows, next_true, signal_rows, tables_of
from nfolab.engine.positions.columns import holding, pick, rest, rule
from nfolab.engine.positions.kernel import walk_programs
from nfolab.engine.positions.program import Choice, ChoiceOfHeld, Program
from nfolab.engine.positions.tables import (
    BLOCK,
    COUNTERS,
    CROWDED,
    DAY,
    FULL,
    MOST_HOLDINGS,
    NO_CONTRACT,
    RAN_OUT,
    ROWS_WRITTEN,
    TRADE_NUMBERS,
    UNASKED,
    Desk,
    Lines,
    Market,
)
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.tape import Tape

_FIRST_ROOM = 64
_FIRST_TOTALS = 64
_SAMPLE = 12

Answers = dict[tuple[Choice, int], int | None]


@dataclass(frozen=True)
class DayOfContracts:
    """What a walk needs of a day.

    Attributes:
        spot: int32 [seconds], the index in paise, −1 where unknown.
        strike: int64 [contracts of the day], paise.
        call: bool [contracts of the day].
        load: reads the rows of contracts by their numbers; `traded` int32 [rows], the units traded in each.
    """

    spot: Int32Array
    strike: Int64Array
    call: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    load: Callable[[Sequence[int]], Tape]
    traded: Callable[[Sequence[int]], Int32Array]


@dataclass(frozen=True)
class Walk:
    """What the kernel did: the tape it walked, and its log, int64 [lines, fields], in order of program and time.

    `ran_out` tells that some quantity reached beyond the levels that were loaded: with fewer than five, walk again.
    """

    tape: Tape
    log: Int64Array
    ran_out: bool


def rests(programs: Sequence[Program]) -> bool:
    """Tell whether any order of these programs rests in the book, so that all five levels matter."""
    return any(leg.limit is not None or leg.guard.target_rests is not None for one in programs for leg in one.slots)


def walk(day: DayOfContracts, programs: Sequence[Program]) -> Walk:
    """Walk programs over a day.

    Pickers are asked at the seconds at which the kernel comes to need them; it then walks those programs anew, with the
    rows of contracts that came up.
    """
    tables = tables_of(programs)
    answers: Answers = {}
    known: set[int] = set()
    looked: set[tuple[object, ...]] = set()
    for program in programs:
        alike = program.entry, program.window, *(leg.choice for leg in program.slots if not leg.lazy)
        if alike in looked:
            continue
        looked.add(alike)
        known |= _known(program)
        for choice, second in _foreseen(program):
            _ask(answers, choice, second)
    while True:
        wanted = known | {number for number in answers.values() if number is not None}
        walked = _Walking(day, day.load(sorted(wanted)), tables, programs, answers).walk()
        if walked is not None:
            return walked


def _known(program: Program) -> set[int]:
    """Return the contracts that the pickers which know them at once take where a program may enter."""
    if program.entry.everywhere is None:
        return set()
    told = (leg.choice.at_once for leg in program.slots if not leg.lazy)
    return {int(one) for line in told if line is not None for one in np.unique(line[program.entry.everywhere])} - {-1}


def _foreseen(program: Program) -> Iterator[tuple[Choice, int]]:
    """Yield the questions that a program will ask, all or a sample, so that most contracts are read at once."""
    entries = program.window if program.logs_skips and program.window is not None else program.entry
    if entries.everywhere is None:
        return
    seconds = np.flatnonzero(entries.everywhere)
    if not program.logs_skips:
        seconds = seconds[:: len(seconds) // _SAMPLE + 1]
    for second in seconds.tolist():
        for leg in program.slots:
            if not leg.lazy and leg.choice.at_once is None:
                yield leg.choice, second


def _ask(answers: Answers, choice: Choice, second: int) -> int | None:
    if (choice, second) not in answers:
        answers[choice, second] = choice.at(second)
    return answers[choice, second]


class _Walking:
    """One tape walked by all programs, until every contract they ask for is known."""

    def __init__(
        self, day: DayOfContracts, tape: Tape, tables: Tables, programs: Sequence[Program], answers: Answers
    ) -> None:
        self._tape = tape
        self._tables = tables
        self._programs = programs
        self._answers = answers
        self._places = {int(number): place for place, number in enumerate(tape.numbers)}
        seconds = tape.book.last.shape[1]
        signal_of, flags = signal_rows(tables.conditions, tape.numbers.tolist())
        entry_rows = [len(flags) + place for place in range(len(tables.entries))]
        flags += [entry.everywhere for entry in tables.entries if entry.everywhere is not None]
        rules = tables.plans.rules.copy()
        rules[:, rule.ENTRY_FLAG] = np.array(entry_rows, np.int64)[rules[:, rule.ENTRY_FLAG]]
        windows = rules[:, rule.WINDOW_FLAG]
        rules[:, rule.WINDOW_FLAG] = np.where(windows < 0, -1, np.array(entry_rows, np.int64)[windows])
        contracts = len(tape.numbers)
        picks = tables.plans.picks.copy()
        asks = picks[:, pick.ASKS_ABOUT] != pick.NOTHING
        picks[asks, pick.ROW] = len(tables.choices) + picks[asks, pick.ROW] * contracts
        self._plans = tables.plans._replace(rules=rules, picks=picks)
        feature_of, features = feature_rows(tables.features, tape.numbers.tolist(), seconds)
        self._asked_for: list[Choice] = [*tables.choices]
        self._asked_for += [ChoiceOfHeld(one, int(held)) for one in tables.asking for held in tape.numbers]
        self._choices = np.full((len(self._asked_for), seconds), UNASKED, np.int32)
        place_of = np.full(len(day.strike) + 1, UNASKED, np.int32)
        place_of[tape.numbers] = np.arange(len(tape.numbers))
        place_of[-1] = NO_CONTRACT
        for row, one in enumerate(self._asked_for):
            if one.at_once is not None:
                self._choices[row] = place_of[one.at_once]
        self._market = Market(
            spot=day.spot,
            next_true=np.array([next_true(flag) for flag in flags], np.int32).reshape(len(flags), seconds + 1),
            signal_of=signal_of,
            features=features,
            feature_of=feature_of,
            choices=self._choices,
            strike=day.strike[tape.numbers],
            call=day.call[tape.numbers].astype(np.uint8),
            traded=day.traded(tape.numbers.tolist()) if tables.rests else np.empty(0, np.int32),
        )
        self._rows = {choice: row for row, choice in enumerate(self._asked_for)}
        self._totals = _FIRST_TOTALS
        self._make_lines()

    def _make_lines(self) -> None:
        contracts, seconds = self._tape.book.last.shape
        rows = len(self._tables.keys) * contracts + self._totals
        blocks = -(-seconds // BLOCK)
        self._lines = Lines(
            values=np.empty((rows, seconds), np.int64),
            ready=np.zeros(rows, np.uint8),
            low=np.empty((rows, blocks), np.int64),
            high=np.empty((rows, blocks), np.int64),
            keys=self._tables.keys,
            members=np.zeros((self._totals, MOST_HOLDINGS + 1), np.int32),
        )

    def walk(self) -> Walk | None:
        """Return what all programs did; None where a contract came up that the tape does not hold."""
        if not self._fill_in():
            return None
        done: dict[int, Int64Array] = {}
        pending = [*range(len(self._programs))]
        room = _FIRST_ROOM * max(1, len(pending))
        memories = 2 * self._tape.book.last.shape[0]
        counters = np.zeros(COUNTERS, np.int64)
        ran_out = False
        while pending:
            desk = Desk(
                subjects=np.zeros((holding.COUNT, DAY + 1), np.int64),
                rest=np.zeros((rest.COUNT, self._tables.most_slots), np.int64),
                taken=np.zeros((memories, LEVELS), np.int64),
                seen_row=np.zeros(memories, np.int64),
                scratch=np.zeros(LEVELS, np.int64),
                had=np.full((2, self._tape.book.last.shape[0]), -1, np.int64),
                log=np.empty((room, len(Field)), np.int64),
                counters=counters,
                trade=np.zeros(TRADE_NUMBERS, np.int64),
                levels=np.zeros((5, DAY + 1), np.int64),
                used=np.zeros(max(1, self._tables.most_adjustments), np.int64),
                lasting=np.zeros((2, max(1, self._tables.most_terms)), np.int64),
                asked=np.full((len(self._programs), 2), -1, np.int64),
            )
            counters[ROWS_WRITTEN] = 0
            for first, last in _runs(pending):
                walk_programs(first, last, self._plans, self._market, self._tape.book, self._lines, desk)
            if counters[CROWDED]:
                raise AssertionError(f"a trade came to more than {MOST_HOLDINGS} holdings")
            if counters[FULL]:
                self._totals *= 4
                self._make_lines()
                counters[:] = 0
                done.clear()
                pending = [*range(len(self._programs))]
                continue
            if counters[ROWS_WRITTEN] > room:
                room = int(counters[ROWS_WRITTEN])
                continue
            ran_out = ran_out or bool(counters[RAN_OUT])
            log = desk.log[: counters[ROWS_WRITTEN]]
            asking = [program for program in pending if desk.asked[program, 0] >= 0]
            by_program = np.searchsorted(log[:, Field.PROGRAM], [*pending, len(self._programs)])
            for place, program in enumerate(pending):
                if desk.asked[program, 0] < 0:
                    done[program] = log[by_program[place] : by_program[place + 1]]
            for program in asking:
                self._answer(program, int(desk.asked[program, 0]), int(desk.asked[program, 1]))
            pending = asking
            if pending and not self._fill_in():
                return None
        parts = [done[program] for program in sorted(done)]
        log = np.concatenate(parts) if parts else np.empty((0, len(Field)), np.int64)
        log[:, Field.ENTRY] = np.unique(log[:, Field.ENTRY], return_inverse=True)[1]
        return Walk(self._tape, log, ran_out)

    def _answer(self, program: int, row: int, second: int) -> None:
        """Ask the picker that a program needs at a second, and those of its other legs with it."""
        asked = self._asked_for[row]
        _ask(self._answers, asked, second)
        entered = [leg.choice for leg in self._programs[program].slots if not leg.lazy]
        if asked in entered:
            for choice in entered:
                if choice.at_once is None:
                    _ask(self._answers, choice, second)

    def _fill_in(self) -> bool:
        """Put every answer into the choices; false where one is not on the tape."""
        for (choice, second), number in self._answers.items():
            if number is not None and number not in self._places:
                return False
            self._choices[self._rows[choice], second] = NO_CONTRACT if number is None else self._places[number]
        return True


def _runs(programs: Sequence[int]) -> list[tuple[int, int]]:
    """Return rising numbers as runs (first, one after the last)."""
    runs: list[tuple[int, int]] = []
    for program in programs:
        if runs and runs[-1][1] == program:
            runs[-1] = (runs[-1][0], program + 1)
        else:
            runs.append((program, program + 1))
    return runs
