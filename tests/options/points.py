"""Options of every sort to hold the mathematics against, as arrays, made from fixed seeds."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Points:
    kind: np.ndarray
    forward: np.ndarray
    strike: np.ndarray
    years: np.ndarray
    rate: np.ndarray
    volatility: np.ndarray

    @property
    def deviation(self):
        return self.volatility * np.sqrt(self.years)

    @property
    def numbers(self):
        """The arguments that price and greeks share."""
        return {
            "forward": self.forward, "strike": self.strike, "years": self.years, "rate": self.rate,
            "volatility": self.volatility,
        }  # fmt: skip

    def chosen(self, mask):
        return Points(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


def _kinds(random, count):
    return np.where(random.random(count) < 0.5, "CE", "PE")


def market(count, seed):
    """Index options from five seconds to a year before expiry, up to eight deviations from the money."""
    random = np.random.default_rng(seed)
    years = np.exp(random.uniform(np.log(5 / 31_536_000), 0, count))
    volatility = np.exp(random.uniform(np.log(0.05), np.log(1.5), count))
    forward = random.uniform(8_000, 60_000, count)
    away = random.uniform(-8, 8, count) * volatility * np.sqrt(years)
    rate = random.uniform(0, 0.08, count)
    return Points(_kinds(random, count), forward, forward * np.exp(away), years, rate, volatility)


def extreme(count, seed):
    """Deviations from 1e-6 to 10, strikes from the money to 300 times it, prices down to 1e-300."""
    random = np.random.default_rng(seed)
    forward = 10 ** random.uniform(-2, 6, count)
    scale = random.choice([0, 1e-12, 1e-8, 1e-4, 1e-2, 0.1, 0.5, 2, 6], count)
    away = np.clip(scale * random.normal(size=count), -15, 15)
    deviation = 10 ** random.uniform(-6, 1, count)
    # Beyond 37 deviations the price is below the smallest number there is.
    away = np.clip(away, -37 * deviation, 37 * deviation)
    years = 10 ** random.uniform(-7.5, 0.5, count)
    rate = random.uniform(-0.02, 0.12, count)
    kind = _kinds(random, count)
    return Points(kind, forward, forward * np.exp(away), years, rate, deviation / np.sqrt(years))
