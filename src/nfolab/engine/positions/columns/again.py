"""Re-entries: after what (bits), and how."""

ON_STOP = 1
ON_TARGET = 2
ON_OTHER = 4

ASAP = 1
COST = 2
MOVE = 3
