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
    from nfolab.lake.packing.pack import PackResult
    from nfolab.lake.packing.preflight import Preflight
    from nfolab.market.calendar_check import CalendarCheck

_GIGABYTE = 1_000_000_000


def register(app: typer.Typer) -> None:
    """Add the command `pack`."""
    app.command("pack", cls=Command)(pack)


def pack(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Raw .parquet, .sql.gz, folders, or mysql://…/database.")
    ],
    lake: LakeOption = DEFAULT_LAKE,
    workers: WorkersOption = None,
    scratch: Annotated[
        float | None,
        typer.Option(
            "--scratch-gb",
            metavar="GB",
            help="How much may lie aside at a time; else a quarter of the free space.",
        ),
    ] = None,
    calendar: Annotated[
        Path | None,
        typer.Option("--calendar", metavar="FILE", help="An expiry calendar to hold against the rules, which win."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be done, how big it is and how long it takes.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Pack raw data into a lake; what is packed already is skipped."""
    from nfolab.lake.packing.calendar import keep_differences
    from nfolab.lake.packing.pack import pack as pack_sources
    from nfolab.lake.packing.preflight import preflight
    from nfolab.vendor.sources import find_sources

    count, room = checked_workers(workers), _checked_scratch(scratch)
    check = _checked_calendar(calendar)
    found = find_sources(sources)
    if dry_run:
        told = preflight(found, lake, count, room)
        if as_json:
            print_json(_preflight_document(told) | _calendar_document(check))
        else:
            _print_preflight(told, lake)
        return
    result = pack_sources(found, lake, count, room)
    if calendar is not None and check is not None:
        keep_differences(lake, calendar.name, check)
    if as_json:
        print_json(_pack_document(result) | _calendar_document(check))
    else:
        _print_pack(result, lake)
    if result.unreadable:
        raise typer.Exit(PART_FAILED)


def _checked_scratch(gigabytes: float | None) -> int | None:
    from nfolab.base.errors import InputError

    if gigabytes is not None and not gigabytes > 0:
        raise InputError(f"{gigabytes:g} GB of scratch cannot hold a row: give --scratch-gb 1 or more")
    return None if gigabytes is None else int(gigabytes * _GIGABYTE)


def _checked_calendar(file: Path | None) -> "CalendarCheck | None":
    """Hold the calendar against the rules and show each difference on standard error."""
    from nfolab.market.calendar_check import check_calendar

    if file is None:
        return None
    check = check_calendar(file)
    for row in check.wrong:
        right = "there is no such expiry" if row.right is None else f"right is {row.right}"
        typer.echo(
            f"nfolab: {file}, line {row.line}: {row.underlying} {row.kind} {row.in_file}; {right}: {row.why}", err=True
        )
    typer.echo(f"nfolab: {len(check.wrong)} of {check.rows} rows of {file} are wrong; the rules are used", err=True)
    return check


def _calendar_document(check: "CalendarCheck | None") -> dict[str, Any]:
    if check is None:
        return {}
    rows = [asdict(row) for row in check.wrong]
    return {
        "calendar": [
            row | {"in_file": row["in_file"].isoformat(), "right": row["right"] and row["right"].isoformat()}
            for row in rows
        ]
    }


def _pack_document(result: "PackResult") -> dict[str, Any]:
    return {
        "files_read": result.files_read,
        "files_skipped": result.files_skipped,
        "rows_read": result.rows_read,
        "rows_written": result.rows_written,
        "rows_refused": result.rows_refused,
        "rows_repeated": result.rows_repeated,
        "rows_superseded": result.rows_superseded,
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
    if result.rows_superseded:
        typer.echo(f"  {result.rows_superseded:,} rows gave way to those of a later delivery")
    days = f"{result.days[0]} to {result.days[-1]}, " if result.days else ""
    rounds = f" and {result.rounds} rounds" if result.rounds > 1 else ""
    typer.echo(f"{len(result.days)} days, {days}in {result.seconds:.1f} s{rounds} ({rate:,.0f} rows/s): {lake}")


def _preflight_document(told: "Preflight") -> dict[str, Any]:
    days = {name: [day.isoformat() for day in getattr(told, name)] for name in ("days", "expiries")}
    return asdict(told) | days | {"estimated": True}


def _print_preflight(told: "Preflight", lake: Path) -> None:
    size, grown, aside, free = (
        f"{amount / _GIGABYTE:,.2f} GB" for amount in (told.bytes, told.lake_bytes, told.scratch_bytes, told.free_bytes)
    )
    typer.echo(f"{told.files:,} files of {size}, of which about {told.files_to_skip:,} are packed already")
    for name, days in (("days", told.days), ("expiries", told.expiries)):
        if days:
            typer.echo(f"  {len(days):,} {name} by name, {days[0]} to {days[-1]}")
    typer.echo(f"about {told.rows:,} rows to read, in {told.rounds} rounds with up to {aside} of them aside")
    typer.echo(f"the lake would grow by about {grown}; {free} are free")
    minutes = f"{told.seconds / 60:,.1f} minutes"
    typer.echo(f"about {minutes} on {told.workers} workers, which need {told.open_files} open files")
    basis = f"a sample of {told.sampled} files" if told.sampled else "what is usual: every file is too big to sample"
    typer.echo(f"estimated from {basis}; nothing was written: {lake}")
    if told.unreadable:
        typer.echo(f"nfolab: {told.unreadable} files of the sample cannot be read", err=True)
    if not told.fits:
        typer.echo(f"nfolab: that does not fit: make room at {lake} or raise the limit of open files", err=True)
