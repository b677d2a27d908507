"""Running again whenever a file is saved."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from nfolab.base.errors import InputError

_POLL = 0.2


def watched(files: Sequence[Path], once: Callable[[], None]) -> None:
    """Do something, and again after each change of a file, until Ctrl-C.

    A mistake is told in its sentence and the next change awaited. A file that is away for a moment, as while an editor
    replaces it, is one that has not changed yet.
    """
    try:
        while True:
            seen = _stamps(files)
            try:
                once()
            except InputError as mistake:
                typer.echo(f"nfolab: {mistake}", err=True)
            typer.echo(f"waiting for {', '.join(path.name for path in files)} to be saved; Ctrl-C ends", err=True)
            while (now := _stamps(files)) == seen or None in now:
                time.sleep(_POLL)
    except KeyboardInterrupt:
        typer.echo("no longer waiting", err=True)


def _stamps(files: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    return [_stamp(path) for path in files]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
