"""The index of the library: a row for every strategy there is or is to be, each with its state.

`catalogue.csv` holds what is asked for. Whether an entry runs follows from the files that are there.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from nfolab.strategies.find import Shelf, Strategy, no_strategy
from nfolab.strategies.needs import OPTIONS, needs_of, needs_of_python
from nfolab.strategies.python import PythonStrategy
from nfolab.strategies.schema import FAMILIES

State = Literal["runs", "runs with proxy", "cannot run on this data", "not yet built"]
STATES: tuple[State, ...] = get_args(State)

_CATALOGUE = Path(__file__).resolve().parent / "catalogue.csv"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked for by one entry of the catalogue.

    Attributes:
        group: `core` (the user's own), `catalog` or `annex`.
        priority: 1 first to 5 last.
        proxy: what stands in for a signal that the data does not hold; empty for none.
        lacks: what it would need and this data has not; empty where it can run.
        summary: one line.
    """

    id: str
    family: str
    side: str
    group: str
    priority: int
    needs: tuple[str, ...]
    proxy: str
    lacks: str
    summary: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the index; `strategy` where there is a file of it, `entry` where the catalogue asks for it."""

    id: str
    family: str
    side: str
    needs: tuple[str, ...]
    state: State
    summary: str
    proxy: str
    entry: Entry | None
    strategy: Strategy | None

    @property
    def lacks(self) -> str:
        """What it would need to run, empty where it can."""
        return self.entry.lacks if self.entry and self.state == STATES[2] else ""


@cache
def catalogue() -> dict[str, Entry]:
    """Return every entry of the catalogue by its id, in the order of its file."""
    with _CATALOGUE.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {
        row["id"]: Entry(
            id=row["id"], family=row["family"], side=row["side"], group=row["group"], priority=int(row["priority"]),
            needs=tuple(row["needs"].split("; ")), proxy=row["proxy"], lacks=row["lacks"], summary=row["summary"],
        )
        for row in rows
    }  # fmt: skip


def index(shelf: Shelf) -> list[Row]:
    """Return the rows of all strategies: by family those of the catalogue and the library, then the user's own.

    Raises:
        InputError: a file has a mistake.
    """
    paths = shelf.paths()
    rows = [row_of(shelf, name) for name in dict.fromkeys([*catalogue(), *paths])]
    return sorted(rows, key=lambda row: (row.id in shelf.own, FAMILIES.index(row.family) if row.family else -1))


def row_of(shelf: Shelf, name: str) -> Row:
    """Return the row of a strategy by its id, or by the path of its file.

    Raises:
        InputError: there is none, with the nearest id; or its file has a mistake.
    """
    entry = catalogue().get(name)
    paths = shelf.paths()
    if name in paths or name.endswith((".toml", ".py")):
        return _built(shelf.find(name), entry)
    if entry is None:
        raise no_strategy(name, paths, catalogue())
    state: State = "cannot run on this data" if entry.lacks else "not yet built"
    return Row(entry.id, entry.family, entry.side, entry.needs, state, entry.summary, entry.proxy, entry, None)


def _built(strategy: Strategy, entry: Entry | None) -> Row:
    header = strategy.header
    proxy = header.proxy or ""
    return Row(
        id=strategy.id,
        family=header.family or (entry.family if entry else ""),
        side=strategy.side,
        needs=needs_told(strategy),
        state="runs with proxy" if proxy else "runs",
        summary=strategy.title,
        proxy=proxy,
        entry=entry,
        strategy=strategy,
    )


def needs_told(strategy: Strategy) -> tuple[str, ...]:
    """Return what a strategy rests on: what its header names, else what follows from its rules."""
    follow = needs_of_python(strategy) if isinstance(strategy, PythonStrategy) else needs_of(strategy.variant({}, 0))
    return tuple(dict.fromkeys([OPTIONS, *(strategy.header.needs or follow)]))


def why_not(entry: Entry) -> str:
    """Say why an entry of the catalogue that has no file cannot be run."""
    if entry.lacks:
        return f"{entry.id} cannot run on this data: it needs {entry.lacks}"
    return f"{entry.id} is in the catalogue but not yet built: `nfolab strategies` shows those that run"


def markdown(rows: Sequence[Row]) -> str:
    """Return the index as a page of the documentation."""
    counts = "; ".join(f"{sum(row.state == state for row in rows)} {state}" for state in STATES)
    parts = [f"{_HEAD}\n\n{counts}.\n\n{_NOTE}\n"]
    for family in (*FAMILIES, ""):
        lines = [
            f"| `{row.id}` | {row.side} | {row.state} | {row.summary} | {row.lacks or row.proxy} |"
            for row in rows
            if row.family == family
        ]
        if lines:
            parts.append("\n".join([f"## {family or 'without a family'}", "", *_COLUMNS, *lines]) + "\n")
    return "\n".join(parts)


_HEAD = """# The library

Every strategy that there is or is to be. `nfolab strategies --markdown` makes this page; a test holds it equal."""
_NOTE = """The last column tells what those would need that cannot run on this data, and of others what stands in for a
signal that the data does not hold (their runs say PROXY-SIGNAL)."""
_COLUMNS = ("| id | side | state | what it does | note |", "| --- | --- | --- | --- | --- |")
