"""Parameters of a strategy: a default and values worth trying, for all underlyings or for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """A recipe's parameter: its default and the values worth trying, as written; where they differ, by underlying."""

    default: str
    grid: tuple[str, ...]
    by_underlying: Mapping[str, "Parameter"] = field(default_factory=dict)


def read_parameter(declared: Mapping[str, Any]) -> Parameter:
    """Return a parameter as a file declares it."""
    default, grid = declared["default"], declared.get("grid", ())
    if isinstance(default, str):
        return Parameter(default, tuple(grid))
    each = {name: Parameter(value, tuple(grid[name]) if grid else ()) for name, value in default.items()}
    return replace(next(iter(each.values())), by_underlying=each)
