"""Strikes by what their options are worth: premium, delta, open interest, theta, gamma per spread, volatility.

Each candidate has a value or a reason why it has none; it is refused then, and told. Between two that serve alike the
lower strike is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from nfolab.base.units import MILLION, Percent, Points
from nfolab.strategies.pickers.chain import (
    AskedLeg,
    Chain,
    Choice,
    Kind,
    NoStrikeError,
    Refusal,
    in_rupees,
)
from nfolab.strategies.pickers.distance import Distance, Steps, length, length_text
from nfolab.strategies.pickers.greeks import OptionGreeks
from nfolab.tape.money import HALF_PAISE_PER_RUPEE

Value = int | float | Fraction
Values = dict[int, Value | str]
"""The value of each candidate strike, or why it has none."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which strikes are looked at: `within` a distance of the money on both sides, or out of the money `beyond` it.

    Steps count from the strike at the money, other distances from the money itself.
    """

    side: Literal["within", "beyond"]
    distance: Distance

    def holds(self, chain: Chain, kind: Kind) -> Callable[[int], bool]:
        """Return the test of a strike; raise NoStrikeError if the chain does not know the distance."""
        origin = chain.at_the_money * HALF_PAISE_PER_RUPEE if isinstance(self.distance, Steps) else chain.known_money
        far = length(self.distance, chain)
        if self.side == "within":
            return lambda strike: abs(strike * HALF_PAISE_PER_RUPEE - origin) <= far
        outward = 1 if kind == "CE" else -1
        return lambda strike: outward * (strike * HALF_PAISE_PER_RUPEE - origin) >= far

    def text(self, chain: Chain) -> str:
        """Return it as the end of a phrase."""
        origin = f"{chain.at_the_money}" if isinstance(self.distance, Steps) else chain.money_text
        return f" {self.side} {length_text(self.distance, chain)} of {origin}"


def _candidates(chain: Chain, kind: Kind, strikes: tuple[int, ...], where: Where | None) -> tuple[int, ...]:
    if where is None:
        return strikes
    holds = where.holds(chain, kind)
    return tuple(strike for strike in strikes if holds(strike))


@dataclass(frozen=True, slots=True)
class ShareOfStraddle:
    """A premium as a share of the at-the-money straddle's."""

    share: Percent


Amount = Points | ShareOfStraddle | Fraction
"""A premium, or a delta as a fraction."""


@dataclass(frozen=True, slots=True)
class ByValue:
    """The strike whose premium or |delta| is nearest a value, least at or above, most at or below, or in a range.

    Of several in a range the one nearest its middle is taken.

    Attributes:
        measure: `premium` (the mid of a usable quote) or `delta` (of the forward, without its sign).
        relation: `~`, `>=`, `<=` or `..`.
        low: the value; of a range its lower end.
        high: the upper end of a range, else the value again.
        where: which strikes are looked at; None for all that are listed.
    """

    measure: Literal["premium", "delta"]
    relation: Literal["~", ">=", "<=", ".."]
    low: Amount
    high: Amount
    where: Where | None = None

    @property
    def needs_money(self) -> bool:
        """Whether the rule asks where the money is."""
        return self.where is not None or isinstance(self.low, ShareOfStraddle)

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """Return the strike for a leg.

        Raises:
            NoStrikeError: no strike serves, with those refused.
        """
        low, high = _resolved(self.low, chain), _resolved(self.high, chain)
        asked, shown = self._asked(low, high, chain), _delta_text if self.measure == "delta" else in_rupees
        values: Values = {}
        for strike in _candidates(chain, leg.kind, chain.strikes(leg.kind), self.where):
            values[strike] = (_premium if self.measure == "premium" else _delta)(chain, leg.kind, strike)
        refused = []
        best: tuple[Fraction, int, Value] | None = None
        for strike, value in values.items():
            if isinstance(value, str):
                refused.append(Refusal(strike, value))
            elif self.relation in (">=", "..") and value < low:
                refused.append(Refusal(strike, f"{shown(value)} is below {shown(low)}"))
            elif self.relation in ("<=", "..") and value > high:
                refused.append(Refusal(strike, f"{shown(value)} is above {shown(high)}"))
            else:
                distance = abs(2 * Fraction(value) - Fraction(low) - Fraction(high))
                if best is None or distance < best[0]:
                    best = distance, strike, value
        if best is None:
            raise NoStrikeError(f"no {leg.kind} of {chain.name} has {asked}", tuple(refused))
        _, strike, value = best
        return Choice(strike, f"{strike} {leg.kind} has {asked}: {shown(value)}", tuple(refused))

    def _asked(self, low: Value, high: Value, chain: Chain) -> str:
        shown = _delta_text if self.measure == "delta" else in_rupees
        among = "" if self.where is None else self.where.text(chain)
        match self.relation:
            case "~":
                return f"the {self.measure} nearest {shown(low)}{among}"
            case ">=":
                return f"the least {self.measure} of at least {shown(low)}{among}"
            case "<=":
                return f"the greatest {self.measure} of at most {shown(low)}{among}"
            case "..":
                return f"the {self.measure} nearest the middle of {shown(low)} to {shown(high)}{among}"


def _resolved(amount: Amount, chain: Chain) -> Value:
    """Return an amount in half-paise, or the delta itself."""
    match amount:
        case Points(paise):
            return 2 * paise
        case ShareOfStraddle(Percent(millionths)):
            return Fraction(chain.straddle * millionths, MILLION)
        case Fraction():
            return amount


def _delta_text(value: Value) -> str:
    return f"{float(value):.3f}"


def _premium(chain: Chain, kind: Kind, strike: int) -> Value | str:
    quote = chain.quote((kind, strike))
    return quote if isinstance(quote, str) else quote.doubled_mid


def _greeks(chain: Chain, kind: Kind, strike: int) -> OptionGreeks | str:
    return chain.greeks.get((kind, strike), "no row by then")


def _delta(chain: Chain, kind: Kind, strike: int) -> Value | str:
    found = _greeks(chain, kind, strike)
    return found if isinstance(found, str) else abs(found.delta)


Measure = Literal["oi", "pair_oi", "theta", "gamma_per_spread", "iv"]


@dataclass(frozen=True, slots=True)
class ByRank:
    """The strike with the most of something, or the least, or the n-th by it.

    Attributes:
        measure: `oi` (open interest of the leg's kind), `pair_oi` (of CE and PE together), `theta` (decay a day of
            both), `gamma_per_spread` (gamma ÷ (ask − bid)), `iv` (implied volatility).
        order: `max` or `min`.
        rank: 1 for the first.
        where: which strikes are looked at; None for all that are listed.
    """

    measure: Measure
    order: Literal["max", "min"]
    rank: int = 1
    where: Where | None = None

    @property
    def needs_money(self) -> bool:
        """Whether the rule asks where the money is."""
        return self.where is not None

    def choose(self, chain: Chain, leg: AskedLeg) -> Choice:
        """As `ByValue.choose`."""
        together = self.measure in ("pair_oi", "theta")
        listed = chain.listed if together else chain.strikes(leg.kind)
        values: Values = {
            strike: _measured(self.measure, chain, leg.kind, strike)
            for strike in _candidates(chain, leg.kind, listed, self.where)
        }
        refused = tuple(Refusal(strike, value) for strike, value in values.items() if isinstance(value, str))
        sign = -1 if self.order == "max" else 1
        known = sorted((sign * value, strike) for strike, value in values.items() if not isinstance(value, str))
        of = "the CE and PE" if together else f"the {leg.kind}"
        among = "" if self.where is None else self.where.text(chain)
        asked = f"rank {self.rank} of " if self.rank > 1 else ""
        asked += f"the {'greatest' if self.order == 'max' else 'least'} {_NAMES[self.measure]} of {of}{among}"
        if len(known) < self.rank:
            raise NoStrikeError(f"{len(known)} strikes of {chain.name} are known for {asked}", refused)
        signed, strike = known[self.rank - 1]
        return Choice(strike, f"{strike} has {asked}: {_shown(self.measure, sign * signed)}", refused)


_NAMES = {
    "oi": "open interest",
    "pair_oi": "open interest",
    "theta": "theta",
    "gamma_per_spread": "gamma per rupee of spread",
    "iv": "implied volatility",
}


def _shown(measure: Measure, value: Value) -> str:
    match measure:
        case "oi" | "pair_oi":
            return f"{value} units"
        case "theta":
            return f"{float(value):.2f} rupees a day"
        case "gamma_per_spread":
            return f"{float(value):.3g}"
        case "iv":
            return f"{100 * float(value):.2f}%"


def _measured(measure: Measure, chain: Chain, kind: Kind, strike: int) -> Value | str:
    match measure:
        case "oi":
            return chain.open_interest.get((kind, strike), "no open interest known")
        case "pair_oi":
            call, put = (chain.open_interest.get((one, strike)) for one in _BOTH)
            return "no open interest known of both kinds" if call is None or put is None else call + put
        case "theta":
            decay = 0.0
            for one in _BOTH:
                found = _greeks(chain, one, strike)
                if isinstance(found, str):
                    return f"{one}: {found}"
                decay -= found.theta
            return decay
        case "gamma_per_spread":
            quote, greeks = chain.quote((kind, strike)), _greeks(chain, kind, strike)
            if isinstance(quote, str):
                return quote
            if isinstance(greeks, str):
                return greeks
            return greeks.gamma / ((quote.ask - quote.bid) / 100)
        case "iv":
            greeks = _greeks(chain, kind, strike)
            return greeks if isinstance(greeks, str) else greeks.volatility


_BOTH: tuple[Kind, Kind] = ("CE", "PE")
