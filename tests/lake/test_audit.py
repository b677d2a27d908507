"""The audit finds what was planted, and nothing else."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from lake_sources import MONDAY, bogus, clock, lake_rows, row, tree, write_contract, write_spot
from nfolab.base.errors import InputError
from nfolab.lake import Lake
from nfolab.lake.auditing.audit import audit
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources

CLOSE = 22_500
CE = "BANKNIFTY 2025-12-30 59400 CE"
CHECKS = {
    "refused", "gap", "late start", "early end", "backward volume", "repeated row", "repeated book", "exact duplicate",
    "crossed book", "locked book", "empty book", "zero price", "off tick", "feed delay", "two rows at one time",
    "changing close", "changing open", "shrinking range", "outside the range", "superseded", "backward time",
}  # fmt: skip


def clean(last: int = CLOSE, **given: Any) -> list[dict[str, Any]]:
    """Rows every 5 seconds from open to close in which nothing is wrong and no two books are equal."""
    rows = []
    for number, second in enumerate(range(0, last + 1, 5)):
        bid = 99.0 + 0.05 * (number % 7)
        rows.append(row(MONDAY, second, bp0=round(bid, 2), sp0=round(bid + 0.1, 2), volume=1000 + number, **given))
    return rows


def ledger_of(tmp_path: Path, rows: list[dict[str, Any]]) -> pl.DataFrame:
    path = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows)
    pack(find_sources([path]), tmp_path / "lake", 1)
    return audit(Lake.open(tmp_path / "lake")).filter(pl.col("kind") != "joint")


def lines(ledger: pl.DataFrame, check: str, contract: str | None = CE) -> list[dict[str, Any]]:
    """The ledger's lines of one check about one contract, or (None) about the day."""
    about = pl.col("contract").is_null() if contract is None else pl.col("contract") == contract
    return ledger.filter(pl.col("check") == check, about).to_dicts()


def only(ledger: pl.DataFrame, check: str) -> dict[str, Any]:
    """The one line of a check; no other check found anything, beside the checks that come with it."""
    (line,) = lines(ledger, check)
    return line


def at(second: int) -> str:
    return clock(MONDAY, second).strftime("%H:%M:%S")


def told(line: dict[str, Any]) -> tuple[int, str, str, float]:
    return line["count"], line["first"].strftime("%H:%M:%S"), line["last"].strftime("%H:%M:%S"), line["worst"]


def test_clean_data_has_a_line_a_check_that_says_so(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, clean())
    covered = ledger.filter(pl.col("check") == "seconds covered")
    assert covered["count"].to_list() == [CLOSE // 5 + 1] * 2  # of the day and of its one contract
    assert covered["worst"].to_list() == [pytest.approx(100 * 4501 / 22_501)] * 2
    found = ledger.filter(pl.col("check") != "seconds covered")
    assert set(found["check"]) == CHECKS
    assert found["count"].to_list() == [0] * len(CHECKS)
    assert found["contract"].null_count() == len(CHECKS)
    assert ledger.columns == [
        "day",
        "underlying",
        "contract",
        "check",
        "count",
        "first",
        "last",
        "worst",
        "note",
        "kind",
        "rows",
        "severity",
    ]


def test_refused_rows(tmp_path: Path) -> None:
    late = [row(MONDAY, CLOSE + 753), row(MONDAY, CLOSE + 700)]
    ledger = ledger_of(tmp_path, [bogus(), *clean(), *late, row(MONDAY, 60) | {"timestamp": None}])
    (before,) = lines(ledger, "refused: before 2000")
    assert (before["count"], before["worst"]) == (1, None)
    assert before["first"] == before["last"] == datetime.fromisoformat("1970-01-01T05:30:00+05:30")
    (outside,) = lines(ledger, "refused: outside the session")
    assert (outside["count"], outside["note"]) == (2, "rows of banknifty25dec59400ce.parquet")
    times = [outside[end].isoformat() for end in ("first", "last")]
    assert times == ["2025-12-15T15:41:40+05:30", "2025-12-15T15:42:33+05:30"]
    (timeless,) = lines(ledger, "refused: no timestamp")
    assert (timeless["count"], timeless["first"], timeless["last"]) == (1, None, None)
    assert not lines(ledger, "refused", None)


def test_refused_rows_of_several_sources_are_told_together(tmp_path: Path) -> None:
    name = "banknifty25dec59400ce.parquet"
    write_contract(tmp_path / "raw" / "one" / name, [bogus(), *clean(100), row(MONDAY, CLOSE + 9)])
    write_contract(tmp_path / "raw" / "two" / name, [row(MONDAY, CLOSE + 40), row(MONDAY, -1), row(MONDAY, 52)])
    for turn, parts in enumerate((("one", "two"), ("two", "one"))):
        for part in parts:
            pack(find_sources([tmp_path / "raw" / part]), tmp_path / f"lake{turn}", 1)
        ledger = audit(Lake.open(tmp_path / f"lake{turn}"))
        (outside,) = lines(ledger, "refused: outside the session")
        assert (outside["count"], outside["first"], outside["last"]) == (3, ist(-1), ist(CLOSE + 40))
    assert tree(tmp_path / "lake0") == tree(tmp_path / "lake1")


def ist(second: int) -> datetime:
    return clock(MONDAY, second).replace(tzinfo=ZoneInfo("Asia/Kolkata"))


def test_gaps_late_start_and_early_end(tmp_path: Path) -> None:
    rows = [
        one
        for one in clean()
        if not (one["timestamp"] < clock(MONDAY, 1000) or one["timestamp"] > clock(MONDAY, 22_000))
    ]
    rows = [one for one in rows if not clock(MONDAY, 3000) < one["timestamp"] < clock(MONDAY, 3040)]
    rows = [one for one in rows if not clock(MONDAY, 5000) < one["timestamp"] < clock(MONDAY, 5010)]
    ledger = ledger_of(tmp_path, rows)
    assert told(only(ledger, "gap")) == (2, at(3000), at(5010), 40.0)
    assert f"ends at {at(3040)}" in only(ledger, "gap")["note"]
    assert told(only(ledger, "late start")) == (1, at(1000), at(1000), 1000.0)
    assert told(only(ledger, "early end")) == (1, at(22_000), at(22_000), 500.0)
    day = [told(line) for line in lines(ledger, "gap", None)]
    assert day == [(1, at(3000), at(3040), 40.0), (1, at(5000), at(5010), 10.0)]
    assert told(lines(ledger, "late start", None)[0])[3] == 1000.0


def test_a_gap_of_one_contract_is_none_of_the_day(tmp_path: Path) -> None:
    write_contract(tmp_path / "raw" / "banknifty25dec59400pe.parquet", clean())
    rows = [one for one in clean() if not clock(MONDAY, 3000) < one["timestamp"] < clock(MONDAY, 3040)]
    path = write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows)
    pack(find_sources([path.parent]), tmp_path / "lake", 1)
    ledger = audit(Lake.open(tmp_path / "lake"))
    assert told(only(ledger, "gap"))[0] == 1
    assert not lines(ledger, "gap", None)


def test_five_seconds_are_no_gap_and_a_hair_more_is(tmp_path: Path) -> None:
    rows = clean(last=20)
    rows[-1]["timestamp"] += timedelta(microseconds=1)
    assert told(only(ledger_of(tmp_path, rows), "gap"))[0] == 1


def test_backward_volume(tmp_path: Path) -> None:
    rows = clean()
    rows[100]["volume"] -= 60  # row n has 1000 + n: 1040 after 1099, a fall of 59
    rows[200]["volume"] -= 11
    assert told(only(ledger_of(tmp_path, rows), "backward volume")) == (2, at(500), at(1000), 59.0)


def test_repeated_rows_and_books(tmp_path: Path) -> None:
    rows = clean()
    for place in (101, 102, 300):
        same = rows[place - 1] | {name: rows[place][name] for name in ("timestamp", "lastTradeTime")}
        rows[place] = same
    book = {name: value for name, value in rows[399].items() if name[:2] in ("bq", "bp", "sq", "sp")}
    rows[400] |= book
    ledger = ledger_of(tmp_path, rows)
    assert told(only(ledger, "repeated row")) == (3, at(505), at(1500), 2.0)
    assert told(only(ledger, "repeated book")) == (4, at(505), at(2000), 2.0)
    assert not lines(ledger, "backward volume")


def test_crossed_empty_zero_and_off_tick(tmp_path: Path) -> None:
    rows = clean()
    rows[10] |= {"bp0": 100.0, "sp0": 99.7}
    rows[11] |= {"bp0": 100.0, "sp0": 100.0}
    rows[20] |= {"bq0": 0}
    rows[21] |= {"sp0": None}
    rows[22] |= {"bp0": 0.0}
    rows[30] |= {"price": 0.0}
    rows[31] |= {"price": None}
    rows[40] |= {"sp3": 100.02}
    ledger = ledger_of(tmp_path, rows)
    assert told(only(ledger, "crossed book")) == (1, at(50), at(50), 0.3)
    assert only(ledger, "locked book")["first"] == only(ledger, "locked book")["last"] == ist(55)
    assert told(only(ledger, "empty book")) == (3, at(100), at(110), 3.0)
    assert told(only(ledger, "zero price")) == (2, at(150), at(155), 2.0)
    assert told(only(ledger, "off tick")) == (1, at(200), at(200), 0.02)


def test_exact_duplicates(tmp_path: Path) -> None:
    rows = clean()
    ledger = ledger_of(tmp_path, [*rows, rows[5], rows[5]])
    assert [line["count"] for line in lines(ledger, "exact duplicate")] == [2]
    assert not lines(ledger, "repeated row")


def test_feed_delay_by_minute(tmp_path: Path) -> None:
    rows = clean()
    for one in rows:
        minute = (one["timestamp"] - clock(MONDAY, 0)) // timedelta(minutes=1)
        late = {10: 5, 20: 6, 21: 40}.get(minute, 0)  # 5 s later than usual is not yet told, 6 s is
        one["lastTradeTime"] = one["timestamp"] + timedelta(seconds=3 - late)
    ledger = ledger_of(tmp_path, rows)
    (line,) = lines(ledger, "feed delay", None)
    assert told(line) == (2, at(1200), at(1320), 37.0)
    delay = Lake.open(tmp_path / "lake").options("BANKNIFTY", MONDAY).feed_delay()
    assert delay is not None
    assert delay.height == 376  # 375 minutes of the session and the closing second
    assert set(delay["usual_seconds"]) == {-3.0}
    assert dict(zip(delay["minute"].dt.strftime("%H:%M"), delay["delay_seconds"], strict=True))["09:36"] == 37.0


def test_a_day_without_trades_tells_no_delay(tmp_path: Path) -> None:
    ledger_of(tmp_path, [one | {"volume": 1000} for one in clean(last=100)])
    assert Lake.open(tmp_path / "lake").options("BANKNIFTY", MONDAY).feed_delay() is None


def test_spot_is_audited_too(tmp_path: Path) -> None:
    beats = [(clock(MONDAY, second), 59_400.0) for second in range(60, CLOSE, 5) if not 500 < second < 600]
    beats += [(clock(MONDAY, CLOSE + 60), 59_400.0), beats[0]]
    pack(find_sources([write_spot(tmp_path / "spot.parquet", "BANKNIFTY", beats)]), tmp_path / "lake", 1)
    ledger = audit(Lake.open(tmp_path / "lake"), MONDAY)
    assert set(ledger["kind"]) == {"spot"}
    found = {line["check"]: line["count"] for line in ledger.to_dicts()}
    assert found == {
        "refused: outside the session": 1,
        "gap": 1,
        "late start": 1,
        "early end": 0,
        "backward time": 1,
        "exact duplicate": 1,
        "superseded": 0,
        "zero price": 0,
        "two rows at one time": 0,
        "stale stretch": 1,
        "seconds covered": 4469,
    }
    assert told(lines(ledger, "gap", None)[0]) == (1, at(500), at(600), 100.0)


def test_rows_that_come_backward_are_counted_as_they_are_read(tmp_path: Path) -> None:
    rows = clean(last=200)
    # 10 s is read after 25 s (15 s back), and 100 s after 105 s (5 s back); what follows each of them goes forward
    moved = [*rows[:2], *rows[3:6], rows[2], *rows[6:20], rows[21], rows[20], *rows[22:]]
    line = only(ledger_of(tmp_path / "moved", moved), "backward time")
    assert told(line) == (2, at(10), at(100), 15.0)
    assert line["rows"] == len(rows)
    assert not [one for one in lines(ledger_of(tmp_path / "straight", rows), "backward time") if one["count"]]
    stored, straight = (
        lake_rows(tmp_path / one / "lake", "options", "BANKNIFTY", MONDAY) for one in ("moved", "straight")
    )
    assert stored.equals(straight)


def test_backward_time_is_told_by_source_and_stays_told(tmp_path: Path) -> None:
    rows = clean(last=200)
    paths = [
        write_contract(tmp_path / name / "banknifty25dec59400ce.parquet", part)
        for name, part in (("a", [rows[1], rows[0], *rows[2:20]]), ("b", [*rows[20:30], rows[35], *rows[30:35]]))
    ]
    for path in paths:
        pack(find_sources([path]), tmp_path / "lake", 1)
    ledger = audit(Lake.open(tmp_path / "lake"))
    # 5 s back to the open in one file, from 175 s to 150 s in the other
    assert told(only(ledger, "backward time")) == (2, at(0), at(150), 25.0)


def test_the_days_ledger_is_the_same_from_the_file(tmp_path: Path) -> None:
    whole = ledger_of(tmp_path, clean()[:50])
    assert Lake.open(tmp_path / "lake").options("BANKNIFTY", MONDAY).ledger().equals(whole.drop("severity"))
    with pytest.raises(InputError, match="its days go from 2025-12-15 to 2025-12-15"):
        audit(Lake.open(tmp_path / "lake"), MONDAY + timedelta(days=1))


def test_what_cannot_change_within_a_day(tmp_path: Path) -> None:
    rows = clean()
    rows[50] |= {"close": 99.4}  # 0.4 from 99.0
    rows[51] |= {"close": None}  # unknown is no change
    rows[60] |= {"open": 100.5}  # 0.5 from 101.0
    rows[61] |= {"open": 0.0}  # not set
    rows[70] |= {"high": 121.0}  # the next row falls back to 120.0
    rows[80] |= {"low": 88.5}  # the next row rises back to 90.0
    ledger = ledger_of(tmp_path, rows)
    assert told(only(ledger, "changing close")) == (1, at(250), at(250), 0.4)
    assert "99.00, the commonest of 2 values" in only(ledger, "changing close")["note"]
    assert told(only(ledger, "changing open")) == (1, at(300), at(300), 0.5)
    assert told(only(ledger, "shrinking range")) == (2, at(355), at(405), 1.5)
    assert only(ledger, "changing close")["rows"] == len(rows)


def test_a_price_outside_the_range_told_ten_seconds_later(tmp_path: Path) -> None:
    rows = clean()
    for place, one in enumerate(rows):
        one["high"] = 120.0 if place < 102 else 125.0
    rows[100] |= {"price": 125.0}  # the high follows after 10 s, in row 102
    rows[99] |= {"price": 122.0}  # after 15 s: too late
    rows[200] |= {"price": 89.95}  # a tick below the low
    rows[300] |= {"price": 89.0}
    assert told(only(ledger_of(tmp_path, rows), "outside the range")) == (2, at(495), at(1500), 2.0)


def test_two_contracts_in_one_file_show(tmp_path: Path) -> None:
    other = [one | {"close": 55.0, "open": 52.0, "high": 60.0, "low": 40.0, "volume": 9000 + n}
             for n, one in enumerate(clean())]  # fmt: skip
    for one in other:
        one["timestamp"] += timedelta(seconds=2)
    ledger = ledger_of(tmp_path, [*clean(), *other[:-1]])
    rows = 2 * 4501 - 1
    assert only(ledger, "changing close")["count"] == only(ledger, "changing open")["count"] == 4500
    assert only(ledger, "backward volume")["count"] == 4500  # from 9000 back to 1000, each time
    assert only(ledger, "shrinking range")["count"] == 9000  # the high falls, then the low rises, in turn
    assert {only(ledger, one)["rows"] for one in ("changing close", "backward volume")} == {rows}


def test_two_rows_at_one_time(tmp_path: Path) -> None:
    rows = clean()
    twin = rows[40] | {"bq1": 4}
    assert only(ledger_of(tmp_path, [*rows, twin]), "two rows at one time")["count"] == 1
