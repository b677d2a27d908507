"""Strikes by their place: a fixed one, by steps from the money, at a measured distance, beside another leg's."""

from dataclasses import dataclass
from typing import Literal

from nfolab.base.units import Points
from nfolab.strategies.pickers.chain import (
    AskedLeg,
    Chain,
    Choice,
    Kind,
    NoStrikeError,
    in_rupees,
    nearest,
)
from nfolab.strategies.pickers.distance import Distance, Steps, length, length_text
from nfolab.tape.money import HALF_PAISE_PER_RUPEE


@dataclass(frozen=True, slots=True)
class StrikeRule:
    """A fixed strike, or one counted in strikes from the money; asks for no quotes.

    Attributes:
        rule: `fixed`, `atm`, `atm_pair`, `steps` (up the ladder from `atm`), `otm` or `itm` (steps, by kind).
        number: the strike in rupees, or the number of strike steps; 0 where neither is needed.
    """

    rule: Literal["fixed", "atm", "atm_pair", "steps", "otm", "itm"]
    number: int = 0

    @property
    def needs_money(self) -> bool:
        """Whether the rule asks where the money is, so that it needs the index or the parity forward."""
        return self.rule != "fixed"

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """Return the strike for a leg.

        Raises:
            NoStrikeError: no strike serves.
        """
        if self.rule == "fixed":
            return Choice(self.number, f"{self.number} as given")
        at_the_money = chain.at_the_money
        if self.rule == "atm_pair":
            return _beside_the_money(chain, leg.kind)
        origin = f"the listed strike nearest {chain.money_text}"
        if self.rule == "atm":
            return Choice(at_the_money, f"{at_the_money} is {origin}")
        upwards = 1 if self.rule == "steps" else _away(leg.kind) if self.rule == "otm" else -_away(leg.kind)
        steps = upwards * self.number
        if steps == 0:
            return Choice(at_the_money, f"{at_the_money} is {origin}")
        way = "above" if steps > 0 else "below"
        return Choice(
            at_the_money + steps * chain.step,
            f"{at_the_money + steps * chain.step} is {Steps(abs(steps))} {way} {at_the_money}, {origin}",
        )


def _away(kind: Kind) -> Literal[1, -1]:
    """Return the direction that is out of the money: up for a call."""
    return 1 if kind == "CE" else -1


def _beside_the_money(chain: Chain, kind: Kind) -> Choice:
    money = chain.known_money
    if kind == "CE":
        strike = next((one for one in chain.listed if HALF_PAISE_PER_RUPEE * one >= money), None)
    else:
        strike = next((one for one in reversed(chain.listed) if HALF_PAISE_PER_RUPEE * one <= money), None)
    if strike is None:
        raise NoStrikeError("no listed strike on that side of the money")
    side = "above" if kind == "CE" else "below"
    return Choice(strike, f"{strike} is the first listed strike at or {side} {chain.money_text}")


@dataclass(frozen=True, slots=True)
class Away:
    """The listed strike nearest a point at a measured distance from an anchor; a tie goes to the lower strike.

    Attributes:
        anchor: `atm` (that strike), `spot` (where the money is).
        side: `up`, `down`, or by kind: `otm`, `itm`.
        distance: how far.
    """

    anchor: Literal["atm", "spot"]
    side: Literal["up", "down", "otm", "itm"]
    distance: Distance

    needs_money = True

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """As `StrikeRule.choose`."""
        if self.anchor == "atm":
            start, named = chain.at_the_money * HALF_PAISE_PER_RUPEE, f"{chain.at_the_money}, the strike at the money"
        else:
            start, named = chain.known_money, chain.money_text
        match self.side:
            case "up" | "down":
                direction = 1 if self.side == "up" else -1
            case "otm" | "itm":
                direction = _away(leg.kind) if self.side == "otm" else -_away(leg.kind)
        return _nearest_listed(chain, leg.kind, start, direction, self.distance, named)


@dataclass(frozen=True, slots=True)
class FromLeg:
    """Another leg's strike, or one at a distance from it: exactly so many steps, else the listed strike nearest.

    Attributes:
        leg: which leg, from 1; it stands before this one in the recipe.
        direction: +1 above it, −1 below.
        distance: how far; no steps for the same strike.
    """

    leg: int
    direction: Literal[1, -1]
    distance: Distance

    @property
    def needs_money(self) -> bool:
        """Whether the distance is measured by the money."""
        return not isinstance(self.distance, Steps | Points)

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """As `StrikeRule.choose`."""
        start = leg.earlier[self.leg - 1]
        named = f"{start}, the strike of leg {self.leg}"
        if isinstance(self.distance, Steps):
            strike = start + self.direction * self.distance.count * chain.step
            if strike == start:
                return Choice(strike, f"{strike} is the strike of leg {self.leg}")
            way = "above" if self.direction > 0 else "below"
            return Choice(strike, f"{strike} is {self.distance} {way} {named}")
        return _nearest_listed(chain, leg.kind, start * HALF_PAISE_PER_RUPEE, self.direction, self.distance, named)


def _nearest_listed(chain: Chain, kind: Kind, start: int, direction: int, distance: Distance, named: str) -> Choice:
    """Return the strike of a kind nearest a point; beyond the ladder's ends by more than half a step there is none."""
    target = start + direction * length(distance, chain)
    where = f"{in_rupees(target)}, {length_text(distance, chain)} {'above' if direction > 0 else 'below'} {named}"
    strikes = chain.strikes(kind)
    if not strikes:
        raise NoStrikeError(f"no {kind} of {chain.name} has had a row by then")
    strike = nearest(strikes, target)
    beyond = target < strikes[0] * HALF_PAISE_PER_RUPEE or target > strikes[-1] * HALF_PAISE_PER_RUPEE
    if beyond and abs(strike * HALF_PAISE_PER_RUPEE - target) > chain.step * HALF_PAISE_PER_RUPEE / 2:
        raise NoStrikeError(f"{where}, is beyond the listed {kind} strikes {strikes[0]} to {strikes[-1]}")
    return Choice(strike, f"{strike} is the listed {kind} strike nearest {where}")
