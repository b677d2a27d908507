"""The commands `run`, `trades`, `explain` and `strategies`."""

import re
from collections.abc import Sequence
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
    WorkersOption,
    checked_workers,
    print_json,
    read_optional_day,
)

if TYPE_CHECKING:
    from nfolab.strategies.find import Strategy
    from nfolab.strategies.recipe import Parameter

_WITH_UNIT = re.compile(r"\d\d:\d\d(:\d\d)?|-?[\d.]+(?P<unit>%|rs|pt|s|lots)")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run", cls=Command)(run)
    app.command("trades", cls=Command)(trades)
    app.command("explain", cls=Command)(explain)
    app.command("strategies", cls=Command)(strategies)


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
    side: Annotated[str, typer.Option(help="With all: buy, sell or both.")] = "both",
    workers: WorkersOption = None,
    again: Annotated[bool, typer.Option("--again", help="Make a run anew that is already there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run strategies over the days of a lake, and keep every trade with its reasons."""
    from nfolab.base.compiled import is_compiled
    from nfolab.lake import Lake
    from nfolab.research.documents import run_document
    from nfolab.research.plan import make_plan
    from nfolab.research.run import run_plan
    from nfolab.research.terminal import print_run
    from nfolab.strategies.python import PythonVariant

    settings = _assignments(given or [], "--set")
    tries = {name: _values(name, text) for name, text in _assignments(grids or [], "--grid").items()}
    plan = make_plan(
        Lake.open(lake), _chosen(strategies, side), underlying=underlying,
        first=read_optional_day(first), last=read_optional_day(last),        given=settings, grids=tries,
    )  # fmt: skip
    with progress_bar() as bar:
        what = f"{len(plan.variants)} variants by day"
        kernels = {"finish" if isinstance(one, PythonVariant) else "walk_programs" for one in plan.variants}
        first_said = what if all(map(is_compiled, kernels)) else f"{what}; compiling the engine first, once"
        task = bar.add_task(first_said, total=len(plan.days), rate="")

        def done(days: int, failed: int) -> None:
            bar.update(task, description=what, completed=days, rate=f"{failed} failed" if failed else "")

        made = run_plan(plan, runs, workers=checked_workers(workers) or 1, again=again, done=done)
    if as_json:
        print_json(run_document(made))
    else:
        print_run(made)
    totals = made.header["totals"]
    if totals["failed"] or totals["unclosed"]:
        raise typer.Exit(PART_FAILED)


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


def strategies(
    name: Annotated[str | None, typer.Argument(metavar="ID", help="One strategy.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the strategies of the library with their parameters."""
    from nfolab.strategies.find import find_strategy, library, python_library

    known = {**library(), **python_library()}
    described = [
        _described(find_strategy(one), known[one].parent.name if one in known else None)
        for one in ([name] if name else known)
    ]
    if as_json:
        print_json(described)
    else:
        from nfolab.research.terminal import print_strategies

        print_strategies(described)


def _described(recipe: "Strategy", family: str | None) -> dict[str, object]:
    from nfolab.strategies.python import PythonStrategy

    if isinstance(recipe, PythonStrategy):
        asks_for_index = recipe.asks_for_index
    else:
        usual = recipe.variant({}, 0)
        asks_for_index = usual.spot == "index" and usual.asks_for_money
    return {
        "id": recipe.id,
        "family": family,
        "side": recipe.side,
        "needs": ["options", "spot"] if asks_for_index else ["options"],
        "state": "runs",
        "summary": recipe.title,
        "params": {
            name: {"default": parameter.default, "unit": _unit(parameter), "grid": list(parameter.grid)}
            for name, parameter in recipe.params.items()
        },
    }


def _unit(parameter: "Parameter") -> str | None:
    """Return the unit of the first value that has one; `clock` for a time of day."""
    for value in (parameter.default, *parameter.grid):
        found = _WITH_UNIT.fullmatch(value)
        if found:
            return found["unit"] or "clock"
    return None


def _chosen(names: Sequence[str], side: str) -> list["Strategy"]:
    from nfolab.strategies.find import find_strategy, library, python_library

    if side not in ("buy", "sell", "both"):
        raise InputError(f"--side {side} is not buy, sell or both")
    if len(set(names)) < len(names) or ("all" in names and len(names) > 1):
        raise InputError(f"{' '.join(names)} names a strategy twice: name each once, or all alone")
    if list(names) != ["all"]:
        return [find_strategy(name) for name in names]
    every = [find_strategy(name) for name in (*library(), *python_library())]
    return [recipe for recipe in every if side in ("both", recipe.side)]


def _assignments(texts: Sequence[str], option: str) -> dict[str, str]:
    """Read `NAME=VALUE` texts, every name once."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name or not value:
            raise InputError(f"{option} {text} is no assignment: write it as {option} stop=30%")
        if name in pairs:
            raise InputError(f"{option} gives {name} twice, {pairs[name]} and {value}: keep one of them")
        pairs[name] = value
    return pairs


def _values(name: str, text: str) -> list[str]:
    """Read the values of a grid, none of them empty or repeated."""
    values = text.split(",")
    if not all(values):
        raise InputError(f"--grid {name}={text} has an empty value: write it as --grid {name}=A,B,C")
    if len(set(values)) < len(values):
        raise InputError(f"--grid {name}={text} has a value twice: keep one of each")
    return values
