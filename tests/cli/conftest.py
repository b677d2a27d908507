"""The whole way by the command line, once: raw files, a lake, a run; and how a command is asked."""

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nfolab.cli.app import run


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one line on standard error in which a mistake is told, without the command's name."""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("nfolab: "), self.err
        assert "Traceback" not in self.err
        assert self.out == ""
        return self.err.removeprefix("nfolab: ").rstrip("\n")


Ask = Callable[..., Answer]


def asked(*words: object) -> Answer:
    """Run a command line within this process, as `main` does."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    before = sys.argv
    sys.argv = ["nfolab", *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            run()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return Answer(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def ask() -> Ask:
    return asked


@dataclass(frozen=True)
class Way:
    """Folders of a small synthetic market gone the whole way, and what each command told."""

    raw: Path
    lake: Path
    runs: Path
    synth: Answer
    pack: Answer
    run: Answer

    @property
    def name(self) -> str:
        return str(self.run.document["run"])

    @property
    def places(self) -> tuple[object, ...]:
        return ("--lake", self.lake, "--runs", self.runs)


@pytest.fixture(scope="session")
def way(tmp_path_factory: pytest.TempPathFactory) -> Way:
    folder = tmp_path_factory.mktemp("way")
    raw, lake, runs = folder / "raw", folder / "lake", folder / "runs"
    synth = asked("synth", raw, "--days", 3, "--defects", "--json")
    pack = asked("pack", raw, "--lake", lake, "--json")
    grids = ("--grid", "stop=none,3%", "--grid", "entry=09:20:00,10:05:00")
    made = asked("run", "short_straddle", "--lake", lake, "--runs", runs, *grids, "--json")
    return Way(raw, lake, runs, synth, pack, made)
