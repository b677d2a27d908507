"""Rows of a lake on standard output: a table for people, one JSON document for scripts."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nfolab.cli.options import print_json

if TYPE_CHECKING:
    from nfolab.base.snapshot import SourceKind


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool, source: "SourceKind") -> None:
    """Print rows that share their columns, as JSON or as a table that says whose data they are."""
    if as_json:
        print_json([{name: _plain(value) for name, value in row.items()} for row in rows])
        return
    from nfolab.cli.table import print_rows

    print_rows(rows, synthetic=source == "synthetic")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: days and times as ISO text, what is no number as null."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
