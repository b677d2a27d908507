"""Snapshots of whole option chains, minutes apart: best quote, last price, open interest, volume and IV.

Sources count volume and open interest in units (`…_shares`, `…_units`) or in contracts (`…_contracts`, lots), and say
so in the column's name; lots become units by the contract's lot of that day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfolab.base.errors import InputError
from nfolab.base.snapshot import CHAIN, DataKind
from nfolab.market.lots import lot_size
from nfolab.market.tables import FIRST_DAY, underlyings
from nfolab.vendor.batch import Batch
from nfolab.vendor.by_contract import Owner, Owners, batches_by_owner, owners_of
from nfolab.vendor.contract_keys import contract_told, index_told
from nfolab.vendor.path_facts import EXPIRY_WORDS, KIND_WORDS, STRIKE_WORDS, UNDERLYING_WORDS
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import Refusal, best_clock, judge
from nfolab.vendor.values import clocks, is_missing, is_text, readable_numbers

_COLLECTED, _EXCHANGE_TIME = "collected_at", "exchange_time"
_WORDS: dict[str, tuple[str, ...]] = {
    "exchangeTime": (_EXCHANGE_TIME,),
    "price": ("ltp", "last_price", "price"),
    "netChange": ("net_change",),
    "bq0": ("bid_qty",),
    "bp0": ("bid", "bid_price"),
    "sq0": ("ask_qty",),
    "sp0": ("ask", "ask_price"),
    "iv": ("iv_pct", "iv_percent"),
    "spot": ("spot", "spot_price", "underlying_value"),
}
_COUNTED = {"volume": "volume", "oi": "oi", "oiChange": "oi_change"}
_IN_UNITS, _IN_LOTS = ("_shares", "_units"), "_contracts"
_DASH = "-"
_EPOCH = date(1970, 1, 1)
_DAY = 86_400 * 10**9


def is_chain(names: Sequence[str]) -> bool:
    """Say whether a file of these columns holds chains: a bid and an ask by expiry, kind and strike, and no levels."""
    there = {name.lower() for name in names}
    quoted = all(there.intersection(_WORDS[side]) for side in ("bp0", "sp0"))
    keyed = all(there.intersection(words) for words in (EXPIRY_WORDS, STRIKE_WORDS, KIND_WORDS))
    return quoted and keyed and "bp0" not in there


@dataclass(frozen=True)
class ChainSnapshots:
    """A file of chain snapshots.

    Attributes:
        where: The file.
        underlying: The index that the path names, for files without a column of it.
        in_rows: Whether a column names it.
    """

    where: str
    underlying: str | None
    in_rows: bool

    @property
    def told(self) -> str:
        """The index, where only the path tells it."""
        return "" if self.in_rows or not self.underlying else f"chain {self.underlying}"

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of chains that are there, under the names that `batches` knows.

        Raises:
            InputError: There is no clock or no last price, or a count does not say its unit.
        """
        there = {name.lower(): name for name in names}
        for bare in (*_COUNTED.values(), "iv"):
            if bare in there:
                raise InputError(
                    f"{self.where} does not say in which unit its column {bare} counts: "
                    f"name it {'iv_pct' if bare == 'iv' else f'{bare}_contracts or {bare}_shares'}"
                )
        wanted = {ours: next((there[word] for word in words if word in there), None) for ours, words in _WORDS.items()}
        for ours, word in _COUNTED.items():
            wanted |= {f"{ours}{unit}": there.get(f"{word}{unit}") for unit in (*_IN_UNITS, _IN_LOTS)}
        clock = next((there[word] for word in (_COLLECTED, "timestamp", _EXCHANGE_TIME) if word in there), None)
        if clock is None or wanted["price"] is None:
            lacks = "collected_at" if clock is None else "ltp"
            raise InputError(f"{self.where} lacks the column {lacks}: export the chains again with it")
        keys = zip(_KEYS, (UNDERLYING_WORDS, EXPIRY_WORDS, STRIKE_WORDS, KIND_WORDS), strict=True)
        wanted |= {key: next((there[word] for word in words if word in there), None) for key, words in keys}
        return {"timestamp": clock} | {ours: theirs for ours, theirs in wanted.items() if theirs}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece and contract."""
        for piece in pieces:
            rows = _without_dashes(piece.frame())
            keys = rows.select(name for name in _KEYS[1:])
            if _KEYS[0] in rows.columns:
                owners = owners_of(rows.select(_KEYS), self._owner)
            else:
                index = self.underlying or self._by_strikes(keys)
                owners = owners_of(keys, lambda *parts, index=index: self._owner(index, *parts))
            yield from self._judged(rows, owners)

    def _judged(self, rows: pl.DataFrame, owners: Owners) -> Iterator[Batch]:
        clock, _ = best_clock(rows, self.where)
        day = clock.to_physical().fill_null(0).to_numpy() // _DAY
        also = owners.refusals()
        if "exchangeTime" in rows.columns:
            told = clocks(rows["exchangeTime"], f"{self.where}, column {_EXCHANGE_TIME}")
            also[Refusal.STALE_COPY] = (told.to_physical() // _DAY < pl.Series(day)).fill_null(value=False).to_numpy()
        counted, unreadable = self._in_units(rows, owners, day)
        also[Refusal.UNREADABLE] = unreadable
        judged = judge(RawRows.of_frame(rows.with_columns(counted)), CHAIN, owners.last_days(), self.where, also)
        yield from batches_by_owner(owners, judged, DataKind.CHAIN, CHAIN)

    def _in_units(
        self, rows: pl.DataFrame, owners: Owners, day: NDArray[np.int64]
    ) -> tuple[list[pl.Series], NDArray[np.bool_]]:
        """Return volume, open interest and its change in units, and which rows have one that cannot be read."""
        found: list[pl.Series] = []
        unreadable = np.zeros(rows.height, dtype=np.bool_)
        lots: pl.Series | None = None
        for ours, theirs in _COUNTED.items():
            unit = next((unit for unit in (*_IN_UNITS, _IN_LOTS) if f"{ours}{unit}" in rows.columns), None)
            if unit is None:
                continue
            given = rows[f"{ours}{unit}"]
            counts = readable_numbers(given, f"{self.where}, column {theirs}{unit}")
            if is_text(given.dtype):
                unreadable |= (counts.is_null() & ~is_missing(given)).to_numpy()
            if unit == _IN_LOTS:
                lots = _lots(owners, day) if lots is None else lots
                counts = counts * lots
            found.append(counts.alias(ours))
        return found, unreadable

    @staticmethod
    def _owner(underlying: object, expiry: object, strike: object, kind: object) -> Owner:
        contract = contract_told(underlying, expiry, kind, strike)
        if contract is not None and contract.kind != "FUT":
            return Owner(contract)
        known = index_told(underlying)
        name = str(underlying or "").strip().upper()
        return Owner(None, known or name or "CHAIN", Refusal.UNKNOWN_CONTRACT if known else Refusal.NOT_AN_INDEX)

    def _by_strikes(self, keys: pl.DataFrame) -> str:
        """Return the one index whose contracts all rows can be.

        Raises:
            InputError: No index has them all, or several have.
        """
        different = keys.unique().rows()
        possible = [
            index
            for index in underlyings()
            if all(contract_told(index, expiry, kind, strike) for expiry, strike, kind in different)
        ]
        if len(possible) == 1:
            return possible[0]
        fitting = " and ".join(possible) if possible else "no index alone"
        raise InputError(
            f"{self.where} does not say whose chain it is, and {fitting} could have these expiries and strikes: "
            "add a column symbol, or put the index's name into the file's"
        )


_KEYS = ("of underlying", "of expiry", "of strike", "of kind")


def _without_dashes(rows: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String and name not in _KEYS]
    return rows.with_columns(
        pl.when(pl.col(name).str.strip_chars() == _DASH).then(None).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


def _lots(owners: Owners, day: NDArray[np.int64]) -> pl.Series:
    """Return the lot of each row's contract on its day; null where that contract was not traded then."""
    keys = pl.DataFrame({"owner": owners.place, "day": day})
    different = keys.unique(maintain_order=True)
    lots = [_lot(owners.distinct[place], int(number)) for place, number in different.iter_rows()]
    known = different.with_columns(pl.Series("lot", lots, dtype=pl.Int64))
    return keys.join(known, on=["owner", "day"], how="left", maintain_order="left")["lot"]


def _lot(owner: Owner, number: int) -> int | None:
    day = _EPOCH + timedelta(days=number)
    contract = owner.contract
    if contract is None or not FIRST_DAY <= day <= contract.expiry:
        return None
    return lot_size(contract.underlying, contract.expiry, day)
