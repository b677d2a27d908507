"""The encyclopedia as one HTML file that needs nothing else, with a search; it knows no Markdown but its pages'."""

import re
from collections.abc import Collection, Iterator, Mapping
from html import escape

_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*")
_BLOCK = re.compile(r"```text\n(?P<code>(?s:.*?))\n```|(?P<lines>(?:(?!```).+\n?)+)")
_NUMBERED = re.compile(r"\d+\. ")
_SECURITY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
_STYLE = """body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
article { border-top: 1px solid #8888; margin-top: 2rem; overflow-x: auto; } code { overflow-wrap: anywhere; }
article h3 { font-size: 1.05rem; }
table { border-collapse: collapse; } td, th { border: 1px solid #8886; padding: 0.2rem 0.5rem; text-align: left; }
pre { white-space: pre-wrap; } input { font: inherit; padding: 0.4rem; width: 100%; box-sizing: border-box; }
[hidden] { display: none; } @media (prefers-color-scheme: dark) { body { background: #16191d; color: #dde1e6; }
a { color: #8ab4f8; } }"""
_SEARCH = """const box = document.getElementById('search'), found = document.getElementById('found');
const pages = [...document.querySelectorAll('article')].map((page) => [page, page.textContent.toLowerCase()]);
const links = new Map([...document.querySelectorAll('nav li')].map((one) => [one.dataset.id, one]));
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const [page, text] of pages) {
    const shown = words.every((word) => text.includes(word));
    page.hidden = !shown;
    links.get(page.id).hidden = !shown;
    count += shown;
  }
  found.textContent = `${count} of ${pages.length}`;
});
document.documentElement.dataset.ready = 'yes';"""


def one_page(pages: Mapping[str, str]) -> str:
    """Return all pages as one HTML file.

    Args:
        pages: the Markdown of `nfolab.strategies.encyclopedia.page` by id, in the order in which they shall stand.
    """
    links = "".join(f'<li data-id="{escape(id_)}"><a href="#{escape(id_)}">{escape(id_)}</a></li>' for id_ in pages)
    articles = "\n".join(
        f'<article id="{escape(id_)}">{"".join(_blocks(text, pages))}</article>' for id_, text in pages.items()
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_SECURITY}"><title>The encyclopedia</title>
<style>{_STYLE}</style></head><body><h1>The encyclopedia</h1>
<label for="search">Strategies that hold all of these words</label>
<input id="search" type="search" autocomplete="off"><p id="found" role="status">{len(pages)} of {len(pages)}</p>
<nav aria-label="Strategies"><ul>{links}</ul></nav>
<main>{articles}</main>
<script>{_SEARCH}</script></body></html>
"""


def _blocks(text: str, ids: Collection[str]) -> Iterator[str]:
    for found in _BLOCK.finditer(text):
        if found["code"] is not None:
            yield f"<pre>{escape(found['code'])}</pre>"
        else:
            yield _block(found["lines"].splitlines(), ids)


def _block(lines: list[str], ids: Collection[str]) -> str:
    first = lines[0]
    for mark, tag in (("## ", "h3"), ("# ", "h2")):
        if first.startswith(mark):
            return f"<{tag}>{_inline(first.removeprefix(mark), ids)}</{tag}>"
    if first.startswith("- "):
        return f"<ul>{''.join(f'<li>{_inline(line[2:], ids)}</li>' for line in lines)}</ul>"
    if _NUMBERED.match(first):
        told = [_inline(_NUMBERED.sub("", line, count=1), ids) for line in lines]
        return f"<ol>{''.join(f'<li>{one}</li>' for one in told)}</ol>"
    if first.startswith("| "):
        head, _, *rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
        return f"<table>{_cells(head, 'th', ids)}{''.join(_cells(row, 'td', ids) for row in rows)}</table>"
    return f"<p>{_inline(' '.join(lines), ids)}</p>"


def _cells(row: list[str], tag: str, ids: Collection[str]) -> str:
    told = [_inline(cell.strip().replace("\\|", "|"), ids) for cell in row]
    return f"<tr>{''.join(f'<{tag}>{one}</{tag}>' for one in told)}</tr>"


def _inline(text: str, ids: Collection[str]) -> str:
    made, end = [], 0
    for found in _INLINE.finditer(text):
        made.append(escape(text[end : found.start()]))
        end = found.end()
        if found["strong"]:
            made.append(f"<strong>{escape(found['strong'])}</strong>")
        else:
            code = f"<code>{escape(found['code'])}</code>"
            made.append(f'<a href="#{escape(found["code"])}">{code}</a>' if found["code"] in ids else code)
    return "".join([*made, escape(text[end:])])
