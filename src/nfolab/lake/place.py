"""Finished day files and their ledgers, moved from the staging folder into the lake."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nfolab.base.files import sync_folder
from nfolab.lake.layout import audit_file, day_file, day_files
from nfolab.lake.packing.shards import DayKey

_MOVING: Final = "moving"
"""The file beside the staging folder that tells that all in it was finished and is being moved."""


def move_into_place(root: Path, staged: Path, keys: Iterable[DayKey]) -> None:
    """Move each staged day file into the lake, its ledger before it."""
    (staged.parent / _MOVING).touch()
    sync_folder(staged.parent)
    for key in keys:
        for place in (audit_file, day_file):
            final = place(root, *key)
            final.parent.mkdir(parents=True, exist_ok=True)
            place(staged, *key).replace(final)
            sync_folder(final.parent)


def is_moving(staged: Path) -> bool:
    """Say whether files were being moved, and nobody has said that it is done."""
    return (staged.parent / _MOVING).exists()


def finish_moving(root: Path, staged: Path) -> None:
    """Move the day file whose ledger was already moved when the process died: they belong together."""
    if not is_moving(staged):
        return
    for kind, underlying, day, path in day_files(staged):
        if not audit_file(staged, kind, underlying, day).exists():
            final = day_file(root, kind, underlying, day)
            final.parent.mkdir(parents=True, exist_ok=True)
            path.replace(final)
            sync_folder(final.parent)


def moving_is_done(staged: Path) -> None:
    """Forget that files were being moved, before others are staged."""
    (staged.parent / _MOVING).unlink(missing_ok=True)
