"""The one recursion that memory needs: yesterday's value, faded, plus what is new."""

import numpy as np
from numpy.typing import NDArray

from nfolab.base.compiled import compiled


@compiled
def faded_sum(news: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """Return y with y[t] = keep · y[t-1] + news[t] and y[-1] = 0."""
    value = 0.0
    result = np.empty_like(news)
    for t in range(news.size):
        value = keep * value + news[t]
        result[t] = value
    return result


def remembered(shocks: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Return a process of unit variance from unit shocks, with a memory of about `seconds` (an AR(1))."""
    keep = float(np.exp(-1.0 / seconds))
    first = shocks.copy()
    first[1:] *= np.sqrt(1.0 - keep * keep)
    return faded_sum(first, keep)


def recent_speed(moves: NDArray[np.float64], usual: float, seconds: float) -> NDArray[np.float64]:
    """Return the size of recent moves over the usual, 1 on average; known at each second from it and before.

    Args:
        moves: Returns by second, the first of them 0.
        usual: Standard deviation of a move; the mean size of a normal one is that times √(2/π).
        seconds: How long a move is remembered.
    """
    keep = float(np.exp(-1.0 / seconds))
    sizes = np.abs(moves) / (usual * np.sqrt(2.0 / np.pi))
    sizes[0] = 1.0
    news = (1.0 - keep) * sizes
    news[0] = 1.0
    return faded_sum(news, keep)
