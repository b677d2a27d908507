"""Check the data files: every row sourced, no gap, no overlap, nothing that names what is not there.

`python -m nfolab.market.check` prints each fault and exits with 1 if there is one; `make lint` runs it.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from nfolab.market.tables import FIRST_DAY, LAST_DAY, Row

DATA = Path(__file__).parent / "data"
CONFIDENCE = ("high", "medium", "low")
ONE_DAY = timedelta(days=1)

Tables = dict[str, list[Row]]


def _read(folder: Path) -> Tables:
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            tables[path.stem] = list(csv.DictReader(handle))
    return tables


def _unsourced(tables: Tables) -> Iterator[str]:
    for name, table in tables.items():
        for line, row in enumerate(table, start=2):
            if None in row or None in row.values():
                yield f"{name}.csv, line {line}: not as many cells as columns"
            elif not (row.get("source") or "").strip():
                yield f"{name}.csv, line {line}: no source"
            elif row.get("confidence") not in CONFIDENCE:
                yield f"{name}.csv, line {line}: confidence is none of {', '.join(CONFIDENCE)}"


def _bad_days(tables: Tables) -> Iterator[str]:
    for name, table in tables.items():
        for line, row in enumerate(table, start=2):
            for column, text in row.items():
                if column == "date" or column.endswith(("_date", "_day", "_expiry")) or column in _DAY_COLUMNS:
                    try:
                        date.fromisoformat(text or "2019-01-01")
                    except ValueError:
                        yield f"{name}.csv, line {line}: {column} {text!r} is no day"


_DAY_COLUMNS = ("announced", "known", "before", "after", "last_day_of_old_lot")


def _grouped(table: Iterable[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in table:
        groups[tuple(row[column] for column in columns)].append(row)
    return groups


def _broken_stretches(name: str, groups: dict[tuple[str, ...], list[Row]]) -> Iterator[str]:
    """Each group's stretches must follow one another without gap or overlap, the last one open."""
    for key, unsorted in groups.items():
        group = sorted(unsorted, key=lambda row: row["from_date"])
        label = f"{name}.csv, {' '.join(key)}"
        for row, following in pairwise(group):
            if not row["to_date"] or date.fromisoformat(row["to_date"]) >= date.fromisoformat(following["from_date"]):
                yield f"{label}: the stretch from {row['from_date']} overlaps the next"
            elif date.fromisoformat(row["to_date"]) + ONE_DAY != date.fromisoformat(following["from_date"]):
                yield f"{label}: a gap after {row['to_date']}"
        if group[-1]["to_date"]:
            yield f"{label}: ends on {group[-1]['to_date']}"


def _stretches(tables: Tables) -> Iterator[str]:
    charges = [row for row in tables["charges"] if row["component"] != "stamp"]
    yield from _broken_stretches("charges", _grouped(charges, "product", "exchange", "component", "side"))
    stamp = [row for row in tables["charges"] if row["component"] == "stamp"]
    yield from _broken_stretches("charges", _grouped(stamp, "product", "component"))
    yield from _broken_stretches("hours", _grouped(tables["hours"], "product"))
    yield from _broken_stretches("margin_parameters", _grouped(tables["margin_parameters"], "parameter"))
    for key, group in _grouped(tables["charges"], "product", "exchange", "component").items():
        if key[1] != "BSE" and min(row["from_date"] for row in group) > FIRST_DAY.isoformat():
            yield f"charges.csv, {' '.join(key)}: begins after {FIRST_DAY}"
    for row in tables["charges"]:
        if (Fraction(row["rate"]) * 1_000_000_000).denominator != 1:
            yield f"charges.csv: rate {row['rate']} is finer than 1e-9"


def _rules(tables: Tables) -> Iterator[str]:
    for key, unsorted in _grouped(tables["expiry_rules"], "underlying", "kind").items():
        group = sorted(unsorted, key=lambda row: row["first_expiry"])
        for row, following in pairwise(group):
            if not row["last_expiry"] or row["last_expiry"] >= following["first_expiry"]:
                yield f"expiry_rules.csv, {' '.join(key)}: the rule from {row['first_expiry']} overlaps the next"
    first_lots = {key: min(row["from_expiry"] for row in group) for key, group in _lot_groups(tables).items()}
    for key, group in _grouped(tables["expiry_rules"], "underlying", "kind").items():
        first = min(row["first_expiry"] for row in group)
        if first_lots.get(key, "9999") > first:
            yield f"lots.csv, {' '.join(key)}: no lot for the expiry of {first}"


def _lot_groups(tables: Tables) -> dict[tuple[str, ...], list[Row]]:
    return _grouped(tables["lots"], "underlying", "kind")


def _sessions(tables: Tables) -> Iterator[str]:
    holidays = [row["date"] for row in tables["holidays"]]
    for day in sorted({day for day in holidays if holidays.count(day) > 1}):
        yield f"holidays.csv: {day} stands twice"
    for day in holidays:
        if date.fromisoformat(day).weekday() >= 5:
            yield f"holidays.csv: {day} is no weekday"
    for (day,), group in _grouped(tables["special_sessions"], "date").items():
        times = [time for row in group for time in (row["open"], row["close"]) if time]
        if times != sorted(set(times)) or len(times) % 2:
            yield f"special_sessions.csv: the windows of {day} are not in order"
    for name in ("holidays", "special_sessions"):
        for row in tables[name]:
            if not FIRST_DAY.isoformat() <= row["date"] <= LAST_DAY.isoformat():
                yield f"{name}.csv: {row['date']} is outside {FIRST_DAY}..{LAST_DAY}"


def _names(tables: Tables) -> Iterator[str]:
    known = {row["underlying"] for row in tables["underlyings"]}
    for name, table in tables.items():
        for row in table:
            if "underlying" in row and row["underlying"] not in known:
                yield f"{name}.csv: unknown underlying {row['underlying']}"


def _moves(tables: Tables) -> Iterator[str]:
    """A move must end on a day the contract really expired, or on one it was moved away from again."""
    from nfolab.market.expiries import expiries

    for (underlying,), group in _grouped(tables["expiry_moves"], "underlying").items():
        real = {one.expiry.isoformat() for one in expiries(underlying, FIRST_DAY, LAST_DAY)}
        moved_again = {row["before"] for row in group}
        for row in group:
            if row["after"] not in real | moved_again:
                yield f"expiry_moves.csv: {underlying} did not expire on {row['after']}"
            if row["before"] in real:
                yield f"expiry_moves.csv: {underlying} did expire on {row['before']}"
            if not row["announced"] <= row["known"] <= min(row["before"], row["after"]):
                yield f"expiry_moves.csv: {underlying} {row['before']} was not announced, known and moved in that order"


_CHECKS: tuple[Callable[[Tables], Iterator[str]], ...] = (_stretches, _rules, _sessions, _names, _moves)


def faults(folder: Path = DATA) -> list[str]:
    """Return what is wrong with the data files in `folder`, one sentence each; an empty list if nothing is."""
    tables = _read(folder)
    found = [*_unsourced(tables), *_bad_days(tables)]
    if found:
        return found
    return [fault for check in _CHECKS for fault in check(tables)]


def main() -> int:
    """Print the faults to standard error and return the exit code."""
    found = faults()
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
