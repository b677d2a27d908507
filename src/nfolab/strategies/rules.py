"""When a recipe's positions are closed, opened again and changed, as it stands in the file; docs/positions.md."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, overload

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import MILLION, Clock, Percent, Points, Rupees, Seconds
from nfolab.engine.queue import BEST, LIKELY, WORST
from nfolab.strategies.conditions.dimension import POINTS
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.parse import read_condition, read_value
from nfolab.strategies.conditions.tree import NO_CONDITION, Condition, Quantity
from nfolab.strategies.pickers.balance import Balances
from nfolab.strategies.pickers.grammar import Picker, read_strike
from nfolab.strategies.words import (
    LAST_ENTRY,
    NONE,
    Amount,
    one_of,
    read_amount,
    read_count,
    read_entry,
    read_leg_amount,
    yes_or_no,
)

Value = TypeVar("Value")

QUEUES = {"likely": LIKELY, "worst": WORST, "best": BEST}
"""Models of the queue in which an order rests."""

OF_MARKET = TapeVocabulary(
    {"spot": "spot", "chain": "chain", "future": "future", "ce": "contract", "pe": "contract", "pair": "premium"}
)
"""What a condition on the market may speak of; `ce`, `pe` and `pair` are the options at the money of that second."""

OF_LEG = TapeVocabulary({"leg": "contract", "spot": "spot", "chain": "chain", "future": "future"})
"""What a condition on a leg may speak of: its contract first."""

OF_HELD = TapeVocabulary({**OF_MARKET.subject_kinds, "leg": "contract"})
"""What a condition of an adjustment may speak of: the market, and the open contract with the lowest number."""

_THEN = {"close all", "others to cost", "stopped to cost"}
_ON = ("stop", "target", "any")
_MODES = ("asap", "cost", "move")
_MOST_TIMES = 20
_TERM = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*(.+)")
_ACT = re.compile(r"(close|roll)\s+(winner|loser|all|leg\s+(\d+))|open\s+leg\s+(\d+)")
_HALF = re.compile(r"close\s+half\s+of\s+(?:all|leg\s+(\d+))")
_TO_COST = re.compile(r"(whole|winner|loser|all|leg\s+(\d+))\s+to\s+cost")
_LEVELS = ("gain", "loss", "winner_gain", "loser_gain")
_SHARES = ("imbalance",)
_NUMBERS = ("premium_ratio", "net_delta", "move_ratio", "legs")
_SIGNED = ("spot_up", "spot_down", "strike_distance")
POSITION_WORDS = (*_LEVELS, *_SHARES, *_NUMBERS, "divergence", "credit", "spot_move", *_SIGNED, "held")


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
    """One step of a trail; `of_best` tells that `behind` is a share of the best price, `at` is a price it follows."""

    arm: Amount = None
    behind: Amount | Quantity = None
    of_best: bool = False
    at: Quantity | None = None
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
    """When a leg, or the whole, is closed; a stop or target may be a price of the leg's, known at its decision.

    `target_rests` is the model of the queue of a target that is a resting order.
    """

    stop: Amount | Quantity = None
    target: Amount | Quantity = None
    target_rests: int | None = None
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
    """A comparison of a word about the position with a level; `lasting` tells for how many seconds it must be true."""

    word: str
    comparison: str
    level: Rupees | Points | Percent | Seconds
    lasting: int = 1


@dataclass(frozen=True, slots=True)
class Act:
    """`close`, `roll`, `open`, `half` or `cost`; `winner`, `loser`, `all`, `missing`, `whole` or a leg, from 1."""

    verb: str
    whom: str | int


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A rule about the open position; `then` replaces the rules of what stays open, `strike` is what rolls go by."""

    when: Condition | None
    terms: tuple[Term, ...]
    every: Seconds
    after: Seconds
    times: int
    acts: tuple[Act, ...]
    then: Rules | None
    of_value: bool
    strike: Picker | Balances | None
    from_held: bool


@dataclass(frozen=True, slots=True)
class DayRules:
    """Limits over all trades of the day; zero and None for none."""

    trail: tuple[Rung, ...] = ()
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
        stop=_level(at, f"{place}.stop", table.get("stop", NONE), level, vocabulary),
        target=_level(at, f"{place}.target", table.get("target", NONE), level, vocabulary),
        target_rests=_rests(at, f"{place}.target", table.get("target", NONE), of_leg=of_leg),
        trail=tuple(_rung(at, f"{place}.trail", rung, vocabulary, of_leg=of_leg) for rung in rungs if rung != NONE),
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
    strike = at.read(f"{place}.strike", table["strike"], _roll_strike) if "strike" in table else None
    if strike is not None and not any(one.verb == "roll" for one in acts):
        raise InputError(f"{place} gives a strike, but rolls nothing: a strike says where a roll goes")
    for level in ("stop", "target"):
        if then is not None and isinstance(then.get(level), dict):
            raise InputError(f"{place}.then.{level} can neither be a price nor rest in the book: give a loss or gain")
    return Adjustment(
        when=_condition(at, f"{place}.when", table.get("when"), OF_HELD),
        terms=tuple(_term(at, f"{place}.position", text.strip()) for text in position.split(" and ") if text.strip()),
        every=at.read(f"{place}.every", table.get("every", "1s"), positive_seconds),
        after=at.read(f"{place}.after", table.get("after", "0s"), Seconds.parse),
        times=at.read(f"{place}.times", table.get("times", "1"), partial(read_count, _MOST_TIMES)),
        acts=acts,
        then=None if then is None else read_rules(at, f"{place}.then", then, OF_LEG, of_leg=True),
        of_value=at.read(f"{place}.of", table["of"], partial(one_of, ("entry", "value"))) == "value"
        if "of" in table
        else False,
        strike=None if strike is None else strike[0],
        from_held=strike is not None and strike[1],
    )


def read_day(at: Reader, table: Mapping[str, Any]) -> DayRules:
    """Read `[day]`."""
    return DayRules(
        trail=_day_trail(at, table.get("trail", [])),
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


@overload
def _negative(amount: Percent | Points) -> Percent | Points: ...
@overload
def _negative(amount: Percent | Points | Rupees) -> Percent | Points | Rupees: ...
def _negative(amount: Percent | Points | Rupees) -> Percent | Points | Rupees:
    if isinstance(amount, Percent):
        return Percent(-amount.millionths)
    return type(amount)(-amount.paise)


def _level(
    at: Reader, place: str, given: Any, read: Callable[[str], Amount], vocabulary: TapeVocabulary
) -> Amount | Quantity:
    """Read a level, or with `at` a price of the leg's contract."""
    if not isinstance(given, dict):
        return at.read(place, given, read)
    if ("at" in given) == ("gain" in given):
        raise InputError(f'{place} needs either a price, such as at = "lowest(60s)", or a gain, such as gain = "2pt"')
    if "gain" in given:
        return at.read(f"{place}.gain", given["gain"], read)
    return read_price(at, f"{place}.at", given["at"], vocabulary)


def read_price(at: Reader, place: str, text: str, vocabulary: TapeVocabulary) -> Quantity:
    """Read what has a value in points."""
    found = at.read(place, text, partial(read_value, vocabulary=vocabulary, parameters=at.values))
    if found.dimension != POINTS:
        raise InputError(f"{place}: {text!r} is in {found.dimension}, but a price or a distance is in points")
    return found.quantity


def _rests(at: Reader, place: str, given: Any, *, of_leg: bool) -> int | None:
    """Read whether a target is a resting order, and the model of its queue."""
    if not isinstance(given, dict) or at.read(f"{place}.order", given.get("order", "watched"), _read_resting) is None:
        return None
    if not of_leg:
        raise InputError(f"{place} rests as one order, which is of one leg: give it to a leg, or as leg_target")
    return at.read(f"{place}.queue", given.get("queue", "likely"), read_queue_model)


def _read_resting(text: str) -> str | None:
    return None if one_of(("watched", "limit"), text) == "watched" else text


def read_queue_model(text: str) -> int:
    """Read the model of a queue: `likely`, `worst` or `best`."""
    return QUEUES[one_of(tuple(QUEUES), text)]


def _day_trail(at: Reader, rungs: Any) -> tuple[Rung, ...]:
    rungs = rungs if isinstance(rungs, list) else [rungs]
    found = tuple(_rung(at, "day.trail", rung, OF_MARKET, of_leg=False) for rung in rungs if rung != NONE)
    for rung in found:
        levels = (rung.arm, rung.behind, rung.lock, rung.every, rung.move)
        if rung.at is not None or any(one is not None and not isinstance(one, Rupees) for one in levels):
            raise InputError('day.trail is in rupees alone, such as { arm = "5000rs", behind = "2000rs" }')
    return found


def _roll_strike(text: str) -> tuple[Picker | Balances, bool]:
    """Read where a roll goes, and whether it is told from what is held: `balances`, `held+1`, or a strike."""
    if text == "balances":
        return Balances(), True
    if re.match(r"held\s*[+-]", text):
        return read_strike(re.sub(r"^held", "leg1", text), 1), True
    return read_strike(text), False


def _signed_level(read: Callable[[str], Amount], text: str) -> Amount:
    """Read a level that may be below zero or zero."""
    if text.startswith("-"):
        amount = read(text[1:])
        return None if amount is None else _negative(amount)
    if re.fullmatch(r"0(\.0+)?(pt|%)", text):
        return Points(0)
    return read(text)


def _seconds_or_none(text: str) -> Seconds | None:
    return None if text == NONE else positive_seconds(text)


def positive_seconds(text: str) -> Seconds:
    """Read a length of time of at least a second."""
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
    if text is None or at.values.get(text, text) == NONE:
        return None
    found = at.read(place, text, partial(read_condition, vocabulary=vocabulary, parameters=at.values))
    return None if found == NO_CONDITION else found


def _rung(at: Reader, place: str, table: Mapping[str, str], vocabulary: TapeVocabulary, *, of_leg: bool) -> Rung:
    if not {"behind", "lock", "at"} & set(table):
        raise InputError(f'{place} needs how far it stays behind, or what it locks, such as behind = "1pt"')
    if ("every" in table) != ("move" in table) or ("every" in table and "lock" not in table):
        raise InputError(f"{place}: every, move and lock belong together: lock that gain, and move it for every step")
    behind = table.get("behind", NONE)
    behind = at.values.get(behind, behind)
    of_best = behind.endswith(" of best")
    if of_best and not of_leg:
        raise InputError(f"{place}: a share of the best price is that of one leg: give it to a leg, or to leg_trail")
    if "at" in table and not of_leg:
        raise InputError(f"{place}: a price to follow is that of one leg: give it to a leg, or to leg_trail")
    level = read_leg_amount if of_leg else read_multiple
    distance: Amount | Quantity
    if of_best:
        distance = at.read(f"{place}.behind", behind.removesuffix(" of best"), Percent.parse)
    elif re.fullmatch(r"none|-?[\d.]+(%|pt|rs|x)", behind):
        distance = at.read(f"{place}.behind", behind, level)
    else:
        distance = read_price(at, f"{place}.behind", table["behind"], vocabulary)
    return Rung(
        arm=at.read(f"{place}.arm", table.get("arm", NONE), level),
        behind=distance,
        of_best=of_best,
        at=read_price(at, f"{place}.at", table["at"], vocabulary) if "at" in table else None,
        lock=at.read(f"{place}.lock", table["lock"], partial(_signed_level, level)) if "lock" in table else None,
        every=at.read(f"{place}.every", table.get("every", NONE), level),
        move=at.read(f"{place}.move", table.get("move", NONE), level),
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
    text, _, lasting = text.partition(" for ")
    match = _TERM.fullmatch(text.strip())
    if match is None or match[1] not in POSITION_WORDS:
        word = match[1] if match else text
        raise InputError(f"{place}: {word!r} is no word about the position{did_you_mean(word, POSITION_WORDS)}")
    level = at.read(place, match[3].strip(), partial(_level_of, match[1]))
    seconds = at.read(place, lasting.strip(), positive_seconds).count if lasting else 1
    return Term(match[1], match[2], level, seconds)


def _level_of(word: str, text: str) -> Rupees | Points | Percent | Seconds:
    if word == "held":
        return positive_seconds(text)
    if word in _NUMBERS:
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise InputError(f"{text!r} is no plain number: {word} is compared with one such as 1.8")
        return Percent(round(float(text) * MILLION))
    if word in _SHARES:
        return Percent.parse(text)
    if word in _SIGNED:
        signed = _signed_level(read_leg_amount, text)
        if not isinstance(signed, Points | Percent):
            raise InputError(f"{word} is compared with points or percent, such as 100pt or 0.2%")
        return signed
    if word == "credit":
        money = _signed_level(read_amount, text)
        if not isinstance(money, Points | Rupees):
            raise InputError("credit is compared with points or rupees, such as 100pt or 5000rs")
        return money
    if word == "divergence":
        return Points.parse(text)
    found = _signed_level(read_multiple if word in {"gain", "loss"} else read_leg_amount, text)
    if found is None:
        raise InputError(f"{word} is compared with an amount such as 30% or 5pt")
    return found


def _act(legs: int, text: str) -> Act:
    if text == "open missing":
        return Act("open", "missing")
    for pattern, verb in ((_HALF, "half"), (_TO_COST, "cost")):
        if match := pattern.fullmatch(text):
            number = match[match.re.groups]
            whom = "all" if verb == "half" else match[1]
            return Act(verb, _leg_number(legs, text, number) if number else whom)
    match = _ACT.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} is nothing to do: write close or roll, then winner, loser, all or leg 1; open leg 3 or open "
            "missing; close half of leg 1; or whole, winner, loser, all or leg 1, then to cost"
        )
    if match[4]:
        return Act("open", _leg_number(legs, text, match[4]))
    return Act(match[1], _leg_number(legs, text, match[3]) if match[3] else match[2])


def _leg_number(legs: int, text: str, number: str) -> int:
    if not 1 <= int(number) <= legs:
        raise InputError(f"{text!r} speaks of a leg that is not there: the recipe has {legs}")
    return int(number)
