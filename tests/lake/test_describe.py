"""The data book tells what is in the files, counted by other means, and nothing that is not."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from lake_given import GivenSource, batch, numbered
from lake_sources import MONDAY, TUESDAY, bogus, lake_rows, small_market, tree, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.base.snapshot import COLUMNS, DataKind
from nfolab.cli import lake as lake_cli
from nfolab.cli import lake_repair
from nfolab.lake import Lake, scan
from nfolab.lake.packing.calendar import keep_differences
from nfolab.lake.packing.pack import pack
from nfolab.lake.telling.describe import describe
from nfolab.lake.telling.describe_columns import sampled
from nfolab.lake.telling.describe_page import html, markdown
from nfolab.market.calendar_check import check_calendar
from nfolab.vendor.sources import find_sources

app = typer.Typer()
for commands in (lake_cli, lake_repair):
    commands.register(app)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    raw = small_market(folder / "raw", seconds=40)
    write_contract(folder / "raw" / "banknifty25dec60000ce.parquet", [bogus(), bogus(), bogus()])
    vix = GivenSource("vix", (batch(DataKind.VIX, "INDIAVIX", numbered(DataKind.VIX, TUESDAY, range(9))),))
    pack(find_sources([raw[0].parent]), folder / "a book's lake", 1)
    pack([vix], folder / "a book's lake", 1)
    return folder / "a book's lake"


def called(*words: object, code: int = 0) -> str:
    done = CliRunner(env={"COLUMNS": "240"}).invoke(app, [str(word) for word in words])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def answer(*words: object, code: int = 0) -> Any:
    return json.loads(called(*words, "--json", code=code))


def test_every_stored_column_has_its_range_over_all_rows(root: Path) -> None:
    book = describe(root)
    assert book.looked_at == len(book.days) == len(Lake.open(root).entries)
    told = {(one.view, one.stored): one for one in book.columns if one.stored}
    for kind, view in (("options", "options"), ("spot", "spot"), ("vix", "vix")):
        stored = pl.concat([pl.read_parquet(path) for path in sorted((root / kind).rglob("*.parquet"))])
        assert {name for of, name in told if of == view} == set(stored.columns)
        for name in stored.columns:
            one, share = told[view, name], 100 if name.endswith("_paise") else 1
            least, greatest = stored[name].min(), stored[name].max()
            assert (one.rows, one.missing) == (stored.height, stored[name].null_count())
            if share == 100:
                assert (one.least, one.greatest) == (least / 100, greatest / 100)
            else:
                assert (one.least, one.greatest) == (least, greatest)


def test_every_column_says_what_it_means_and_where_it_comes_from(root: Path) -> None:
    book = describe(root)
    assert all(one.meaning and one.origin for one in book.columns)
    vendor = {one.origin.removeprefix("vendor column ") for one in book.columns if "vendor column" in one.origin}
    assert vendor == {one.vendor for kind in ("options", "spot", "vix") for one in COLUMNS[DataKind(kind)]}
    shown = {one.name for one in book.columns if one.view == "options" and one.stored} - {None}
    assert set(scan(root).collect_schema().names()) == shown | {"underlying", "day"}
    price = next(one for one in book.columns if (one.view, one.name) == ("options", "price"))
    assert (price.stored, price.unit, price.storing) == ("price_paise", "rupees", "BYTE_STREAM_SPLIT, lz4")


def test_counts_and_sizes_are_those_of_the_files(root: Path) -> None:
    book = describe(root)
    files = {path: len(content) for path, content in tree(root).items()}
    by_hand = {
        kind: sum(size for path, size in files.items() if path.startswith(f"{kind}/BANKNIFTY/"))
        for kind in ("options", "spot")
    }
    assert {one.kind: one.bytes for one in book.sizes if one.underlying == "BANKNIFTY"} == by_hand
    monday, tuesday = (lake_rows(root, "options", "BANKNIFTY", day).height for day in (MONDAY, TUESDAY))
    assert {(one.year, one.underlying, one.kind): one.rows for one in book.sizes} == {
        (2025, "BANKNIFTY", "options"): monday + tuesday,
        (2025, "BANKNIFTY", "spot"): lake_rows(root, "spot", "BANKNIFTY", MONDAY).height,
        (2025, "INDIAVIX", "vix"): 9,
        (2025, "NIFTY", "options"): lake_rows(root, "options", "NIFTY", MONDAY).height,
        (2025, "NIFTY", "spot"): lake_rows(root, "spot", "NIFTY", MONDAY).height,
    }
    folders = {one.path: (one.files, one.bytes) for one in book.folders}
    assert folders["."] == (len(files), sum(files.values()))
    ledgers = [size for path, size in files.items() if path.startswith("audit/options/")]
    assert folders["audit/options"] == (len(ledgers), sum(ledgers))


def test_sources_and_refused_rows_add_up(root: Path) -> None:
    book = describe(root)
    assert book.refused == {"before 2000": 4 + 3}  # one a table of the market's four, three in the file of nothing else
    assert all(
        one.read == one.written + one.repeated + one.superseded + sum(one.refused.values()) for one in book.sources
    )
    assert sum(one.written for one in book.sources) == book.rows
    assert [one.name for one in book.sources] == sorted(one.name for one in book.sources)


def test_first_and_last_rows_are_those_of_the_first_and_last_day(root: Path) -> None:
    book = describe(root)
    options = next(one for one in book.samples if one.view == "options")
    first = lake_rows(root, "options", "BANKNIFTY", MONDAY).head(5)["price_paise"]
    assert [line["price"] for line in options.first] == [paise / 100 for paise in first]
    assert {line["day"] for line in options.last} == {TUESDAY}
    assert len(options.last) == 5


def test_a_sample_is_spread_evenly_and_says_so(root: Path) -> None:
    entries = Lake.open(root).entries
    many = [type(entries[0])(**(vars(entries[0]) | {"day": MONDAY + timedelta(days=number)})) for number in range(11)]
    assert [(one.day - MONDAY).days for one in sampled(many, 3)] == [0, 5, 10]
    assert [(one.day - MONDAY).days for one in sampled(many, 1)] == [0]
    assert sampled(many, 99) == many
    book = describe(root, sample=1)
    assert (book.looked_at, len(book.days)) == (5, 6)
    assert "SAMPLE: 5 of 6 day files" in markdown(book)
    assert "SAMPLE" not in markdown(describe(root))


def test_two_workers_find_the_same_ranges(root: Path) -> None:
    assert describe(root, workers=2).columns == describe(root, workers=1).columns


def test_the_page_holds_what_the_markdown_holds(root: Path) -> None:
    book = describe(root)
    page, text = html(book), markdown(book)
    body = ET.fromstring(re.sub(r"^<!doctype html>\n|<meta[^>]*>", "", page)).find("body")
    assert body is not None
    headings = [(int(one.tag[1]), one.text) for one in body.iter() if one.tag in ("h1", "h2", "h3")]
    assert headings == [(len(marks), told) for marks, told in re.findall(r"^(#+) (.*)$", text, re.MULTILINE)]
    cells = [tuple(cell.text or "" for cell in line) for line in body.iter("tr")]
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    assert cells == [tuple(line.split(" | ")) for line in lines if set(line) - set("-| ")]
    assert "http" not in page
    assert (1, "Data book of a book's lake") in headings


def test_a_calendar_that_was_overridden_is_told(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    pack(find_sources([write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1))]), root, 1)
    assert "No expiry calendar was given" in markdown(describe(root))
    calendar = tmp_path / "mine.csv"
    calendar.write_text("instrument,expiry_type,final_expiry\nBANKNIFTY,monthly,2025-12-25\nNIFTY,monthly,2025-12-30\n")
    keep_differences(root, calendar.name, check_calendar(calendar))
    (line,) = describe(root).calendar
    assert (line["line"], line["underlying"], line["in_file"], line["right"]) == (
        2, "BANKNIFTY", date(2025, 12, 25), date(2025, 12, 30),
    )  # fmt: skip
    assert re.search(
        r"^\| 2 \| BANKNIFTY \| monthly \| 2025-12-25 \| 2025-12-30 \|", markdown(describe(root)), re.MULTILINE
    )


def test_synthetic_data_is_called_so(tmp_path: Path) -> None:
    path = write_contract(tmp_path / "banknifty25dec59400ce.parquet", walk(MONDAY, range(5), 1), synthetic=True)
    pack(find_sources([path]), tmp_path / "lake", 1)
    book = describe(tmp_path / "lake")
    for page in (markdown(book), html(book)):
        assert "SYNTHETIC" in page[:2500]
    assert "SYNTHETIC" in called("lake", "describe", "--lake", tmp_path / "lake")


def test_the_command_writes_both_pages_and_tells_scripts_everything(root: Path, tmp_path: Path) -> None:
    told = answer("lake", "describe", "--lake", root)
    assert {"columns", "days", "sizes", "folders", "samples", "sources", "refused"} <= told.keys()
    assert told["days"] == answer("lake", "days", "--lake", root)
    said = called("lake", "describe", "--lake", root, "--markdown", tmp_path / "b.md", "--html", tmp_path / "b.html")
    assert str(tmp_path / "b.md") in said
    assert (tmp_path / "b.md").read_text(encoding="utf-8") == markdown(describe(root))
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == html(describe(root))
    assert "last traded price" in called("lake", "describe", "--lake", root)
    done = CliRunner().invoke(app, ["lake", "describe", "--lake", str(root), "--sample", "0"])
    assert isinstance(done.exception, InputError)


def test_the_manifest_names_every_source_of_every_file(root: Path) -> None:
    told = answer("lake", "manifest", "--lake", root)
    assert [one["path"] for one in told] == [
        f"{one.kind}/{one.underlying}/{one.day}.parquet" for one in Lake.open(root).entries
    ]
    for line in told:
        shares = json.loads(pq.read_metadata(root / line["path"]).metadata[b"nfolab_sources"])
        assert [one["sha256"] for one in line["sources"]] == [one["sha256"] for one in shares]
        assert sum(one["written"] for one in line["sources"]) == line["rows"]
    tuesday = answer("lake", "manifest", "--lake", root, "--day", TUESDAY)
    assert {one["day"] for one in tuesday} == {str(TUESDAY)}
    assert "banknifty25dec59400ce.parquet" in called("lake", "manifest", "--lake", root)
    done = CliRunner().invoke(app, ["lake", "manifest", "--lake", str(root), "--day", str(date(2020, 1, 1))])
    assert isinstance(done.exception, InputError)


def test_the_repair_commands(root: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    raw = small_market(tmp_path / "raw", seconds=30)
    pack(find_sources(raw), lake, 1)
    whole = tree(lake)
    clean = answer("lake", "verify", "--lake", lake)
    assert (clean["faults"], clean["files"]) == ([], len(Lake.open(lake).entries))
    repacked = answer("lake", "repack", "--lake", lake, "--underlying", "NIFTY")
    assert [(one["kind"], one["changed"]) for one in repacked["days"]] == [("options", False), ("spot", False)]
    dry = answer("lake", "drop", "--lake", lake, "--source", raw[0].name, "--dry-run")
    assert (dry["dry_run"], dry["rows_lost"], [one["name"] for one in dry["sources"]]) == (True, 50, [raw[0].name])
    assert tree(lake) == whole
    gone = answer("lake", "drop", "--lake", lake, "--day", MONDAY, "--kind", "spot")
    assert [(one["underlying"], one["rows_left"]) for one in gone["days"]] == [("BANKNIFTY", 0), ("NIFTY", 0)]
    corrected = write_contract(tmp_path / "new" / raw[0].name, walk(MONDAY, range(7), 9))
    assert answer("lake", "repack", corrected, "--lake", lake)["rows_written"] == 7
    (lake / "options" / "NIFTY" / f"{MONDAY}.parquet").write_bytes(b"PAR1")
    (fault,) = answer("lake", "verify", "--lake", lake, code=3)["faults"]
    assert (fault["path"], list(fault)) == (f"options/NIFTY/{MONDAY}.parquet", ["path", "fault", "mend"])
    assert "faults: 1" in called("lake", "verify", "--lake", lake, code=3)
    for wrong in (
        ["drop", "--source", "x", "--day", str(MONDAY)],
        ["drop", "--overlapping", "--day", str(MONDAY)],
        ["repack", str(corrected), "--day", str(MONDAY)],
        ["export", str(tmp_path / "flat")],
    ):
        done = CliRunner().invoke(app, ["lake", *wrong, "--lake", str(lake)])
        assert isinstance(done.exception, InputError), wrong


def test_the_export_command(root: Path, tmp_path: Path) -> None:
    told = answer("lake", "export", tmp_path / "flat", "--flat", "--csv", "--lake", root, "--kind", "vix")
    assert (told["rows"], told["files"]) == (9, [str(tmp_path / "flat" / "vix" / "INDIAVIX" / f"{TUESDAY}.csv")])
    assert "9 rows in 1 files" in called("lake", "export", tmp_path, "--flat", "--lake", root, "--kind", "vix")
