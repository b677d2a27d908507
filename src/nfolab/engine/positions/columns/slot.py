"""Columns of the table of slots, one line a `[[leg]]` of a program."""

SIGN = 0  # +1 bought, −1 sold
UNITS = 1
LAZY = 2  # 1 where the entry opens nothing
CHOICE = 3  # row of the choices
GUARD = 4  # line of guards of its holdings
KEY = 5  # row of the lines by contract: the value of a holding
OTHER_KEY = 6  # likewise for the opposite side
AGAIN_ON = 7  # bits of again.py
AGAIN_MODE = 8
AGAIN_TIMES = 9
AGAIN_AFTER = 10  # seconds
AGAIN_UNTIL = 11  # second
AGAIN_REVERSED = 12
AGAIN_MEASURE = 13  # of the move
AGAIN_VALUE = 14  # signed
AGAIN_OPENS = 15  # number within the program of the slot that is opened
TWIN = 16  # the slot that is the other half of this one, −1 for none
LIMIT = 17  # line of the limit orders, −1 for market orders

COUNT = 18
