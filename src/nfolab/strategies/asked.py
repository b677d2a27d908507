"""Which strategies a run asks for: by name or all, as written or on a side."""

from collections.abc import Sequence

from nfolab.base.errors import InputError
from nfolab.strategies.find import Shelf, Strategy
from nfolab.strategies.index import catalogue, why_not
from nfolab.strategies.mirror import mirrored
from nfolab.strategies.python import PythonStrategy

ALL = "all"
_SIDES = ("buy", "sell", "both")


def asked(shelf: Shelf, names: Sequence[str], side: str | None = None) -> tuple[list[Strategy], list[str]]:
    """Return the strategies of these names, and why mirrors are not among them, a sentence each.

    Args:
        shelf: where they stand.
        names: ids and paths, or `all` alone: everything that can run.
        side: None for each as written; `both` for each as written and mirrored; `buy` or `sell` for that side, which of
            `all` are those written for it, and of a named one it or its mirror.

    Raises:
        InputError: a name that is none, is given twice or cannot run on this data; a side that a strategy has not.
    """
    if side is not None and side not in _SIDES:
        raise InputError(f"--side {side} is not buy, sell or both")
    if len(set(names)) < len(names) or (ALL in names and len(names) > 1):
        raise InputError(f"{' '.join(names)} names a strategy twice: name each once, or all alone")
    every = list(names) == [ALL]
    found = [_found(shelf, name) for name in (shelf.paths() if every else names)]
    if side is None:
        return found, []
    if side == "both":
        return _both(found)
    return [one for one in found if one.side == side] if every else [_on_side(one, side) for one in found], []


def _found(shelf: Shelf, name: str) -> Strategy:
    """Return a strategy; of an entry of the catalogue that has no file, tell why it cannot be run."""
    if name in catalogue() and name not in shelf.paths():
        raise InputError(why_not(catalogue()[name]))
    return shelf.find(name)


def _both(found: Sequence[Strategy]) -> tuple[list[Strategy], list[str]]:
    every: list[Strategy] = []
    refused = []
    for one in found:
        every.append(one)
        if isinstance(one, PythonStrategy):
            continue
        try:
            every.append(mirrored(one))
        except InputError as reason:
            refused.append(str(reason))
    if in_python := [one.id for one in found if isinstance(one, PythonStrategy)]:
        refused.append(f"no mirror of {', '.join(in_python)}: only its own file can turn a Python strategy round")
    return every, refused


def _on_side(strategy: Strategy, side: str) -> Strategy:
    if strategy.side == "mixed":
        raise InputError(f"{strategy.id} buys and sells, so it has no {side} side: leave --side out, or give both")
    return strategy if strategy.side == side else mirrored(strategy)
