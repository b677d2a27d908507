"""Rows of many contracts in one table: judged together, then given out contract by contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.snapshot import Column, DataKind
from nfolab.market.contracts import Contract
from nfolab.vendor.batch import Batch
from nfolab.vendor.block import Block
from nfolab.vendor.refuse import Judged, Refusal

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_PLACE = "place of the contract"


@dataclass(frozen=True)
class Owner:
    """Whose a row is: a contract, or (contract None) the vendor's name for what is not read, and why it is not."""

    contract: Contract | None
    name: str = ""
    why_not: Refusal | None = None


@dataclass(frozen=True)
class Owners:
    """The owner of every row.

    Attributes:
        distinct: The owners, each once, in the order of their first rows.
        place: Each row's owner among them, int64 [rows].
    """

    distinct: Sequence[Owner]
    place: NDArray[np.int64]

    def last_days(self) -> NDArray[np.int64]:
        """Return each row's expiry as days since 1970, int64 [rows]; far off where there is no contract."""
        days = [
            owner.contract.expiry.toordinal() - _EPOCH_ORDINAL if owner.contract else 2**31 for owner in self.distinct
        ]
        last: NDArray[np.int64] = np.array(days, dtype=np.int64)[self.place]
        return last

    def refusals(self) -> dict[Refusal, NDArray[np.bool_]]:
        """Return which rows belong to nothing that is read, by reason; bool [rows] each."""
        found = {}
        for reason in {owner.why_not for owner in self.distinct if owner.why_not}:
            wrong = np.array([owner.why_not == reason for owner in self.distinct], dtype=np.bool_)
            found[reason] = wrong[self.place]
        return found


def owners_of(keys: pl.DataFrame, owner: Callable[..., Owner]) -> Owners:
    """Return whose each row is.

    Args:
        keys: The columns that tell it, [rows].
        owner: Called once for each distinct row of `keys`, with its values by position.
    """
    different = keys.unique(maintain_order=True)
    distinct: dict[Owner, int] = {}
    codes = [distinct.setdefault(owner(*row), len(distinct)) for row in different.iter_rows()]
    coded = different.with_columns(pl.Series(_PLACE, codes, dtype=pl.Int64))
    found = keys.join(coded, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")
    return Owners(tuple(distinct), found[_PLACE].to_numpy())


def batches_by_owner(owners: Owners, judged: Judged, kind: DataKind, columns: Sequence[Column]) -> Iterator[Batch]:
    """Yield the judged rows, contract by contract; futures among options as futures.

    Args:
        owners: Whose each of the given rows is.
        judged: What became of the given rows.
        kind: What the rows are: OPTIONS or CHAIN.
        columns: Their columns.
    """
    kept = judged.kept
    places_kept, places_refused = owners.place[kept], owners.place[~kept]
    parts = _parts(judged.block, places_kept)
    empty = Block.with_room([column.stored for column in columns], 0)
    for place in np.unique(owners.place):
        owner = owners.distinct[place]
        block = parts.get(int(place), empty)
        of_owner = places_refused == place
        refused = judged.refused(of_owner) if of_owner.any() else {}
        read = block.rows + int(of_owner.sum())
        if owner.contract is None:
            yield Batch(kind, owner.name, None, block, read, refused)
        else:
            its_kind = DataKind.FUTURES if owner.contract.kind == "FUT" else kind
            yield Batch(its_kind, owner.contract.underlying, owner.contract, block, read, refused)


def _parts(block: Block, places: NDArray[np.int64]) -> Mapping[int, Block]:
    """Return the rows of each place, in their order."""
    if not block.rows:
        return {}
    if (places == places[0]).all():
        return {int(places[0]): block}
    order = np.argsort(places, kind="stable")
    together, in_order = block.chosen(order), places[order]
    starts = np.flatnonzero(np.diff(in_order, prepend=in_order[0] - 1))
    ends = [*starts[1:].tolist(), len(in_order)]
    return {int(in_order[start]): together.part(start, end) for start, end in zip(starts.tolist(), ends, strict=True)}


def with_notes(batch: Batch, notes: Mapping[str, int]) -> Batch:
    """Return the batch with notes of what is above zero added."""
    told = {note: count for note, count in notes.items() if count}
    return replace(batch, notes={**batch.notes, **told}) if told else batch
