"""The same rows came to us as a dump and as raw files; both must read alike, and as plain Python reads the text."""

import gzip
import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nfolab.base.snapshot import SNAPSHOT_SCHEMA, SPOT_SCHEMA, SourceKind
from nfolab.vendor.batch import Batch, RefusedRows, total_by_reason
from nfolab.vendor.sources import find_sources
from vendor.vendor_rows import COLUMNS, counts, paise

IST = ZoneInfo("Asia/Kolkata")


def batches_of(path: Path) -> list[Batch]:
    return [batch for source in find_sources([path]) for batch in source.batches()]


def by_key(batches: list[Batch]) -> dict[str, pl.DataFrame]:
    parts = defaultdict(list)
    for batch in batches:
        parts[str(batch.contract or batch.underlying)].append(batch.rows)
    return {key: pl.concat(rows) for key, rows in parts.items()}


def refused_by_key(batches: list[Batch]) -> dict[str, dict[str, RefusedRows]]:
    parts = defaultdict(list)
    for batch in batches:
        parts[str(batch.contract or batch.underlying)].append(batch.refused)
    return {key: total_by_reason(refused) for key, refused in parts.items()}


def text_rows(dump: Path) -> dict[str, list[list[str | None]]]:
    """Every row of a one-row-a-line dump, cut at commas: the real dumps hold no text but times."""
    rows: dict[str, list[list[str | None]]] = {}
    with gzip.open(dump, "rt") as lines:
        for line in lines:
            if head := re.match(r"REPLACE INTO `(\w+)`", line):
                table = rows.setdefault(head[1], [])
            elif line.startswith("("):
                values = line.strip().rstrip(",;")[1:-1].split(",")
                table.append([None if value == "NULL" else value.strip("'") for value in values])
    return rows


def second_of_day(text: str) -> int:
    hours, minutes, seconds = map(int, text[11:].split(":"))
    return hours * 3600 + minutes * 60 + seconds


def instant(text: str) -> int:
    """A time as the dump has it, in IST, as nanoseconds since 1970 UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp()) * 1_000_000_000


def within_session(text: str) -> bool:
    return 9 * 3600 + 15 * 60 <= second_of_day(text) <= 15 * 3600 + 30 * 60


@pytest.fixture(scope="module")
def dumped(real_data: Path) -> list[Batch]:
    return batches_of(real_data / "das_bankopt_mod.sql.gz")


@pytest.fixture(scope="module")
def option_text(real_data: Path) -> dict[str, list[list[str | None]]]:
    return text_rows(real_data / "das_bankopt_mod.sql.gz")


def test_dump_and_raw_files_give_the_same_rows(real_data: Path, dumped: list[Batch]) -> None:
    raw = batches_of(real_data / "raw_options")
    from_dump, from_raw = by_key(dumped), by_key(raw)
    assert len(from_dump) == 9
    assert from_dump.keys() == from_raw.keys()
    for contract, rows in from_dump.items():
        assert dict(rows.schema) == SNAPSHOT_SCHEMA
        assert_frame_equal(rows, from_raw[contract])
    assert refused_by_key(dumped) == refused_by_key(raw)


def test_dump_counts_what_it_refuses(dumped: list[Batch], option_text: dict[str, list[list[str | None]]]) -> None:
    refused: Counter[str] = Counter()
    for batch in dumped:
        refused.update(counts(batch.refused))
    times = [str(row[0]) for rows in option_text.values() for row in rows]
    ancient = [at for at in times if at < "2000"]
    assert len(ancient) == 9  # one a table, as data/README.md says
    late = [at for at in times if at >= "2000" and not within_session(at)]
    assert refused == {"before 2000": len(ancient), "outside the session": len(late)}
    assert sum(batch.rows_read for batch in dumped) == len(times)
    assert sum(batch.rows.height for batch in dumped) == len(times) - len(ancient) - len(late)


def test_every_value_of_a_contract_is_that_of_the_text(
    dumped: list[Batch], option_text: dict[str, list[list[str | None]]]
) -> None:
    rows = by_key(dumped)["BANKNIFTY 2025-12-30 59400 PE"]
    kept = [
        row for row in option_text["BANKNIFTY25DEC59400PE"] if str(row[0]) >= "2000" and within_session(str(row[0]))
    ]
    assert rows.height == len(kept)
    for place, name in enumerate(COLUMNS):
        values = [row[place] for row in kept]
        if name in ("timestamp", "lastTradeTime"):
            expected: list[object] = [datetime.fromisoformat(str(value)).replace(tzinfo=IST) for value in values]
            got = rows[name].to_list()
        elif name == "changeper":
            expected, got = [None if value is None else float(value) for value in values], rows[name].to_list()
        elif f"{name}_paise" in rows.columns:
            expected, got = [paise(value) for value in values], rows[f"{name}_paise"].to_list()
        else:
            expected, got = [None if value is None else int(value) for value in values], rows[name].to_list()
        assert got == expected, name


def test_spot_of_dump_and_of_parquet_is_the_same(real_data: Path) -> None:
    """The Parquet has more days, and repeats that the dump's primary key did away with."""
    dumped, filed = batches_of(real_data / "das_nse_mod.sql.gz"), batches_of(real_data / "spot")
    from_dump, from_parquet = by_key(dumped), by_key(filed)
    assert from_dump.keys() == from_parquet.keys() == {"NIFTY", "BANKNIFTY"}
    for underlying, rows in from_dump.items():
        assert dict(rows.schema) == SPOT_SCHEMA
        days = rows["timestamp"].dt.date().unique()
        assert days.len() >= 5
        same_days = from_parquet[underlying].filter(pl.col("timestamp").dt.date().is_in(days.implode()))
        assert_frame_equal(rows.sort("timestamp"), same_days.unique().sort("timestamp"))
        assert rows.height > 100_000


def test_spot_dump_refuses_what_lies_outside_the_session(real_data: Path) -> None:
    dumped = batches_of(real_data / "das_nse_mod.sql.gz")
    text = text_rows(real_data / "das_nse_mod.sql.gz")
    for underlying, refused in refused_by_key(dumped).items():
        outside = sorted(str(row[0]) for row in text[underlying] if not within_session(str(row[0])))
        assert refused == {"outside the session": RefusedRows(len(outside), instant(outside[0]), instant(outside[-1]))}
        assert len(outside) > 1_000
    assert sum(batch.rows_read for batch in dumped) == sum(map(len, text.values()))


def test_real_files_are_a_vendors(real_data: Path) -> None:
    sources = find_sources([real_data / "raw_options", real_data / "das_nse_mod.sql.gz"])
    assert {source.source_kind() for source in sources} == {SourceKind.VENDOR}
    assert len(sources) == 10
