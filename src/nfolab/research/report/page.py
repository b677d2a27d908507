"""The page: one HTML file that needs nothing else, written whole or not at all."""

from html import escape
from importlib import resources
from itertools import chain
from pathlib import Path

from plotly.offline import get_plotlyjs

from nfolab.base.errors import InputError
from nfolab.base.files import write_text
from nfolab.research.report import details, seconds
from nfolab.research.report.contents import Contents, span
from nfolab.research.report.drawn import drawn, equity
from nfolab.research.report.packing import pack
from nfolab.research.report.parts import facts, prose, subtitle_of, title_of
from nfolab.research.report.sections import sections
from nfolab.research.report.shown import counted

MOST_BYTES = 15_000_000
_SECURITY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def write_report(contents: Contents, marks_of: seconds.MarksOf) -> Path:
    """Write RUNS/<run>/report.html and return its path; a trade whose seconds `marks_of` refuses has no chart.

    Raises:
        InputError: the page would be larger than 15 MB, which no browser opens gladly.
    """
    path = contents.run.folder / "report.html"
    text = page(contents, marks_of)
    if len(text.encode()) > MOST_BYTES:
        raise InputError(
            f"the report of {contents.run.header['run']} would be larger than 15 MB: "
            "make runs of fewer variants or days"
        )
    write_text(path, text)
    return path


def page(contents: Contents, marks_of: seconds.MarksOf) -> str:
    """Return the whole page as HTML."""
    title = title_of(contents)
    mark = "SYNTHETIC · " if contents.synthetic else ""
    charts, refused = seconds.packs(contents, marks_of)
    packs = details.packs(contents)
    parts = sections(contents, charts, refused)
    contents_list = "".join(f'<li><a href="#{key}">{escape(name)}</a></li>' for key, name, _ in parts)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{escape(name)}</h2>{inner}</section>'
        for key, name, inner in parts
    )
    blocks = chain(
        [("trades-pack", pack(details.listed(contents))), ("equity-pack", pack(equity(contents)))],
        ((f"details-{numbers[0]}", text) for numbers, text in packs),
        ((f"seconds-{chosen.trade}", text) for chosen, text in charts),
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_SECURITY}">',
            f"<title>{escape(mark + title)} · {escape(contents.run.header['run'])}</title>",
            f"<style>{_file('page.css')}</style></head>",
            "<body>",
            '<a class="skip" href="#result">To the result</a>',
            _synthetic_band() if contents.synthetic else "",
            f'<div class="page">{_head(contents, title)}',
            f'<nav class="contents" aria-label="Contents"><ul>{contents_list}</ul></nav>',
            f"<main>{body}</main>",
            _foot(contents),
            "</div>",
            f'<script type="application/json" id="data">{drawn(contents, packs, charts)}</script>',
            *(f'<script type="application/octet-stream" id="{name}">{text}</script>' for name, text in blocks),
            f"<script>{get_plotlyjs()}</script>",
            f"<script>{_file('page.js')}</script>",
            "</body></html>",
            "",
        ]
    )


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _synthetic_band() -> str:
    return (
        '<div class="synthetic-band" role="note"><strong>SYNTHETIC</strong>'
        "<span>The prices are made up. Nothing here says anything about a market.</span></div>"
    )


def _head(contents: Contents, title: str) -> str:
    header = contents.run.header
    remarks = "".join(f"<p>{prose(str(remark))}</p>" for remark in header.get("remarks", []))
    deck = (
        f"{escape(subtitle_of(contents))}{escape(str(header['underlying']))}, {escape(span(contents))}. "
        f"{counted(contents.days_with_data, 'day')} with data, {contents.days_with_trades} with trades."
    )
    return (
        f'<header><div class="masthead"><span><b>NFOpsLab</b> &nbsp;run <code>{escape(header["run"])}</code></span>'
        '<button type="button" class="theme" id="theme">Dark</button></div>'
        f'<h1>{escape(title)}</h1><p class="deck">{deck}</p>'
        + (f'<div class="remarks" role="note">{remarks}</div>' if remarks else "")
        + facts(contents)
        + "</header>"
    )


def _foot(contents: Contents) -> str:
    return (
        "<footer><p>Likely fills walk the five displayed levels of the first row stamped at or after the order's "
        "arrival. Best takes the best quote of the same row without depth; worst the poorer of that walk and the next "
        "row's, less a slip. Decisions are the same in all three.</p>"
        f"<p>Sums are made of integer paise and agree at every level. "
        f"NFOpsLab {escape(contents.run.header['version'])}.</p>"
        "</footer>"
    )
