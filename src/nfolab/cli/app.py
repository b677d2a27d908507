"""The tree of commands, and how it ends: with an exit code and, where something is wrong, one sentence."""

import re
import sys

import typer
from typer.exceptions import TyperException

from nfolab.base.errors import InputError
from nfolab.base.files import why_not_written
from nfolab.cli import (
    audit,
    demo,
    encyclopedia,
    features,
    funnel,
    lake,
    lake_repair,
    market,
    pack,
    price,
    report,
    strategies,
    synth,
)
from nfolab.cli import run as run_commands

MISTAKE = 2
INTERRUPTED = 130

app = typer.Typer(
    name="nfolab",
    help="A lab for Indian index options: raw one-second ticks in, audited and cost-true answers about strategies out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for commands in (
    demo,
    synth,
    pack,
    lake,
    lake_repair,
    audit,
    run_commands,
    strategies,
    encyclopedia,
    funnel,
    report,
    market,
    price,
    features,
):
    commands.register(app)


def run() -> None:
    """Run the command line.

    A user's mistake, in what he asks or in how he writes it, ends in one sentence on standard error and exit code 2;
    Ctrl-C in one sentence and exit code 130.
    """
    try:
        code = app(prog_name="nfolab", standalone_mode=False)
    except InputError as mistake:
        code = _told(str(mistake), MISTAKE)
    except TyperException as mistake:
        code = _told(_of_the_command_line(mistake), mistake.exit_code)
    except OSError as problem:
        why = why_not_written(problem)
        if why is None:
            raise
        code = _told(f"{problem.filename or 'a file'} cannot be written because {why}: make room there", MISTAKE)
    if code == INTERRUPTED:
        _told("stopped at your wish; nothing half-written remains", INTERRUPTED)
    sys.exit(code)


def _told(sentence: str, code: int) -> int:
    if sentence:
        typer.echo(f"nfolab: {sentence}", err=True)
    return code


def _of_the_command_line(mistake: TyperException) -> str:
    """Return what Typer found wrong as a sentence that names the command's help; none where it showed the help."""
    told = mistake.format_message().strip().rstrip(".").replace("Value error, ", "").split(", unable to parse")[0]
    told = re.sub(r"\. Did you mean '?([^'?]+)'?\?$", r" (did you mean \1?)", told)
    context = getattr(mistake, "ctx", None)
    if not told or context is None:
        return told
    return f"{told[0].lower()}{told[1:]}: see `{context.command_path} --help`"
