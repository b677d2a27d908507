"""Run the benchmarks: print a line a figure and write benchmarks/latest.json."""

import argparse
import importlib
import json
import pkgutil
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.figures import Figure

HERE = Path(__file__).resolve().parent
NOT_GROUPS = {"__main__", "figures", "market_of_a_day"}


def main() -> int:
    groups = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in NOT_GROUPS
    )
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=groups, help="one group")
    asked = parser.parse_args().only
    figures: list[Figure] = []
    for group in [asked] if asked else groups:
        module = importlib.import_module(f"benchmarks.{group}")
        if getattr(module, "BY_HAND", False) and not asked:
            continue
        print(f"measuring {group} …", file=sys.stderr)
        figures += module.measure()
    table = Table("group", "figure", "value", "unit", "against", "its value", "ratio", "floor", "goal", "holds")
    for one in figures:
        table.add_row(
            one.group, one.name, f"{one.value:,.4g}", one.unit, one.against, f"{one.against_value:,.4g}",
            f"{one.ratio:.2f}", f"{one.floor:,.4g}", "" if one.goal is None else f"{one.goal:,.4g}",
            "yes" if one.holds else "[red]NO[/]",
        )  # fmt: skip
    Console(width=180).print(table)
    (HERE / "latest.json").write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n")
    return 0 if all(one.holds for one in figures) else 1


sys.exit(main())
