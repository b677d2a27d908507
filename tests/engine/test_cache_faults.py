"""Faults of Numba's cache, each shown on a toy package with our decorators, and that the engine's kernels have none.

Numba looks only at the file of a kernel itself. A helper or a constant edited in another module gives a stale answer;
fields of a NamedTuple put in another order there, a hit with the fields exchanged. Arrays of other layouts or types
each compile once more.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nfolab
from engine.hand_market import CALL, PUT, hand_lake, steady

FIELDS = ("bids", "asks")
ROW = """from typing import NamedTuple
import numpy as np
class Row(NamedTuple):
    {}: np.ndarray
    {}: np.ndarray
"""
HELPER = """from nfolab.base.compiled import compiled
FEE = {}
@compiled
def paid(spread):
    return spread + FEE
"""
KERNEL = """from nfolab.base.compiled import compiled
from nfolab.tape.helper import paid
@compiled
def cost(row):
    return paid(row.asks[0] - row.bids[0])
"""
ASK = """import json
import numpy as np
from nfolab.engine.kernel import cost
from nfolab.tape.row import Row
told = cost(Row(bids=np.array([100]), asks=np.array([103])))
print(json.dumps([int(told), sum(cost.stats.cache_hits.values())]))
"""


class Toy:
    """A package of three small modules and our own `base`, asked in a new process each time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.package = folder, folder / "nfolab"
        here = Path(nfolab.__file__).parent
        shutil.copytree(here / "base", self.package / "base", ignore=shutil.ignore_patterns("__pycache__"))
        for room in ("", "tape", "engine"):
            (self.package / room).mkdir(exist_ok=True)
            (self.package / room / "__init__.py").write_text("")
        (self.package / "engine" / "kernel.py").write_text(KERNEL)
        self.write(FIELDS, 5)

    def write(self, fields: tuple[str, str], fee: int) -> None:
        (self.package / "tape" / "row.py").write_text(ROW.format(*fields))
        (self.package / "tape" / "helper.py").write_text(HELPER.format(fee))

    def answer(self) -> list[int]:
        """The cost, and whether it came from the cache."""
        environment = {
            **os.environ, "PYTHONPATH": str(self.folder), "NFOLAB_CACHE": str(self.folder / "cache"),
            "NUMBA_DISABLE_JIT": "0", "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", ASK], check=True, capture_output=True, text=True, env=environment, cwd=self.folder
        )
        return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("fields", "fee", "right"), [(FIELDS[::-1], 5, 8), (FIELDS, 7, 10)], ids=["fields", "constant"]
)
def test_what_another_module_changes_is_compiled_anew(tmp_path, fields, fee, right):
    toy = Toy(tmp_path)
    assert (toy.answer(), toy.answer()) == ([8, 0], [8, 1])
    toy.write(fields, fee)
    assert toy.answer() == [right, 0]


def test_without_the_folder_named_by_the_sources_the_answer_would_be_wrong(tmp_path):
    toy = Toy(tmp_path)
    guard = toy.package / "base" / "compiled.py"
    guard.write_text(guard.read_text().replace("return digest.hexdigest()[:16]", 'return "always"'))
    assert toy.answer() == [8, 0]
    toy.write(FIELDS[::-1], 7)
    # The fields exchanged and the old fee: 100 − 103 + 5.
    assert toy.answer() == [2, 1]


LOOK = """
import json, sys
from datetime import date
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from nfolab.lake import Lake
from nfolab.research.run import run_day
from nfolab.strategies.find import find_recipe

lake = Lake.open(Path(sys.argv[1]))
given = [{"stop": "1%"}, {"leg_stop": "5%", "lots": "40lots"}, {"target": "2pt", "spot": "parity", "strike": "atm"}]
clock = {"strike": "59400", "entry": "09:16:40", "exit": "09:18:20"}
variants = [find_recipe("short_straddle").variant(clock | one, number) for number, one in enumerate(given)]
tables = run_day(lake, "BANKNIFTY", date(2025, 12, 15), variants).tables
assert set(tables["ledger"]["state"]) == {"done"}, tables["ledger"]["reason"][0]
kernels = {}
for name, module in list(sys.modules.items()):
    if name.startswith("nfolab.engine"):
        kernels |= {key: one for key, one in vars(module).items() if isinstance(one, Dispatcher) and one.signatures}
lean = {key: one for key, one in kernels.items() if one.targetoptions.get("_nrt") is False}
print(json.dumps({
    "kernels": sorted(kernels),
    "counting": [key for key, one in lean.items() if "NRT_incref" in "".join(one.inspect_llvm().values())],
    "several": [key for key, one in kernels.items() if len(one.signatures) > 1],
}))
"""


def test_lean_kernels_count_no_references_and_what_python_calls_is_compiled_once(tmp_path):
    rows = steady(range(95, 300), 10_000, 10_010)
    hand_lake(tmp_path, {CALL: rows, PUT: rows}, dict.fromkeys(range(95, 300), 59_400_00))
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path / "lake")], check=False, capture_output=True, text=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "0"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    told = json.loads(done.stdout.splitlines()[-1])
    from_python = {"walk_programs", "reprice"}
    assert from_python <= set(told["kernels"])
    assert told["counting"] == []
    assert not from_python & set(told["several"])
