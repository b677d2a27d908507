"""The data book as a page, in Markdown or HTML: one list of blocks, two ways to write them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Final

from nfolab.base.snapshot import SourceKind
from nfolab.lake.telling.describe import DataBook, Sample
from nfolab.lake.telling.describe_columns import DescribedColumn

_SOURCES_SHOWN: Final = 200
_HASH_DIGITS: Final = 12
_MEGABYTE: Final = 1e6

_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1f24; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
td, th { padding: .25rem .6rem; border-bottom: 1px solid #d5dae0; }
th { text-align: left; background: #f3f5f7; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.mark { background: #b00020; color: #fff; padding: .5rem 1rem; font-weight: 700; }
@media (prefers-color-scheme: dark) {
  body { background: #14171a; color: #e4e7ea; } th { background: #22272c; } td, th { border-color: #343b42; }
}
"""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the page's."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A few sentences; `mark` if nobody may overlook them."""

    text: str
    mark: bool = False


@dataclass(frozen=True)
class Table:
    """A table of values of any kind."""

    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


Block = Heading | Paragraph | Table


def markdown(book: DataBook) -> str:
    """Return the data book in Markdown."""
    return "\n\n".join(map(_in_markdown, blocks(book))) + "\n"


def html(book: DataBook) -> str:
    """Return the data book as one HTML file that needs no other."""
    body = "\n".join(map(_in_html, blocks(book)))
    title = escape(f"Data book of {book.name}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n{body}\n'
        "</body></html>\n"
    )


def blocks(book: DataBook) -> Iterator[Block]:
    """Yield the data book part by part."""
    yield Heading(1, f"Data book of {book.name}")
    if book.source == SourceKind.SYNTHETIC:
        yield Paragraph("SYNTHETIC DATA: nothing here was ever quoted or traded.", mark=True)
    yield Paragraph(_summary(book))
    yield Heading(2, "What is there")
    yield _sizes(book)
    yield Heading(2, "Columns")
    yield Paragraph(_looked_at(book))
    for view in dict.fromkeys(column.view for column in book.columns):
        yield Heading(3, view)
        yield _columns([column for column in book.columns if column.view == view])
    yield Heading(2, "From the vendor's files to a column")
    yield Paragraph(
        "The vendor's column is stored under the name beside it, prices as whole paise, and shown under the vendor's "
        "own name again, prices in rupees. A value that is missing is missing everywhere, never 0."
    )
    yield _way(book.columns)
    yield Heading(2, "First and last rows")
    for sample in book.samples:
        yield from _rows(sample)
    yield Heading(2, "Where the rows came from")
    yield from _sources(book)
    yield Heading(2, "Refused rows")
    yield from _counted(("reason", "rows"), book.refused.items(), "No row was refused.")
    yield Heading(2, "Overridden")
    yield from _overridden(book)
    yield Heading(2, "Findings of the audit")
    found = [(kind, check, count) for kind, checks in book.findings.items() for check, count in checks.items()]
    yield Table(("kind", "check", "findings"), tuple(found))
    yield Heading(2, "Folders")
    yield Table(("folder", "files", "MB"), tuple((one.path, one.files, one.bytes / _MEGABYTE) for one in book.folders))


def _summary(book: DataBook) -> str:
    first, last = book.days[0].day, book.days[-1].day
    names = ", ".join(sorted({day.underlying for day in book.days}))
    whose = "a synthetic market" if book.source == SourceKind.SYNTHETIC else "a vendor's recordings"
    return (
        f"{book.rows:,} rows in {len(book.days):,} day files ({book.bytes / _MEGABYTE:,.1f} MB, "
        f"{book.bytes / max(book.rows, 1):.1f} bytes a row), {first} to {last}, of {whose}: {names}. "
        f"Made by nfolab {book.tool_version}; the lake's schema is {book.schema_version}. All clocks are IST."
    )


def _looked_at(book: DataBook) -> str:
    if book.looked_at == len(book.days):
        return "Least and greatest are those of every row of the lake, and so is the number of missing values."
    return (
        f"Least, greatest and missing are those of a SAMPLE: {book.looked_at:,} of {len(book.days):,} day files, "
        "evenly spread over each kind and underlying. Values outside of them may well exist."
    )


def _sizes(book: DataBook) -> Table:
    head = ("year", "underlying", "kind", "days", "first", "last", "contracts × days", "rows", "MB", "bytes a row")
    rows = tuple(
        (
            str(one.year),
            one.underlying,
            one.kind,
            one.days,
            one.first,
            one.last,
            one.contracts,
            one.rows,
            one.bytes / _MEGABYTE,
            one.bytes / max(one.rows, 1),
        )
        for one in book.sizes
    )
    return Table(head, rows)


def _columns(columns: Sequence[DescribedColumn]) -> Table:
    head = ("shown as", "stored as", "unit", "meaning", "origin", "storing", "least", "greatest", "missing")
    return Table(
        head,
        tuple(
            (
                one.name,
                one.stored,
                one.unit,
                one.meaning,
                one.origin,
                one.storing,
                one.least,
                one.greatest,
                _share(one.missing, one.rows),
            )
            for one in columns
        ),
    )


def _share(part: int, whole: int) -> str:
    if not whole:
        return ""
    return "none" if not part else f"{100 * part / whole:.3g} %"


def _way(columns: Sequence[DescribedColumn]) -> Table:
    seen: dict[tuple[str, str | None, str | None], list[str]] = {}
    for one in columns:
        if one.origin.startswith("vendor column "):
            seen.setdefault((one.origin.removeprefix("vendor column "), one.stored, one.name), []).append(one.view)
    rows = [(vendor, stored, shown, ", ".join(views)) for (vendor, stored, shown), views in seen.items()]
    return Table(("vendor's column", "stored as", "shown as", "in"), tuple(rows))


def _rows(sample: Sample) -> Iterator[Block]:
    for which, rows in (("first", sample.first), ("last", sample.last)):
        yield Heading(3, f"{sample.view}: {which} {len(rows)} rows")
        head = ("column", *(f"row {number}" for number in range(1, len(rows) + 1)))
        yield Table(head, tuple((name, *(row[name] for row in rows)) for name in rows[0]))


def _sources(book: DataBook) -> Iterator[Block]:
    given = len(book.sources)
    yield Paragraph(
        f"{given:,} sources gave rows. Rows read = written + repeated (equal to another row) + superseded (another "
        "source's values took their place) + refused."
    )
    if given > _SOURCES_SHOWN:
        yield Paragraph(f"The first {_SOURCES_SHOWN} by name are listed; `nfolab lake manifest --json` tells all.")
    head = ("source", "SHA-256 begins", "read", "written", "repeated", "superseded", "refused")
    rows = tuple(
        (
            one.name,
            one.sha256[:_HASH_DIGITS],
            one.read,
            one.written,
            one.repeated,
            one.superseded,
            sum(one.refused.values()),
        )
        for one in book.sources[:_SOURCES_SHOWN]
    )
    yield Table(head, rows)


def _counted(head: tuple[str, ...], items: Any, none: str) -> Iterator[Block]:
    rows = tuple(items)
    yield Table(head, rows) if rows else Paragraph(none)


def _overridden(book: DataBook) -> Iterator[Block]:
    if not book.calendar:
        yield Paragraph("No expiry calendar was given, or none that differs from the rules.")
        return
    yield Paragraph("An expiry calendar was given. Where it differs from the exchange's rules, the rules hold:")
    yield Table(tuple(book.calendar[0]), tuple(tuple(line.values()) for line in book.calendar))


def _text(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | str):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _in_markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}"
    if isinstance(block, Paragraph):
        return f"**{block.text}**" if block.mark else block.text
    lines = [block.head, tuple("---" for _ in block.head), *(tuple(map(_text, row)) for row in block.rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _in_html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        begin = '<p class="mark">' if block.mark else "<p>"
        return f"{begin}{escape(block.text)}</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in block.head)
    rows = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in block.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>'


def _cell(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    begin = '<td class="number">' if number else "<td>"
    return f"{begin}{escape(_text(value))}</td>"
