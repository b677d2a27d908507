"""`nfolab lake audit`: how good the data of a lake is."""

from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.lake import lake_commands
from nfolab.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, read_optional_day
from nfolab.cli.rows import show_rows


def register(_app: typer.Typer) -> None:
    """Add the command `audit` to the group `lake`, which is there already."""
    lake_commands.command("audit", cls=Command)(audit)


def audit(
    lake: LakeOption = DEFAULT_LAKE,
    day: Annotated[str | None, typer.Option("--day", metavar="DAY", help="Only this day, as 2025-12-15.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is wrong with the data: gaps, repeats, refused rows and more, by contract and day."""
    from nfolab.lake import Lake
    from nfolab.lake.audit import audit as audited

    opened = Lake.open(lake)
    show_rows(audited(opened, read_optional_day(day)).to_dicts(), as_json, opened.source)
