"""Rows of any kind as a table that fits the terminal: what a narrow one cannot hold side by side stands below."""

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]

_PIPED_WIDTH = 240
_APART, _CLOSE = 2, 1
_LONG_WORD = 12
"""Longer words may be cut to keep a table a table."""


def print_rows(rows: Sequence[Row], *, synthetic: bool) -> None:
    """Print rows that share their columns, after the word SYNTHETIC if they are.

    Where they do not fit the terminal, values that all rows share are told once above the table; where that does not
    help either, every row is printed as a list of its values.
    """
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED_WIDTH
    if synthetic:
        console.print("[bold]SYNTHETIC DATA[/]")
    if not rows:
        console.print("no rows")
        return
    texts = [{name: _readable(value, row.get("day")) for name, value in row.items()} for row in rows]
    numbers = {name for name in rows[0] if any(isinstance(row[name], int | float) for row in rows)}
    if _narrowest(texts, _APART) > console.width:
        shared = _shared(texts)
        if shared:
            console.print(", ".join(f"{name} {value}" for name, value in shared.items()))
        texts = [{name: text for name, text in row.items() if name not in shared} for row in texts]
    apart = _APART if _narrowest(texts, _APART) <= console.width else _CLOSE
    if _narrowest(texts, apart) > console.width:
        _print_records(texts, console)
    else:
        console.print(_table(texts, numbers, apart))


def _narrowest(rows: Sequence[Mapping[str, str]], apart: int) -> int:
    """Return the width below which words would be cut."""
    return sum(_widest_word(rows, name) + apart for name in rows[0]) - apart


def _widest_word(rows: Sequence[Mapping[str, str]], name: str) -> int:
    return max(len(name), *(min(_LONG_WORD, _longest(row[name])) for row in rows))


def _longest(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _shared(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if len(rows) == 1:
        return {}
    return {name: text for name, text in rows[0].items() if text and all(row[name] == text for row in rows)}


def _table(rows: Sequence[Mapping[str, str]], numbers: set[str], apart: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, apart, 0, 0), header_style="bold")
    for name in rows[0]:
        longest = _widest_word(rows, name)
        side: Literal["left", "right"] = "right" if name in numbers else "left"
        table.add_column(name, justify=side, min_width=longest, overflow="fold")
    for row in rows:
        table.add_row(*row.values())
    return table


def _print_records(rows: Sequence[Mapping[str, str]], console: Console) -> None:
    wide = max(map(len, rows[0]))
    for number, row in enumerate(rows, start=1):
        console.print(f"row {number:,}", style="bold")
        for name, text in row.items():
            console.print(f"  {name:<{wide}}  {text}", markup=False)


def _readable(value: Any, day: Any) -> str:
    """Return a value as people read it; a clock on the day that the row tells anyway without its date."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%H:%M:%S" if value.date() == day else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
