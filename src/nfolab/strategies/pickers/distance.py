"""How far away: strike steps, points, percent of the money, expected moves, or straddles."""

import re
from dataclasses import dataclass
from fractions import Fraction

from nfolab.base.units import MILLION, Percent, Points
from nfolab.strategies.pickers.chain import Chain, in_rupees
from nfolab.tape.money import HALF_PAISE_PER_RUPEE

NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class Steps:
    """A number of strike steps."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} strike step{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class ExpectedMoves:
    """A multiple of the expected move until the expiry, as `Chain.expected_move` has it."""

    times: Fraction

    def __str__(self) -> str:
        return f"{float(self.times):g}em"


@dataclass(frozen=True, slots=True)
class Straddles:
    """A multiple of the price of the at-the-money straddle."""

    times: Fraction

    def __str__(self) -> str:
        return f"{float(self.times):g}straddle"


Distance = Steps | Points | Percent | ExpectedMoves | Straddles


def read_distance(text: str) -> Distance | None:
    """Read `2`, `200pt`, `1%`, `1.5em` or `0.5straddle` (a space before the word is allowed); None for another."""
    if re.fullmatch(r"\d{1,3}", text):
        return Steps(int(text))
    if re.fullmatch(NUMBER + "pt", text):
        return Points.parse(text)
    if re.fullmatch(NUMBER + "%", text):
        return Percent.parse(text)
    if match := re.fullmatch(rf"({NUMBER}) ?em", text):
        return ExpectedMoves(Fraction(match[1]))
    if match := re.fullmatch(rf"({NUMBER}) ?straddles?", text):
        return Straddles(Fraction(match[1]))
    return None


def length(distance: Distance, chain: Chain) -> int | float | Fraction:
    """Return a distance in half-paise on a chain; exact but for expected moves.

    Raises:
        NoStrikeError: the chain does not know what it is measured in.
    """
    match distance:
        case Steps(count):
            return count * chain.step * HALF_PAISE_PER_RUPEE
        case Points(paise):
            return 2 * paise
        case Percent(millionths):
            return Fraction(chain.known_money * millionths, MILLION)
        case ExpectedMoves(times):
            return float(times) * chain.expected_move
        case Straddles(times):
            return times * chain.straddle


def length_text(distance: Distance, chain: Chain) -> str:
    """Return a distance for a sentence, with what it comes to: `1.5em (612.40 points)`."""
    match distance:
        case Steps() | Points():
            return str(distance)
        case _:
            return f"{distance} ({in_rupees(length(distance, chain))} points)"
