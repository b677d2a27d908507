"""From a variant and a day to a program: contracts are chosen from what is known at the second that asks for them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from math import gcd

import numpy as np
import numpy.typing as npt

from nfolab.base.errors import InputError
from nfolab.base.units import Clock
from nfolab.engine.positions.columns import pick
from nfolab.engine.positions.program import Amount, Condition, Pick, Program, Slot
from nfolab.market.contracts import Contract
from nfolab.market.expiries import monthly_expiry, nearest_expiry, next_expiry, next_monthly_expiry
from nfolab.market.lots import lot_size, strike_step
from nfolab.strategies.acts import LegsAsSlots
from nfolab.strategies.at_once import contracts_at_once
from nfolab.strategies.day_conditions import BoolArray, DayConditions, Surroundings
from nfolab.strategies.day_plan import DayPlan, MissingDataError, NoEntry
from nfolab.strategies.fired import NONE, as_of, at_the_money, direction, latest, looked_at, triggers
from nfolab.strategies.in_integers import DayOf
from nfolab.strategies.leg_choices import (
    OTHER,
    GuardedChoice,
    HeldChoice,
    Kind,
    LegChoice,
    RuleChoice,
    Taken,
    TriggerChoice,
)
from nfolab.strategies.pairs import PairsOfDay, beside_the_money
from nfolab.strategies.pickers.balance import Balances
from nfolab.strategies.pickers.chain import AskedLeg, Chain, NoStrikeError
from nfolab.strategies.pickers.grammar import Picker
from nfolab.strategies.pickers.place import FromLeg, StrikeRule
from nfolab.strategies.pickers.read import ExpiryOfDay
from nfolab.strategies.recipe import Leg, Variant
from nfolab.strategies.rules import Adjustment
from nfolab.strategies.words import LAST_ENTRY, ExpiryRule, SpotSource, strike_by_number
from nfolab.tape.book import Int32Array
from nfolab.tape.money import UNKNOWN, Money
from nfolab.tape.tape import Day

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
        self._clocks: dict[tuple[int, ...], Condition] = {}
        self._windows: dict[tuple[object, ...], Condition] = {}
        self._directions: dict[tuple[object, ...], npt.NDArray[np.int8]] = {}
        self._triggers: dict[tuple[object, ...], Int32Array] = {}
        self._around: dict[tuple[object, ...], Surroundings] = {}
        self.conditions = DayConditions(day)
        self._leg_choices: dict[tuple[object, ...], LegChoice] = {}
        self._choices: dict[tuple[_Moment, Picker | Balances, AskedLeg], tuple[int, str] | NoStrikeError] = {}

    def forget(self) -> None:
        """Let go of what was worked out, which refers to itself in circles and would fill the memory day after day."""
        for kept in (self._leg_choices, self._windows, self._directions, self._triggers, self._choices, self._chains):
            kept.clear()
        self.conditions.forget()

    def plan(self, variant: Variant) -> DayPlan:
        """Choose the contracts of every entry of a variant.

        Raises:
            MissingDataError: the strategy is for other underlyings, or the day has no index feed, or lacks the expiry
                or the fixed strike that is asked for.
        """
        if variant.underlyings and self.day.underlying not in variant.underlyings:
            raise MissingDataError(f"{variant.strategy} is for {' and '.join(variant.underlyings)} alone")
        seconds = []
        no_entries = []
        enter = variant.enter
        for clock in enter.at:
            second = self._second(clock)
            if 0 <= second <= self.day.session.last_second:
                seconds.append(second)
            else:
                no_entries.append(NoEntry(max(second, 0), f"{clock} is outside the session of {self.day.day}"))
        expiry = self.expiry(variant.legs[0].expiry)
        choices = tuple(self._choice_of(variant, number) for number in range(len(variant.legs)))
        around = self._surroundings(variant)
        of_day = DayOf(
            partial(self.conditions.true_seconds, around=around),
            partial(self.conditions.prices, around=around),
            self._second,
            self.conditions.delta,
        )
        as_slots = LegsAsSlots(tuple(leg.halved for leg in variant.legs))
        slots = tuple(self._slot(variant, number, choices[number], of_day, as_slots) for number in as_slots.legs)
        slots = tuple(
            replace(slot, twin=next((one for one in as_slots.of(leg) if one != place), None))
            for place, (slot, leg) in enumerate(zip(slots, as_slots.legs, strict=True))
        )
        if why := self._why_not_today(variant, expiry):
            no_entries, entry, window = [NoEntry(0, why)], self._at(()), None
        else:
            window = self._at(tuple(seconds)) if enter.at else None
            entry = self._entry(variant, tuple(seconds))
        day = variant.day
        program = Program(
            entry=entry,
            slots=slots,
            exit_second=self._second(variant.exit),
            last_entry=self._second(LAST_ENTRY),
            latency=variant.latency.count,
            max_quote_age=variant.max_quote_age.count,
            watch=variant.watch,
            plan=variant.plan,
            set_units=gcd(*(leg.lots for leg in variant.legs)) * around.lot,
            guard=of_day.guard(variant.rules),
            again=of_day.again(variant.again),
            adjustments=tuple(
                of_day.adjustment(one, as_slots.acts(one.acts, partial(self._picks, variant, one, as_slots)))
                for one in variant.adjustments
            ),
            window=window,
            logs_skips=bool(enter.at) and not (enter.when or enter.up or enter.down),
            covers_rest=variant.covers_rest,
            legged=enter.legged or any(leg.order for leg in variant.legs),
            after=enter.after.count,
            times=min(enter.times, day.trades or enter.times),
            wait=Amount.of(enter.move),
            wait_within=enter.within.count,
            day=of_day.day(day),
            losers=day.losers,
            pause=day.pause.count if day.pause else 0,
        )
        return DayPlan(program, tuple(no_entries), tuple(choices[leg] for leg in as_slots.legs))

    def _slot(self, variant: Variant, number: int, choice: LegChoice, of_day: DayOf, as_slots: LegsAsSlots) -> Slot:
        """Return a leg, or each half of one, as the kernel holds it."""
        leg = variant.legs[number]
        lots = leg.lots // 2 if leg.halved else leg.lots
        again = of_day.again(leg.again)
        if again.opens is not None:
            again = replace(again, opens=as_slots.of(again.opens)[0])
        units = lots * self._lot(self.expiry(leg.expiry))
        order = None if leg.order is None else of_day.order(leg.order)
        return Slot(choice, leg.sign, units, lots, of_day.guard(leg.rules), again, leg.lazy, limit=order)

    def _why_not_today(self, variant: Variant, expiry: date) -> str | None:
        try:
            return variant.days.why_not(self.day.underlying, expiry, self.day.day)
        except InputError as unknown:
            raise MissingDataError(f"[days] cannot be told of {self.day.day}: {unknown}") from None

    def _surroundings(self, variant: Variant) -> Surroundings:
        """Return what the conditions of a variant may speak of; the same one for all that speak of the same."""
        expiry = self.expiry(variant.legs[0].expiry)
        age = variant.max_quote_age.count
        key = expiry, (variant.enter.around, variant.spot, age) if variant.asks_for_pair else None
        if key not in self._around:
            pairs = self._pairs(variant, expiry) if variant.asks_for_pair else None
            self._around[key] = Surroundings(expiry, self._lot(expiry), pairs)
        return self._around[key]

    @staticmethod
    def _at_the_money(
        variant: Variant, money: Int32Array, strikes: Sequence[int], listed: Sequence[int]
    ) -> tuple[Int32Array, Int32Array]:
        """Return int32 [seconds], twice: the places of the strikes at the money, of the call's and of the put's."""
        if variant.enter.around == "atm":
            nearest = at_the_money(money, strikes, listed)
            return nearest, nearest
        return beside_the_money(money, strikes, listed)

    def _pairs(self, variant: Variant, expiry: date) -> PairsOfDay:
        """Return the options at the money of each second."""
        strikes, listed, number = self._both_kinds(expiry)
        money = self._money_line(variant, expiry)
        above, below = self._at_the_money(variant, money, strikes, listed)
        calls, puts = (np.array([number[kind, one] for one in strikes], np.int32) for kind in ("CE", "PE"))
        return PairsOfDay(np.where(above == NONE, NONE, calls[above]), np.where(below == NONE, NONE, puts[below]))

    def _money_line(self, variant: Variant, expiry: date) -> Int32Array:
        """Return where the money stands at each second, in half-paise."""
        self._check_index(variant.spot)
        if variant.spot == "index":
            return self.money.index
        return self.money.forward(np.datetime64(expiry, "D"), variant.max_quote_age.count)

    def _both_kinds(self, expiry: date) -> tuple[list[int], list[int], dict[tuple[Kind, int], int]]:
        """Return the strikes of an expiry that have both kinds, since when each has, and the contracts' numbers."""
        number = {(kind, strike): at for (held, kind, strike), at in self._numbers.items() if held == expiry}
        strikes = sorted({strike for kind, strike in number if (OTHER[kind], strike) in number})
        listed = [
            int(max(self.day.first_second[number["CE", one]], self.day.first_second[number["PE", one]]))
            for one in strikes
        ]
        return strikes, listed, number

    def _picks(self, variant: Variant, asked: Adjustment, as_slots: LegsAsSlots) -> tuple[Pick, ...]:
        """Return what a roll opens each slot with; a leg whose kind the entry decided keeps the kind it has."""
        if asked.strike is None and all(leg.kind in OTHER for leg in variant.legs):
            return ()
        return tuple(self._pick(variant, asked, number) for number in as_slots.legs)

    def _pick(self, variant: Variant, asked: Adjustment, number: int) -> Pick:
        leg = variant.legs[number]
        picker = asked.strike or leg.strike
        if picker is None:
            raise MissingDataError(f"leg {number + 1} has no rule for its strike to roll by: give the roll a strike")
        if asked.strike is None and leg.kind in OTHER:
            return Pick(self._choice_of(variant, number))
        expiry = self.expiry(leg.expiry)
        take = partial(self._take, picker, expiry, variant.spot, variant.max_quote_age.count)
        balances = isinstance(picker, Balances)
        choice = HeldChoice(take, self.day.kind, self.day.strike, of_other_kind=balances)
        return Pick(choice, pick.OTHER if balances else pick.OWN)

    def _second(self, clock: Clock) -> int:
        return clock.second_of_day - self.day.session.open.second_of_day

    def _at(self, seconds: tuple[int, ...]) -> Condition:
        """Return the condition that is true at these seconds; the same one for the same seconds."""
        if seconds not in self._clocks:
            true = np.zeros(self.day.seconds, np.bool_)
            true[list(seconds)] = True
            self._clocks[seconds] = Condition(everywhere=true)
        return self._clocks[seconds]

    def may_enter(self, variant: Variant) -> BoolArray:
        """Return bool [seconds]: where a variant may enter by its words, whatever it holds; raises as `plan` does."""
        last = self.day.session.last_second
        seconds = (self._second(clock) for clock in variant.enter.at)
        found = self._entry(variant, tuple(second for second in seconds if 0 <= second <= last)).everywhere
        return np.zeros(self.day.seconds, np.bool_) if found is None else found

    def _entry(self, variant: Variant, seconds: tuple[int, ...]) -> Condition:
        """Return when a variant may enter: in the windows from its times on, or between two, by its conditions."""
        enter = variant.enter
        by_condition = enter.when is not None or enter.up is not None or enter.down is not None
        if enter.at and enter.window.count == 1 and not by_condition:
            return self._at(seconds)
        spans = [(one, one + enter.window.count) for one in seconds]
        if not enter.at:
            first, last = map(self._second, enter.between)
            spans = [(max(first, 0), max(last, 0))]
        fired = enter.when, enter.scan, enter.fixed, enter.up, enter.down, enter.around
        key = *fired, variant.legs[0].expiry, variant.spot, variant.max_quote_age, tuple(spans)
        if key not in self._windows:
            true = np.zeros(self.day.seconds, np.bool_)
            for first, last in spans:
                true[first:last] = True
            if enter.scan is not None:
                true &= self._trigger(variant) >= 0
            elif enter.when is not None:
                when = self.conditions.true_seconds(enter.when, self._surroundings(variant)).everywhere
                true &= when if when is not None else False
            if enter.up is not None or enter.down is not None:
                true &= self._sides(variant) != 0
            self._windows[key] = Condition(everywhere=true)
        return self._windows[key]

    def _choice_of(self, variant: Variant, number: int) -> "LegChoice":
        """Return the picker of a leg; the same one for all variants that ask the same.

        Raises:
            MissingDataError: the day has no index feed, or lacks the expiry or the fixed strike that is asked for.
        """
        legs = variant.legs[: number + 1]
        enter = variant.enter
        asked = tuple((leg.kind, leg.strike, leg.fixed, leg.when, leg.expiry) for leg in legs)
        by_entry = any(leg.kind not in OTHER for leg in legs)
        fired = (enter.when, enter.scan, enter.fixed, enter.up, enter.down, enter.around) if by_entry else None
        key = asked, fired, variant.spot, variant.max_quote_age.count
        if key not in self._leg_choices:
            found = self._new_choice(variant, number)
            when = variant.legs[number].when
            if when is not None:
                fires = partial(self.conditions.fires, when, self._surroundings(variant))
                found = GuardedChoice(found, lambda contract: fires(leg=contract), number + 1)
            self._leg_choices[key] = found
        return self._leg_choices[key]

    def _new_choice(self, variant: Variant, number: int) -> LegChoice:
        leg = variant.legs[number]
        if leg.strike is None:
            partner = self._partners if leg.kind == "other" else None
            return TriggerChoice(self._trigger(variant), self.day.strike, partner)
        expiry = self.expiry(leg.expiry)
        self._check_data(leg, leg.strike, expiry, variant.spot)
        take = partial(self._take, leg.strike, expiry, variant.spot, variant.max_quote_age.count)
        named = leg.strike.leg if isinstance(leg.strike, FromLeg) else 0
        before = [self._choice_of(variant, earlier) for earlier in range(named)]
        fixed = tuple(map(self._second, leg.fixed))
        kinds = self._kinds(variant, leg)
        at_once = None if fixed else self._at_once(variant, leg.strike, expiry, kinds)
        named_kinds: dict[int, Kind] = {1: "CE", -1: "PE"}
        return RuleChoice(take, lambda second: named_kinds.get(int(kinds[second])), before, fixed, at_once)

    def _at_once(
        self, variant: Variant, picker: Picker, expiry: date, kinds: npt.NDArray[np.int8]
    ) -> Int32Array | None:
        """Return what a leg takes at every second, if its strike follows from the money alone; else None."""
        if not isinstance(picker, StrikeRule) or picker.rule == "fixed":
            return None
        strikes, listed, _ = self._both_kinds(expiry)
        money = self._money_line(variant, expiry)
        nearest = at_the_money(money, strikes, listed)
        return contracts_at_once(
            picker,
            kinds,
            beside_the_money(money, strikes, listed) if picker.rule == "atm_pair" else (nearest, nearest),
            strikes,
            strike_step(self.day.underlying),
            lambda kind, strike: self._numbers.get((expiry, kind, strike)),
            self.day.first_second,
        )

    def _check_data(self, leg: Leg, picker: Picker, expiry: date, source: SpotSource) -> None:
        if picker.needs_money:
            self._check_index(source)
        strike = strike_by_number(picker)
        kinds = [kind for kind in OTHER if kind == leg.kind] or [*OTHER]
        if strike is not None and any((expiry, kind, strike) not in self._numbers for kind in kinds):
            contract = f"{self.day.underlying} {expiry} {strike} {leg.kind}"
            raise MissingDataError(
                f"{contract} is not listed on {self.day.day}; listed are {self._listed_text(leg, expiry)}"
            )

    def _check_index(self, source: SpotSource) -> None:
        if source == "index" and not self.day.has_spot:
            raise MissingDataError(
                f"no index feed of {self.day.underlying} on {self.day.day}, so the money is unknown: set spot=parity "
                "to take it from the put-call-parity forward, or give the strike as a number"
            )

    def _kinds(self, variant: Variant, leg: Leg) -> npt.NDArray[np.int8]:
        """Return int8 [seconds]: +1 where a leg is a call, −1 where it is a put, 0 where that is not known yet."""
        if leg.kind in OTHER:
            return np.full(self.day.seconds, 1 if leg.kind == "CE" else -1, np.int8)
        if leg.kind in {"with", "against"}:
            return latest(self._sides(variant), 0) * np.int8(1 if leg.kind == "with" else -1)
        trigger = latest(self._trigger(variant), NONE)
        calls = np.where(self.day.kind[trigger] == "CE", np.int8(1), np.int8(-1))
        return np.where(trigger < 0, np.int8(0), calls if leg.kind == "trigger" else -calls)

    def _sides(self, variant: Variant) -> npt.NDArray[np.int8]:
        """Return int8 [seconds], which side fired."""
        enter = variant.enter
        key = enter.up, enter.down, self._surroundings(variant)
        if key not in self._directions:
            none = np.zeros(self.day.seconds, np.bool_)
            up, down = (
                none if one is None else self.conditions.true_seconds(one, self._surroundings(variant)).everywhere
                for one in (enter.up, enter.down)
            )
            self._directions[key] = direction(none if up is None else up, none if down is None else down)
        return self._directions[key]

    def _trigger(self, variant: Variant) -> Int32Array:
        """Return int32 [seconds], the contract of the scan that fired, −1 where none did."""
        enter = variant.enter
        if enter.scan is None or enter.when is None:
            raise AssertionError("a recipe without a scan has no trigger")
        expiry = self.expiry(variant.legs[0].expiry)
        age = variant.max_quote_age.count
        key = enter.when, enter.scan, enter.fixed, enter.around, expiry, variant.spot, age
        if key not in self._triggers:
            strikes, listed, number = self._both_kinds(expiry)
            middle = self._at_the_money(variant, self._money_line(variant, expiry), strikes, listed)
            if enter.fixed:
                fixed = [self._second(one) for one in enter.fixed]
                middle = as_of(middle[0], fixed), as_of(middle[1], fixed)
            true = self.conditions.true_seconds(enter.when, self._surroundings(variant))
            places = dict(zip(OTHER, middle, strict=True))
            self.conditions.prepare(enter.when, looked_at(enter.scan, places, number, strikes))
            self._triggers[key] = triggers(
                enter.scan,
                places,
                number,
                strikes,
                self.day.first_second,
                lambda contract: true.by_contract[contract] if true.everywhere is None else true.everywhere,
            )
        return self._triggers[key]

    @cached_property
    def _partners(self) -> dict[int, int]:
        """The contract of the other kind at the same strike and expiry, by number."""
        return {
            at: self._numbers[expiry, OTHER[kind], strike]
            for (expiry, kind, strike), at in self._numbers.items()
            if (expiry, OTHER[kind], strike) in self._numbers
        }

    @cached_property
    def _numbers(self) -> dict[tuple[date, Kind, int], int]:
        keys = zip(self.day.expiry.tolist(), self.day.kind.tolist(), self.day.strike.tolist(), strict=True)
        return {key: number for number, key in enumerate(keys)}

    def _lot(self, expiry: date) -> int:
        return lot_size(self.day.underlying, expiry, self.day.day)

    def expiry(self, rule: ExpiryRule) -> date:
        """Return the expiry that a rule means; raise MissingDataError if the lake lacks it."""
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

    def _take(
        self,
        picker: Picker | Balances,
        expiry: date,
        source: SpotSource,
        max_age: int,
        kind: Kind,
        second: int,
        strikes: tuple[int, ...],
    ) -> Taken:
        """Return the contract of a leg at a second, `strikes` being those of the legs before it; docs/engine.md, Entry.

        Raises:
            NoStrikeError: the leg has no strike, or its contract has had no row by then.
        """
        moment = expiry, second, source if picker.needs_money else None, max_age
        strike, reason = self._choice(moment, picker, AskedLeg(kind, strikes))
        number = self._numbers.get((expiry, kind, strike))
        if number is None or self.day.first_second[number] > second:
            contract = Contract(self.day.underlying, expiry, kind, strike)
            raise NoStrikeError(f"{contract} has had no row by then, so it is not listed")
        return Taken(number, strike, reason, self._chain(moment).money)

    def _choice(self, moment: _Moment, picker: Picker | Balances, leg: AskedLeg) -> tuple[int, str]:
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
            raise NoStrikeError(str(known))  # anew: one that was raised holds on to all that stood on the stack
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
        """Return where the money stands, in half-paise; raise NoStrikeError if it is not known at this second."""
        line = self.money.index if spot == "index" else self.money.forward(np.datetime64(expiry, "D"), max_age)
        where = int(line[second])
        if where == UNKNOWN:
            missing = "no index row at most 2 s old" if spot == "index" else "no pair of usable quotes for parity"
            raise NoStrikeError(missing)
        return where

    def _listed_text(self, leg: Leg, expiry: date) -> str:
        kinds = [kind for kind in OTHER if kind == leg.kind] or [*OTHER]
        strikes = sorted({strike for held, kind, strike in self._numbers if held == expiry and kind in kinds})
        shown = [str(strike) for strike in strikes]
        return ", ".join(shown if len(shown) <= 8 else [*shown[:4], "…", *shown[-4:]]) + f" {leg.kind}"
