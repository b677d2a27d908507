"""Reading a recipe's file: TOML held against `schema`, and one sentence for each mistake."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from nfolab.base.errors import InputError, did_you_mean
from nfolab.strategies.schema import BROKEN_RULE, FORMS, UNKNOWN_KEY, RecipeFile, Table

Model = TypeVar("Model", bound=Table)

_LACKING = {
    "title": "needs a title and a side, which is buy, sell or mixed",
    "side": "needs a title and a side, which is buy, sell or mixed",
    "enter": 'needs [enter] with a time of day, such as at = "09:20:00", or else with a condition',
    "leg": 'needs at least one [[leg]], such as sell = "CE"',
    "default": 'needs a default with its unit, such as "30%"',
    "move": 'needs a move and within, such as { move = "-5%", within = "10m" }',
    "within": 'needs a move and within, such as { move = "-5%", within = "10m" }',
    "do": 'needs what it does, such as do = "close loser"',
}


def read_recipe_file(path: Path) -> tuple[RecipeFile, dict[str, Any]]:
    """Read a recipe's file and check its tables and keys; its words are read when a variant is made.

    Returns:
        The file as its model, and as the plain tables of TOML.

    Raises:
        InputError: the file is missing or no TOML, lacks what a recipe needs, or has a word no recipe knows.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        raise InputError(f"cannot read the recipe {path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is no text in UTF-8: save it as UTF-8") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"{path.name} is no valid TOML: {fault}") from None
    return checked(RecipeFile, content, path.name), content


def checked(model: type[Model], content: Mapping[str, Any], where: str) -> Model:
    """Return a table as its model; raise InputError with the first mistake in one sentence.

    An unknown key comes first: what is lacking is mostly what was misspelled.
    """
    try:
        return model.model_validate(content)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False)
    first = next((one for one in found if one["type"] == UNKNOWN_KEY), found[0])
    raise InputError(f"{where}: {_sentence(first)}")


def _sentence(mistake: Mapping[str, Any]) -> str:
    kind, at, given = mistake["type"], mistake["loc"], mistake["input"]
    if kind in (UNKNOWN_KEY, BROKEN_RULE):
        return f"{place(at)} {mistake['msg']}"
    if kind == "missing":
        return f"{place(at[:-1])} {_LACKING[str(at[-1])]}"
    if at == ("side",):
        return f"a recipe {_LACKING['side']}"
    if at == ("leg",) and kind != "list_type":
        return f"a recipe {_LACKING['leg']}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", mistake["ctx"]["expected"])
        return f"{place(at)}: {given!r} does not belong here{did_you_mean(str(given), known)}"
    if kind == "string_type" and not isinstance(given, dict | list):
        if "default" in at[-2:]:
            return f"{place(at[: at.index('default')])} {_LACKING['default']}"
        return f'{place(at)}: {_shown(given)} stands without quotes and unit: write it as text, such as "30%"'
    return f"{place(at)} {_MUST_BE.get(kind, 'cannot be ' + _shown(given))}"


_MUST_BE = {
    "string_type": "must be a text in quotes, neither a list nor a table",
    "list_type": 'must be a list, such as ["a", "b"]',
    "dict_type": "must be a table",
    "too_short": "has too few values",
    "too_long": "has too many values",
    "union_tag_invalid": "must be a text in quotes, or what docs/recipes.md shows there",
}


def _shown(given: object) -> str:
    if isinstance(given, bool):
        return str(given).lower()
    return repr(given) if isinstance(given, str) else str(given)


def place(at: Sequence[str | int]) -> str:
    """Return a place of a recipe in words: `[enter]`, `leg 2`, `exit.trail`, `the parameter stop`."""
    if not at:
        return "a recipe"
    if at[0] == "params" and len(at) > 1:
        return ".".join([f"the parameter {at[1]}", *map(str, at[2:])])
    words: list[str] = []
    for one in at:
        if isinstance(one, int):
            words[-1] += f" {one + 1}"
        elif one not in FORMS:
            words.append(one)
    return f"[{words[0]}]" if len(words) == 1 and words[0] in ("enter", "exit", "day", "params") else ".".join(words)
