"""From a variant and a day to a program: the contracts are chosen from what is known at the second of each entry."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import gcd

import numpy as np

from nfolab.engine.program import Entry, EntryLeg, Level, Program
from nfolab.market.contracts import Contract
from nfolab.market.expiries import monthly_expiry, nearest_expiry, next_expiry, next_monthly_expiry
from nfolab.market.lots import lot_size, strike_step
from nfolab.strategies.recipe import Leg, Variant
from nfolab.strategies.words import ExpiryRule
from nfolab.tape.money import HALF_PAISE_PER_RUPEE, UNKNOWN, Money
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
    """A variant on a day: its program, the entries that could not be made, and where the money stood at each decision.

    `money` is the index or the parity forward (half-paise) by second of entry, where a strike asked for it.
    """

    program: Program
    no_entries: tuple[NoEntry, ...]
    money: dict[int, int]


class Chooser:
    """Chooses contracts on one day; what several variants ask for is worked out once."""

    def __init__(self, day: Day, money: Money) -> None:
        self.day = day
        self.money = money
        self._expiries: dict[ExpiryRule, date] = {}

    def plan(self, variant: Variant) -> Plan:
        """Choose the contracts of every entry of a variant.

        Raises:
            MissingDataError: the day has no index feed, or lacks the expiry or the fixed strike that is asked for.
        """
        entries = []
        no_entries = []
        money: dict[int, int] = {}
        for clock in variant.entries:
            second = clock.second_of_day - self.day.session.open.second_of_day
            if not 0 <= second <= self.day.session.last_second:
                no_entries.append(NoEntry(max(second, 0), f"{clock} is outside the session of {self.day.day}"))
                continue
            chosen = self._choose(variant, second, money)
            if isinstance(chosen, NoEntry):
                no_entries.append(chosen)
            else:
                entries.append(Entry(second, chosen))
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
        return Plan(program, tuple(no_entries), money)

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

    def _choose(self, variant: Variant, second: int, money: dict[int, int]) -> tuple[EntryLeg, ...] | NoEntry:
        legs = []
        for leg in variant.legs:
            expiry = self._expiry(leg.expiry)
            strike = self._strike(variant, leg, expiry, second, money)
            if isinstance(strike, NoEntry):
                return strike
            number = self._numbers.get((expiry, leg.kind, strike))
            contract = Contract(self.day.underlying, expiry, leg.kind, strike)
            if number is None or self.day.first_second[number] > second:
                if leg.strike.rule == "fixed" and number is None:
                    raise MissingDataError(
                        f"{contract} is not listed on {self.day.day}; listed are {self._listed_text(leg, expiry)}"
                    )
                return NoEntry(second, f"{contract} has had no row by then, so it is not listed")
            legs.append(EntryLeg(number, leg.sign, leg.lots * self._lot(expiry), leg.lots))
        return tuple(legs)

    def _listed_text(self, leg: Leg, expiry: date) -> str:
        strikes = sorted(strike for held, kind, strike in self._numbers if held == expiry and kind == leg.kind)
        shown = [str(strike) for strike in strikes]
        return ", ".join(shown if len(shown) <= 8 else [*shown[:4], "…", *shown[-4:]]) + f" {leg.kind}"

    def _strike(self, variant: Variant, leg: Leg, expiry: date, second: int, money: dict[int, int]) -> int | NoEntry:
        """Return the strike of a leg at a second, in rupees; docs/engine.md, Entry, step 3."""
        if not leg.strike.needs_money:
            return leg.strike.number
        if variant.spot == "index" and not self.day.has_spot:
            raise MissingDataError(
                f"no index feed of {self.day.underlying} on {self.day.day}, so the money is unknown: set spot=parity "
                "to take it from the put-call-parity forward, or give the strike as a number"
            )
        if variant.spot == "index":
            line = self.money.index
        else:
            line = self.money.forward(np.datetime64(expiry, "D"), variant.max_quote_age.count)
        where = int(line[second])
        if where == UNKNOWN:
            missing = (
                "no index row at most 2 s old" if variant.spot == "index" else "no pair of usable quotes for parity"
            )
            return NoEntry(second, missing)
        money[second] = where
        listed = self._listed(expiry, second)
        if not listed:
            return NoEntry(second, f"no strike of {expiry} has had a row of both kinds by then")
        step = strike_step(self.day.underlying)
        at_the_money = min(listed, key=lambda strike: (abs(HALF_PAISE_PER_RUPEE * strike - where), strike))
        match leg.strike.rule:
            case "atm_pair":
                if leg.kind == "CE":
                    beside = [strike for strike in listed if HALF_PAISE_PER_RUPEE * strike >= where]
                    chosen = min(beside, default=None)
                else:
                    beside = [strike for strike in listed if HALF_PAISE_PER_RUPEE * strike <= where]
                    chosen = max(beside, default=None)
                return NoEntry(second, "no listed strike on that side of the money") if chosen is None else chosen
            case "steps":
                return at_the_money + leg.strike.number * step
            case "otm":
                return at_the_money + (1 if leg.kind == "CE" else -1) * leg.strike.number * step
            case "itm":
                return at_the_money - (1 if leg.kind == "CE" else -1) * leg.strike.number * step
        return at_the_money

    def _listed(self, expiry: date, second: int) -> list[int]:
        known = (self.day.expiry == np.datetime64(expiry, "D")) & (self.day.first_second <= second)
        calls = self.day.strike[known & (self.day.kind == "CE")]
        puts = self.day.strike[known & (self.day.kind == "PE")]
        found: list[int] = np.intersect1d(calls, puts).tolist()
        return found
