"""The command `report`."""

from typing import TYPE_CHECKING, Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import DEFAULT_LAKE, DEFAULT_RUNS, JsonOption, LakeOption, RunsOption, print_json

if TYPE_CHECKING:
    import polars as pl


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", cls=Command)(report)


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name, or the beginning of it.")],
    runs: RunsOption = DEFAULT_RUNS,
    lake: LakeOption = DEFAULT_LAKE,
    open_page: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a run's report as one HTML file that needs nothing else, and print its tables."""
    from nfolab.lake import Lake
    from nfolab.research.marks import marks
    from nfolab.research.report import Contents, document, print_tables, write_report
    from nfolab.research.results import Run

    opened = Run.open(runs, run)
    contents = Contents.read(opened)

    def marks_of(trade: int) -> "pl.DataFrame":
        return marks(Lake.open(lake), opened, trade)

    path = write_report(contents, marks_of)
    if as_json:
        print_json(document(contents, path))
    else:
        from rich.console import Console

        console = Console()
        print_tables(contents, console)
        console.print(f"\nThe page: {path}", highlight=False, soft_wrap=True)
    if open_page:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
