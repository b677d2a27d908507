"""A small vocabulary and a market of random values, with which conditions are tested apart from the tape."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nfolab.base.units import Seconds
from nfolab.strategies.conditions.dimension import NUMBER, POINTS, SECONDS, SHARE, UNITS
from nfolab.strategies.conditions.vocabulary import FeatureCall, FeatureParameter, Measured, ParameterKind, Signature

EVERY = frozenset({"spot", "contract"})
OF = FeatureParameter("of", ParameterKind.FEATURE, FeatureCall("last"))
WINDOW = FeatureParameter("window", ParameterKind.WINDOW)


def known(name: str, measured: Measured | None, *parameters: FeatureParameter, of: frozenset = EVERY) -> Signature:
    return Signature(name, parameters, measured, of)


SIGNATURES = [
    known("last", Measured(POINTS)),
    known("spread", Measured(POINTS), of=frozenset({"contract"})),
    known("ema", None, WINDOW, OF),
    known("mean", None, WINDOW, OF, FeatureParameter("before", ParameterKind.LENGTH, Seconds(0))),
    known("volume", Measured(UNITS), WINDOW),
    known("volume_rate", Measured(UNITS.over(SECONDS)), WINDOW),
    known("iv", Measured(SHARE), of=frozenset({"contract"})),
    known("ratio", Measured(NUMBER), FeatureParameter("levels", ParameterKind.LEVELS, 5)),
    known("rising", Measured(NUMBER, is_truth=True), OF, FeatureParameter("count", ParameterKind.COUNT, 3)),
    known("to_expiry", Measured(SECONDS, scale=60.0)),
    known("spot_return", Measured(SHARE), WINDOW, of=frozenset({"spot"})),
    known("opening_high", None, FeatureParameter("end", ParameterKind.CLOCK), OF),
    known("from_round", Measured(POINTS), FeatureParameter("step", ParameterKind.POINTS)),
]


@dataclass(frozen=True)
class SmallVocabulary:
    features: Mapping[str, Signature] = field(default_factory=lambda: {one.name: one for one in SIGNATURES})
    subjects: Mapping[str, str] = field(default_factory=lambda: {"ce": "contract", "pe": "contract", "spot": "spot"})

    def unfit(self, call: FeatureCall) -> str | None:
        return "a mean over less than 2s is the value itself" if call == FeatureCall("mean", (Seconds(1),)) else None


VOCABULARY = SmallVocabulary()


@dataclass(frozen=True)
class GivenMarket:
    """Values by `subject.call` as written, such as `ce.last()`."""

    given: Mapping[str, list[float]]
    opening: int = 9 * 3600 + 15 * 60
    lot: int = 35

    @property
    def seconds(self) -> int:
        return len(next(iter(self.given.values())))

    def values(self, call: FeatureCall, subject: str) -> np.ndarray:
        return np.array(self.given[f"{subject}.{call}"], dtype=np.float64)
