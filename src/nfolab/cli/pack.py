"""`nfolab pack`: raw data into a lake."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import (
    DEFAULT_LAKE,
    PART_FAILED,
    JsonOption,
    LakeOption,
    WorkersOption,
    checked_workers,
    print_json,
)

if TYPE_CHECKING:
    from nfolab.lake.pack import PackResult


def register(app: typer.Typer) -> None:
    """Add the command `pack`."""
    app.command("pack", cls=Command)(pack)


def pack(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Raw .parquet, .sql.gz, or folders.")],
    lake: LakeOption = DEFAULT_LAKE,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pack raw files into a lake; what is packed already is skipped."""
    from nfolab.lake.pack import pack as pack_sources
    from nfolab.vendor.sources import find_sources

    result = pack_sources(find_sources(sources), lake, checked_workers(workers))
    if as_json:
        print_json(_pack_document(result))
    else:
        _print_pack(result, lake)
    if result.unreadable:
        raise typer.Exit(PART_FAILED)


def _pack_document(result: "PackResult") -> dict[str, Any]:
    return {
        "files_read": result.files_read,
        "files_skipped": result.files_skipped,
        "rows_read": result.rows_read,
        "rows_written": result.rows_written,
        "rows_refused": result.rows_refused,
        "rows_repeated": result.rows_repeated,
        "days": [day.isoformat() for day in result.days],
        "seconds": result.seconds,
        "refused": [asdict(one) for one in result.refused],
    }


def _print_pack(result: "PackResult", lake: Path) -> None:
    rate = result.rows_read / max(result.seconds, 1e-9)
    typer.echo(f"{result.files_read} files read, {result.files_skipped} skipped as packed already")
    typer.echo(
        f"{result.rows_read:,} rows = {result.rows_written:,} written + {result.rows_refused:,} refused "
        f"+ {result.rows_repeated:,} repeated"
    )
    by_reason: dict[str, int] = {}
    for one in result.refused:
        if one.rows is None:
            typer.echo(f"nfolab: {one.reason}", err=True)
        else:
            by_reason[one.reason] = by_reason.get(one.reason, 0) + one.rows
    for reason, rows in sorted(by_reason.items()):
        typer.echo(f"  refused: {reason}: {rows:,}")
    days = f"{result.days[0]} to {result.days[-1]}, " if result.days else ""
    typer.echo(f"{len(result.days)} days, {days}in {result.seconds:.1f} s ({rate:,.0f} rows/s): {lake}")
