"""The results of chosen runs, for the pages of the encyclopedia, and writing it as a folder."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.files import new_folder, write_text
from nfolab.base.snapshot import SourceKind
from nfolab.research.encyclopedia_html import one_page
from nfolab.research.report.shown import count, counted, money
from nfolab.research.results import PROXY_SIGNAL, Run
from nfolab.strategies.encyclopedia import NO_RESULTS, index_page, page
from nfolab.strategies.index import Row
from nfolab.strategies.mirror import side_of
from nfolab.strategies.shared_parts import shared_parts

_COLUMNS = (
    "run", "data", "side", "underlying", "days", "variants", "trades", "gross", "charges", "net", "worst net",
    "best net", "flagged", "tasks not done",
)  # fmt: skip
_SUMS = ("gross", "charges", "net", "net_worst", "net_best")
_SYNTHETIC = "SYNTHETIC"
_SAID_OF_SYNTHETIC = "SYNTHETIC data is made by a generator: its results say nothing of a market."
_SAID_OF_SUMS = (
    "Sums are over all variants and days of a run; worst and best are what the same decisions could have had."
)


def runs_of(folder: Path) -> list[Run]:
    """Return the finished runs of a folder, by name.

    Raises:
        InputError: there is none.
    """
    names = sorted(path.parent.name for path in folder.glob("*/run.json"))
    if not names:
        raise InputError(f"there is no run in {folder}: make one with `nfolab run`, or leave --runs out")
    return [Run.open(folder, name) for name in names]


def results_of(runs: Sequence[Run]) -> dict[str, str]:
    """Return what runs came to as Markdown, by the id of the strategy; its mirror stands in a line of its own."""
    lines: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}
    synthetic = set()
    for run in runs:
        trades, ledger = run.table("trades"), run.table("ledger")
        variants = {name: part for (name,), part in run.table("plan").group_by("strategy", maintain_order=True)}
        for name in run.header["strategies"]:
            id_ = name.removesuffix(f" {side_of(name)}")
            own, tasks = trades.filter(strategy=name), ledger.filter(strategy=name)
            lines.setdefault(id_, []).append(_line(run, name, own, tasks, variants[name].height))
            notes.setdefault(id_, []).extend(_notes(run, name, own, tasks))
            if run.header["source"] == SourceKind.SYNTHETIC:
                synthetic.add(id_)
    head = [f"| {' | '.join(_COLUMNS)} |", f"|{' --- |' * len(_COLUMNS)}"]
    return {
        id_: "\n".join(
            [
                *([f"**{_SAID_OF_SYNTHETIC}**", ""] if id_ in synthetic else []),
                *head,
                *rows,
                "",
                _SAID_OF_SUMS,
                *(f"\n- {note}" for note in dict.fromkeys(notes[id_])),
            ]
        )
        for id_, rows in lines.items()
    }


def write_encyclopedia(folder: Path, rows: Sequence[Row], results: Mapping[str, str]) -> int:
    """Write `index.md`, a page for each strategy that can be run and all as `index.html`; return how many pages.

    Args:
        folder: a new one, or an empty one.
        rows: of the index.
        results: as `results_of`.

    Raises:
        InputError: there is something in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already: give a new folder, or remove it first")
    shares = shared_parts(rows)
    built = [row for row in rows if row.strategy]
    with new_folder(folder) as made:
        write_text(made / "index.md", index_page(rows))
        pages = {row.id: page(row, shares[row.id], results.get(row.id, NO_RESULTS)) for row in built}
        for name, text in pages.items():
            write_text(made / f"{name}.md", text)
        write_text(made / "index.html", one_page(pages))
    return len(built)


def _line(run: Run, name: str, trades: pl.DataFrame, tasks: pl.DataFrame, variants: int) -> str:
    header = run.header
    sums = {one: int(trades[f"{one}_paise"].sum()) for one in _SUMS}
    cells = [
        f"`{header['run']}`",
        _SYNTHETIC if header["source"] == SourceKind.SYNTHETIC else header["source"],
        side_of(name),
        header["underlying"],
        f"{header['from']} to {header['to']}, {tasks['day'].n_unique()} with data",
        count(variants),
        count(trades.height),
        *(money(sums[one]) for one in _SUMS),
        count(trades.filter(pl.col("flags").list.len() > 0).height),
        count(tasks.filter(pl.col("state") != "done").height),
    ]
    return f"| {' | '.join(cells)} |"


def _notes(run: Run, name: str, trades: pl.DataFrame, tasks: pl.DataFrame) -> list[str]:
    header: Mapping[str, Any] = run.header
    said = []
    if name in header.get("proxies", {}):
        said.append(f"{PROXY_SIGNAL}: {header['proxies'][name]}")
    plan = run.table("plan").filter(strategy=name)
    if plan.height == 1:
        params = ", ".join(f"`{one}={value}`" for one, value in Run.params_of(plan.row(0, named=True)).items())
        said.append(f"`{header['run']}`, {side_of(name)}: {params}.")
    done = tasks.filter(state="done")["variant"].unique().to_list()
    if len(done) > 1:
        nets = dict(trades.group_by("variant").agg(pl.col("net_paise").sum()).iter_rows())
        each = [int(nets.get(variant, 0)) for variant in done]
        above = sum(one > 0 for one in each)
        middle = round(statistics.median(each))
        said.append(
            f"`{header['run']}`, {side_of(name)}: {count(above)} of {counted(len(each), 'variant')} ended "
            f"above zero; net from {money(min(each))} to {money(max(each))}, the middle one {money(middle)}. "
            "The best of many is no result of one."
        )
    return said
