"""The encyclopedia: a page in Markdown for every strategy that can be run, and an index of them."""

from collections.abc import Iterator, Mapping, Sequence

from nfolab.strategies.capital import capital
from nfolab.strategies.find import Strategy
from nfolab.strategies.in_words import rules_in_words
from nfolab.strategies.index import STATES, Row
from nfolab.strategies.parameters import Parameter
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.python_settings import DESK_SETTINGS
from nfolab.strategies.schema import FAMILIES
from nfolab.strategies.shared_parts import (
    SAME_CONDITION,
    SAME_ENTRY,
    SAME_EXITS,
    SAME_FAMILY,
    Share,
    underlyings_named,
)
from nfolab.strategies.words import SETTINGS

SECTIONS = (
    "The idea",
    "The rules, step by step",
    "Why it should work",
    "When it fails",
    "How its profit or loss arises",
    "What it needs",
    "Capital",
    "Parameters",
    "What it shares with others",
    "Assumptions and readings",
    "What was once reported",
    "Results",
)
NO_RESULTS = "No run of it was given."
_NOT_TOLD = "Its header does not say."
_OF_PYTHON = "It is a Python strategy: its docstring tells its rules, and its code is what runs."


def page(row: Row, shares: Sequence[Share], results: str = NO_RESULTS) -> str:
    """Return the page of a strategy.

    Args:
        row: of the index, with a strategy.
        shares: what it has in common with others (`shared_parts`).
        results: what runs of it came to, in Markdown.

    Raises:
        ValueError: the row has no strategy.
    """
    strategy = row.strategy
    if strategy is None:
        raise ValueError(f"{row.id} has no file, and so no page")
    header = strategy.header
    told = (
        header.idea or _NOT_TOLD,
        _rules(strategy),
        header.why or _NOT_TOLD,
        header.fails_when or _NOT_TOLD,
        header.pays_by or _NOT_TOLD,
        f"{_listed(row.needs)}\n",
        f"{_listed(capital(strategy))}\n",
        _parameters(strategy),
        _shared(shares, strategy),
        _assumed(strategy),
        _listed(header.reported) or "Nothing is told of earlier results.",
        results,
    )
    sections = [f"## {title}\n\n{text.strip()}\n" for title, text in zip(SECTIONS, told, strict=True)]
    return "\n".join([_head(row, strategy), *sections])


def index_page(rows: Sequence[Row]) -> str:
    """Return the encyclopedia's first page: strategies by family with links to their pages, then those without one."""
    built = [row for row in rows if row.strategy]
    lines = ["# The encyclopedia", "", f"{len(built)} strategies that can be run, a page each."]
    for family in (*FAMILIES, ""):
        of_family = [row for row in built if row.family == family]
        if of_family:
            lines += ["", f"## {family or 'without a family'}", "", "| id | side | state | what it does |"]
            lines += ["| --- | --- | --- | --- |"]
            lines += [f"| [{row.id}]({row.id}.md) | {row.side} | {row.state} | {row.summary} |" for row in of_family]
    for state in STATES[2:]:
        without = [row for row in rows if row.state == state]
        if without:
            lines += ["", f"## {state[0].upper()}{state[1:]}", ""]
            lines += [
                f"- `{row.id}`: {row.summary}{f' It would need {row.lacks}.' * bool(row.lacks)}" for row in without
            ]
    return "\n".join(lines) + "\n"


def _head(row: Row, strategy: Strategy) -> str:
    asked = f" Priority {row.entry.priority} of the catalogue's group {row.entry.group}." if row.entry else ""
    source = f" Source: {', '.join(strategy.header.source)}." if strategy.header.source else ""
    proxy = f"\n**PROXY-SIGNAL**: {row.proxy}\n" if row.proxy else ""
    what = f"`{row.id}`: {row.side}, {row.family or 'no family'}; {row.state}.{asked}{source}"
    return f"# {strategy.title}\n\n{what}\n{proxy}"


def _rules(strategy: Strategy) -> str:
    if isinstance(strategy, PythonStrategy):
        return f"{_OF_PYTHON}\n\n```text\n{strategy.text.strip()}\n```"
    named = underlyings_named(strategy)
    by_underlying = {name: rules_in_words(strategy.of(name)) for name in named}
    if not named:
        return _numbered(rules_in_words(strategy))
    first = by_underlying[named[0]]
    if all(rules == first for rules in by_underlying.values()):
        return _numbered(first)
    return "\n\n".join(f"On {name}:\n\n{_numbered(rules)}" for name, rules in by_underlying.items())


def _parameters(strategy: Strategy) -> str:
    lines = ["| parameter | default | values worth trying |", "| --- | --- | --- |"]
    every = DESK_SETTINGS if isinstance(strategy, PythonStrategy) else SETTINGS
    own = [name for name in strategy.params if name not in every]
    settings = [name for name in strategy.params if name in every]
    lines += [line for name in (*own, *settings) for line in _parameter(name, strategy.params[name])]
    listed = ", ".join(f"`{name}`" for name in settings)
    return "\n".join([*lines, "", f"Settings that every strategy of its kind has: {listed}."])


def _parameter(name: str, parameter: Parameter) -> Iterator[str]:
    for underlying, one in (parameter.by_underlying or {"": parameter}).items():
        of = f" on {underlying}" if underlying else ""
        tries = ", ".join(map(_cell, one.grid)) or "–"
        yield f"| `{name}`{of} | {_cell(one.default)} | {tries} |"


def _cell(text: str) -> str:
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def _shared(shares: Sequence[Share], strategy: Strategy) -> str:
    said = [
        f"{_SHARED[one.part].format(_part(one))}: {', '.join(f'`{other}`' for other in one.others)}" for one in shares
    ]
    if isinstance(strategy, PythonStrategy):
        said.append("Its rules are code: nothing but the family can be compared.")
    return _listed(said) or "Nothing: no other has its entry, one of its conditions, its exits or its family."


_SHARED: Mapping[str, str] = {
    SAME_ENTRY: "The same entry ({})",
    SAME_CONDITION: "The condition {}",
    SAME_EXITS: "The same exits ({})",
    SAME_FAMILY: "The family {}",
}


def _part(share: Share) -> str:
    if share.part in (SAME_ENTRY, SAME_EXITS):
        return share.what.removesuffix(".")
    return f"`{share.what}`"


def _assumed(strategy: Strategy) -> str:
    header = strategy.header
    told = [*(f"Assumed: {one}" for one in header.assumptions), *(f"Read so: {one}" for one in header.readings)]
    if not told and isinstance(strategy, PythonStrategy):
        return "Those that its docstring names, above."
    return _listed(told) or "None are named."


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
