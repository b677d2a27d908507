"""The small integers that kernels and their readers share: events, reasons, rules and the columns of the log."""

from enum import IntEnum


class Event(IntEnum):
    """A step in the life of a position, in the log's column EVENT."""

    DECISION = 0
    ORDER = 1
    FILL = 2
    MISSED = 3
    SKIPPED = 4
    FIRED = 5
    UNCLOSED = 6
    GAVE_UP = 7
    TO_COST = 8
    PLACED = 9  # a limit order was sent; its price and units
    CANCELLED = 10  # what was left of one, when it was over


class Reason(IntEnum):
    """Why a leg was closed, in the order that settles two in one second; then why an entry was missed or sent.

    A rule of the whole has an even number, the same rule of a leg the odd one after it.
    """

    NONE = -1
    STOP = 0
    LEG_STOP = 1
    COST = 2
    LEG_COST = 3
    TRAIL = 4
    LEG_TRAIL = 5
    TARGET = 6
    LEG_TARGET = 7
    DAY_STOP = 8
    DAY_TARGET = 10
    ADJUST = 12
    SIGNAL = 14
    LEG_SIGNAL = 15
    SPOT = 16
    LEG_SPOT = 17
    HOLD = 18
    LEG_HOLD = 19
    TIME = 20
    SETTLED = 22
    UNCLOSED = 24
    DAY_TRAIL = 26
    NO_ROW = 30
    NO_NEW_ROW = 31
    BAD_QUOTE = 32
    THIN_BOOK = 33
    NO_CHOICE = 34
    NO_VALUE = 35
    NOT_FILLED = 36
    AGAIN = 40


class Rule(IntEnum):
    """A column of a program's table of rules."""

    LATENCY = 0  # seconds
    ENTRY_WAIT = 1  # seconds that an order to open waits for its fill
    EXIT_SECOND = 2
    STOP_MEASURE = 3
    STOP_VALUE = 4
    TARGET_MEASURE = 5
    TARGET_VALUE = 6
    LEG_STOP_MEASURE = 7
    LEG_STOP_VALUE = 8


class Measure(IntEnum):
    """How the value of a stop or target is to be read."""

    OFF = 0
    PAISE = 1  # of the whole trade; for a leg stop, of one unit
    MILLIONTHS = 2  # of the premium; for a leg stop, of the leg's entry price


class Field(IntEnum):
    """A column of the log (int64)."""

    PROGRAM = 0
    ENTRY = 1  # number of the entry within the batch
    SECOND = 2
    EVENT = 3
    LEG = 4  # −1 for the whole
    CONTRACT = 5  # number within the tape
    ROW = 6  # of the tape
    LEVEL = 7
    SIDE = 8  # +1 a purchase, −1 a sale
    PRICE = 9
    QUANTITY = 10
    DISPLAYED = 11
    OBSERVED = 12  # half-paise: loss, gain or value to close
    THRESHOLD = 13  # half-paise
    REASON = 14
    SLOT = 15  # number of the leg of the recipe, within the batch
    RESTED = 16  # 1 where a resting order filled at its own price


class Watch(IntEnum):
    """The price that stops and targets look at."""

    WALK = 0
    MID = 1
    LAST = 2
