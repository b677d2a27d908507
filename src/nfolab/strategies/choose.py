"""From a variant and a day to a program: the contracts are chosen from what is known at the second of each entry."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import gcd

import numpy as np

from nfolab.engine.program import Entry, EntryLeg, Level, Program
from nfolab.market.contracts import Contract
from nfolab.market.expiries import monthly_expiry, nearest_expiry, next_expiry, next_monthly_expiry
from nfolab.market.lots import lot_size
from nfolab.strategies.pickers.chain import AskedLeg, Chain, NoStrikeError
from nfolab.strategies.pickers.grammar import Picker
from nfolab.strategies.pickers.read import ExpiryOfDay
from nfolab.strategies.recipe import Leg, Variant
from nfolab.strategies.words import ExpiryRule, SpotSource, strike_by_number
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day


class MissingDataError(Exception):
    """A day lacks what a strategy needs; the sentence says what, and what would serve instead."""


@dataclass(frozen=True, slots=True)
class NoEntry:
    """An entry that could not be made, for a reason known at its second."""

    second: int
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A variant on a day: its program, the entries that could not be made, and what its decisions rest on.

    Attributes:
        money: the index or the parity forward (half-paise) by second of entry, where a strike asked for it.
        reasons: why each leg's strike was taken, by second of entry, in the legs' order.
    """

    program: Program
    no_entries: tuple[NoEntry, ...]
    money: dict[int, int]
    reasons: dict[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The legs of an entry, why each strike was taken, and where the money stood, if a strike asked."""

    legs: tuple[EntryLeg, ...]
    reasons: tuple[str, ...]
    money: int | None


_Moment = tuple[date, int, SpotSource | None, int]
"""What a chain is known by: its expiry, the second, what tells the money (if asked), the greatest age of a quote."""

_CHAINS_KEPT = 256


class Chooser:
    """Chooses contracts on one day; what several variants ask for is worked out once."""

    def __init__(self, day: Day, money: Money) -> None:
        self.day = day
        self.money = money
        self._expiries: dict[ExpiryRule, date] = {}
        self._of_expiry: dict[date, ExpiryOfDay] = {}
        self._chains: dict[_Moment, Chain] = {}
        self._choices: dict[tuple[_Moment, Picker, AskedLeg], tuple[int, str] | NoStrikeError] = {}

    def plan(self, variant: Variant) -> Plan:
        """Choose the contracts of every entry of a variant.

        Raises:
            MissingDataError: the day has no index feed, or lacks the expiry or the fixed strike that is asked for.
        """
        entries = []
        no_entries = []
        money: dict[int, int] = {}
        reasons: dict[int, tuple[str, ...]] = {}
        for clock in variant.entries:
            second = clock.second_of_day - self.day.session.open.second_of_day
            if not 0 <= second <= self.day.session.last_second:
                no_entries.append(NoEntry(max(second, 0), f"{clock} is outside the session of {self.day.day}"))
                continue
            try:
                chosen = self._choose(variant, second)
            except NoStrikeError as why:
                no_entries.append(NoEntry(second, str(why)))
                continue
            entries.append(Entry(second, chosen.legs))
            reasons[second] = chosen.reasons
            if chosen.money is not None:
                money[second] = chosen.money
        units = gcd(*(leg.lots for leg in variant.legs)) * self._lot(self._expiry(variant.legs[0].expiry))
        program = Program(
            entries=tuple(entries),
            exit_second=variant.exit.second_of_day - self.day.session.open.second_of_day,
            stop=Level.of(variant.stop, units),
            target=Level.of(variant.target, units),
            leg_stop=Level.of(variant.leg_stop, 1),
            latency=variant.latency.count,
            max_quote_age=variant.max_quote_age.count,
            watch=variant.watch,
            plan=variant.plan,
        )
        return Plan(program, tuple(no_entries), money, reasons)

    @cached_property
    def _numbers(self) -> dict[tuple[date, str, int], int]:
        keys = zip(self.day.expiry.tolist(), self.day.kind.tolist(), self.day.strike.tolist(), strict=True)
        return {key: number for number, key in enumerate(keys)}

    def _lot(self, expiry: date) -> int:
        return lot_size(self.day.underlying, expiry, self.day.day)

    def _expiry(self, rule: ExpiryRule) -> date:
        if rule not in self._expiries:
            day, underlying = self.day.day, self.day.underlying
            match rule:
                case "nearest":
                    expiry = nearest_expiry(underlying, day)
                case "next":
                    expiry = next_expiry(underlying, day)
                case "monthly":
                    expiry = monthly_expiry(underlying, day)
                case "next_monthly":
                    expiry = next_monthly_expiry(underlying, day)
                case date():
                    expiry = rule
            if np.datetime64(expiry, "D") not in self.day.expiry:
                held = ", ".join(str(held) for held in sorted(set(self.day.expiry.tolist())))
                raise MissingDataError(
                    f"no {underlying} option expiring on {expiry} is in the lake for {day}; it holds those of {held}"
                )
            self._expiries[rule] = expiry
        return self._expiries[rule]

    def _choose(self, variant: Variant, second: int) -> _Chosen:
        """Return the contracts of an entry; docs/engine.md, Entry.

        Raises:
            NoStrikeError: a leg has no strike, or its contract has had no row by then.
        """
        legs = []
        strikes: tuple[int, ...] = ()
        reasons = []
        money: int | None = None
        for leg in variant.legs:
            expiry = self._expiry(leg.expiry)
            spot = variant.spot if leg.strike.needs_money else None
            moment = expiry, second, spot, variant.max_quote_age.count
            chain = self._chain(moment)
            strike, reason = self._choice(moment, leg.strike, AskedLeg(leg.kind, strikes))
            number = self._numbers.get((expiry, leg.kind, strike))
            if number is None or self.day.first_second[number] > second:
                contract = Contract(self.day.underlying, expiry, leg.kind, strike)
                if number is None and strike_by_number(leg.strike) is not None:
                    raise MissingDataError(
                        f"{contract} is not listed on {self.day.day}; listed are {self._listed_text(leg, expiry)}"
                    )
                raise NoStrikeError(f"{contract} has had no row by then, so it is not listed")
            legs.append(EntryLeg(number, leg.sign, leg.lots * self._lot(expiry), leg.lots))
            strikes = (*strikes, strike)
            reasons.append(reason)
            money = money if chain.money is None else chain.money
        return _Chosen(tuple(legs), tuple(reasons), money)

    def _choice(self, moment: _Moment, picker: Picker, leg: AskedLeg) -> tuple[int, str]:
        """Return a leg's strike and why it was taken; raise NoStrikeError if none serves."""
        key = moment, picker, leg
        if key not in self._choices:
            try:
                found = picker.choose(self._chain(moment), leg)
                self._choices[key] = found.strike, found.sentence
            except NoStrikeError as none:
                self._choices[key] = NoStrikeError(str(none))
        known = self._choices[key]
        if isinstance(known, NoStrikeError):
            raise known.with_traceback(None)
        return known

    def _chain(self, moment: _Moment) -> Chain:
        """Return the chain of an expiry at a second; it knows the money only where a strike asks for it."""
        if moment not in self._chains:
            expiry, second, spot, max_age = moment
            money = None if spot is None else self._money(spot, expiry, second, max_age)
            of_expiry = self._of_expiry.setdefault(expiry, ExpiryOfDay(self.day, expiry))
            name = "parity forward" if spot == "parity" else "index"
            if len(self._chains) >= _CHAINS_KEPT:
                del self._chains[next(iter(self._chains))]
            self._chains[moment] = of_expiry.chain(second, money, name, max_age)
        return self._chains[moment]

    def _money(self, spot: SpotSource, expiry: date, second: int, max_age: int) -> int:
        """Return where the money stands, in half-paise.

        Raises:
            MissingDataError: the day has no index feed.
            NoStrikeError: it is not known at this second.
        """
        if spot == "index" and not self.day.has_spot:
            raise MissingDataError(
                f"no index feed of {self.day.underlying} on {self.day.day}, so the money is unknown: set spot=parity "
                "to take it from the put-call-parity forward, or give the strike as a number"
            )
        line = self.money.index if spot == "index" else self.money.forward(np.datetime64(expiry, "D"), max_age)
        where = int(line[second])
        if where == UNKNOWN:
            missing = "no index row at most 2 s old" if spot == "index" else "no pair of usable quotes for parity"
            raise NoStrikeError(missing)
        return where

    def _listed_text(self, leg: Leg, expiry: date) -> str:
        strikes = sorted(strike for held, kind, strike in self._numbers if held == expiry and kind == leg.kind)
        shown = [str(strike) for strike in strikes]
        return ", ".join(shown if len(shown) <= 8 else [*shown[:4], "…", *shown[-4:]]) + f" {leg.kind}"
