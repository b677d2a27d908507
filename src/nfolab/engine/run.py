"""One day's run of a batch of programs, reading no more of the book than they can reach."""

from collections.abc import Sequence

import numpy as np

from nfolab.base.snapshot import LEVELS
from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.engine.outcome import Outcome, outcome
from nfolab.engine.positions.program import Program
from nfolab.engine.positions.walk import DayOfContracts, rests, walk
from nfolab.tape.money import Money
from nfolab.tape.tape import Day


def run_programs(day: Day, programs: Sequence[Program], money: Money) -> Outcome:
    """Run programs over a day.

    The best level alone is read first, unless an order rests. If any quantity, in the walk or in the band, could reach
    beyond it, all five are read and everything is done again: the result never depends on how much was read.
    """
    if rests(programs):
        return _run(day, programs, money, LEVELS)
    result = _run(day, programs, money, 1)
    return _run(day, programs, money, LEVELS) if result.ran_out else result


def _run(day: Day, programs: Sequence[Program], money: Money, levels: int) -> Outcome:
    contracts = DayOfContracts(
        spot=day.spot,
        strike=day.strike.astype(np.int64) * PAISE_PER_RUPEE,
        call=day.kind == "CE",
        load=lambda numbers: day.load(numbers, levels),
        traded=day.traded,
    )
    return outcome(day, walk(contracts, programs), programs, money)
