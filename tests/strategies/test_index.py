"""The index of the library: an entry for each strategy asked for, its state from the files that are there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from nfolab.base.errors import InputError
from nfolab.strategies.find import Shelf, library, python_library
from nfolab.strategies.index import STATES, catalogue, index, markdown, row_of, why_not
from nfolab.strategies.schema import FAMILIES, NEEDS

ROOT = Path(__file__).resolve().parents[2]
RECIPE = 'title = "Mine"\nside = "buy"\n{more}[enter]\nat = "10:00:00"\n[[leg]]\nbuy = "CE"\n'
TOLD = ("family", "idea", "why", "fails_when", "pays_by")


def written(folder: Path, name: str, more: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(RECIPE.format(more=more), encoding="utf-8")
    return path


def test_the_catalogue_holds_what_is_asked_for() -> None:
    entries = catalogue().values()
    assert len(entries) == 203
    assert Counter(one.group for one in entries) == {"core": 142, "catalog": 25, "annex": 36}
    assert sum(one.group == "core" and one.priority <= 2 for one in entries) == 79
    assert Counter(one.side for one in entries) == {"buy": 88, "sell": 84, "mixed": 31}
    assert sum(bool(one.proxy) for one in entries) == 28
    for one in entries:
        assert one.family in FAMILIES
        assert set(one.needs) <= set(NEEDS)
        assert one.needs[0] == "options"
        assert re.fullmatch(r"[a-z][a-z0-9_]*", one.id)
        assert 1 <= one.priority <= 5
        assert not (one.proxy and one.lacks), one.id
        assert one.summary.endswith("."), one.id
        assert len(one.summary) <= 120, one.id


def test_what_cannot_run_on_this_data_says_what_it_would_need() -> None:
    lacking = {one.id for one in catalogue().values() if one.lacks}
    assert lacking == {
        "ms08_micro_basis_arb", "c20_correlation_divergence", "orc_dispersion", "cat_collar_covered",
        "cat_basis_tilt", "x_futures_microburst", "x_deep_itm_parity", "orig_overnight_x4",
    }  # fmt: skip
    assert row_of(Shelf.of(), "orc_dispersion").state == "cannot run on this data"
    assert "it needs options of the shares" in why_not(catalogue()["orc_dispersion"])
    assert "not yet built" in why_not(catalogue()["c12_speed_line_break"]) or "c12_speed_line_break" in library()


def test_each_strategy_stands_in_the_index_once_with_its_state() -> None:
    rows = index(Shelf.of())
    assert len({row.id for row in rows}) == len(rows)
    assert {row.id for row in rows} == {*catalogue(), *library(), *python_library()}
    for row in rows:
        assert row.state in STATES
        assert (row.strategy is not None) == (row.state in STATES[:2])
        assert (row.state == "runs with proxy") == bool(row.strategy and row.strategy.header.proxy)
        assert bool(row.lacks) == (row.state == "cannot run on this data")
    assert rows[0].family == FAMILIES[0]


def test_what_is_built_of_the_catalogue_agrees_with_it() -> None:
    for row in index(Shelf.of()):
        if row.strategy is None or row.entry is None:
            continue
        header = row.strategy.header
        assert not row.entry.lacks, row.id
        assert (header.side, header.family) == (row.entry.side, row.entry.family), row.id
        assert header.proxy or not row.entry.proxy, f"{row.id}: {row.entry.proxy}"
        assert all(getattr(header, name) for name in TOLD), row.id
        assert header.source, row.id
        for name in TOLD[1:]:
            assert getattr(header, name).strip()[-1] == ".", (row.id, name)


def test_each_stands_in_the_folder_of_its_side() -> None:
    folders = {"buy": "buying", "sell": "selling", "mixed": "mixed"}
    shelf = Shelf.of()
    for name, path in shelf.paths().items():
        assert path.parent.name == folders[shelf.find(name).side], name
    assert len(shelf.paths()) == len(library()) + len(python_library())


def test_the_page_of_the_library_is_the_index() -> None:
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    assert page == markdown(index(Shelf.of())), "make it anew: make pages"
    assert "| `short_straddle` | sell | runs |" in page


def test_a_folder_of_ones_own_is_found_by_being_there(tmp_path: Path) -> None:
    written(tmp_path, "mine")
    written(tmp_path, "proxied", 'proxy = "One thing stands for another."\n')
    written(tmp_path, "_half_done")
    (tmp_path / "notes.txt").write_text("no strategy")
    shelf = Shelf.of(tmp_path)
    assert set(shelf.own) == {"mine", "proxied"}
    assert shelf.find("mine").title == "Mine"
    assert shelf.find("short_straddle").side == "sell"
    rows = index(shelf)
    assert [(row.id, row.state) for row in rows[-2:]] == [("mine", "runs"), ("proxied", "runs with proxy")]
    assert row_of(shelf, "mine").needs == ("options", "spot")
    with pytest.raises(InputError, match=r"no strategy 'minne' \(did you mean mine\?\)"):
        shelf.find("minne")
    with pytest.raises(InputError, match="no strategy 'zzzz': `nfolab strategies` lists them"):
        shelf.find("zzzz")


def test_an_id_stands_for_one_file(tmp_path: Path) -> None:
    written(tmp_path, "short_straddle")
    with pytest.raises(InputError, match="has the id of a strategy of the library, short_straddle: rename it"):
        Shelf.of(tmp_path)
    (tmp_path / "short_straddle.toml").rename(tmp_path / "mine.toml")
    (tmp_path / "mine.py").write_text('"""Mine."""\n')
    with pytest.raises(InputError, match="have one id, mine: rename one of them"):
        Shelf.of(tmp_path)
    with pytest.raises(InputError, match=r"there is no folder .*none: make it, or give another with --strategies"):
        Shelf.of(tmp_path / "none")


def test_a_file_of_ones_own_may_build_an_entry_of_the_catalogue(tmp_path: Path) -> None:
    name = next(name for name in catalogue() if name not in library() and not catalogue()[name].lacks)
    written(tmp_path, name)
    row = row_of(Shelf.of(tmp_path), name)
    assert (row.state, row.family) == ("runs", catalogue()[name].family)
