"""The tables of a report in the terminal."""

from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table as Grid

from nfolab.research.report.contents import Contents, span
from nfolab.research.report.figures import cautions
from nfolab.research.report.parts import title_of
from nfolab.research.report.shown import Cell, Kind, counted
from nfolab.research.report.summary import all_tables
from nfolab.research.report.tables import AnyTable, Sheet

MOST_ROWS = 40
WIDE = 120
SHORT = 24


def print_tables(contents: Contents, console: Console) -> None:
    """Print what a run found: SYNTHETIC first if it is, then remarks, cautions and every table."""
    header = contents.run.header
    if contents.synthetic:
        console.print(Panel("[bold]SYNTHETIC[/]: the prices are made up", style="red", expand=False))
    console.print(f"[bold]{escape(title_of(contents))}[/]  {escape(str(header['underlying']))}, {span(contents)}")
    console.print(
        f"run {escape(header['run'])}, {counted(contents.days_with_data, 'day')} with data, "
        f"{contents.days_with_trades} with trades",
        highlight=False,
    )
    for remark in header.get("remarks", []):
        console.print(f"  {escape(str(remark))}", highlight=False)
    for sentence in cautions(contents):
        console.print(f"[red]![/] {escape(sentence)}", highlight=False)
    for table in all_tables(contents):
        if (table.name == "variants" and len(contents.plan) == 1) or (isinstance(table, Sheet) and not contents.trades):
            continue
        _print(table, console, synthetic=contents.synthetic)


def _print(table: AnyTable, console: Console, *, synthetic: bool) -> None:
    mark = "  SYNTHETIC" if synthetic else ""
    grid = Grid(
        title=escape(table.title) + mark, title_justify="left", title_style="bold", header_style="dim", box=SIMPLE_HEAD
    )
    if isinstance(table, Sheet):
        rows = [
            [Cell(("  " if measure.level else "") + measure.label, Kind.TEXT), *measure.cells()]
            for measure in table.measures
        ]
        grid.add_column("", no_wrap=True)
        for _, heading in table.groups:
            grid.add_column(heading, justify="right", min_width=13)
    else:
        kept = [place for place, column in enumerate(table.columns) if not column.wide or console.width >= WIDE]
        rows = [[row[place] for place in kept] for row in table.cells()]
        for at, column in enumerate(table.columns[place] for place in kept):
            short = all(len(row[at].text()) <= SHORT for row in rows)
            side: Literal["left", "right"] = "right" if column.kind.is_number else "left"
            grid.add_column(column.heading, justify=side, no_wrap=short, overflow="fold")
    if not rows:
        return
    for row in rows[:MOST_ROWS]:
        grid.add_row(*(escape(cell.text()) for cell in row))
    console.print()
    console.print(grid)
    if len(rows) > MOST_ROWS:
        console.print(f"  {len(rows) - MOST_ROWS} more rows are in the page and in --json")
    if table.note:
        console.print(f"  [dim]{escape(table.note)}[/]", highlight=False)
