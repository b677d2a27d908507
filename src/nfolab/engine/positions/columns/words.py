"""Verbs and persons of an adjustment, its words about the position, and its comparisons."""

CLOSE = 0
OPEN = 1
ROLL = 2

WINNER = 0
LOSER = 1
SLOT = 2
ALL = 3

GAIN = 0
LOSS = 1
PREMIUM_RATIO = 2
IMBALANCE = 3
DIVERGENCE = 4
WINNER_GAIN = 5
LOSER_GAIN = 6
SPOT_MOVE = 7
NET_DELTA = 8
HELD = 9

ABOVE = 0
AT_LEAST = 1
BELOW = 2
AT_MOST = 3
