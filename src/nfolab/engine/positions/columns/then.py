"""What follows when a holding's rule has fired."""

NOTHING = 0
CLOSE_ALL = 1
OTHERS_TO_COST = 2
STOPPED_TO_COST = 3
