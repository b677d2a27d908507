"""One Python strategy on one day: its contracts, its tape, its run on a desk, its trades."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from nfolab.base.errors import InputError
from nfolab.engine.desk.outcome import DeskOutcome, desk_outcome
from nfolab.engine.desk.run import run_on_desk
from nfolab.engine.desk.tables import Desk, DeskRules
from nfolab.engine.desk.tape import StrategyTape
from nfolab.market.lots import lot_size
from nfolab.strategies.day_plan import MissingDataError
from nfolab.strategies.python import PythonStrategy, PythonVariant
from nfolab.strategies.python_contracts import Chosen, Listing
from nfolab.tape.features.day import DayFeatures
from nfolab.tape.features.subject import SPOT, OneContract
from nfolab.tape.tape import NO_SPOT, Day, Tape

_PAISE = 100


def run_python(strategy: PythonStrategy, variant: PythonVariant, day: Day, features: DayFeatures) -> DeskOutcome:
    """Run a variant of a Python strategy on a day.

    Args:
        strategy: the strategy, read from the variant's file.
        variant: its parameters.
        day: the day.
        features: the day's features, shared by all strategies that ask.

    Raises:
        MissingDataError: the day lacks what the strategy needs.
        InputError: the strategy's own `contracts` names none, or its run used the desk wrongly.
    """
    params = strategy.read(variant.params)
    chosen = _chosen(strategy, params, Listing(day, features.money))
    rules = _rules(variant, day, chosen)
    tape = day.load(chosen.numbers)
    traded = day.traded(chosen.numbers)
    lot = np.array(
        [lot_size(day.underlying, expiry, day.day) for expiry in day.expiry[tape.numbers].tolist()], np.int32
    )
    book = tape.book
    seen = StrategyTape(
        second=book.second,
        first_row=book.first_row,
        last=book.last,
        bid_price=book.bid_price,
        bid_size=book.bid_size,
        ask_price=book.ask_price,
        ask_size=book.ask_size,
        last_price=book.last_price,
        traded=traded,
        strike=(day.strike[tape.numbers] * _PAISE).astype(np.int32),
        is_call=day.kind[tape.numbers] == "CE",
        lot=lot,
        spot=day.spot,
        features=_of_contracts(strategy.features, tape, features),
        spot_features=_of_the_index(strategy.spot_features, day, features),
    )
    numbers = strategy.numbers(params, day.session.open)

    def play(desk: Desk) -> None:
        strategy.run(seen, desk, numbers)

    done = run_on_desk(play, book, traded, lot, rules)
    return desk_outcome(day, tape, done, features.money, variant.settings.plan)


def _rules(variant: PythonVariant, day: Day, chosen: Chosen) -> DeskRules:
    try:
        return variant.settings.rules(day.underlying, day.session, chosen.second)
    except InputError as unknown:  # the freeze quantity of the day, by which large orders are cut
        raise MissingDataError(str(unknown)) from None


def _chosen(strategy: PythonStrategy, params: Any, listing: Listing) -> Chosen:
    choose = getattr(strategy.module, "contracts", None)
    if choose is None:
        return listing.nearest_expiry()
    if not callable(choose) or len(inspect.signature(choose).parameters) != 2:
        raise InputError(f"{strategy.where}: contracts must be a function contracts(listing, p)")
    chosen = choose(listing, params)
    if not isinstance(chosen, Chosen) or not chosen.numbers:
        raise InputError(f"{strategy.where}: contracts must return what its listing gives, such as listing.whole()")
    return chosen


def _of_contracts(calls: Sequence[str], tape: Tape, features: DayFeatures) -> tuple[Any, ...]:
    subjects = [OneContract(int(number)) for number in tape.numbers]
    # A kernel takes writable arrays, and a feature's are shared: each strategy gets its own.
    return tuple(np.array(features.table(call, subjects)) for call in calls)


def _of_the_index(calls: Sequence[str], day: Day, features: DayFeatures) -> tuple[Any, ...]:
    if calls and (day.spot == NO_SPOT).all():
        raise MissingDataError(f"no index feed of {day.underlying} on {day.day}, and SPOT_FEATURES asks for it")
    return tuple(np.array(features.get(call, SPOT)) for call in calls)
