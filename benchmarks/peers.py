"""The user's own scan of the chain, side by side with hftbacktest and vectorbt on the same snapshots in the same run.

On here: five levels walked, own fills that use up the displayed size, latency, queue model, every order and fill logged
with its row and level. What is on with each peer stands at the top of its script in `peers`. They get an environment of
their own below benchmarks/.data, since their versions of Numba, NumPy and Plotly need not be ours.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np

from benchmarks.desk import chain_near_the_money, scan
from benchmarks.figures import Figure, at_least, fastest
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.base.units import MILLION, Percent
from nfolab.tape.tape import Day

GROUP = "peers"
SPREAD = "3%"
PINNED = ("hftbacktest==2.4.4", "vectorbt==1.0.0", "plotly<7")
HOME = DATA / "desk_peers"


def peer_seconds(script: str, snapshots: Path) -> dict[str, float]:
    """Return what a peer's script printed: its seconds and its orders."""
    python = HOME / "bin" / "python"
    if not (HOME / "ready").exists():
        print("building the peers' environment …", file=sys.stderr)
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
        (HOME / "ready").touch()
    path = Path(__file__).resolve().parent / "peers" / script
    spread = str(Percent.parse(SPREAD).millionths / MILLION)
    done = subprocess.run([python, path, snapshots, spread], check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{script}: {told}", file=sys.stderr)
    return told


def measure() -> list[Figure]:
    """Return the figures of this group."""
    day = Day(full_day(), UNDERLYING, DAY)
    one = scan(day, chain_near_the_money(day), SPREAD)
    run, seen = one.run, one.seen
    done = run()
    million = seen.second.size / 1e6
    print(f"here: {len(done.orders):,} orders, {len(done.log):,} lines of log", file=sys.stderr)
    snapshots = DATA / "desk_snapshots.npz"
    names = ("second", "first_row", "bid_price", "bid_size", "ask_price", "ask_size", "last_price", "traded", "lot")
    np.savez(snapshots, **{name: getattr(seen, name) for name in names})
    figures = []
    for name, script, floor in (
        ("the scan, against hftbacktest 2.4.4 (five levels, queue, latency)", "hftbacktest_scan.py", 10.0),
        ("the scan, against vectorbt 1.0.0 (best quote of the next row)", "vectorbt_scan.py", 3.0),
    ):
        peer = million / peer_seconds(script, snapshots)["seconds"]
        rate = million / fastest(run, 15)
        against = (script.removesuffix("_scan.py"), peer)
        figures.append(at_least(GROUP, name, rate, "M rows/s", against, floor * peer))
    return figures
