"""Judge planted wrongs by the tests: all is imported and collected once, and each wrong lives in a child process.

Tests that never run the changed lines cannot tell, so only those that do are asked, the quickest first. A child that
does not come back in time has stalled.
"""

import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

os.environ["NUMBA_DISABLE_JIT"] = "1"  # read when Numba is imported

import pytest

from engine.mutations.plant import PACKAGE, plant

ROOT = PACKAGE.parents[1]
MOST_MEMORY = 12 << 30
PATIENCE = 8.0
"""A test may take so many times its usual time, and as many seconds more."""
SLOWEST = 20.0
"""Seconds, of a test whose usual time is not known."""


@dataclass(frozen=True)
class Verdict:
    """`killed` by the test named in `by`, which said `why`; `stalled` in it; or `survived` all that could tell."""

    state: str
    by: str
    why: str
    seconds: float
    asked: int  # how many tests run the changed lines


@dataclass(frozen=True)
class Known:
    """What one test runs: seconds it takes, and the lines of each file."""

    seconds: float
    lines: dict[str, frozenset[int]]


class Watch:
    """Notes every line that runs in some files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.seen: dict[str, set[int]] = {path: set() for path in paths}

    def __call__(self, frame: FrameType, _event: str, _argument: object) -> object:
        lines = self.seen.get(frame.f_code.co_filename)
        if lines is None:
            return None
        lines.add(frame.f_lineno)

        def line_of(inner: FrameType, happened: str, _nothing: object) -> object:
            if happened == "line":
                lines.add(inner.f_lineno)
            return line_of

        return line_of


class Judge:
    """A pytest plugin whose session does nothing but what `work` asks of it."""

    def __init__(self, files: Sequence[Path], kept: Path | None, work: Callable[["Judge"], None]) -> None:
        """Make it; with `kept` it first learns which lines of `files` each test runs, and keeps that there."""
        self.files = [str(path) for path in files]
        self.kept, self.work = kept, work
        self.known: dict[str, Known] = {}
        self.items: dict[str, pytest.Item] = {}
        self.failed = self.why = ""
        self.enough = True
        self.kills: Counter[tuple[str, str]] = Counter()

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} files cannot be collected")
        self.items = {item.nodeid: item for item in session.items}
        self.folder = session.config._tmp_path_factory.getbasetemp()
        if self.kept is not None:
            self.learn()
        self.work(self)
        return True

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid
            crash = getattr(report.longrepr, "reprcrash", None)
            self.why = crash.message.splitlines()[0] if crash else ""

    def ran(self, name: str) -> bool:
        """Run one test in this process; whether it passed."""
        self.failed = ""
        item = self.items[name]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.failed

    def text_of_all(self) -> str:
        """A hash of whatever decides which lines a test runs."""
        told = hashlib.sha256("\n".join(self.items).encode())
        for path in sorted({*self.files, *(str(item.path) for item in self.items.values())}):
            told.update(Path(path).read_bytes())
        return told.hexdigest()[:16]

    def learn(self) -> None:
        """Which lines each test runs, from the file kept beside the verdicts where nothing changed since."""
        kept = self.kept.with_suffix(f".{self.text_of_all()}.lines.json")
        if not kept.exists():
            sys.stdout.write(f"looking at which lines each of {len(self.items)} tests runs\n")
            sys.stdout.flush()
            for number, name in enumerate(self.items):
                report = self.in_child(lambda name=name: self.looked(name))
                if not report or not report["passed"]:
                    raise pytest.UsageError(f"{name} fails without any mutant")
                self.known[name] = Known(
                    report["seconds"], {path: frozenset(lines) for path, lines in report["lines"].items()}
                )
                if number % 50 == 49:
                    sys.stdout.write(f"{number + 1} of {len(self.items)}\n")
                    sys.stdout.flush()
            told = {
                name: {
                    "seconds": round(one.seconds, 3),
                    "lines": {path: sorted(lines) for path, lines in one.lines.items()},
                }
                for name, one in self.known.items()
            }
            kept.write_text(json.dumps(told))
        told = json.loads(kept.read_text())
        self.known = {
            name: Known(one["seconds"], {path: frozenset(lines) for path, lines in one["lines"].items()})
            for name, one in told.items()
        }

    def looked(self, name: str) -> dict:
        watch = Watch(self.files)
        start = time.monotonic()
        threading.settrace(watch)
        sys.settrace(watch)
        passed = self.ran(name)
        sys.settrace(None)
        threading.settrace(None)
        lines = {path: sorted(seen) for path, seen in watch.seen.items() if seen}
        return {"passed": passed, "seconds": time.monotonic() - start, "lines": lines}

    def in_child(self, do: Callable[[], object], seconds: float = 600) -> dict | None:
        """What `do` gives, carried out in a child of this process; nothing if the child died or took too long."""
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            self.live_as_child(do, writing, seconds)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(child, 0)
        for left in self.folder.iterdir():
            shutil.rmtree(left, ignore_errors=True)
        lines = told.decode().splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None

    def live_as_child(self, do: Callable[[], object], writing: int, seconds: float) -> None:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            signal.setitimer(signal.ITIMER_REAL, seconds)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            self.pipe = writing
            told = do()
            os.write(writing, b"\n")
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(json.dumps(told).encode())
            code = 0
        finally:
            os._exit(code)

    def lines_of(self, path: Path) -> frozenset[int]:
        """The lines of a module that any test runs."""
        return frozenset().union(*(known.lines.get(str(path), frozenset()) for known in self.known.values()))

    def telling(self, path: Path, first: int, last: int) -> list[str]:
        """The tests that run any of these lines: those first that noticed most, then the quickest."""
        name = str(path)
        span = frozenset(range(first, last + 1))
        asked = [test for test, known in self.known.items() if known.lines.get(name, frozenset()) & span]
        return sorted(asked, key=lambda test: (-min(self.kills[name, test], 3), self.known[test].seconds))

    def try_out(self, texts: Mapping[Path, str], tests: Sequence[str]) -> Verdict:
        """What these tests say of modules with these texts."""
        start = time.monotonic()

        def judged() -> dict:
            changed = [plant(path, text) for path, text in texts.items()]
            if not all(changed):
                return {"state": "the same code", "by": ""}
            for test in tests:
                os.write(self.pipe, f"{test}\n".encode())
                usual = self.known[test].seconds if test in self.known else SLOWEST
                signal.setitimer(signal.ITIMER_REAL, PATIENCE * (1 + usual))
                if not self.ran(test):
                    return {"state": "killed", "by": test, "why": self.why}
            return {"state": "survived", "by": ""}

        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            self.live_as_child(judged, writing, 60)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            lines = pipe.read().decode().splitlines()
        _, how = os.waitpid(child, 0)
        with suppress(OSError):
            for left in self.folder.iterdir():
                shutil.rmtree(left, ignore_errors=True)
        seconds = time.monotonic() - start
        told = [line for line in lines if line]
        if told and told[-1].startswith("{"):
            verdict = json.loads(told[-1])
        elif os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGALRM:
            verdict = {"state": "stalled", "by": told[-1] if told else ""}
        else:  # a mutant that breaks the interpreter itself is noticed too
            verdict = {"state": "killed", "by": f"{told[-1] if told else ''} (the process died)"}
        if verdict["state"] in ("killed", "stalled"):
            for path in texts:
                self.kills[str(path), verdict["by"]] += 1
        return Verdict(verdict["state"], verdict["by"], verdict.get("why", ""), seconds, len(tests))


def session(judge: Judge, tests: Sequence[str], picked: str) -> int:
    """Collect these tests once and let the judge work."""
    os.environ |= {"CI": "1", "NFOLAB_DESK_CASES": "60", "POLARS_MAX_THREADS": "1"}
    os.chdir(ROOT)
    options = ["-qq", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", picked]
    return int(pytest.main([*options, *tests], plugins=[judge]))
