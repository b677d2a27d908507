"""The lake as it stands, held for a repair: what it has, and how that is replaced without a moment of half."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.base.files import why_not_written
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.lake.auditing.joint import audit_days
from nfolab.lake.catalogue import (
    Entry,
    PackedSource,
    entry_of,
    read_catalogue,
    read_sources,
    write_catalogue,
    write_sources,
)
from nfolab.lake.layout import AUDIT, JOINT, catalogue_file, day_file, day_files, sources_file
from nfolab.lake.lock import Workplace, packing, reading
from nfolab.lake.packing.shards import DayKey
from nfolab.lake.place import move_into_place, moving_is_done


@dataclass(frozen=True)
class Standing:
    """What a lake holds.

    Attributes:
        source: Whose data it is.
        keys: Its day files, in order.
        listed: What the catalogue says of them; it may lack some, and name some that are gone.
        packed: The sources that are wholly packed.
    """

    root: Path
    source: SourceKind
    keys: tuple[DayKey, ...]
    listed: Mapping[DayKey, Entry]
    packed: tuple[PackedSource, ...]


def standing(root: Path) -> Standing:
    """Return what the lake at `root` holds.

    Raises:
        InputError: there is no lake, or one of its tables is damaged.
    """
    if not root.is_dir():
        raise InputError(f"there is no lake at {root}: make one with `nfolab pack SOURCE --lake {root}`")
    catalogue = read_catalogue(root)
    keys = tuple((kind, underlying, day) for kind, underlying, day, _ in day_files(root))
    if catalogue is None:
        raise InputError(f"{root} is no lake, or its first pack did not finish: run `nfolab pack SOURCE --lake {root}`")
    listed = {entry.key: entry for entry in catalogue[1]}
    return Standing(root, catalogue[0], keys, listed, tuple(read_sources(root)))


@contextmanager
def looked_at(root: Path) -> Iterator[Standing]:
    """Give what the lake holds while no pack changes it.

    Raises:
        InputError: there is no lake, one of its tables is damaged, or a pack is writing to it.
    """
    standing(root)
    with reading(root):
        yield standing(root)


@contextmanager
def under_repair(root: Path) -> Iterator[tuple[Standing, Workplace]]:
    """Hold the lake as a pack does, make tables and ledgers agree with its files, and give what it holds.

    Raises:
        InputError: there is no lake, one of its tables is damaged, another pack is at work, or the disk is full or
            closed to us. The lake is then as it was.
    """
    standing(root)
    try:
        with packing(root) as workplace:
            if workplace.after_death:
                replace_days(standing(root), workplace, (), (), ())
            yield standing(root), workplace
    except OSError as problem:
        why = why_not_written(problem)
        if why is None:
            raise
        raise InputError(
            f"the lake {root} cannot be written because {why} (nothing half-written remains): make room there"
        ) from problem


def replace_days(
    before: Standing,
    workplace: Workplace,
    written: Collection[Entry],
    gone: Collection[DayKey],
    unlisted: Collection[str],
) -> None:
    """Put written day files in the place of old ones, take others away, and make both tables agree.

    Killed at any moment, the lake's files are each whole. A source that loses rows is taken off the list first, so that
    it is never passed over as packed; the day files that go are taken off the catalogue before they go.

    Args:
        before: What the lake holds.
        workplace: Where the written files are staged.
        written: The day files that take the place of old ones.
        gone: The day files that go.
        unlisted: The sources, by hash, that are no longer wholly packed.
    """
    root = before.root
    left = [one for one in before.packed if one.sha256 not in unlisted]
    if len(left) < len(before.packed):
        write_sources(root, left)
    staying = [key for key in before.keys if key not in gone]
    entries = {key: _entry(before, workplace, key) for key in staying}
    if gone:
        write_catalogue(root, before.source, entries.values())
    move_into_place(root, workplace.staged, [entry.key for entry in written])
    for key in gone:
        day_file(root, *key).unlink()
    _sweep(root)
    entries |= {entry.key: entry for entry in written}
    if written or entries != before.listed:
        write_catalogue(root, before.source, entries.values())
    if not entries and not left:
        for table in (sources_file(root), catalogue_file(root)):
            table.unlink(missing_ok=True)
    if entries:
        audit_days(root, None, map)
    moving_is_done(workplace.staged)


def _entry(before: Standing, workplace: Workplace, key: DayKey) -> Entry:
    """Return a day file's entry: the catalogue's, unless a dead pack or repair may have left it behind the file."""
    path = day_file(before.root, *key)
    known = before.listed.get(key)
    if known is None or workplace.after_death or known.bytes != path.stat().st_size:
        return entry_of(path)
    return known


def _sweep(root: Path) -> None:
    """Remove ledgers whose day files are gone, and folders that are empty."""
    for path in (root / AUDIT).glob("*/*/*.parquet"):
        kind, *within = path.relative_to(root / AUDIT).parts
        if not root.joinpath(DataKind.OPTIONS if kind == JOINT else kind, *within).exists():
            path.unlink()
    for top in (AUDIT, *DataKind):
        for folder in [*(root / top).glob("*/*"), *(root / top).glob("*"), root / top]:
            if folder.is_dir():
                with suppress(OSError):
                    folder.rmdir()
