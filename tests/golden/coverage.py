"""Which strategies of the catalogue that are there lack golden cases."""

from pathlib import Path

from golden.case import cases_of
from nfolab.strategies.find import library, python_library
from nfolab.strategies.index import catalogue

STRATEGIES = Path(__file__).resolve().parent / "strategies"


def to_be_covered() -> list[str]:
    """The strategies of the catalogue that have a file in the library."""
    return sorted({*library(), *python_library()} & set(catalogue()))


def lacking() -> dict[str, str]:
    """What a strategy still lacks: its file, a case that trades, or one that does not."""
    told = {}
    for name in to_be_covered():
        path = STRATEGIES / f"{name}.md"
        if not path.exists():
            told[name] = f"has no file {path.name}"
            continue
        trading = {case.trades_something for case in cases_of(path) if case.strategy == name}
        if trading != {True, False}:
            told[name] = "has no case that trades" if True not in trading else "has no case without a trade"
    return told
