"""Carrying out a plan: a day at a time, every variant of the day together, on one or more processes."""

import hashlib
import json
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from nfolab.base.errors import InputError
from nfolab.base.files import new_folder, replacing, why_not_written, write_text
from nfolab.base.snapshot import DataKind
from nfolab.base.workers import WorkerPool
from nfolab.engine.run import run_programs
from nfolab.lake import Lake
from nfolab.research.columns import Column, arrow_schema, frame_of, table_of, texts
from nfolab.research.desk_tables import desk_tables
from nfolab.research.header import header_of
from nfolab.research.plan import Plan, code_hash
from nfolab.research.results import PLAN, TABLES, Run
from nfolab.research.tables import DayTables
from nfolab.strategies.choose import Chooser
from nfolab.strategies.day_conditions import rests_on_past_days
from nfolab.strategies.day_plan import DayPlan, MissingDataError
from nfolab.strategies.find import StrategyVariant
from nfolab.strategies.python import PythonVariant, load_same
from nfolab.strategies.python_day import run_python
from nfolab.strategies.recipe import Variant
from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, MissingSeriesError

_DAY_TABLES = ("trades", "legs", "events", "days", "ledger")


@dataclass(frozen=True)
class DayResult:
    """What a plan's variants did on one day: the tables of results.py but the plan; trades count from 0.

    They stay Arrow's until a run puts its days together: a day has few rows, and each column costs.
    """

    day: date
    arrow: dict[str, pa.Table]

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The same as frames."""
        return {name: frame_of(table) for name, table in self.arrow.items()}


def run_plan(
    plan: Plan, runs: Path, *, workers: int = 1, again: bool = False, done: Callable[[int, int], None] = lambda *_: None
) -> Run:
    """Carry out a plan and leave its tables in a folder of `runs`; a run already there is opened, not made again.

    Args:
        plan: what to run.
        runs: the folder of runs.
        workers: processes; results are equal to the byte for any number.
        again: make the run anew beside the one that is there.
        done: called after each day with the days done and the failed tasks so far.

    Raises:
        InputError: every task was refused, or `runs` cannot be written.
    """
    code, data = code_hash(), _data_of(plan)
    name = hashlib.sha256(json.dumps([plan.describe(), data, code], sort_keys=True).encode()).hexdigest()[:12]
    folder = runs / name
    if (folder / "run.json").exists() and not again:
        return Run.open(runs, name)
    number = 1
    while folder.exists():
        number += 1
        folder = runs / f"{name}-{number}"
    try:
        with new_folder(folder) as unfinished:
            return Run(folder, _carried_out(plan, unfinished, folder.name, code, data, workers, done))
    except OSError as fault:
        why = why_not_written(fault)
        if why is None:
            raise
        raise InputError(
            f"the run {folder} cannot be written because {why}: make room or give another --runs"
        ) from None


def _carried_out(
    plan: Plan,
    folder: Path,
    name: str,
    code: str,
    data: dict[str, str],
    workers: int,
    done: Callable[[int, int], None],
) -> dict[str, Any]:
    """Run every task, write the tables and the header into a folder, and return the header."""
    started = time.perf_counter()
    results = []
    failed = 0
    for result in _days(plan, workers):
        results.append(result)
        failed += result.arrow["ledger"].column("state").to_pylist().count("failed")
        done(len(results), failed)
    tables = _assemble(plan, results)
    ledger = tables["ledger"]
    if ledger.filter(pl.col("state") == "refused").height == ledger.height:
        raise InputError(str(ledger["reason"][0]))
    header = header_of(plan, name, code, data, tables, time.perf_counter() - started)
    for table in TABLES:
        content = BytesIO()  # Polars tells of a full disk in a way that cannot be told from other faults
        tables[table].write_parquet(content, compression="zstd")
        with replacing(folder / f"{table}.parquet") as temporary:
            temporary.write_bytes(content.getvalue())
    write_text(folder / "run.json", json.dumps(header, indent=2, ensure_ascii=False) + "\n")
    return header


def run_day(lake: Lake, underlying: str, day: date, variants: Sequence[StrategyVariant]) -> DayResult:
    """Run variants on one day. What goes wrong is in the ledger; nothing is raised."""
    started = time.perf_counter()
    try:
        tables, refused = _day_tables(lake, underlying, day, variants)
    except Exception as fault:  # noqa: BLE001 - a task that fails is recorded, whatever it raised
        if len(variants) > 1:
            # One variant's fault must not take the others with it: find it by running each alone.
            return _joined(day, [run_day(lake, underlying, day, [variant]) for variant in variants])
        sentence = str(fault) if isinstance(fault, InputError) else traceback.format_exc()
        state = "refused" if isinstance(fault, MissingSeriesError) else "failed"
        tables = dict(_no_rows())
        states = {variants[0].number: (state, sentence)}
    else:
        states = {number: ("refused", reason) for number, reason in refused.items()}
    tables["ledger"] = _ledger(underlying, day, variants, states, started)
    return DayResult(day, tables)


_Refused = dict[int, str]
"""Why variants were refused, by number."""


def _day_tables(
    lake: Lake, underlying: str, day: date, variants: Sequence[StrategyVariant]
) -> tuple[dict[str, pa.Table], _Refused]:
    """Return the day's tables but the ledger, and the refused variants."""
    tape_day = Day(lake, underlying, day)
    recipes = [variant for variant in variants if isinstance(variant, Variant)]
    scripts = [variant for variant in variants if isinstance(variant, PythonVariant)]
    refused: _Refused = {}
    parts = [_recipe_tables(tape_day, recipes, refused)] if recipes else []
    if scripts:
        features = DayFeatures(tape_day, FeatureCache.beside(lake.root))
        parts += [_python_tables(tape_day, variant, features, refused) for variant in scripts]
    return _together(parts), refused


def _python_tables(day: Day, variant: PythonVariant, features: DayFeatures, refused: _Refused) -> dict[str, pa.Table]:
    """Return the tables of one Python strategy; none, and why, where the day lacks what it needs."""
    strategy = load_same(variant)
    try:
        outcome = run_python(strategy, variant, day, features)
    except (MissingDataError, MissingSeriesError) as reason:
        refused[variant.number] = str(reason)
        return dict(_no_rows())
    return desk_tables(day, variant, strategy.tags, outcome)


def _recipe_tables(tape_day: Day, variants: Sequence[Variant], refused: _Refused) -> dict[str, pa.Table]:
    """Return the tables of a day's recipes; those that lack what they need are added to the refused."""
    money = Money(tape_day)
    chooser = Chooser(tape_day, money)
    plans: list[DayPlan] = []
    planned: list[Variant] = []
    for variant in variants:
        try:
            plans.append(chooser.plan(variant))
            planned.append(variant)
        except (MissingDataError, MissingSeriesError) as reason:
            refused[variant.number] = str(reason)
    try:
        outcome = run_programs(tape_day, [plan.program for plan in plans], money)
        return DayTables(tape_day, planned, plans, outcome).tables()
    finally:
        chooser.forget()


@cache
def _no_rows() -> dict[str, pa.Table]:
    return {name: arrow_schema(name).empty_table() for name in _DAY_TABLES}


def _ledger(
    underlying: str, day: date, variants: Sequence[StrategyVariant], states: dict[int, tuple[str, str]], started: float
) -> pa.Table:
    told = [states.get(variant.number, ("done", None)) for variant in variants]
    columns: dict[str, Column] = {
        "strategy": texts([variant.strategy for variant in variants]),
        "variant": np.array([variant.number for variant in variants]),
        "underlying": underlying,
        "day": day,
        "state": texts([state for state, _ in told]),
        "reason": texts([reason for _, reason in told]),
        "seconds": np.full(len(told), (time.perf_counter() - started) / max(1, len(told))),
    }
    return table_of("ledger", len(told), columns)


def _joined(day: date, results: Sequence[DayResult]) -> DayResult:
    return DayResult(day, _together([result.arrow for result in results]))


def _together(parts: Sequence[dict[str, pa.Table]]) -> dict[str, pa.Table]:
    """Return tables one after another, the trades of each part numbered on from those before."""
    if len(parts) == 1:
        return parts[0]
    counts = [part["trades"].num_rows for part in parts]
    offsets = np.concatenate(([0], np.cumsum(counts)))[:-1].tolist()
    return {
        name: pa.concat_tables(_numbered_on(part[name], offset) for part, offset in zip(parts, offsets, strict=True))
        for name in parts[0]
    }


def _numbered_on(table: pa.Table, offset: int) -> pa.Table:
    place = table.schema.get_field_index("trade")
    if place < 0 or not offset:
        return table
    field = table.schema.field(place)
    return table.set_column(place, field, pc.add(table.column(place), pa.scalar(offset, field.type)))


def _days(plan: Plan, workers: int) -> Iterator[DayResult]:
    """Yield the days' results as they come; the first is made here, so that kernels are compiled once for all."""
    yield run_day(plan.lake, plan.underlying, plan.days[0], plan.variants)
    rest = plan.days[1:]
    if workers == 1 or len(rest) < 2:
        for day in rest:
            yield run_day(plan.lake, plan.underlying, day, plan.variants)
        return
    with WorkerPool(min(workers, len(rest))) as pool:
        waiting = [pool.submit(run_day, plan.lake, plan.underlying, day, plan.variants) for day in rest]
        for future in as_completed(waiting):
            yield future.result()


def _assemble(plan: Plan, results: Sequence[DayResult]) -> dict[str, pl.DataFrame]:
    """Return the run's tables in the order of the plan, whatever the order in which its days came."""
    in_order = sorted(results, key=lambda result: result.day)
    arrow = _together([result.arrow for result in in_order])
    tables = {name: frame_of(_numbered_on(table, 1)) for name, table in arrow.items()}
    rows = [(variant.strategy, variant.number, json.dumps(variant.params)) for variant in plan.variants]
    tables["plan"] = pl.DataFrame(rows, schema=PLAN, orient="row")
    return tables


def _data_of(plan: Plan) -> dict[str, str]:
    """Return the content of the files that a run may read, as the catalogue tells it.

    These are each day's options and index; if anything but times of day decides, whatever else the lake holds of those
    days; and if a feature looks at earlier sessions, these too. A damaged file is called so: its day's tasks will fail,
    and once it is mended the run is another.
    """
    looks = [variant for variant in plan.variants if isinstance(variant, PythonVariant) or variant.conditions]
    past = any(
        isinstance(variant, PythonVariant) or any(map(rests_on_past_days, variant.conditions)) for variant in looks
    )
    days = set(plan.days)
    data = {}
    for entry in plan.lake.days():
        own = entry.underlying == plan.underlying and entry.kind in (DataKind.OPTIONS, DataKind.SPOT)
        if not (entry.day in days and (own or looks)) and not (own and past and entry.day < max(days)):
            continue
        name = str(entry.day) if own and entry.kind == DataKind.OPTIONS else f"{entry.day} {entry.kind}"
        if not own and entry.underlying != plan.underlying:
            name += f" {entry.underlying}"
        try:
            data[name] = plan.lake.content(entry)
        except InputError:
            data[name] = "damaged"
    return data
