"""Why a number could not be worked out: the code that stands beside a NaN."""

from enum import IntEnum


class Reason(IntEnum):
    """Why there is no implied volatility or no greek, as stored in int8 arrays; `KNOWN` where there is one."""

    KNOWN = 0
    MISSING = 1
    """An input is NaN or infinite."""
    NO_PRICE = 2
    """Forward or strike are not above zero."""
    NO_TIME = 3
    """The time to expiry is not above zero."""
    NO_VOLATILITY = 4
    """The volatility is not above zero (greeks)."""
    BELOW_INTRINSIC = 5
    """The premium is below the discounted intrinsic value, or not above zero (implied volatility)."""
    NO_TIME_VALUE = 6
    """The premium is the intrinsic value itself, to rounding: no volatility above zero gives it."""
    ABOVE_BOUND = 7
    """The premium is not below the discounted forward (CE) or strike (PE), which no volatility reaches."""
    BEYOND_NUMBERS = 8
    """Inputs so large or small that floating point cannot hold what lies between them."""
