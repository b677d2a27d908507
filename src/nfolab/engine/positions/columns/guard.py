"""Columns of the table of guards: when a subject is closed."""

STOP_MEASURE = 0
STOP_VALUE = 1
TARGET_MEASURE = 2
TARGET_VALUE = 3
HOLD = 4  # seconds; 0 for no limit
MIN_HOLD = 5  # seconds before which neither trail nor signal counts
SIGNAL = 6  # row of the signals by contract, −1 for none
SPOT_MEASURE = 7
SPOT_UP = 8  # 0 for none
SPOT_DOWN = 9  # 0 for none
SPOT_STRIKE = 10  # 1 where the strike must not be passed
THEN = 11  # a verb of then.py
RUNG_FIRST = 12
RUNG_COUNT = 13
STOP_FEATURE = 14  # row of the values by contract: the price at which it is stopped, −1 for none
TARGET_FEATURE = 15  # likewise at which it has reached its target
TARGET_RESTS = 16  # 1 + the model of its queue where the target is a resting order

COUNT = 17
