"""The data book of a lake, made from the lake itself: what is there, what it means, and where it came from."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from nfolab import __version__
from nfolab.base.progress import progress_bar
from nfolab.base.snapshot import DataKind, SourceKind
from nfolab.lake.catalogue import Entry, read_sources
from nfolab.lake.dayfile import FOOTER_KEY, SHARES_KEY, block, read_metadata
from nfolab.lake.frames import scan
from nfolab.lake.layout import day_file
from nfolab.lake.packing.calendar import read_differences
from nfolab.lake.reader import Lake
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.lake.shown import VIEWS
from nfolab.lake.telling.describe_columns import DescribedColumn, described_columns, ranges_of, sampled
from nfolab.lake.telling.manifest import SourceLine, day_line, source_lines

_SHOWN_ROWS: Final = 5

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much there is of one year, underlying and kind of data."""

    year: int
    underlying: str
    kind: str
    days: int
    first: date
    last: date
    contracts: int | None
    rows: int
    bytes: int


@dataclass(frozen=True)
class Folder:
    """One folder of the lake, with all that lies in it."""

    path: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Sample:
    """The first and the last rows of one view, as people are shown them."""

    view: str
    first: tuple[Row, ...]
    last: tuple[Row, ...]


@dataclass(frozen=True)
class DataBook:
    """Everything that is told of a lake.

    Attributes:
        name: The lake's folder, without those above it.
        days: Its day files.
        looked_at: How many day files the ranges are of; all of them, or as many as were asked for.
        sizes: By year, underlying and kind.
        samples: Of each kind that there is.
        sources: What each source gave, over all days, in order of name.
        refused: Reason to number of rows, over all sources.
        findings: Kind and check to number of findings of the audit.
        calendar: Where an expiry calendar that was given differs from the rules, which hold in its place.
    """

    name: str
    source: SourceKind
    schema_version: int
    tool_version: str
    days: tuple[Entry, ...]
    looked_at: int
    columns: tuple[DescribedColumn, ...]
    sizes: tuple[Size, ...]
    folders: tuple[Folder, ...]
    samples: tuple[Sample, ...]
    sources: tuple[SourceLine, ...]
    refused: Mapping[str, int]
    findings: Mapping[str, Mapping[str, int]]
    calendar: tuple[Row, ...]

    @property
    def rows(self) -> int:
        """How many rows the lake has."""
        return sum(day.rows for day in self.days)

    @property
    def bytes(self) -> int:
        """How long its day files are together."""
        return sum(day.bytes for day in self.days)

    def document(self) -> dict[str, Any]:
        """Return the book as plain values, days and times as text."""
        book = {field: getattr(self, field) for field in ("name", "source", "schema_version", "tool_version")}
        totals = {"rows": self.rows, "bytes": self.bytes, "looked_at": self.looked_at}
        lists = {
            field: [asdict(one) for one in getattr(self, field)]
            for field in ("columns", "sizes", "folders", "samples", "sources")
        }
        days = [day_line(entry) for entry in self.days]
        rest = {"refused": dict(self.refused), "findings": self.findings, "calendar": list(self.calendar)}
        plain: dict[str, Any] = _plain({**book, **totals, "days": days, **lists, **rest})
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def describe(root: Path, sample: int | None = None, workers: int | None = None) -> DataBook:
    """Make the data book of a lake.

    Args:
        root: The lake's folder.
        sample: Of how many day files of each kind and underlying the columns' ranges are, evenly spread; by default of
            all, for which every row is read once.
        workers: Processes; by default as many as there are processors, one for little data.

    Raises:
        InputError: there is no lake, or a day file is damaged.
    """
    lake = Lake.open(root)
    with progress_bar() as progress:
        chosen = sampled(lake.entries, sample)
        ranges = ranges_of(lake, chosen, workers, progress)
        shares, findings = _footers(lake, progress)
    differences = read_differences(root)
    kinds = [kind for kind in DataKind if lake.days(kind=kind)]
    without_day = [(one.sha256, one.refused_without_day) for one in read_sources(root)]
    refused = Counter[str]()
    for line in shares:
        refused.update(line.refused)
    for _, reasons in without_day:
        refused.update({reason: rows.count for reason, rows in reasons.items()})
    return DataBook(
        name=root.resolve().name,
        source=lake.source,
        schema_version=SCHEMA_VERSION,
        tool_version=__version__,
        days=lake.entries,
        looked_at=len(chosen),
        columns=tuple(column for kind in kinds for column in described_columns(kind, ranges[kind])),
        sizes=tuple(_sizes(lake.entries)),
        folders=tuple(_folders(root)),
        samples=tuple(_sample(lake, kind) for kind in kinds),
        sources=tuple(_by_source(shares)),
        refused=dict(sorted(refused.items())),
        findings=findings,
        calendar=() if differences is None else tuple(differences.to_dicts()),
    )


def _sizes(entries: Iterable[Entry]) -> list[Size]:
    groups: dict[tuple[int, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.day.year, entry.underlying, str(entry.kind)].append(entry)
    return [
        Size(
            *key,
            days=len(days),
            first=days[0].day,
            last=days[-1].day,
            contracts=None if days[0].contracts is None else sum(day.contracts or 0 for day in days),
            rows=sum(day.rows for day in days),
            bytes=sum(day.bytes for day in days),
        )
        for key, days in sorted(groups.items())
    ]


def _folders(root: Path) -> list[Folder]:
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for path in root.rglob("*"):
        if path.is_file():
            for folder in path.relative_to(root).parents:
                files[folder.as_posix()] += 1
                sizes[folder.as_posix()] += path.stat().st_size
    return [Folder(path, files[path], sizes[path]) for path in sorted(files)]


def _sample(lake: Lake, kind: DataKind) -> Sample:
    """Return the first rows of the kind's first day and the last rows of its last."""
    days = lake.days(kind=kind)
    first, last = (scan(lake.root, entry.underlying, kind=kind, days=[entry.day]) for entry in (days[0], days[-1]))
    return Sample(
        VIEWS[kind],
        tuple(first.head(_SHOWN_ROWS).collect().to_dicts()),
        tuple(last.tail(_SHOWN_ROWS).collect().to_dicts()),
    )


def _footers(lake: Lake, progress: Progress) -> tuple[list[SourceLine], dict[str, dict[str, int]]]:
    """Return from all footers what the sources gave and what the audit found."""
    bar = progress.add_task("reading footers", total=len(lake.entries), rate="")
    lines: list[SourceLine] = []
    findings: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in lake.entries:
        path = day_file(lake.root, *entry.key)
        metadata = read_metadata(path)
        lines += source_lines(block(metadata, SHARES_KEY, path))
        findings[str(entry.kind)].update(block(metadata, FOOTER_KEY, path)["findings"])
        progress.update(bar, advance=1)
    return lines, {kind: dict(found) for kind, found in findings.items()}


def _by_source(lines: Sequence[SourceLine]) -> list[SourceLine]:
    """Return what each source gave over all days, in order of name."""
    total: dict[str, SourceLine] = {}
    for line in lines:
        total[line.sha256] = total[line.sha256] + line if line.sha256 in total else line
    return sorted(total.values(), key=lambda one: (one.name, one.sha256))
