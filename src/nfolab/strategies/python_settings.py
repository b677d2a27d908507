"""The settings that every Python strategy has without naming them: the desk's models, policies and limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from nfolab.base.errors import InputError, did_you_mean
from nfolab.base.units import Clock, Rupees, Seconds
from nfolab.engine.desk import codes as code
from nfolab.engine.desk.tables import DeskRules
from nfolab.market.orders import freeze_limit
from nfolab.market.sessions import Session
from nfolab.strategies.words import LAST_ENTRY, LAST_EXIT, NONE, read_latency, read_plan
from nfolab.tape.book import Int32Array

Value = TypeVar("Value")

DESK_SETTINGS = {
    "latency": "1s",
    "seed": "1",
    "max_quote_age": "5s",
    "plan": "zero",
    "queue": "likely",
    "quotes": "strict",
    "stops_on": "quote",
    "most_open": NONE,
    "most_trades": NONE,
    "cool_down": "0s",
    "daily_loss": NONE,
}
"""Parameters of the desk, with their defaults; docs/desk.md tells what each does."""

_DRAWS = 4096
_REGULAR_CLOSE = Clock(15 * 3600 + 30 * 60)
_BEFORE_CLOSE, _BEFORE_SQUARE_OFF = 600, 300


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The desk's settings of one variant; limits are 0 where there is none, `daily_loss` in paise."""

    latency: tuple[Seconds, Seconds]
    seed: int
    max_quote_age: Seconds
    plan: str
    queue: int
    one_sided: bool
    on_last: bool
    most_open: int
    most_trades: int
    cool_down: Seconds
    daily_loss: int

    @staticmethod
    def read(values: dict[str, str], where: str) -> "DeskSettings":
        """Read the settings from their texts; raise InputError with the place for one that cannot be read."""

        def at(name: str, reader: Callable[[str], Value]) -> Value:
            try:
                return reader(values[name])
            except InputError as mistake:
                raise InputError(f"{where}: parameter {name}: {mistake}") from None

        return DeskSettings(
            latency=at("latency", _read_latencies),
            seed=at("seed", _read_whole),
            max_quote_age=at("max_quote_age", Seconds.parse),
            plan=at("plan", read_plan),
            queue=at("queue", lambda text: _one_of(text, code.QUEUE_NAMES)),
            one_sided=at("quotes", lambda text: _one_of(text, ("strict", "one_sided"))) == 1,
            on_last=at("stops_on", lambda text: _one_of(text, ("quote", "last"))) == 1,
            most_open=at("most_open", _read_limit),
            most_trades=at("most_trades", _read_limit),
            cool_down=at("cool_down", Seconds.parse),
            daily_loss=at("daily_loss", _read_loss),
        )

    def rules(self, underlying: str, session: Session, first_second: int) -> DeskRules:
        """Return the rules of a desk on one day; contracts that rest on a second are not traded before it.

        Raises:
            InputError: the freeze quantity of that day is not known.
        """
        opening = session.open.second_of_day
        square_off, last_opening = LAST_EXIT.second_of_day - opening, LAST_ENTRY.second_of_day - opening
        if session.close < _REGULAR_CLOSE or session.open > LAST_ENTRY:
            square_off = session.last_second - _BEFORE_CLOSE
            last_opening = square_off - _BEFORE_SQUARE_OFF
        return DeskRules(
            latency=self._draws(session.day),
            freeze=freeze_limit(underlying, session.day).units,
            last_second=session.last_second,
            last_opening=last_opening,
            square_off=square_off,
            first_second=first_second,
            max_quote_age=self.max_quote_age.count,
            queue=self.queue,
            one_sided=self.one_sided,
            on_last=self.on_last,
            most_open=self.most_open,
            most_trades=self.most_trades,
            cool_down=self.cool_down.count,
            daily_loss=self.daily_loss,
        )

    def _draws(self, day: date) -> Int32Array:
        least, most = (seconds.count for seconds in self.latency)
        if least == most:
            return np.array([least], np.int32)
        drawn = np.random.default_rng([self.seed, day.toordinal()]).integers(least, most + 1, _DRAWS)
        return drawn.astype(np.int32)

    def remarks(self, values: dict[str, str]) -> list[str]:
        """Return what a report must say first of models that are not the default."""
        said = []
        if self.on_last:
            said.append("Stops watch the last price, not the side that they would take from (stops_on=last).")
        if self.one_sided:
            said.append("Orders may take the only side of a book that stands at its circuit limit (quotes=one_sided).")
        if self.queue != code.LIKELY:
            said.append(f"Limit orders fill by the model {code.QUEUE_NAMES[self.queue]}, not by the likely one.")
        if self.latency[0] != self.latency[1]:
            said.append(
                f"The latency of each message is drawn evenly from {values['latency']}, with the seed {self.seed}."
            )
        return said


def _read_latencies(text: str) -> tuple[Seconds, Seconds]:
    first, dots, last = text.partition("..")
    least = read_latency(first)
    most = read_latency(last) if dots else least
    if most < least:
        raise InputError(f"{text!r} ends before it begins: write the shorter one first, as 1s..5s")
    return least, most


def _read_whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise InputError(f"{text!r} is not a whole number: write it as 7")
    return int(text)


def _read_limit(text: str) -> int:
    if text == NONE:
        return 0
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise InputError(f"{text!r} is no limit: write a whole number from 1 on, or none")
    return int(text)


def _read_loss(text: str) -> int:
    if text == NONE:
        return 0
    paise = Rupees.parse(text).paise
    if paise <= 0:
        raise InputError(f"{text!r} is not above zero: leave the limit out with none")
    return paise


def _one_of(text: str, known: tuple[str, ...]) -> int:
    if text not in known:
        raise InputError(f"{text!r} is not {' or '.join(known)}{did_you_mean(text, known)}")
    return known.index(text)
