"""What a lake holds: `nfolab lake days`, `sql`, `describe`, `manifest`, `export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    WorkersOption,
    checked_workers,
    print_json,
    read_optional_day,
)
from nfolab.cli.rows import show_rows

if TYPE_CHECKING:
    from nfolab.lake.telling.describe import DataBook
    from nfolab.lake.telling.manifest import DayLine

lake_commands = typer.Typer(help="What a lake holds, and how good it is.", no_args_is_help=True)

DayOption = Annotated[str | None, typer.Option("--day", metavar="DAY", help="Only this day, as 2025-12-15.")]
UnderlyingOption = Annotated[
    str | None, typer.Option("--underlying", metavar="U", help="Only this underlying, as BANKNIFTY.")
]
KindOption = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="Only this kind: options, spot, futures, vix, equity or chain."),
]


def register(app: typer.Typer) -> None:
    """Add the group `lake`."""
    app.add_typer(lake_commands, name="lake")


@lake_commands.command("days", cls=Command)
def days(lake: LakeOption = DEFAULT_LAKE, as_json: JsonOption = False) -> None:
    """Show the days a lake holds."""
    from nfolab.lake import Lake
    from nfolab.lake.telling.manifest import day_line

    opened = Lake.open(lake)
    show_rows([day_line(entry) for entry in opened.entries], as_json, opened.source)


@lake_commands.command("sql", cls=Command)
def sql(
    statement: Annotated[
        str,
        typer.Argument(
            metavar="SQL", help="Over the views options, spot, futures, vix, equity, chains, audit, bars and features."
        ),
    ],
    lake: LakeOption = DEFAULT_LAKE,
    as_json: JsonOption = False,
) -> None:
    """Ask a lake in SQL: the vendor's own names, prices in rupees."""
    from nfolab.lake import Lake
    from nfolab.lake.sql import query
    from nfolab.tape.features.tables import computed_tables

    show_rows(query(lake, statement, computed_tables()).to_dicts(), as_json, Lake.open(lake).source)


@lake_commands.command("describe", cls=Command)
def describe(
    lake: LakeOption = DEFAULT_LAKE,
    markdown: Annotated[Path | None, typer.Option("--markdown", metavar="FILE", help="Write the whole book.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", metavar="N", help="Take columns' ranges from N day files of each kind and underlying, not all."
        ),
    ] = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the data book of a lake: what every column means and ranges over, sizes, sources, first and last rows."""
    from nfolab.base.files import write_text
    from nfolab.lake.telling.describe import describe as described

    if sample is not None and sample < 1:
        raise InputError(f"a sample of {sample} day files shows nothing: give --sample 1 or more")
    book = described(lake, sample, checked_workers(workers))
    if markdown is not None:
        from nfolab.lake.telling.describe_page import markdown as in_markdown

        write_text(markdown, in_markdown(book))
    if html is not None:
        from nfolab.lake.telling.describe_page import html as in_html

        write_text(html, in_html(book))
    if as_json:
        print_json(book.document())
    elif markdown is None and html is None:
        _print_book(book)
    else:
        typer.echo(f"written: {', '.join(str(path) for path in (markdown, html) if path)}")


def _print_book(book: "DataBook") -> None:
    from nfolab.cli.table import print_rows

    synthetic = book.source == "synthetic"
    print_rows([vars(one) for one in book.sizes], synthetic=synthetic)
    shown = ("view", "name", "unit", "meaning", "least", "greatest")
    print_rows([{name: getattr(one, name) for name in shown} for one in book.columns], synthetic=synthetic)
    if book.looked_at < len(book.days):
        typer.echo(f"least and greatest are of a sample: {book.looked_at} of {len(book.days)} day files")
    typer.echo("the whole book, with first and last rows, sources and folders: --markdown FILE or --html FILE")


@lake_commands.command("manifest", cls=Command)
def manifest(lake: LakeOption = DEFAULT_LAKE, day: DayOption = None, as_json: JsonOption = False) -> None:
    """Name the sources of each lake file, with hashes, and where every row that was read went."""
    from nfolab.lake import Lake
    from nfolab.lake.telling.manifest import manifest as made

    opened = Lake.open(lake)
    lines = made(opened, read_optional_day(day))
    if as_json:
        print_json([_manifest_document(line) for line in lines])
        return
    rows = [
        {
            "file": line.path,
            "source": one.name,
            "sha256": one.sha256[:12],
            "read": one.read,
            "written": one.written,
            "repeated": one.repeated,
            "superseded": one.superseded,
            "refused": ", ".join(f"{reason}: {rows:,}" for reason, rows in one.refused.items()),
        }
        for line in lines
        for one in line.sources
    ]
    show_rows(rows, as_json, opened.source)


def _manifest_document(line: "DayLine") -> dict[str, Any]:
    entry = line.entry
    about = {
        "day": str(entry.day),
        "underlying": entry.underlying,
        "kind": str(entry.kind),
        "source": str(entry.source),
    }
    hashes = {"content": entry.content, "footer_hash": entry.footer_hash, "ledger_hash": entry.ledger_hash}
    sources = [vars(one) for one in line.sources]
    return {"path": line.path, **about, "rows": entry.rows, "bytes": entry.bytes, **hashes, "sources": sources}


@lake_commands.command("export", cls=Command)
def export(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copies go.")],
    flat: Annotated[
        bool, typer.Option("--flat", help="Copies with every column: the vendor's names, rupees, spot beside.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV instead of Parquet.")] = False,
    lake: LakeOption = DEFAULT_LAKE,
    day: DayOption = None,
    underlying: UnderlyingOption = None,
    kind: KindOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write copies of chosen days for other tools: `nfolab lake export FOLDER --flat --day 2025-12-15`."""
    from nfolab.lake.repair.drop import Chosen
    from nfolab.lake.telling.export import export_flat

    if not flat:
        raise InputError("say what the copies are to be like: --flat is the only form there is")
    done = export_flat(lake, target, Chosen(read_optional_day(day), underlying, kind), "csv" if csv else "parquet")
    if as_json:
        files = [str(path) for path in done.files]
        print_json({"files": files, "rows": done.rows, "bytes": done.bytes, "seconds": done.seconds})
    else:
        typer.echo(f"{done.rows:,} rows in {len(done.files)} files, {done.bytes / 1e6:,.1f} MB: {target}")
