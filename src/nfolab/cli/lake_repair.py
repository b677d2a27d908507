"""Whether a lake is whole, and mending it: `nfolab lake verify`, `drop`, `repack`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.lake import DayOption, KindOption, UnderlyingOption, lake_commands
from nfolab.cli.options import (
    DEFAULT_LAKE,
    PART_FAILED,
    JsonOption,
    LakeOption,
    WorkersOption,
    checked_workers,
    print_json,
    read_optional_day,
)

if TYPE_CHECKING:
    from nfolab.lake.packing.shards import DayKey
    from nfolab.lake.repair.drop import DayLoss, Dropped
    from nfolab.lake.repair.repack import RepackedDay


def register(_app: typer.Typer) -> None:
    """Add the commands to the group `lake`, which is there already."""
    for name, command in (("verify", verify), ("drop", drop), ("repack", repack)):
        lake_commands.command(name, cls=Command)(command)


def verify(lake: LakeOption = DEFAULT_LAKE, workers: WorkersOption = None, as_json: JsonOption = False) -> None:
    """Look at every byte and row of a lake: hashes, order, sums, ledgers, leftovers.

    Exit code 3 tells of a fault; each is one sentence that ends with the mend.
    """
    from nfolab.lake.repair.verify import verify as verified

    found = verified(lake, checked_workers(workers))
    if as_json:
        counts = {"files": found.files, "rows": found.rows, "bytes": found.bytes, "seconds": found.seconds}
        print_json({**counts, "faults": [asdict(fault) for fault in found.faults]})
    else:
        for fault in found.faults:
            typer.echo(str(fault))
        rate = found.bytes / 1e6 / max(found.seconds, 1e-9)
        seen = f"{found.files} day files, {found.rows:,} rows, {found.bytes / 1e6:,.1f} MB ({rate:,.0f} MB/s)"
        typer.echo(f"faults: {len(found.faults) or 'none'}, in {seen}")
    if found.faults:
        raise typer.Exit(PART_FAILED)


def drop(
    lake: LakeOption = DEFAULT_LAKE,
    day: DayOption = None,
    underlying: UnderlyingOption = None,
    kind: KindOption = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="All rows of this source, by its name or the start of its hash."),
    ] = None,
    overlapping: Annotated[
        bool,
        typer.Option("--overlapping", help="With --source: take sources that share rows with it out of such days too."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be lost.")] = False,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a day, an underlying, or all rows of one source out of a lake; pack the source again to have them back."""
    from nfolab.lake.repair.drop import Chosen, drop_days, drop_source

    chosen = Chosen(read_optional_day(day), underlying, kind)
    if source is None:
        if overlapping:
            raise InputError("--overlapping belongs to --source: name a source, or leave it out")
        dropped = drop_days(lake, chosen, dry_run=dry_run)
    elif chosen != Chosen():
        raise InputError("--source takes out all rows of one source: leave --day, --underlying and --kind out")
    else:
        count = checked_workers(workers) or 1
        dropped = drop_source(lake, source, with_overlapping=overlapping, dry_run=dry_run, workers=count)
    if as_json:
        print_json({**_dropped_document(dropped), "dry_run": dry_run})
    else:
        _print_dropped(dropped, "would be lost" if dry_run else "are lost")


def _dropped_document(dropped: "Dropped") -> dict[str, Any]:
    return {
        "days": [_loss_document(loss) for loss in dropped.days],
        "rows_lost": dropped.rows,
        "sources": [asdict(one) for one in dropped.sources],
        "seconds": dropped.seconds,
    }


def _loss_document(loss: "DayLoss") -> dict[str, Any]:
    sources = [asdict(one) for one in loss.sources]
    return {**_key_document(loss.key), "rows_lost": loss.rows, "rows_left": loss.rows_left, "sources": sources}


def _key_document(key: "DayKey") -> dict[str, str]:
    kind, underlying, day = key
    return {"day": str(day), "underlying": underlying, "kind": str(kind)}


def _print_dropped(dropped: "Dropped", verb: str) -> None:
    for loss in dropped.days:
        kind, underlying, day = loss.key
        left = f"{loss.rows_left:,} stay" if loss.rows_left else "none stay"
        typer.echo(f"{day} {underlying} {kind}: {loss.rows:,} rows {verb}, {left}")
    typer.echo(f"{dropped.rows:,} rows {verb} in {len(dropped.days)} day files")
    if dropped.sources:
        typer.echo("to have them back, pack again, in the order in which they were delivered:")
        for one in dropped.sources:
            typer.echo(f"  {one.name} ({one.sha256[:12]})")


def repack(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]…", help="Corrected files, to take the place of those of the same names."),
    ] = None,
    lake: LakeOption = DEFAULT_LAKE,
    day: DayOption = None,
    underlying: UnderlyingOption = None,
    kind: KindOption = None,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make days anew from their own rows, or put corrected sources in the place of their earlier versions."""
    from nfolab.lake.repair.drop import Chosen

    chosen = Chosen(read_optional_day(day), underlying, kind)
    if not sources:
        from nfolab.lake.repair.repack import repack_days

        done = repack_days(lake, chosen, checked_workers(workers) or 1)
        changed = sum(one.changed for one in done.days)
        if as_json:
            print_json({"days": [_repacked_document(one) for one in done.days], "seconds": done.seconds})
        else:
            typer.echo(f"{len(done.days)} day files made anew, {changed} of them changed, in {done.seconds:.1f} s")
        return
    if chosen != Chosen():
        raise InputError("sources say themselves which days they have: leave --day, --underlying and --kind out")
    from nfolab.lake.repair.repack import repack_sources
    from nfolab.vendor.sources import find_sources

    replaced = repack_sources(lake, find_sources(sources), checked_workers(workers))
    written = replaced.packed.rows_written
    if as_json:
        print_json({"dropped": _dropped_document(replaced.dropped), "rows_written": written})
    else:
        _print_dropped(replaced.dropped, "were taken out")
        typer.echo(f"{written:,} rows were packed in their place")


def _repacked_document(one: "RepackedDay") -> dict[str, Any]:
    sizes = {"rows": one.rows, "bytes_before": one.bytes_before, "bytes_now": one.bytes_now}
    return {**_key_document(one.key), **sizes, "changed": one.changed}
