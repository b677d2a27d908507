"""One day's run of a batch of programs, reading no more of the book than they can reach."""

from collections.abc import Sequence

from nfolab.base.snapshot import LEVELS
from nfolab.engine.outcome import Outcome, outcome
from nfolab.engine.program import Program
from nfolab.engine.walk import walk
from nfolab.tape.money import Money
from nfolab.tape.tape import Day


def run_programs(day: Day, programs: Sequence[Program], money: Money) -> Outcome:
    """Run programs over a day; at least one must have an entry.

    The best level alone is read first. If any quantity, in the walk or in the band, could reach beyond it, all five are
    read and everything is done again: the result never depends on how much was read.
    """
    numbers = sorted({leg.number for program in programs for entry in program.entries for leg in entry.legs})
    tape = day.load(numbers, 1)
    result = outcome(day, walk(tape, programs), programs, money)
    if result.ran_out:
        tape = day.load(numbers, LEVELS)
        result = outcome(day, walk(tape, programs), programs, money)
    return result
