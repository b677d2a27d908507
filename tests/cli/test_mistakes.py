"""Mistakes are told in one sentence that names what is wrong and the mend, with exit code 2, and nothing is lost."""

import gzip
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Answer, Ask, Way
from lake_sources import MONDAY, TUESDAY, tree, walk, write_contract
from vendor.vendor_rows import COLUMNS, create, insert, snapshots

NAME = "banknifty25dec59400ce"


MISTAKES = [
    line.split(" => ")
    for line in Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_what_is_asked_wrongly(
    way: Way, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, sentence: str
) -> None:
    monkeypatch.setenv("NFOLAB_LAKE", str(way.lake))
    monkeypatch.setenv("NFOLAB_RUNS", str(way.runs))
    monkeypatch.chdir(tmp_path)
    before = sorted(way.runs.iterdir())
    named = {"lake": way.lake, "runs": way.runs, "name": way.name}
    answer = ask(*words.format(**named).split())
    assert (answer.code, answer.sentence) == (2, sentence.format(**named))
    assert (list(tmp_path.iterdir()), sorted(way.runs.iterdir())) == ([], before)


def test_what_is_no_lake(ask: Ask, tmp_path: Path) -> None:
    empty, other, missing = tmp_path / "empty", tmp_path / "other", tmp_path / "missing"
    empty.mkdir()
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"sea")
    for command in (["lake", "days"], ["lake", "sql", "select 1"], ["run", "short_straddle"]):
        found = {path: ask(*command, "--lake", path) for path in (empty, other, missing)}
        assert all(answer.code == 2 for answer in found.values())
        mend = "run `nfolab pack SOURCE --lake {0}`"
        for path in (empty, other):
            assert found[path].sentence == f"{path} is no lake, or its first pack did not finish: {mend.format(path)}"
        assert found[missing].sentence == (
            f"there is no lake at {missing}: make one with `nfolab pack SOURCE --lake {missing}`"
        )
    packed = ask("pack", write_contract(tmp_path / f"{NAME}.parquet", walk(MONDAY, range(9), 1)), "--lake", other)
    assert packed.sentence.startswith(f"{other} is not a lake but a folder with other things in it (holiday.jpg)")
    assert tree(other) == {"holiday.jpg": b"sea"}


def bad_sources(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be packed, with the sentence for each."""
    good = write_contract(folder / "good" / f"{NAME}.parquet", walk(MONDAY, range(300), 1))
    half = folder / "half" / f"{NAME}.parquet"
    half.parent.mkdir()
    half.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    text = create(NAME, COLUMNS) + insert(NAME, snapshots(200), COLUMNS) + "-- Dump completed on 2025-12-16 10:00:00\n"
    cut = folder / "cut.sql.gz"
    cut.write_bytes(gzip.compress(text.encode())[:-100])
    fewer = [{name: value for name, value in row.items() if name != "bp0"} for row in snapshots(3)]
    lacking = folder / "lacking.sql"
    lacking.write_text(
        create(NAME, list(fewer[0]))
        + insert(NAME, fewer, list(fewer[0]))
        + "-- Dump completed on 2025-12-16 10:00:00\n",
        encoding="utf-8",
    )
    unknown = write_contract(folder / "nasdaq25dec59400ce.parquet", walk(MONDAY, range(9), 1))
    doubtful = write_contract(folder / "NIFTY-Dec2025-26000-CE.parquet", walk(MONDAY, range(9), 1))
    return {
        "cut gzip": (cut, f"{cut} is cut: its gzip packing ends too early, so copy it again from its source"),
        "half parquet": (half, f"{half} is cut or no Parquet file: copy it again from its source"),
        "missing column": (lacking, f"{lacking}, table {NAME} lacks the column bp0"),
        "unknown name": (unknown, f"{unknown}: unknown contract name 'nasdaq25dec59400ce': write it as"),
        "doubtful name": (
            doubtful,
            f"{doubtful}: contract name 'NIFTY-Dec2025-26000-CE' can be read in 3 ways: as NIFTY",
        ),
        "not there": (folder / "none.parquet", f"{folder / 'none.parquet'} does not exist: give a raw Parquet file"),
        "of another kind": (folder / "good", ""),
    }


@pytest.mark.parametrize(
    "case", ["cut gzip", "half parquet", "missing column", "unknown name", "doubtful name", "not there"]
)
def test_sources_that_cannot_be_packed(ask: Ask, tmp_path: Path, case: str) -> None:
    source, sentence = bad_sources(tmp_path)[case]
    answer = ask("pack", source, "--lake", tmp_path / "lake", "--json")
    assert answer.code == 2
    assert answer.sentence.startswith(sentence)
    assert not (tmp_path / "lake").exists()


def test_one_bad_source_among_good_ones_is_told_and_the_rest_packed(ask: Ask, tmp_path: Path) -> None:
    sources = bad_sources(tmp_path)
    answer = ask("pack", sources["half parquet"][0], tmp_path / "good", "--lake", tmp_path / "lake", "--json")
    assert answer.code == 3
    (unread,) = [one for one in answer.document["refused"] if one["rows"] is None]
    assert unread["reason"] == sources["half parquet"][1]
    assert answer.document["rows_written"] == 300
    shown = ask("pack", sources["half parquet"][0], tmp_path / "good", "--lake", tmp_path / "lake")
    assert (shown.code, shown.err) == (3, f"nfolab: {sources['half parquet'][1]}\n")


def test_rows_of_a_holiday_are_refused_and_counted(ask: Ask, tmp_path: Path) -> None:
    christmas = MONDAY.replace(day=25)
    source = write_contract(tmp_path / f"{NAME}.parquet", [*walk(TUESDAY, range(9), 1), *walk(christmas, range(5), 2)])
    told = ask("pack", source, "--lake", tmp_path / "lake", "--json").document
    assert told["days"] == ["2025-12-16"]
    assert told["refused"] == [{"file": source.name, "rows": 5, "reason": "no session that day"}]


def limited(size: int, *words: object) -> Answer:
    """Run the real command where no file may grow beyond a size, as on a full disk."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        [sys.executable, "-m", "nfolab", *map(str, words)],
        preexec_fn=limit, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def test_a_full_disk(way: Way, tmp_path: Path) -> None:
    too_large = "because a file would grow beyond the size allowed"
    lake, runs = tmp_path / "lake", tmp_path / "runs"
    answer = limited(1_000_000, "pack", way.raw, "--lake", lake, "--workers", 1)
    assert answer.code == 2
    assert answer.sentence.startswith(f"the lake {lake} cannot be written {too_large} (nothing half-written remains)")
    answer = limited(1_500, "run", "short_straddle", "--lake", way.lake, "--runs", runs)
    assert answer.code == 2
    assert answer.sentence.startswith(f"the run {runs}")
    assert answer.sentence.endswith(f"cannot be written {too_large}: make room or give another --runs")
    answer = limited(300_000, "synth", tmp_path / "raw", "--days", 1)
    assert answer.code == 2
    assert too_large in answer.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_report_there_was(way: Way, ask: Ask, tmp_path: Path) -> None:
    runs = shutil.copytree(way.runs, tmp_path / "runs")
    ask("report", way.name, "--lake", way.lake, "--runs", runs)
    before = tree(runs)
    answer = limited(100_000, "report", way.name, "--lake", way.lake, "--runs", runs)
    assert answer.code == 2
    assert "cannot be written because a file would grow beyond the size allowed" in answer.sentence
    assert tree(runs) == before


def test_a_place_where_no_folder_can_be(way: Way, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    answer = ask("run", "short_straddle", "--lake", way.lake, "--runs", file)
    assert (answer.code, answer.sentence.split(" cannot be written ")[1]) == (
        2, "because part of its path is a file: make room or give another --runs",
    )  # fmt: skip
    for words in (["synth", file / "raw", "--days", 1], ["pack", way.raw, "--lake", file / "lake"]):
        answer = ask(*words)
        assert answer.code == 2
        assert "cannot be written because part of its path is a file" in answer.sentence
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_day_fails_alone(way: Way, ask: Ask, tmp_path: Path, workers: int) -> None:
    lake = shutil.copytree(way.lake, tmp_path / "lake", copy_function=os.link)
    damaged = lake / "options" / "BANKNIFTY" / "2025-07-08.parquet"
    whole = damaged.read_bytes()
    damaged.unlink()
    damaged.write_bytes(whole[: len(whole) // 2])
    answer = ask("run", "short_straddle", "--lake", lake, "--runs", tmp_path, "--workers", workers, "--json")
    told = answer.document
    assert answer.code == 3
    assert (told["tasks"], told["failed"], told["trades"]) == (3, 1, 2)
    assert told["remarks"][-1].startswith(f"1 of 3 tasks failed, the first because: the lake file {damaged} is damaged")
    trades = ask("trades", told["run"], "--runs", tmp_path, "--json").document
    assert [trade["day"] for trade in trades] == ["2025-07-07", "2025-07-09"]


def test_a_day_without_an_index_feed_is_refused_and_names_the_proxy(way: Way, ask: Ask, tmp_path: Path) -> None:
    raw = shutil.copytree(way.raw, tmp_path / "raw", copy_function=os.link)
    for spot in raw.rglob("*.parquet"):
        if "fair_values" not in spot.parts and not spot.name.endswith(("ce.parquet", "pe.parquet")):
            spot.unlink()
    lake = tmp_path / "lake"
    assert {one["kind"] for one in _packed(ask, raw, lake)} == {"options"}
    answer = ask("run", "short_straddle", "--lake", lake, "--runs", tmp_path / "runs", "--json")
    assert answer.code == 2
    assert answer.sentence == (
        "no index feed of BANKNIFTY on 2025-07-07, so the money is unknown: set spot=parity to take it from the "
        "put-call-parity forward, or give the strike as a number"
    )
    by_parity = ask(
        "run", "short_straddle", "--set", "spot=parity", "--lake", lake, "--runs", tmp_path, "--json"
    ).document
    assert by_parity["trades"] == 3
    assert any("spot=parity" in remark for remark in by_parity["remarks"][:2])
    at_a_number = ask(
        "run", "short_straddle", "--set", "spot=parity", "--set", "strike=57000", "--lake", lake, "--runs", tmp_path,
        "--json",
    ).document  # fmt: skip
    assert at_a_number["trades"] == 3
    assert not any("spot=parity" in remark for remark in at_a_number["remarks"])


def _packed(ask: Ask, raw: Path, lake: Path) -> list[dict[str, object]]:
    assert ask("pack", raw, "--lake", lake).code == 0
    days: list[dict[str, object]] = ask("lake", "days", "--lake", lake, "--json").document
    return days
