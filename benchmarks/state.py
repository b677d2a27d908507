"""The market's state of a full synthetic day, from a packed lake, on one core: the state vector and all detectors."""

from benchmarks.figures import Figure, at_most, fastest
from benchmarks.market_of_a_day import DAY, UNDERLYING, full_day
from nfolab.tape.features import SPOT, DayFeatures
from nfolab.tape.features.day import Given
from nfolab.tape.state.events import burst_table, liquidity_table, spell_table
from nfolab.tape.state.strikes import books_of
from nfolab.tape.state.vector import REACH, state_vector
from nfolab.tape.tape import Day

GROUP = "state"


def measure() -> list[Figure]:
    lake = full_day()

    def given() -> Given:
        return Given(DayFeatures(Day(lake, UNDERLYING, DAY)), SPOT)

    def everything() -> None:
        one = given()
        state_vector(one)
        burst_table(one)
        liquidity_table(one)
        spell_table(one)

    def regimes() -> None:
        DayFeatures(Day(lake, UNDERLYING, DAY)).get("regime", SPOT)

    books = 1e3 * fastest(lambda: books_of(given(), REACH), 3)
    against = ("read the books near the money", books)
    return [
        at_most(GROUP, "state vector, bursts, liquidity, spells of a full day", 1e3 * fastest(everything, 3), "ms",
                against, 1000.0, 700.0),
        at_most(GROUP, "the regime alone", 1e3 * fastest(regimes, 3), "ms", against, 500.0, 250.0),
    ]  # fmt: skip
