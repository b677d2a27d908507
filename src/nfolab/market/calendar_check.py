"""Hold someone's expiry calendar against the rules and tell each wrong row with the right date and the reason."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nfolab.base.errors import InputError
from nfolab.market.expiries import Expiry, expiries
from nfolab.market.moves import moved_from
from nfolab.market.sessions import why_closed
from nfolab.market.tables import FIRST_DAY, LAST_DAY, rows, underlyings

_COLUMNS = {
    "underlying": ("instrument", "underlying", "symbol"),
    "kind": ("expiry_type", "kind"),
    "expiry": ("final_expiry", "expiry", "expiry_date"),
}
_MONTH_COLUMN = "contract_month"


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row of the file (the header is line 1) whose date is wrong; `right` is None where no such contract existed."""

    line: int
    underlying: str
    kind: str
    in_file: date
    right: date | None
    why: str


@dataclass(frozen=True, slots=True)
class CalendarCheck:
    """What was found: rows read, wrong rows, and the lines whose date is a monthly's under the label of a weekly."""

    rows: int
    wrong: list[WrongRow]
    monthly_labelled_weekly: list[int]


def _columns(path: Path, header: list[str]) -> dict[str, str]:
    known = {name.lower(): name for name in header}
    found = {}
    for meaning, names in _COLUMNS.items():
        name = next((known[name] for name in names if name in known), None)
        if name is None:
            raise InputError(
                f"{path} has no column {' or '.join(names)}: an expiry calendar needs one (it has {header})"
            )
        found[meaning] = name
    if _MONTH_COLUMN in known:
        found[_MONTH_COLUMN] = known[_MONTH_COLUMN]
    return found


def _day(path: Path, line: int, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{path}, line {line}: {text!r} is no day: write it as 2025-12-30") from None


def _rule(one: Expiry) -> str:
    """Return the rule by which a contract's day was scheduled, with its source."""
    for row in rows("expiry_rules"):
        if (
            (row["underlying"], row["kind"]) == (one.underlying, one.kind)
            and row["first_expiry"] <= one.expiry.isoformat()
            and (not row["last_expiry"] or one.expiry.isoformat() <= row["last_expiry"])
        ):
            last = "the last " if one.kind == "monthly" else "every "
            return f"the {one.underlying} {one.kind} then expired on {last}{row['weekday']} ({row['source']})"
    raise ValueError(f"expiry_rules.csv has no rule for {one}")


def _why(one: Expiry) -> str:
    if one.scheduled == one.expiry:
        return _rule(one)
    return f"{one.scheduled} was closed ({why_closed(one.scheduled)}), so it expired on the session before"


class _Calendar:
    """The expiries of one underlying, found by day, by schedule, by month and by week."""

    def __init__(self, underlying: str) -> None:
        self.all = expiries(underlying, FIRST_DAY, LAST_DAY)
        self.by_expiry = {one.expiry: one for one in self.all}
        self.by_schedule = {one.scheduled: one for one in self.all}
        self.monthlies = {(one.scheduled.year, one.scheduled.month): one for one in self.all if one.kind == "monthly"}
        self.by_week = {one.scheduled.isocalendar()[:2]: one for one in self.all}
        self.moved_from = moved_from(underlying)

    def of_the_same_life(self, day: date) -> Expiry | None:
        """Return the contract that was scheduled for `day` or moved away from it."""
        return self.by_schedule.get(day) or self.by_expiry.get(self.moved_from.get(day, day))


def _check_monthly(calendar: _Calendar, day: date, month: tuple[int, int]) -> tuple[date | None, str] | None:
    right = calendar.monthlies.get(month)
    if right is None:
        return None, f"no monthly of {month[0]}-{month[1]:02d} was listed"
    return None if right.expiry == day else (right.expiry, _why(right))


def _check_weekly(calendar: _Calendar, day: date) -> tuple[date | None, str] | None:
    if day in calendar.by_expiry:
        return None
    same = calendar.of_the_same_life(day)
    if same:
        return same.expiry, _why(same)
    week = calendar.by_week.get(day.isocalendar()[:2])
    if week is None:
        return None, "no contract expired in that week"
    if week.kind == "monthly":
        return None, f"no weekly was listed in the week of the monthly of {week.expiry}"
    return week.expiry, _why(week)


def check_calendar(path: Path) -> CalendarCheck:
    """Return the wrong rows of an expiry calendar in CSV.

    Needed are columns for the underlying (`Instrument`), the kind (`Expiry_Type`: weekly or monthly) and the day
    (`Final_Expiry`); `Contract_Month` (2025-01) tells the month of a monthly, else the day's own month does.

    Raises:
        InputError: the file cannot be read, lacks a column, or holds an unknown underlying, kind or day.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = _columns(path, list(reader.fieldnames or []))
            lines = list(enumerate(reader, start=2))
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}; give an expiry calendar as CSV") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not text in UTF-8: give an expiry calendar as CSV") from None
    calendars: dict[str, _Calendar] = {}
    wrong, labels = [], []
    for line, row in lines:
        underlying, kind = row[columns["underlying"]].upper(), row[columns["kind"]].lower()
        if underlying not in underlyings() or kind not in ("weekly", "monthly"):
            raise InputError(
                f"{path}, line {line}: {underlying} {kind} is none of weekly and monthly of {', '.join(underlyings())}"
            )
        day = _day(path, line, row[columns["expiry"]])
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InputError(
                f"{path}, line {line}: {day} is outside the market facts ({FIRST_DAY} to {LAST_DAY}): leave it out"
            )
        if underlying not in calendars:
            calendars[underlying] = _Calendar(underlying)
        calendar = calendars[underlying]
        if kind == "monthly":
            month = row.get(columns.get(_MONTH_COLUMN, ""), "") or f"{day:%Y-%m}"
            told = _day(path, line, f"{month}-01")
            finding = _check_monthly(calendar, day, (told.year, told.month))
        else:
            finding = _check_weekly(calendar, day)
            if finding is None and calendar.by_expiry[day].kind == "monthly":
                labels.append(line)
        if finding:
            wrong.append(WrongRow(line, underlying, kind, day, *finding))
    return CalendarCheck(len(lines), wrong, labels)
