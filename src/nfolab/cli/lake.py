"""What a lake holds: `nfolab lake days`, `sql`."""

from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import DEFAULT_LAKE, JsonOption, LakeOption
from nfolab.cli.rows import show_rows

lake_commands = typer.Typer(help="What a lake holds, and how good it is.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group `lake`."""
    app.add_typer(lake_commands, name="lake")


@lake_commands.command("days", cls=Command)
def days(lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Show the days a lake holds."""
    from nfolab.lake import Lake

    opened = Lake.open(lake)
    rows = [
        {
            "day": entry.day,
            "underlying": entry.underlying,
            "kind": entry.kind,
            "source": str(entry.source),
            "contracts": entry.contracts,
            "expiries": entry.expiries,
            "rows": entry.rows,
            "first": entry.first,
            "last": entry.last,
            "bytes": entry.bytes,
        }
        for entry in opened.entries
    ]
    show_rows(rows, as_json, opened.source)


@lake_commands.command("sql", cls=Command)
def sql(
    statement: Annotated[str, typer.Argument(metavar="SQL", help="Over the views options, spot and audit.")],
    lake: LakeOption = DEFAULT_LAKE,
    as_json: JsonOption = False,
) -> None:
    """Ask a lake in SQL: the vendor's own names, prices in rupees."""
    from nfolab.lake import Lake
    from nfolab.lake.sql import query

    show_rows(query(lake, statement).to_dicts(), as_json, Lake.open(lake).source)
