"""The words of a recipe's rules, read anew from docs/recipes.md: exact fractions, seconds since the open."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from reference.plans import LAST_ENTRY, LAST_EXIT, LegPlan, Plan, clock

RULES = ("stop", "target", "trail", "hold", "min_hold", "spot")


@dataclass(frozen=True)
class Level:
    """30 %, 2.5 times, 40 points a unit or 1,500 rupees."""

    amount: Fraction
    unit: str  # %, x, pt, rs, "% of best"

    def paise(self, base: Fraction | int, units: int) -> Fraction:
        factor = {"%": Fraction(base) / 100, "x": Fraction(base), "pt": 100 * units, "rs": 100}[self.unit]
        return self.amount * factor


@dataclass(frozen=True)
class Resting:
    """An order to open that is no market order; `valid` in seconds, None for the day."""

    limit: str | None
    peg: tuple[str, int] | None
    valid: int | None
    first_row: bool
    model: str


@dataclass(frozen=True)
class Rung:
    arm: Level | None
    behind: Level | str | None  # a text is a distance in points
    lock: Level | None
    every: Level | None
    move: Level | None
    at: str | None


@dataclass(frozen=True)
class Rules:
    stop: Level | str | None = None  # a text is a price of the contract
    target: Level | str | None = None
    target_model: str | None = None  # of the queue of a target that rests
    trail: tuple[Rung, ...] = ()
    hold: int | None = None
    min_hold: int = 0
    spot: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Again:
    on: str
    mode: str
    times: int
    after: int
    until: int
    reversed: bool
    opens: int | None  # the number of the slot, from 0
    move: Level | None


@dataclass(frozen=True)
class Slot:
    number: int
    plan: LegPlan
    rules: Rules
    then: str | None
    again: Again | None
    lazy: bool
    leg: int
    twin: int | None
    resting: Resting | None


@dataclass(frozen=True)
class Comparison:
    word: str
    operator: str
    text: str
    lasting: int


@dataclass(frozen=True)
class Adjustment:
    position: tuple[Comparison, ...]
    every: int
    after: int
    times: int
    do: tuple[str, ...]
    then: Rules | None
    of: str
    strike: str | None


@dataclass(frozen=True)
class Wait:
    move: Level
    within: int


@dataclass(frozen=True)
class Words:
    entries: tuple[int, ...]
    within: int
    enter_after: int
    enter_times: int
    wait: Wait | None
    legged: bool
    slots: tuple[Slot, ...]
    lots: tuple[int, ...]
    whole: Rules
    covers: str
    again: Again | None
    exit: int
    on: str
    adjustments: tuple[Adjustment, ...]
    day: Rules
    day_trades: int
    day_losers: int | None
    day_pause: int
    spot: str
    latency: int
    max_quote_age: int


MANY = 10**9


def seconds(text: str) -> int:
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def level_of(text: str | None) -> Level | None:
    if text is None or text == "none":
        return None
    for unit in ("% of best", "%", "x", "pt", "rs"):
        if re.fullmatch(rf"[+-]?[\d.]+{unit}", text):
            return Level(Fraction(text.removesuffix(unit)), unit)
    return text


def rules_of(table: dict, prefix: str = "") -> dict[str, Any]:
    """The rules that stand in a table, by name."""
    found: dict[str, Any] = {}
    for name in RULES:
        if prefix + name not in table:
            continue
        words = table[prefix + name]
        if name == "target":
            found["target_model"] = None
        if name == "trail":
            rungs = words if isinstance(words, list) else [words]
            found[name] = tuple(
                Rung(*(level_of(rung.get(part)) for part in ("arm", "behind", "lock", "every", "move", "at")))
                for rung in rungs
                if rung != "none"
            )
        elif name in ("hold", "min_hold"):
            found[name] = seconds(words)
        elif name == "spot":
            found[name] = {part: text if part == "beyond" else level_of(text) for part, text in words.items()}
        elif isinstance(words, dict):
            found[name] = level_of(words.get("gain") or words["at"])
            if words.get("order") == "limit":
                found["target_model"] = words.get("queue", "likely")
        else:
            found[name] = level_of(words)
    return found


def resting_of(words: dict | str | None) -> Resting | None:
    if words is None or words == "market":
        return None
    valid = words.get("valid", "5s")
    peg = words.get("peg")
    return Resting(
        limit=words.get("limit"),
        peg=None if peg is None else ("mid", 0) if peg == "mid" else ("own", int(peg.removeprefix("own") or 0)),
        valid=5 if valid == "ioc" else None if valid == "day" else seconds(valid),
        first_row=valid == "ioc",
        model=words.get("queue", "likely"),
    )


def again_of(words: dict | None, slots: list) -> Again | None:
    if words is None:
        return None
    return Again(
        words.get("on", "stop"),
        words.get("mode", "asap"),
        int(words.get("times", "1")),
        seconds(words.get("after", "0s")),
        min(LAST_ENTRY, clock(words["until"]) if "until" in words else LAST_ENTRY),
        words.get("reversed") == "yes",
        slots.index(int(words["opens"]) - 1) if "opens" in words else None,
        level_of(words.get("move")),
    )


def slot_of(number: int, leg: int, twin: int | None, table: dict, leave: dict, enter: dict, slots: list) -> Slot:
    side = "sell" if "sell" in table else "buy"
    strike = table.get("strike", "atm")
    lots = int(table.get("lots", "1lots").removesuffix("s").removesuffix("lot"))
    return Slot(
        number,
        LegPlan(side, table[side], int(strike) if strike.isdigit() else strike, lots if twin is None else lots // 2),
        Rules(**(rules_of(leave, "leg_") | rules_of(table))),
        table.get("then", leave.get("leg_then")),
        again_of(table.get("again"), slots),
        table.get("lazy") == "yes",
        leg,
        twin,
        resting_of(table.get("order", enter.get("order"))),
    )


def adjustment_of(table: dict) -> Adjustment:
    parts = [part.split() for part in table.get("position", "").split(" and ") if part]
    parts = [(*part[:3], seconds(part[4]) if len(part) == 5 else 1) for part in parts]
    do = table["do"]
    then = table.get("then")
    return Adjustment(
        tuple(Comparison(*part) for part in parts),
        seconds(table.get("every", "1s")),
        seconds(table.get("after", "0s")),
        int(table.get("times", "1")),
        tuple([do] if isinstance(do, str) else do),
        None if then is None else Rules(**rules_of(then)),
        table.get("of", "entry"),
        table.get("strike"),
    )


def words_of(recipe: dict) -> Words:
    """The parsed TOML of a recipe whose entries are given by their times."""
    enter, leave, day = recipe["enter"], recipe.get("exit", {}), recipe.get("day", {})
    settings = {name: words["default"] for name, words in recipe.get("params", {}).items()}
    at = enter["at"]
    wait = enter.get("wait")
    acts = [
        act
        for adjust in recipe.get("adjust", [])
        for act in ([adjust["do"]] if isinstance(adjust["do"], str) else adjust["do"])
    ]
    halved = [
        any(act in ("close half of all", f"close half of leg {number}") for act in acts)
        for number in range(1, len(recipe["leg"]) + 1)
    ]
    legs = [leg for leg, half in enumerate(halved) for _ in range(2 if half else 1)]
    twins = [
        next((other for other, its in enumerate(legs) if its == leg and other != number), None)
        for number, leg in enumerate(legs)
    ]
    return Words(
        within=seconds(enter.get("within", "1s")),
        entries=tuple(clock(text) for text in ([at] if isinstance(at, str) else at)),
        enter_after=seconds(enter.get("after", "0s")),
        enter_times=int(enter.get("times", MANY)),
        wait=Wait(level_of(wait["move"]), seconds(wait["within"])) if wait else None,
        legged=enter.get("legged") == "yes"
        or any(resting_of(table.get("order", enter.get("order"))) is not None for table in recipe["leg"]),
        slots=tuple(
            slot_of(number, leg, twins[number], recipe["leg"][leg], leave, enter, legs)
            for number, leg in enumerate(legs)
        ),
        lots=tuple(int(re.match(r"\d+", table.get("lots", "1lots"))[0]) for table in recipe["leg"]),
        whole=Rules(**rules_of(leave)),
        covers=leave.get("covers", "all legs"),
        again=again_of(leave.get("again"), legs),
        exit=clock(leave.get("time", "15:20:00")),
        on={"walk": "walked"}.get(leave.get("on", "walk"), leave.get("on")),
        adjustments=tuple(adjustment_of(table) for table in recipe.get("adjust", [])),
        day=Rules(**rules_of({name: day[name] for name in ("stop", "target", "trail") if name in day})),
        day_trades=int(day.get("trades", MANY)),
        day_losers=int(day["losers"]) if "losers" in day else None,
        day_pause=seconds(day.get("pause", "0s")),
        spot=settings.get("spot", "index"),
        latency=seconds(settings.get("latency", "1s")),
        max_quote_age=seconds(settings.get("max_quote_age", "5s")),
    )


def picking(slots: list[Slot], words: Words) -> Plan:
    """What the choice of strikes needs to know of a recipe, to choose for some of its slots."""
    return Plan(
        legs=tuple(slot.plan for slot in slots),
        entries=(0,),
        exit=LAST_EXIT,
        spot=words.spot,
        latency=words.latency,
        max_quote_age=words.max_quote_age,
    )
