"""Carrying out a plan: a day at a time, every variant of the day together, on one or more processes."""

import hashlib
import json
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.files import new_folder, replacing, why_not_written, write_text
from nfolab.base.snapshot import DataKind
from nfolab.base.workers import WorkerPool
from nfolab.engine.run import run_programs
from nfolab.lake import Lake
from nfolab.research.desk_tables import desk_tables, with_desk_columns
from nfolab.research.header import header_of
from nfolab.research.plan import Plan, code_hash
from nfolab.research.results import LEDGER, PLAN, TABLES, Run
from nfolab.research.tables import days_of, events_of, legs_of, trades_of
from nfolab.strategies.choose import Chooser, MissingDataError
from nfolab.strategies.choose import Plan as DayPlan
from nfolab.strategies.day_conditions import rests_on_past_days
from nfolab.strategies.find import StrategyVariant
from nfolab.strategies.python import PythonVariant, load_same
from nfolab.strategies.python_day import run_python
from nfolab.strategies.recipe import Variant
from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.money import Money
from nfolab.tape.tape import Day, MissingSeriesError

_DAY_TABLES = {name: TABLES[name] for name in ("trades", "legs", "events", "days", "ledger")}


@dataclass(frozen=True)
class DayResult:
    """What a plan's variants did on one day: the tables of results.py but the plan; trades count from 0."""

    day: date
    tables: dict[str, pl.DataFrame]


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
        failed += result.tables["ledger"].filter(pl.col("state") == "failed").height
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
        tables = _day_tables(lake, underlying, day, variants)
    except Exception as fault:  # noqa: BLE001 - a task that fails is recorded, whatever it raised
        if len(variants) > 1:
            # One variant's fault must not take the others with it: find it by running each alone.
            alone = [run_day(lake, underlying, day, [variant]) for variant in variants]
            return _joined(day, alone)
        sentence = str(fault) if isinstance(fault, InputError) else traceback.format_exc()
        state = "refused" if isinstance(fault, MissingSeriesError) else "failed"
        tables = {name: pl.DataFrame(schema=schema) for name, schema in _DAY_TABLES.items() if name != "ledger"}
        tables["ledger"] = _ledger(underlying, day, variants, {variants[0].number: (state, sentence)}, started)
    else:
        refused = dict(zip(tables["ledger"]["variant"], tables["ledger"]["reason"], strict=True))
        states = {number: ("refused", str(reason)) for number, reason in refused.items()}
        tables["ledger"] = _ledger(underlying, day, variants, states, started)
    return DayResult(day, tables)


def _day_tables(lake: Lake, underlying: str, day: date, variants: Sequence[StrategyVariant]) -> dict[str, pl.DataFrame]:
    """Return the day's tables; in place of the ledger, the refused variants with their reasons."""
    tape_day = Day(lake, underlying, day)
    recipes = [variant for variant in variants if isinstance(variant, Variant)]
    scripts = [variant for variant in variants if isinstance(variant, PythonVariant)]
    parts = [with_desk_columns(_recipe_tables(tape_day, recipes))] if recipes else []
    if scripts:
        features = DayFeatures(tape_day, FeatureCache.beside(lake.root))
        parts += [_python_tables(tape_day, variant, features) for variant in scripts]
    return parts[0] if len(parts) == 1 else _joined(day, [DayResult(day, part) for part in parts]).tables


def _python_tables(day: Day, variant: PythonVariant, features: DayFeatures) -> dict[str, pl.DataFrame]:
    """Return the tables of one Python strategy; see `_day_tables`."""
    strategy = load_same(variant)
    try:
        outcome = run_python(strategy, variant, day, features)
    except (MissingDataError, MissingSeriesError) as reason:
        empty = {name: pl.DataFrame(schema=schema) for name, schema in _DAY_TABLES.items()}
        return {**empty, "ledger": _refused([(variant.number, str(reason))])}
    return {**desk_tables(day, variant, strategy.tags, outcome), "ledger": _refused([])}


def _refused(reasons: Sequence[tuple[int, str]]) -> pl.DataFrame:
    return pl.DataFrame(reasons, schema={"variant": pl.Int32, "reason": pl.String}, orient="row")


def _recipe_tables(tape_day: Day, variants: Sequence[Variant]) -> dict[str, pl.DataFrame]:
    """Return the tables of a day's recipes; see `_day_tables`."""
    money = Money(tape_day)
    chooser = Chooser(tape_day, money)
    plans: list[DayPlan] = []
    planned: list[Variant] = []
    refused: list[tuple[int, str]] = []
    for variant in variants:
        try:
            plans.append(chooser.plan(variant))
            planned.append(variant)
        except (MissingDataError, MissingSeriesError) as reason:
            refused.append((variant.number, str(reason)))
    outcome = run_programs(tape_day, [plan.program for plan in plans], money)
    events = events_of(tape_day, planned, plans, outcome)
    return {
        "trades": trades_of(tape_day, planned, outcome),
        "legs": legs_of(tape_day, outcome),
        "events": events,
        "days": days_of(tape_day, planned, outcome, events),
        "ledger": _refused(refused),
    }


def _ledger(
    underlying: str, day: date, variants: Sequence[StrategyVariant], states: dict[int, tuple[str, str]], started: float
) -> pl.DataFrame:
    seconds = (time.perf_counter() - started) / max(1, len(variants))
    rows = [
        (variant.strategy, variant.number, underlying, day, *states.get(variant.number, ("done", None)), seconds)
        for variant in variants
    ]
    return pl.DataFrame(rows, schema=LEDGER, orient="row")


def _joined(day: date, results: Sequence[DayResult]) -> DayResult:
    tables = {}
    for name in _DAY_TABLES:
        parts = []
        offset = 0
        for result in results:
            table = result.tables[name]
            if "trade" in table.columns:
                table = table.with_columns(pl.col("trade") + offset)
            parts.append(table)
            offset += result.tables["trades"].height
        tables[name] = pl.concat(parts)
    return DayResult(day, tables)


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
    tables = _joined(plan.days[0], in_order).tables
    for name in ("trades", "legs", "events"):
        tables[name] = tables[name].with_columns(pl.col("trade") + 1)
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
