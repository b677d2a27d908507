"""A recipe: a strategy as a TOML file that reads like its specification, and one variant of it with all values given.

A recipe holds `title`, `side`, optionally `source` and `readings`, then

    [params]      names of its own with a default and, for sweeps, a grid
    [enter]       at = one time of day, or a list of them; or when = a condition, between two times
    [[leg]]       sell or buy = CE or PE; strike; expiry; lots; the leg's own rules
    [exit]        the rules of the whole, and leg_… for every leg; time; on = the price that they watch
    [[adjust]]    what changes the open position
    [day]         limits over all trades of the day

At any place a word that is the name of a parameter stands for that parameter's value; the place decides how it is read.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Lots, Seconds
from nfolab.engine.codes import Watch
from nfolab.strategies.conditions.tree import Condition
from nfolab.strategies.fired import Strip
from nfolab.strategies.pickers.grammar import Picker, read_strike
from nfolab.strategies.rules import (
    OF_LEG,
    OF_MARKET,
    RULE_KEYS,
    Adjustment,
    Again,
    DayRules,
    Rules,
    one_of,
    read_adjustment,
    read_again,
    read_count,
    read_day,
    read_move,
    read_rules,
    read_when,
    yes_or_no,
)
from nfolab.strategies.words import (
    LAST_ENTRY,
    LAST_EXIT,
    NONE,
    SETTINGS,
    Amount,
    ExpiryRule,
    LegKind,
    SpotSource,
    read_entry,
    read_exit,
    read_expiry,
    read_kind,
    read_latency,
    read_plan,
    read_spot,
    read_watch,
)

Value = TypeVar("Value")

_TABLES = {"title", "side", "source", "readings", "params", "enter", "leg", "exit", "adjust", "day"}
_PARAM_KEYS = {"default", "grid"}
_ENTER_KEYS = {"at", "when", "up", "down", "scan", "between", "after", "times", "wait", "legged"}
_SCAN_KEYS = {"strikes", "kinds"}
_STRIP = re.compile(r"atm(?:-(\d+))?\.\.atm(?:\+(\d+))?")
_WAIT_KEYS = {"move", "within"}
_LEG_KEYS = {"sell", "buy", "strike", "expiry", "lots", "again", "lazy"} | RULE_KEYS
_OF_EVERY_LEG = {f"leg_{key}" for key in RULE_KEYS}
_EXIT_KEYS = {"time", "on", "covers", "again"} | (RULE_KEYS - {"then"}) | _OF_EVERY_LEG
_MOST_TRADES = 10_000
_ALL_LEGS = "all legs"
_WHOLE_DAY = ("09:15:00", str(LAST_ENTRY))
_COVERS = (_ALL_LEGS, "what is left")
_SIDES = ("buy", "sell", "mixed")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A recipe's parameter: its default and the values worth trying, as written."""

    default: str
    grid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: +1 bought or −1 sold, kind, strike and expiry by rule, lots, and when it is closed and opened again.

    `strike`: None for the strike of the contract that fired.
    `lazy`: the entry does not open it; an adjustment or another leg's re-entry may.
    """

    sign: int
    kind: LegKind
    strike: Picker | None
    expiry: ExpiryRule
    lots: int
    rules: Rules
    again: Again | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Entrance:
    """When a trade begins: at times of day, or when a condition is true from one time of `between` up to the other.

    Attributes:
        when: on the market, or with `scan` on each contract of a strip.
        up: what makes a trade of one direction; `down` of the other. Where both are true, there is none.
        after: at least so long after the last trade's end.
        times: trades a day at most.
        move: how far the first leg's price must move before the orders go out, within `within`; None for at once.
        legged: whether legs enter each for itself.
    """

    at: tuple[Clock, ...]
    when: Condition | None
    up: Condition | None
    down: Condition | None
    scan: Strip | None
    between: tuple[Clock, Clock]
    after: Seconds
    times: int
    move: Amount
    within: Seconds
    legged: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe with a value for every parameter; `params` holds them as written, in the recipe's order.

    `rules` and `again` are those of the whole; `covers_rest` tells that they hold as long as anything is open.
    """

    strategy: str
    number: int
    params: dict[str, str]
    enter: Entrance
    legs: tuple[Leg, ...]
    rules: Rules
    again: Again | None
    covers_rest: bool
    adjustments: tuple[Adjustment, ...]
    day: DayRules
    exit: Clock
    watch: Watch
    spot: SpotSource
    latency: Seconds
    max_quote_age: Seconds
    plan: str

    @property
    def conditions(self) -> list[Condition]:
        """Every condition that it speaks of."""
        rules = [self.rules, *(leg.rules for leg in self.legs), *(one.then for one in self.adjustments if one.then)]
        spoken = [self.enter.when, self.enter.up, self.enter.down, *(one.when for one in self.adjustments)]
        return [one for one in (*spoken, *(one.signal for one in rules)) if one is not None]

    @property
    def asks_for_money(self) -> bool:
        """Whether a strike is chosen by where the money stands."""
        return any(leg.strike is None or leg.strike.needs_money for leg in self.legs)


@dataclass(frozen=True)
class Recipe:
    """A recipe as it stands in its file, with the file's checks done.

    Attributes:
        id: the file's stem.
        where: the file, for messages.
        params: its own parameters by name, then the settings that every recipe has.
        places: the file's tables `enter`, `leg`, `exit`, `adjust` and `day`.
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
        leave = self.places["exit"]
        enter = _entrance(at, self.places["enter"])
        exit_time = at.read("exit.time", leave.get("time", str(LAST_EXIT)), read_exit)
        last = enter.at[-1] if enter.at else enter.between[0]
        if exit_time <= last:
            raise InputError(
                f"{self.id}: exit {exit_time} is not after entry {last}: give a later exit or an earlier entry"
            )
        legs = self.places["leg"]
        return Variant(
            strategy=self.id,
            number=number,
            params=values,
            enter=enter,
            legs=tuple(_leg(at, place, leg, leave, len(legs)) for place, leg in enumerate(legs, 1)),
            rules=read_rules(at, "exit", leave, OF_MARKET, of_leg=False),
            again=read_again(at, "exit.again", leave["again"]) if "again" in leave else None,
            covers_rest=at.read("exit.covers", leave.get("covers", _ALL_LEGS), partial(one_of, _COVERS)) != _ALL_LEGS,
            adjustments=tuple(
                read_adjustment(at, f"adjust {place}", table, len(legs))
                for place, table in enumerate(self.places["adjust"], 1)
            ),
            day=read_day(at, self.places["day"]),
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

    def refuse_unknown(self, table: Mapping[str, object], known: set[str], place: str) -> None:
        """Raise InputError for a word that does not belong to a table."""
        _refuse_unknown(self.recipe.where, table, known, place)


def _entrance(at: _Reader, enter: Mapping[str, Any]) -> Entrance:
    where = at.recipe.where
    listed = enter.get("at", [])
    listed = listed if isinstance(listed, list) else [listed]
    clocks = tuple(at.read("enter.at", word, read_entry) for word in listed)
    if list(clocks) != sorted(set(clocks)):
        raise InputError(f"{where}: the times of enter.at must rise, but they are {', '.join(map(str, clocks))}")
    first, last = (at.read("enter.between", word, read_entry) for word in enter.get("between", _WHOLE_DAY))
    if first >= last:
        raise InputError(f"{where}: enter.between ends at {last}, which is not after {first}: exchange the two")
    wait = enter.get("wait", {})
    at.refuse_unknown(wait, _WAIT_KEYS, "enter.wait")
    if wait and set(wait) != _WAIT_KEYS:
        raise InputError(f'{where}: enter.wait needs a move and within, such as {{ move = "-5%", within = "10m" }}')
    scan = _strip(at, enter["scan"]) if "scan" in enter else None
    return Entrance(
        at=clocks,
        when=read_when(at, "enter.when", enter["when"], OF_LEG if scan else OF_MARKET) if "when" in enter else None,
        up=read_when(at, "enter.up", enter["up"], OF_MARKET) if "up" in enter else None,
        down=read_when(at, "enter.down", enter["down"], OF_MARKET) if "down" in enter else None,
        scan=scan,
        between=(first, last),
        after=at.read("enter.after", enter.get("after", "0s"), Seconds.parse),
        times=at.read("enter.times", enter.get("times", str(_MOST_TRADES)), partial(read_count, _MOST_TRADES)),
        move=at.read("enter.wait.move", wait.get("move", NONE), read_move),
        within=at.read("enter.wait.within", wait.get("within", "0s"), Seconds.parse),
        legged=at.read("enter.legged", enter.get("legged", "no"), yes_or_no),
    )


def _strip(at: _Reader, table: Mapping[str, Any]) -> Strip:
    where = at.recipe.where
    at.refuse_unknown(table, _SCAN_KEYS, "enter.scan")
    match = _STRIP.fullmatch(table.get("strikes", "atm..atm"))
    if match is None:
        raise InputError(f'{where}: enter.scan.strikes {table["strikes"]!r} is no strip: write it as "atm-1..atm+1"')
    kinds = table.get("kinds", ["CE", "PE"])
    if not isinstance(kinds, list) or not kinds or not set(kinds) <= {"CE", "PE"}:
        raise InputError(f'{where}: enter.scan.kinds must be a list of CE and PE, such as ["CE", "PE"]')
    return Strip(int(match[1] or 0), int(match[2] or 0), tuple(kinds))


def _leg(at: _Reader, number: int, leg: Mapping[str, Any], leave: Mapping[str, Any], legs: int) -> Leg:
    place = f"leg {number}"
    side = "sell" if "sell" in leg else "buy"
    shared = {key.removeprefix("leg_"): leave[key] for key in _OF_EVERY_LEG if key in leave}
    again = read_again(at, f"{place}.again", leg["again"]) if "again" in leg else None
    if again is not None and again.opens is not None and again.opens > legs:
        raise InputError(f"{at.recipe.where}: {place}.again opens leg {again.opens}, but the recipe has {legs}")
    kind = at.read(f"{place}.{side}", leg[side], read_kind)
    strike = None
    if "strike" in leg or kind not in {"trigger", "other"}:
        strike = at.read(f"{place}.strike", leg.get("strike", "atm"), partial(read_strike, legs_before=number - 1))
    return Leg(
        sign=-1 if side == "sell" else 1,
        kind=kind,
        strike=strike,
        expiry=at.read(f"{place}.expiry", leg.get("expiry", "nearest"), read_expiry),
        lots=at.read(f"{place}.lots", leg.get("lots", "1lots"), Lots.parse).count,
        rules=read_rules(at, place, {**shared, **leg}, OF_LEG, of_leg=True),
        again=again,
        lazy=at.read(f"{place}.lazy", leg.get("lazy", "no"), yes_or_no),
    )


def _refuse_unknown(where: str, table: Mapping[str, object], known: set[str], place: str) -> None:
    for word in table:
        if word not in known:
            raise InputError(f"{where}: {place} has no {word!r}{did_you_mean(word, known)}")


def _checked(path: Path, content: dict[str, Any]) -> Recipe:
    refuse_unknown = partial(_refuse_unknown, path.name)
    refuse_unknown(content, _TABLES, "a recipe")
    if not isinstance(content.get("title"), str) or content.get("side") not in _SIDES:
        raise InputError(f"{path.name}: a recipe needs a title and a side, which is buy, sell or mixed")
    enter, legs, leave = content.get("enter"), content.get("leg"), content.get("exit", {})
    if not isinstance(enter, dict) or ("at" in enter) == bool({"when", "up", "down"} & set(enter)):
        raise InputError(
            f'{path.name}: a recipe needs [enter] with a time of day, such as at = "09:20:00", or else with a condition'
        )
    if not isinstance(legs, list) or not legs:
        raise InputError(f'{path.name}: a recipe needs at least one [[leg]], such as sell = "CE"')
    refuse_unknown(enter, _ENTER_KEYS, "[enter]")
    refuse_unknown(leave, _EXIT_KEYS, "[exit]")
    for number, leg in enumerate(legs):
        refuse_unknown(leg, _LEG_KEYS, f"leg {number + 1}")
        if ("sell" in leg) == ("buy" in leg):
            raise InputError(f"{path.name}: leg {number + 1} must either sell or buy a CE or a PE")
    if all(leg.get("lazy") == "yes" for leg in legs):
        raise InputError(f"{path.name}: every leg is lazy, so the entry opens nothing: let one of them enter")
    _check_kinds(path.name, enter, legs)
    places = {
        "enter": enter, "leg": legs, "exit": leave, "adjust": content.get("adjust", []), "day": content.get("day", {})
    }  # fmt: skip
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


def _check_kinds(where: str, enter: Mapping[str, object], legs: Sequence[Mapping[str, object]]) -> None:
    """Raise InputError if a leg's kind waits for what the entry does not tell."""
    needs = {"with": {"up", "down"}, "against": {"up", "down"}, "trigger": {"scan"}, "other": {"scan"}}
    for number, leg in enumerate(legs, 1):
        kind = leg.get("sell", leg.get("buy"))
        if kind in needs and not needs[str(kind)] & set(enter):
            told = " or ".join(sorted(needs[str(kind)]))
            raise InputError(f"{where}: leg {number} is {kind!r}, so [enter] must say {told}")


def _all_values(places: object) -> list[object]:
    if isinstance(places, dict):
        return [value for item in places.values() for value in _all_values(item)]
    if isinstance(places, list):
        return [value for item in places for value in _all_values(item)]
    return [places]


def _words_of(places: object) -> set[str]:
    return {name for word in _all_values(places) for name in [str(word), *re.findall(r"[A-Za-z_]\w*", str(word))]}
