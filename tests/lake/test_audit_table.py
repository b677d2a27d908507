"""The audit asked by SQL, contracts of which nothing was kept, and chains held against each other."""

import json
import pickle
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from lake.quote_market import quotes_of_market, relabelled
from lake_sources import MONDAY, clock, row, small_market, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.cli import audit as audit_command
from nfolab.cli import lake as lake_command
from nfolab.lake import Lake
from nfolab.lake.auditing.audit import audit
from nfolab.lake.auditing.joint import audit_days
from nfolab.lake.auditing.month import audit_month
from nfolab.lake.auditing.page import audit_page
from nfolab.lake.packing.pack import pack
from nfolab.lake.sql import query
from nfolab.vendor.sources import find_sources

app = typer.Typer()
for commands in (lake_command, audit_command):
    commands.register(app)

AFTER = date(2025, 12, 31)
"""The day after the last of the contract's days."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small lake, and one contract all of whose rows come after its expiry."""
    folder = tmp_path_factory.mktemp("audited")
    sources = small_market(folder / "raw")
    late = write_contract(folder / "raw" / "banknifty25dec60500pe.parquet", [row(AFTER, n) for n in range(12)])
    pack(find_sources([*sources, late]), folder / "lake", 1)
    return folder / "lake"


def answer(*words: str, code: int = 0) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def test_sql_tells_the_rows_that_the_command_tells(root: Path) -> None:
    by_command = answer("lake", "audit", "--lake", str(root), code=3)
    by_sql = answer("lake", "sql", "select * from audit", "--lake", str(root))
    assert by_sql == by_command
    assert {one["kind"] for one in by_sql} == {"options", "spot", "joint", "no day file"}
    assert {"clean", "note", "severe"} <= {one["severity"] for one in by_sql}


def test_sql_of_a_day_or_a_level(root: Path) -> None:
    whole = audit(Lake.open(root))
    monday = query(root, "select * from audit a where a.day = '2025-12-15' and severity <> 'clean'")
    kept = whole.filter(pl.col("day") == MONDAY, pl.col("severity") != "clean")
    assert monday.height == kept.height > 0
    counted = query(root, "select severity, count(*) n from audit group by all order by all")
    assert dict(counted.iter_rows()) == dict(whole.group_by("severity").len().iter_rows())
    assert "severity" in query(root, "select column_name from (describe audit)")["column_name"].to_list()
    both = "select (select count(*) from audit where day = '2025-12-15') + (select count(*) from audit) n"
    assert query(root, both).item() == whole.height + whole.filter(pl.col("day") == MONDAY).height


def test_a_contract_refused_as_a_whole(root: Path) -> None:
    (line,) = answer("lake", "audit", "--lake", str(root), "--day", "2025-12-31", code=3)
    told = {name: line[name] for name in ("day", "underlying", "contract", "check", "count", "rows", "severity")}
    assert told == {
        "day": "2025-12-31", "underlying": "BANKNIFTY", "contract": "BANKNIFTY 2025-12-30 60500 PE",
        "check": "refused: after the expiry", "count": 12, "rows": 12, "severity": "severe",
    }  # fmt: skip
    assert line["note"] == "rows of banknifty25dec60500pe.parquet, of whose contract nothing was kept"
    assert (line["first"], line["last"]) == ("2025-12-31T09:15:00+05:30", "2025-12-31T09:15:11+05:30")
    month = audit_month(Lake.open(root), "2025-12")
    assert set(month.cells["BANKNIFTY", "no day file"]["refused"]) == {AFTER}
    assert "60500 PE" in audit_page(month)


def test_rows_of_no_contract_and_no_day_are_told_of_the_whole_lake_alone(tmp_path: Path) -> None:
    beats = [(clock(MONDAY, second), 59_440.0) for second in range(20)]
    good = write_spot(tmp_path / "spot.parquet", "BANKNIFTY", beats)
    bad = write_contract(tmp_path / "banknifty25dec60500pe.parquet", [row(MONDAY, 1) | {"timestamp": None}])
    pack(find_sources([good, bad]), tmp_path / "lake", 1)
    lake = Lake.open(tmp_path / "lake")
    lines = audit(lake).filter(pl.col("kind") == "no day file").to_dicts()
    assert [(one["day"], one["check"], one["count"]) for one in lines] == [(None, "refused: no timestamp", 1)]
    assert audit(lake, MONDAY).filter(pl.col("kind") == "no day file").is_empty()
    with pytest.raises(InputError, match="has nothing of 2025-11"):
        audit(lake, month="2025-11")


def test_a_task_of_the_joint_audit_carries_its_own_day_alone(root: Path, tmp_path: Path) -> None:
    sizes: list[int] = []

    def looked_at(work: Any, tasks: Any) -> Any:
        for task in tasks:
            sizes.append(len(pickle.dumps(task)))
            (_, files) = task
            assert {(entry.underlying, entry.day) for entry in files.entries} == {task[0]}
            yield work(task)

    for path in (root / "audit" / "joint").rglob("*.parquet"):
        path.unlink()
    assert audit_days(root, None, looked_at) == len(sizes) == 3
    assert max(sizes) < 5_000


def write_chain(path: Path, names: dict[tuple[date, str, int], tuple[date, str, int]]) -> Path:
    """Snapshots every minute and a half of a chain whose quotes are a generated market's."""
    quotes = relabelled(quotes_of_market("NIFTY", (2, 9), 2), names)
    opening = datetime.fromisoformat("2025-07-01 09:16:00")
    parts = [
        pl.DataFrame(
            {
                "collected_at": [opening + timedelta(seconds=90 * n) for n in range(0, 200, 2)],
                "symbol": "NIFTY", "expiry": key[0], "opt_type": key[1], "strike": key[2],
                "bid": quotes.bid[place, ::2] / 100, "ask": quotes.ask[place, ::2] / 100,
                "ltp": quotes.bid[place, ::2] / 100 + 0.05,
                "net_change": quotes.bid[place, ::2] / 100 + 0.05 - quotes.close[place] / 100,
                "bid_qty": 75, "ask_qty": 75, "volume_contracts": 5, "oi_shares": 7_500, "iv_pct": 11.0,
            }
        )
        for place, key in enumerate(quotes.contracts)
        if abs(key[2] - 25_400) <= 1_000
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.concat(parts).with_columns(pl.col("bid", "ask", "ltp", "net_change").cast(pl.Float64).round(2)).write_parquet(
        path
    )
    return path


@pytest.mark.parametrize("planted", [False, True])
def test_a_chains_contracts_are_held_against_each_other(tmp_path: Path, planted: bool) -> None:
    near = date(2025, 7, 3)
    names = {(near, "CE", 25_750): (near, "CE", 25_800)} if planted else {}
    pack(find_sources([write_chain(tmp_path / "raw" / "chain.parquet", names)]), tmp_path / "lake", 1)
    stored = pl.read_parquet(tmp_path / "lake" / "audit" / "joint" / "NIFTY" / "2025-07-01.parquet")
    assert set(stored["kind"]) == {"joint chain"}
    told = audit(Lake.open(tmp_path / "lake"))
    assert told.filter(pl.col("kind") == "joint chain").drop("severity").equals(stored)
    severe = told.filter(pl.col("severity") == "severe")
    assert severe.select("contract", "check").rows() == (
        [("NIFTY 2025-07-03 25800 CE", "wrong contract")] if planted else []
    )
    assert audit_days(tmp_path / "lake", None, map) == 0
