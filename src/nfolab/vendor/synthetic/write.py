"""Writing a whole synthetic market: days one after the other, in one of the vendor's forms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from nfolab.base.errors import InputError
from nfolab.base.files import new_folder
from nfolab.base.progress import progress_bar
from nfolab.market.sessions import Session, session, trading_days
from nfolab.market.tables import LAST_DAY
from nfolab.vendor.synthetic.chain import Listing, Size, listings
from nfolab.vendor.synthetic.day import MarketDay, character_of
from nfolab.vendor.synthetic.feed import Feed, Recorded, feed_of
from nfolab.vendor.synthetic.martingale import martingale_day
from nfolab.vendor.synthetic.normal import normal_day
from nfolab.vendor.synthetic.parquet_form import write_parquet
from nfolab.vendor.synthetic.plants import PlantRecord, planted_day
from nfolab.vendor.synthetic.randomness import Use, generator
from nfolab.vendor.synthetic.sidecars import DefectRecord, FairValues
from nfolab.vendor.synthetic.sql_form import write_sql

Form = Literal["parquet", "sql"]
Market = Literal["normal", "martingale"]
DayMaker = Callable[[int, str, Session, float], MarketDay]

MARKETS: dict[Market, DayMaker] = {"normal": normal_day, "martingale": martingale_day}
FORMS = {"parquet": write_parquet, "sql": write_sql}

_FIRST_LEVEL_DEVIATION = 0.01


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: raw files (sidecars not counted), their rows, and the days."""

    files: int
    rows: int
    days: tuple[date, ...]


def market_days(underlying: str, start: date, days: int, seed: int, market: Market) -> Iterator[MarketDay]:
    """Yield the days of a market, each opening from the close of the one before.

    What a day looks like depends on the seed and the start, not on how many days follow.

    Raises:
        InputError: Unknown underlying, a negative seed, fewer than one day, or not that many sessions with known
            expiries from `start` on.
    """
    level = character_of(underlying).level
    if seed < 0:
        raise InputError(f"the seed {seed} is below zero: give a whole number from 0 on")
    if days < 1:
        raise InputError(f"a market of {days} days has nothing to write: ask for at least one day")
    sessions = trading_days(start, LAST_DAY)[:days]
    if len(sessions) < days:
        raise InputError(f"there are only {len(sessions)} known sessions from {start} on: ask for no more days")
    first = generator(seed, underlying, sessions[0], Use.LEVEL)
    level *= 1.0 + _FIRST_LEVEL_DEVIATION * float(first.uniform(-1.0, 1.0))
    for day in sessions:
        made = MARKETS[market](seed, underlying, session(day), level)
        level = made.closing_level
        yield made


def write_market(
    destination: Path,
    *,
    underlying: str,
    start: date,
    days: int,
    size: Size,
    form: Form,
    seed: int,
    defects: bool = False,
    market: Market = "normal",
    plants: float | None = None,
) -> Written:
    """Write raw files as the vendor would, marked synthetic, and beside them what proofs need.

    The same arguments give the same bytes. With `size="small"` the fair values lie in `fair_values/`; with `defects`
    their places in `defects.json`, and the recorder misses the first minutes of the first day.

    Args:
        destination: Folder to make; it must not exist, or be empty.
        underlying: `NIFTY` or `BANKNIFTY`.
        start: The first session on or after this day is the first.
        days: Number of sessions.
        size: `small` (some 36 contracts a day) or `full` (some 600).
        form: `parquet` (a file a contract and day) or `sql` (dumps).
        seed: From 0 on.
        defects: Plant the vendor's known defects.
        market: `normal`, or `martingale`, in which fair values are exact martingales.
        plants: Plant bursts of 1.5 to 3 times so many points, vacuums, fear, flicker and pulls, and say where in
            `plants.json`.

    Returns:
        Raw files and rows written, and the days.

    Raises:
        InputError: The destination holds something, or an argument makes no market (see `market_days`).
    """
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise InputError(f"{destination} is there already: choose a folder that does not exist or is empty")
    made = list(market_days(underlying, start, days, seed, market))
    feeds: list[tuple[Feed, list[Listing]]] = [
        (feed_of(seed, one, defects=defects, late_start=place == 0), listings(one, size))
        for place, one in enumerate(made)
    ]
    fair_values, record, planting = FairValues(), DefectRecord(), PlantRecord()
    if plants is not None:
        for place, (feed, _) in enumerate(feeds):
            moved, found = planted_day(seed, feed.market, plants)
            planting.add(feed.day, found)
            feeds[place] = replace(feed, market=moved, plants=found), listings(moved, size)
    with new_folder(destination) as folder, progress_bar() as progress:
        total = sum(2 * len(listed) for _, listed in feeds)
        task = progress.add_task("Writing the synthetic market", total=total, rate="contracts")

        def done(feed: Feed, one: Recorded) -> None:
            if size == "small":
                fair_values.add(feed, one)
            record.add(feed, one)
            progress.advance(task)

        files, rows = FORMS[form](folder, feeds, done)
        if size == "small":
            fair_values.write(folder)
        if defects:
            record.write(folder)
        if plants is not None:
            planting.write(folder)
    return Written(files, rows, tuple(one.day for one in made))
