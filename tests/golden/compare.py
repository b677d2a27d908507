"""What a case tells, held against what its strategy does."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from golden.case import Case, cases_of
from golden.document import CaseError, Table
from golden.found import Found, run, rupees, steps
from golden.paths import paise

_TRADE_COLUMNS = ("trade", "contract", "side", "lots", "entry", "entry price", "exit", "exit price", "reason", "gross")


@cache
def _read(path: Path) -> dict[str, Case]:
    return {case.title: case for case in cases_of(path)}


def titles_of(path: Path) -> list[str]:
    """The titles of a file's cases; of a file that cannot be read one title, with which `assert_as_told` says why."""
    try:
        return list(_read(path))
    except CaseError:
        return ["unreadable"]


def assert_as_told(path: Path, title: str) -> None:
    """Run one case of a file and hold it against what it tells."""
    wrong = differences(_read(path)[title])
    assert not wrong, "\n\n".join(["", title, *wrong])


def differences(case: Case) -> list[str]:
    """What is not as the case has it, each with expected beside found; empty where all is."""
    found, said = run(case), case.statements
    if "Refused" in said:
        wanted = said["Refused"]
        is_refused = found.state.startswith("refused") and wanted in found.state
        return [] if is_refused else [f"expected a refused day ({wanted}), found {found.state}"]
    if found.state != "done":
        return [f"the day was {found.state}"]
    told = []
    if "No trade" in said:
        if found.tables["trades"].height:
            told.append("expected no trade, found\n" + _shown(found.trades(), _TRADE_COLUMNS))
        elif said["No trade"] not in found.note:
            told.append(f"expected no trade, because {said['No trade']!r}; found, because {found.note!r}")
    if case.trades is not None:
        told += _trade_differences(case.trades, found)
    if case.happenings is not None:
        told += _event_differences(case.happenings, found)
    if "Gross" in said and paise(said["Gross"].rstrip(".")) != found.gross:
        told.append(f"expected gross {said['Gross']}, found {rupees(found.gross, 1)}")
    if told and found.note:
        told.append(f"why there was no trade: {found.note}")
    if told and len(passed := steps(case)) > 1:
        rows = [{"condition to enter": rule, "alone": str(alone), "left": str(left)} for rule, alone, left in passed]
        told.append("seconds that pass\n" + _shown(rows, ("condition to enter", "alone", "left")))
    return told


def _trade_differences(table: Table, found: Found) -> list[str]:
    strange = set(table.columns) - set(_TRADE_COLUMNS)
    lacking = set(_TRADE_COLUMNS) - set(table.columns) - {"lots"}
    if strange or lacking:
        raise CaseError(f"the table of trades has or lacks columns: {', '.join(sorted(strange | lacking))}")
    expected = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    is_same = [{name: _comparable(name, row[name]) for name in table.columns} for row in expected] == [
        {name: _comparable(name, row[name]) for name in table.columns} for row in found.trades()
    ]
    if is_same:
        return []
    return [
        "expected the trades\n" + _shown(expected, table.columns)
        + "\nfound\n" + _shown(found.trades(), table.columns)
    ]  # fmt: skip


def _comparable(name: str, cell: str) -> object:
    if name in ("entry price", "exit price", "gross"):
        try:
            return paise(cell)
        except CaseError:
            return cell
    return cell.removesuffix("lots").removesuffix("lot").strip()


def _event_differences(expected: Sequence[tuple[str, str]], found: Found) -> list[str]:
    there = found.happenings(any(words.startswith("decision") for _, words in expected))
    if expected == there:
        return []
    lines = []
    for time in sorted({time for time, _ in (*expected, *there)}):
        one = "; ".join(words for at, words in expected if at == time)
        other = "; ".join(words for at, words in there if at == time)
        lines.append({"time": time, "": "" if one == other else "✗", "expected": one, "found": other})
    return ["what happened differs\n" + _shown(lines, ("time", "", "expected", "found"))]


def _shown(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    lines = [tuple(columns), *(tuple(row.get(name, "") for name in columns) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(
        "  | " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
