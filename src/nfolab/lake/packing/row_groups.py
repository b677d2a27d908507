"""Row groups of whole contracts, and the index of where each contract lies."""

import numpy as np
import polars as pl

from nfolab.lake.contracts import ContractIndex, ContractKey
from nfolab.lake.dayfile import DayFileWriter
from nfolab.lake.packing.repeats import plain_numbers
from nfolab.lake.schema import ROWS_IN_GROUP


class RowGroups:
    """Gathers contracts into row groups, which end with a contract and with an expiry, and keeps the index."""

    def __init__(self, writer: DayFileWriter) -> None:
        self._writer = writer
        self._held: list[pl.DataFrame] = []
        self._held_rows = 0
        self._groups = 0
        self._lines: list[tuple[object, str, int, int, int, int, int, int]] = []
        self.rows = 0

    def add(self, key: ContractKey, rows: pl.DataFrame) -> None:
        """Take one contract's finished rows."""
        if self._lines and self._lines[-1][0] != key[0]:
            self._flush()
        stamps = plain_numbers(rows["timestamp"])
        self._lines.append((*key, self.rows, rows.height, self._groups, int(stamps[0]), int(stamps[-1])))
        self._held.append(rows)
        self._held_rows += rows.height
        self.rows += rows.height
        if self._held_rows >= ROWS_IN_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_group(pl.concat(self._held))
            self._groups += 1
        self._held, self._held_rows = [], 0

    def finished(self) -> ContractIndex:
        """Write what is held and return the index."""
        self._flush()
        expiry, kind, strike, first_row, rows, group, first, last = zip(*self._lines, strict=True)
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
