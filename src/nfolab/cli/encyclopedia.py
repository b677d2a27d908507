"""The command `encyclopedia`: a folder with a page for every strategy that can be run."""

from pathlib import Path
from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, StrategiesOption, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("encyclopedia", cls=Command)(encyclopedia)


def encyclopedia(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    runs: Annotated[Path | None, typer.Option("--runs", help="A folder of runs whose results the pages tell.")] = None,
    own: StrategiesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a page for every strategy that can be run, and an index of all, in Markdown and as one HTML file."""
    from nfolab.research.encyclopedia import results_of, runs_of, write_encyclopedia
    from nfolab.strategies.find import Shelf
    from nfolab.strategies.index import index

    results = results_of(runs_of(runs)) if runs else {}
    pages = write_encyclopedia(folder, index(Shelf.of(own)), results)
    first = folder / "index.md"
    if as_json:
        print_json({"index": str(first), "pages": pages})
    else:
        typer.echo(f"{first}: {pages} strategies, a page each")
