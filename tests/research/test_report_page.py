"""The page: escaped, marked, bounded, whole."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfolab.base.errors import InputError
from nfolab.research.report import Contents, write_report
from nfolab.research.report.packing import differences, unpack
from nfolab.research.report.page import MOST_BYTES, page
from nfolab.research.report.seconds import choose, levels
from nfolab.research.results import Run
from research.charted import cost_to_close
from research.run_folders import Folder, date, many_trades, marks_of, plausible_run

EVIL = '<script>alert("1")</script>&\'"</td>'


class Outline(HTMLParser):
    """Tags with their attributes, and the text of scripts and titles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._inside, []).append(data)

    def ids(self, tag: str) -> set[str]:
        return {attributes["id"] or "" for name, attributes in self.tags if name == tag and "id" in attributes}


def script(text: str, name: str) -> str:
    found = re.search(rf'<script type="application/[a-z-]+" id="{name}">([^<]*)</script>', text)
    assert found, name
    return found[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return plausible_run(tmp_path_factory.mktemp("runs"), days=12)


@pytest.fixture(scope="module")
def text(run: Run) -> str:
    return page(Contents.read(run), marks_of(run))


def test_page_needs_nothing_from_elsewhere(text: str) -> None:
    outline = Outline(text)
    assert not [tag for tag, attributes in outline.tags if tag in {"link", "iframe", "img"} or "src" in attributes]
    assert "default-src 'none'" in text
    assert text.count("<script>") == 2  # plotly.js once, and the page's own


def test_synthetic_is_said_everywhere(text: str) -> None:
    outline = Outline(text)
    assert outline.texts["title"][0].startswith("SYNTHETIC")
    assert 'class="synthetic-band"' in text
    captions = re.findall(r"<figcaption>.*?</figcaption>", text)
    assert len(captions) == 4
    assert all("SYNTHETIC" in caption for caption in captions)
    assert json.loads(script(text, "data"))["synthetic"] is True


def test_vendor_data_is_not_called_synthetic(tmp_path: Path) -> None:
    run = plausible_run(tmp_path, days=3, source="vendor")
    told = page(Contents.read(run), marks_of(run))
    assert "synthetic-band" not in told.split("</style>")[1].split("<script")[0]
    assert not Outline(told).texts["title"][0].startswith("SYNTHETIC")
    assert json.loads(script(told, "data"))["synthetic"] is False


def test_remarks_stand_before_the_result(text: str) -> None:
    assert text.index("these prices are made up by <code>nfolab synth</code>") < text.index('id="result"')


def test_whatever_comes_from_data_is_escaped(tmp_path: Path) -> None:
    folder = Folder(tmp_path, run="evil", strategy="x" + EVIL, remarks=[EVIL])
    variants = [folder.variant(number, stop=EVIL.replace("%", ""), note=f"{number}{EVIL}") for number in (0, 1)]
    for variant in variants:
        params = json.loads(variant["params"])
        variant["params"] = json.dumps({**params, "stop": "none"})
        folder.trade(variant, date(2025, 7, 7), flags=(EVIL,))
        folder.close_day(variant, date(2025, 7, 7), EVIL)
        folder.event(variant, date(2025, 7, 8), 305, "missed", reason=EVIL)
        folder.close_day(variant, date(2025, 7, 8), EVIL)
        folder.task(variant, date(2025, 7, 9), "refused", EVIL)
        folder.task(variant, date(2025, 7, 10), "failed", f"Traceback\n{EVIL}")
    folder.rows["legs"][0]["contract"] = EVIL
    for row in (*folder.rows["trades"], *folder.rows["legs"]):
        row["reason"] = EVIL
    folder.strategy = "x"
    run = folder.write()
    run.header["titles"] = {"x": EVIL}
    run.header["models"] = {EVIL: {EVIL: EVIL}}
    contents = Contents.read(run)
    told = page(contents, marks_of(run))
    assert "alert(" in told
    assert "<script>alert" not in told
    assert told.count("<script") == 2 + 1 + 2 + 1 + 2  # libraries, data, table and equity, details, two charts
    scripts = {"data", "trades-pack", "equity-pack", "details-1", "seconds-1", "seconds-2"}
    assert Outline(told).ids("script") == scripts


def test_table_of_trades_can_be_sorted_and_filtered(text: str) -> None:
    outline = Outline(text)
    keys = {attributes["data-key"] for tag, attributes in outline.tags if "data-key" in attributes}
    assert {"trade", "day", "reason", "net_paise", "flags"} <= keys
    assert {"filter-reason", "filter-flag", "filter-result"} <= outline.ids("select")
    assert "filter-text" in outline.ids("input")
    rows: Any = unpack(script(text, "trades-pack"))
    assert keys - {"variant"} <= set(rows)
    assert len({len(values) for values in rows.values()}) == 1


def test_tables_have_headers_and_figures_captions(text: str) -> None:
    outline = Outline(text)
    heads = [attributes for tag, attributes in outline.tags if tag == "th"]
    assert all(attributes.get("scope") in {"col", "row"} for attributes in heads)
    plots = [attributes for _, attributes in outline.tags if attributes.get("class") == "plot"]
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in plots)
    assert text.count("<figure>") == text.count("<figcaption>")


def test_details_are_those_of_the_tables(run: Run, text: str) -> None:
    told: Any = unpack(script(text, "details-1"))
    for row in run.table("trades").iter_rows(named=True):
        detail = told[str(row["trade"])]
        assert sum(leg[8] for leg in detail["legs"]) == row["gross_paise"]
        fills = [event for event in detail["events"] if event[1] == "fill"]
        unclosed = sum(leg[6] for leg in detail["legs"] if leg[7] == "unclosed")
        sides = {"sell": 1, "buy": -1}
        assert sum(sides[fill[6]] * fill[7] * fill[8] for fill in fills) - unclosed == row["gross_paise"]


def test_charts_hold_each_second_with_gaps_as_nothing(run: Run, text: str) -> None:
    trade = next(row for row in run.table("trades").iter_rows(named=True) if "gap" in row["flags"])
    told: Any = unpack(script(text, f"seconds-{trade['trade']}"))
    marks = marks_of(run)(trade["trade"]).filter(leg=0).sort("second")
    assert len(told["legs"][0]["bid"]) == marks.height
    bids, last = [], 0
    for step in told["legs"][0]["bid"]:
        last = last if step is None else last + step
        bids.append(None if step is None else last)
    assert bids == marks["bid_paise"].to_list()
    assert None in bids


def test_charts_tell_the_value_to_close_of_each_second(run: Run, text: str) -> None:
    for trade in run.table("trades").iter_rows(named=True):
        told: Any = unpack(script(text, f"seconds-{trade['trade']}"))
        cost = cost_to_close(told)
        assert cost[told["exit"]] == trade["premium_paise"] - trade["gross_paise"]
        values = (
            marks_of(run)(trade["trade"])
            .group_by("second")
            .agg(pl.col("value_paise").sum(), known=pl.col("value_paise").is_not_null().all())
        )
        open_until = min(leg["closed"] for leg in told["legs"])
        for place, row in enumerate(values.sort("second").iter_rows(named=True)):
            if told["entry"] <= place < open_until:
                assert cost[place] == (row["value_paise"] if row["known"] else None)


def test_levels_stand_where_the_trade_says(run: Run) -> None:
    legs = run.table("legs")
    for trade in run.table("trades").to_dicts():
        own = legs.filter(trade=trade["trade"]).to_dicts()
        told: Any = {name: level for name, _, level in levels(trade, own)}
        assert told["stop"] == pytest.approx(trade["premium_paise"] * 1.06, abs=1)
        assert told["target"] == pytest.approx(trade["premium_paise"] * 0.94, abs=1)
        stopped = [{**own[0], "stop_value_paise": 7 * own[0]["units"]}]
        assert ["leg_stop", own[0]["leg"], 7] in levels(trade, stopped)


def test_best_worst_and_flagged_are_chosen_first() -> None:
    nets = [5, -3, 9, 2, 1] * 20
    trades = [
        {
            "trade": number + 1,
            "net_paise": net,
            "flags": ["gap"] if number == 7 else [],
            "reason": "stop" if number == 50 else "time",
        }
        for number, net in enumerate(nets)
    ]
    chosen = choose(trades)
    assert [one.why for one in chosen[:3]] == ["best", "worst", "first to end so"]
    assert nets[chosen[0].trade - 1] == 9
    assert nets[chosen[1].trade - 1] == -3
    assert chosen[2].trade == 51
    assert chosen[3].trade == 8
    assert len({one.trade for one in chosen}) == len(chosen) <= 30


def test_differences_skip_gaps() -> None:
    assert differences([None, 100, 105, None, 95]) == [None, 100, 5, None, -10]


def test_a_lake_that_is_gone_leaves_the_report_whole(run: Run) -> None:
    def gone(trade: int) -> pl.DataFrame:
        raise InputError("there is no lake at /nowhere")

    told = page(Contents.read(run), gone)
    assert "No chart: there is no lake at /nowhere." in told
    assert "seconds-1" not in told
    assert "nfolab explain made-up-run TRADE" in told


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return many_trades(tmp_path_factory.mktemp("many"), 5_000)


def test_five_thousand_trades_stay_within_bounds(large: Run) -> None:
    path = write_report(Contents.read(large), marks_of(large))
    assert path == large.folder / "report.html"
    assert path.stat().st_size <= 10_000_000 < MOST_BYTES
    told = path.read_text(encoding="utf-8")
    rows: Any = unpack(script(told, "trades-pack"))
    assert len(rows["trade"]) == 5_000
    assert json.loads(script(told, "data"))["packs"][-1][1] == 5_000
    assert not list(large.folder.glob("*.partial")) + list(large.folder.glob(".*"))


def test_same_run_gives_the_same_bytes(run: Run, text: str) -> None:
    assert page(Contents.read(run), marks_of(run)) == text
