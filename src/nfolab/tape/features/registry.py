"""Which features there are: those that stand in the modules of `defined`; there is no list to edit."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from nfolab.base.errors import InputError, did_you_mean
from nfolab.tape.features import defined
from nfolab.tape.features.definition import AS_OF, Call, Columns, Feature, Unit


@cache
def features() -> Mapping[str, Feature]:
    """Return every feature by name, in order of the names."""
    found: dict[str, Feature] = {}
    for module in pkgutil.iter_modules(defined.__path__, f"{defined.__name__}."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, Feature):
                if found.get(one.name, one) is not one:
                    raise RuntimeError(f"two features are called {one.name}")
                found[one.name] = one
    return MappingProxyType(dict(sorted(found.items())))


def find_feature(name: str) -> Feature:
    """Return a feature by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in features():
        raise InputError(f"there is no feature {name!r}{did_you_mean(name, features())}: see `nfolab features`")
    return features()[name]


def unit_of(call: Call) -> Unit:
    """Return the unit of a call's values."""
    unit = find_feature(call.name).unit
    if unit != AS_OF:
        return unit
    return unit_of(taken_of(call)[0])


def taken_of(call: Call) -> list[Call]:
    """Return the features that a call is given as parameters."""
    return [one for one in call.arguments if isinstance(one, Call)]


def warm_up(call: Call) -> int:
    """Return how many seconds after the subject's first value a call has none yet."""
    declared = find_feature(call.name)
    return declared.warm_up(**declared.named(call)) + sum(map(warm_up, taken_of(call)))


def look_back(call: Call) -> int | None:
    """Return how many seconds before t can matter at t, None if all since the open."""
    declared = find_feature(call.name)
    lengths = [declared.look_back(**declared.named(call)), *map(look_back, taken_of(call))]
    known = [one for one in lengths if one is not None]
    return sum(known) if len(known) == len(lengths) else None


def of_its_day(call: Call) -> bool:
    """Tell whether a call follows from its own day alone, those of its parameters included: only then is it kept."""
    return find_feature(call.name).of_its_day and all(map(of_its_day, taken_of(call)))


def columns(call: Call) -> Columns:
    """Return the lake columns that a call reads of each contract, those of its parameters included."""
    declared = find_feature(call.name)
    every = [declared.columns(**declared.named(call)), *map(columns, taken_of(call))]
    return tuple(dict.fromkeys(name for some in every for name in some))
