"""Columns of the table of picks: what a roll opens a slot with instead of its own choice."""

ASKS_ABOUT = 0
ROW = 1  # of the choices; of those asked about a contract, the first of as many as the tape has contracts

COUNT = 2

# What a choice is asked about besides the second.
NOTHING = 0
OWN = 1  # the contract that is closed
OTHER = 2  # the contract of the other sold holding
