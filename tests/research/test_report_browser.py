"""The report in a real browser: drawn, usable, and without a complaint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nfolab.research.report import Contents, write_report
from research.chromium import Page, browser, find
from research.run_folders import Folder, date, marks_of, plausible_run

WIDTHS = {"laptop": 1440, "phone": 390}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = plausible_run(tmp_path_factory.mktemp("runs"), days=12, variants=2)
    return write_report(Contents.read(run), marks_of(run))


@pytest.fixture(scope="module")
def chromium() -> str:
    found = find()
    if found is None:
        pytest.skip("no Chromium or Chrome here: tools/system-packages tells how to install it")
    return found


@pytest.fixture(params=["laptop", "phone"])
def page(request: pytest.FixtureRequest, report: Path, chromium: str) -> Iterator[Page]:
    with browser(chromium) as opened:
        width = WIDTHS[request.param]
        opened.open(report, width=width, dark=request.param == "phone", touch=request.param == "phone")
        yield opened
        assert opened.complaints == []


def test_report_in_a_browser(page: Page) -> None:
    # One test a width, for a start of Chromium costs a second: what a reader does, one after the other.
    for chart in ("waterfall", "equity", "distribution", "endings"):
        assert page.value(f"document.querySelectorAll('#{chart} .main-svg path').length") > 2, chart
        assert "SYNTHETIC" in page.value(f"document.getElementById('{chart}').textContent"), chart
    assert page.value("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out sideways"

    # the best trade's seconds are drawn at once, the others when opened
    assert page.value("document.querySelectorAll('#seconds .js-plotly-plot').length") == 1
    page.value("document.querySelectorAll('#seconds details')[1].open = true")
    page.wait("document.querySelectorAll('#seconds .js-plotly-plot').length === 2")
    page.value("document.querySelector('#seconds .zooms button:last-child').click()")
    gapless = "[...document.querySelectorAll('#seconds .js-plotly-plot')].every(p => p.data.every(t => !t.connectgaps))"
    assert page.value(gapless)

    # sorting by net, twice: smallest first, then greatest
    net = "[...document.querySelectorAll('#trades-body .row')].map(r => Number(r.dataset.trade))"
    page.value("document.querySelector('[data-key=net_paise]').click()")
    rising = page.value(net)
    assert page.value("document.querySelector('[data-key=net_paise]').closest('th').ariaSort") == "ascending"
    page.value("document.querySelector('[data-key=net_paise]').click()")
    assert page.value(net)[0] == rising[-1] != rising[0]

    # a filter leaves what fits, and adds it up
    page.value("document.getElementById('filter-flag').value = 'any'")
    page.value("document.getElementById('filter-flag').dispatchEvent(new Event('input'))")
    flags = "[...document.querySelectorAll('#trades-body .row')].map(r => r.querySelectorAll('.flag').length)"
    assert 0 < len(page.value(flags)) < len(rising)
    assert all(page.value(flags))
    assert page.value("document.getElementById('trades-count').textContent").startswith(f"{len(page.value(flags))} of ")

    # a row opens by keyboard, tells legs, decisions and fills, and closes again
    page.value("document.querySelector('#trades-body .opener').focus()")
    for kind in ("rawKeyDown", "char", "keyUp"):
        page.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)
    page.wait("document.querySelectorAll('tr.open h4').length === 3")
    assert page.value("document.activeElement.ariaExpanded") == "true"
    assert page.value("document.querySelectorAll('tr.open table').length") == 3
    page.value("document.activeElement.click()")
    page.wait("!document.querySelector('tr.open')")

    # one variant's equity ends at that variant's net
    last = "document.getElementById('equity').data[2].y.at(-1)"
    together = page.value(last)
    page.value("document.getElementById('equity-variant').value = '1'")
    page.value("document.getElementById('equity-variant').dispatchEvent(new Event('input'))")
    page.wait(f"{last} !== {together}")

    # the other colours, charts too
    ink = "getComputedStyle(document.body).color + document.querySelector('#equity .xtick text').style.fill"
    before = page.value(ink)
    page.value("document.getElementById('theme').click()")
    page.wait(f"{ink} !== '{before}'")


def test_report_without_trades(chromium: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path, run="none")
    folder.close_day(folder.variant(0), date(2025, 7, 7), "no spot within 2 s")
    run = folder.write()
    path = write_report(Contents.read(run), marks_of(run))
    with browser(chromium) as page:
        page.open(path)
        assert "No trade" in page.value("document.querySelector('.hero').textContent")
        assert "no spot within 2 s" in page.value("document.querySelector('#funnel').textContent")
        assert page.complaints == []


def test_report_prints(report: Path, chromium: str, tmp_path: Path) -> None:
    with browser(chromium) as page:
        page.open(report, dark=True)
        page.printed(tmp_path / "report.pdf")
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
        assert page.value("document.documentElement.dataset.theme") is None
        assert page.complaints == []
