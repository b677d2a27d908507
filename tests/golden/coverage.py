"""Which recipes of the library lack golden cases."""

from pathlib import Path

from golden.case import cases_of
from nfolab.strategies.find import library

STRATEGIES = Path(__file__).resolve().parent / "strategies"


def lacking() -> dict[str, str]:
    """What each recipe of the library still lacks: its file, a case that trades, or one that does not."""
    told = {}
    for name in library():
        path = STRATEGIES / f"{name}.md"
        if not path.exists():
            told[name] = f"has no file {path.name}"
            continue
        trading = {case.trades_something for case in cases_of(path) if case.strategy == name}
        if trading != {True, False}:
            told[name] = "has no case that trades" if True not in trading else "has no case without a trade"
    return told
