"""Columns of the table of adjustments."""

SIGNAL = 0  # row of the signals by contract, −1 for none
TERM_FIRST = 1
TERM_COUNT = 2
EVERY = 3  # seconds since the entry, 1 for each
AFTER = 4  # seconds since the entry or the last adjustment
TIMES = 5
ACT_FIRST = 6
ACT_COUNT = 7
GUARD = 8  # of what stays open from then on, −1 to leave theirs
OF_VALUE = 9  # 1 where percentages are of the value then
LASTS = 10  # 1 where a term must have been true for some time

COUNT = 11
