"""When a recipe's positions are closed, opened again and changed, as it stands in the file; docs/positions.md."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import MILLION, Clock, Percent, Points, Rupees, Seconds
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.parse import read_condition
from nfolab.strategies.conditions.tree import NO_CONDITION, Condition
from nfolab.strategies.words import LAST_ENTRY, NONE, Amount, read_amount, read_entry, read_leg_amount

Value = TypeVar("Value")

OF_MARKET = TapeVocabulary({"spot": "spot", "chain": "chain", "future": "future"})
"""What a condition on the market may speak of."""

OF_LEG = TapeVocabulary({"leg": "contract", "spot": "spot", "chain": "chain", "future": "future"})
"""What a condition on a leg may speak of: its contract first."""

_THEN = {"close all", "others to cost", "stopped to cost"}
_ON = ("stop", "target", "any")
_MODES = ("asap", "cost", "move")
_MOST_TIMES = 20
_TERM = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*(.+)")
_ACT = re.compile(r"(close|roll)\s+(winner|loser|all|leg\s+(\d+))|open\s+leg\s+(\d+)")
_LEVELS = ("gain", "loss", "winner_gain", "loser_gain")
_SHARES = ("imbalance",)
_NUMBERS = ("premium_ratio", "net_delta")
POSITION_WORDS = (*_LEVELS, *_SHARES, *_NUMBERS, "divergence", "spot_move", "held")


class Reader(Protocol):
    """Reads the word at a place of a recipe, or the value of the parameter that it names."""

    @property
    def values(self) -> Mapping[str, str]:
        """The value of each of the recipe's parameters, as written."""
        ...

    def read(self, place: str, word: str, reader: Callable[[str], Value]) -> Value:
        """Return what `reader` makes of it; a mistake names the place."""
        ...


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a trail; `of_best` tells that `behind` is a share of the best price."""

    arm: Amount = None
    behind: Amount = None
    of_best: bool = False
    lock: Amount = None
    every: Amount = None
    move: Amount = None


@dataclass(frozen=True, slots=True)
class SpotRule:
    """How far the index may move from where it stood at the decision; `strike`: never beyond a sold strike."""

    up: Points | Percent | None = None
    down: Points | Percent | None = None
    strike: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """When a leg, or the whole, is closed."""

    stop: Amount = None
    target: Amount = None
    trail: tuple[Rung, ...] = ()
    hold: Seconds | None = None
    min_hold: Seconds | None = None
    signal: Condition | None = None
    spot: SpotRule | None = None
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Re-entry: on `stop`, `target` or `any`; `asap`, at `cost` or after a `move`; `opens` counts legs from 1."""

    on: str
    mode: str
    times: int
    after: Seconds
    until: Clock
    reversed: bool
    move: Amount
    opens: int | None


@dataclass(frozen=True, slots=True)
class Term:
    """A comparison of a word about the position with a level; a count of seconds for `held`."""

    word: str
    comparison: str
    level: Rupees | Points | Percent | Seconds


@dataclass(frozen=True, slots=True)
class Act:
    """`close`, `roll` or `open`; `winner`, `loser`, `all` or a leg, counted from 1."""

    verb: str
    whom: str | int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rule about the open position; `then` replaces the rules of what stays open."""

    when: Condition | None
    terms: tuple[Term, ...]
    every: Seconds
    after: Seconds
    times: int
    acts: tuple[Act, ...]
    then: Rules | None
    of_value: bool


@dataclass(frozen=True, slots=True)
class DayRules:
    """Limits over all trades of the day; zero and None for none."""

    stop: Rupees | None = None
    target: Rupees | None = None
    trades: int = 0
    losers: int = 0
    pause: Seconds | None = None


def read_rules(at: Reader, place: str, table: Mapping[str, Any], vocabulary: TapeVocabulary, *, of_leg: bool) -> Rules:
    """Read the rules that stand in a table under their own names."""
    level = read_leg_amount if of_leg else read_multiple
    rungs = table.get("trail", [])
    rungs = rungs if isinstance(rungs, list) else [rungs]
    return Rules(
        stop=at.read(f"{place}.stop", table.get("stop", NONE), level),
        target=at.read(f"{place}.target", table.get("target", NONE), level),
        trail=tuple(_rung(at, f"{place}.trail", rung, of_leg=of_leg) for rung in rungs if rung != NONE),
        hold=at.read(f"{place}.hold", table.get("hold", NONE), _seconds_or_none),
        min_hold=at.read(f"{place}.min_hold", table.get("min_hold", NONE), _seconds_or_none),
        signal=_condition(at, f"{place}.signal", table.get("signal"), vocabulary),
        spot=_spot(at, f"{place}.spot", table["spot"]) if table.get("spot", NONE) != NONE else None,
        then=at.read(f"{place}.then", table["then"], partial(one_of, _THEN)) if "then" in table else None,
    )


def read_again(at: Reader, place: str, table: Mapping[str, str]) -> Again | None:
    """Read a re-entry; with `times = "none"` there is none."""
    if at.read(f"{place}.times", table.get("times", "1"), _count_or_none) is None:
        return None
    mode = at.read(f"{place}.mode", table.get("mode", "asap"), partial(one_of, _MODES))
    move = at.read(f"{place}.move", table.get("move", NONE), read_move)
    if (mode == "move") != (move is not None):
        raise InputError(f'{place}: mode = "move" and a move such as "+5pt" belong together: give both or neither')
    opens = at.read(f"{place}.opens", table.get("opens", NONE), _count_or_none)
    if opens is not None and mode != "asap":
        raise InputError(f'{place}: another leg is opened at once: leave mode out, or give it as "asap"')
    return Again(
        on=at.read(f"{place}.on", table.get("on", "stop"), partial(one_of, _ON)),
        mode=mode,
        times=at.read(f"{place}.times", table.get("times", "1"), partial(read_count, _MOST_TIMES)),
        after=at.read(f"{place}.after", table.get("after", "0s"), Seconds.parse),
        until=at.read(f"{place}.until", table.get("until", str(LAST_ENTRY)), read_entry),
        reversed=at.read(f"{place}.reversed", table.get("reversed", "no"), yes_or_no),
        move=move,
        opens=opens,
    )


def read_adjustment(at: Reader, place: str, table: Mapping[str, Any], legs: int) -> Adjustment:
    """Read one `[[adjust]]`."""
    done = table["do"] if isinstance(table["do"], list) else [table["do"]]
    acts = tuple(at.read(f"{place}.do", word, partial(_act, legs)) for word in done)
    position = table.get("position", "")
    then = table.get("then")
    return Adjustment(
        when=_condition(at, f"{place}.when", table.get("when"), OF_MARKET),
        terms=tuple(_term(at, f"{place}.position", text.strip()) for text in position.split(" and ") if text.strip()),
        every=at.read(f"{place}.every", table.get("every", "1s"), _positive_seconds),
        after=at.read(f"{place}.after", table.get("after", "0s"), Seconds.parse),
        times=at.read(f"{place}.times", table.get("times", "1"), partial(read_count, _MOST_TIMES)),
        acts=acts,
        then=None if then is None else read_rules(at, f"{place}.then", then, OF_LEG, of_leg=True),
        of_value=at.read(f"{place}.of", table.get("of", "entry"), partial(one_of, ("entry", "value"))) == "value",
    )


def read_day(at: Reader, table: Mapping[str, Any]) -> DayRules:
    """Read `[day]`."""
    return DayRules(
        stop=at.read("day.stop", table.get("stop", NONE), _rupees_or_none),
        target=at.read("day.target", table.get("target", NONE), _rupees_or_none),
        trades=at.read("day.trades", table.get("trades", NONE), _count_or_none) or 0,
        losers=at.read("day.losers", table.get("losers", NONE), _count_or_none) or 0,
        pause=at.read("day.pause", table.get("pause", NONE), _seconds_or_none),
    )


def read_when(at: Reader, place: str, text: str, vocabulary: TapeVocabulary) -> Condition:
    """Read a condition to enter by; NO_CONDITION where it is none."""
    return _condition(at, place, text, vocabulary) or NO_CONDITION


def read_multiple(text: str) -> Amount:
    """Read a level of the whole: as `read_amount`, or a multiple of the premium such as `2.5x`."""
    if re.fullmatch(r"\d+(\.\d+)?x", text):
        return Percent(Percent.parse(f"{text[:-1]}%").millionths * 100)
    return read_amount(text)


def read_move(text: str) -> Amount:
    """Read a move with its direction: `+5pt`, `-10%`, or `none`."""
    if text == NONE:
        return None
    if text[:1] not in {"+", "-"}:
        raise InputError(f"{text!r} does not say which way: write +5pt or -10%")
    amount = read_leg_amount(text[1:])
    if amount is None:
        raise InputError(f"{text!r} is no move: write +5pt or -10%")
    return amount if text[0] == "+" else _negative(amount)


def one_of(words: "set[str] | tuple[str, ...]", text: str) -> str:
    """Read one of some words."""
    if text not in words:
        raise InputError(f"{text!r} does not belong here{did_you_mean(text, sorted(words))}")
    return text


def read_count(most: int, text: str) -> int:
    """Read a whole number from 1 to `most`."""
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise InputError(f"{text!r} is no number from 1 to {most}")
    return int(text)


def yes_or_no(text: str) -> bool:
    """Read `yes` or `no`."""
    return one_of(("yes", "no"), text) == "yes"


def _negative(amount: Percent | Points) -> Percent | Points:
    return Percent(-amount.millionths) if isinstance(amount, Percent) else Points(-amount.paise)


def _signed_level(text: str) -> Amount:
    """Read a level that may be below zero or zero."""
    if text.startswith("-"):
        amount = read_leg_amount(text[1:])
        return None if amount is None else _negative(amount)
    if re.fullmatch(r"0(\.0+)?(pt|%)", text):
        return Points(0)
    return read_leg_amount(text)


def _seconds_or_none(text: str) -> Seconds | None:
    return None if text == NONE else _positive_seconds(text)


def _positive_seconds(text: str) -> Seconds:
    seconds = Seconds.parse(text)
    if seconds.count < 1:
        raise InputError(f"{text!r} is no time at all: give at least 1s")
    return seconds


def _count_or_none(text: str) -> int | None:
    return None if text == NONE else read_count(10_000, text)


def _rupees_or_none(text: str) -> Rupees | None:
    if text == NONE:
        return None
    amount = Rupees.parse(text)
    if amount.paise <= 0:
        raise InputError(f"{text!r} is not above zero: leave a limit out with none")
    return amount


def _condition(at: Reader, place: str, text: str | None, vocabulary: TapeVocabulary) -> Condition | None:
    if text is None or text == NONE:
        return None
    found = at.read(place, text, partial(read_condition, vocabulary=vocabulary, parameters=at.values))
    return None if found == NO_CONDITION else found


def _rung(at: Reader, place: str, table: Mapping[str, str], *, of_leg: bool) -> Rung:
    if not {"behind", "lock"} & set(table):
        raise InputError(f'{place} needs how far it stays behind, or what it locks, such as behind = "1pt"')
    if ("every" in table) != ("move" in table) or ("every" in table and "lock" not in table):
        raise InputError(f"{place}: every, move and lock belong together: lock that gain, and move it for every step")
    behind = table.get("behind", NONE)
    behind = at.values.get(behind, behind)
    of_best = behind.endswith(" of best")
    if of_best and not of_leg:
        raise InputError(f"{place}: a share of the best price is that of one leg: give it to a leg, or to leg_trail")
    return Rung(
        arm=at.read(f"{place}.arm", table.get("arm", NONE), read_leg_amount),
        behind=at.read(
            f"{place}.behind", behind.removesuffix(" of best"), Percent.parse if of_best else read_leg_amount
        ),
        of_best=of_best,
        lock=at.read(f"{place}.lock", table["lock"], _signed_level) if "lock" in table else None,
        every=at.read(f"{place}.every", table.get("every", NONE), read_leg_amount),
        move=at.read(f"{place}.move", table.get("move", NONE), read_leg_amount),
    )


def _spot(at: Reader, place: str, table: Mapping[str, str]) -> SpotRule:
    away = at.read(f"{place}.away", table.get("away", NONE), read_leg_amount)
    up = at.read(f"{place}.up", table.get("up", NONE), read_leg_amount) or away
    down = at.read(f"{place}.down", table.get("down", NONE), read_leg_amount) or away
    if up is not None and down is not None and type(up) is not type(down):
        raise InputError(f"{place}: up and down must be measured alike, both in points or both in percent")
    strike = "beyond" in table and at.read(f"{place}.beyond", table["beyond"], partial(one_of, ("strike",))) == "strike"
    return SpotRule(_of_leg(up), _of_leg(down), strike)


def _of_leg(amount: Amount) -> Points | Percent | None:
    if isinstance(amount, Rupees):
        raise InputError(f"{amount} is money: the index moves in points or percent")
    return amount


def _term(at: Reader, place: str, text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None or match[1] not in POSITION_WORDS:
        word = match[1] if match else text
        raise InputError(f"{place}: {word!r} is no word about the position{did_you_mean(word, POSITION_WORDS)}")
    return Term(match[1], match[2], at.read(place, match[3].strip(), partial(_level_of, match[1])))


def _level_of(word: str, text: str) -> Rupees | Points | Percent | Seconds:
    if word == "held":
        return _positive_seconds(text)
    if word in _NUMBERS:
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise InputError(f"{text!r} is no plain number: {word} is compared with one such as 1.8")
        return Percent(round(float(text) * MILLION))
    if word in _SHARES:
        return Percent.parse(text)
    if word == "divergence":
        return Points.parse(text)
    found = read_multiple(text) if word in {"gain", "loss"} else _signed_level(text)
    if found is None:
        raise InputError(f"{word} is compared with an amount such as 30% or 5pt")
    return found


def _act(legs: int, text: str) -> Act:
    match = _ACT.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} is nothing to do: write close or roll, then winner, loser, all or leg 1; or open leg 3"
        )
    number = match[3] or match[4]
    if number is not None and not 1 <= int(number) <= legs:
        raise InputError(f"{text!r} speaks of a leg that is not there: the recipe has {legs}")
    if match[4]:
        return Act("open", int(number))
    return Act(match[1], int(number) if number else match[2])
