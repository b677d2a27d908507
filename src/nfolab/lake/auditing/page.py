"""One month's audit as a page: one self-contained HTML file, light and dark, that fits a phone."""

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import SourceKind
from nfolab.lake.auditing.check_words import WORDS
from nfolab.lake.auditing.month import AuditMonth, Cell, Coverage
from nfolab.lake.auditing.severity import MEANING, Severity

_KINDS: Final[Mapping[str, str]] = {
    "joint": "contracts held against each other",
    "joint chain": "the chain's contracts held against each other",
    "no day file": "contracts of which nothing was kept",
}
_LEAST_HEIGHT, _LARGEST_HEIGHT = 3, 14
_INK = (64, 120, 170)


def audit_page(month: AuditMonth) -> str:
    """Return the page."""
    style = files("nfolab.lake.auditing").joinpath("page.css").read_text(encoding="utf-8")
    synthetic = month.source == SourceKind.SYNTHETIC
    banner = '<p class="synthetic">SYNTHETIC DATA: generated, no market ever traded this</p>' if synthetic else ""
    title = f"Data quality, {date.fromisoformat(f'{month.month}-01'):%B %Y}"
    body = "\n".join([*_opening(month, title), *_maps(month), *_coverage(month.coverage), *_top(month), *_words(month)])
    return f"""<!doctype html>
<html lang="en" data-ready="yes">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
{banner}
<main>
{body}
</main>
</body>
</html>
"""


def _opening(month: AuditMonth, title: str) -> Iterator[str]:
    rows = sum(entry.rows for entry in month.entries)
    contracts = sum(entry.contracts or 0 for entry in month.entries)
    underlyings = ", ".join(sorted({entry.underlying for entry in month.entries}))
    yield f"<h1>{escape(title)}</h1>"
    yield (
        f"<p>{escape(underlyings)}: {_number(len(month.days), 'day')}, {_number(len(month.entries), 'day file')}, "
        f"{contracts:,} contract days, {rows:,} rows.</p>"
    )
    yield "<h2>Findings by level</h2>"
    lines = [
        f'<b class="{level}">{level}</b><i>{count:,}</i><span>{escape(MEANING[level])}</span>'
        for level, count in reversed(month.levels.items())
    ]
    yield f'<div class="levels">{"".join(lines)}</div>'


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _maps(month: AuditMonth) -> Iterator[str]:
    yield "<h2>By day and check</h2>"
    yield '<p class="soft">A cell counts the findings of a check on a day; its colour is that of the worst of them.</p>'
    for (underlying, kind), checks in month.cells.items():
        about = _KINDS.get(kind, kind)
        found = {check: cells for check, cells in checks.items() if cells}
        days = sorted({entry.day for entry in month.entries if entry.underlying == underlying}.union(*found.values()))
        yield f"<h3>{escape(underlying)}, {escape(about)}</h3>"
        clean = ", ".join(sorted(check for check, cells in checks.items() if not cells))
        if found:
            heads = "".join(f'<th scope="col">{day:%d}</th>' for day in days)
            lines = "".join(_map_line(check, cells, days) for check, cells in sorted(found.items()))
            head = f"<thead><tr><th></th>{heads}</tr></thead>"
            yield f'<div class="wide"><table class="map">{head}<tbody>{lines}</tbody></table></div>'
        if clean:
            yield f'<p class="soft">Nothing found by: {escape(clean)}.</p>'


def _map_line(check: str, cells: Mapping[date, Cell], days: list[date]) -> str:
    told = "".join(_map_cell(check, day, cells.get(day)) for day in days)
    return f'<tr><th scope="row">{escape(check)}</th>{told}</tr>'


def _map_cell(check: str, day: date, cell: Cell | None) -> str:
    if cell is None:
        return '<td class="cell clean"></td>'
    title = f"{day}, {check}: {cell.findings:,} findings, {cell.severity}; count {cell.count:,}"
    return f'<td class="cell {cell.severity}" title="{escape(title)}">{_short(cell.findings)}</td>'


def _short(number: int) -> str:
    return str(number) if number < 1_000 else f"{number / 1_000:.0f}k"


def _coverage(coverage: Coverage | None) -> Iterator[str]:
    if coverage is None:
        return
    yield f"<h2>The worst day: {coverage.underlying}, {coverage.day:%A %d %B}</h2>"
    yield (
        '<p class="soft">A row is a contract, strikes rising downwards; a column a minute. '
        "The fuller the colour, the more of the minute's seconds have a row.</p>"
    )
    numbered = list(enumerate(coverage.contracts))
    for (expiry, kind), group in groupby(numbered, key=lambda one: one[1][:2]):
        members = [number for number, _ in group]
        strikes = [coverage.contracts[number][2] for number in members]
        share = coverage.share[members]
        label = f"{expiry} {kind}, {min(strikes):,} to {max(strikes):,}: {share.mean():.0%} of all seconds"
        height = min(_LARGEST_HEIGHT, max(_LEAST_HEIGHT, 240 // len(members))) * len(members)
        yield (
            f'<figure><figcaption>{escape(label)}</figcaption><img alt="{escape(label)}" style="height:{height}px" '
            f'src="{_picture(share)}">{_clocks(coverage)}</figure>'
        )


def _clocks(coverage: Coverage) -> str:
    minutes = np.linspace(coverage.first_minute, coverage.first_minute + coverage.share.shape[1] - 1, 5).astype(int)
    return f'<div class="clock">{"".join(f"<span>{one // 60:02d}:{one % 60:02d}</span>" for one in minutes)}</div>'


def _picture(share: NDArray[np.float64]) -> str:
    """Return a PNG as a data address: a pixel a contract and minute, of one colour, as opaque as it is covered."""
    opacity = np.clip(np.rint(share * 255), 0, 255).astype(np.uint8)
    height, width = opacity.shape
    palette = bytes(_INK) * 256
    lines = b"".join(b"\0" + row.tobytes() for row in opacity)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"tRNS", bytes(range(256))),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
    png = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _top(month: AuditMonth) -> Iterator[str]:
    yield "<h2>The worst findings</h2>"
    if month.top.is_empty():
        yield "<p>Nothing was found.</p>"
        return
    lines = "".join(_finding(line) for line in month.top.to_dicts())
    yield f'<table class="list"><tbody>{lines}</tbody></table>'


def _finding(line: Mapping[str, Any]) -> str:
    about = line["contract"] or f"{line['underlying']}, whole day"
    amount = f"count {line['count']:,}" + (f" of {line['rows']:,}" if line["rows"] else "")
    if line["worst"] is not None:
        amount += f", worst {line['worst']:,.10g}"
    if line["first"] is not None:
        amount += f", {line['first']:%H:%M:%S} to {line['last']:%H:%M:%S}"
    words = WORDS.get(line["family"], "")
    if line["more"]:
        amount += f"; and {line['more']:,} more that day"
    note = f'<br><span class="soft">{escape(line["note"])}</span>' if line["note"] else ""
    return (
        f'<tr><td><span class="{line["severity"]}">{line["severity"]}</span></td><td class="day">{line["day"]}</td>'
        f"<td>{escape(about)}</td><td><b>{escape(line['check'])}</b>: {escape(words)}; {escape(amount)}{note}</td></tr>"
    )


def _words(month: AuditMonth) -> Iterator[str]:
    made = sorted({check for checks in month.cells.values() for check in checks})
    yield "<h2>What each check looks for</h2>"
    lines = "".join(f"<tr><td>{escape(check)}</td><td>{escape(WORDS.get(check, ''))}</td></tr>" for check in made)
    yield f'<table class="list"><tbody>{lines}</tbody></table>'
    yield f'<p class="soft">{escape(f"{Severity.CLEAN}: {MEANING[Severity.CLEAN]}.")}</p>'
