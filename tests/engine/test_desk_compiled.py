"""What is compiled of the desk: nothing counts references, one set for all strategies; a file is compiled when edited.

Run in processes of their own, whatever this one was told of compiling.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

STRATEGY = '''"""Looks at a few seconds."""
from dataclasses import dataclass
from numba import njit
from nfolab.base.units import Lots
from nfolab.engine.desk import note, see

@dataclass(frozen=True)
class Params:
    lots: Lots = Lots(1)

@njit
def run(tape, desk, p):
    for row in range(20):
        see(desk, 0, row)
    note(desk, STEP, p.lots)
'''

LOOK = """
import json, sys
from pathlib import Path
import numpy as np
from engine.desk_play import rows_as_arrays, rules_of
from nfolab.base.units import Clock
from nfolab.engine.desk import clock, log, rows as shown_rows, sending
from nfolab.engine.desk.tables import Room, new_desk
from nfolab.engine.desk.tape import StrategyTape
from nfolab.strategies.python import load_python
rows = [(33_300_000_000_000 + second * 10**9, 0, 100, [(100, 35)] * 5, [(105, 350)] * 5) for second in range(30)]
book, traded = rows_as_arrays([rows], 22_500)
lot = np.array([35], np.int32)
tape = StrategyTape(*book[:8], traded, lot, lot > 0, lot, lot, (), ())
strategy = load_python(Path(sys.argv[1]))
numbers = strategy.numbers(strategy.read(strategy.values({})), Clock(33_300))
desk = new_desk(book, traded, lot, rules_of({}, 22_500), Room())
strategy.run(tape, desk, numbers)
helpers = {
    one.py_func.__name__: one
    for module in (clock, log, shown_rows, sending) for one in vars(module).values()
    if hasattr(one, "inspect_llvm") and one.py_func.__module__ == module.__name__
}
compiled = {name: one for name, one in helpers.items() if one.signatures}
print(json.dumps({
    "noted": int(desk.log[0, 8]),
    "compiled": sum(strategy.run.stats.cache_misses.values()),
    "from_cache": sum(strategy.run.stats.cache_hits.values()),
    "helpers": sorted(compiled),
    "counting": [name for name, one in compiled.items() if "NRT_incref" in "".join(one.inspect_llvm().values())],
    "several": [name for name, one in compiled.items() if len(one.signatures) > 1],
}))
"""


def looked(path: Path, cache: Path) -> dict:
    tests = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "NFOLAB_CACHE": str(cache), "NUMBA_DISABLE_JIT": "0", "PYTHONPATH": str(tests)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, env=environment, cwd=path.parent
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_an_edited_file_is_compiled_anew_an_unedited_one_is_not_and_nothing_counts_references(tmp_path):
    path, cache = tmp_path / "mine.py", tmp_path / "cache"
    path.write_text(STRATEGY.replace("STEP", "35"))
    first = looked(path, cache)
    assert (first["noted"], first["compiled"], first["from_cache"]) == (35, 1, 0)
    hot = {"see", "show_row", "record", "book_fill", "take", "enlist", "retire"}
    assert hot <= set(first["helpers"])
    assert first["counting"] == []
    assert first["several"] == []
    again = looked(path, cache)
    assert (again["noted"], again["compiled"], again["from_cache"]) == (35, 0, 1)
    path.write_text(STRATEGY.replace("STEP", "70"))
    edited = looked(path, cache)
    assert (edited["noted"], edited["compiled"], edited["from_cache"]) == (70, 1, 0)
