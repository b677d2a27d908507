"""Planted events in the rows of one option: books held still, emptied, pulled, refilled, or flickering."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nfolab.base.snapshot import LEVELS
from nfolab.market.lots import lot_size, strike_step
from nfolab.vendor.synthetic.contract import TICKS_A_RUPEE, ContractDay
from nfolab.vendor.synthetic.day import Int64Array, MarketDay
from nfolab.vendor.synthetic.plants import Plant
from nfolab.vendor.synthetic.randomness import Use, generator

_LOTS: Final = 20
"""On each level of a planted book while nothing happens to it."""
_HELD_BEFORE, _HELD_AFTER = 45, 85
_HEARD_BEFORE, _HEARD_AFTER = 15, 80
_CHANGES: Final = 1 / 40
"""The chance that a still book changes in a row."""
_PULLED_BEFORE, _PULLED_AFTER = 9, 4
_REFILLED: Final = (10, 80, 7)
"""From and to how many seconds after a fear's start, and every how many, the book grows."""
_GROWTH: Final = 1.35
_VACUUM_SECONDS: Final = 18
_THIRD_OF_A_SIDE: Final = 0.35


def in_book(seed: int, market: MarketDay, rows: ContractDay, plants: Sequence[Plant]) -> ContractDay:
    """Return the rows of one option with its book held still, and with what was planted in it."""
    contract = rows.contract
    key = (contract.expiry.toordinal(), contract.strike or 0, "CE PE".index(contract.kind))
    random = generator(seed, market.underlying, market.day, Use.PLANTS, *key)
    lot = lot_size(market.underlying, contract.expiry, market.day)
    near = strike_step(market.underlying)
    plants = [one for one in plants if abs((contract.strike or 0) - one.strike) <= near]
    book = _Book(_heard_whole(rows, plants), lot)
    book.hold(random, plants)
    for one in plants:
        if one.kind == "pull":
            if one.option == contract.kind and one.strike == contract.strike:
                book.pull(one)
        elif one.kind == "flicker":
            book.flicker(one)
        elif one.kind == "vacuum":
            book.empty(one)
        elif one.kind == "fear":
            book.fear(one, is_put=contract.kind == "PE")
    return book.rows_with_totals()


def _heard_whole(rows: ContractDay, plants: Sequence[Plant]) -> ContractDay:
    """Return the rows, with one in each second near a plant: where the recorder had none, that of the second before."""
    wanted = [np.arange(one.start - _HEARD_BEFORE, one.end + _HEARD_AFTER) for one in plants]
    every = np.unique(np.concatenate([rows.second, *wanted]))
    every = every[(every >= rows.second[0]) & (every <= rows.second[-1])]
    found = rows.taken(np.searchsorted(rows.second, every, side="right") - 1)
    found.second = every
    return found


class _Book:
    """The rows of one contract under change: ticks and lots of ten levels, and the volume."""

    def __init__(self, rows: ContractDay, lot: int) -> None:
        self._rows, self._lot = rows, lot
        self.second = rows.second
        values = rows.values
        self._shown = {side: self._sum(side) for side in "bs"}
        self._quoted = (values["bp0"] > 0) & (values["sp0"] > 0)

    def _sum(self, side: str) -> Int64Array:
        return np.asarray(sum(self._rows.values[f"{side}q{level}"] for level in range(LEVELS)), dtype=np.int64)

    def hold(self, random: np.random.Generator, plants: Sequence[Plant]) -> None:
        """Keep sizes and the spread as they were, but for a change now and then where nothing is planted."""
        changes = random.random(self.second.size) < _CHANGES
        for one in plants:
            first, last = one.start - _HELD_BEFORE, one.end + _HELD_AFTER
            changes &= ~((self.second >= first) & (self.second <= last))
        changes[0] = True
        source = np.maximum.accumulate(np.where(changes, np.arange(changes.size), 0))
        lots = random.integers(_LOTS - 3, _LOTS + 4, self.second.size)[source]
        values = self._rows.values
        for side in "bs":
            for level in range(LEVELS):
                there = values[f"{side}p{level}"] > 0
                values[f"{side}q{level}"] = np.where(there, lots * self._lot, 0)
        bid, ask = self._ticks("bp0"), self._ticks("sp0")
        spread = np.where(self._quoted, ask - bid, 2)[source]
        lowest = (bid + ask - spread) // 2
        fits = self._quoted & (lowest >= LEVELS)
        self._shift("b", np.where(fits, lowest - bid, 0))
        self._shift("s", np.where(fits, lowest + spread - ask, 0))

    def _ticks(self, name: str) -> Int64Array:
        return np.rint(self._rows.values[name] * TICKS_A_RUPEE).astype(np.int64)

    def _shift(self, side: str, ticks: NDArray[np.int64], rows: NDArray[np.bool_] | None = None) -> None:
        """Move every level of a side; levels that would fall below a tick become empty."""
        for level in range(LEVELS):
            name = f"{side}p{level}"
            before = self._ticks(name)
            after = np.where(before > 0, before + ticks, 0)
            if rows is not None:
                after = np.where(rows, after, before)
            self._rows.values[name] = np.where(after > 0, after / TICKS_A_RUPEE, 0.0)
            size = self._rows.values[f"{side}q{level}"]
            self._rows.values[f"{side}q{level}"] = np.where(after > 0, size, 0)

    def _scale(self, side: str, rows: NDArray[np.bool_], factor: float | NDArray[np.float64]) -> None:
        for level in range(LEVELS):
            name = f"{side}q{level}"
            size = self._rows.values[name]
            scaled = np.maximum(1, np.rint(size / self._lot * factor)).astype(np.int64) * self._lot
            self._rows.values[name] = np.where(rows & (size > 0), scaled, size)

    def _within(self, first: int, last: int) -> NDArray[np.bool_]:
        return (self.second >= first) & (self.second <= last)

    def _still(self, first: int, last: int) -> None:
        """Let nothing trade in some seconds: what did is told in the row after them."""
        places = np.flatnonzero(self._within(first, last))
        if places.size and places[0] > 0:
            for name in ("volume", "price", "qty", "avgPrice"):
                self._rows.values[name][places] = self._rows.values[name][places[0] - 1]

    def pull(self, plant: Plant) -> None:
        """Take most of a side away in one second, without a trade or a new price, and bring it back later."""
        self._still(plant.start, plant.start)
        values = self._rows.values
        place, before = (np.flatnonzero(self.second == second) for second in (plant.start, plant.start - 1))
        if not place.size or not before.size:
            return
        for name in [f"{side}p{level}" for side in "bs" for level in range(LEVELS)]:
            values[name][place] = values[name][before]
        side = "b" if plant.side == "bid" else "s"
        self._scale(
            side, self._within(plant.start, plant.start + 3), 1.0 - min(0.95, _THIRD_OF_A_SIDE * plant.strength)
        )

    def flicker(self, plant: Plant) -> None:
        """Take both sides away and bring them back, every other second, with the spread going along."""
        self._still(plant.start, plant.end)
        gone = self._within(plant.start, plant.end) & (self.second % 2 == 0)
        for side in "bs":
            self._scale(side, gone, 0.4)
        self._shift("s", np.full(self.second.size, 2), gone)

    def empty(self, plant: Plant) -> None:
        """Open the spread and thin the book, without trades, while the index moves."""
        rows = self._within(plant.start, plant.start + _VACUUM_SECONDS)
        self._still(plant.start - 9, plant.start + _VACUUM_SECONDS)
        for side in "bs":
            self._scale(side, rows, 0.15)
        wider = np.rint((self._ticks("sp0") - self._ticks("bp0")) * plant.strength).astype(np.int64)
        self._shift("s", wider, rows)

    def fear(self, plant: Plant, *, is_put: bool) -> None:
        """Pull the put's bids as the fall begins; let both sides of both kinds grow again after it."""
        if is_put:
            first, last = plant.start - _PULLED_BEFORE, plant.start + _PULLED_AFTER
            self._still(first, last)
            gone = self._within(first, last) & (self.second % 2 == 0)
            self._scale("b", gone, 0.4)
            self._shift("s", np.full(self.second.size, 2), gone)
        start, end, every = _REFILLED
        rows = self._within(plant.start + start, plant.start + end)
        grown = _GROWTH ** np.clip((self.second - plant.start - start) // every + 1, 0, (end - start) // every + 1)
        for side in "bs":
            self._scale(side, rows, np.where(rows, grown, 1.0))

    def rows_with_totals(self) -> ContractDay:
        """Return the rows; the totals of bids and asks change by as much as the levels shown, and orders fit them."""
        values = self._rows.values
        for side, total in (("b", "bQty"), ("s", "sQty")):
            values[total] = np.maximum(values[total] + self._sum(side) - self._shown[side], self._sum(side))
            for level in range(LEVELS):
                lots = values[f"{side}q{level}"] // self._lot
                values[f"{side}o{level}"] = np.minimum(np.maximum(values[f"{side}o{level}"], np.minimum(lots, 1)), lots)
        return self._rows
