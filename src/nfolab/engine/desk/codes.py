"""The small integers of the desk: what an order may be, its states, the columns of the desk's tables and of its log.

Plain integers, because kernels read them; the tuples of names are for those who read a log.
"""

from enum import IntEnum
from typing import Final

NOTHING: Final = -1
"""Stands for no order, no trade, no row, no number that is known."""

# What an order asks for.
MARKET, LIMIT, STOP, STOP_LIMIT, PEG, PEG_MID = range(6)
KIND_NAMES: Final = ("market", "limit", "stop", "stop_limit", "peg", "peg_mid")
PART, ALL, NOW = range(3)
FILL_NAMES: Final = ("part", "all", "now")
BUY, SELL = 1, -1
DAY: Final = 2**30
"""`valid` of an order that is good for the day."""
KEEP: Final = -(2**31)
"""What a change gives for a price, or units, that stay as they are."""
DESK_TAG: Final = -1
"""The tag of the desk's own orders."""

# The states of an order; DRAFT is one of a group that is not sent yet.
SENT, WORKING, FILLED, CANCELLED, EXPIRED, REJECTED, DRAFT = range(7)

# The events of the log.
(
    ON_SENT, ON_REJECTED, ON_PLACED, ON_CHANGE_SENT, ON_CHANGED, ON_CANCEL_SENT, ON_CANCELLED, ON_TRIGGERED, ON_FILLED,
    ON_EXPIRED, ON_STOPPED, ON_NOTED,
) = range(12)  # fmt: skip
EVENT_NAMES: Final = (
    "sent", "rejected", "placed", "change_sent", "changed", "cancel_sent", "cancelled", "triggered", "filled",
    "expired", "stopped", "noted",
)  # fmt: skip

# The reasons in the log: of a refusal, of a fill, of a cancel, of an expiry.
(
    BAD_UNITS, BAD_PRICE, NOT_YET, FLAT_ONLY, TOO_LATE, NO_ROOM, WITH_GROUP, NOT_LIVE, ON_ITS_WAY,
    TAKEN, OPPOSITE, THROUGH, QUEUE,
    BY_STRATEGY, BY_NOW, BY_CHANGE, SQUARE_OFF, DAY_STOP,
    VALID_OVER, SESSION_OVER, NO_ROW_YET, NO_NEW_ROW, BAD_QUOTE, THIN_BOOK,
) = range(24)  # fmt: skip
REASON_NAMES: Final = (
    "bad_units", "bad_price", "not_yet", "flat_only", "too_late", "no_room", "with_group", "not_live", "on_its_way",
    "taken", "opposite", "through", "queue",
    "strategy", "now", "changed", "square_off", "day_stop",
    "valid", "session", "no_row", "no_new_row", "bad_quote", "thin_book",
)  # fmt: skip

# The models of the desk.
LIKELY, WORST, BEST = range(3)
QUEUE_NAMES: Final = ("likely", "worst", "best")

# The columns of the table of orders (int64). AHEAD, SHOWN and LEVEL know NOTHING where they are not known.
(
    CONTRACT, SIDE, UNITS, LEFT, KIND, FILL, PRICE, TRIGGER, TICKS, ARRIVAL, EXPIRES, TRADE, LEG, TAG, STATE, AHEAD,
    PLACED, SHOWN, CANCEL_AT, CHANGE_AT, CHANGE_PRICE, CHANGE_UNITS, GROUP, NEXT, DECIDED, SEEN_ROW, OWN, SLICES,
    MOVES_TRIGGER,
) = range(29)  # fmt: skip
ORDER_COLUMNS: Final = 29

# The columns of the table of legs (int64): a trade in a contract. The first legs are the contracts' own.
LEG_TRADE, LEG_CONTRACT, LEG_POSITION, LEG_CASH, LEG_LIVE, LEG_FILLS, LEG_NEXT = range(7)
LEG_COLUMNS: Final = 7

# The columns of the table of contracts (int64).
SEEN, DONE, FLAT_SINCE, NEWEST = range(4)
CONTRACT_COLUMNS: Final = 4

# The scalars of the desk (int64): first what happens, then its settings.
(
    SECOND, ROW, AT, CLOCK, ORDERS, LEGS, TRADES, LOGGED, MESSAGES, CASH, STOPPED, SQUARED, FAULT, FAULT_SECOND,
    GROUP_OPEN, GROUP_REFUSED, LIVE, LIVE_GROUPS, OWN_TRADES,
    QUEUE_MODEL, ONE_SIDED, ON_LAST, MAX_AGE, FREEZE, LAST_OPENING, SQUARE_OFF_SECOND, LAST_SECOND, FIRST_SECOND,
    MOST_OPEN, MOST_TRADES, COOL_DOWN, DAILY_LOSS,
) = range(32)  # fmt: skip
SCALARS: Final = 32

# How a strategy looks at the day.
NO_CLOCK, BY_SECONDS, BY_ROWS = range(3)

# What a strategy did wrong; the first is kept.
(
    NO_FAULT, TWO_CLOCKS, BACKWARD, OTHER_CONTRACT, SECONDS_ONLY, UNKNOWN_ORDER, UNKNOWN_TRADE, UNKNOWN_CONTRACT,
    GROUP_KINDS, GROUP_TWICE, NO_LOOK_YET,
) = range(11)  # fmt: skip
FAULT_SENTENCES: Final = (
    "",
    "it called both advance and see: a strategy looks at the day by seconds or by rows, not both",
    "it went back in time: seconds, and the rows of a contract, must rise",
    "it sent an order for another contract than the one whose row it had just seen",
    "it used by rows what is for a strategy by seconds: groups, own trades, limits of the day, stop_for_the_day",
    "it changed, cancelled or asked for an order that it never sent",
    "it named a trade that it never opened with new_trade",
    "it named a contract that its tape does not hold",
    "a group was given something else than market orders: only buy and sell stand between begin_group and send_group",
    "begin_group was called while a group was open, or send_group while none was",
    "it sent an order before it looked at the day with advance or see",
)


class LogField(IntEnum):
    """A column of the desk's log (int32)."""

    SECOND = 0
    EVENT = 1
    ORDER = 2
    TRADE = 3  # −1 for an order without one, but in its fills
    CONTRACT = 4  # number within the tape
    ROW = 5  # of the tape: hit or shown, or as of the decision
    LEVEL = 6
    SIDE = 7
    PRICE = 8
    UNITS = 9
    SHOWN = 10  # displayed at the level, traded, or ahead in the queue
    REASON = 11
    TAG = 12
