"""Random numbers: a generator for every use, so that no draw depends on how much was drawn elsewhere."""

from datetime import date
from enum import IntEnum

import numpy as np


class Use(IntEnum):
    """What a generator is for."""

    LEVEL = 1
    INDEX = 2
    SPOT_FEED = 3
    CONTRACT = 4
    DAY_DEFECTS = 5
    CONTRACT_DEFECTS = 6
    VIX_FEED = 7
    PLANTS = 8


def generator(seed: int, underlying: str, day: date, use: Use, *key: int) -> np.random.Generator:
    """Return the generator (PCG64) of one use on one day; `key` tells contracts apart."""
    name = int.from_bytes(underlying.encode(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, name, day.toordinal(), use, *key])))
