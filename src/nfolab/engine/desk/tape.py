"""What a Python strategy sees of a day: plain arrays of the contracts that it named, as one NamedTuple."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nfolab.tape.book import Int32Array

Features = npt.NDArray[np.float64]


class StrategyTape(NamedTuple):
    """The rows and facts of a strategy's contracts, by their number within the tape; prices and strikes in paise.

    Attributes:
        second: int32 [rows], seconds since the session's open; rows stand contract after contract, in order of time.
        first_row: int32 [contracts + 1], where each contract's rows begin; the last entry is the number of rows.
        last: int32 [contracts, seconds], the newest row at or before a second, −1 where there is none yet.
        bid_price: int32 [5, rows], 0 where a level is missing; likewise `bid_size`, `ask_price`, `ask_size`.
        last_price: int32 [rows].
        traded: int32 [rows], units traded since the contract's row before; 0 where that is not known.
        strike: int32 [contracts].
        is_call: bool [contracts].
        lot: int32 [contracts], units in a lot.
        spot: int32 [seconds], the index, −1 where it is older than 2 seconds or absent.
        features: float64 [contracts, seconds] each, in the order of the file's FEATURES; NaN where there is no value.
        spot_features: float64 [seconds] each, in the order of the file's SPOT_FEATURES.
    """

    second: Int32Array
    first_row: Int32Array
    last: Int32Array
    bid_price: Int32Array
    bid_size: Int32Array
    ask_price: Int32Array
    ask_size: Int32Array
    last_price: Int32Array
    traded: Int32Array
    strike: Int32Array
    is_call: npt.NDArray[np.bool_]
    lot: Int32Array
    spot: Int32Array
    features: tuple[Features, ...]
    spot_features: tuple[Features, ...]
