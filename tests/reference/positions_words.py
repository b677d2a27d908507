"""The words of a recipe's rules, read anew from docs/recipes.md: exact fractions, seconds since the open."""

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
class Rung:
    arm: Level | None
    behind: Level | None
    lock: Level | None
    every: Level | None
    move: Level | None


@dataclass(frozen=True)
class Rules:
    stop: Level | None = None
    target: Level | None = None
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


@dataclass(frozen=True)
class Comparison:
    word: str
    operator: str
    text: str


@dataclass(frozen=True)
class Adjustment:
    position: tuple[Comparison, ...]
    every: int
    after: int
    times: int
    do: tuple[str, ...]
    then: Rules | None
    of: str


@dataclass(frozen=True)
class Wait:
    move: Level
    within: int


@dataclass(frozen=True)
class Words:
    entries: tuple[int, ...]
    enter_after: int
    enter_times: int
    wait: Wait | None
    legged: bool
    slots: tuple[Slot, ...]
    whole: Rules
    covers: str
    again: Again | None
    exit: int
    on: str
    adjustments: tuple[Adjustment, ...]
    day_stop: Level | None
    day_target: Level | None
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
        if text.endswith(unit):
            return Level(Fraction(text.removesuffix(unit)), unit)
    raise ValueError(text)


def rules_of(table: dict, prefix: str = "") -> dict[str, Any]:
    """The rules that stand in a table, by name."""
    found: dict[str, Any] = {}
    for name in RULES:
        if prefix + name not in table:
            continue
        words = table[prefix + name]
        if name == "trail":
            rungs = words if isinstance(words, list) else [words]
            found[name] = tuple(
                Rung(*(level_of(rung.get(part)) for part in ("arm", "behind", "lock", "every", "move")))
                for rung in rungs
                if rung != "none"
            )
        elif name in ("hold", "min_hold"):
            found[name] = seconds(words)
        elif name == "spot":
            found[name] = {part: text if part == "beyond" else level_of(text) for part, text in words.items()}
        else:
            found[name] = level_of(words)
    return found


def again_of(words: dict | None) -> Again | None:
    if words is None:
        return None
    return Again(
        words.get("on", "stop"),
        words.get("mode", "asap"),
        int(words.get("times", "1")),
        seconds(words.get("after", "0s")),
        min(LAST_ENTRY, clock(words["until"]) if "until" in words else LAST_ENTRY),
        words.get("reversed") == "yes",
        int(words["opens"]) - 1 if "opens" in words else None,
        level_of(words.get("move")),
    )


def slot_of(number: int, table: dict, leave: dict) -> Slot:
    side = "sell" if "sell" in table else "buy"
    strike = table.get("strike", "atm")
    lots = int(table.get("lots", "1lots").removesuffix("s").removesuffix("lot"))
    return Slot(
        number,
        LegPlan(side, table[side], int(strike) if strike.isdigit() else strike, lots),
        Rules(**(rules_of(leave, "leg_") | rules_of(table))),
        table.get("then", leave.get("leg_then")),
        again_of(table.get("again")),
        table.get("lazy") == "yes",
    )


def adjustment_of(table: dict) -> Adjustment:
    parts = [part.split() for part in table.get("position", "").split(" and ") if part]
    do = table["do"]
    then = table.get("then")
    return Adjustment(
        tuple(Comparison(word, operator, text) for word, operator, text in parts),
        seconds(table.get("every", "1s")),
        seconds(table.get("after", "0s")),
        int(table.get("times", "1")),
        tuple([do] if isinstance(do, str) else do),
        None if then is None else Rules(**rules_of(then)),
        table.get("of", "entry"),
    )


def words_of(recipe: dict) -> Words:
    """The parsed TOML of a recipe whose entries are given by their times."""
    enter, leave, day = recipe["enter"], recipe.get("exit", {}), recipe.get("day", {})
    settings = {name: words["default"] for name, words in recipe.get("params", {}).items()}
    at = enter["at"]
    wait = enter.get("wait")
    return Words(
        entries=tuple(clock(text) for text in ([at] if isinstance(at, str) else at)),
        enter_after=seconds(enter.get("after", "0s")),
        enter_times=int(enter.get("times", MANY)),
        wait=Wait(level_of(wait["move"]), seconds(wait["within"])) if wait else None,
        legged=enter.get("legged") == "yes",
        slots=tuple(slot_of(number, table, leave) for number, table in enumerate(recipe["leg"])),
        whole=Rules(**rules_of(leave)),
        covers=leave.get("covers", "all legs"),
        again=again_of(leave.get("again")),
        exit=clock(leave.get("time", "15:20:00")),
        on={"walk": "walked"}.get(leave.get("on", "walk"), leave.get("on")),
        adjustments=tuple(adjustment_of(table) for table in recipe.get("adjust", [])),
        day_stop=level_of(day.get("stop")),
        day_target=level_of(day.get("target")),
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
