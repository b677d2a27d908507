"""The contracts that a Python strategy looks at: named at the open, by what is known at a second."""

from dataclasses import dataclass

import numpy as np

from nfolab.base.errors import InputError
from nfolab.base.units import Clock
from nfolab.market.expiries import nearest_expiry
from nfolab.strategies.day_plan import MissingDataError
from nfolab.tape.money import HALF_PAISE_PER_RUPEE, UNKNOWN, Money
from nfolab.tape.tape import Day


@dataclass(frozen=True, slots=True)
class Chosen:
    """Contracts by their numbers in the day's chain, rising, and the second at which they were chosen.

    Attributes:
        second: whatever is decided before it is refused: the choice rests on what was known then.
        where: where the money stood then, in half-paise; None where it was not asked.
    """

    numbers: tuple[int, ...]
    second: int
    by_parity: bool = False


class Listing:
    """What a day lists, as a strategy's function `contracts` is given it."""

    def __init__(self, day: Day, money: Money) -> None:
        self._day = day
        self._money = money

    def whole(self) -> Chosen:
        """Return every contract of every expiry."""
        return Chosen(tuple(range(self._day.strike.size)), 0)

    def nearest_expiry(self) -> Chosen:
        """Return every contract of the nearest expiry."""
        return Chosen(tuple(np.flatnonzero(self._of_nearest()).tolist()), 0)

    def near_the_money(self, at: Clock, strikes: int, spot: str = "index") -> Chosen:
        """Return the contracts of the nearest expiry within some strikes of the money, as it stands at a time.

        Only what has had a row by then is listed. The money is the index, at most 2 seconds old, or with spot="parity"
        the put-call-parity forward of the options themselves.

        Raises:
            MissingDataError: the day has no index feed, or the money is not known then.
            InputError: the time is outside the session, or `spot` is neither of the two.
        """
        day = self._day
        second = at.second_of_day - day.session.open.second_of_day
        if not 0 <= second <= day.session.last_second:
            raise InputError(f"{at} is outside the session of {day.day}")
        if spot not in ("index", "parity"):
            raise InputError(f"{spot!r} is no source of the money: write index or parity")
        if spot == "index" and not day.has_spot:
            raise MissingDataError(f"no index feed of {day.underlying} on {day.day}, so the money is unknown")
        expiry = np.datetime64(nearest_expiry(day.underlying, day.day), "D")
        line = self._money.index if spot == "index" else self._money.forward(expiry, 5)
        where = int(line[second])
        if where == UNKNOWN:
            raise MissingDataError(f"where the money stood is not known at {at} on {day.day}")
        listed = self._of_nearest() & (day.first_second <= second)
        held = np.unique(day.strike[listed])
        if not held.size:
            raise MissingDataError(f"no contract of the nearest expiry had a row by {at} on {day.day}")
        at_the_money = int(np.argmin(np.abs(held * HALF_PAISE_PER_RUPEE - where)))
        near = held[max(0, at_the_money - strikes) : at_the_money + strikes + 1]
        chosen = np.flatnonzero(listed & np.isin(day.strike, near))
        return Chosen(tuple(chosen.tolist()), second, spot == "parity")

    def _of_nearest(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        day = self._day
        nearest = nearest_expiry(day.underlying, day.day)
        found = day.expiry == np.datetime64(nearest, "D")
        if not found.any():
            raise MissingDataError(f"no {day.underlying} option expiring on {nearest} is in the lake for {day.day}")
        return np.asarray(found)
