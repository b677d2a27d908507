"""The encyclopedia by the command line: a folder of pages with the results of runs, and one page alone."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from cli.conftest import Ask, Way
from nfolab.strategies.find import library, python_library


@pytest.fixture(scope="module")
def pages(way: Way, ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "encyclopedia"
    told = ask("encyclopedia", folder, "--runs", way.runs, "--json").document
    assert told == {"index": str(folder / "index.md"), "pages": len({*library(), *python_library()})}
    return folder


def results(page: Path) -> str:
    return page.read_text(encoding="utf-8").split("## Results\n")[1]


def rupees(cell: str) -> Decimal:
    return Decimal(cell.replace("₹", "").replace(",", "").replace("−", "-"))


def test_there_is_a_page_for_each_strategy_and_each_link_leads_to_one(pages: Path) -> None:
    assert {path.name for path in pages.iterdir()} == {
        "index.md", "index.html", *(f"{name}.md" for name in (*library(), *python_library())),
    }  # fmt: skip
    links = re.findall(r"\]\((.+?)\)", (pages / "index.md").read_text(encoding="utf-8"))
    assert all((pages / link).is_file() for link in links)


def test_results_say_synthetic_and_what_the_run_said(way: Way, pages: Path) -> None:
    told = results(pages / "short_straddle.md")
    assert told.startswith("\n**SYNTHETIC data is made by a generator")
    (line,) = [line for line in told.splitlines() if way.name in line and line.startswith("|")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    run = way.run.document
    assert cells[:4] == [f"`{way.name}`", "SYNTHETIC", "as written", "BANKNIFTY"]
    assert cells[4] == "2025-07-07 to 2025-07-09, 3 with data"
    assert cells[5:7] == ["4", str(run["trades"])]
    sums = [run["gross"], run["charges"], run["net"], run["band"]["worst"], run["band"]["best"]]
    assert [rupees(cell) for cell in cells[7:12]] == [Decimal(str(one)) for one in sums]
    assert "of 4 variants ended above zero" in told
    assert "The best of many is no result of one." in told


def test_a_strategy_without_a_run_says_so(pages: Path) -> None:
    assert results(pages / "adv08_atm60_120m.md").strip() == "No run of it was given."


def test_a_mirror_stands_in_a_line_of_its_own_and_a_proxy_is_named(way: Way, ask: Ask, tmp_path: Path) -> None:
    day = ("--from", "2025-07-08", "--to", "2025-07-08", "--lake", way.lake, "--runs", tmp_path / "runs", "--json")
    ask("run", "short_straddle", "--side", "both", *day)
    ask("run", "dgs_directional_gamma_scalper", *day)
    ask("encyclopedia", tmp_path / "pages", "--runs", tmp_path / "runs")
    told = results(tmp_path / "pages" / "short_straddle.md")
    assert re.search(r"^- `\w+`, mirrored: `entry=09:20:00`, .*`latency=1s`", told, re.MULTILINE)
    lines = [line.split(" | ") for line in told.splitlines() if line.startswith("| `")]
    assert [cells[2] for cells in lines] == ["as written", "mirrored"]
    assert "- PROXY-SIGNAL: The source trims" in results(tmp_path / "pages" / "dgs_directional_gamma_scalper.md")


def test_one_page_is_printed_as_it_is_written(ask: Ask, pages: Path) -> None:
    printed = ask("strategies", "adv08_atm60_120m", "--page")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == (pages / "adv08_atm60_120m.md").read_text(encoding="utf-8")


def test_a_strategy_of_ones_own_has_a_page(ask: Ask, tmp_path: Path) -> None:
    ask("new", "mine", "--strategies", tmp_path)
    told = ask("strategies", tmp_path / "mine.toml", "--page").out
    assert told.startswith("# Mine\n\n`mine`: sell, no family; runs.\n")
    assert "Enters at 09:45:00." in told


def test_mistakes_are_told_in_a_sentence(ask: Ask, pages: Path, tmp_path: Path) -> None:
    assert ask("encyclopedia", pages).sentence == f"{pages} is there already: give a new folder, or remove it first"
    nowhere = ask("encyclopedia", tmp_path / "new", "--runs", tmp_path)
    assert nowhere.sentence == f"there is no run in {tmp_path}: make one with `nfolab run`, or leave --runs out"
    assert not (tmp_path / "new").exists()
    assert ask("strategies", "--page").sentence.startswith("--page needs an ID")
    assert ask("strategies", "short_straddle", "--page", "--json").sentence.endswith("give one of them")
    lacking = ask("strategies", "orc_dispersion", "--page").sentence
    assert lacking.startswith("orc_dispersion cannot run on this data: it needs options of the shares")
