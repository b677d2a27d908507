"""What earlier days leave behind for later ones: a few measures by second, and the scores of their bursts.

Earlier days are sessions before the day of which the lake holds options of the underlying, newest first wanted, however
far back they lie; never the day itself or a later one.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from nfolab.base.files import replacing
from nfolab.base.snapshot import DataKind
from nfolab.base.units import Seconds
from nfolab.lake.catalogue import Entry
from nfolab.tape.features.cache import SUFFIX, FeatureCache, definitions_version
from nfolab.tape.features.day import DayFeatures, Given
from nfolab.tape.features.definition import Call, Values, Window
from nfolab.tape.features.subject import SPOT
from nfolab.tape.state.thresholds import load_thresholds
from nfolab.tape.tape import Day

_THIRTY: Final = Window(Seconds(30))
_TEN: Final = Window(Seconds(10))

LEVEL: Final = Call("level")
CHOP_VOLATILITY: Final = Call("level_rv", (_THIRTY,))
CHOP_VOLUME: Final = Call("atm_trade_rate", (_THIRTY,))
CHOP_SPREAD: Final = Call("atm_spread", (_THIRTY,))
FLICKER_SPREAD: Final = Call("atm_spread_moves", (_THIRTY,))
FEAR_PULLS: Final = Call("atm_put_bid_pulls", (_TEN,))
FEAR_EXCESS: Final = Call("atm_put_excess", (_TEN,))

LEFT_BEHIND: Final = (CHOP_VOLATILITY, CHOP_VOLUME, CHOP_SPREAD, FLICKER_SPREAD, FEAR_PULLS, FEAR_EXCESS)
_ENDED: Final = Call("burst_ended")
_SCORES: Final = (Call("burst_trade_rate"), Call("burst_vacuum"))


def earlier_days(given: Given) -> list[Entry]:
    """Return every earlier day, oldest first."""
    return [one for one in given.day.lake.days(given.day.underlying, DataKind.OPTIONS) if one.day < given.day.day]


def earlier_values(given: Given) -> Mapping[Call, list[Values]]:
    """Return what the newest earlier days left behind: `LEFT_BEHIND`, float64 [seconds of that day] each, oldest first.

    Of as many days as the thresholds' `trailing.days`; kept in the cache where there is one.
    """
    return given.of(SPOT).once("left behind", _earlier_values)


def _earlier_values(index: Given) -> Mapping[Call, list[Values]]:
    days = [one.day for one in earlier_days(index)[-load_thresholds().trailing.days :]]
    found = [_kept(index, day, LEFT_BEHIND) for day in days]
    return {call: [one[call] for one in found] for call in LEFT_BEHIND}


def earlier_levels(given: Given) -> list[tuple[Day, Values]]:
    """Return the newest earlier days and their levels in paise by second: as many as the unit sigma looks at."""
    days = [one.day for one in earlier_days(given)[-load_thresholds().burst.sigma_days :]]
    lake, underlying = given.day.lake, given.day.underlying
    return [(Day(lake, underlying, day), _kept(given, day, (LEVEL,))[LEVEL]) for day in days]


def _kept(index: Given, past: date, calls: tuple[Call, ...]) -> dict[Call, Values]:
    day = Day(index.day.lake, index.day.underlying, past)
    features = DayFeatures(day, index.cache)
    found = {call: features.get(call, SPOT) for call in calls}
    if index.cache is not None:
        index.cache.of_day(day).add({call: {SPOT: values} for call, values in found.items()})
    return found


def earlier_scores(given: Given) -> Values:
    """Return trade rate and vacuum score of every burst of every earlier day that has both, float64 [2, bursts]."""
    return given.of(SPOT).once("scores of earlier bursts", _earlier_scores)


def _earlier_scores(index: Given) -> Values:
    spots = {one.day: one for one in index.day.lake.days(index.day.underlying, DataKind.SPOT)}
    found = [_scores_of(index, one, spots.get(one.day)) for one in earlier_days(index)]
    every = np.concatenate([np.empty((2, 0)), *found], axis=1)
    return every[:, ~np.isnan(every).any(axis=0)]


def _scores_of(index: Given, options: Entry, spot: Entry | None) -> Values:
    """Return the scores of a day's bursts from the cache, else work them out and keep them there."""
    lake, cache = index.day.lake, index.cache
    contents = [lake.content(options), "no index" if spot is None else lake.content(spot)]
    follows_from = f"bursts of {options.underlying} on {options.day} from {' '.join(contents)}"
    if load_thresholds().burst.unit == "sigma":
        cache = None  # then a day's bursts follow from the days before it, too
    path, key = _file(cache, follows_from)
    if path is not None and (known := _read(path, key)) is not None:
        return known
    features = DayFeatures(Day(lake, options.underlying, options.day), cache)
    ended = features.get(_ENDED, SPOT) == 1
    found = np.stack([features.get(call, SPOT)[ended] for call in _SCORES])
    if path is not None and cache is not None:
        try:
            with replacing(path) as temporary:
                temporary.write_text(
                    json.dumps({"key": key, "scores": [list(map(repr, one)) for one in found.tolist()]})
                )
        except OSError as problem:
            raise cache.unwritable(problem) from problem
    return found


def _file(cache: FeatureCache | None, follows_from: str) -> tuple[Path | None, str]:
    key = hashlib.sha256(f"{definitions_version()} {follows_from}".encode()).hexdigest()
    return None if cache is None else cache.folder / "bursts" / f"{key[:32]}{SUFFIX}", key


def _read(path: Path, key: str) -> Values | None:
    try:
        held = json.loads(path.read_bytes())
        scores = np.array([[float(one) for one in row] for row in held["scores"]]).reshape(2, -1)
        whole = held["key"] == key
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with suppress(OSError):
        os.utime(path)
    return scores if whole else None
