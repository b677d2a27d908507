"""Filling the cache of one day ahead of time."""

from collections.abc import Sequence

from nfolab.tape.features.cache import FeatureCache
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.definition import Call
from nfolab.tape.features.naming import near_the_money, nearest_chain
from nfolab.tape.features.registry import find_feature, taken_of
from nfolab.tape.features.subject import SPOT, SubjectKind
from nfolab.tape.tape import Day


def warm_day(day: Day, cache: FeatureCache, calls: Sequence[Call], strikes: int) -> int:
    """Compute features of the index, the nearest chain and the contracts near the money; return how many series.

    Each feature is taken of all of these as far as it can be, and kept; see `near_the_money` for `strikes`.
    """
    contracts = near_the_money(day, strikes)
    features = DayFeatures(day, cache)
    of_contracts = [call for call in calls if _can_be_taken_of(call, SubjectKind.CONTRACT)]
    of_index = [call for call in calls if _can_be_taken_of(call, SubjectKind.SPOT)]
    features.prepare(of_contracts, contracts)
    for call in of_contracts:
        features.table(call, contracts)
    for call in of_index:
        features.get(call, SPOT)
    of_chain = [call for call in calls if _can_be_taken_of(call, SubjectKind.CHAIN)]
    for call in of_chain:
        features.get(call, nearest_chain(day))
    features.keep()
    return len(of_contracts) * len(contracts) + len(of_index) + len(of_chain)


def _can_be_taken_of(call: Call, kind: SubjectKind) -> bool:
    return kind in find_feature(call.name).subjects and all(_can_be_taken_of(one, kind) for one in taken_of(call))
