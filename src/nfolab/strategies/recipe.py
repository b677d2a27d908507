"""A recipe: a strategy as a TOML file that reads like its specification, and one variant of it with all values given.

A recipe holds `title`, `side`, optionally `source` and `readings`, then

    [params]      names of its own with a default and, for sweeps, a grid
    [enter]       at = one time of day, or a list of them
    [[leg]]       sell or buy = CE or PE; strike; expiry; lots
    [exit]        stop, leg_stop, target, time; on = the price that they watch

At any place a word that is the name of a parameter stands for that parameter's value; the place decides how it is read.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Lots, Percent, Points, Seconds
from nfolab.engine.codes import Watch
from nfolab.strategies.pickers.grammar import Picker, read_strike
from nfolab.strategies.words import (
    LAST_EXIT,
    NONE,
    SETTINGS,
    Amount,
    ExpiryRule,
    SpotSource,
    read_amount,
    read_entry,
    read_exit,
    read_expiry,
    read_kind,
    read_latency,
    read_leg_amount,
    read_plan,
    read_spot,
    read_watch,
)

Value = TypeVar("Value")

_TABLES = {"title", "side", "source", "readings", "params", "enter", "leg", "exit"}
_PARAM_KEYS = {"default", "grid"}
_LEG_KEYS = {"sell", "buy", "strike", "expiry", "lots"}
_EXIT_KEYS = {"stop", "leg_stop", "target", "time", "on"}
_SIDES = ("buy", "sell", "mixed")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A recipe's parameter: its default and the values worth trying, as written."""

    default: str
    grid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: +1 bought or −1 sold, kind, strike and expiry by rule, lots."""

    sign: int
    kind: Literal["CE", "PE"]
    strike: Picker
    expiry: ExpiryRule
    lots: int


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe with a value for every parameter; `params` holds them as written, in the recipe's order."""

    strategy: str
    number: int
    params: dict[str, str]
    entries: tuple[Clock, ...]
    legs: tuple[Leg, ...]
    stop: Amount
    target: Amount
    leg_stop: Percent | Points | None
    exit: Clock
    watch: Watch
    spot: SpotSource
    latency: Seconds
    max_quote_age: Seconds
    plan: str


@dataclass(frozen=True)
class Recipe:
    """A recipe as it stands in its file, with the file's checks done.

    Attributes:
        id: the file's stem.
        where: the file, for messages.
        params: its own parameters by name, then the settings that every recipe has.
        places: the file's tables `enter`, `leg` and `exit`.
    """

    id: str
    where: str
    title: str
    side: str
    source: tuple[str, ...]
    readings: tuple[str, ...]
    params: dict[str, Parameter]
    places: dict[str, Any]

    @staticmethod
    def load(path: Path) -> "Recipe":
        """Read and check a recipe.

        Raises:
            InputError: the file is missing or no TOML, has a word no recipe knows, or a default that cannot be read.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as fault:
            raise InputError(f"cannot read the recipe {path}: {fault.strerror}") from None
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            raise InputError(f"{path.name} is no valid TOML: {fault}") from None
        recipe = _checked(path, content)
        recipe.variant({}, 0)
        unused = sorted(set(recipe.params) - set(SETTINGS) - _words_of(recipe.places))
        if unused:
            raise InputError(f"{path.name}: the parameter {unused[0]!r} is used nowhere: use it at a place or drop it")
        return recipe

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the value of every parameter as written: those given, else the defaults.

        Raises:
            InputError: a name that the recipe does not know, with the nearest it does.
        """
        for name in given:
            if name not in self.params:
                raise InputError(f"{self.id} has no parameter {name!r}{did_you_mean(name, self.params)}")
        return {name: given.get(name, parameter.default) for name, parameter in self.params.items()}

    def variant(self, given: Mapping[str, str], number: int) -> Variant:
        """Return the recipe with these parameters.

        Raises:
            InputError: an unknown name, a value that cannot be read where it is used, or an exit at or before an entry.
        """
        values = self.values(given)
        at = _Reader(self, values)
        enter, leave = self.places["enter"], self.places["exit"]
        listed = enter["at"] if isinstance(enter["at"], list) else [enter["at"]]
        entries = tuple(at.read("enter.at", word, read_entry) for word in listed)
        if list(entries) != sorted(set(entries)):
            raise InputError(
                f"{self.where}: the times of enter.at must rise, but they are {', '.join(map(str, entries))}"
            )
        exit_time = at.read("exit.time", leave.get("time", str(LAST_EXIT)), read_exit)
        if entries and exit_time <= entries[-1]:
            raise InputError(
                f"{self.id}: exit {exit_time} is not after entry {entries[-1]}: give a later exit or an earlier entry"
            )
        legs = []
        for number_of_leg, leg in enumerate(self.places["leg"]):
            place = f"leg {number_of_leg + 1}"
            side = "sell" if "sell" in leg else "buy"
            legs.append(
                Leg(
                    sign=-1 if side == "sell" else 1,
                    kind=at.read(f"{place}.{side}", leg[side], read_kind),
                    strike=at.read(
                        f"{place}.strike", leg.get("strike", "atm"), partial(read_strike, legs_before=number_of_leg)
                    ),
                    expiry=at.read(f"{place}.expiry", leg.get("expiry", "nearest"), read_expiry),
                    lots=at.read(f"{place}.lots", leg.get("lots", "1lots"), Lots.parse).count,
                )
            )
        return Variant(
            strategy=self.id,
            number=number,
            params=values,
            entries=entries,
            legs=tuple(legs),
            stop=at.read("exit.stop", leave.get("stop", NONE), read_amount),
            target=at.read("exit.target", leave.get("target", NONE), read_amount),
            leg_stop=at.read("exit.leg_stop", leave.get("leg_stop", NONE), read_leg_amount),
            exit=exit_time,
            watch=at.read("exit.on", leave.get("on", "walk"), read_watch),
            spot=at.read("spot", "spot", read_spot),
            latency=at.read("latency", "latency", read_latency),
            max_quote_age=at.read("max_quote_age", "max_quote_age", Seconds.parse),
            plan=at.read("plan", "plan", read_plan),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    recipe: Recipe
    values: dict[str, str]

    def read(self, place: str, word: str, reader: Callable[[str], Value]) -> Value:
        """Read the word at a place, or the value of the parameter that it names."""
        named = word in self.values
        try:
            return reader(self.values[word] if named else word)
        except InputError as mistake:
            where = f"{self.recipe.id}: parameter {word}" if named else f"{self.recipe.where}: {place}"
            raise InputError(f"{where}: {mistake}") from None


def _checked(path: Path, content: dict[str, Any]) -> Recipe:
    def refuse_unknown(table: Mapping[str, object], known: set[str], place: str) -> None:
        for word in table:
            if word not in known:
                raise InputError(f"{path.name}: {place} has no {word!r}{did_you_mean(word, known)}")

    refuse_unknown(content, _TABLES, "a recipe")
    if not isinstance(content.get("title"), str) or content.get("side") not in _SIDES:
        raise InputError(f"{path.name}: a recipe needs a title and a side, which is buy, sell or mixed")
    enter, legs, leave = content.get("enter"), content.get("leg"), content.get("exit", {})
    if not isinstance(enter, dict) or "at" not in enter:
        raise InputError(f'{path.name}: a recipe needs [enter] with a time of day, such as at = "09:20:00"')
    if not isinstance(legs, list) or not legs:
        raise InputError(f'{path.name}: a recipe needs at least one [[leg]], such as sell = "CE"')
    refuse_unknown(enter, {"at"}, "[enter]")
    refuse_unknown(leave, _EXIT_KEYS, "[exit]")
    for number, leg in enumerate(legs):
        refuse_unknown(leg, _LEG_KEYS, f"leg {number + 1}")
        if ("sell" in leg) == ("buy" in leg):
            raise InputError(f"{path.name}: leg {number + 1} must either sell or buy a CE or a PE")
    places = {"enter": enter, "leg": legs, "exit": leave}
    for word in _all_values(places):
        if not isinstance(word, str):
            raise InputError(f'{path.name}: {word!r} stands without quotes and unit: write it as text, such as "30%"')
    params: dict[str, Parameter] = {}
    for name, declared in content.get("params", {}).items():
        if not isinstance(declared, dict) or not isinstance(declared.get("default"), str):
            raise InputError(f'{path.name}: the parameter {name} needs a default with its unit, such as "30%"')
        refuse_unknown(declared, _PARAM_KEYS, f"the parameter {name}")
        params[name] = Parameter(declared["default"], tuple(map(str, declared.get("grid", ()))))
    for name, default in SETTINGS.items():
        params.setdefault(name, Parameter(default, ()))
    return Recipe(
        id=path.stem,
        where=path.name,
        title=content["title"],
        side=content["side"],
        source=tuple(content.get("source", ())),
        readings=tuple(content.get("readings", ())),
        params=params,
        places=places,
    )


def _all_values(places: object) -> list[object]:
    if isinstance(places, dict):
        return [value for item in places.values() for value in _all_values(item)]
    if isinstance(places, list):
        return [value for item in places for value in _all_values(item)]
    return [places]


def _words_of(places: object) -> set[str]:
    return {str(word) for word in _all_values(places)}
