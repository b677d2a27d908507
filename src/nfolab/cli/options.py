"""Options that several commands share, and printing for scripts."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nfolab.base.errors import InputError

LakeOption = Annotated[Path, typer.Option("--lake", envvar="NFOLAB_LAKE", help="The lake's folder.")]
RunsOption = Annotated[Path, typer.Option("--runs", envvar="NFOLAB_RUNS", help="The folder of runs.")]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Processes to use; by default what suits the work.")
]
StrategiesOption = Annotated[
    Path | None,
    typer.Option("--strategies", metavar="DIR", envvar="NFOLAB_STRATEGIES", help="A folder of your own strategies."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]

PART_FAILED = 3
"""Exit code: a part failed, and the rest was done and kept."""

DEFAULT_LAKE = Path("lake")
DEFAULT_RUNS = Path("runs")


def print_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def as_typed() -> str:
    """Return how this command can be typed again: `nfolab`, or its path where a shell would not find it."""
    if Path(sys.argv[0]).name != "nfolab":
        return f"{sys.executable} -m nfolab"
    return "nfolab" if shutil.which("nfolab") else sys.argv[0]


def read_day(text: str) -> date:
    """Read a day written 2025-12-15.

    Raises:
        InputError: it is no date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a day: write it as 2025-12-15") from None


def read_optional_day(text: str | None) -> date | None:
    """Read a day written 2025-12-15, or none; raise InputError for anything else."""
    return None if text is None else read_day(text)


def checked_workers(given: int | None) -> int | None:
    """Return the number of workers given, if any.

    Raises:
        InputError: it is below 1.
    """
    if given is not None and given < 1:
        raise InputError(f"{given} workers cannot work: give --workers 1 or more")
    return given


def assignments(texts: Sequence[str], option: str) -> dict[str, str]:
    """Read `NAME=VALUE` texts, every name once."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name or not value:
            raise InputError(f"{option} {text} is no assignment: write it as {option} stop=30%")
        if name in pairs:
            raise InputError(f"{option} gives {name} twice, {pairs[name]} and {value}: keep one of them")
        pairs[name] = value
    return pairs
