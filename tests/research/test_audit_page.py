"""A month's audit page in a real browser: no complaint, it fits a phone, and what it shows is what the ledger says."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lake_sources import MONDAY, bogus, clock, row, small_market, walk, write_contract
from nfolab.base.errors import InputError
from nfolab.cli import audit as audit_command
from nfolab.cli import lake as lake_command
from nfolab.lake.packing.pack import pack
from nfolab.vendor.sources import find_sources
from research.chromium import browser, find

app = typer.Typer()
for commands in (lake_command, audit_command):
    commands.register(app)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a synthetic lake in which one contract's close alternates between two values."""
    folder = tmp_path_factory.mktemp("page")
    small_market(folder / "raw", seconds=120)
    wrong = [bogus(), *walk(MONDAY, range(120), 1)]
    for number, one in enumerate(wrong[1:]):
        one["close"] = 99.0 if number % 2 else 55.0
    write_contract(folder / "raw" / "banknifty25dec59500ce.parquet", wrong)
    pack(find_sources([folder / "raw"]), folder / "lake", 1)
    asked = ["lake", "audit", "--lake", str(folder / "lake"), "--month", "2025-12", "--html", str(folder / "page.html")]
    assert CliRunner().invoke(app, asked).exit_code == 3  # for a changing close is severe
    return folder / "page.html"


def test_the_page_stands_alone_and_tells_the_worst_first(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "<script" not in text
    first = text.index("The worst findings")
    assert text.index("severe", first) < text.index("changing close", first) < text.index("serious", first)
    assert "BANKNIFTY 2025-12-30 59500 CE" in text[first : first + 1500]
    assert "SYNTHETIC" not in text


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_page_in_a_browser(page: Path, width: int, dark: bool) -> None:
    executable = find()
    if executable is None:
        pytest.skip("no Chromium or Chrome on this machine")
    with browser(executable) as shown:
        shown.open(page, width=width, height=900, dark=dark, touch=width < 500)
        assert shown.complaints == []
        assert shown.value("document.documentElement.scrollWidth") == width
        pictures = "[...document.images]"
        assert shown.value(f"{pictures}.length") == 3  # December's calls and puts, January's calls
        assert shown.value(f"{pictures}.map(one => one.naturalWidth)") == [
            376,
            376,
            376,
        ]  # minutes, the closing one too
        assert shown.value(f"{pictures}.map(one => one.naturalHeight)") == [2, 1, 1]
        severe = "document.querySelectorAll('td.severe').length"
        assert shown.value(severe) == 1
        background = shown.value("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(21, 22, 26)" if dark else "rgb(255, 253, 249)")


def test_a_page_needs_a_month(tmp_path: Path, page: Path) -> None:
    lake = str(page.parent / "lake")
    for words, why in (
        (["--html", str(tmp_path / "x.html")], "name it, as in --month 2025-12"),
        (["--month", "2025-13"], "'2025-13' is not a month"),
        (["--month", "2025-12", "--day", "2025-12-15"], "give --day or --month"),
        (["--month", "2024-12"], "has nothing of 2024-12"),
    ):
        done = CliRunner().invoke(app, ["lake", "audit", "--lake", lake, *words])
        assert isinstance(done.exception, InputError)
        assert why in str(done.exception)
    assert not (tmp_path / "x.html").exists()


def test_synthetic_data_is_told_in_capitals(tmp_path: Path) -> None:
    rows = [row(MONDAY, second, bp0=99.0 + 0.05 * (second % 7)) for second in range(30)]
    write_contract(tmp_path / "raw" / "banknifty25dec59400ce.parquet", rows, synthetic=True)
    pack(find_sources([tmp_path / "raw"]), tmp_path / "lake", 1)
    asked = ["lake", "audit", "--lake", str(tmp_path / "lake"), "--month", f"{clock(MONDAY, 0):%Y-%m}"]
    CliRunner().invoke(app, [*asked, "--html", str(tmp_path / "page.html")])
    assert '<p class="synthetic">SYNTHETIC DATA' in (tmp_path / "page.html").read_text()
