"""What a pack is given, judged before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.lake.catalogue import entry_of, read_catalogue
from nfolab.lake.layout import AUDIT, SOURCES, day_files
from nfolab.lake.packing.workers import Run
from nfolab.vendor.source import Source


@dataclass(frozen=True)
class Refused:
    """What was not packed of one file: so many rows for a reason, or (rows None) all of it, unreadable."""

    file: str
    rows: int | None
    reason: str


def readable_sources(sources: Sequence[Source], root: Path, run: Run) -> tuple[list[Source], SourceKind, list[Refused]]:
    """Return the sources that can be opened, whose data they are, and what cannot be opened.

    Args:
        sources: What is given, at least one.
        root: The lake's folder.
        run: How to look at them.

    Raises:
        InputError: none can be opened, or vendor and synthetic data would share a lake.
    """
    readable, refused = [], []
    first_of: dict[SourceKind, str] = {}
    for source, found in zip(sources, run(_kind_of, sources), strict=True):
        if isinstance(found, Refused):
            refused.append(found)
        else:
            readable.append(source)
            first_of.setdefault(found, source.name)
    if not readable:
        raise nothing_readable(refused)
    return readable, _common_kind(first_of, root), refused


def _kind_of(source: Source) -> SourceKind | Refused:
    try:
        return source.source_kind()
    except (InputError, OSError) as problem:
        return unreadable(source, problem)


def size_of(source: Source) -> int:
    """Return about how many bytes reading a source moves, 0 where it is gone."""
    try:
        return source.size
    except OSError:
        return 0


def unreadable(source: Source, problem: Exception) -> Refused:
    """Return the line that tells of a source that cannot be read."""
    reason = str(problem) if isinstance(problem, InputError) else f"{source.place} cannot be read ({problem})"
    return Refused(source.name, None, reason)


def nothing_readable(refused: Sequence[Refused]) -> InputError:
    """Return the error of a pack of which no source can be read."""
    others = f" (and {len(refused) - 1} more files could not be read either)" if len(refused) > 1 else ""
    return InputError(refused[0].reason + others)


def _common_kind(first_of: Mapping[SourceKind, str], root: Path) -> SourceKind:
    if len(first_of) > 1:
        raise InputError(
            f"{first_of[SourceKind.SYNTHETIC]} is synthetic and {first_of[SourceKind.VENDOR]} is a vendor's, "
            "and they never share a lake: pack each into a lake of its own"
        )
    (kind,) = first_of
    held = _held_kind(root)
    if held is not None and held != kind:
        raise InputError(
            f"{first_of[kind]} is {kind} data and the lake {root} holds {held} data, which never mix: "
            "choose another --lake"
        )
    return kind


def _held_kind(root: Path) -> SourceKind | None:
    catalogue = read_catalogue(root)
    if catalogue is not None and catalogue[1]:
        return catalogue[0]
    first = next(iter(day_files(root)), None)
    return entry_of(first[3]).source if first else None


def refuse_other_folders(root: Path) -> None:
    """Raise InputError if `root` is neither a lake nor a folder that can become one."""
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} is a file: name a folder for the lake")
    if not root.exists() or read_catalogue(root) is not None:
        return
    ours = (*DataKind, AUDIT, SOURCES)
    foreign = [path.name for path in root.iterdir() if not path.name.startswith(".") and path.name not in ours]
    if foreign:
        raise InputError(
            f"{root} is not a lake but a folder with other things in it ({min(foreign)}): name a new folder"
        )
