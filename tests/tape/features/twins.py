"""All slow twins: importing this fills the table of them."""

from tape.features import twins_of_chains, twins_of_rows, twins_of_state, twins_of_the_day, twins_of_windows
from tape.features.slow import TWINS, Slow

__all__ = [
    "TWINS",
    "Slow",
    "twins_of_chains",
    "twins_of_rows",
    "twins_of_state",
    "twins_of_the_day",
    "twins_of_windows",
]
