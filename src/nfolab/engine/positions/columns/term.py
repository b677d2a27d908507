"""Columns of the table of terms: comparisons with a word about the position."""

WORD = 0
COMPARISON = 1
MEASURE = 2
VALUE = 3
ROW = 4  # of the values by contract, for words that need one
LASTING = 5  # seconds for which it must have been true, the present one included

COUNT = 6
