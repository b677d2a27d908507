"""What a pack is given, judged before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.lake.catalogue import entry_of, read_catalogue
from nfolab.lake.layout import AUDIT, SOURCES, day_files
from nfolab.vendor.source import Source


@dataclass(frozen=True)
class Refused:
    """What was not packed of one file: so many rows for a reason, or (rows None) all of it, unreadable."""

    file: str
    rows: int | None
    reason: str


def readable_sources(sources: Sequence[Source]) -> tuple[dict[Source, SourceKind], list[Refused]]:
    """Return whose data each source is, and the sources that cannot be opened; raise InputError if none can."""
    kinds: dict[Source, SourceKind] = {}
    refused = []
    for source in sources:
        try:
            kinds[source] = source.source_kind()
        except (InputError, OSError) as problem:
            refused.append(unreadable(source, problem))
    if not kinds:
        raise nothing_readable(refused)
    return kinds, refused


def unreadable(source: Source, problem: Exception) -> Refused:
    """Return the line that tells of a source that cannot be read."""
    reason = str(problem) if isinstance(problem, InputError) else f"{source.place} cannot be read ({problem})"
    return Refused(source.name, None, reason)


def nothing_readable(refused: Sequence[Refused]) -> InputError:
    """Return the error of a pack of which no source can be read."""
    others = f" (and {len(refused) - 1} more files could not be read either)" if len(refused) > 1 else ""
    return InputError(refused[0].reason + others)


def common_kind(kinds: Mapping[Source, SourceKind], root: Path) -> SourceKind:
    """Return whose data all sources and the lake hold.

    Raises:
        InputError: vendor and synthetic data would share a lake.
    """
    by_kind = {kind: source.name for source, kind in kinds.items()}
    if len(by_kind) > 1:
        raise InputError(
            f"{by_kind[SourceKind.SYNTHETIC]} is synthetic and {by_kind[SourceKind.VENDOR]} is a vendor's, "
            "and they never share a lake: pack each into a lake of its own"
        )
    (kind,) = by_kind
    held = _held_kind(root)
    if held is not None and held != kind:
        raise InputError(
            f"{by_kind[kind]} is {kind} data and the lake {root} holds {held} data, which never mix: "
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
