"""Columns of the table of slots at rest, one line a slot of the program under way."""

WAITS = 0  # 0, or a mode of again.py
FROM = 1  # second
CONTRACT = 2
SIGN = 3
LINE = 4
LEVEL = 5  # half-paise of the line
DIRECTION = 6  # +1 at or above, −1 at or below
USED = 7

COUNT = 8
