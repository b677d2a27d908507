"""A Markdown file of cases: headings, TOML, tables and the few lines that mean something, not what they mean."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STATEMENT = re.compile(r"(No trade|Refused|Gross)\b[.:]?\s*(.*)")


class CaseError(ValueError):
    """A case that cannot be read: which, and what is wrong with it."""


@dataclass(frozen=True)
class Table:
    """A table: the line of text that leads to it, its columns, and its rows as written."""

    lead: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Section:
    """What stands under one heading: TOML tables merged by their top keys, tables, and statements with their rest."""

    title: str
    toml: dict[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    statements: dict[str, str] = field(default_factory=dict)


def read_sections(path: Path) -> list[Section]:
    """Return what stands before the first `## ` heading, then a section for each of these headings."""
    sections = [Section("")]
    lines = path.read_text(encoding="utf-8").splitlines()
    place, lead = 0, ""
    while place < len(lines):
        line = lines[place].strip()
        section = sections[-1]
        if line.startswith("## "):
            sections.append(Section(line[3:].strip()))
        elif line.startswith("```"):
            end = _end_of_block(lines, place, path)
            if line == "```toml":
                _merge(section, "\n".join(lines[place + 1 : end]), path)
            place = end
        elif line.startswith("|"):
            end = place
            while end < len(lines) and lines[end].strip().startswith("|"):
                end += 1
            section.tables.append(_table(lead, lines[place:end], f"{path.name}: {section.title}"))
            place, line, lead = end - 1, "", ""
        elif match := _STATEMENT.match(line):
            section.statements[match[1]] = match[2].strip()
        if line:
            lead = line
        place += 1
    titles = [section.title for section in sections]
    if len(set(titles)) < len(titles):
        raise CaseError(f"{path.name}: two cases have one heading")
    return sections


def _end_of_block(lines: Sequence[str], start: int, path: Path) -> int:
    for place in range(start + 1, len(lines)):
        if lines[place].strip() == "```":
            return place
    raise CaseError(f"{path.name}: line {start + 1} opens a block that nothing closes")


def _merge(section: Section, text: str, path: Path) -> None:
    try:
        section.toml |= tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise CaseError(f"{path.name}: {section.title}: {fault}") from None


def _table(lead: str, lines: Sequence[str], where: str) -> Table:
    rows = list(_cells(lines))
    if len(rows) < 2 or not all(set(cell) <= set("-: ") for cell in rows[1]):
        raise CaseError(f"{where}: a table needs a line of --- below its head")
    for row in rows:
        if len(row) != len(rows[0]):
            raise CaseError(f"{where}: the row {' | '.join(row)!r} has {len(row)} cells, the head has {len(rows[0])}")
    return Table(lead, rows[0], tuple(rows[2:]))


def _cells(lines: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        yield tuple(cell.strip().strip("`") for cell in line.strip().strip("|").split("|"))
