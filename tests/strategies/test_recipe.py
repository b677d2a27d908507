"""The recipe language: what it says, and the one sentence for each mistake."""

from pathlib import Path

import pytest

from nfolab.base.errors import InputError
from nfolab.base.units import Clock, Percent, Points, Rupees, Seconds
from nfolab.engine.codes import Watch
from nfolab.strategies.find import find_recipe, library
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.rules import DayRules, Rules
from nfolab.strategies.words import StrikeRule

HEAD = 'title = "A test"\nside = "mixed"\n'
WHOLE = (
    HEAD
    + """
[params]
entry = { default = "09:20:00", grid = ["09:20:00", "11:00:00"] }
level = { default = "30%" }

[enter]
at = "entry"

[[leg]]
sell = "CE"
strike = "otm2"
lots = "2lots"

[[leg]]
buy = "PE"
strike = "atm-1"
expiry = "monthly"

[exit]
stop = "level"
target = "40pt"
leg_stop = "level"
time = "15:00:00"
on = "mid"
"""
)


def load(folder: Path, text: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(text)
    return Recipe.load(path)


def test_a_recipe_says_what_it_says(tmp_path):
    recipe = load(tmp_path, WHOLE)
    variant = recipe.variant({}, 7)
    assert (recipe.id, recipe.title, recipe.side) == ("mine", "A test", "mixed")
    assert (variant.strategy, variant.number) == ("mine", 7)
    assert variant.enter.at == (Clock(9 * 3600 + 20 * 60),)
    assert [(leg.sign, leg.kind, leg.strike, leg.expiry, leg.lots) for leg in variant.legs] == [
        (-1, "CE", StrikeRule("otm", 2), "nearest", 2),
        (1, "PE", StrikeRule("steps", -1), "monthly", 1),
    ]
    assert (variant.rules.stop, variant.rules.target) == (Percent(300_000), Points(4_000))
    assert [leg.rules.stop for leg in variant.legs] == [Percent(300_000), Percent(300_000)]
    assert (variant.exit, variant.watch) == (Clock(15 * 3600), Watch.MID)
    assert (variant.spot, variant.latency, variant.max_quote_age) == ("index", Seconds(1), Seconds(5))
    assert variant.plan == "zero"
    assert recipe.params["entry"].grid == ("09:20:00", "11:00:00")


def test_one_parameter_may_serve_several_places_and_is_given_once(tmp_path):
    variant = load(tmp_path, WHOLE).variant({"level": "12.5%"}, 0)
    assert (variant.rules.stop, variant.legs[0].rules.stop) == (Percent(125_000), Percent(125_000))
    assert variant.params == {
        "entry": "09:20:00",
        "level": "12.5%",
        "spot": "index",
        "latency": "1s",
        "max_quote_age": "5s",
        "plan": "zero",
    }


def test_the_least_a_recipe_needs(tmp_path):
    variant = load(tmp_path, HEAD + '[enter]\nat = "10:00:00"\n[[leg]]\nbuy = "CE"\n').variant({}, 0)
    assert variant.rules == variant.legs[0].rules == Rules()
    assert (variant.again, variant.adjustments, variant.day) == (None, (), DayRules())
    assert variant.exit == Clock(15 * 3600 + 20 * 60)
    assert variant.legs[0].strike == StrikeRule("atm")


LEG = '[[leg]]\nsell = "CE"\n'
ENTER = '[enter]\nat = "10:00:00"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WHOLE + "\nwhen = 1", r"mine.toml: \[exit\] has no 'when'"),
        ("whne = 1\n" + WHOLE, r"mine.toml: a recipe has no 'whne' \(known: adjust, assumptions, day, days, enter"),
        ('tilte = "x"\n' + WHOLE, r"a recipe has no 'tilte' \(did you mean title\?\)"),
        (WHOLE.replace("leg_stop", "legstop"), r"\[exit\] has no 'legstop' \(did you mean leg_stop\?\)"),
        (WHOLE.replace("strike =", "stirke =", 1), r"leg 1 has no 'stirke' \(did you mean strike\?\)"),
        (
            WHOLE.replace('at = "entry"', 'at = "entry"\naftr = "x"'),
            r"\[enter\] has no 'aftr' \(did you mean after\?\)",
        ),
        (
            WHOLE.replace("default =", "defualt =", 1),
            r"the parameter entry has no 'defualt' \(did you mean default\?\)",
        ),
        (WHOLE.replace('default = "09:20:00", ', ""), "the parameter entry needs a default with its unit"),
        (WHOLE.replace('"30%" }', '"30%", gird = [] }'), r"the parameter level has no 'gird' \(did you mean grid\?\)"),
        (WHOLE.replace('"30%"', "30"), "the parameter level needs a default with its unit"),
        (WHOLE.replace('"30%"', '"30"'), "mine: parameter level: '30' has no unit: write it as 30%, 1500rs or 40pt"),
        (WHOLE.replace('"40pt"', "40"), "40 stands without quotes and unit"),
        (WHOLE.replace('"40pt"', '"40"'), "mine.toml: exit.target: '40' has no unit"),
        (WHOLE.replace('"40pt"', '"0pt"'), "exit.target: '0pt' is not above zero: leave a rule out with none"),
        (WHOLE.replace('"40pt"', '"-4pt"'), "'-4pt' is not above zero"),
        (WHOLE.replace('"40pt"', '"0.001pt"'), "'0.001pt' is finer than 0.01pt"),
        (WHOLE.replace('"30%"', '"1500rs"'), "'1500rs' is an amount of the whole trade; a leg's stop is in percent"),
        (WHOLE.replace("[params]", '[params]\nspare = { default = "1s" }'), "the parameter 'spare' is used nowhere"),
        (WHOLE.replace('sell = "CE"', 'sell = "CE"\nbuy = "CE"'), "leg 1 must either sell or buy a CE or a PE"),
        (WHOLE.replace('sell = "CE"\n', ""), "leg 1 must either sell or buy a CE or a PE"),
        (WHOLE.replace('sell = "CE"', 'sell = "FUT"'), "leg 1.sell: 'FUT' is no kind of option: write CE or PE"),
        (WHOLE.replace('"2lots"', '"0lots"'), "leg 1.lots: '0lots' is not a number of lots: write it as 2lots"),
        (WHOLE.replace('"2lots"', '"2"'), "'2' is not a number of lots"),
        (WHOLE.replace('"otm2"', '"atm2"'), r"leg 1.strike: 'atm2' is no strike: write atm, atm_pair, atm\+2"),
        (WHOLE.replace('"monthly"', '"weekly"'), "leg 2.expiry: 'weekly' is no expiry: write nearest, next, monthly"),
        (WHOLE.replace('"mid"', '"midd"'), r"exit.on: 'midd' is no price to watch \(did you mean mid\?\)"),
        (WHOLE.replace('"15:00:00"', '"15:20:01"'), "exit 15:20:01 is after 15:20:00, by when every order to close"),
        (WHOLE.replace('"15:00:00"', '"09:20:00"'), "mine: exit 09:20:00 is not after entry 09:20:00"),
        (WHOLE.replace('"15:00:00"', '"3pm"'), "exit.time: '3pm' is not a time of day: write it as 09:45:00"),
        (WHOLE.replace('"15:00:00"', '"24:00:00"'), "'24:00:00' is not a time of day"),
        (WHOLE.replace('at = "entry"', 'at = "15:15:01"') + "", "entry 15:15:01 is after 15:15:00"),
        (WHOLE.replace('at = "entry"', 'at = ["entry", "09:19:00"]'), "the times of enter.at must rise"),
        (WHOLE.replace('at = "entry"', 'at = ["entry", "entry"]'), "the times of enter.at must rise"),
        (LEG, "a recipe needs a title and a side, which is buy, sell or mixed"),
        ('title = "x"\nside = "short"\n' + ENTER + LEG, "a side, which is buy, sell or mixed"),
        (HEAD + LEG, r"a recipe needs \[enter\] with a time of day"),
        (HEAD + ENTER, r"a recipe needs at least one \[\[leg\]\]"),
        ("title = ", "mine.toml is no valid TOML"),
    ],
)
def test_each_mistake_has_its_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence) as told:
        load(tmp_path, text)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"stpo": "5%"}, r"short_straddle has no parameter 'stpo' \(did you mean stop\?\)"),
        ({"stop": "5"}, "parameter stop: '5' has no unit: write it as 30%, 1500rs or 40pt, or none"),
        ({"leg_stop": "500rs"}, "parameter leg_stop: '500rs' is an amount of the whole trade"),
        ({"entry": "15:15:01", "exit": "15:20:00"}, "parameter entry: entry 15:15:01 is after 15:15:00"),
        ({"exit": "15:20:01"}, "parameter exit: exit 15:20:01 is after 15:20:00"),
        ({"entry": "15:15:00"}, "exit 15:15:00 is not after entry 15:15:00: give a later exit or an earlier entry"),
        ({"entry": "11:00", "exit": "10:59:59"}, "exit 10:59:59 is not after entry 11:00:00"),
        ({"latency": "0s"}, "parameter latency: latency 0s is below 1s: the row that decides must never fill"),
        ({"latency": "61s"}, "parameter latency: latency 61s is above 60s: orders could go out after 15:20:00"),
        ({"latency": "-1s"}, "'-1s' is not a whole number of seconds"),
        ({"latency": "1.5s"}, "'1.5s' is not a whole number of seconds: write it as 90s or 5m"),
        ({"lots": "0lots"}, "parameter lots: '0lots' is not a number of lots"),
        ({"strike": "ATM"}, "parameter strike: 'ATM' is no strike"),
        ({"expiry": "2025-13-01"}, "parameter expiry: '2025-13-01' is no expiry"),
        ({"spot": "future"}, "parameter spot: 'future' is no source of spot"),
        ({"spot": "partiy"}, r"'partiy' is no source of spot \(did you mean parity\?\)"),
        ({"plan": "flat25"}, r"unknown brokerage plan 'flat25' \(did you mean flat5\?\)"),
    ],
)
def test_each_wrong_parameter_has_its_sentence(given, sentence):
    with pytest.raises(InputError, match=sentence) as told:
        find_recipe("short_straddle").variant(given, 0)
    assert "\n" not in str(told.value)


def test_units_are_read_at_every_place():
    variant = find_recipe("short_straddle").variant({"stop": "1500rs", "target": "0.05pt", "latency": "1m"}, 0)
    assert (variant.rules.stop, variant.rules.target, variant.latency) == (Rupees(150_000), Points(5), Seconds(60))


def test_short_straddle_has_the_parameters_and_defaults_of_the_interface():
    assert find_recipe("short_straddle").values({}) == {
        "entry": "09:20:00",
        "exit": "15:15:00",
        "strike": "atm",
        "expiry": "nearest",
        "lots": "1lots",
        "stop": "none",
        "target": "none",
        "leg_stop": "none",
        "spot": "index",
        "latency": "1s",
        "max_quote_age": "5s",
        "plan": "zero",
    }


def test_every_recipe_of_the_library_loads_with_every_value_of_its_grids():
    assert "short_straddle" in library()
    for name in library():
        recipe = find_recipe(name)
        assert recipe.id == name
        for parameter, declared in recipe.params.items():
            for value in declared.grid:
                assert recipe.variant({parameter: value}, 0).params[parameter] == value


def test_a_recipe_is_found_by_id_or_by_path(tmp_path):
    (tmp_path / "mine.toml").write_text(WHOLE)
    assert find_recipe(str(tmp_path / "mine.toml")).id == "mine"
    with pytest.raises(InputError, match=r"no strategy 'short_stradle' \(did you mean short_straddle\?\)"):
        find_recipe("short_stradle")
    with pytest.raises(InputError, match=r"cannot read the recipe .*none.toml: No such file"):
        find_recipe(str(tmp_path / "none.toml"))


def test_a_parameter_called_entry_does_not_change_what_percentages_are_of(tmp_path):
    """`of` is the entry where nothing is said, whatever parameters are called."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "x"\nside = "sell"\n[params]\nentry = { default = "09:20:00" }\n[enter]\nat = "entry"\n'
        '[[leg]]\nsell = "CE"\n[[adjust]]\nposition = "loss >= 30%"\ndo = "close all"\n'
    )
    (adjustment,) = Recipe.load(path).variant({}, 0).adjustments
    assert not adjustment.of_value
