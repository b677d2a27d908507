"""Columns of the table of subjects: the holdings of a trade in order, and in its last place the whole."""

STATE = 0
SLOT = 1  # number within the program
CONTRACT = 2  # number within the tape
SIGN = 3
UNITS = 4
LEFT = 5  # units still to be filled
LINE = 6  # row of the lines
GUARD = 7
BASE = 8  # half-paise that percentages are taken of
CASH = 9  # half-paise that its fills brought so far
ENTRY = 10  # half-paise, what its opening fills were worth
ENTRY_SECOND = 11
SENT = 12  # second of the order under way
ARRIVAL = 13
GROUP = 14  # orders to open of one group are filled together
REASON = 15  # of the order to close
FIRST = 16  # 1 for a holding of the entry
STOP_AT = 17  # gain, half-paise
TARGET_AT = 18  # gain
FLOOR = 19  # gain
BEST = 20  # gain
TO_COST = 21
FROM = 22  # gain, half-paise, from which its levels count
ROLLS_TO = 23  # contract, while an adjustment acts

COUNT = 24
