"""How a command's help reads: in the user's words, without braces and without types of Python."""

from typing import Any

from typer.core import TyperArgument, TyperCommand


class Command(TyperCommand):
    """A command of Typer whose usage line and arguments are shown plainly: `nfolab trades [OPTIONS] RUN`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            if isinstance(param, TyperArgument):
                # Typer has no switch for it; it would show SOURCE as <list[Path]>.
                vars(param)["display_type_rich"] = _no_type

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the pieces of the usage line."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]


def _no_type(ctx: Any) -> None:  # noqa: ARG001 - what Typer calls it with
    return None
