"""Verbs and persons of an adjustment, its words about the position, and its comparisons."""

CLOSE = 0
OPEN = 1
ROLL = 2
TO_COST = 3

WINNER = 0
LOSER = 1
SLOT = 2
ALL = 3
MISSING = 4  # every slot of the entry that is not held
WHOLE = 5
HALF = 6  # of a leg that is held in halves: the second, while both are open
HALVES = 7  # the same of every such leg

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
SPOT_UP = 10
SPOT_DOWN = 11
STRIKE_DISTANCE = 12
LEGS = 13
MOVE_RATIO = 14
CREDIT = 15

ABOVE = 0
AT_LEAST = 1
BELOW = 2
AT_MOST = 3
