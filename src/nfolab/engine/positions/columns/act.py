"""Columns of the table of acts: what an adjustment does."""

VERB = 0
WHOM = 1
SLOT = 2

COUNT = 3
