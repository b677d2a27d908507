"""Every strategy of the library over one full day of both underlyings."""

import resource
import sys
import time

from benchmarks.figures import Figure, at_most
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.lake import Lake
from nfolab.lake.packing.pack import pack
from nfolab.lake.schema import SCHEMA_VERSION
from nfolab.research.run import run_day
from nfolab.strategies.find import Shelf, StrategyVariant
from nfolab.strategies.index import index
from nfolab.strategies.recipe import Recipe
from nfolab.vendor.sources import find_sources
from nfolab.vendor.synthetic import write_market

GROUP = "library"
OTHER = "NIFTY"
MEGABYTE = 1 << 20


def measure() -> list[Figure]:
    lake = _both()
    built = [row.strategy for row in index(Shelf.of(None)) if row.strategy and row.entry]
    asked: dict[str, list[StrategyVariant]] = {UNDERLYING: [], OTHER: []}
    for underlying, variants in asked.items():
        for strategy in built:
            own = strategy.of(underlying) if isinstance(strategy, Recipe) else strategy
            variants.append(own.variant({}, len(variants)))
    cold = _seconds(lake, asked)
    warm = min(_seconds(lake, asked) for _ in range(3))
    straddle = {name: variants[:1] for name, variants in asked.items()}
    _seconds(lake, straddle)
    one = min(_seconds(lake, straddle) for _ in range(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MEGABYTE
    against = (f"one of its {len(built)} alone", one)
    return [
        at_most(GROUP, f"all {len(built)}, both underlyings, features included", warm, "s", against, 2.0, 1.0),
        at_most(GROUP, f"all {len(built)}, both underlyings, first time", cold, "s", against, 60.0),
        at_most(GROUP, "most memory", peak, "MB", ("limit of a worker", 1024.0), 1024.0),
    ]


def _both() -> Lake:
    """Return a lake of one full day of both underlyings; the first call makes it."""
    full_day()
    raw, lake = DATA / "raw-nifty", DATA / f"library-{SCHEMA_VERSION}"
    if not raw.exists():
        print("making a full synthetic day of the other underlying …", file=sys.stderr)
        write_market(raw, underlying=OTHER, start=DAY, days=1, size="full", form="parquet", seed=8)
    pack(find_sources([DATA / "raw", raw]), lake)
    return Lake.open(lake)


def _seconds(lake: Lake, asked: dict[str, list[StrategyVariant]]) -> float:
    start = time.perf_counter()
    for underlying, variants in asked.items():
        run_day(lake, underlying, DAY, variants)
    return time.perf_counter() - start
