"""The joint audit's ledgers: made once for a day's files, and anew where one of them is another by now.

A ledger lies in `audit/joint/<UNDERLYING>/<day>.parquet` and names in its metadata the content of every day file that
was looked at. Spot that is delivered later makes it stale.
"""

import hashlib
import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.files import replacing
from nfolab.base.snapshot import SOURCE_KEY, DataKind
from nfolab.lake.auditing.joint_findings import MADE, joint_findings
from nfolab.lake.auditing.ledger import ledger, write_table
from nfolab.lake.layout import AUDIT, JOINT, joint_file
from nfolab.lake.packing.workers import Run
from nfolab.lake.reader import Lake, read_ledger

INPUTS_KEY: Final = b"nfolab_joint"
LINES_KEY: Final = "nfolab_lines"
"""SHA-256 of the lines as CSV, in the metadata beside them, so that no byte changes unseen."""

VERSION: Final = 1
"""Grows when the same day files would give other findings."""

_LOOKED_AT = (DataKind.OPTIONS, DataKind.SPOT, DataKind.FUTURES)

DayOf = tuple[str, date]
"""(underlying, day)."""


def audit_days(root: Path, days: Iterable[DayOf] | None, run: Run) -> int:
    """Make the joint ledgers that are missing or of other day files than are there now; return how many.

    Whoever packs calls this after its commit for the days it wrote, and when it begins for all, in case it died before.

    Args:
        root: The lake, its catalogue written.
        days: Only these; None for all days of which there are options.
        run: Applies a function to tasks, here or in worker processes.

    Raises:
        InputError: a file of the lake is damaged.
        OSError: the disk is full or the folder cannot be written.
    """
    lake = Lake.open(root)
    with_options = [(entry.underlying, entry.day) for entry in lake.days(kind=DataKind.OPTIONS)]
    wanted = set(with_options) if days is None else set(days)
    contents = _contents(lake)
    if days is None:
        _forget_days_without_options(root, set(with_options))
    stale = [one for one in with_options if one in wanted and _inputs_of(root, one) != contents[one]]
    return sum(1 for _ in run(partial(_write, lake), stale))


def _forget_days_without_options(root: Path, with_options: Collection[DayOf]) -> None:
    """Remove ledgers of days that went, and what a killed process left."""
    kept = {joint_file(root, *one) for one in with_options}
    for path in (root / AUDIT / JOINT).rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def joint_ledgers(lake: Lake, days: Iterable[DayOf]) -> Iterator[pl.DataFrame]:
    """Yield the ledgers of days that have options, as stored; one that is missing or stale is made here and now."""
    contents = _contents(lake)
    for one in days:
        if _inputs_of(lake.root, one) == contents[one]:
            yield read_ledger(joint_file(lake.root, *one))
        else:
            yield ledger(JOINT, *one, joint_findings(lake, *one), MADE)


def _contents(lake: Lake) -> dict[DayOf, dict[str, str]]:
    """Return what the joint audit of each day looks at: kind to content hash, and its own version."""
    found: dict[DayOf, dict[str, str]] = {}
    for entry in lake.entries:
        if entry.kind in _LOOKED_AT:
            inputs = found.setdefault((entry.underlying, entry.day), {"version": str(VERSION)})
            inputs[str(entry.kind)] = entry.content
    return found


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


def _write(lake: Lake, one: DayOf) -> None:
    underlying, day = one
    table = ledger(JOINT, underlying, day, joint_findings(lake, underlying, day), MADE)
    metadata = {
        SOURCE_KEY.decode(): str(lake.source),
        INPUTS_KEY.decode(): json.dumps(_contents(lake)[one], sort_keys=True),
        LINES_KEY: _hash_of(table),
    }
    with replacing(joint_file(lake.root, underlying, day)) as temporary:
        write_table(table, temporary, metadata)
