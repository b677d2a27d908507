"""The commands `strategies`, `new` and `check`: the library, and strategies of one's own."""

import json
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, StrategiesOption, print_json

if TYPE_CHECKING:
    from nfolab.strategies.find import Shelf
    from nfolab.strategies.index import Row
    from nfolab.strategies.parameters import Parameter

_WITH_UNIT = re.compile(r"\d\d:\d\d(:\d\d)?|-?[\d.]+(?P<unit>%|rs|pt|s|lots)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("strategies", cls=Command)(strategies)
    app.command("new", cls=Command)(new)
    app.command("check", cls=Command)(check)


def strategies(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="One strategy, by its id or its file.")] = None,
    own: StrategiesOption = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the library as docs/strategies.md.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Print the strategy's page of the encyclopedia.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List every strategy there is or is to be, with its state; of one, its parameters too."""
    from nfolab.strategies.find import Shelf
    from nfolab.strategies.index import index, row_of
    from nfolab.strategies.index import markdown as library_page

    shelf = Shelf.of(own)
    if page and (markdown or as_json):
        raise InputError("--page prints a page, --markdown and --json the index: give one of them")
    if page:
        sys.stdout.write(_page(shelf, name))
        return
    rows = [row_of(shelf, name)] if name else index(shelf)
    if as_json:
        print_json([_document(row) for row in rows])
    elif markdown:
        sys.stdout.write(library_page(rows))
    elif name:
        _print_one(rows[0])
    else:
        _print_all(rows)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new strategy's id, such as my_straddle.")],
    own: StrategiesOption = None,
) -> None:
    """Write a recipe to begin with, commented, into the folder of your own strategies, else here."""
    from nfolab.base.files import write_text
    from nfolab.strategies.find import Shelf
    from nfolab.strategies.template import template

    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} is no id: use small letters, digits and _, such as my_straddle")
    path = (own or Path()) / f"{name}.toml"
    if name in Shelf({}).paths():
        raise InputError(f"the library has a strategy {name}: choose another name")
    if path.exists():
        raise InputError(f"{path} is there already: choose another name, or remove it first")
    write_text(path, template(name))
    typer.echo(
        f"{path}: edit it, hold it against the rules with `nfolab check {path}`, run it with `nfolab run {path}`"
    )


def check(
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="A recipe or a Python strategy, or an id.")] = None,
    own: StrategiesOption = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of recipes, for editors.")] = False,
    lake: Annotated[
        Path | None, typer.Option(help="Hold stops and targets against the spreads of this lake's newest day.")
    ] = None,
    underlying: Annotated[str | None, typer.Option(help="Of this underlying, if the lake has several.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read a strategy's file without running it, and tell what was understood; or print the schema of recipes."""
    if schema:
        from nfolab.strategies.editor_schema import json_schema

        typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return
    if file is None:
        raise InputError("check needs a FILE, such as my_straddle.toml, or --schema")
    from nfolab.strategies.find import Shelf
    from nfolab.strategies.understood import check_values, understood

    strategy = Shelf.of(own).find(file)
    values, warnings = check_values(strategy)
    if lake is not None:
        from nfolab.lake import Lake
        from nfolab.strategies.understood import check_spreads

        warnings += check_spreads(strategy, Lake.open(lake), underlying)
    lines = understood(strategy)
    if as_json:
        told = {"id": strategy.id, "file": strategy.where, "understood": lines, "grid_values": values}
        print_json({**told, "warnings": warnings})
        return
    typer.echo(f"{strategy.where} can be run" + (f", with each of the {values} values of its grids" if values else ""))
    for line in lines:
        typer.echo(f"  {line}")
    for warning in warnings:
        typer.echo(f"  warning: {warning}")


def _page(shelf: "Shelf", name: str | None) -> str:
    from nfolab.strategies.encyclopedia import page
    from nfolab.strategies.index import index, row_of, why_not
    from nfolab.strategies.shared_parts import shared_parts

    if name is None:
        raise InputError("--page needs an ID, such as short_straddle; `nfolab encyclopedia DIR` writes all pages")
    row = row_of(shelf, name)
    if row.strategy is None and row.entry is not None:
        raise InputError(why_not(row.entry))
    others = [one for one in index(shelf) if one.id != row.id]
    return page(row, shared_parts([*others, row])[row.id])


def _document(row: "Row") -> dict[str, Any]:
    params = row.strategy.params if row.strategy else {}
    return {
        "id": row.id,
        "family": row.family or None,
        "side": row.side,
        "needs": list(row.needs),
        "state": row.state,
        "summary": row.summary,
        "params": {
            name: _parameter(parameter)
            | (
                {"by_underlying": {of: _parameter(one) for of, one in parameter.by_underlying.items()}}
                if parameter.by_underlying
                else {}
            )
            for name, parameter in params.items()
        },
        "group": row.entry.group if row.entry else None,
        "priority": row.entry.priority if row.entry else None,
        "proxy": row.proxy or None,
        "lacks": row.lacks or None,
    }


def _parameter(parameter: "Parameter") -> dict[str, Any]:
    return {"default": parameter.default, "unit": _unit(parameter), "grid": list(parameter.grid)}


def _unit(parameter: "Parameter") -> str | None:
    """Return the unit of the first value that has one; `clock` for a time of day."""
    for value in (parameter.default, *parameter.grid):
        found = _WITH_UNIT.fullmatch(value)
        if found:
            return found["unit"] or "clock"
    return None


def _print_one(row: "Row") -> None:
    from nfolab.strategies.understood import understood

    typer.echo(f"{row.id} ({row.side}, {row.family or 'no family'}): {row.state}")
    if row.strategy is None:
        typer.echo(f"  {row.summary}\n  needs: {', '.join(row.needs)}")
    else:
        for line in understood(row.strategy):
            typer.echo(f"  {line}")
    if row.lacks:
        typer.echo(f"  it would need {row.lacks}")
    if row.proxy:
        typer.echo(f"  PROXY-SIGNAL: {row.proxy}")


def _print_all(rows: "list[Row]") -> None:
    from rich.console import Console
    from rich.table import Table

    from nfolab.strategies.index import STATES

    console = Console()
    for family, group in groupby(rows, lambda row: row.family):
        table = Table(
            title=family or "without a family", title_justify="left", title_style="bold", box=None, pad_edge=False
        )
        for column in ("id", "side", "state", "what it does"):
            table.add_column(column, no_wrap=column == "id", header_style="dim")
        for row in group:
            table.add_row(row.id, row.side, row.state, row.summary)
        console.print(table)
        console.print()
    console.print("; ".join(f"{sum(row.state == state for row in rows)} {state}" for state in STATES))
