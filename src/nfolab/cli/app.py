"""The tree of commands."""

import sys

import typer

from nfolab.base.errors import InputError
from nfolab.cli import demo, lake, market, synth
from nfolab.cli import run as run_commands

app = typer.Typer(
    name="nfolab",
    help="A lab for Indian index options: raw one-second ticks in, audited and cost-true answers about strategies out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for commands in (demo, synth, lake, run_commands, market):
    commands.register(app)


def run() -> None:
    """Run the command line; a user's mistake ends in one sentence on standard error and exit code 2."""
    try:
        app()
    except InputError as mistake:
        typer.echo(f"nfolab: {mistake}", err=True)
        sys.exit(2)
