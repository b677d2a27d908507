"""One width of integers for all that the desk passes on: every mixture would be compiled once more."""

import numpy as np

from nfolab.base.compiled import inner


@inner
def wide(value: np.integer | int) -> int:
    """Return a number, of an array or an argument's default, as a 64-bit integer."""
    return np.int64(value)  # type: ignore[return-value]
