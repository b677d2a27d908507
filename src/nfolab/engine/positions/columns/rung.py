"""Columns of the table of rungs: the steps of a trail."""

ARM_MEASURE = 0
ARM_VALUE = 1
BEHIND_MEASURE = 2
BEHIND_VALUE = 3  # or the row of the values by contract
LOCK_MEASURE = 4
LOCK_VALUE = 5  # signed
EVERY_MEASURE = 6
EVERY_VALUE = 7
MOVE_MEASURE = 8
MOVE_VALUE = 9
AT_FEATURE = 10  # row of the values by contract: the price that it follows, −1 for none

COUNT = 11
