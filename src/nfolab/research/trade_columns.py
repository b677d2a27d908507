"""The columns that the tables of recipes and of Python strategies have in common: trades, legs and days."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from nfolab.engine.trades.legs import Legs
from nfolab.engine.trades.trades import Trades
from nfolab.research.columns import Column, Words, chosen, clock, lists_of, texts
from nfolab.tape.tape import Day, Tape

SIDES = Words({-1: "sell", 1: "buy"})
PAISE_OF_DAY = ("gross", "charges", "net", "net_best", "net_worst")
_PAISE_OF_TRADE = (
    "premium", "gross", "charges", "net", "net_flat5", "gross_best", "gross_worst", "net_best", "net_worst",
)  # fmt: skip
_PAID = ("spread", "depth", "latency")


def of_trades(day: Day, trades: Trades) -> Mapping[str, Column]:
    """Return the columns of `trades` but who made them, why they ended and their levels; they count from 0."""
    count = trades.number.size
    has_margin = trades.margin > 0
    return {
        "trade": np.arange(count),
        "underlying": day.underlying,
        "day": day.day,
        **{f"{name}_time": clock(day, getattr(trades, f"{name}_second")) for name in ("decision", "entry", "exit")},
        **{f"{name}_paise": getattr(trades, name) for name in _PAISE_OF_TRADE},
        "margin_paise": (trades.margin, has_margin),
        "return_percent": (100 * trades.net / np.where(has_margin, trades.margin, 1), has_margin),
        **{f"{name}_paise": getattr(trades, name) / 2 for name in _PAID},
        **{f"{name}_rupees": amounts for name, amounts in trades.components.items()},
        "partial_exits": trades.partial_exits,
        "flags": lists_of(trades.flags, count),
        "most_gain_paise": trades.most_gain,
        "most_loss_paise": trades.most_loss,
        "seconds_held": trades.seconds_held,
        "minute_close_gross_paise": (trades.minute_close, trades.has_minute_close),
    }


def of_legs(day: Day, tape: Tape, legs: Legs) -> Mapping[str, Column]:
    """Return the columns of `legs` but why they ended and their levels; `trade` as in `of_trades`."""
    numbers = tape.numbers[legs.contract]
    return {
        "trade": legs.trade,
        "leg": legs.leg,
        "contract": chosen(contract_names(day, tape), legs.contract),
        "expiry": pa.array(day.expiry[numbers].astype("datetime64[D]")),
        "kind": texts(day.kind[numbers].tolist()),
        "strike": day.strike[numbers],
        "side": SIDES.of(legs.sign),
        "units": legs.units,
        "entry_time": clock(day, legs.entry_second),
        "entry_value_paise": legs.entry_value,
        "exit_time": clock(day, legs.exit_second),
        "exit_value_paise": legs.exit_value,
        "gross_paise": legs.gross,
    }


def contract_names(day: Day, tape: Tape) -> pa.Array:
    """Return the names of a tape's contracts by their number within it, and none for −1."""
    return texts([*(str(day.contract(int(number))) for number in tape.numbers), None])
