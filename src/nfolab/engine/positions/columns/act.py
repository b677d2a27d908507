"""Columns of the table of acts: what an adjustment does."""

VERB = 0
WHOM = 1
SLOT = 2
CHOICE = 3  # row of the choices for what is opened

COUNT = 4
