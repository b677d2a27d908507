"""Every shared feature over 22 contracts and a full day, and over a chain: computed cold, and from the disk cache."""

import shutil
import time

import numpy as np

from benchmarks.figures import Figure, at_most, fastest
from benchmarks.market_of_a_day import DATA, DAY, UNDERLYING, full_day
from nfolab.tape.features import SPOT, DayFeatures, FeatureCache, OneContract, Subject
from nfolab.tape.features.cache import definitions_version
from nfolab.tape.features.naming import nearest_chain
from nfolab.tape.features.shared import OF_A_CHAIN, OF_A_CONTRACT, OF_THE_INDEX
from nfolab.tape.tape import NO_SPOT, Day

GROUP = "features"
NEAR = 5


def measure() -> list[Figure]:
    day = Day(full_day(), UNDERLYING, DAY)
    subjects = _near_the_money(day)
    definitions_version()

    def compute() -> DayFeatures:
        fresh = DayFeatures(day)
        fresh.prepare(OF_A_CONTRACT, subjects)
        _every(fresh, subjects)
        return fresh

    columns = ["timestamp", "price_paise", "volume", "oi"]
    columns += [f"{side}{level}" for level in range(5) for side in ("bq", "sq")]
    columns += [f"{side}{level}_paise" for level in range(5) for side in ("bp", "sp")]
    numbers = [one.number for one in subjects if isinstance(one, OneContract)]
    limit = 1e3 * fastest(lambda: day.file.read(numbers, columns))
    cold = 1e3 * fastest(compute)
    name = f"{len(OF_A_CONTRACT)} features of {len(subjects)} contracts, {len(OF_THE_INDEX)} of the index"
    figures = [at_most(GROUP, f"{name}, cold", cold, "ms", ("read their columns", limit), 300.0, 150.0)]

    chain = nearest_chain(day)
    of_expiry = np.flatnonzero(day.expiry == np.datetime64(chain.expiry))
    quotes = ["timestamp", "bp0_paise", "bq0", "sp0_paise", "sq0", "oi"]
    whole = 1e3 * fastest(lambda: day.file.read(of_expiry.tolist(), quotes), 3)

    def of_chain() -> list[np.ndarray]:
        fresh = DayFeatures(day)
        return [fresh.get(call, chain) for call in OF_A_CHAIN]

    figures.append(
        at_most(
            GROUP,
            f"{len(OF_A_CHAIN)} features of a chain of {of_expiry.size}, cold",
            1e3 * fastest(of_chain, 3),
            "ms",
            ("read its quotes and OI", whole),
            600.0,
            400.0,
        )
    )

    folder = DATA / "features"
    shutil.rmtree(folder, ignore_errors=True)
    cache = FeatureCache(folder)
    filled = DayFeatures(day, cache)
    _every(filled, subjects)
    start = time.perf_counter()
    filled.keep()
    kept = 1e3 * (time.perf_counter() - start)
    size = sum(bytes_ for _, bytes_, _ in cache.files())

    def served() -> list[np.ndarray]:
        return _every(DayFeatures(day, cache), subjects)

    warm = 1e3 * fastest(served)
    against = ("computed cold", cold)
    figures.append(at_most(GROUP, "the same mapped from the disk cache", warm, "ms", against, 10.0))
    summed = 1e3 * fastest(lambda: [values.sum() for values in served()], 3)
    figures.append(at_most(GROUP, "the same, every number summed once", summed, "ms", against, cold))
    figures.append(at_most(GROUP, f"writing them, {size / 1e6:.0f} MB", kept, "ms", against, 20 * cold))
    shutil.rmtree(folder)
    return figures


def _every(features: DayFeatures, subjects: list[Subject]) -> list[np.ndarray]:
    found = [features.table(call, subjects) for call in OF_A_CONTRACT]
    return found + [features.get(call, SPOT) for call in OF_THE_INDEX]


def _near_the_money(day: Day) -> list[Subject]:
    """The contracts of the nearest expiry within five strikes of where the index opened."""
    opened = day.spot[day.spot != NO_SPOT][0] / 100
    nearest = day.expiry == day.expiry.min()
    strikes = np.unique(day.strike[nearest])
    place = int(np.argmin(np.abs(strikes - opened)))
    chosen = strikes[max(0, place - NEAR) : place + NEAR + 1]
    return [OneContract(int(number)) for number in np.flatnonzero(nearest & np.isin(day.strike, chosen))]
