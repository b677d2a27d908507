"""How long a command takes to start, against the interpreter alone."""

import subprocess
import sys

from benchmarks.figures import Figure, at_most, fastest

GROUP = "start"


def measure() -> list[Figure]:
    def command(*words: str) -> float:
        return fastest(lambda: subprocess.run([sys.executable, *words], check=True, capture_output=True), 5)

    bare = command("-c", "pass")
    shown = command("-m", "nfolab", "--help")
    contract = command("-m", "nfolab", "contract", "banknifty25dec59400ce")
    against = ("the interpreter alone", bare)
    return [
        at_most(GROUP, "nfolab --help", shown, "s", against, 0.3, 0.2),
        at_most(GROUP, "nfolab contract", contract, "s", against, 0.5),
    ]
