"""Columns of the table of limit orders: how a slot is opened, where not by a market order."""

PRICE = 0  # row of the values by contract, half-paise of one unit; −1 for a peg
PEG = 1  # NO_PEG, OWN, MID
TICKS = 2  # nearer to the other side, of a peg of its own side
VALID = 3  # seconds after arrival; of FIRST_ROW those in which that row must come
FIRST_ROW = 4  # 1 where only the first good row fills
QUEUE = 5  # a model of the queue

COUNT = 6

NO_PEG = 0
OWN = 1
MID = 2
