"""Where things lie within a lake."""

from datetime import date
from pathlib import Path
from typing import Final

from nfolab.base.snapshot import DataKind

CATALOGUE: Final = "catalogue.parquet"
SOURCES: Final = "sources.parquet"
CALENDAR: Final = "calendar.parquet"
AUDIT: Final = "audit"
JOINT: Final = "joint"
JOINT_CHAIN: Final = "joint chain"
SCRATCH: Final = ".packing"
"""The folder of a pack under way; what a dead one left in it is removed by the next."""


def day_file(root: Path, kind: DataKind, underlying: str, day: date) -> Path:
    """Return `LAKE/<kind>/<UNDERLYING>/<day>.parquet`."""
    return root / kind / underlying / f"{day}.parquet"


def audit_file(root: Path, kind: DataKind, underlying: str, day: date) -> Path:
    """Return `LAKE/audit/<kind>/<UNDERLYING>/<day>.parquet`, the ledger of one day file."""
    return day_file(root / AUDIT, kind, underlying, day)


def joint_file(root: Path, underlying: str, day: date) -> Path:
    """Return `LAKE/audit/joint/<UNDERLYING>/<day>.parquet`, the ledger of a day's contracts held against each other."""
    return root / AUDIT / JOINT / underlying / f"{day}.parquet"


def catalogue_file(root: Path) -> Path:
    """Return the table of the day files, written after them."""
    return root / CATALOGUE


def sources_file(root: Path) -> Path:
    """Return the table of the sources that are wholly packed, written last of all."""
    return root / SOURCES


def calendar_file(root: Path) -> Path:
    """Return the table of where an expiry calendar that was given differs from the rules; there only if one was."""
    return root / CALENDAR


def scratch_folder(root: Path) -> Path:
    """Return the hidden folder in which a pack works."""
    return root / SCRATCH


def day_files(root: Path) -> list[tuple[DataKind, str, date, Path]]:
    """Return (kind, underlying, day, path) of every day file in the lake, in order; partial files do not count."""
    found = []
    for kind in DataKind:
        for path in (root / kind).glob("*/*.parquet"):
            try:
                day = date.fromisoformat(path.stem)
            except ValueError:
                continue
            found.append((kind, path.parent.name, day, path))
    return sorted(found)
