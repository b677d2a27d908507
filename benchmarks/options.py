"""Implied volatility and greeks on one core, against py_vollib_vectorized on the same options in the same run.

The peer works with Numba and NumPy of 2023 alone and with py_vollib 1.0.1, which conflict with ours: so it gets an
environment of its own below benchmarks/.data. Where that cannot be built, QuantLib one option at a time stands in.
"""

import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import QuantLib

from benchmarks.figures import Figure, at_least, at_most, fastest
from benchmarks.market_of_a_day import DATA
from nfolab.options.greeks import greeks
from nfolab.options.implied import implied_greeks, implied_volatility
from nfolab.options.parity import parity_forward

GROUP = "options"
OPTIONS = 100_000
GOES = 40
SECONDS = 22_501
PAIRS = 11
PINNED = (
    "py_vollib_vectorized==0.1.1", "py_vollib==1.0.1", "py_lets_be_rational==1.0.1", "numba<0.61", "numpy<2",
    "pandas<2.2", "scipy<1.12", "setuptools<81",
)  # fmt: skip


def chain() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return options out of the money, within 6 % of it, hours to a month before expiry, worth a tick at least."""
    random = np.random.default_rng(1)
    forward = 57_000 + random.normal(0, 50, OPTIONS)
    strike = np.round(forward * (1 + random.uniform(-0.06, 0.06, OPTIONS)) / 100) * 100
    numbers = {"forward": forward, "strike": strike, "years": random.uniform(0.0005, 0.1, OPTIONS)}
    numbers["rate"] = np.full(OPTIONS, 0.055)
    kind = np.where(strike >= forward, "CE", "PE")
    premium = greeks(kind, volatility=random.uniform(0.08, 0.35, OPTIONS), **numbers).price
    quoted = premium >= 0.05
    return kind[quoted], {name: array[quoted] for name, array in {**numbers, "premium": premium}.items()}


def peer_rates(kind: np.ndarray, numbers: dict[str, np.ndarray]) -> tuple[str, float, float]:
    """Return the peer's name and millions of options a second: implied volatility alone, and with five greeks."""
    options = DATA / "options.npz"
    options.parent.mkdir(parents=True, exist_ok=True)
    np.savez(options, call=kind == "CE", **numbers)
    home = DATA / "py_vollib_vectorized"
    python = home / "bin" / "python"
    script = Path(__file__).resolve().parent / "peers" / "vollib_vectorized.py"
    try:
        if not (home / "ready").exists():
            print("building the peer's environment …", file=sys.stderr)
            venv.create(home, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
            (home / "ready").touch()
        done = subprocess.run([python, script, options], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as failure:
        print(f"no py_vollib_vectorized ({failure}): QuantLib stands in", file=sys.stderr)
        return "QuantLib one by one", *quantlib_rates(kind, numbers)
    seconds = json.loads(done.stdout)
    return "py_vollib_vectorized 0.1.1", kind.size / seconds["implied"] / 1e6, kind.size / seconds["both"] / 1e6


def quantlib_rates(kind: np.ndarray, numbers: dict[str, np.ndarray]) -> tuple[float, float]:
    count = 10_000
    rows = [
        (QuantLib.Option.Call if one == "CE" else QuantLib.Option.Put, *map(float, values))
        for one, *values in zip(kind[:count], *(numbers[name][:count] for name in numbers), strict=True)
    ]

    def implied(row: tuple[float, ...]) -> float:
        side, forward, strike, years, rate, premium = row
        return QuantLib.blackFormulaImpliedStdDev(side, strike, forward, premium, float(np.exp(-rate * years)))

    def both(row: tuple[float, ...]) -> None:
        side, forward, strike, years, rate, _ = row
        payoff = QuantLib.PlainVanillaPayoff(side, strike)
        one = QuantLib.BlackCalculator(payoff, forward, implied(row), float(np.exp(-rate * years)))
        one.deltaForward(), one.gammaForward(), one.theta(forward, years), one.vega(years), one.rho(years)

    alone = fastest(lambda: [implied(row) for row in rows], 3)
    together = fastest(lambda: [both(row) for row in rows], 3)
    return count / alone / 1e6, count / together / 1e6


def forwards() -> Figure:
    """Time the parity forward of a whole day from eleven pairs, against one mean of the same arrays."""
    random = np.random.default_rng(2)
    strikes = 57_000 + 100.0 * np.arange(-5, 6)
    mids = [np.maximum(side * (57_010 - strikes), 0) + 300 for side in (1, -1)]
    noise = random.normal(0, 1, (2, PAIRS, SECONDS))
    sides = [mid[:, np.newaxis] + shift + half for mid, shift in zip(mids, noise, strict=True) for half in (-0.5, 0.5)]
    limit = fastest(lambda: [side.mean(axis=0) for side in sides])
    seconds = fastest(lambda: parity_forward(strikes, *sides))
    return at_most(
        GROUP, "parity forward of a day, 11 pairs", seconds * 1e3, "ms", ("four means of them", limit * 1e3), 30.0, 15.0
    )


def measure() -> list[Figure]:
    """Return the figures of this group."""
    kind, numbers = chain()
    count = kind.size / 1e6
    peer, peer_alone, peer_both = peer_rates(kind, numbers)
    together = count / fastest(lambda: implied_greeks(kind, **numbers), GOES)
    alone = count / fastest(lambda: implied_volatility(kind, **numbers), GOES)
    known = {name: array for name, array in numbers.items() if name != "premium"}
    volatility = implied_volatility(kind, **numbers).volatility
    every = count / fastest(lambda: greeks(kind, volatility=volatility, **known), GOES)
    unit = "M options/s"
    return [
        at_least(GROUP, "implied volatility and five greeks", together, unit, (peer, peer_both), 3.0, 5.0),
        at_least(GROUP, "implied volatility", alone, unit, (peer, peer_alone), 3.0, 8.0),
        at_least(GROUP, "price and ten greeks", every, unit, (peer, peer_both), 2.0, 5.0),
        forwards(),
    ]
