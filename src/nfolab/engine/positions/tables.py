"""What the kernel of positions reads and writes: named tuples of plain arrays."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.tape.book import Int32Array, Int64Array

UInt8Array = npt.NDArray[np.uint8]

BLOCK = 128
"""Seconds of a line whose least and greatest value are known, so that a quiet block is passed over at once."""

MOST_HOLDINGS = 32
"""Holdings that one trade can have in its life, open and closed."""

WHOLE = MOST_HOLDINGS
"""Place of the whole among the subjects."""

DAY = MOST_HOLDINGS + 1
"""Place of the day, all trades together, among the subjects."""

OF_PART = -1
"""Stands for the number of rows added where a total is the line of a part of a holding."""

UNASKED = -2
"""Stands in the choices where the kernel has to ask for a contract."""

NO_CONTRACT = -1
"""Stands in the choices where no contract serves."""

ROWS_WRITTEN = 0
HOLDINGS = 1
TOTALS = 2
RAN_OUT = 3
FULL = 4
TRADES = 5
CROWDED = 6
COUNTERS = 7

# Places of a trade's and a day's own numbers.
ENTRY_SPOT = 0
DECIDED = 1
LAST_CHANGE = 2
CLOSED_AT = 3
CLOSED_FOR = 4
DAY_CASH = 5
DAY_OVER = 6
START = 7
AGAIN_AT = 8
TURNED = 9
TRADES_TODAY = 10
LOST_IN_A_ROW = 11
TIMES_AGAIN = 12
TRADE_NUMBERS = 13


class Plans(NamedTuple):
    """Every program of a batch, in tables of int64 [lines, columns]; the columns are those of `columns`."""

    rules: Int64Array
    slots: Int64Array
    limits: Int64Array
    guards: Int64Array
    rungs: Int64Array
    adjustments: Int64Array
    acts: Int64Array
    picks: Int64Array
    terms: Int64Array


class Market(NamedTuple):
    """What programs know of the market beyond the book.

    Attributes:
        spot: int32 [seconds], the index in paise, −1 where unknown.
        next_true: int32 [flags, seconds + 1], the first second from each on at which a condition is true; the number of
            seconds where there is none.
        signal_of: int32 [signals, contracts + 1], the flag of a signal for each contract, and for none; −1 where it is
            never true.
        features: int64 [rows, seconds], half-paise of one unit or millionths, MISSING where unknown.
        feature_of: int32 [features, contracts], rows of `features`.
        choices: int32 [choices, seconds], the contract that a picker takes; UNASKED, NO_CONTRACT.
        strike: int64 [contracts], paise.
        call: uint8 [contracts].
        traded: int32 [rows of the book], units traded since the row before; no rows where nothing rests.
    """

    spot: Int32Array
    next_true: Int32Array
    signal_of: Int32Array
    features: Int64Array
    feature_of: Int32Array
    choices: Int32Array
    strike: Int64Array
    call: UInt8Array
    traded: Int32Array


class Lines(NamedTuple):
    """Cash that closing would bring at each second; filled when first asked for.

    Attributes:
        values: int64 [rows, seconds], half-paise, MISSING where there is none. Row key × contracts + contract is
            that of a contract for a key; totals of several come after all of these.
        ready: uint8 [rows].
        low: int64 [rows, blocks], the least value of each block; MISSING where there is none.
        high: int64 [rows, blocks], the greatest; −MISSING where there is none.
        keys: int64 [keys, 4], sign, units, greatest age of a quote, price watched.
        members: int32 [totals, MOST_HOLDINGS + 1], the rows that a total adds, their number in the last place; or
            OF_PART there, for a contract, sign, units, age and price watched that no key has.
    """

    values: Int64Array
    ready: UInt8Array
    low: Int64Array
    high: Int64Array
    keys: Int64Array
    members: Int32Array


class Desk(NamedTuple):
    """What the kernel writes.

    Attributes:
        subjects: int64 [columns of `holding`, DAY + 1].
        rest: int64 [columns of `rest`, most slots].
        taken: int64 [2 × contracts, 5], what we took from the book and is still gone.
        seen_row: int64 [2 × contracts], the row to which that is brought forward.
        scratch: int64 [5].
        had: int64 [2, contracts], the row of which own orders had units of the trade, and how many.
        log: int64 [room, fields].
        counters: int64 [COUNTERS].
        trade: int64 [TRADE_NUMBERS], of the trade and the day under way.
        levels: int64 [5, DAY + 1], scratch: what a watched line must reach.
        used: int64 [most adjustments], how often each adjustment has acted in the trade.
        lasting: int64 [2, most terms], for how many seconds each term has been true, and until which.
        asked: int64 [programs, 2], the choice and the second that a program waits for; −1 where it is done.
    """

    subjects: Int64Array
    rest: Int64Array
    taken: Int64Array
    seen_row: Int64Array
    scratch: Int64Array
    had: Int64Array
    log: Int64Array
    counters: Int64Array
    trade: Int64Array
    levels: Int64Array
    used: Int64Array
    lasting: Int64Array
    asked: Int64Array
