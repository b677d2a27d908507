"""The states of a holding."""

ENTERING = 0
OPEN = 1
CLOSING = 2
CLOSED = 3
MISSED = 4
