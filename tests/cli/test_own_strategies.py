"""Strategies of one's own by the command line: a template, a check, a folder, both sides, and a run at each save."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from cli.conftest import Ask, Way
from nfolab.strategies.asked import asked
from nfolab.strategies.editor_schema import json_schema
from nfolab.strategies.find import Shelf

PATIENCE = 60.0
DAY = ("--from", "2025-07-08", "--to", "2025-07-08")
PROXY = "One thing stands for another."


@pytest.fixture
def mine(ask: Ask, tmp_path: Path) -> Path:
    """A folder with a recipe made by `new`."""
    made = ask("new", "mine", "--strategies", tmp_path)
    assert (made.code, made.err) == (0, "")
    return tmp_path / "mine.toml"


def test_a_new_recipe_loads_and_runs(way: Way, ask: Ask, mine: Path, tmp_path: Path) -> None:
    checked = ask("check", mine)
    assert checked.code == 0
    assert checked.out.startswith("mine.toml can be run, with each of the 6 values of its grids\n")
    told = ask("run", mine, *DAY, "--lake", way.lake, "--runs", tmp_path / "runs", "--json").document
    assert (told["trades"], told["failed"]) == (1, 0)
    text = mine.read_text(encoding="utf-8")
    assert sum(line.startswith("#") for line in text.splitlines()) >= 8


def test_new_overwrites_nothing_and_takes_no_name_of_the_library(ask: Ask, mine: Path, tmp_path: Path) -> None:
    mine.write_text("mine", encoding="utf-8")
    again = ask("new", "mine", "--strategies", tmp_path)
    assert (again.code, again.sentence) == (
        2, f"{mine} is there already: choose another name, or remove it first",
    )  # fmt: skip
    assert mine.read_text(encoding="utf-8") == "mine"
    taken = ask("new", "short_straddle", "--strategies", tmp_path)
    assert (taken.code, taken.sentence) == (2, "the library has a strategy short_straddle: choose another name")
    wrong = ask("new", "../mine", "--strategies", tmp_path)
    assert wrong.code == 2
    assert wrong.sentence.startswith("'../mine' is no id: use small letters, digits and _")


def test_check_tells_what_it_understood(ask: Ask, mine: Path) -> None:
    told = ask("check", mine, "--json").document
    assert (told["id"], told["file"], told["grid_values"], told["warnings"]) == ("mine", "mine.toml", 6, [])
    said = "\n".join(told["understood"])
    for part in ("needs: options, spot", "09:45:00", "CE", "PE", "30%", "50%", "15:15:00", "tries none, 20%, 30%"):
        assert part in said, part


def test_check_finds_mistakes_in_values_that_a_run_would_meet_later(ask: Ask, mine: Path) -> None:
    text = mine.read_text(encoding="utf-8")
    mine.write_text(text.replace('"none", "20%", "30%"', '"none", "20", "30%"'), encoding="utf-8")
    wrong = ask("check", mine)
    assert (wrong.code, wrong.sentence) == (
        2, "mine: parameter stop: '20' has no unit: write it as 30%, 1500rs or 40pt, or none",
    )  # fmt: skip
    mine.write_text(text.replace("sell ", "buy ").replace('"20%", "30%"', '"20%", "200%"'), encoding="utf-8")
    (warning,) = ask("check", mine, "--json").document["warnings"]
    assert warning == (
        "the stop of the whole is 200% of the premium paid, but bought legs cannot lose that much (with stop=200%)"
    )
    assert f"warning: {warning}" in ask("check", mine).out
    assert ask("check").sentence == "check needs a FILE, such as my_straddle.toml, or --schema"


def test_check_reads_a_python_strategy(ask: Ask, tmp_path: Path) -> None:
    assert "A Python strategy" in ask("check", "limit_scalper").out
    (tmp_path / "half.py").write_text('"""Half."""\n', encoding="utf-8")
    wrong = ask("check", tmp_path / "half.py")
    assert (wrong.code, wrong.sentence.split(":")[0]) == (2, "half.py has no function run(tape, desk, p)")


def test_the_schema_is_one_json_document(ask: Ask) -> None:
    assert ask("check", "--schema").document == json_schema()


def test_a_folder_of_ones_own_runs_by_id(
    way: Way, ask: Ask, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ("--strategies", tmp_path)
    place = ("--lake", way.lake, "--runs", tmp_path / "runs")
    assert ask("run", "mine", *DAY, *folder, *place, "--json").document["trades"] == 1
    (row,) = ask("strategies", "mine", *folder, "--json").document
    assert (row["state"], row["family"], row["needs"]) == ("runs", None, ["options", "spot"])
    monkeypatch.setenv("NFOLAB_STRATEGIES", str(tmp_path))
    listed = ask("strategies", "--json").document
    assert listed[-1]["id"] == "mine"
    # What `all` asks for is what the index calls running; that these run is shown strategy by strategy.
    runs = {one["id"] for one in listed if one["state"].startswith("runs")}
    every, _ = asked(Shelf.of(tmp_path), ["all"])
    assert {one.id for one in every} == runs
    assert {one.side for one in asked(Shelf.of(tmp_path), ["all"], "sell")[0]} == {"sell"}
    (tmp_path / "short_straddle.toml").write_text(mine.read_text(encoding="utf-8"), encoding="utf-8")
    clash = ask("run", "mine", *DAY, *place)
    assert clash.code == 2
    assert clash.sentence.endswith("has the id of a strategy of the library, short_straddle: rename it")


def test_a_strategy_that_needs_what_a_day_lacks_is_refused_and_the_others_run(
    way: Way, ask: Ask, mine: Path, tmp_path: Path
) -> None:
    text = mine.read_text(encoding="utf-8")
    on_futures = text.replace('at = "entry"', 'when = "future.last > 1pt and time >= entry"')
    (tmp_path / "on_futures.toml").write_text(on_futures, encoding="utf-8")
    without = tmp_path / "without_futures"
    assert ask("pack", way.raw / "2025-07-08", way.raw / "spot", "--lake", without).code == 0
    place = (*DAY, "--lake", without, "--runs", tmp_path / "runs", "--strategies", tmp_path)
    answer = ask("run", "mine", "on_futures", *place, "--json")
    told = answer.document
    assert (answer.code, told["tasks"], told["refused"], told["failed"], told["trades"]) == (0, 2, 1, 0, 1)
    assert any("future" in reason["reason"] for reason in told["no_trades"])
    alone = ask("run", "on_futures", *place)
    assert alone.code == 2
    assert "future" in alone.sentence


def test_an_entry_that_is_not_there_says_why(way: Way, ask: Ask, tmp_path: Path) -> None:
    place = ("--lake", way.lake, "--runs", tmp_path)
    lacking = ask("run", "orc_dispersion", *place)
    assert (lacking.code, lacking.sentence) == (
        2, "orc_dispersion cannot run on this data: it needs options of the shares in the index",
    )  # fmt: skip
    shown = ask("strategies", "orc_dispersion").out
    assert "cannot run on this data" in shown
    assert "it would need options of the shares in the index" in shown


def test_a_proxy_is_told_first_in_flags_and_in_json(way: Way, ask: Ask, mine: Path, tmp_path: Path) -> None:
    text = mine.read_text(encoding="utf-8")
    mine.write_text(text.replace('side     = "sell"', f'side = "sell"\nproxy = "{PROXY}"'), encoding="utf-8")
    place = ("--lake", way.lake, "--runs", tmp_path / "runs")
    told = ask("run", mine, *DAY, *place, "--json").document
    assert told["flags"][0] == "PROXY-SIGNAL"
    assert f"PROXY-SIGNAL: mine: {PROXY}" in told["remarks"][:2]
    (trade,) = ask("trades", told["run"], *place[2:], "--json").document
    assert trade["flags"][0] == "PROXY-SIGNAL"
    report = ask("report", told["run"], *place)
    assert report.out.index("PROXY-SIGNAL") < report.out.index("net")
    (row,) = ask("strategies", mine, "--json").document
    assert (row["state"], row["proxy"]) == ("runs with proxy", PROXY)
    assert f"PROXY-SIGNAL: {PROXY}" in ask("strategies", mine).out


def test_both_sides_are_kept_apart(way: Way, ask: Ask, tmp_path: Path) -> None:
    place = ("--lake", way.lake, "--runs", tmp_path)
    asks = ("run", "short_straddle", "--side", "both", *DAY, *place)
    told = ask(*asks, "--json").document
    assert (told["tasks"], told["trades"]) == (2, 2)
    trades = ask("trades", told["run"], "--runs", tmp_path, "--json").document
    assert [(one["strategy"], one["side"]) for one in trades] == [
        ("short_straddle", "as written"), ("short_straddle mirrored", "mirrored"),
    ]  # fmt: skip
    assert [{leg["side"] for leg in one["legs"]} for one in trades] == [{"sell"}, {"buy"}]
    assert [leg["contract"] for leg in trades[0]["legs"]] == [leg["contract"] for leg in trades[1]["legs"]]
    assert trades[0]["entry_time"] == trades[1]["entry_time"]
    # Where one side sells the other buys: at a spread above zero both together cannot win.
    assert trades[0]["gross"] + trades[1]["gross"] < 0
    shown = ask("report", told["run"], *place, "--json").document["tables"]["variants"]
    assert [row["side"] for row in shown] == ["as written", "mirrored"]
    assert "mirrored" in ask("trades", told["run"], "--runs", tmp_path).out
    bought = ask("run", "short_straddle", "--side", "buy", *DAY, *place, "--json").document
    (one,) = ask("trades", bought["run"], "--runs", tmp_path, "--json").document
    assert (one["side"], one["net"]) == ("mirrored", trades[1]["net"])


def test_a_senseless_mirror_is_refused_and_the_rest_runs(way: Way, ask: Ask, tmp_path: Path) -> None:
    place = (*DAY, "--lake", way.lake, "--runs", tmp_path)
    reason = (
        "the mirror of short_straddle makes no sense: the stop of the whole is 200% of the premium paid, but bought "
        "legs cannot lose that much"
    )
    told = ask("run", "short_straddle", "--side", "both", "--grid", "stop=20%,2x", *place, "--json").document
    assert (told["tasks"], told["trades"]) == (3, 3)
    assert reason in told["remarks"]
    alone = ask("run", "short_straddle", "--side", "buy", "--set", "stop=2x", *place)
    assert (alone.code, alone.sentence) == (2, reason)
    mixed = ask("run", "market_maker", "--side", "sell", *place)
    assert mixed.sentence == "market_maker buys and sells, so it has no sell side: leave --side out, or give both"


class Watching:
    """A real `nfolab run FILE --watch`, and what it says on standard error."""

    def __init__(self, way: Way, file: Path, runs: Path) -> None:
        words = ("run", file, *DAY, "--lake", way.lake, "--runs", runs, "--watch")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nfolab", *map(str, words)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self.lines: Queue[str] = Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as said:
            for line in said:
                self.lines.put(line.rstrip("\n"))

    def until_it_waits(self) -> list[str]:
        """Return what it said until it waits for the next save."""
        said: list[str] = []
        end = time.monotonic() + PATIENCE
        while not said or "Ctrl-C ends" not in said[-1]:
            try:
                said.append(self.lines.get(timeout=max(0.01, end - time.monotonic())))
            except Empty:
                raise AssertionError(said) from None
        return said[:-1]


@pytest.fixture
def watching(way: Way, mine: Path, tmp_path: Path) -> Iterator[Watching]:
    made = Watching(way, mine, tmp_path / "runs")
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()
    made.reader.join()


def test_a_run_at_each_save(watching: Watching, mine: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    text = mine.read_text(encoding="utf-8")
    assert watching.until_it_waits() == []
    assert len(list(runs.iterdir())) == 1

    saved = time.monotonic()
    mine.write_text(text.replace("50%", "40%"), encoding="utf-8")
    assert watching.until_it_waits() == []
    took = time.monotonic() - saved
    seconds = [json.loads((run / "run.json").read_text(encoding="utf-8"))["seconds"] for run in runs.iterdir()]
    assert len(seconds) == 2
    # It looks ten times a second; what is more is the run itself and the machine's other work.
    assert took < 5 + max(seconds)

    mine.write_text(text[: len(text) // 2], encoding="utf-8")  # as an editor leaves it half-way
    (mistake,) = watching.until_it_waits()
    assert mistake.startswith("nfolab: mine.toml")
    mine.write_text(text.replace('"atm"', '"atmm"'), encoding="utf-8")
    (mistake,) = watching.until_it_waits()
    assert re.match(r"nfolab: mine.toml: leg 1.strike: 'atmm' is no strike", mistake)

    mine.unlink()  # as an editor does that writes beside it and renames
    time.sleep(0.5)
    assert watching.process.poll() is None
    assert watching.lines.empty()
    mine.write_text(text.replace("50%", "45%"), encoding="utf-8")
    assert watching.until_it_waits() == []
    assert len(list(runs.iterdir())) == 3

    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(timeout=PATIENCE) == 0
    assert watching.lines.get(timeout=PATIENCE) == "no longer waiting"
    assert not list(runs.rglob("*.partial"))


def test_a_watch_prints_no_single_document(ask: Ask, mine: Path) -> None:
    answer = ask("run", mine, "--watch", "--json")
    assert (answer.code, answer.sentence) == (
        2, "--watch prints a table for each save, --json one document: give one of them",
    )  # fmt: skip
