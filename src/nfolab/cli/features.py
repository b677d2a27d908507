"""`nfolab features`: list and explain what recipes can ask of a day, export one, and fill the cache."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nfolab.base.errors import InputError
from nfolab.base.progress import progress_bar
from nfolab.cli.command import Command
from nfolab.cli.options import DEFAULT_LAKE, JsonOption, LakeOption, print_json, read_day, read_optional_day

if TYPE_CHECKING:
    import polars as pl

    from nfolab.lake import Lake
    from nfolab.tape.features import Feature
    from nfolab.tape.tape import Day

UnderlyingOption = Annotated[str | None, typer.Option(help="NIFTY, BANKNIFTY …; the only one there is by default.")]


class _ExplainIsMeant(TyperGroup):
    """A group in which `nfolab features "ema(5s)"` is `nfolab features explain "ema(5s)"`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["explain", *args]
        return super().parse_args(ctx, args)


feature_commands = typer.Typer(
    cls=_ExplainIsMeant, help="What recipes can ask of a day: list, explain, export, warm.", invoke_without_command=True
)


def register(app: typer.Typer) -> None:
    """Add the group `features`."""
    app.add_typer(feature_commands, name="features")


@feature_commands.callback()
def list_features(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the features; with a name or a call such as "ema(5s)" explain one."""
    if context.invoked_subcommand is not None:
        return
    from nfolab.tape.features import features

    every = [_described(one) for one in features().values()]
    if as_json:
        print_json(every)
        return
    from nfolab.cli.table import print_rows

    shown = [{name: one[name] for name in ("feature", "unit", "of", "summary")} for one in every]
    print_rows([one | {"of": ", ".join(one["of"])} for one in shown], synthetic=False)


@feature_commands.command("explain", cls=Command)
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help='A feature, or a call such as "ema(5s)".')],
    as_json: JsonOption = False,
) -> None:
    """Tell what a feature is: formula, unit, source, parameters, warm-up and look-back."""
    from nfolab.tape.features import find_feature, look_back, read_call, unit_of, warm_up

    one = find_feature(name.partition("(")[0].strip())
    document = _described(one)
    call = read_call(name if "(" in name else one.examples[0])
    document |= {
        "example": str(call),
        "example_unit": str(unit_of(call)),
        "example_warm_up_seconds": warm_up(call),
        "example_look_back_seconds": look_back(call),
    }
    if as_json:
        print_json(document)
        return
    back = document["example_look_back_seconds"]
    typer.echo(f"{one.signature}\n{one.summary}\n")
    typer.echo(f"formula    {one.formula}\nunit       {one.unit}\nsource     {one.source}")
    typer.echo(f"of         {', '.join(document['of'])}")
    for parameter in document["parameters"]:
        default = f", {parameter['default']} if not given" if parameter["default"] else ""
        typer.echo(f"parameter  {parameter['name']}: {parameter['kind']}{default}")
    typer.echo(
        f"example    {call} in {unit_of(call)}: first told {warm_up(call)} s after the subject's first value, "
        f"looks back {'over the day' if back is None else f'{back} s'}"
    )


@feature_commands.command("export", cls=Command)
def export(
    calls: Annotated[list[str], typer.Argument(metavar="CALL", help='Such as "ema(5s)".')],
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="The day, as 2025-12-15.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .parquet or .csv file, or .html for a chart.")],
    of: Annotated[str, typer.Option("--of", help="spot, 59400 CE, 59400 CE + 59400 PE, chain, future.")] = "spot",
    lake: LakeOption = DEFAULT_LAKE,
    underlying: UnderlyingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write features of one subject to a file, a row a second; values stand in the unit that `explain` tells."""
    import polars as pl

    from nfolab.base.files import replacing
    from nfolab.tape.features import DayFeatures, FeatureCache, read_call
    from nfolab.tape.features.naming import read_subject, subject_name

    if to.suffix not in (".parquet", ".csv", ".html"):
        raise InputError(f"{to} is neither .parquet nor .csv nor .html: name a file that ends in one of them")
    opened_lake = _open_lake(lake)
    opened = _open_day(opened_lake, underlying, read_day(day))
    subject = read_subject(of, opened)
    known = DayFeatures(opened, FeatureCache.beside(lake))
    read = [read_call(call) for call in calls]
    known.prepare(read, [subject])
    name = subject_name(subject, opened)
    columns: dict[str, Any] = {
        "time": pl.datetime_range(
            opened.opening, pl.lit(opened.opening).dt.offset_by(f"{opened.seconds - 1}s"), "1s", eager=True
        ),
        "subject": pl.Series([name], dtype=pl.String).new_from_index(0, opened.seconds),
        "source": pl.Series([str(opened_lake.source)], dtype=pl.String).new_from_index(0, opened.seconds),
    }
    columns |= {str(call): pl.Series(known.get(call, subject)).fill_nan(None) for call in read}
    table = pl.DataFrame(columns)
    try:
        with replacing(to) as temporary:
            if to.suffix == ".csv":
                table.write_csv(temporary)
            elif to.suffix == ".html":
                _draw(table, temporary)
            else:
                table.write_parquet(temporary)
    except OSError as problem:
        raise InputError(f"{to} cannot be written ({problem.strerror}): name another file") from problem
    spelled = [str(call) for call in read]
    told = {"file": str(to), "subject": name, "rows": table.height, "features": spelled}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{table.height:,} seconds of {', '.join(spelled)} of {name}: {to}")


@feature_commands.command("warm", cls=Command)
def warm(
    calls: Annotated[
        list[str] | None, typer.Argument(metavar="CALL", help='Such as "ema(5s)"; by default what most recipes ask.')
    ] = None,
    lake: LakeOption = DEFAULT_LAKE,
    underlying: UnderlyingOption = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day, as 2025-12-15.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="The last day, inclusive.")] = None,
    strikes: Annotated[int, typer.Option("--strikes", metavar="N", help="How many strikes each side.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Compute features of the strikes near the money ahead of time, and keep them in the cache."""
    from nfolab.tape.features import FeatureCache, read_call
    from nfolab.tape.features.shared import OF_A_CHAIN, OF_A_CONTRACT, OF_THE_INDEX
    from nfolab.tape.features.warming import warm_day

    if strikes < 0:
        raise InputError(f"--strikes {strikes} is below 0: give how many strikes each side of the index")
    chosen = [read_call(call) for call in calls or (*OF_A_CONTRACT, *OF_A_CHAIN, *OF_THE_INDEX)]
    since, until = read_optional_day(first), read_optional_day(last)
    opened = _open_lake(lake)
    name = _underlying(opened, underlying)
    days = [
        entry.day
        for entry in opened.days(name, "options")
        if (since is None or entry.day >= since) and (until is None or entry.day <= until)
    ]
    if not days:
        raise InputError(f"the lake {lake} has no {name} options between these days: see `nfolab lake days`")
    cache = FeatureCache.beside(lake)
    start = time.perf_counter()
    tables = 0
    with progress_bar() as bar:
        task = bar.add_task(f"{len(chosen)} features by day", total=len(days), rate="")
        for day in days:
            tables += warm_day(_open_day(opened, name, day), cache, chosen, strikes)
            bar.update(task, advance=1, rate=str(day))
    size = sum(bytes_ for _, bytes_, _ in cache.files())
    told = {
        "days": [day.isoformat() for day in days],
        "series": tables,
        "cache": str(cache.folder),
        "cache_bytes": size,
        "seconds": time.perf_counter() - start,
    }
    if as_json:
        print_json(told)
    else:
        typer.echo(
            f"{tables:,} series of {len(days)} days in {told['seconds']:.1f} s; "
            f"the cache {cache.folder} holds {size / 1e6:,.0f} MB"
        )


def _draw(table: "pl.DataFrame", path: Path) -> None:
    """Draw each feature over the day, below one another, into a page that needs nothing else."""
    from plotly.subplots import make_subplots

    from nfolab.base.snapshot import SourceKind
    from nfolab.tape.features import read_call, unit_of

    names = table.columns[3:]
    figure = make_subplots(rows=len(names), cols=1, shared_xaxes=True, subplot_titles=names)
    for place, name in enumerate(names, start=1):
        figure.add_scattergl(x=table["time"].dt.replace_time_zone(None), y=table[name], name=name, row=place, col=1)
        figure.update_yaxes(title_text=str(unit_of(read_call(name))), row=place, col=1)
    day = table["time"][0].date()
    synthetic = "SYNTHETIC DATA: " if table["source"][0] == SourceKind.SYNTHETIC else ""
    figure.update_layout(
        title=f"{synthetic}{table['subject'][0]} on {day}", showlegend=False, height=120 + 280 * len(names)
    )
    figure.write_html(path, include_plotlyjs=True)


def _described(one: "Feature") -> dict[str, Any]:
    from nfolab.tape.features import KINDS

    return {
        "feature": one.signature,
        "name": one.name,
        "unit": str(one.unit),
        "of": sorted(map(str, one.subjects)),
        "summary": one.summary,
        "formula": one.formula,
        "source": one.source,
        "parameters": [
            {
                "name": parameter.name,
                "kind": KINDS[parameter.kind].words,
                "default": None if parameter.default is None else str(parameter.default),
            }
            for parameter in one.parameters
        ],
        "examples": list(one.examples),
    }


def _open_lake(path: Path) -> "Lake":
    from nfolab.lake import Lake

    return Lake.open(path)


def _underlying(lake: "Lake", given: str | None) -> str:
    known = lake.underlyings()
    if given is not None:
        return given.upper()
    if len(known) != 1:
        raise InputError(f"the lake {lake.root} holds {', '.join(known)}: say which with --underlying")
    return known[0]


def _open_day(lake: "Lake", underlying: str | None, day: Any) -> "Day":
    from nfolab.tape.tape import Day

    return Day(lake, _underlying(lake, underlying), day)
