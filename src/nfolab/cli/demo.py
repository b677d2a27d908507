"""The command `demo`: the whole way, from raw files to a report, on a small synthetic market."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, as_typed, print_json

UNDERLYING = "BANKNIFTY"
FIRST_DAY = date(2025, 7, 7)
DAYS = 3
SEED = 7
STRATEGY = "short_straddle"
GRIDS = {
    "entry": ["09:20:00", "10:05:00", "11:23:30"],
    "stop": ["none", "3%"],
    "target": ["none", "4%"],
    "leg_stop": ["none", "15%"],
    "lots": ["1lots", "10lots"],
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", cls=Command)(demo)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put everything.")] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """Go the whole way on a small SYNTHETIC market: raw files, lake, sweep of a straddle, report."""
    from nfolab.lake import Lake
    from nfolab.lake.packing.pack import pack
    from nfolab.research.documents import run_document
    from nfolab.research.marks import marks
    from nfolab.research.plan import make_plan
    from nfolab.research.report import Contents, write_report
    from nfolab.research.run import run_plan
    from nfolab.research.terminal import print_run
    from nfolab.strategies.find import find_recipe
    from nfolab.vendor.sources import find_sources
    from nfolab.vendor.synthetic import write_market

    raw, lake_folder, runs = folder / "raw", folder / "lake", folder / "runs"
    started = time.perf_counter()

    def say(what: str) -> None:
        typer.echo(f"{time.perf_counter() - started:5.1f} s  {what}", err=True)

    if not raw.exists():
        say(f"writing a SYNTHETIC {UNDERLYING} market of {DAYS} days, with the vendor's known defects, to {raw}")
        write_market(
            raw,
            underlying=UNDERLYING,
            start=FIRST_DAY,
            days=DAYS,
            size="small",
            form="parquet",
            seed=SEED,
            defects=True,
        )
    say(f"packing {raw} into the lake {lake_folder}")
    packed = pack(find_sources([raw]), lake_folder)
    say(
        f"read {packed.rows_read:,} rows: {packed.rows_written:,} written, {packed.rows_refused:,} refused, "
        f"{packed.rows_repeated:,} repeated; the first run compiles the engine, once"
    )
    lake = Lake.open(lake_folder)
    plan = make_plan(lake, [find_recipe(STRATEGY)], grids=GRIDS)
    run = run_plan(plan, runs)
    say(f"ran {len(plan.variants)} variants of {STRATEGY} over {len(plan.days)} days; writing the report")
    report = write_report(Contents.read(run), lambda trade: marks(lake, run, trade))
    say("done")
    if as_json:
        print_json(run_document(run))
        return
    print_run(run)
    name, nfolab = run.header["run"], as_typed()
    typer.echo(f"\nReport: {report}")
    typer.echo(f"Each trade:   {nfolab} trades {name} --runs {runs}")
    typer.echo(f"Why and how:  {nfolab} explain {name} 1 --runs {runs} --lake {lake_folder}")
