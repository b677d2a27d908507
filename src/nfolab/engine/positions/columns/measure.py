"""How a level's value is to be read."""

OFF = 0
PAISE = 1  # of the subject as a whole
POINTS = 2  # paise of one unit
MILLIONTHS = 3  # of the subject's base
OF_BEST = 4  # millionths of the best price; behind only
FEATURE = 5  # a row of the values by contract, half-paise of one unit; behind only
