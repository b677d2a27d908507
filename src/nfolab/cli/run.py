"""The commands `run`, `trades` and `explain`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.cli.command import Command
from nfolab.cli.options import (
    DEFAULT_LAKE,
    DEFAULT_RUNS,
    PART_FAILED,
    JsonOption,
    LakeOption,
    RunsOption,
    StrategiesOption,
    WorkersOption,
    assignments,
    checked_workers,
    print_json,
    read_optional_day,
)

if TYPE_CHECKING:
    from datetime import date

    from nfolab.research.funnels import DayFunnel
    from nfolab.research.plan import Plan
    from nfolab.research.results import Run
    from nfolab.strategies.find import Shelf


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run", cls=Command)(run)
    app.command("trades", cls=Command)(trades)
    app.command("explain", cls=Command)(explain)


def run(
    strategies: Annotated[
        list[str], typer.Argument(metavar="STRATEGY", help="An id, the path of a file (*.toml, *.py), or all.")
    ],
    lake: LakeOption = DEFAULT_LAKE,
    runs: RunsOption = DEFAULT_RUNS,
    underlying: Annotated[
        str | None, typer.Option(help="NIFTY, BANKNIFTY …; the only one there is by default.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day, as 2025-12-15.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, inclusive.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give a parameter.")] = None,
    grids: Annotated[list[str] | None, typer.Option("--grid", metavar="NAME=A,B,C", help="Try several values.")] = None,
    side: Annotated[
        str | None, typer.Option(help="buy or sell: that side of each; both: each as written and mirrored.")
    ] = None,
    own: StrategiesOption = None,
    workers: WorkersOption = None,
    again: Annotated[bool, typer.Option("--again", help="Make a run anew that is already there.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever a strategy's file is saved.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run strategies over the days of a lake, and keep every trade with its reasons."""
    from nfolab.lake import Lake
    from nfolab.research.plan import make_plan
    from nfolab.strategies.asked import asked
    from nfolab.strategies.find import Shelf

    settings = assignments(given or [], "--set")
    tries = {name: _values(name, text) for name, text in assignments(grids or [], "--grid").items()}

    def planned() -> "Plan":
        chosen, refused = asked(Shelf.of(own), strategies, side)
        return make_plan(
            Lake.open(lake), chosen, underlying=underlying, first=read_optional_day(first),
            last=read_optional_day(last), given=settings, grids=tries, refused=refused,
        )  # fmt: skip

    if not watch:
        if _carried_out(planned(), runs, checked_workers(workers) or 1, again=again, as_json=as_json):
            raise typer.Exit(PART_FAILED)
        return
    if as_json:
        raise InputError("--watch prints a table for each save, --json one document: give one of them")
    from nfolab.cli.watch import watched

    def once() -> None:
        _carried_out(planned(), runs, checked_workers(workers) or 1, again=again, as_json=False)

    watched(_files(Shelf.of(own), strategies), once)


def _carried_out(plan: "Plan", runs: Path, workers: int, *, again: bool, as_json: bool) -> bool:
    """Carry out a plan and print what came of it; return whether a part of it failed."""
    from nfolab.base.compiled import is_compiled
    from nfolab.cli.funnel import document, print_funnels
    from nfolab.research.documents import run_document
    from nfolab.research.run import run_plan
    from nfolab.research.terminal import print_run
    from nfolab.strategies.python import PythonVariant

    with progress_bar() as bar:
        what = f"{len(plan.variants)} variants by day"
        kernels = {"finish" if isinstance(one, PythonVariant) else "walk_programs" for one in plan.variants}
        first_said = what if all(map(is_compiled, kernels)) else f"{what}; compiling the engine first, once"
        task = bar.add_task(first_said, total=len(plan.days), rate="")

        def done(days: int, failed: int) -> None:
            bar.update(task, description=what, completed=days, rate=f"{failed} failed" if failed else "")

        made = run_plan(plan, runs, workers=workers, again=again, done=done)
    idle = _without_a_trade(plan, made)
    if as_json:
        print_json({**run_document(made), "funnels": [document(one) for one in idle]})
    else:
        print_run(made)
        print_funnels(idle)
    totals = made.header["totals"]
    return bool(totals["failed"] or totals["unclosed"])


def _without_a_trade(plan: "Plan", made: "Run") -> "list[DayFunnel]":
    """Return the funnel of each recipe that never traded: of its first variant, on the newest day that it was run."""
    import polars as pl

    from nfolab.research.funnels import funnels

    traded = made.table("trades")["strategy"].unique().to_list()
    ran = made.table("ledger").filter(pl.col("state") == "done", ~pl.col("strategy").is_in(traded))
    newest = ran.group_by("strategy").agg(pl.col("day").max(), pl.col("variant").min()).sort("strategy")
    by_day: dict[date, set[int]] = {}
    for day, variant in newest.select("day", "variant").iter_rows():
        by_day.setdefault(day, set()).add(variant)
    return [one for day in sorted(by_day) for one in funnels(plan, (day,), by_day[day])]


def trades(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name, or the beginning of it.")],
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> None:
    """Show the trades of a run."""
    from nfolab.research.documents import trade_documents
    from nfolab.research.results import Run

    found = trade_documents(Run.open(runs, run))
    if as_json:
        print_json(found)
    else:
        from nfolab.research.terminal import print_trades

        print_trades(found)


def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's name, or the beginning of it.")],
    trade: Annotated[int, typer.Argument(metavar="TRADE", help="The trade's number.")],
    lake: LakeOption = DEFAULT_LAKE,
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> None:
    """Tell why a trade was made and how, decision by decision, fill by fill, second by second."""
    from nfolab.lake import Lake
    from nfolab.research.documents import explanation
    from nfolab.research.marks import marks
    from nfolab.research.results import Run

    opened = Run.open(runs, run)
    told = explanation(opened, trade, marks(Lake.open(lake), opened, trade))
    if as_json:
        print_json(told)
    else:
        from nfolab.research.terminal import print_explanation

        print_explanation(told)


def _files(shelf: "Shelf", names: Sequence[str]) -> list[Path]:
    """Return the files of strategies that are named by an id or by a path."""
    known = shelf.paths()
    if "all" in names:
        return list(known.values())
    return [known.get(name, Path(name)) for name in names]


def _values(name: str, text: str) -> list[str]:
    """Read the values of a grid, none of them empty or repeated."""
    values = text.split(",")
    if not all(values):
        raise InputError(f"--grid {name}={text} has an empty value: write it as --grid {name}=A,B,C")
    if len(set(values)) < len(values):
        raise InputError(f"--grid {name}={text} has a value twice: keep one of each")
    return values
