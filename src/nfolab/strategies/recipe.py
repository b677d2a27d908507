"""A recipe: a strategy as a TOML file that reads like its specification, and one variant of it with all values given.

A recipe holds `title`, `side`, optionally `source` and `readings`, then

    [params]      names of its own with a default and, for sweeps, a grid
    [enter]       at = one time of day, or a list of them; or when = a condition, between two times
    [[leg]]       sell or buy = CE or PE; strike; expiry; lots; the leg's own rules
    [exit]        the rules of the whole, and leg_… for every leg; time; on = the price that they watch
    [[adjust]]    what changes the open position
    [day]         limits over all trades of the day
    [days]        the days on which it trades

At any place a word that is the name of a parameter stands for that parameter's value; the place decides how it is read.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Lots, Seconds
from nfolab.engine.codes import Watch
from nfolab.strategies.conditions.tree import Condition, Quantity, subjects_of
from nfolab.strategies.days import Days, read_days
from nfolab.strategies.fired import Strip
from nfolab.strategies.needs import check_needs
from nfolab.strategies.order_words import MARKET, LimitOrder, read_order
from nfolab.strategies.pairs import PAIR_SUBJECTS, Around, read_around
from nfolab.strategies.parameters import Parameter, read_parameter
from nfolab.strategies.pickers.balance import Balances
from nfolab.strategies.pickers.grammar import Picker, read_strike
from nfolab.strategies.rules import (
    OF_LEG,
    OF_MARKET,
    Adjustment,
    Again,
    DayRules,
    Rules,
    positive_seconds,
    read_adjustment,
    read_again,
    read_day,
    read_move,
    read_rules,
    read_when,
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
    one_of,
    read_count,
    read_entry,
    read_exit,
    read_expiry,
    read_kind,
    read_latency,
    read_plan,
    read_spot,
    read_watch,
    yes_or_no,
)

if TYPE_CHECKING:
    from nfolab.strategies.schema import Header

Value = TypeVar("Value")

_STRIP = re.compile(r"atm(?:-(\d+))?\.\.atm(?:\+(\d+))?")
_OF_EVERY_LEG = "leg_"
_MOST_TRADES = 10_000
_ALL_LEGS = "all legs"
_WHOLE_DAY = ("09:15:00", str(LAST_ENTRY))
_COVERS = (_ALL_LEGS, "what is left")


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: +1 bought or −1 sold, kind, strike and expiry by rule, lots, and when it is closed and opened again.

    Attributes:
        strike: None for the strike of the contract that fired.
        fixed: the times of day as of which the strike is chosen, the last one at or before the decision.
        when: what must be true, at the decision, of the contract that was found.
        lazy: the entry does not open it; an adjustment or another leg's re-entry may.
        halved: it is held in two halves, because an adjustment closes one.
        order: how it is opened; None for market orders.
    """

    sign: int
    kind: LegKind
    strike: Picker | None
    fixed: tuple[Clock, ...]
    when: Condition | None
    expiry: ExpiryRule
    lots: int
    rules: Rules
    again: Again | None
    lazy: bool
    halved: bool
    order: LimitOrder | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """When a trade begins: at times of day, or when a condition is true from one time of `between` up to the other.

    Attributes:
        when: on the market, or with `scan` on each contract of a strip.
        up: what makes a trade of one direction; `down` of the other. Where both are true, there is none.
        window: how long after each time of `at` a trade may still be decided, one for each; a second at least.
        around: which options at the money `ce`, `pe` and `pair` are.
        fixed: the times of day as of which the strip of the scan is chosen.
        after: at least so long after the last trade's end.
        times: trades a day at most.
        move: how far the first leg's price must move before the orders go out, within `within`; None for at once.
        legged: whether legs enter each for itself.
    """

    at: tuple[Clock, ...]
    window: Seconds
    around: Around
    fixed: tuple[Clock, ...]
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

    `underlyings` are the only ones that it is for, none for all. `rules` and `again` are those of the whole;
    `covers_rest` tells that they hold as long as anything is open.
    """

    strategy: str
    number: int
    params: dict[str, str]
    underlyings: tuple[str, ...]
    enter: Entrance
    legs: tuple[Leg, ...]
    rules: Rules
    again: Again | None
    covers_rest: bool
    adjustments: tuple[Adjustment, ...]
    day: DayRules
    days: Days
    exit: Clock
    watch: Watch
    spot: SpotSource
    latency: Seconds
    max_quote_age: Seconds
    plan: str

    @property
    def conditions(self) -> list[Condition | Quantity]:
        """Every condition on the market that it speaks of, and every value that a level is taken from."""
        rules = [self.rules, *(leg.rules for leg in self.legs), *(one.then for one in self.adjustments if one.then)]
        spoken = [self.enter.when, self.enter.up, self.enter.down, *(one.when for one in self.adjustments)]
        spoken += [leg.when for leg in self.legs]
        spoken += [one.signal for one in rules]
        levels = [level for one in rules for level in (one.stop, one.target)]
        levels += [level for one in rules for rung in one.trail for level in (rung.behind, rung.at)]
        levels += [leg.order.price for leg in self.legs if leg.order]
        values: list[Condition | Quantity] = [one for one in levels if isinstance(one, Quantity)]
        return [*(one for one in spoken if one is not None), *values]

    @property
    def asks_for_pair(self) -> bool:
        """Whether a condition speaks of the options at the money."""
        return any(not subjects_of(one).isdisjoint(PAIR_SUBJECTS) for one in self.conditions)

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
        header: what it says of itself.
        params: its own parameters by name, then the settings that every recipe has.
        places: the file's tables `enter`, `leg`, `exit`, `adjust`, `day` and `days`.
    """

    id: str
    where: str
    header: "Header"
    params: dict[str, Parameter]
    places: dict[str, Any]

    @property
    def title(self) -> str:
        """Its one line."""
        return self.header.title

    @property
    def side(self) -> str:
        """`buy`, `sell` or `mixed`."""
        return self.header.side

    @staticmethod
    def load(path: Path) -> "Recipe":
        """Read and check a recipe.

        Raises:
            InputError: the file is missing or no TOML, has a word no recipe knows, or a default that cannot be read.
        """
        from nfolab.strategies.recipe_file import read_recipe_file  # what checks a file is slow to import

        header, content = read_recipe_file(path)
        params = {name: read_parameter(declared) for name, declared in content.get("params", {}).items()}
        settings = {name: Parameter(default, ()) for name, default in SETTINGS.items() if name not in params}
        tables: dict[str, Any] = {"enter": {}, "leg": [], "exit": {}, "adjust": [], "day": {}, "days": {}}
        places = {name: content.get(name, empty) for name, empty in tables.items()}
        recipe = Recipe(path.stem, path.name, header, {**params, **settings}, places)
        spoken = {name for one in recipe.params.values() for name in one.by_underlying}
        for underlying in [*recipe.header.underlyings, *sorted(spoken)]:
            recipe.of(underlying).variant({}, 0)
        recipe.variant({}, 0)
        unused = sorted(set(recipe.params) - set(SETTINGS) - _words_of(recipe.places))
        if unused:
            raise InputError(f"{path.name}: the parameter {unused[0]!r} is used nowhere: use it at a place or drop it")
        check_needs(recipe)
        return recipe

    def of(self, underlying: str) -> "Recipe":
        """Return the recipe with the defaults and grids that it has for an underlying.

        Raises:
            InputError: a parameter has values for other underlyings only.
        """
        params = {}
        for name, parameter in self.params.items():
            if parameter.by_underlying and underlying not in parameter.by_underlying:
                held = " and ".join(parameter.by_underlying)
                raise InputError(
                    f"{self.where}: the parameter {name} has a default for {held} but none for {underlying}: add one"
                )
            params[name] = parameter.by_underlying.get(underlying, parameter)
        return replace(self, params=params)

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
        adjustments = tuple(
            read_adjustment(at, f"adjust {place}", table, len(legs))
            for place, table in enumerate(self.places["adjust"], 1)
        )
        halved = {act.whom for one in adjustments for act in one.acts if act.verb == "half"}
        for place, leg in enumerate(legs, 1):
            opens = leg.get("again", {}).get("opens", NONE)
            if halved & {"all", int(opens) if opens.isdigit() else 0} and opens != NONE:
                raise InputError(
                    f"{self.where}: leg {place}.again opens leg {opens}, half of which is closed: drop one"
                )
        made = tuple(
            _leg(at, place, leg, leave, len(legs), enter.at, halved=bool(halved & {"all", place}))
            for place, leg in enumerate(legs, 1)
        )
        _check_resting(self.where, self.places["enter"], made, adjustments)
        return Variant(
            strategy=self.id,
            number=number,
            params=values,
            underlyings=tuple(self.header.underlyings),
            enter=enter,
            legs=made,
            rules=read_rules(at, "exit", leave, OF_MARKET, of_leg=False),
            again=read_again(at, "exit.again", leave["again"]) if "again" in leave else None,
            covers_rest=at.read("exit.covers", leave.get("covers", _ALL_LEGS), partial(one_of, _COVERS)) != _ALL_LEGS,
            adjustments=adjustments,
            day=read_day(at, self.places["day"]),
            days=read_days(at, self.places["days"]),
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


def _entrance(at: _Reader, enter: Mapping[str, Any]) -> Entrance:
    where = at.recipe.where
    listed = enter.get("at", [])
    listed = listed if isinstance(listed, list) else [listed]
    clocks = tuple(at.read("enter.at", word, read_entry) for word in listed)
    if list(clocks) != sorted(set(clocks)):
        raise InputError(f"{where}: the times of enter.at must rise, but they are {', '.join(map(str, clocks))}")
    window = at.read("enter.within", enter.get("within", "1s"), positive_seconds)
    for earlier, later in itertools.pairwise(clocks):
        if earlier.second_of_day + window.count > later.second_of_day:
            raise InputError(f"{where}: within {window} of {earlier} lies {later} of enter.at already: make it shorter")
    if "at" in enter and "between" in enter:
        raise InputError(f"{where}: enter.at already says when: drop between, or give within to look for so long")
    if "within" in enter and "at" not in enter:
        raise InputError(f"{where}: enter.within says how long after a time of at: give at, or between two times")
    first, last = (at.read("enter.between", word, read_entry) for word in enter.get("between", _WHOLE_DAY))
    if first >= last:
        raise InputError(f"{where}: enter.between ends at {last}, which is not after {first}: exchange the two")
    wait = enter.get("wait", {})
    scan = _strip(at, enter["scan"]) if "scan" in enter else None
    return Entrance(
        at=clocks,
        window=window,
        around=at.read("enter.around", enter.get("around", "atm"), read_around),
        fixed=_fixed_at(at, "enter.scan.fixed", enter.get("scan", {}).get("fixed", NONE), clocks),
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
    match = _STRIP.fullmatch(table.get("strikes", "atm..atm"))
    if match is None:
        raise InputError(f'{where}: enter.scan.strikes {table["strikes"]!r} is no strip: write it as "atm-1..atm+1"')
    return Strip(int(match[1] or 0), int(match[2] or 0), tuple(table.get("kinds", ["CE", "PE"])))


def _fixed_at(at: _Reader, place: str, text: str | list[str], entries: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """Read the times as of which what is at the money is fixed: `start` for those of enter.at."""
    if isinstance(text, str) and at.values.get(text, text) == NONE:
        return ()
    if text == "start":
        if not entries:
            raise InputError(f"{at.recipe.where}: {place} is the start of a time of enter.at, but there is none")
        return entries
    words = text if isinstance(text, list) else [text]
    clocks = tuple(at.read(place, word, Clock.parse) for word in words)
    if list(clocks) != sorted(set(clocks)):
        raise InputError(f"{at.recipe.where}: the times of {place} must rise")
    return clocks


def _leg(
    at: _Reader,
    number: int,
    leg: Mapping[str, Any],
    leave: Mapping[str, Any],
    legs: int,
    entries: tuple[Clock, ...],
    *,
    halved: bool,
) -> Leg:
    place = f"leg {number}"
    side = "sell" if "sell" in leg else "buy"
    shared = {key.removeprefix(_OF_EVERY_LEG): leave[key] for key in leave if key.startswith(_OF_EVERY_LEG)}
    again = read_again(at, f"{place}.again", leg["again"]) if "again" in leg else None
    if again is not None and again.opens is not None and again.opens > legs:
        raise InputError(f"{at.recipe.where}: {place}.again opens leg {again.opens}, but the recipe has {legs}")
    order = leg.get("order", at.recipe.places["enter"].get("order", MARKET))
    kind = at.read(f"{place}.{side}", leg[side], read_kind)
    strike = None
    fixed: tuple[Clock, ...] = ()
    if "strike" in leg or kind not in {"trigger", "other"}:
        named = leg.get("strike", "atm")
        rule, _, clock = at.values.get(named, named).partition(" at ")
        fixed = _fixed_at(at, f"{place}.strike", clock or NONE, entries)
        strike = at.read(f"{place}.strike", rule if clock else named, partial(read_strike, legs_before=number - 1))
    lots = at.read(f"{place}.lots", leg.get("lots", "1lots"), Lots.parse).count
    if halved and (lots % 2 or again is not None):
        raise InputError(
            f"{at.recipe.where}: half of {place} is closed, so it needs an even number of lots and no again"
        )
    return Leg(
        sign=-1 if side == "sell" else 1,
        kind=kind,
        strike=strike,
        fixed=fixed,
        when=read_when(at, f"{place}.when", leg["when"], OF_LEG) if "when" in leg else None,
        expiry=at.read(f"{place}.expiry", leg.get("expiry", "nearest"), read_expiry),
        lots=lots,
        rules=read_rules(at, place, {**shared, **leg}, OF_LEG, of_leg=True),
        again=again,
        lazy=at.read(f"{place}.lazy", leg.get("lazy", "no"), yes_or_no),
        halved=halved,
        order=read_order(at, f"{place}.order", order, OF_LEG) if order != MARKET else None,
    )


def _check_resting(
    where: str, enter: Mapping[str, Any], legs: Sequence[Leg], adjustments: Sequence[Adjustment]
) -> None:
    """Raise InputError for what makes no sense of orders that rest."""
    if any(leg.order for leg in legs) and len(legs) > 1 and enter.get("legged") == "no":
        raise InputError(
            f'{where}: orders that rest know no all or none, so the legs enter each for itself: drop legged = "no"'
        )
    for number, leg in enumerate(legs, 1):
        if leg.rules.target_rests is not None and leg.halved:
            raise InputError(f"{where}: the target of leg {number} rests for all of it, but half is closed: drop one")
    for place, one in enumerate(adjustments, 1):
        if isinstance(one.strike, Balances) and any(leg.halved for leg in legs):
            raise InputError(f"{where}: adjust {place} balances two legs, but one is held in halves: drop one of them")
    if any(leg.rules.target_rests is not None for leg in legs):
        for place, one in enumerate(adjustments, 1):
            for term in one.terms:
                if term.word in ("divergence", "move_ratio"):
                    raise InputError(
                        f"{where}: adjust {place} asks for {term.word}, which has no meaning of a leg whose resting "
                        "target was filled in part: watch the target, or ask something else"
                    )


def _all_values(places: object) -> list[object]:
    if isinstance(places, dict):
        return [value for item in places.values() for value in _all_values(item)]
    if isinstance(places, list):
        return [value for item in places for value in _all_values(item)]
    return [places]


def _words_of(places: object) -> set[str]:
    return {name for word in _all_values(places) for name in [str(word), *re.findall(r"[A-Za-z_]\w*", str(word))]}
