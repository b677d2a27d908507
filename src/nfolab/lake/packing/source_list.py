"""Which sources are wholly packed, known by a hash each, however many there are."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from nfolab.lake.catalogue import PackedSource, damaged_table, lines_of_sources, read_source_lines, write_source_lines
from nfolab.lake.layout import sources_file
from nfolab.lake.packing.shards import DayKey

_HEX_DIGITS: Final = 64


class SourceList:
    """The sources that the lake lists as packed, and whose day files are all there."""

    def __init__(self, root: Path, days: Collection[DayKey]) -> None:
        """Read the list.

        Args:
            root: The lake's folder.
            days: The day files that the lake has.

        Raises:
            InputError: the list is damaged, or that of another schema.
        """
        self._root = root
        table = read_source_lines(root)
        self._known = np.empty(0, dtype=f"S{_HEX_DIGITS}")
        self._names = frozenset[str]()
        if table is None:
            return
        there = {f"{kind}/{underlying}/{day}" for kind, underlying, day in days}
        fed = table["days"].unique()
        try:
            whole = [told for told in fed if there.issuperset(json.loads(told))]
        except (TypeError, ValueError) as problem:
            raise damaged_table(sources_file(root), problem) from problem
        if len(whole) < len(fed):
            table = table.filter(pl.col("days").is_in(whole))
        self._known = np.sort(table["sha256"].to_numpy().astype(f"S{_HEX_DIGITS}"))
        self._names = frozenset(table["name"])

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, sha256: object) -> bool:
        wanted = str(sha256).encode()
        place = int(np.searchsorted(self._known, wanted))
        return place < len(self._known) and self._known[place] == wanted

    def has_name(self, name: str) -> bool:
        """Say whether a source of this name is listed; its content may be another."""
        return name in self._names

    def add(self, packed: Iterable[PackedSource]) -> None:
        """List further sources, atomically."""
        fresh = lines_of_sources(packed)
        if fresh.is_empty():
            return
        table = read_source_lines(self._root)
        if table is not None:
            table = pl.concat([table.filter(~pl.col("sha256").is_in(fresh["sha256"].implode())), fresh])
        write_source_lines(self._root, fresh if table is None else table)
        added = fresh["sha256"].to_numpy().astype(f"S{_HEX_DIGITS}")
        self._known = np.union1d(self._known, added)
