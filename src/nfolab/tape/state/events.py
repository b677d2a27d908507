"""What happened on a day as tables: its bursts with all that is known of them, pulls and replenishments, and spells.

Times are seconds since the open; prices and distances are in rupees. Each row tells since when it is known.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from nfolab.base.units import PAISE_PER_RUPEE
from nfolab.tape.book import NO_ROW, Int32Array
from nfolab.tape.features.day import Given
from nfolab.tape.features.definition import Values
from nfolab.tape.state.bursts import MOVE_SECONDS, Bursts, EndedBy
from nfolab.tape.state.classes import classes_of
from nfolab.tape.state.fear import fear_of
from nfolab.tape.state.level import level_of
from nfolab.tape.state.regimes import in_chop, in_flicker
from nfolab.tape.state.strikes import KINDS, at_the_money_of, books_of
from nfolab.tape.state.thresholds import bucket_of, load_thresholds
from nfolab.tape.state.today import bursts_of, scores_of, unit_of_day
from nfolab.tape.state.vacuum import vacuum_of

_MORNING_ENDS: Final = 11 * 3600
_MIDDAY_ENDS: Final = 14 * 3600

BURSTS: Final[dict[str, pl.DataType]] = {
    "burst": pl.Int32(), "underlying": pl.String(), "day": pl.Date(), "level": pl.String(),
    "start": pl.Int32(), "end": pl.Int32(), "known_at": pl.Int32(), "ended_by": pl.String(), "truncated": pl.Boolean(),
    "days_to_expiry": pl.Int32(), "bucket": pl.Int32(), "time_of_day": pl.String(),
    "direction_trigger": pl.Int8(), "direction": pl.Int8(), "moved": pl.Float64(),
    "size_trigger": pl.Float64(), "size": pl.Float64(), "duration": pl.Int32(), "seen_share": pl.Float64(),
    "strike": pl.Int32(), "call_moved": pl.Float64(), "put_moved": pl.Float64(), "call_share": pl.Float64(),
    "put_share": pl.Float64(), "convexity": pl.Float64(),
    "trade_rate": pl.Float64(), "highest_trade_rate": pl.Float64(), "vacuum": pl.Float64(),
    "highest_vacuum": pl.Float64(), "spread_increase": pl.Float64(), "depth_drop": pl.Float64(),
    "lots_traded": pl.Float64(), "class": pl.String(),
    "is_down": pl.Boolean(), "is_large_share": pl.Boolean(), "is_pulled": pl.Boolean(), "is_excessive": pl.Boolean(),
    "is_refilled": pl.Boolean(), "is_calmed": pl.Boolean(), "is_fear": pl.Boolean(), "fear_known_at": pl.Int32(),
    "put_excess": pl.Float64(), "put_pulls": pl.Float64(), "replenishes_after": pl.Float64(),
    "pulls_after": pl.Float64(),
}  # fmt: skip
"""Columns of the table of bursts; what is not known is null."""

LIQUIDITY: Final[dict[str, pl.DataType]] = {
    "second": pl.Int32(), "known_at": pl.Int32(), "kind": pl.String(), "side": pl.String(), "contract": pl.String(),
    "strike": pl.Int32(), "in_burst": pl.Boolean(),
}  # fmt: skip
"""Columns of the table of pulls and replenishments at the strike at the money the second before."""

SPELLS: Final[dict[str, pl.DataType]] = {
    "kind": pl.String(), "start": pl.Int32(), "end": pl.Int32(), "known_at": pl.Int32(), "direction": pl.Int8(),
    "size": pl.Float64(),
}  # fmt: skip
"""Columns of the table of spells: bursts, fear, flicker and chop from their first second to their last."""


def burst_table(given: Given) -> pl.DataFrame:
    """Return the bursts of the day, a row each, with the columns of `BURSTS`; empty where there are none."""
    bursts, money, fear, scores = bursts_of(given), at_the_money_of(given), fear_of(given), scores_of(given)
    count = bursts.start.size
    options = _options(given, bursts)
    vacuum = vacuum_of(given) if count else None
    clock = given.day.session.open.second_of_day + bursts.start
    columns: dict[str, Any] = {
        "burst": np.arange(1, count + 1),
        "underlying": [given.day.underlying] * count,
        "day": [given.day.day] * count,
        "level": [level_of(given).source] * count,
        "start": bursts.start,
        "end": bursts.end,
        "known_at": bursts.known_at,
        "ended_by": [EndedBy(one).name.lower() for one in bursts.ended_by],
        "truncated": bursts.truncated,
        "days_to_expiry": np.full(count, money.days_to_expiry),
        "bucket": np.full(count, bucket_of(money.days_to_expiry)),
        "time_of_day": [_time_of_day(int(one)) for one in clock],
        "direction_trigger": bursts.trigger,
        "direction": bursts.direction,
        "moved": bursts.moved / PAISE_PER_RUPEE,
        "size_trigger": bursts.size_after_trigger / PAISE_PER_RUPEE,
        "size": bursts.size / PAISE_PER_RUPEE,
        "duration": bursts.end - bursts.start,
        "seen_share": bursts.seen,
        **options,
        "put_share": fear.put_share,
        "trade_rate": scores.trade_rate,
        "highest_trade_rate": scores.highest_trade_rate,
        "vacuum": scores.vacuum,
        "highest_vacuum": scores.highest_vacuum,
        "spread_increase": _means(vacuum.spread_increase if vacuum else np.empty(0), bursts),
        "depth_drop": _means(vacuum.depth_drop if vacuum else np.empty(0), bursts),
        "class": [str(one) for one in classes_of(given)],
        "is_down": fear.is_down,
        "is_large_share": fear.is_large_share,
        "is_pulled": fear.is_pulled,
        "is_excessive": fear.is_excessive,
        "is_refilled": fear.is_refilled,
        "is_calmed": fear.is_calmed,
        "is_fear": fear.is_fear,
        "fear_known_at": np.where(fear.is_fear, fear.known_at, NO_ROW),
        "put_excess": fear.put_excess / PAISE_PER_RUPEE,
        "put_pulls": fear.put_pulls,
        "replenishes_after": fear.replenishes,
        "pulls_after": fear.pulls,
    }
    found = _table(columns, BURSTS)
    nothing = pl.col("strike", "fear_known_at")
    return found.with_columns(pl.when(nothing == NO_ROW).then(None).otherwise(nothing).name.keep())


def _table(columns: dict[str, Any], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    series = [pl.Series(name, columns[name], strict=False).cast(kind) for name, kind in schema.items()]
    return pl.DataFrame(series).with_columns(pl.selectors.float().fill_nan(None))


def _time_of_day(second: int) -> str:
    return "morning" if second < _MORNING_ENDS else "midday" if second < _MIDDAY_ENDS else "afternoon"


def _means(values: Values, bursts: Bursts) -> list[float | None]:
    spans = [values[start : end + 1] for start, end in zip(bursts.start, bursts.end, strict=True)]
    return [None if np.isnan(one).all() else float(np.nanmean(one)) for one in spans]


def _options(given: Given, bursts: Bursts) -> dict[str, Any]:
    """Return what the options at the strike at the money at t0 − 10 did in each burst."""
    count = bursts.start.size
    found = {
        name: np.full(count, np.nan) for name in ("call_moved", "put_moved", "call_share", "convexity", "lots_traded")
    }
    strike = np.full(count, NO_ROW, np.int32)
    money, books, level = at_the_money_of(given), books_of(given), level_of(given)
    least = load_thresholds().least_move(given.day.underlying) * PAISE_PER_RUPEE
    mids = books.mid()
    move = _move_threshold(given)
    for number, (start, end, moved) in enumerate(zip(bursts.start, bursts.end, bursts.moved, strict=True)):
        before = int(start) - MOVE_SECONDS
        place = money.place[before]
        if place == NO_ROW:
            continue
        strike[number] = money.ladder.strike[place]
        call, put = mids[:, place - books.first]
        found["call_moved"][number] = (call[end] - call[before]) / PAISE_PER_RUPEE
        found["put_moved"][number] = (put[end] - put[before]) / PAISE_PER_RUPEE
        if abs(moved) >= least:
            found["call_share"][number] = (call[end] - call[before]) / moved
        mid = call if bursts.trigger[number] > 0 else put
        away = np.abs(level.value[before : end + 1] - level.value[before])
        found["convexity"][number] = _convexity(away, mid[before : end + 1], move[start])
        traded = books.traded[:, place - books.first, before + 1 : end + 1]
        found["lots_traded"][number] = np.nan if np.isnan(traded).all() else np.nansum(traded) / money.lot
    return {"strike": strike, **found}


def _move_threshold(given: Given) -> Values:
    """Return the move that a burst's start asks for, float64 [seconds] in paise."""
    rules = load_thresholds()
    thresholds = rules.of_bursts(given.day.underlying, at_the_money_of(given).days_to_expiry)
    return thresholds.move * unit_of_day(given, rules.burst.unit)


def _convexity(away: Values, mid: Values, move: float) -> float:
    """Return the option's move at the first full move of the level over twice that at the first half of it."""
    full, half = np.flatnonzero(away >= move), np.flatnonzero(away >= move / 2)
    if not full.size or not half.size:
        return np.nan
    at_half = abs(mid[half[0]] - mid[0])
    return float(abs(mid[full[0]] - mid[0]) / (2 * at_half)) if at_half > 0 else np.nan


def liquidity_table(given: Given) -> pl.DataFrame:
    """Return every pull and replenishment of CE and PE at the strike at the money the second before (`LIQUIDITY`).

    A second is told against the one before it, at the strike that was at the money in that one, and known at once.
    """
    money, books = at_the_money_of(given), books_of(given)
    under_way = bursts_of(given).under_way(given.day.seconds)
    place = np.full(money.place.size, NO_ROW)
    place[1:] = money.place[:-1]
    at = np.flatnonzero(place != NO_ROW)
    row = place[at] - books.first
    parts = []
    for kind, contract in enumerate(KINDS):
        for name, side, marks in (
            ("pull", "bid", books.bid_pulled), ("pull", "ask", books.ask_pulled),
            ("replenish", "bid", books.bid_replenished), ("replenish", "ask", books.ask_replenished),
        ):  # fmt: skip
            second = at[marks[kind, row, at] == 1] if books.strikes else at[:0]
            columns: dict[str, Any] = {
                "second": second, "known_at": second, "kind": [name] * second.size, "side": [side] * second.size,
                "contract": [contract] * second.size, "strike": money.ladder.strike[place[second]],
                "in_burst": under_way[second],
            }  # fmt: skip
            parts.append(_table(columns, LIQUIDITY))
    return pl.concat(parts).sort("second", "contract", "kind", "side")


def spell_table(given: Given) -> pl.DataFrame:
    """Return the day's bursts, and the stretches of fear, flicker and chop, in order of their start (`SPELLS`).

    The end of a stretch is known in the second after it, a burst's as its own table has it.
    """
    bursts, fear, rules = bursts_of(given), fear_of(given), load_thresholds().fear
    spells = [_spells("burst", bursts.start, bursts.end, bursts.known_at, bursts.direction, bursts.size)]
    start, end = fear.known_at[fear.is_fear], bursts.end[fear.is_fear] + rules.active
    spells.append(_spells("fear", start, np.minimum(end, given.day.seconds - 1), start))
    for kind, state in (("flicker", in_flicker(given)), ("chop", in_chop(given))):
        edge = np.diff(np.concatenate(([0], (state == 1).astype(np.int8), [0])))
        first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
        spells.append(_spells(kind, first, last, np.minimum(last + 1, given.day.seconds - 1)))
    return pl.concat(spells).sort("start", "kind")


def _spells(
    kind: str,
    start: npt.NDArray[np.integer] | Int32Array,
    end: npt.NDArray[np.integer] | Int32Array,
    known_at: npt.NDArray[np.integer] | Int32Array,
    direction: Sequence[int] | npt.NDArray[np.int8] | None = None,
    size: Values | None = None,
) -> pl.DataFrame:
    columns: dict[str, Any] = {
        "kind": [kind] * start.size, "start": start, "end": end, "known_at": known_at,
        "direction": [None] * start.size if direction is None else direction,
        "size": [None] * start.size if size is None else size / PAISE_PER_RUPEE,
    }  # fmt: skip
    return _table(columns, SPELLS)
