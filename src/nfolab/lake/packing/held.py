"""Room in which the rows of a row group stand side by side, contract after contract, until they are written."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nfolab.vendor.block import Block, Bool
from nfolab.vendor.narrow import Narrow, missing_in, widen


class HeldRows:
    """Rows that were put in, up to as many as there is room for.

    Attributes:
        block: The vendor columns; only the first `rows` rows mean anything, and what is missing is in `missing`.
        source: int32 [room], whose each row is.
        volume_delta: int64 [room], with `delta_known` (bool) for where it is known.
        defects: int32 [room].
        rows: How many rows were put in.
    """

    def __init__(self, names: Sequence[str], room: int) -> None:
        self.block = Block.with_room(names, room)
        self.source = np.empty(room, dtype=np.int32)
        self.volume_delta = np.empty(room, dtype=np.int64)
        self.delta_known = np.empty(room, dtype=np.bool_)
        self.defects = np.empty(room, dtype=np.int32)
        self.rows = 0
        self._missing: dict[str, Bool] = {}

    def clear(self) -> None:
        """Make room again."""
        self.rows = 0
        self._missing = {}

    def put_narrow(self, rows: Narrow, source: int) -> None:
        """Put in rows of one source as they lie aside."""
        begin, end = self.rows, self.rows + rows.rows
        if rows.names == self.block.columns.names:
            widen(rows, self.block, begin)
            self._note_missing(missing_in(rows), begin, end)
            self.source[begin:end] = source
            self.rows = end
        else:
            self.put(widened(rows), np.full(rows.rows, source, dtype=np.int32))

    def put(self, rows: Block, source: NDArray[np.int32]) -> None:
        """Put in rows; columns that they lack are missing in them."""
        begin, end = self.rows, self.rows + rows.rows
        for name in self.block.columns.names:
            if name in rows:
                self.block[name][begin:end] = rows[name]
            else:
                self.block[name][begin:end] = 0
                self._note_missing({name: np.ones(rows.rows, dtype=np.bool_)}, begin, end)
        self._note_missing(rows.missing, begin, end)
        self.source[begin:end] = source
        self.rows = end

    def part(self, begin: int) -> Block:
        """Return the rows put in from one place on; they are not copied."""
        rows = slice(begin, self.rows)
        block = self.block
        missing = {name: some for name, gone in self._missing.items() if (some := gone[rows]).any()}
        return Block(block.columns, block.small[:, rows], block.large[:, rows], block.decimal[:, rows], missing)

    def _note_missing(self, missing: Mapping[str, Bool], begin: int, end: int) -> None:
        for name, gone in missing.items():
            if name not in self._missing:
                self._missing[name] = np.zeros(len(self.source), dtype=np.bool_)
            self._missing[name][begin:end] = gone


def widened(rows: Narrow) -> Block:
    """Return rows that lie aside as a block."""
    block = Block.with_room(rows.names, rows.rows)
    widen(rows, block, 0)
    return Block(block.columns, block.small, block.large, block.decimal, missing_in(rows))
