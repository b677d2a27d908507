"""The model of a recipe's file: what it lets through, its sentences, and the schema that editors read."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nfolab.base.errors import InputError
from nfolab.strategies.editor_schema import json_schema
from nfolab.strategies.find import library
from nfolab.strategies.recipe import Recipe
from nfolab.strategies.schema import FAMILIES, NEEDS, RecipeFile, Table
from nfolab.strategies.template import template
from nfolab.strategies.words import read_amount, read_expiry, read_kind, read_leg_amount

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'title = "A test"\nside = "mixed"\n'
ENTER = '[enter]\nat = "10:00:00"\n'
LEG = '[[leg]]\nsell = "CE"\n'
LEAST = HEAD + ENTER + LEG


def load(folder: Path, text: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return Recipe.load(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LEAST + '[exit.trail]\nbehnd = "1pt"', r"exit.trail has no 'behnd' (did you mean behind?)"),
        (LEAST + '[[exit.trail]]\nbehind = "1pt"\n[[exit.trail]]\nbehnd = "1pt"', r"exit.trail 2 has no 'behnd'"),
        (LEAST + 'again = { on = "stop", tims = "2" }', "leg 1.again has no 'tims' (did you mean times?)"),
        (LEAST + LEG + "stpo = 1", "leg 2 has no 'stpo' (did you mean stop?)"),
        (LEAST + 'again = "yes"', 'leg 1.again must be a table, such as { on = "stop", times = "2" }'),
        (LEAST + 'stop = ["1pt"]', "leg 1.stop must be"),
        (LEAST + "[[adjust]]\ndo = 'close all'", "adjust 1 needs a when or a position"),
        (LEAST + "[[adjust]]\nwhen = 'spread > 1pt'", "adjust 1 needs what it does"),
        (
            LEAST + "[[adjust]]\nposition = 'held > 1m'\ndo = 'close all'\nthen = { stopp = '1pt' }",
            "adjust 1.then has no",
        ),
        (LEAST + "[day]\nlosses = '3'", "[day] has no 'losses' (did you mean losers?)"),
        (HEAD + "[enter]\n" + LEG, "[enter] needs a time of day"),
        (HEAD + ENTER + "between = ['10:00:00']\n" + LEG, "enter.between has too few values"),
        (HEAD + ENTER + "wait = { move = '1pt' }\n" + LEG, "enter.wait needs a move and within"),
        (HEAD + ENTER + "[enter.scan]\nkinds = ['FUT']\n" + LEG, "enter.scan.kinds 1: 'FUT' does not belong here"),
        (HEAD + ENTER + LEG + "lazy = 'yes'", "a recipe opens nothing at the entry, as every leg is lazy"),
        (HEAD + ENTER + "[[leg]]\nbuy = 'trigger'", "a recipe has a leg 1 that is 'trigger', so [enter] must say scan"),
        (
            'family = "sell_stradle"\n' + LEAST,
            "family: 'sell_stradle' does not belong here (did you mean sell_straddle?)",
        ),
        ('needs = ["spott"]\n' + LEAST, "needs 1: 'spott' does not belong here (did you mean spot?)"),
        ("title = 4\n" + LEAST.replace('title = "A test"\n', ""), "title: 4 stands without quotes and unit"),
        (LEAST.replace('"10:00:00"', "10:00:00"), "enter.at: 10:00:00 stands without quotes and unit"),
        (LEAST + "lots = true", "leg 1.lots: true stands without quotes and unit"),
        ("source = 'x'\n" + LEAST, "source must be a list"),
    ],
)
def test_each_mistake_of_form_is_one_sentence_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)) as told:
        load(tmp_path, text)
    assert str(told.value).startswith("mine.toml: ")
    assert "\n" not in str(told.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"mine.toml is no text in UTF-8"):
        Recipe.load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    "text",
    [
        'overnight = "yes"\n' + LEAST,
        LEAST + 'product = "NRML"',
        LEAST + '[exit]\ncarry_forward = "yes"',
        LEAST + '[exit]\ntime = "next day 09:20:00"',
        LEAST + '[exit]\ntime = "T+1 09:20:00"',
        LEAST + 'hold = "2 days"',
        LEAST + '[exit]\nhold = "1day"',
        HEAD + '[enter]\nat = "positional"\n' + LEG,
        LEAST + '[exit]\nbtst = "yes"',
    ],
)
def test_what_would_be_held_overnight_is_refused_when_it_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="positions are never held overnight: everything is closed by 15:20:00"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LEAST.replace("10:00:00", "15:15:01"), "after 15:15:00, the last time at which an order to open may be sent"),
        (LEAST + '[exit]\ntime = "15:25:00"', "after 15:20:00, by when every order to close must have been sent"),
        (LEAST + 'again = { until = "15:16:00" }', "after 15:15:00"),
        (HEAD + '[enter]\nwhen = "spot.last > 1pt"\nbetween = ["10:00:00", "15:29:30"]\n' + LEG, "after 15:15:00"),
        ("[params]\nlatency = { default = '0s' }\n" + LEAST, "the row that decides must never fill"),
    ],
)
def test_the_rules_of_the_day_hold_when_a_file_is_read(tmp_path: Path, text: str, sentence: str) -> None:
    if text.startswith("[params]"):
        text = HEAD + text.replace(HEAD, "")
    with pytest.raises(InputError, match=sentence):
        load(tmp_path, text)


def test_a_header_says_what_it_says(tmp_path: Path) -> None:
    header = load(tmp_path, 'family = "sell_straddle"\nneeds = ["spot"]\nproxy = "A stands for B."\n' + LEAST).header
    assert (header.family, header.needs, header.proxy) == ("sell_straddle", ["spot"], "A stands for B.")
    assert (header.source, header.readings, header.reported, header.idea) == ([], [], [], None)


@pytest.mark.parametrize(
    ("needs", "rest", "sentence"),
    [
        ([], LEG, "needs does not name 'spot', which the strike at the money asks for"),
        (["spot", "volume"], LEG, "needs names 'volume', but nothing in the recipe asks for it"),
        (["spot"], LEG + 'strike = "max_oi"', "needs does not name 'chain', which the strike of leg 1 asks for"),
        (["spot", "chain"], LEG + 'strike = "max_oi"', "'open interest', which the strike of leg 1"),
        (["spot"], LEG + 'signal = "volume(10s) > 5lots"', "'volume', which volume(10s) asks for"),
        (["spot"], LEG + 'signal = "depth(5) > 5lots"', "'five levels', which depth(5) asks for"),
        (["spot"], LEG + 'signal = "chain.atm_iv > 12%"', "'chain', which chain.atm_iv"),
        (["spot"], LEG + 'signal = "future.last > 12pt"', "'future', which future.last"),
        (["spot"], LEG + '[days]\nto_expiry = "0"', "needs does not name 'expiry day', which to_expiry asks for"),
        (["vix"], LEG + 'strike = "59400"\nspot = { away = "1%" }', "'spot', which a rule on the index asks for"),
    ],
)
def test_the_needs_of_a_header_are_those_of_its_rules(
    tmp_path: Path, needs: list[str], rest: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        load(tmp_path, f"needs = {json.dumps(needs)}\n" + HEAD + ENTER + rest)


def test_needs_that_no_rule_can_show_are_taken_at_their_word(tmp_path: Path) -> None:
    text = 'needs = ["options", "events", "expiry day"]\n' + HEAD + ENTER + LEG + 'strike = "59400"'
    assert load(tmp_path, text).header.needs == ["options", "events", "expiry day"]


def test_the_published_schema_is_that_of_the_model() -> None:
    published = json.loads((ROOT / "docs" / "recipe.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "make it anew: make pages"


def models() -> list[type[Table]]:
    found: list[type[Table]] = []
    waiting = [Table]
    while waiting:
        below = waiting.pop().__subclasses__()
        found += below
        waiting += below
    return found


def test_every_key_is_told_of() -> None:
    assert len(models()) > 10
    for model in models():
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, (model.__name__, name)
            assert field.description.strip()[-1] in ".…", (model.__name__, name)


def fits(schema: dict[str, Any], value: object, node: dict[str, Any]) -> bool:
    """Hold a value against the part of JSON Schema that ours uses, read from its specification."""
    if "$ref" in node:
        return fits(schema, value, schema["definitions"][node["$ref"].removeprefix("#/definitions/")])
    if not all(fits(schema, value, part) for part in node.get("allOf", [])):
        return False
    if "anyOf" in node and not any(fits(schema, value, part) for part in node["anyOf"]):
        return False
    if "oneOf" in node and sum(fits(schema, value, part) for part in node["oneOf"]) != 1:
        return False
    if "enum" in node and value not in node["enum"]:
        return False
    kind = {"string": str, "array": list, "object": dict}.get(node.get("type", ""), object)
    if not isinstance(value, kind):
        return False
    if isinstance(value, str) and "pattern" in node and not re.search(node["pattern"], value):
        return False
    if isinstance(value, list):
        enough = node.get("minItems", 0) <= len(value) <= node.get("maxItems", len(value))
        return enough and all(fits(schema, one, node.get("items", {})) for one in value)
    if isinstance(value, dict):
        known, more = node.get("properties", {}), node.get("additionalProperties", True)
        rest = [one for key, one in value.items() if key not in known]
        return (
            all(key in value for key in node.get("required", []))
            and all(fits(schema, one, known[key]) for key, one in value.items() if key in known)
            and (not rest if more is False else more is True or all(fits(schema, one, more) for one in rest))
        )
    return True


def test_an_editor_finds_the_library_right_and_slips_wrong() -> None:
    schema = json_schema()
    texts = [path.read_text(encoding="utf-8") for path in library().values()] + [template("mine")]
    for text in texts:
        assert fits(schema, tomllib.loads(text), schema), text
    least = tomllib.loads(LEAST)
    assert fits(schema, least, schema)
    for slip in (
        {**least, "sied": "buy"},
        {**least, "side": "short"},
        {**least, "leg": []},
        {**least, "leg": [{"sell": "CE", "stop": "30"}]},
        {**least, "leg": [{"sell": "CE", "stop": "1500rs"}]},
        {**least, "exit": {"time": "3pm"}},
        {**least, "exit": {"trail": {"arm": "1"}}},
        {**least, "enter": {"at": ["9:20"]}},
        {**least, "family": "selling"},
    ):
        assert not fits(schema, slip, schema), slip


def test_the_schema_has_no_word_that_editors_do_not_know() -> None:
    text = json.dumps(json_schema())
    for later in ('"const"', '"$defs"', '"prefixItems"', '"null"', '"discriminator"'):
        assert later not in text
    for node in re.findall(r'{"\$ref": [^{}]*}', text):
        assert list(json.loads(node)) == ["$ref"]


def test_what_readers_read_the_schema_lets_through() -> None:
    schema = json_schema()
    leg, whole = (schema["definitions"][table]["properties"] for table in ("Leg", "Exit"))
    for node, reader, words in (
        (leg["stop"], read_leg_amount, ("30%", "0.25%", "40pt", "0.05pt", "none", "30", "1500rs", "-3%", "30 %", "pt")),
        (whole["stop"], read_amount, ("30%", "40pt", "1500rs", "none", "30", "1500 rs", "rs")),
        (leg["expiry"], read_expiry, ("nearest", "next_monthly", "2025-12-30", "30-12-2025", "2025-12")),
        (leg["sell"], read_kind, ("CE", "PE", "with", "against", "trigger", "other", "9CE")),
    ):
        for word in words:
            try:
                reader(word)
            except InputError:
                read = False
            else:
                read = True
            let_through = fits(schema, word, node)
            assert let_through or not read, word
            assert read or not let_through or re.fullmatch(r"[A-Za-z_]\w*", word), word


def test_families_and_needs_are_told_once() -> None:
    assert len(FAMILIES) == len(set(FAMILIES)) == 17
    assert len(NEEDS) == len(set(NEEDS))
    assert set(RecipeFile.model_fields) >= {"idea", "why", "fails_when", "pays_by", "reported", "readings"}
