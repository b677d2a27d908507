"""The command `funnel`: of a day's seconds, how many pass each condition to enter."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nfolab.base.errors import InputError
from nfolab.cli.command import Command
from nfolab.cli.options import (
    DEFAULT_LAKE,
    JsonOption,
    LakeOption,
    StrategiesOption,
    assignments,
    print_json,
    read_optional_day,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nfolab.research.funnels import DayFunnel


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("funnel", cls=Command)(funnel)


def funnel(
    strategies: Annotated[list[str], typer.Argument(metavar="STRATEGY", help="An id, the path of a recipe, or all.")],
    lake: LakeOption = DEFAULT_LAKE,
    underlying: Annotated[str | None, typer.Option(help="The only one there is by default.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day, as 2025-12-15.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, inclusive.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give a parameter.")] = None,
    own: StrategiesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how many seconds of each day pass each condition to enter, so that no trade always has a reason."""
    from nfolab.lake import Lake
    from nfolab.research.funnels import funnels
    from nfolab.research.plan import make_plan
    from nfolab.strategies.asked import asked
    from nfolab.strategies.find import Shelf

    chosen, _ = asked(Shelf.of(own), strategies, None)
    plan = make_plan(
        Lake.open(lake), chosen, underlying=underlying, first=read_optional_day(first), last=read_optional_day(last),
        given=assignments(given or [], "--set"),
    )  # fmt: skip
    found = list(funnels(plan, plan.days, {variant.number for variant in plan.variants}))
    if not found:
        raise InputError("a Python strategy has no funnel: its conditions are its own code; its notes say what it saw")
    if as_json:
        print_json([document(one) for one in found])
    else:
        print_funnels(found)


def document(one: "DayFunnel") -> dict[str, object]:
    """Return a funnel as JSON has it."""
    return {
        "strategy": one.strategy, "variant": one.variant, "day": str(one.day), "refused": one.refused,
        "steps": [asdict(step) for step in one.steps],
    }  # fmt: skip


def print_funnels(found: "Sequence[DayFunnel]") -> None:
    """Print funnels, one table for each strategy and variant, the seconds of all its days together."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for strategy, variant in dict.fromkeys((one.strategy, one.variant) for one in found):
        own = [one for one in found if (one.strategy, one.variant) == (strategy, variant)]
        told = [one for one in own if one.refused is None]
        for reason in dict.fromkeys(one.refused for one in own if one.refused):
            console.print(f"{strategy}: refused on {sum(one.refused == reason for one in own)} days, {escape(reason)}")
        if not told:
            continue
        days = f"{told[0].day}" if len(told) == 1 else f"{len(told)} days together"
        table = Table(
            title=f"{strategy}, seconds of {days}", title_justify="left", title_style="bold", box=None, pad_edge=False
        )
        table.add_column("condition to enter", header_style="dim")
        for name in ("alone", "with those above"):
            table.add_column(name, justify="right", header_style="dim")
        for place, step in enumerate(told[0].steps):
            alone, left = (sum(getattr(one.steps[place], name) for one in told) for name in ("alone", "left"))
            table.add_row(escape(step.rule), f"{alone:,}", f"{left:,}")
        console.print(table)
