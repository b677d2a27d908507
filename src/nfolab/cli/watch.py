"""Running again whenever a file is saved."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from nfolab.base.errors import InputError

_POLL = 0.1
_Stamps = list[tuple[int, int, int] | None]


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
            _await_save(files, seen)
    except KeyboardInterrupt:
        typer.echo("no longer waiting", err=True)


def _await_save(files: Sequence[Path], seen: _Stamps) -> None:
    """Wait until a file is another, and as it was a moment before: an editor may empty it first and fill it then."""
    now = seen
    while now == seen or None in now or now != _stamps(files):
        now = _stamps(files)
        time.sleep(_POLL)


def _stamps(files: Sequence[Path]) -> _Stamps:
    return [_stamp(path) for path in files]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
