"""The chains of a day as they are known at its seconds, read from the lake only as far as a picker asks."""

from datetime import date
from functools import cached_property, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nfolab.market.lots import strike_step
from nfolab.options.expiry_time import time_to_expiry
from nfolab.strategies.pickers.chain import Chain, Option, Quote
from nfolab.tape.book import NO_ROW
from nfolab.tape.tape import Day, Tape


class ExpiryOfDay:
    """One expiry of a day; its rows are read once, at one level, when a picker first asks for quotes."""

    def __init__(self, day: Day, expiry: date) -> None:
        self.day = day
        self.expiry = expiry
        self.name = f"{day.underlying} {expiry}"
        self._numbers: NDArray[np.int64] = np.flatnonzero(day.expiry == np.datetime64(expiry, "D"))

    @cached_property
    def _strikes(self) -> dict[Literal["CE", "PE"], tuple[list[int], list[int]]]:
        """By kind the strikes, rising, and the second of each contract's first row."""
        found: dict[Literal["CE", "PE"], tuple[list[int], list[int]]] = {}
        kinds: tuple[Literal["CE", "PE"], Literal["CE", "PE"]] = ("CE", "PE")
        for kind in kinds:
            numbers = self._numbers[self.day.kind[self._numbers] == kind]
            numbers = numbers[np.argsort(self.day.strike[numbers])]
            found[kind] = self.day.strike[numbers].tolist(), self.day.first_second[numbers].tolist()
        return found

    @cached_property
    def _options(self) -> list[Option]:
        kinds: list[Literal["CE", "PE"]] = ["CE" if kind == "CE" else "PE" for kind in self.day.kind[self._numbers]]
        return list(zip(kinds, self.day.strike[self._numbers].tolist(), strict=True))

    @cached_property
    def _tape(self) -> Tape:
        return self.day.load(self._numbers.tolist(), 1)

    @cached_property
    def _open_interest(self) -> NDArray[np.int64]:
        """The open interest of each row of the tape, 0 where it is not told."""
        found: NDArray[np.int64] = self.day.file.read(self._numbers.tolist(), ["oi"])["oi"]
        return found

    def chain(self, second: int, money: int | None, money_name: str, max_age: int) -> Chain:
        """Return the chain as it is known at a second; see `Chain` for the arguments."""
        listed = {
            kind: tuple(strike for strike, first in zip(*both, strict=True) if first <= second)
            for kind, both in self._strikes.items()
        }
        return Chain(
            name=self.name,
            step=strike_step(self.day.underlying),
            calls=listed["CE"],
            puts=listed["PE"],
            money=money,
            money_name=money_name,
            read_years=partial(self._years, second),
            read_quotes=partial(self._quotes, second, max_age),
            read_open_interest=partial(self._open_interest_at, second),
        )

    def _years(self, second: int) -> float:
        return float(time_to_expiry(self.day.underlying, self.expiry, self.day.day, second).years)

    def _quotes(self, second: int, max_age: int) -> dict[Option, Quote | str]:
        """Return the usable quote of each contract, or why there is none (docs/engine.md: good and usable)."""
        book = self._tape.book
        found: dict[Option, Quote | str] = {}
        for place, option in enumerate(self._options):
            row = int(book.last[place, second])
            if row == NO_ROW:
                found[option] = "no row by then"
                continue
            quote = Quote(int(book.bid_price[0, row]), int(book.ask_price[0, row]))
            sizes = int(book.bid_size[0, row]), int(book.ask_size[0, row])
            found[option] = why_unusable(quote, sizes, second - int(book.second[row]), max_age) or quote
        return found

    def _open_interest_at(self, second: int) -> dict[Option, int]:
        rows = self._tape.book.last[:, second]
        told = np.where(rows == NO_ROW, 0, self._open_interest[rows.clip(0)])
        return {option: units for option, units in zip(self._options, told.tolist(), strict=True) if units > 0}


def why_unusable(quote: Quote, sizes: tuple[int, int], age: int, max_age: int) -> str | None:
    """Return why a quote may not be decided on, None if it may: a side empty, a crossed book, or too old."""
    if quote.bid <= 0 or sizes[0] <= 0:
        return "no bid"
    if quote.ask <= 0 or sizes[1] <= 0:
        return "no ask"
    if quote.bid >= quote.ask:
        return "a crossed book"
    return f"a quote {age} s old" if age > max_age else None
