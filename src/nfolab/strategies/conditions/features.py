"""The features of the tape as the vocabulary of conditions, and a day of them as what conditions are evaluated over."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from nfolab.base.units import Clock, Points, Seconds
from nfolab.strategies.conditions.dimension import DAYS, NUMBER, POINTS, SECONDS, SHARE, UNITS, Dimension
from nfolab.strategies.conditions.vocabulary import (
    FeatureCall,
    FeatureParameter,
    Measured,
    ParameterKind,
    Signature,
    Values,
)
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import AS_OF, Call, Count, Feature, Levels, Strikes, Unit, Window
from nfolab.tape.features.registry import features, find_feature
from nfolab.tape.features.subject import Subject

_KINDS: Mapping[object, ParameterKind] = {
    Seconds: ParameterKind.LENGTH,
    Window: ParameterKind.WINDOW,
    Clock: ParameterKind.CLOCK,
    Points: ParameterKind.POINTS,
    Count: ParameterKind.COUNT,
    Levels: ParameterKind.LEVELS,
    Strikes: ParameterKind.STRIKES,
    Call: ParameterKind.FEATURE,
}

_MEASURED: Mapping[Unit, Measured] = {
    Unit.PAISE: Measured(POINTS),
    Unit.UNITS: Measured(UNITS),
    Unit.UNITS_PER_SECOND: Measured(UNITS.over(SECONDS)),
    Unit.PERCENT: Measured(SHARE),
    Unit.RATIO: Measured(NUMBER),
    Unit.LOG_PER_SECOND: Measured(Dimension(log=1).over(SECONDS)),
    Unit.SECONDS: Measured(SECONDS),
    Unit.MINUTES: Measured(SECONDS, scale=60.0),
    Unit.BARS: Measured(NUMBER),
    Unit.EVENTS: Measured(NUMBER),
    Unit.TRUTH: Measured(NUMBER, is_truth=True),
    Unit.SIGN: Measured(NUMBER),
    Unit.PER_PAISA: Measured(NUMBER.over(POINTS)),
    Unit.PER_SQUARE_PAISA: Measured(NUMBER.over(POINTS).over(POINTS)),
    Unit.PAISE_PER_DAY: Measured(POINTS.over(DAYS)),
    Unit.PERCENT_PER_DAY: Measured(SHARE.over(DAYS)),
    Unit.PAISE_PER_VOLATILITY: Measured(POINTS.over(SHARE)),
}


@cache
def _signatures() -> Mapping[str, Signature]:
    return {name: _signature(feature) for name, feature in features().items()}


def _signature(feature: Feature) -> Signature:
    return Signature(
        feature.name,
        tuple(
            FeatureParameter(
                one.name,
                _KINDS[one.kind],
                _of_tape(one.default) if isinstance(one.default, Call) else one.default,
            )
            for one in feature.parameters
        ),
        None if feature.unit == AS_OF else _MEASURED[Unit(feature.unit)],
        frozenset(kind.value for kind in feature.subjects),
    )


def _of_tape(call: Call) -> FeatureCall:
    return FeatureCall(call.name, tuple(_of_tape(one) if isinstance(one, Call) else one for one in call.arguments))


def tape_call(call: FeatureCall) -> Call:
    """Return a call as the tape's features know it."""
    return Call(call.name, tuple(tape_call(one) if isinstance(one, FeatureCall) else one for one in call.arguments))


@dataclass(frozen=True)
class TapeVocabulary:
    """Every feature of the tape; `subject_kinds` names what they may be taken of and of which kind it is."""

    subject_kinds: Mapping[str, str]

    @property
    def features(self) -> Mapping[str, Signature]:
        """Every feature by name."""
        return _signatures()

    @property
    def subjects(self) -> Mapping[str, str]:
        """The kind of each subject; the first is meant where none is named."""
        return self.subject_kinds

    def unfit(self, call: FeatureCall) -> str | None:
        """Return what is wrong with arguments that do not fit together, or None."""
        declared = find_feature(call.name)
        return declared.check(**declared.named(tape_call(call)))


@dataclass(frozen=True)
class TapeMarket:
    """One day's features of named subjects.

    Attributes:
        features: the day's, shared by all that ask.
        named: what each name of a subject stands for on this day.
        lot: units in a lot.
    """

    features: DayFeatures
    named: Mapping[str, Subject]
    lot: int

    @property
    def seconds(self) -> int:
        """How many seconds the day has."""
        return self.features.day.seconds

    @cached_property
    def opening(self) -> int:
        """The second of the day at which second 0 lies."""
        return self.features.day.session.open.second_of_day

    def values(self, call: FeatureCall, subject: str) -> Values:
        """Return float64 [seconds] of a feature, NaN where it is not known."""
        return self.features.get(tape_call(call), self.named[subject])
