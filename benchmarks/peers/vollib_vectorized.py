"""Runs in an environment of its own: implied volatility and five greeks by py_vollib_vectorized, timed, as JSON."""

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")  # its use of pandas and Numba is of 2021

import py_vollib_vectorized as peer  # noqa: E402

GREEKS = ("delta", "gamma", "theta", "vega", "rho")
options = np.load(sys.argv[1])
flag = np.where(options["call"], "c", "p")
forward, strike, years, rate = (options[name] for name in ("forward", "strike", "years", "rate"))
# Its greeks of Black-76 fail for arrays; those of Black-Scholes at the discounted forward are as much work.
spot = forward * np.exp(-rate * years)


def implied():
    return peer.vectorized_implied_volatility_black(
        options["premium"], forward, strike, rate, years, flag, return_as="numpy"
    )


def both():
    volatility = implied()
    for name in GREEKS:
        greek = getattr(peer, f"vectorized_{name}")
        greek(flag, spot, strike, years, rate, volatility, model="black_scholes", return_as="numpy")


seconds = {}
for work in (implied, both):
    work()
    goes = []
    for _ in range(20):
        start = time.perf_counter()
        work()
        goes.append(time.perf_counter() - start)
    seconds[work.__name__] = min(goes)
print(json.dumps(seconds))
