"""The index as its feed publishes it."""

import numpy as np
from numpy.typing import NDArray

from nfolab.base.units import TICK_PAISE
from nfolab.market.sessions import Session, spot_stands_still_from


def published_paise(today: Session, level: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return a level in rupees as published: to 5 paise, and still once the shares' own market is over.

    Args:
        today: The session.
        level: The index by second, float64, shape (last_second + 1,).
    """
    paise = np.rint(level * (100 / TICK_PAISE)).astype(np.int64) * TICK_PAISE
    still = spot_stands_still_from(today.day)
    if still:
        paise[still.second_of_day - today.open.second_of_day :] = paise[still.second_of_day - today.open.second_of_day]
    return paise
