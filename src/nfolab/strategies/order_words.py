"""How the orders of a leg go out, such as `{ limit = "bid + 0.05pt", valid = "5s" }`; docs/positions.md."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nfolab.base.errors import InputError
from nfolab.base.units import Seconds
from nfolab.engine.positions.columns import limit
from nfolab.engine.positions.program import ENTRY_WAIT
from nfolab.strategies.conditions.features import TapeVocabulary
from nfolab.strategies.conditions.tree import Quantity
from nfolab.strategies.rules import Reader, positive_seconds, read_price, read_queue_model

MARKET = "market"
_WHOLE_DAY = 10**6


@dataclass(frozen=True, slots=True)
class LimitOrder:
    """An order to open at a price, or pegged so many ticks from its own side's best price, or to the mid.

    Attributes:
        price: the limit; None for a peg, which is `OWN` or `MID` of `columns.limit`.
        valid: seconds after arrival in which it may fill.
        first_row: whether only the first good row fills it.
        queue: a model of `engine.queue`.
    """

    price: Quantity | None
    peg: int
    ticks: int
    valid: int
    first_row: bool
    queue: int


def read_order(at: Reader, place: str, table: Mapping[str, Any], vocabulary: TapeVocabulary) -> LimitOrder:
    """Read an order that is not sent to the market as it is."""
    if ("limit" in table) == ("peg" in table):
        raise InputError(f'{place} needs either a limit, such as "bid + 0.05pt", or a peg, such as "own+1"')
    peg, ticks = at.read(f"{place}.peg", table["peg"], _read_peg) if "peg" in table else (limit.NO_PEG, 0)
    valid, first_row = at.read(f"{place}.valid", table.get("valid", "5s"), _read_valid)
    return LimitOrder(
        price=read_price(at, f"{place}.limit", table["limit"], vocabulary) if "limit" in table else None,
        peg=peg,
        ticks=ticks,
        valid=valid,
        first_row=first_row,
        queue=at.read(f"{place}.queue", table.get("queue", "likely"), read_queue_model),
    )


def _read_peg(text: str) -> tuple[int, int]:
    if text == "mid":
        return limit.MID, 0
    match = re.fullmatch(r"own(?: ?([+-]) ?(\d{1,3}))?", text)
    if match is None:
        raise InputError(f"{text!r} is no peg: write own, own+1 (a tick nearer to the other side), own-1 or mid")
    return limit.OWN, int(f"{match[1]}{match[2]}") if match[1] else 0


def _read_valid(text: str) -> tuple[int, bool]:
    if text == "ioc":
        return ENTRY_WAIT, True
    if text == "day":
        return _WHOLE_DAY, False
    if re.fullmatch(r"\d+[sm]", text) and Seconds.parse(text).count == 0:
        raise InputError(f"{text!r} is no time at all: write ioc for what the first row gives")
    return positive_seconds(text).count, False
