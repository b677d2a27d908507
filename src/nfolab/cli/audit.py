"""`nfolab lake audit`: how good the data of a lake is."""

from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.lake import lake_commands
from nfolab.cli.options import DEFAULT_LAKE, PART_FAILED, JsonOption, LakeOption, read_optional_day
from nfolab.cli.rows import show_rows

DayOption = Annotated[str | None, typer.Option("--day", metavar="DAY", help="Only this day, as 2025-12-15.")]
SeverityOption = Annotated[
    str | None,
    typer.Option(
        "--severity", metavar="LEVEL", help="Only findings from this level up: note, warning, serious, severe."
    ),
]


def register(_app: typer.Typer) -> None:
    """Add the command `audit` to the group `lake`, which is there already."""
    lake_commands.command("audit", cls=Command)(audit)


def audit(
    lake: LakeOption = DEFAULT_LAKE,
    day: DayOption = None,
    severity: SeverityOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is wrong with the data: gaps, repeats, refused rows and more, by contract and day.

    Exit code 3 tells of a finding of the worst level, `severe`, on the days asked for.
    """
    from nfolab.lake import Lake
    from nfolab.lake.audit import audit as audited
    from nfolab.lake.severity import Severity, from_level_up, severity_named

    least = Severity.CLEAN if severity is None else severity_named(severity)
    opened = Lake.open(lake)
    found = audited(opened, read_optional_day(day))
    show_rows(from_level_up(found, least).to_dicts(), as_json, opened.source)
    if not from_level_up(found, Severity.SEVERE).is_empty():
        raise typer.Exit(PART_FAILED)
