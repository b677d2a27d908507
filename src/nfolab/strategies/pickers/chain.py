"""An option chain of one expiry as it is known at one second, and what every picker asks of it."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from nfolab.options.expected_move import expected_move
from nfolab.strategies.pickers.greeks import OptionGreeks, implied_of_chain
from nfolab.tape.money import HALF_PAISE_PER_RUPEE

Kind = Literal["CE", "PE"]
Option = tuple[Kind, int]
"""A contract of the chain: its kind and its strike in rupees."""

_REFUSALS_TOLD = 4


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and ask of a contract, in paise."""

    bid: int
    ask: int

    @property
    def doubled_mid(self) -> int:
        """Bid + ask, which is the mid in half-paise: a mid may lie between two paise."""
        return self.bid + self.ask


@dataclass(frozen=True, slots=True)
class AskedLeg:
    """The leg that a strike is asked for: its kind, and the strikes (rupees) of the legs before it."""

    kind: Kind
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A strike that was looked at and cannot be taken, and why."""

    strike: int
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The strike that a picker took, in rupees, why, and what it refused."""

    strike: int
    why: str
    refused: tuple[Refusal, ...] = ()

    @property
    def sentence(self) -> str:
        """Why this strike, and the refused ones that are nearest to it."""
        nearest_first = sorted(self.refused, key=lambda one: (abs(one.strike - self.strike), one.strike))
        return self.why + refusals_text(tuple(nearest_first))


class NoStrikeError(Exception):
    """No strike serves at this second; the sentence says why, `refused` what was looked at."""

    def __init__(self, why: str, refused: tuple[Refusal, ...] = ()) -> None:
        super().__init__(why + refusals_text(refused))
        self.refused = refused


def refusals_text(refused: tuple[Refusal, ...]) -> str:
    """Return the refusals as the end of a sentence: `; refused: 24500 (no quote), 24550 (crossed book)`."""
    if not refused:
        return ""
    told = ", ".join(f"{one.strike} ({one.why})" for one in refused[:_REFUSALS_TOLD])
    rest = len(refused) - _REFUSALS_TOLD
    return f"; refused: {told}{f' and {rest} more' if rest > 0 else ''}"


def in_rupees(half_paise: float | Fraction) -> str:
    """Return half-paise as rupees with two decimals, three where a half paisa is left."""
    value = half_paise / HALF_PAISE_PER_RUPEE
    text = f"{float(value):.3f}"
    return text.removesuffix("0")


@dataclass(frozen=True, eq=False)
class Chain:
    """What is known of one expiry at one second.

    Attributes:
        name: for sentences, such as `BANKNIFTY 2025-09-30`.
        step: rupees between strikes.
        calls: strikes of which the CE has had a row by then, rising, in rupees.
        puts: likewise of the PE.
        money: where the money stands, in half-paise; None where nobody asked.
        money_name: what that is: `index` or `parity forward`.
        read_years: works out the years from this second to the contract's end.
        read_quotes: reads the best quotes: a usable one, or why there is none, by contract. Called when first needed.
        read_open_interest: reads the open interest in units; contracts of which it is not known are absent.
    """

    name: str
    step: int
    calls: tuple[int, ...]
    puts: tuple[int, ...]
    money: int | None
    money_name: str
    read_years: Callable[[], float]
    read_quotes: Callable[[], Mapping[Option, Quote | str]]
    read_open_interest: Callable[[], Mapping[Option, int]]

    @cached_property
    def listed(self) -> tuple[int, ...]:
        """Strikes of which both kinds have had a row by then, rising."""
        puts = set(self.puts)
        return tuple(strike for strike in self.calls if strike in puts)

    def strikes(self, kind: Kind) -> tuple[int, ...]:
        """Return the strikes of a kind that have had a row by then, rising."""
        return self.calls if kind == "CE" else self.puts

    @property
    def known_money(self) -> int:
        """Where the money stands, in half-paise; `NoStrikeError` where it is not known."""
        if self.money is None:
            raise NoStrikeError(f"the {self.money_name} of {self.name} is not known")
        return self.money

    @property
    def money_text(self) -> str:
        """The money for a sentence: `the index 59412.35`."""
        return f"the {self.money_name} {in_rupees(self.known_money)}"

    @cached_property
    def at_the_money(self) -> int:
        """The strike listed in both kinds nearest the money, a tie to the lower; `NoStrikeError` without one."""
        if not self.listed:
            raise NoStrikeError(f"no strike of {self.name.rsplit(' ', 1)[-1]} has had a row of both kinds by then")
        return nearest(self.listed, self.known_money)

    @cached_property
    def quotes(self) -> Mapping[Option, Quote | str]:
        """The usable quote of each contract, or why it has none."""
        return self.read_quotes()

    def quote(self, option: Option) -> Quote | str:
        """Return the usable quote of a contract, or why there is none."""
        return self.quotes.get(option, "no row by then")

    @cached_property
    def straddle(self) -> int:
        """The price of the at-the-money straddle in half-paise: the mids of its CE and PE.

        Raises:
            NoStrikeError: one of the two has no usable quote.
        """
        kinds: tuple[Kind, Kind] = ("CE", "PE")
        price = 0
        for kind in kinds:
            quote = self.quote((kind, self.at_the_money))
            if isinstance(quote, str):
                raise NoStrikeError(f"the straddle at {self.at_the_money} has no price, for its {kind} has {quote}")
            price += quote.doubled_mid
        return price

    @cached_property
    def forward(self) -> int:
        """The forward by put-call parity in half-paise, as `nfolab.tape.money.parity_forward` defines it.

        Raises:
            NoStrikeError: no strike has usable quotes of both kinds.
        """
        best: tuple[int, int] | None = None
        for strike in self.listed:
            call, put = self.quote(("CE", strike)), self.quote(("PE", strike))
            if isinstance(call, str) or isinstance(put, str):
                continue
            difference = call.doubled_mid - put.doubled_mid
            if best is None or abs(difference) < best[0]:
                best = abs(difference), HALF_PAISE_PER_RUPEE * strike + difference
        if best is None:
            raise NoStrikeError("no pair of usable quotes for parity")
        return best[1]

    @cached_property
    def years(self) -> float:
        """Years of the calendar from this second to the contract's end."""
        return self.read_years()

    @cached_property
    def greeks(self) -> Mapping[Option, OptionGreeks | str]:
        """Implied volatility and greeks of each contract with a usable quote, or why it has none."""
        priced = {option: quote.doubled_mid for option, quote in self.quotes.items() if not isinstance(quote, str)}
        found: dict[Option, OptionGreeks | str] = {
            option: quote for option, quote in self.quotes.items() if isinstance(quote, str)
        }
        return found | implied_of_chain(priced, self.forward, self.years)

    @cached_property
    def expected_move(self) -> float:
        """One standard deviation of the move until the expiry, in half-paise: forward × volatility × √years.

        The volatility is the mean of the at-the-money CE's and PE's own.

        Raises:
            NoStrikeError: one of the two has no implied volatility.
        """
        volatilities = []
        kinds: tuple[Kind, Kind] = ("CE", "PE")
        for kind in kinds:
            found = self.greeks.get((kind, self.at_the_money), "no row by then")
            if isinstance(found, str):
                raise NoStrikeError(
                    f"the expected move is not known, for the {kind} of {self.at_the_money} has {found}"
                )
            volatilities.append(found.volatility)
        return float(expected_move(self.forward, sum(volatilities) / 2, self.years))

    @cached_property
    def open_interest(self) -> Mapping[Option, int]:
        """The open interest in units by contract, where it is known."""
        return self.read_open_interest()


def nearest(strikes: tuple[int, ...], target: float | Fraction) -> int:
    """Return the strike (rupees, rising, at least one) nearest a target in half-paise, a tie to the lower."""
    place = bisect_left(strikes, target / HALF_PAISE_PER_RUPEE)
    around = strikes[max(0, place - 1) : place + 1] or strikes[-1:]
    return min(around, key=lambda strike: (abs(HALF_PAISE_PER_RUPEE * strike - target), strike))
