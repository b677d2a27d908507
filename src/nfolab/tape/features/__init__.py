"""Features: measures of a day by second, computed once, exact, causal, and shared by everything that asks."""

from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import AS_OF, KINDS, Argument, Call, Feature, Parameter, Unit, Values
from nfolab.tape.features.registry import features, find_feature, look_back, unit_of, warm_up
from nfolab.tape.features.spelling import read_call
from nfolab.tape.features.subject import FUTURE, SPOT, Chain, Future, OneContract, Premium, Spot, Subject, SubjectKind

__all__ = [
    "AS_OF",
    "FUTURE",
    "KINDS",
    "SPOT",
    "Argument",
    "Call",
    "Chain",
    "DayFeatures",
    "Feature",
    "FeatureCache",
    "Future",
    "OneContract",
    "Parameter",
    "Premium",
    "Spot",
    "Subject",
    "SubjectKind",
    "Unit",
    "Values",
    "features",
    "find_feature",
    "look_back",
    "read_call",
    "unit_of",
    "warm_up",
]
