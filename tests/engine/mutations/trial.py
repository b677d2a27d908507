"""One mutant against the tests: the package is copied, broken in one place, and its tests are run until one fails."""

import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.mutations.mutants import Mutant

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src" / "nfolab"


@dataclass(frozen=True)
class Suite:
    """Test files in order, what `-k` picks of them, and whether kernels are compiled."""

    tests: tuple[str, ...]
    picked: str
    compiled: bool
    stall: int  # seconds without a test's end after which a mutant counts as one that never comes back


@dataclass(frozen=True)
class Verdict:
    """`killed` by the test named in `by`, `stalled`, or `survived`."""

    state: str
    by: str
    seconds: float


class Bench:
    """A copy of the package in a folder of its own, where mutants take turns."""

    def __init__(self, folder: Path, suite: Suite) -> None:
        self.folder, self.suite = folder, suite
        self.source = folder / "src"
        shutil.rmtree(self.source, ignore_errors=True)
        shutil.copytree(PACKAGE, self.source / "nfolab", ignore=shutil.ignore_patterns("__pycache__"))

    def try_out(self, mutant: Mutant | None) -> Verdict:
        """What the tests say of a mutant, or of the package as it is."""
        if mutant is None:
            return self.verdict()
        broken = self.source / mutant.path.relative_to(ROOT / "src")
        whole = broken.read_text()
        broken.write_text(mutant.applied(whole))
        try:
            return self.verdict()
        finally:
            broken.write_text(whole)

    def verdict(self) -> Verdict:
        start = time.monotonic()
        options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", self.suite.picked]
        environment = {
            **os.environ,
            "CI": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(self.source),
            "NUMBA_DISABLE_JIT": "0" if self.suite.compiled else "1",
            "NFOLAB_DESK_CASES": os.environ.get("NFOLAB_DESK_CASES", "60"),
            "NFOLAB_CACHE": str(self.folder / "kernels"),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *self.suite.tests],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told, stalled = self.listen(process)
        seconds = time.monotonic() - start
        if stalled:
            return Verdict("stalled", "", seconds)
        if process.returncode == 0:
            return Verdict("survived", "", seconds)
        failed = [line.split(" ")[1] for line in told.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        return Verdict("killed", failed[0] if failed else told.strip().splitlines()[-1], seconds)

    def listen(self, process: subprocess.Popen[bytes]) -> tuple[str, bool]:
        """What the tests print, and whether they fell silent for too long; the process is over then."""
        told = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(self.suite.stall):
                    process.kill()
                    process.communicate()
                    return told.decode(errors="replace"), True
                piece = os.read(process.stdout.fileno(), 65_536)
                if not piece:
                    break
                told += piece
        process.communicate()
        return told.decode(errors="replace"), False


def imports_the_copy(bench: Bench) -> bool:
    """Whether tests of a bench see its copy and not the package itself."""
    asked = [sys.executable, "-c", "import nfolab; print(nfolab.__file__)"]
    environment = {**os.environ, "PYTHONPATH": str(bench.source)}
    told = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=ROOT, env=environment).stdout
    return Path(told.strip()).is_relative_to(bench.source)


def paths_of(names: Sequence[str]) -> list[Path]:
    """Modules below the package, such as engine/kernel.py."""
    return [PACKAGE / name for name in names]
