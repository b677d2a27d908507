"""The user's own files: the dump and the raw files give one lake, and the known defects are told with their times."""

import csv
import gzip
import itertools
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_series_equal

from nfolab.base.snapshot import SNAPSHOT
from nfolab.lake import ContractsFile, Lake
from nfolab.lake.auditing.audit import audit
from nfolab.lake.packing.pack import PackResult, pack
from nfolab.vendor.sources import find_sources

DAY = date(2025, 12, 15)
CONTRACTS = 9
ROWS_IN_FILES = 163_642


@pytest.fixture(scope="module")
def lakes(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Lake, PackResult]]:
    folder = tmp_path_factory.mktemp("real")
    found = {}
    for name, source in (("dump", "das_bankopt_mod.sql.gz"), ("raw", "raw_options")):
        result = pack(find_sources([real_data / source]), folder / name, 1)
        found[name] = (Lake.open(folder / name), result)
    return found


@pytest.fixture(scope="module")
def raw(lakes: dict[str, tuple[Lake, PackResult]]) -> ContractsFile:
    return lakes["raw"][0].options("BANKNIFTY", DAY)


@pytest.fixture(scope="module")
def ledger(lakes: dict[str, tuple[Lake, PackResult]]) -> pl.DataFrame:
    return audit(lakes["raw"][0], DAY)


def test_the_dump_and_the_raw_files_give_the_same_lake(lakes: dict[str, tuple[Lake, PackResult]]) -> None:
    dump, raw = (pl.read_parquet(lakes[name][0].options("BANKNIFTY", DAY).path) for name in ("dump", "raw"))
    assert dump.columns == raw.columns
    assert len(dump.columns) == 3 + 46 + 4
    for name in dump.columns:
        if name != "source":  # one dump against nine files
            assert_series_equal(dump[name], raw[name], check_exact=True)


def test_every_row_of_the_files_is_written_or_refused_for_a_reason(lakes: dict[str, tuple[Lake, PackResult]]) -> None:
    for _, result in lakes.values():
        reasons: dict[str, int] = {}
        for one in result.refused:
            reasons[one.reason] = reasons.get(one.reason, 0) + (one.rows or 0)
        assert result.rows_read == ROWS_IN_FILES
        assert result.rows_written == ROWS_IN_FILES - sum(reasons.values())
        assert reasons["before 2000"] == CONTRACTS
        assert set(reasons) == {"before 2000", "outside the session"}
        assert result.rows_repeated == 0


def test_rows_equal_the_raw_files_row_by_row(real_data: Path, raw: ContractsFile) -> None:
    """Plain Python over one raw file against the lake, every vendor column."""
    source = pq.read_table(real_data / "raw_options" / "banknifty25dec59400pe.parquet").to_pylist()
    opening, closing = datetime.fromisoformat("2025-12-15 09:15:00"), datetime.fromisoformat("2025-12-15 15:30:00")
    kept = sorted((one for one in source if opening <= one["timestamp"] <= closing), key=lambda one: one["timestamp"])
    number = raw.contracts.keys().index((date(2025, 12, 30), "PE", 59400))
    first, rows = int(raw.contracts.first_row[number]), int(raw.contracts.rows[number])
    stored = pl.read_parquet(raw.path).slice(first, rows).to_dicts()
    assert len(stored) == len(kept)
    for ours, theirs in zip(stored, kept, strict=True):
        for column in SNAPSHOT:
            value = theirs[column.vendor]
            if value is not None and column.unit == "paise":
                value = round(value * 100)
            found = ours[column.stored]
            assert (found.replace(tzinfo=None) if column.unit == "time" else found) == value


def test_volume_delta_over_a_real_day(real_data: Path, raw: ContractsFile) -> None:
    found = raw.read([0], ["volume", "volume_delta", "timestamp"])
    highest, before, right = 0, None, []
    for stamp, volume in zip(found["timestamp"].tolist(), found["volume"].tolist(), strict=True):
        gap = before is None or stamp - before > 5_000_000_000
        right.append(0 if gap else max(volume, highest) - highest)
        highest, before = max(volume, highest), stamp
    assert found["volume_delta"].tolist() == right
    assert sum(right) > 0.9 * (found["volume"][-1] - found["volume"][0])


def _clock(text: str) -> datetime:
    return datetime.fromisoformat(f"2025-12-15T{text}+05:30")


@pytest.mark.parametrize(("end", "seconds"), [("10:56:39", 39), ("10:59:55", 124), ("11:04:20", 91), ("15:27:31", 74)])
def test_the_known_gaps_are_told_with_their_times(ledger: pl.DataFrame, end: str, seconds: int) -> None:
    day = ledger.filter(pl.col("contract").is_null(), pl.col("check") == "gap").to_dicts()
    (gap,) = [line for line in day if abs((line["last"] - _clock(end)).total_seconds()) <= 1]
    assert gap["worst"] == pytest.approx(seconds, abs=1)
    assert (gap["last"] - gap["first"]).total_seconds() == gap["worst"]


def test_the_gaps_of_each_contract_are_those_of_a_plain_count(real_data: Path, ledger: pl.DataFrame) -> None:
    lines = {line["contract"]: line for line in ledger.filter(pl.col("check") == "gap").to_dicts() if line["contract"]}
    assert len(lines) == CONTRACTS
    for path in sorted((real_data / "raw_options").glob("*.parquet")):
        stamps = sorted(pq.read_table(path, columns=["timestamp"])["timestamp"].to_pylist())
        inside = [
            one
            for one in stamps
            if one.date() == DAY and one.time() <= datetime.fromisoformat("2025-12-15 15:30").time()
        ]
        waits = [(after - before).total_seconds() for before, after in itertools.pairwise(inside)]
        strike, kind = path.stem[-7:-2], path.stem[-2:].upper()
        line = lines[f"BANKNIFTY 2025-12-30 {strike} {kind}"]
        assert (line["count"], line["worst"]) == (sum(wait > 5 for wait in waits), max(waits))
        assert line["count"] > 10


def test_the_missing_first_minutes_are_told(ledger: pl.DataFrame) -> None:
    (line,) = ledger.filter(pl.col("contract").is_null(), pl.col("check") == "late start").to_dicts()
    assert (line["first"], line["worst"]) == (_clock("09:32:48"), (17 * 60) + 48)


def test_refused_rows_are_told_with_their_times(real_data: Path, ledger: pl.DataFrame) -> None:
    lines = ledger.filter(pl.col("check").str.starts_with("refused")).to_dicts()
    told = {(line["contract"], line["check"].removeprefix("refused: ")): line for line in lines}
    late = 0
    for path in sorted((real_data / "raw_options").glob("*.parquet")):
        contract = f"BANKNIFTY 2025-12-30 {path.stem[-7:-2]} {path.stem[-2:].upper()}"
        before = told[contract, "before 2000"]
        assert (before["count"], before["first"].isoformat()) == (1, "1970-01-01T05:30:00+05:30")
        stamps = pq.read_table(path, columns=["timestamp"])["timestamp"].to_pylist()
        after = [one.isoformat() for one in stamps if one.isoformat() > "2025-12-15T15:30:00"]
        late += len(after)
        if after:
            line = told[contract, "outside the session"]
            assert (line["count"], line["first"].isoformat()) == (len(after), f"{min(after)}+05:30")
            assert line["last"].isoformat() == f"{max(after)}+05:30"
    assert late > 0
    assert max(line["last"] for line in lines) == _clock("15:42:33")


def _dump_rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Rows of the dump as text, in its order, by regular expressions and nothing of the package."""
    table = ""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if found := re.match(r"(?:REPLACE|INSERT) INTO `(\w+)`", line):
                table = found[1]
            if line.startswith("('"):
                yield table, next(csv.reader([line.strip().rstrip(";,")[1:-1]], quotechar="'"))


def test_repeats_and_backward_volume_are_those_of_a_plain_count(
    real_data: Path, raw: ContractsFile, ledger: pl.DataFrame
) -> None:
    counts: dict[str, list[int]] = {}
    by_table: dict[str, list[list[str]]] = {}
    for table, values in _dump_rows(real_data / "das_bankopt_mod.sql.gz"):
        if "2025-12-15 09:15:00" <= values[0] <= "2025-12-15 15:30:00":
            by_table.setdefault(table, []).append(values)
    for table, rows in by_table.items():
        rows.sort(key=lambda one: one[0])
        pairs = list(itertools.pairwise(rows))
        book = [place for place in range(16, 46) if (place - 16) % 3 != 2]
        clocks = (0, 12)
        counts[table] = [
            sum(all(a[n] == b[n] for n in range(46) if n not in clocks) for a, b in pairs),
            sum(all(a[n] == b[n] for n in book) for a, b in pairs),
            sum(int(b[4]) < int(a[4]) for a, b in pairs),
        ]
    told = {
        (line["contract"], line["check"]): line["count"]
        for line in ledger.to_dicts()
        if line["check"] in ("repeated row", "repeated book", "backward volume")
    }
    for table, (row, book, backward) in counts.items():
        contract = f"BANKNIFTY 2025-12-30 {table[-7:-2]} {table[-2:]}"
        assert told[contract, "repeated row"] == row
        number = raw.contracts.keys().index((date(2025, 12, 30), table[-2:], int(table[-7:-2])))
        defects = raw.read([number], ["defects"])["defects"]
        assert (defects & 1).sum() == row
        highest = list(itertools.accumulate((int(one[4]) for one in by_table[table]), max))
        below = [int(one[4]) < top for one, top in zip(by_table[table], highest, strict=True)]
        assert (defects & 2 != 0).tolist() == below
        assert told[contract, "repeated book"] == book
        assert told.get((contract, "backward volume"), 0) == backward
    rows_repeated, books_repeated, _ = (sum(one) for one in zip(*counts.values(), strict=True))
    every = sum(map(len, by_table.values()))
    assert 0.01 < rows_repeated / every < 0.03
    assert 0.08 < books_repeated / every < 0.12


def test_the_feeds_lag_after_three_is_told(ledger: pl.DataFrame, raw: ContractsFile) -> None:
    stretches = ledger.filter(pl.col("check") == "feed delay").to_dicts()
    assert all(line["first"] >= _clock("15:07:00") for line in stretches)
    assert max(line["worst"] for line in stretches) > 60
    delay = raw.feed_delay()
    assert delay is not None
    assert -7 <= delay["usual_seconds"][0] <= -5
    assert delay["minute"].dt.strftime("%H:%M")[0] == "09:32"


def test_bytes_a_row(raw: ContractsFile) -> None:
    assert raw.path.stat().st_size / raw.rows < 31


def test_index_spot_of_both_kinds_of_source_goes_in(real_data: Path, tmp_path: Path) -> None:
    result = pack(find_sources([real_data / "das_nse_mod.sql.gz", real_data / "spot"]), tmp_path / "lake", 1)
    assert result.rows_read == result.rows_written + result.rows_refused + result.rows_repeated
    assert result.unreadable == 0
    lake = Lake.open(tmp_path / "lake")
    day = lake.spot("BANKNIFTY", date(2021, 4, 16))
    assert day is not None
    assert np.all(np.diff(day.timestamp) >= 0)
    told = {
        line["check"]: line
        for line in audit(lake, date(2021, 5, 27)).filter(pl.col("underlying") == "BANKNIFTY").to_dicts()
    }
    assert told["late start"]["worst"] > 5
    assert told["early end"]["worst"] > 1000
