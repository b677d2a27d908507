"""The state of the market as one table, a row a second: the level, the options near it, and the states.

Prices are in rupees, depths and volumes in units; what is not known is null. The strike of a second is the one at the
money in it; what is told against the second before is of the strike of that second.
"""

from typing import Any, Final

import numpy as np
import polars as pl

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.tape.book import NO_ROW, Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Call, Values
from nfolab.tape.features.expiries import minutes_to
from nfolab.tape.features.ladder import expiry_of
from nfolab.tape.features.naming import nearest_chain
from nfolab.tape.features.rows import MAX_AGE
from nfolab.tape.features.subject import OneContract
from nfolab.tape.state.frozen import pulls, replenishes
from nfolab.tape.state.level import level_of
from nfolab.tape.state.regimes import THIRTY, regime_of
from nfolab.tape.state.strikes import Books, Marks, at_the_money_of, books_of
from nfolab.tape.state.thresholds import bucket_of
from nfolab.tape.state.today import bursts_of
from nfolab.tape.state.vacuum import vacuum_of

REACH: Final = 2
"""How many strikes on either side of the money."""

_PER_MINUTE: Final = 60 / THIRTY


def state_vector(given: Given) -> pl.DataFrame:
    """Return the state of the day, a row a second; docs/state.md tells every column."""
    # The widest first: what it reads serves the others.
    options = _of_options(given)
    table = pl.DataFrame({**_of_level(given), **options, **_of_states(given)})
    return table.with_columns(pl.selectors.float().fill_nan(None))


def _of_level(given: Given) -> dict[str, Any]:
    level, money = level_of(given), at_the_money_of(given)
    second = np.arange(level.value.size, dtype=np.int32)
    age = second - level.newest
    columns: dict[str, Any] = {
        "second": second,
        "level": level.value / PAISE_PER_RUPEE,
        "level_seen": level.seen,
        "gap_seconds": np.where((level.newest >= 0) & (age <= MAX_AGE), 0, np.where(level.newest < 0, second + 1, age)),
        "ret_1s": level.second_return(),
        "ret_5s": level.log_return(5),
        "ret_10s": level.log_return(10),
    }
    for seconds in (10, 30, 120):
        columns[f"rv_{seconds}"] = level.realised_volatility(seconds)
        columns[f"rv_{seconds}_coverage"] = level.coverage(seconds)
    strikes = np.append(money.ladder.strike, 0)
    return columns | {
        "accel_10": level.acceleration(),
        "atm_strike": np.where(money.place == NO_ROW, np.nan, strikes[money.place]),
        "days_to_expiry": np.full(second.size, money.days_to_expiry, np.int32),
        "minutes_to_expiry": minutes_to(given, expiry_of(given.of(nearest_chain(given.day)))),
        "bucket": np.full(second.size, bucket_of(money.days_to_expiry), np.int32),
    }


class _Pick:
    """Takes of the books of all strikes those of one, which may change from second to second."""

    def __init__(self, books: Books, place: Int32Array) -> None:
        row = np.where(place == NO_ROW, NO_ROW, place - books.first)
        self.at = np.flatnonzero((row >= 0) & (row < books.strikes))
        self.row = row[self.at]
        self.seconds = place.size

    def __call__(self, values: Values, early: int = 0) -> Values:
        """Return the values [strikes, seconds] of the strike of each second, `early` seconds before it."""
        found = np.full(self.seconds, np.nan)
        known = self.at >= early
        found[self.at[known]] = values[self.row[known], self.at[known] - early]
        return found

    def marks(self, marks: Marks) -> Values:
        found = self(marks.astype(np.float64))
        found[found < 0] = np.nan
        return found


def _of_options(given: Given) -> dict[str, Values]:
    money, books = at_the_money_of(given), books_of(given, REACH)
    lot = float(money.lot)
    mid, spread = books.mid() / PAISE_PER_RUPEE, books.spread() / PAISE_PER_RUPEE
    before = np.full(money.place.size, NO_ROW, np.int32)
    before[1:] = money.place[:-1]
    columns: dict[str, Values] = {}
    for kind, name in enumerate(("ce", "pe")):
        for offset in range(-REACH, REACH + 1):
            pick = _Pick(books, np.where(money.place == NO_ROW, NO_ROW, money.place + np.int32(offset)))
            of = name if not offset else f"{name}{offset:+d}"
            bid, ask = pick(books.bid_depth[kind]), pick(books.ask_depth[kind])
            columns |= {
                f"{of}_mid": pick(mid[kind]),
                f"{of}_spread": pick(spread[kind]),
                f"{of}_bid_depth_5": bid,
                f"{of}_ask_depth_5": ask,
                f"{of}_obi_5": (bid - ask) / (bid + ask),
                f"{of}_vol_1s": pick(books.traded[kind]),
            }
        at_money, held = _Pick(books, money.place), _Pick(books, before)
        last, held_last = (held(books.last[kind], early) / PAISE_PER_RUPEE for early in (0, 1))
        held_mid = held(mid[kind], 1)
        traded = held(books.traded[kind])
        columns |= {
            f"{name}_seen": at_money(books.seen[kind].astype(np.float64)),
            f"{name}_bid_lots_5": at_money(books.bid_depth[kind]) / lot,
            f"{name}_ask_lots_5": at_money(books.ask_depth[kind]) / lot,
            f"{name}_slope_bid": at_money(books.bid_size[kind]) / at_money(books.bid_depth[kind]),
            f"{name}_slope_ask": at_money(books.ask_size[kind]) / at_money(books.ask_depth[kind]),
            f"{name}_moved_1s": _both_seen(books, kind, held, held(mid[kind]) - held_mid),
            f"{name}_trade_active": np.where(np.isnan(traded), np.nan, traded > 0),
            f"{name}_aggressor": _aggressor(traded, last, held_last, held_mid),
            f"{name}_bid_pulled": held.marks(books.bid_pulled[kind]),
            f"{name}_ask_pulled": held.marks(books.ask_pulled[kind]),
            f"{name}_bid_replenished": held.marks(books.bid_replenished[kind]),
            f"{name}_ask_replenished": held.marks(books.ask_replenished[kind]),
        }
        columns[f"{name}_trade_freq_30"] = _share(columns[f"{name}_trade_active"], THIRTY)
        columns[f"iv_{name}"] = _Pick(books_of(given), money.place)(_volatilities(given, kind))
    chain = given.of(nearest_chain(given.day))
    columns["straddle_mid"] = columns["ce_mid"] + columns["pe_mid"]
    return columns | {"iv_atm": chain(Call("atm_iv")), "skew_25": chain(Call("skew_25"))}


def _both_seen(books: Books, kind: int, held: _Pick, moved: Values) -> Values:
    seen = books.seen[kind].astype(np.float64)
    return np.where((held(seen) == 1) & (held(seen, 1) == 1), moved, np.nan)


def _aggressor(traded: Values, last: Values, before: Values, mid: Values) -> Values:
    """Return +1 where something traded above the mid of the second before, −1 below, else 0; NaN where not known."""
    known = ~np.isnan(traded + last + before + mid)
    moved = (traded > 0) | (last != before)
    return np.where(known, np.where(moved, np.sign(last - mid), 0.0), np.nan)


def _share(active: Values, seconds: int) -> Values:
    """Return the share of active seconds among those known in a window, NaN where fewer than half are."""
    known, yes = (np.cumsum(one) for one in (~np.isnan(active), active == 1))
    for one in (known, yes):
        one[seconds:] -= one[:-seconds].copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(2 * known >= seconds, yes / known, np.nan)


def _volatilities(given: Given, kind: int) -> Values:
    """Return the implied volatilities of the strikes that are ever at the money, float64 [strikes, seconds]."""
    books, ladder = books_of(given), at_the_money_of(given).ladder
    numbers = (ladder.calls, ladder.puts)[kind][books.first : books.first + books.strikes]
    if not numbers.size:
        return np.empty((0, given.day.seconds))
    return given.table(Call("iv"), [OneContract(int(number)) for number in numbers])


def _of_states(given: Given) -> dict[str, Any]:
    bursts, vacuum = bursts_of(given), vacuum_of(given)
    pulled, refilled = pulls(given, THIRTY) * _PER_MINUTE, replenishes(given, THIRTY) * _PER_MINUTE
    number, direction = np.zeros(given.day.seconds, np.int32), np.zeros(given.day.seconds, np.int8)
    for place, (start, known_at) in enumerate(zip(bursts.start, bursts.known_at, strict=True)):
        number[start:known_at] = place + 1
        direction[start:known_at] = bursts.trigger[place]
    return {
        "pull_rate_30": pulled,
        "repl_rate_30": refilled,
        "net_liq_30": refilled - pulled,
        "tps": vacuum.trade_rate,
        "vacuum_score": vacuum.score,
        "burst": number,
        "burst_direction": direction,
        "regime": regime_of(given),
    }
