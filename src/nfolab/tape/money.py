"""Where the money stands, second by second: the index, or the forward by put-call parity of the day's own options."""

from functools import cached_property

import numpy as np

from nfolab.base.compiled import compiled
from nfolab.tape.book import NO_ROW, Int32Array
from nfolab.tape.tape import NO_SPOT, Day

HALF_PAISE_PER_RUPEE = 200
UNKNOWN = -1


@compiled
def _forward(
    calls: Int32Array,
    puts: Int32Array,
    strike: Int32Array,
    max_age: int,
    second: Int32Array,
    last: Int32Array,
    bid_price: Int32Array,
    bid_size: Int32Array,
    ask_price: Int32Array,
    ask_size: Int32Array,
    line: Int32Array,
) -> None:
    for at in range(line.size):
        nearest = 2**31 - 1
        line[at] = UNKNOWN
        for pair in range(calls.size):
            mids = 0
            for side in range(2):
                contract = calls[pair] if side == 0 else puts[pair]
                row = last[contract, at]
                if (
                    row == NO_ROW
                    or at - second[row] > max_age
                    or bid_price[0, row] <= 0
                    or ask_price[0, row] <= bid_price[0, row]
                    or bid_size[0, row] <= 0
                    or ask_size[0, row] <= 0
                ):
                    break
                mid = bid_price[0, row] + ask_price[0, row]
                if side == 0:
                    mids = mid
                else:
                    difference = mids - mid
                    if abs(difference) < nearest:
                        nearest = abs(difference)
                        line[at] = HALF_PAISE_PER_RUPEE * strike[pair] + difference


def parity_forward(day: Day, expiry: np.datetime64, max_age: int) -> Int32Array:
    """Return the forward of an expiry at each second, in half-paise (int32 [seconds], −1 where there is none).

    K + C − P in mids of the strike pair with the smallest |C − P| among the pairs of which both quotes are good and at
    most `max_age` seconds old; a tie goes to the lower strike. Half-paise, because a mid may lie between two paise.

    Args:
        day: the day; every strike of the expiry that lists both kinds is read, best level only.
        expiry: datetime64[D].
        max_age: seconds.
    """
    of_expiry = np.flatnonzero(day.expiry == expiry)
    calls = {int(day.strike[number]): int(number) for number in of_expiry if day.kind[number] == "CE"}
    puts = {int(day.strike[number]): int(number) for number in of_expiry if day.kind[number] == "PE"}
    strikes = sorted(calls.keys() & puts.keys())
    line = np.full(day.seconds, UNKNOWN, np.int32)
    if strikes:
        numbers = [calls[strike] for strike in strikes] + [puts[strike] for strike in strikes]
        book = day.load(numbers, 1).book
        place = np.arange(len(strikes), dtype=np.int32)
        _forward(
            place, place + np.int32(len(strikes)), np.array(strikes, np.int32), max_age, book.second, book.last,
            book.bid_price, book.bid_size, book.ask_price, book.ask_size, line,
        )  # fmt: skip
    return line


class Money:
    """Where the money stands on one day, in half-paise (int32 [seconds], −1 where it is not known); worked out once."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self._forwards: dict[tuple[np.datetime64, int], Int32Array] = {}

    @cached_property
    def index(self) -> Int32Array:
        """The index as of each second, at most 2 s old."""
        return np.where(self.day.spot == NO_SPOT, UNKNOWN, 2 * self.day.spot).astype(np.int32)

    def forward(self, expiry: np.datetime64, max_age: int) -> Int32Array:
        """The parity forward of an expiry; see `parity_forward`."""
        key = (expiry, max_age)
        if key not in self._forwards:
            self._forwards[key] = parity_forward(self.day, expiry, max_age)
        return self._forwards[key]

    def best_known(self, expiry: np.datetime64, max_age: int) -> Int32Array:
        """The index, and the parity forward where the index is not known."""
        index = self.index
        if (index != UNKNOWN).all():
            return index
        return np.where(index != UNKNOWN, index, self.forward(expiry, max_age)).astype(np.int32)
