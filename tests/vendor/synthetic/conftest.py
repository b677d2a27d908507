"""Small synthetic markets that many tests look at."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from nfolab.vendor.synthetic import Written, write_market

DAY = date(2025, 7, 7)


@dataclass(frozen=True)
class Folder:
    path: Path
    written: Written

    def options(self, day: date = DAY) -> dict[str, pl.DataFrame]:
        """Return the rows of each contract by its vendor's name, with the session second."""
        files = sorted((self.path / day.isoformat()).glob("*.parquet"))
        return {file.stem: with_second(pl.read_parquet(file)) for file in files}

    def fair(self, day: date = DAY) -> pl.DataFrame:
        (file,) = (self.path / "fair_values").glob(f"*_{day}.parquet")
        return pl.read_parquet(file)


def with_second(frame: pl.DataFrame) -> pl.DataFrame:
    clock = pl.col("timestamp")
    of_day = clock.dt.hour().cast(pl.Int32) * 3600 + clock.dt.minute().cast(pl.Int32) * 60 + clock.dt.second()
    return frame.with_columns(second=of_day - (9 * 3600 + 15 * 60))


def _write(path: Path, **options) -> Folder:
    arguments = {
        "underlying": "BANKNIFTY",
        "start": DAY,
        "days": 1,
        "size": "small",
        "form": "parquet",
        "seed": 7,
        **options,
    }
    return Folder(path, write_market(path, **arguments))


@pytest.fixture(scope="session")
def plain(tmp_path_factory) -> Folder:
    """One small day of BANKNIFTY without defects."""
    return _write(tmp_path_factory.mktemp("plain") / "market")


@pytest.fixture(scope="session")
def nifty(tmp_path_factory) -> Folder:
    """The expiry day 2025-07-10 of NIFTY's weekly, martingale."""
    return _write(
        tmp_path_factory.mktemp("nifty") / "market", underlying="NIFTY", start=date(2025, 7, 10), market="martingale"
    )


@pytest.fixture(scope="session")
def damaged(tmp_path_factory) -> Folder:
    """Two small days of BANKNIFTY with defects."""
    return _write(tmp_path_factory.mktemp("damaged") / "market", defects=True, days=2)


@pytest.fixture(scope="session")
def damaged_dump(tmp_path_factory) -> Folder:
    """The same two days as dumps."""
    return _write(tmp_path_factory.mktemp("dump") / "market", defects=True, days=2, form="sql")
