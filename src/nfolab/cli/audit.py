"""`nfolab lake audit`: how good the data of a lake is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.lake import lake_commands
from nfolab.cli.options import DEFAULT_LAKE, PART_FAILED, JsonOption, LakeOption, read_optional_day
from nfolab.cli.rows import show_rows

if TYPE_CHECKING:
    from nfolab.lake import Lake

DayOption = Annotated[str | None, typer.Option("--day", metavar="DAY", help="Only this day, as 2025-12-15.")]
SeverityOption = Annotated[
    str | None,
    typer.Option(
        "--severity", metavar="LEVEL", help="Only findings from this level up: note, warning, serious, severe."
    ),
]
MonthOption = Annotated[str | None, typer.Option("--month", metavar="MONTH", help="Only this month, as 2025-12.")]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the month's page, with heat maps, to this file.")
]


def register(_app: typer.Typer) -> None:
    """Add the command `audit` to the group `lake`, which is there already."""
    lake_commands.command("audit", cls=Command)(audit)


def audit(
    lake: LakeOption = DEFAULT_LAKE,
    day: DayOption = None,
    month: MonthOption = None,
    severity: SeverityOption = None,
    html: HtmlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is wrong with the data: gaps, repeats, refused rows and more, by contract and day.

    Exit code 3 tells of a finding of the worst level, `severe`, on the days asked for.
    """
    from nfolab.lake import Lake
    from nfolab.lake.auditing.audit import audit as audited
    from nfolab.lake.auditing.month import checked_month
    from nfolab.lake.auditing.severity import Severity, from_level_up, severity_named

    least = Severity.CLEAN if severity is None else severity_named(severity)
    chosen_month = None if month is None else checked_month(month)
    chosen_day = read_optional_day(day)
    if chosen_day is not None and chosen_month is not None:
        raise InputError("a day and a month were both asked for: give --day or --month")
    opened = Lake.open(lake)
    if html is not None:
        _write_page(opened, chosen_month, html)
    found = audited(opened, chosen_day, chosen_month)
    if html is None or as_json:
        show_rows(from_level_up(found, least).to_dicts(), as_json, opened.source)
    if not from_level_up(found, Severity.SEVERE).is_empty():
        raise typer.Exit(PART_FAILED)


def _write_page(lake: "Lake", month: str | None, path: Path) -> None:
    from nfolab.base.files import write_text
    from nfolab.lake.auditing.month import audit_month
    from nfolab.lake.auditing.page import audit_page

    if month is None:
        raise InputError("a page is about one month: name it, as in --month 2025-12 --html FILE")
    write_text(path, audit_page(audit_month(lake, month)))
    typer.echo(f"the audit of {month}: {path}", err=True)
