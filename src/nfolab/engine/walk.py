"""Walking a batch of programs over a day: what to load, the lines to build, and the kernel's log."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nfolab.base.snapshot import LEVELS
from nfolab.engine.codes import Field, Rule
from nfolab.engine.kernel import walk_programs
from nfolab.engine.lines import add_lines, close_line
from nfolab.engine.program import Program
from nfolab.tape.book import Int32Array, Int64Array
from nfolab.tape.tape import Tape

_FIRST_ROOM = 64
"""Lines of log a program gets at first; a batch that needs more is walked again with room for all."""


@dataclass(frozen=True)
class Walk:
    """What the kernel did: the tape it walked and its log, int64 [lines, fields], in order of program and time.

    `ran_out` tells that some quantity reached beyond the levels that were loaded: with fewer than five, walk again.
    """

    tape: Tape
    batch: "Batch"
    log: Int64Array
    ran_out: bool


@dataclass(frozen=True)
class Batch:
    """A batch of programs as the kernel's arrays (see `walk_programs`); contracts by their number within the tape.

    `program` [entries] is the program of each entry; `leg_lots` [entries, most legs] its legs' lots.
    """

    entry_start: Int32Array
    rules: Int64Array
    program: Int64Array
    leg_lots: Int64Array
    entry_second: Int32Array
    leg_count: Int32Array
    leg_contract: Int32Array
    leg_sign: Int32Array
    leg_units: Int64Array
    leg_line: Int32Array
    total_line: Int32Array
    line_keys: list[tuple[int, int, int, int, int]]
    total_keys: list[tuple[int, ...]]


def walk(tape: Tape, programs: Sequence[Program]) -> Walk:
    """Walk programs over a tape that holds every contract they can touch."""
    batch = _arrays(programs, {int(number): place for place, number in enumerate(tape.numbers)})
    log, ran_out = _walk(tape, batch)
    return Walk(tape, batch, log, ran_out)


def _arrays(programs: Sequence[Program], place: dict[int, int]) -> Batch:
    entries = [(program, entry) for program in programs for entry in program.entries]
    counts = [len(program.entries) for program in programs]
    most_legs = max((len(entry.legs) for _, entry in entries), default=1)
    shape = (len(entries), most_legs)
    leg_contract, leg_sign, leg_line = (np.zeros(shape, np.int32) for _ in range(3))
    leg_units, leg_lots = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    total_line = np.zeros(len(entries), np.int32)
    line_numbers: dict[tuple[int, int, int, int, int], int] = {}
    total_numbers: dict[tuple[int, ...], int] = {}
    for at, (program, entry) in enumerate(entries):
        whole = []
        for number, leg in enumerate(entry.legs):
            contract = place[leg.number]
            leg_contract[at, number] = contract
            leg_sign[at, number] = leg.sign
            leg_units[at, number] = leg.units
            leg_lots[at, number] = leg.lots
            key = (contract, leg.sign, leg.units, program.max_quote_age, int(program.watch))
            line = line_numbers.setdefault(key, len(line_numbers))
            leg_line[at, number] = line
            whole.append(line)
        total_line[at] = total_numbers.setdefault(tuple(whole), len(total_numbers))
    return Batch(
        entry_start=np.cumsum([0, *counts]).astype(np.int32),
        program=np.repeat(np.arange(len(programs)), counts),
        leg_lots=leg_lots,
        rules=np.array([program.rules() for program in programs], np.int64).reshape(len(programs), len(Rule)),
        entry_second=np.array([entry.second for _, entry in entries], np.int32),
        leg_count=np.array([len(entry.legs) for _, entry in entries], np.int32),
        leg_contract=leg_contract,
        leg_sign=leg_sign,
        leg_units=leg_units,
        leg_line=leg_line,
        total_line=total_line,
        line_keys=list(line_numbers),
        total_keys=list(total_numbers),
    )


def _walk(tape: Tape, batch: Batch) -> tuple[Int64Array, bool]:
    book = tape.book
    seconds = book.last.shape[1]
    lines = np.empty((len(batch.line_keys), seconds), np.int64)
    ran_out = False
    for number, (contract, sign, units, max_age, watch) in enumerate(batch.line_keys):
        ran_out |= close_line(
            contract, sign, units, max_age, watch, book.second, book.last, book.bid_price, book.bid_size,
            book.ask_price, book.ask_size, book.last_price, lines[number],
        )  # fmt: skip
    totals = np.empty((len(batch.total_keys), seconds), np.int64)
    for number, key in enumerate(batch.total_keys):
        add_lines(np.array(key, np.int32), lines, totals[number])
    memories = 2 * book.last.shape[0]
    room = _FIRST_ROOM * max(1, batch.rules.shape[0])
    while True:
        log = np.empty((room, len(Field)), np.int64)
        used, deeper = walk_programs(
            book.second, book.last, book.bid_price, book.bid_size, book.ask_price, book.ask_size, batch.entry_start,
            batch.rules, batch.entry_second, batch.leg_count, batch.leg_contract, batch.leg_sign, batch.leg_units,
            batch.leg_line, batch.total_line, lines, totals, np.zeros(memories, np.int64),
            np.zeros((memories, LEVELS), np.int64), np.zeros((6, batch.leg_contract.shape[1]), np.int64),
            np.zeros(LEVELS, np.int64), log,
        )  # fmt: skip
        if used <= room:
            return log[:used], ran_out or deeper
        room = used
