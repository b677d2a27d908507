"""`nfolab synth`: raw files of a synthetic market."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nfolab.cli.command import Command
from nfolab.cli.options import JsonOption, print_json, read_day


class Size(StrEnum):
    """How much is written of a day."""

    SMALL = "small"
    FULL = "full"


class Form(StrEnum):
    """In which of the vendor's forms."""

    PARQUET = "parquet"
    SQL = "sql"


class Market(StrEnum):
    """How the synthetic market moves."""

    NORMAL = "normal"
    MARTINGALE = "martingale"


def synth(
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="Folder to make; new or empty.")],
    days: Annotated[int, typer.Option(help="Number of sessions.")] = 3,
    start: Annotated[
        str, typer.Option(metavar="DAY", help="The first session is on or after this day.")
    ] = "2025-07-07",
    underlying: Annotated[str, typer.Option(help="BANKNIFTY or NIFTY.")] = "BANKNIFTY",
    size: Annotated[Size, typer.Option(help="small: some 36 contracts a day; full: as big as real.")] = Size.SMALL,
    form: Annotated[Form, typer.Option("--format", help="Per-contract Parquet, or dumps.")] = Form.PARQUET,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    defects: Annotated[bool, typer.Option("--defects", help="Plant the vendor's known defects.")] = False,
    market: Annotated[Market, typer.Option(help="martingale: no drift, flat volatility; for proofs.")] = Market.NORMAL,
    as_json: JsonOption = False,
) -> None:
    """Write raw files of a SYNTHETIC market, in the vendor's own formats."""
    from nfolab.vendor.synthetic import write_market

    written = write_market(
        destination,
        underlying=underlying.upper(),
        start=read_day(start),
        days=days,
        size=size.value,
        form=form.value,
        seed=seed,
        defects=defects,
        market=market.value,
    )
    if as_json:
        told = {"files": written.files, "rows": written.rows, "days": [day.isoformat() for day in written.days]}
        print_json(told)
        return
    first, last = written.days[0], written.days[-1]
    typer.echo(f"SYNTHETIC {underlying.upper()}: {written.rows:,} rows in {written.files:,} files, {first} to {last}")
    typer.echo(f"in {destination}")


def register(app: typer.Typer) -> None:
    """Add the command `synth`."""
    app.command("synth", cls=Command)(synth)
