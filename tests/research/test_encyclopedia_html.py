"""The encyclopedia as one HTML file: the same words as its Markdown, and nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nfolab.research.encyclopedia_html import one_page
from nfolab.strategies.encyclopedia import page
from nfolab.strategies.find import Shelf
from nfolab.strategies.index import index
from nfolab.strategies.shared_parts import shared_parts
from research.chromium import browser, find

MARKS = re.compile(r"```text|```|[`|*#\s\\]|^\d+\. |^- |^\|[ -|]+\|$", re.MULTILINE)


class Articles(HTMLParser):
    """The text of each article, and every place that a link leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: dict[str, str] = {}
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "article":
            self.within = str(given["id"])
            self.text[self.within] = ""
        if tag == "a":
            self.links.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within:
            self.text[self.within] += data


def test_every_word_of_every_page_is_there() -> None:
    rows = [row for row in index(Shelf.of()) if row.strategy]
    shares = shared_parts(rows)
    pages = {row.id: page(row, shares[row.id]) for row in rows}
    html = one_page(pages)
    found = Articles(html)
    assert list(found.text) == list(pages)
    for name, text in pages.items():
        shown, written = (MARKS.sub("", one).replace("-", "") for one in (found.text[name], text))
        assert shown == written, name
    assert {link.removeprefix("#") for link in found.links} == set(pages)
    assert not re.search(r"<(?:script|img|iframe)[^>]* src=|<link ", html)


def test_markdown_of_pages_becomes_html() -> None:
    text = (
        "# A <b>title</b>\n\n`one`: **SYNTHETIC** & more\n\n## Rules\n\n1. When `a < b`.\n2. Then `two`.\n\n"
        "- first\n- second\n\n| a | b |\n| --- | --- |\n| `x\\|y` | 2 |\n\n```text\n# no\n\n- heading <here>\n```\n"
    )
    html = one_page({"one": text, "two": "# Two\n"})
    for part in (
        "<h2>A &lt;b&gt;title&lt;/b&gt;</h2>",
        '<p><a href="#one"><code>one</code></a>: <strong>SYNTHETIC</strong> &amp; more</p>',
        '<h3>Rules</h3><ol><li>When <code>a &lt; b</code>.</li><li>Then <a href="#two"><code>two</code></a>.</li></ol>',
        "<ul><li>first</li><li>second</li></ul>",
        "<table><tr><th>a</th><th>b</th></tr><tr><td><code>x|y</code></td><td>2</td></tr></table>",
        "<pre># no\n\n- heading &lt;here&gt;</pre>",
    ):
        assert part in html, part


def test_the_search_shows_the_pages_that_hold_all_words(tmp_path: Path) -> None:
    chromium = find()
    if chromium is None:
        pytest.skip("no Chromium or Chrome here: tools/system-packages tells how to install it")
    path = tmp_path / "index.html"
    texts = ("Sold when quiet.", "Sold.", "Bought.")
    pages = {name: f"# A title\n\n{text}\n" for name, text in zip(("one", "two", "three"), texts, strict=True)}
    path.write_text(one_page(pages), encoding="utf-8")
    shown = "[...document.querySelectorAll('{}')].filter((one) => !one.hidden).map((one) => one.textContent).join()"
    with browser(chromium) as opened:
        opened.open(path, width=390)
        for typed, count, found in (
            ("SOLD", 2, "one,two"),
            ("sold quiet", 1, "one"),
            ("nowhere", 0, ""),
            ("", 3, "one,two,three"),
        ):
            opened.value(f"box.value = '{typed}'; box.dispatchEvent(new Event('input'))")
            assert opened.value(shown.format("nav li")) == found
            assert opened.value("document.getElementById('found').textContent") == f"{count} of 3"
            assert opened.value(shown.format("article").replace("one.textContent", "one.id")) == found
        assert opened.value("document.documentElement.scrollWidth <= window.innerWidth")
        assert opened.complaints == []
