"""A report of a real run on real quotes: its sums, and charts that end where the trade did."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.research.marks import marks
from nfolab.research.plan import make_plan
from nfolab.research.report import Contents, figures, write_report
from nfolab.research.report.packing import unpack
from nfolab.research.results import Run
from nfolab.research.run import run_plan
from nfolab.strategies.find import find_recipe
from nfolab.vendor.sources import find_sources
from research.charted import cost_to_close


@pytest.fixture(scope="module")
def made(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Run]:
    folder = tmp_path_factory.mktemp("real")
    files = [real_data / "raw_options" / f"banknifty25dec59400{kind}.parquet" for kind in ("ce", "pe")]
    pack(find_sources(files), folder / "lake", 1)
    lake = Lake.open(folder / "lake")
    given = {"strike": "59400", "lots": "10lots", "leg_stop": "10%"}
    grid = {"entry": ["09:45:00", "10:30:00", "11:15:00"]}
    plan = make_plan(lake, [find_recipe("short_straddle")], given=given, grids=grid)
    return lake, run_plan(plan, folder / "runs")


def test_sums_of_a_real_run(made: tuple[Lake, Run]) -> None:
    _, run = made
    contents = Contents.read(run)
    fills = run.table("events").filter(event="fill")
    sign = {"sell": 1, "buy": -1}
    filled = sum(sign[row["side"]] * row["price_paise"] * row["quantity"] for row in fills.iter_rows(named=True))
    result, costs = figures.result(contents), figures.costs(contents)
    assert result.value("trades") == 3
    assert result.value("gross") == costs.value("gross") == filled
    for key in ("net", "gross", "charges", "net_flat5", "net_best", "net_worst"):
        assert result.value(key) == run.header["totals"][f"{key}_paise"]
    assert not contents.synthetic


def test_charts_of_a_real_run_end_at_its_gross(made: tuple[Lake, Run]) -> None:
    lake, run = made
    text = write_report(Contents.read(run), lambda trade: marks(lake, run, trade)).read_text(encoding="utf-8")
    packs = dict(re.findall(r'id="seconds-(\d+)">([^<]*)<', text))
    trades = run.table("trades").to_dicts()
    assert {int(number) for number in packs} == {row["trade"] for row in trades}
    for row in trades:
        told: Any = unpack(packs[str(row["trade"])])
        cost = cost_to_close(told)
        assert cost[told["exit"]] == row["premium_paise"] - row["gross_paise"]
        both = marks(lake, run, row["trade"]).group_by("second").agg(pl.col("value_paise")).sort("second")
        until = min(leg["closed"] for leg in told["legs"])
        for place in range(told["entry"], until):
            values = both["value_paise"][place].to_list()
            assert cost[place] == (None if None in values else sum(values))
        seen = marks(lake, run, row["trade"]).filter(pl.col("leg") == 0)["bid_paise"]
        assert len(told["legs"][0]["bid"]) == len(seen)
        assert told["legs"][0]["bid"].count(None) == seen.null_count()
