"""The encyclopedia: every strategy's page is whole, what is shared is shared both ways, capital is reckoned by hand."""

import re
from pathlib import Path

import pytest

from nfolab.strategies.capital import capital, short_pairs
from nfolab.strategies.encyclopedia import SECTIONS, index_page, page
from nfolab.strategies.find import Shelf, find_recipe
from nfolab.strategies.index import Row, index, row_of
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.shared_parts import Share, shared_parts

BY_HAND = Path(__file__).with_name("adv08_atm60_120m.md")
HEAD = 'title = "Mine"\nside = "mixed"\n'


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return index(Shelf.of())


@pytest.fixture(scope="module")
def shares(rows: list[Row]) -> dict[str, list[Share]]:
    return shared_parts(rows)


def sections(text: str) -> dict[str, str]:
    """The text under each heading, which no docstring of a strategy can hold."""
    pieces = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def written(folder: Path, rules: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(HEAD + rules, encoding="utf-8")
    return Recipe.load(path)


def test_every_strategy_of_the_library_has_every_section(rows: list[Row], shares: dict[str, list[Share]]) -> None:
    built = [row for row in rows if row.strategy]
    assert len(built) >= 80
    for row in built:
        told = sections(page(row, shares[row.id]))
        assert list(told) == list(SECTIONS), row.id
        assert all(text.strip() for text in told.values()), row.id


def test_a_page_tells_what_the_header_says(rows: list[Row], shares: dict[str, list[Share]]) -> None:
    for row in (row for row in rows if row.strategy):
        text, header = page(row, shares[row.id]), row.strategy.header
        for said in (header.idea, header.why, header.fails_when, header.pays_by, header.proxy):
            assert said is None or said in text, row.id
        for said in (*header.assumptions, *header.readings, *header.reported):
            assert said in text, row.id
        assert ("**PROXY-SIGNAL**" in text) == bool(header.proxy), row.id
        for name, parameter in row.strategy.params.items():
            assert f"| `{name}`" in text, (row.id, name)
            values = [parameter.default, *parameter.grid]
            assert all(" ".join(one.split()).replace("|", "\\|") in text for one in values), (row.id, name)


def test_what_is_shared_is_shared_both_ways(shares: dict[str, list[Share]]) -> None:
    told = {(name, one.part, one.what, other) for name, own in shares.items() for one in own for other in one.others}
    assert len(told) > 500
    assert {(other, part, what, name) for name, part, what, other in told} == told
    assert {part for _, part, _, _ in told} == {"entry", "condition", "exits", "family"}


def test_parts_are_alike_where_the_values_of_parameters_make_them_so(tmp_path: Path) -> None:
    """One says 20 % in a parameter, the other in the rule: the same exit. The entries differ in their second half."""
    leg = '[[leg]]\nbuy = "CE"\n'
    (tmp_path / "first.toml").write_text(
        f'{HEAD}[params]\nfar = {{ default = "20%" }}\n[enter]\nwhen = "ce.spread < 1pt and ce.mid > 50pt"\n{leg}'
        '[exit]\nstop = "far"\ntime = "15:00:00"\n', encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "second.toml").write_text(
        f'{HEAD}[enter]\nwhen = "ce.spread < 1pt and ce.mid > 60pt"\n{leg}[exit]\nstop = "20%"\n', encoding="utf-8"
    )
    shelf = Shelf({name: tmp_path / f"{name}.toml" for name in ("first", "second")})
    assert shared_parts([row_of(shelf, "first"), row_of(shelf, "second")]) == {
        name: [
            Share("condition", "ce.spread < 1pt", (other,)),
            Share("exits", "All close at a loss of 20%.", (other,)),
        ]
        for name, other in (("first", "second"), ("second", "first"))
    }


def test_a_page_is_as_written_by_hand() -> None:
    """Held against its recipe and its entry of the catalogue; of the library only three are taken to share with."""
    shelf = Shelf.of()
    names = ("adv07_atm35_60m_multi", "adv08_atm60_120m", "adv09_otm1_15_20m")
    rows = {name: row_of(shelf, name) for name in names}
    shares = shared_parts(list(rows.values()))
    assert page(rows["adv08_atm60_120m"], shares["adv08_atm60_120m"]) == BY_HAND.read_text(encoding="utf-8")


def test_capital_counts_the_dearer_kind(tmp_path: Path) -> None:
    """Sold: 1 + 2 lots of calls, 2 of puts, so 3 pairs; 3 × 2.5 = 7.5 and 3 × 1.75 = 5.25 lakh. Bought: 4 lots."""
    calls = '[[leg]]\nsell = "CE"\n[[leg]]\nsell = "CE"\nstrike = "otm2"\nlots = "2lots"\n'
    puts = '[[leg]]\nsell = "PE"\nlots = "2lots"\n[[leg]]\nbuy = "PE"\nstrike = "otm5"\nlots = "4lots"\n'
    recipe = written(tmp_path, f'[enter]\nat = "10:00:00"\n{calls}{puts}')
    assert short_pairs(recipe.variant({}, 0)) == 3
    banknifty, nifty, bought = capital(recipe)
    assert banknifty.startswith("BANKNIFTY: ₹7.5 lakh of flat margin")
    assert nifty.startswith("NIFTY: ₹5.25 lakh of flat margin")
    assert bought.startswith("The premium of 4 lots bought")


def test_capital_of_what_is_only_bought_is_its_premium(tmp_path: Path) -> None:
    bought = written(tmp_path, '[enter]\nat = "10:00:00"\n[[leg]]\nbuy = "CE"\n')
    assert capital(bought) == ["The premium of 1 lot bought, which only the fills tell."]


def test_capital_speaks_of_the_underlyings_that_a_recipe_is_for(tmp_path: Path) -> None:
    alone = written(tmp_path, 'underlyings = ["NIFTY"]\n[enter]\nat = "10:00:00"\n[[leg]]\nsell = "CE"\n')
    assert [line.split(":")[0] for line in capital(alone)] == ["NIFTY"]


def test_legs_that_a_direction_decides_count_whichever_way_it_goes() -> None:
    """One sold `against`, two lots: two calls or two puts."""
    scalper = find_recipe("dgs_directional_gamma_scalper").of("BANKNIFTY")
    assert short_pairs(scalper.variant({}, 0)) == 2


def test_the_index_links_each_page_and_names_those_without_one(rows: list[Row]) -> None:
    text = index_page(rows)
    built = {row.id for row in rows if row.strategy}
    assert set(re.findall(r"\[(\w+)\]\(\1\.md\)", text)) == built
    assert set(re.findall(r"^- `(\w+)`", text, re.MULTILINE)) == {row.id for row in rows} - built
    assert "It would need options of the shares" in text
