"""The joint audit's ledgers: made once for a day's files, and anew where one of them is another by now.

A ledger lies in `audit/joint/<UNDERLYING>/<day>.parquet`, tells of the day's options and of its chain, and names in its
metadata the content of every day file that was looked at. Spot that is delivered later makes it stale.
"""

import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.files import replacing
from nfolab.base.snapshot import SOURCE_KEY, DataKind
from nfolab.lake.auditing.joint_findings import JOINTLY, MADE, joint_findings
from nfolab.lake.auditing.ledger import ledger, write_table
from nfolab.lake.layout import AUDIT, JOINT, joint_file
from nfolab.lake.packing.workers import Run
from nfolab.lake.reader import Lake, read_ledger

INPUTS_KEY: Final = b"nfolab_joint"
LINES_KEY: Final = "nfolab_lines"
"""SHA-256 of the lines as CSV, in the metadata beside them, so that no byte changes unseen."""

VERSION: Final = 2
"""Grows when the same day files would give other findings."""

_LOOKED_AT = (*JOINTLY, DataKind.SPOT, DataKind.FUTURES)

DayOf = tuple[str, date]
"""(underlying, day)."""


def audit_days(root: Path, days: Iterable[DayOf] | None, run: Run) -> int:
    """Make the joint ledgers that are missing or of other day files than are there now; return how many.

    Whoever packs calls this after its commit for the days it wrote, and when it begins for all, in case it died before.

    Args:
        root: The lake, its catalogue written.
        days: Only these; None for all days of which there are options or a chain.
        run: Applies a function to tasks, here or in worker processes.

    Raises:
        InputError: a file of the lake is damaged.
        OSError: the disk is full or the folder cannot be written.
    """
    by_day = _days(Lake.open(root))
    wanted = by_day.keys() if days is None else set(days)
    if days is None:
        _forget_other_days(root, by_day)
    stale = [
        (one, files) for one, files in by_day.items() if one in wanted and _inputs_of(root, one) != _contents(files)
    ]
    return sum(1 for _ in run(_write, stale))


def _forget_other_days(root: Path, days: Collection[DayOf]) -> None:
    """Remove ledgers of days that went, and what a killed process left."""
    kept = {joint_file(root, *one) for one in days}
    for path in (root / AUDIT / JOINT).rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def joint_ledgers(lake: Lake, days: Collection[date]) -> Iterator[pl.DataFrame]:
    """Yield the ledgers of days, as stored; one that is missing or stale is made here and now."""
    for one, files in _days(lake).items():
        if one[1] in days:
            fresh = _inputs_of(lake.root, one) == _contents(files)
            yield read_ledger(joint_file(lake.root, *one)) if fresh else _ledger(one, files)


def _days(lake: Lake) -> dict[DayOf, Lake]:
    """Return the days of which contracts can be held against each other, each as a lake of what is looked at."""
    entries = defaultdict(list)
    for entry in lake.entries:
        if entry.kind in _LOOKED_AT:
            entries[entry.underlying, entry.day].append(entry)
    return {
        one: Lake(lake.root, lake.source, tuple(files))
        for one, files in entries.items()
        if any(entry.kind in JOINTLY for entry in files)
    }


def _contents(files: Lake) -> dict[str, str]:
    """Return what the joint audit of a day looks at: kind to content hash, and its own version."""
    return {"version": str(VERSION)} | {str(entry.kind): entry.content for entry in files.entries}


def _ledger(one: DayOf, files: Lake) -> pl.DataFrame:
    underlying, day = one
    kinds = [kind for kind in JOINTLY if files.days(kind=kind)]
    return pl.concat(
        ledger(JOINTLY[kind], underlying, day, joint_findings(files, kind, underlying, day), MADE[kind])
        for kind in kinds
    )


def _inputs_of(root: Path, one: DayOf) -> Mapping[str, str] | None:
    """Return what a stored joint ledger was made from; None where there is none that can be read."""
    try:
        told = pq.read_metadata(joint_file(root, *one)).metadata or {}
        inputs = json.loads(told[INPUTS_KEY])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None
    return inputs if isinstance(inputs, dict) else None


def joint_is_whole(root: Path, underlying: str, day: date) -> bool:
    """Say whether a stored ledger has the very bytes that writing what it says gives, its hash of lines included."""
    path = joint_file(root, underlying, day)
    try:
        table = read_ledger(path)
        told = {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}
    except (InputError, OSError, UnicodeDecodeError, pa.ArrowException):
        return False
    if told.get(LINES_KEY) != _hash_of(table):
        return False
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / path.name
        write_table(table, again, told)
        return again.read_bytes() == path.read_bytes()


def _hash_of(table: pl.DataFrame) -> str:
    return hashlib.sha256(table.write_csv().encode()).hexdigest()


def _write(task: tuple[DayOf, Lake]) -> None:
    one, files = task
    table = _ledger(one, files)
    metadata = {
        SOURCE_KEY.decode(): str(files.source),
        INPUTS_KEY.decode(): json.dumps(_contents(files), sort_keys=True),
        LINES_KEY: _hash_of(table),
    }
    with replacing(joint_file(files.root, *one)) as temporary:
        write_table(table, temporary, metadata)
