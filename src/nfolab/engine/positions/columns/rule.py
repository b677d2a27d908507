"""Columns of the table of programs, one line a program."""

LATENCY = 0  # seconds
ENTRY_WAIT = 1  # seconds that an order to open waits for its fill
EXIT_SECOND = 2  # from here on all that is open is closed
LAST_ENTRY = 3  # the last second at which an order to open may be sent
ENTRY_FLAG = 4  # row of the flags: when to enter
LOGS_SKIPS = 5  # 1 where each second of entry is told even if a position is open
AFTER = 6  # seconds from the last closing fill to the next decision
TIMES = 7  # trades a day at most
COVERS_REST = 8  # 1 where the whole is watched as long as anything is open
GUARD = 9  # line of guards of the whole
SLOT_FIRST = 10
SLOT_COUNT = 11
ADJUSTMENT_FIRST = 12
ADJUSTMENT_COUNT = 13
LEGGED = 14  # 1 where legs enter each for itself
WAIT_MEASURE = 15  # how far the first slot must move before the entry
WAIT_VALUE = 16  # signed
WAIT_WITHIN = 17  # seconds; 0 for an entry at once
AGAIN_ON = 18  # bits of again.py
AGAIN_TIMES = 19
AGAIN_AFTER = 20  # seconds
AGAIN_UNTIL = 21  # second
AGAIN_REVERSED = 22
DAY_GUARD = 23  # line of guards of all trades of the day
WINDOW_FLAG = 24  # row of the flags: where a window of entry begins, of which each serves one trade; −1 for none
LOSERS = 25  # losers in a row before a pause; 0 for none
PAUSE = 26  # seconds
SET_UNITS = 27  # units of one set of legs, for points of the whole
LASTS = 28  # 1 where a word about the position must have been true for some time

COUNT = 29
