"""Options that several commands share, and printing for scripts."""

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nfolab.base.errors import InputError

LakeOption = Annotated[Path, typer.Option("--lake", envvar="NFOLAB_LAKE", help="The lake's folder.")]
RunsOption = Annotated[Path, typer.Option("--runs", envvar="NFOLAB_RUNS", help="The folder of runs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document for scripts.")]

DEFAULT_LAKE = Path("lake")
DEFAULT_RUNS = Path("runs")


def print_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def read_day(text: str | None) -> date | None:
    """Read a day written 2025-12-15.

    Raises:
        InputError: it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is not a day: write it as 2025-12-15") from None


def worker_count(given: int | None) -> int:
    """Return the number of workers given, or one for each processor.

    Raises:
        InputError: it is below 1.
    """
    if given is not None and given < 1:
        raise InputError(f"{given} workers cannot work: give --workers 1 or more")
    return given or os.cpu_count() or 1
