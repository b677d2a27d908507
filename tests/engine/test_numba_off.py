"""The kernels as plain Python: the worked examples hold with Numba switched off, which is how mutants are judged."""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = (
    "test_desk_by_hand.py", "test_desk_words.py", "test_books_by_hand.py", "test_positions_by_hand.py",
    "test_positions_defects.py",
)  # fmt: skip


def test_the_worked_examples_hold_without_compiling():
    """`make nojit` runs the rest, and tells which lines of the kernels no test runs."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "not real", *EXAMPLES],
        cwd=HERE, capture_output=True, text=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 150
