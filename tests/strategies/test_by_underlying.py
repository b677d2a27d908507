"""Parameters that differ between underlyings, and strategies that are for some of them only."""

import pytest

from nfolab.base.errors import InputError
from nfolab.strategies.recipe import Recipe

TEXT = """
title = "Half as far for NIFTY"
side = "sell"
{header}
[params]
away = {away}
stop = {{ default = "20%" }}
[enter]
at = "09:20:00"
[[leg]]
sell = "CE"
[exit]
stop = "stop"
spot = {{ away = "away" }}
"""
BOTH = '{ default = { BANKNIFTY = "100pt", NIFTY = "50pt" }, grid = { BANKNIFTY = ["80pt"], NIFTY = ["40pt"] } }'


def recipe(tmp_path, away=BOTH, header=""):
    path = tmp_path / "half_as_far.toml"
    path.write_text(TEXT.format(away=away, header=header))
    return Recipe.load(path)


def test_each_underlying_has_its_own_default_and_grid(tmp_path):
    loaded = recipe(tmp_path)
    for underlying, default, tried in (("BANKNIFTY", "100pt", "80pt"), ("NIFTY", "50pt", "40pt")):
        own = loaded.of(underlying)
        assert own.params["away"].default == default
        assert own.params["away"].grid == (tried,)
        assert str(own.variant({}, 0).rules.spot.up) == default
        assert own.params["stop"].default == "20%"
        assert str(own.variant({"away": "7pt"}, 0).rules.spot.up) == "7pt"


def test_an_underlying_without_a_default_is_told(tmp_path):
    with pytest.raises(InputError, match="away has a default for BANKNIFTY and NIFTY but none for FINNIFTY: add one"):
        recipe(tmp_path).of("FINNIFTY")


@pytest.mark.parametrize(
    ("away", "why"),
    [
        ("{ default = {} }", "names no underlying"),
        ('{ default = { NIFTY = "50pt" }, grid = { BANKNIFTY = ["1pt"] } }', "a grid for other underlyings"),
        ('{ default = "50pt", grid = { NIFTY = ["1pt"] } }', "a grid for other underlyings"),
        ('{ default = { BANKNIFTY = "50pt", NIFTY = "50" } }', "50"),
    ],
)
def test_what_does_not_fit_is_refused_at_load(tmp_path, away, why):
    with pytest.raises(InputError, match=why):
        recipe(tmp_path, away)


def test_the_underlyings_it_is_for_go_with_the_variant(tmp_path):
    loaded = recipe(tmp_path, header='underlyings = ["NIFTY"]')
    assert loaded.of("NIFTY").variant({}, 0).underlyings == ("NIFTY",)
