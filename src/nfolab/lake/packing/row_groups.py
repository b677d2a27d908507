"""Row groups of whole contracts, and the index of where each contract lies."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nfolab.lake.contracts import ContractIndex, ContractKey
from nfolab.lake.dayfile import DayFileWriter
from nfolab.lake.packing.held import HeldRows
from nfolab.lake.schema import ROWS_IN_GROUP
from nfolab.market.expiries import expiry_kind
from nfolab.vendor.block import arrow_array

_EPOCH: Final = date(1970, 1, 1)

ContractLine = tuple[date, str, int, int, int, int, int, int]
"""expiry, kind, strike, first row, rows, row group, first and last timestamp: of one contract."""


class RowGroups:
    """Gathers contracts into row groups, which end with a contract and with an expiry, and keeps the index."""

    def __init__(self, writer: DayFileWriter, held: HeldRows, underlying: str) -> None:
        """Begin with none.

        Args:
            writer: Where they are written.
            held: Where rows are put; has room for ROWS_IN_GROUP rows and any one contract's.
            underlying: Whose contracts they are.
        """
        self._writer = writer
        self._held = held
        self._underlying = underlying
        self._here: list[tuple[ContractKey, int]] = []
        self._groups = 0
        self.lines: list[ContractLine] = []
        self.rows = 0

    def begin(self, key: ContractKey) -> int:
        """Make room for a contract's rows, and return the place in `held` at which they are to begin."""
        if is_full(self._held.rows) or (self._here and self._here[-1][0][0] != key[0]):
            self.flush()
        return self._held.rows

    def end(self, key: ContractKey, begin: int) -> None:
        """Take note of a contract whose rows stand in `held` from `begin` on, finished."""
        count = self._held.rows - begin
        stamps = self._held.block["timestamp"]
        first, last = int(stamps[begin]), int(stamps[self._held.rows - 1])
        self.lines.append((*key, self.rows, count, self._groups, first, last))
        self._here.append((key, count))
        self.rows += count

    def flush(self) -> None:
        """Write what is held as a row group, if there is anything."""
        if self._here:
            self._writer.write_group(dict(self._columns()))
            self._groups += 1
        self._held.clear()
        self._here = []

    def _columns(self) -> Iterator[tuple[str, pa.Array]]:
        held, keys = self._held, [key for key, _ in self._here]
        counts = np.array([count for _, count in self._here])
        days = np.array([(expiry - _EPOCH).days for expiry, _, _ in keys], dtype=np.int32)
        strikes = np.array([strike for _, _, strike in keys], dtype=np.int32)
        yield "expiry", arrow_array(np.repeat(days, counts), pa.date32())
        yield "kind", _repeated([kind for _, kind, _ in keys], counts)
        yield "strike", arrow_array(np.repeat(strikes, counts), pa.int32())
        yield from held.part(0).arrays()
        rows = slice(0, held.rows)
        yield "volume_delta", arrow_array(held.volume_delta[rows], pa.int64(), ~held.delta_known[rows])
        yield "defects", arrow_array(held.defects[rows], pa.int32())
        yield "expiry_type", _repeated([expiry_kind(self._underlying, expiry) for expiry, _, _ in keys], counts)
        yield "source", arrow_array(held.source[rows], pa.int32())


def is_full(rows: int) -> bool:
    """Say whether a row group of so many rows takes no further contract."""
    return rows >= ROWS_IN_GROUP


def room_for(rows: Iterable[int]) -> int:
    """Return the room that contracts of at most so many rows each need where row groups are gathered."""
    return ROWS_IN_GROUP + max(rows)


def _repeated(words: Sequence[str], counts: NDArray[np.int64]) -> pa.Array:
    """Return each word as often as told."""
    text = b"".join(word.encode() * int(count) for word, count in zip(words, counts, strict=True))
    sizes = np.repeat([len(word.encode()) for word in words], counts)
    ends = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=ends[1:])
    return pa.Array.from_buffers(pa.string(), len(sizes), [None, pa.py_buffer(ends), pa.py_buffer(text)])


def index_of(lines: Sequence[ContractLine]) -> ContractIndex:
    """Return the index of these contracts."""
    expiry, kind, strike, first_row, rows, group, first, last = _columns_of(lines)
    return ContractIndex(
        np.array(expiry, dtype="datetime64[D]"),
        np.array(kind, dtype=np.str_),
        np.array(strike, dtype=np.int32),
        np.array(first_row, dtype=np.int64),
        np.array(rows, dtype=np.int64),
        np.array(group, dtype=np.int32),
        np.array(first, dtype=np.int64),
        np.array(last, dtype=np.int64),
    )


def _columns_of(lines: Sequence[ContractLine]) -> list[tuple[Any, ...]]:
    return list(zip(*lines, strict=True))
