"""The markets that the honesty tests share."""

import datetime as dt

import pyarrow as pa
import pytest

from honesty.markets import Fair, Traded, cut_window, martingale, nearest_only, plan_of_all
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.research.results import Run
from nfolab.research.run import run_plan
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market

MARTINGALES = (
    ("NIFTY", dt.date(2025, 7, 7), 11),
    ("BANKNIFTY", dt.date(2025, 7, 8), 12),
    ("NIFTY", dt.date(2025, 7, 9), 13),
)


@pytest.fixture(scope="session")
def martingales(tmp_path_factory) -> list[Fair]:
    """Three days of markets in which nobody can gain."""
    return [
        martingale(tmp_path_factory.mktemp("martingale"), underlying, day, seed)
        for underlying, day, seed in MARTINGALES
    ]


@pytest.fixture(scope="session")
def traded(tmp_path_factory) -> Traded:
    """Three days of an ordinary market with the vendor's known defects, the last of them an expiry day."""
    folder = tmp_path_factory.mktemp("traded")
    write_market(
        folder / "raw", underlying="NIFTY", start=dt.date(2025, 7, 8), days=3, size="small", form="parquet", seed=5,
        defects=True,
    )  # fmt: skip
    pack(find_sources(nearest_only(folder / "raw")), folder / "lake", 1)
    return Traded(folder / "raw", Lake.open(folder / "lake"))


@pytest.fixture(scope="session")
def run_of_all(traded, tmp_path_factory) -> Run:
    """Every kind of recipe, rule and end over the three days."""
    return run_plan(plan_of_all(traded.lake), tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def window(traded) -> dict[str, pa.Table]:
    """Raw files of twenty minutes of one day: ten contracts near the money, and the index."""
    return cut_window(traded.raw, dt.date(2025, 7, 9), "10:30:00", "10:50:00")
