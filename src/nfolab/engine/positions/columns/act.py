"""Columns of the table of acts: what an adjustment does."""

VERB = 0
WHOM = 1
SLOT = 2
PICKS = 3  # first of the picks, one for each slot; −1 for the slots' own choices

COUNT = 4
