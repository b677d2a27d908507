"""The JSON of every command against the fields that scripts rely on: names, rupees, clocks, nothing missing as 0."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.conftest import Ask, Way

CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30")
DAY = re.compile(r"\d{4}-\d\d-\d\d")

TRADE = {
    "run", "trade", "strategy", "params", "day", "underlying", "source", "entry_time", "exit_time", "reason", "legs",
    "gross", "charges", "net", "net_flat5", "net_best", "net_worst", "margin", "return_percent", "flags",
}  # fmt: skip
LEG = {
    "contract", "side", "units", "entry_time", "entry_price", "exit_time", "exit_price", "reason", "gross",
}  # fmt: skip
RUN = {
    "run", "path", "tasks", "failed", "trades", "days", "days_with_data", "gross", "charges", "net", "band", "flags",
    "seconds",
}  # fmt: skip
PACK = {
    "files_read", "files_skipped", "rows_read", "rows_written", "rows_refused", "rows_repeated", "days", "seconds",
    "refused",
}  # fmt: skip
LAKE_DAY = {
    "day", "underlying", "kind", "source", "contracts", "expiries", "rows", "first", "last", "bytes",
}  # fmt: skip
FINDING = {"day", "underlying", "contract", "check", "count", "first", "last", "worst", "note"}
STRATEGY = {"id", "family", "side", "needs", "state", "summary", "params"}


def paise(rupees: float) -> int:
    """Rupees of a document as paise, if they are exact."""
    exact = Decimal(repr(rupees)) * 100
    assert exact == int(exact), rupees
    return int(exact)


def floats(document: Any) -> Iterator[float]:
    if isinstance(document, float):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from floats(inner)


@pytest.fixture(scope="module")
def trades(way: Way, ask: Ask) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = ask("trades", way.name, "--runs", way.runs, "--json").document
    return told


def test_synth(way: Way) -> None:
    told = way.synth.document
    assert way.synth.code == 0
    assert set(told) == {"files", "rows", "days"}
    assert told["days"] == ["2025-07-07", "2025-07-08", "2025-07-09"]
    raw = [path for path in way.raw.rglob("*.parquet") if "fair_values" not in path.parts]
    assert told["files"] == len(raw)
    assert told["rows"] == sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in raw)


def test_synth_writes_dumps_too(ask: Ask, tmp_path: Path) -> None:
    told = ask("synth", tmp_path / "sql", "--days", 1, "--format", "sql", "--underlying", "nifty", "--json").document
    assert [path.suffixes for path in (tmp_path / "sql").glob("*.sql.gz")] == [[".sql", ".gz"]] * told["files"]
    assert told["rows"] > 100_000


def test_pack(way: Way) -> None:
    told = way.pack.document
    assert way.pack.code == 0
    assert set(told) >= PACK
    assert told["rows_read"] == way.synth.document["rows"]
    assert told["rows_read"] == told["rows_written"] + told["rows_refused"] + told["rows_repeated"]
    assert told["rows_refused"] == sum(one["rows"] for one in told["refused"])
    assert all(set(one) == {"file", "rows", "reason"} for one in told["refused"])
    assert told["days"] == way.synth.document["days"]


def test_packing_again_reads_nothing(way: Way, ask: Ask) -> None:
    told = ask("pack", way.raw, "--lake", way.lake, "--json").document
    assert (told["files_read"], told["files_skipped"]) == (0, way.pack.document["files_read"])
    assert (told["rows_read"], told["rows_written"]) == (0, 0)


def test_lake_days(way: Way, ask: Ask) -> None:
    told = ask("lake", "days", "--lake", way.lake, "--json").document
    assert all(set(one) == LAKE_DAY for one in told)
    assert [(one["day"], one["kind"]) for one in told] == [
        (day, kind)
        for day in ("2025-07-07", "2025-07-08", "2025-07-09")
        for kind in ("futures", "options", "spot", "vix")
    ]
    assert sum(one["rows"] for one in told) == way.pack.document["rows_written"]
    assert {one["source"] for one in told} == {"synthetic"}
    assert all(CLOCK.fullmatch(one[at]) for one in told for at in ("first", "last"))
    for one in told:
        assert one["bytes"] == (way.lake / one["kind"] / one["underlying"] / f"{one['day']}.parquet").stat().st_size
        assert (one["contracts"] is None) == (one["kind"] in ("spot", "vix"))
        assert one["underlying"] == ("INDIAVIX" if one["kind"] == "vix" else "BANKNIFTY")


def test_lake_audit(way: Way, ask: Ask) -> None:
    told = ask("lake", "audit", "--lake", way.lake, "--json").document
    assert all(set(one) >= FINDING for one in told)
    assert {one["day"] for one in told} == {"2025-07-07", "2025-07-08", "2025-07-09"}
    assert {"gap", "crossed book", "empty book", "backward volume", "repeated row"} <= {one["check"] for one in told}
    for one in told:
        assert all(one[at] is None or CLOCK.match(one[at]) for at in ("first", "last"))
    monday = ask("lake", "audit", "--lake", way.lake, "--day", "2025-07-07", "--json").document
    assert monday == [one for one in told if one["day"] == "2025-07-07"]


def test_lake_sql(way: Way, ask: Ask) -> None:
    statement = (
        "select day, count(*) as rows, min(timestamp) as first, null as nothing from options group by 1 order by 1"
    )
    told = ask("lake", "sql", statement, "--lake", way.lake, "--json").document
    days = ask("lake", "days", "--lake", way.lake, "--json").document
    assert told == [
        {"day": one["day"], "rows": one["rows"], "first": one["first"], "nothing": None}
        for one in days
        if one["kind"] == "options"
    ]
    prices = ask("lake", "sql", "select distinct price from options limit 500", "--lake", way.lake, "--json").document
    assert all(paise(one["price"]) % 5 == 0 for one in prices)


def test_run(way: Way) -> None:
    told = way.run.document
    assert way.run.code == 0
    assert set(told) >= RUN
    assert set(told["band"]) == {"best", "likely", "worst"}
    assert (told["tasks"], told["failed"], told["days"], told["days_with_data"]) == (12, 0, 3, 3)
    assert Path(told["path"]).is_dir()
    assert told["source"] == "synthetic"
    assert told["band"]["worst"] <= told["band"]["likely"] == told["net"] <= told["band"]["best"]
    assert paise(told["gross"]) - paise(told["charges"]) == paise(told["net"])


def test_trades(way: Way, trades: list[dict[str, Any]]) -> None:
    told = way.run.document
    assert [one["trade"] for one in trades] == list(range(1, told["trades"] + 1))
    for one in trades:
        assert set(one) >= TRADE
        assert all(set(leg) == LEG for leg in one["legs"])
        assert (one["run"], one["strategy"], one["source"]) == (way.name, "short_straddle", "synthetic")
        clocks = [
            one["entry_time"],
            one["exit_time"],
            *(leg[at] for leg in one["legs"] for at in ("entry_time", "exit_time")),
        ]
        assert all(CLOCK.fullmatch(clock) for clock in clocks)
        assert one["entry_time"] == min(leg["entry_time"] for leg in one["legs"])
        assert one["exit_time"] == max(leg["exit_time"] for leg in one["legs"])
        assert sum(paise(leg["gross"]) for leg in one["legs"]) == paise(one["gross"])
        assert paise(one["gross"]) - paise(one["charges"]) == paise(one["net"])
        assert paise(one["gross"]) - 500 == paise(one["net_flat5"])
        assert one["net_worst"] <= one["net"] <= one["net_best"]
        assert one["params"]["plan"] == "zero"
    for column in ("gross", "charges", "net"):
        assert sum(paise(one[column]) for one in trades) == paise(told[column])
    assert sorted({flag for one in trades for flag in one["flags"]}) == told["flags"]


def test_explain(way: Way, ask: Ask, trades: list[dict[str, Any]]) -> None:
    told = ask("explain", way.name, 1, *way.places, "--json").document
    assert set(told) == {"trade", "decisions", "fills", "marks"}
    assert told["trade"] == trades[0]
    for leg in told["trade"]["legs"]:
        for side, price, at in ((leg["side"], "entry_price", "entry_time"), ("buy", "exit_price", "exit_time")):
            fills = [one for one in told["fills"] if (one["contract"], one["side"]) == (leg["contract"], side)]
            assert sum(one["quantity"] for one in fills) == leg["units"]
            value = sum(paise(one["price"]) * one["quantity"] for one in fills)
            assert abs(value / leg["units"] - paise(leg[price])) <= 0.5
            assert max(one["time"] for one in fills) == leg[at]
    assert all(one["row_time"][:19] <= one["time"][:19] for one in told["fills"])
    assert {one["event"] for one in told["decisions"]} >= {"decision", "order"}
    clocks = [one["time"] for one in told["marks"]]
    assert clocks == sorted(set(clocks))
    assert clocks[0] < told["trade"]["entry_time"] <= told["trade"]["exit_time"] < clocks[-1]
    assert any(mark["close"] is None for mark in told["marks"])


def test_every_number_of_money_is_exact_to_the_paisa(way: Way, ask: Ask, trades: list[dict[str, Any]]) -> None:
    told = ask("explain", way.name, 2, *way.places, "--json").document
    for document in (
        [{**one, "return_percent": None} for one in trades],
        told["decisions"],
        told["fills"],
        told["marks"],
    ):
        amounts = [paise(amount) for amount in floats(document)]
        assert amounts


def test_report(way: Way, ask: Ask) -> None:
    told = ask("report", way.name[:6], *way.places, "--json").document
    assert set(told) >= {"html", "tables"}
    page = Path(told["html"]).read_text(encoding="utf-8")
    assert "SYNTHETIC" in page
    assert not re.search(r"<(?:script|img|iframe)[^>]* src=|<link ", page)


def test_strategies(ask: Ask) -> None:
    (told,) = ask("strategies", "short_straddle", "--json").document
    assert set(told) >= STRATEGY
    assert told["family"] == "sell_straddle"
    assert told["needs"] == ["options", "spot"]
    defaults = {name: parameter["default"] for name, parameter in told["params"].items()}
    assert defaults == {
        "entry": "09:20:00", "exit": "15:15:00", "strike": "atm", "expiry": "nearest", "lots": "1lots", "stop": "none",
        "target": "none", "leg_stop": "none", "spot": "index", "latency": "1s", "max_quote_age": "5s", "plan": "zero",
    }  # fmt: skip
    units = {name: parameter["unit"] for name, parameter in told["params"].items()}
    assert (units["entry"], units["lots"], units["stop"], units["latency"], units["strike"]) == (
        "clock", "lots", "%", "s", None,
    )  # fmt: skip
    assert told in ask("strategies", "--json").document


def test_a_run_that_never_trades_says_why(way: Way, ask: Ask, tmp_path: Path) -> None:
    """On the first day the recorder starts at 09:18:05, so that no book is there at 09:16:00."""
    day = ("--from", "2025-07-07", "--to", "2025-07-07")
    asks = ("run", "short_straddle", "--set", "entry=09:16:00", *day, "--lake", way.lake, "--runs", tmp_path)
    done = ask(*asks, "--json")
    told = done.document
    assert done.code == 0
    assert (told["trades"], told["tasks"], told["failed"], told["gross"]) == (0, 1, 0, 0.0)
    assert told["no_trades"] == [{"reason": "no index row at most 2 s old", "count": 1, "first": "2025-07-07"}]
    assert ask("trades", told["run"], "--runs", tmp_path, "--json").document == []
    assert "no index row at most 2 s old" in ask(*asks).out


def test_the_same_question_is_answered_from_the_run_there_is(way: Way, ask: Ask) -> None:
    grids = ("--grid", "stop=none,3%", "--grid", "entry=09:20:00,10:05:00")
    again = ask("run", "short_straddle", *way.places, *grids, "--json").document
    assert again == way.run.document


def test_json_stands_alone_on_standard_output(way: Way) -> None:
    for answer in (way.synth, way.pack, way.run):
        assert answer.out.count("\n") == 1
        assert answer.err == ""
