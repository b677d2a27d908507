"""How raw Parquet files say what they hold: by name, by a symbol in each row, or by the contract's parts.

A layout knows which columns it needs and turns pieces of them into batches. `told` is what of the path (and of an
instrument map) decides what the rows are: two files of the same bytes and another `told` are two sources.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from nfolab.base.errors import InputError
from nfolab.base.snapshot import DataKind
from nfolab.market.contracts import Contract, parse_name, vendor_name
from nfolab.market.name_dates import MONTHS
from nfolab.vendor.agreement import TOLD_BY_NAME, check_agreement
from nfolab.vendor.batch import Batch
from nfolab.vendor.by_contract import Owner, batches_by_owner, owners_of, with_notes
from nfolab.vendor.columns import known_columns, matched_columns
from nfolab.vendor.contract_keys import contract_told, index_told, kind_told
from nfolab.vendor.instruments import Instrument, instrument_on
from nfolab.vendor.named import batch_named, foreign_batch, kind_named
from nfolab.vendor.naming import SPOT_IN_ROW, contract_named, first_day
from nfolab.vendor.notes import BEFORE_LAST_OF_SECOND
from nfolab.vendor.path_facts import told_day
from nfolab.vendor.raw_rows import RawRows
from nfolab.vendor.refuse import Refusal, judge

_NANOSECONDS = 1_000_000_000


class Layout(Protocol):
    """One way in which a file says what it holds."""

    @property
    def told(self) -> str:
        """What of the path decides what the rows are; empty where the bytes alone do."""
        ...

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the file's own name for each column that is needed, by the name under which `batches` wants it."""
        ...

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Turn pieces of those columns, in the file's order, into batches."""
        ...


@dataclass(frozen=True)
class NamedContract:
    """A file of one contract, by its name, or by the folders it lies in (then `contract` is known)."""

    where: str
    name: str
    kind: DataKind
    contract: Contract | None = None

    @property
    def told(self) -> str:
        """The name in small letters."""
        return self.name.lower()

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of the kind, and those that repeat the name."""
        return {**matched_columns(self.kind, names, self.where), **_others(names, (*TOLD_BY_NAME, SPOT_IN_ROW))}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece; raise InputError where the rows say that they are another contract's."""
        contract = self.contract
        for rows in pieces:
            contract = contract or contract_named(self.name, rows, self.where)
            check_agreement(rows, contract, self.where, {self.name.upper()})
            yield batch_named(self.name, self.kind, rows, self.where, contract)


@dataclass(frozen=True)
class NamedSeries:
    """A file of one index, of India VIX or of one share, by its path."""

    where: str
    kind: DataKind
    underlying: str

    @property
    def told(self) -> str:
        """Kind and underlying."""
        return f"{self.kind} {self.underlying}"

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of the kind."""
        return matched_columns(self.kind, names, self.where)

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece."""
        for rows in pieces:
            yield batch_named(self.underlying, self.kind, rows, self.where)


@dataclass(frozen=True)
class TokenTicks:
    """A file of true ticks named by its instrument token; `choices` is what the instrument map says of the token."""

    where: str
    choices: tuple[Instrument, ...]

    @property
    def told(self) -> str:
        """What the token stands for."""
        return " or ".join(sorted(map(str, self.choices)))

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of the kind."""
        kinds = {one.kind for one in self.choices}
        wanted = [matched_columns(kind, names, self.where) for kind in kinds]
        return {ours: theirs for one in wanted for ours, theirs in one.items()}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece, with a note of the ticks that an as-of by whole seconds passes over."""
        instrument: Instrument | None = None
        seen = np.empty(0, dtype=np.int64)
        for rows in pieces:
            if instrument is None:
                instrument = instrument_on(self.choices, first_day(rows, self.where), self.where)
            contract = instrument.contract
            name = vendor_name(contract) if contract else instrument.underlying
            batch = batch_named(name, instrument.kind, rows, self.where, contract)
            seconds = batch.block["timestamp"] // _NANOSECONDS
            before = seen.size
            seen = np.union1d(seen, seconds)
            yield with_notes(batch, {BEFORE_LAST_OF_SECOND: batch.block.rows - (seen.size - before)})


@dataclass(frozen=True)
class BySymbol:
    """A file whose rows name what they are in one column: an index, a share, or a whole contract's name."""

    where: str
    symbol: str
    with_book: bool

    @property
    def told(self) -> str:
        """Nothing: the rows say it all."""
        return ""

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of whatever the names may turn out to be, and that of the names."""
        wanted = matched_columns(DataKind.FUTURES if self.with_book else DataKind.EQUITY, names, self.where)
        return {**wanted, "symbol": self.symbol}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece and name."""
        contracts: dict[str, Contract] = {}
        for piece in pieces:
            rows = piece.frame()
            named = rows.with_columns(pl.col("symbol").cast(pl.String).fill_null(""))
            kinds = {name: kind_named(name) for name in named["symbol"].unique(maintain_order=True)}
            if DataKind.OPTIONS in kinds.values():
                matched_columns(DataKind.OPTIONS, rows.columns, self.where)
            of_contracts = [name for name, kind in kinds.items() if kind and kind.by_contract]
            for name in of_contracts:
                if name not in contracts:
                    contracts[name] = self._contract(name, named)
            its = pl.col("symbol").is_in(of_contracts)
            one_by_one = named.filter(~its) if of_contracts else named
            if of_contracts:
                together = named.filter(its)
                keys = together.select("symbol")
                yield from judged_by_contract(together, keys, lambda name: Owner(contracts[name]), self.where)
            for (name,), one in one_by_one.partition_by("symbol", as_dict=True, maintain_order=True).items():
                yield self._series(str(name), kinds[name], one)

    def _contract(self, name: str, rows: pl.DataFrame) -> Contract:
        try:
            return parse_name(name)
        except InputError:
            its = RawRows.of_frame(rows.filter(pl.col("symbol") == name))
            return contract_named(name, its, self.where)

    def _series(self, name: str, kind: DataKind | None, rows: pl.DataFrame) -> Batch:
        if kind is None:
            return foreign_batch(name, rows.height)
        if kind == DataKind.SPOT and self.with_book:
            raise InputError(
                f"{self.where} holds books of {name} but does not say of which contract: "
                "give it the name of its contract, or columns expiry, opt_type and strike"
            )
        return batch_named(name, kind, RawRows.of_frame(rows), self.where)


@dataclass(frozen=True)
class ByParts:
    """A file of many contracts, whose parts stand in columns, in the folders' names, or some here and some there.

    Attributes:
        where: The file.
        parts: For underlying, expiry, kind and strike, in this order: the name of its column, None where it has none.
        constants: The same from the path, None where it says nothing.
    """

    where: str
    parts: tuple[str | None, str | None, str | None, str | None]
    constants: tuple[str | None, str | None, str | None, str | None]

    @property
    def told(self) -> str:
        """What the path says: where the rows say it too, it decides whether they may lie there."""
        return " ".join(value for value in self.constants if value).lower()

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of snapshots, and those of the contract's parts."""
        keys = {_key(place): name for place, name in enumerate(self.parts) if name}
        return {**matched_columns(DataKind.OPTIONS, names, self.where), **keys}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece and contract."""
        for piece in pieces:
            rows = piece.frame()
            yield from judged_by_contract(rows, self._keys(rows), self._owner, self.where)

    def _keys(self, rows: pl.DataFrame) -> pl.DataFrame:
        keys = [
            rows[_key(place)] if name else pl.Series(_key(place), [constant]).new_from_index(0, rows.height)
            for place, (name, constant) in enumerate(zip(self.parts, self.constants, strict=True))
        ]
        return pl.DataFrame(keys)

    def _owner(self, underlying: object, expiry: object, kind: object, strike: object) -> Owner:
        self._check_path(underlying, expiry, kind, strike)
        contract = contract_told(underlying, expiry, kind, strike)
        return Owner(contract) if contract else _stranger(underlying)

    def _check_path(self, *values: object) -> None:
        """Raise InputError where a row says something else than the path does."""
        readers: tuple[Callable[[object], object], ...] = (index_told, told_day, kind_told, _number)
        words = ("underlying", "expiry", "kind", "strike")
        for word, read, name, constant, value in zip(words, readers, self.parts, self.constants, values, strict=True):
            if name and constant and read(value) != read(constant):
                raise InputError(
                    f"file {self.where} says {word} {constant} by its path but holds {value}: "
                    "move it to where it belongs, or take the rows of another contract out"
                )


@dataclass(frozen=True)
class FuturesByMonth:
    """The user's 49-column files of futures: symbol, year and month in every row, and no strike."""

    where: str
    names: tuple[str, str, str]

    @property
    def told(self) -> str:
        """Nothing: the rows say it all."""
        return ""

    def columns(self, names: Sequence[str]) -> dict[str, str]:
        """Return the columns of snapshots, and those of the month."""
        keys = {_key(place): name for place, name in enumerate(self.names)}
        return {**matched_columns(DataKind.FUTURES, names, self.where), **keys}

    def batches(self, pieces: Iterable[RawRows]) -> Iterator[Batch]:
        """Yield a batch a piece and contract."""
        for piece in pieces:
            rows = piece.frame()
            keys = rows.select(_key(place) for place in range(len(self.names)))
            yield from judged_by_contract(rows, keys, self._owner, self.where)

    def _owner(self, underlying: object, year: object, month: object) -> Owner:
        index, number = index_told(underlying), _number(month)
        told = _number(year)
        if index is None or number is None or told is None or not 1 <= number <= len(MONTHS):
            return _stranger(underlying)
        try:
            return Owner(parse_name(f"{index}{int(told) % 100:02d}{MONTHS[int(number) - 1]}FUT"))
        except InputError:
            return _stranger(underlying)


def judged_by_contract(
    rows: pl.DataFrame, keys: pl.DataFrame, owner: Callable[..., Owner], where: str
) -> Iterator[Batch]:
    """Judge snapshots of many contracts together and yield them contract by contract."""
    owners = owners_of(keys, owner)
    columns = known_columns(DataKind.OPTIONS, rows.columns)
    judged = judge(RawRows.of_frame(rows), columns, owners.last_days(), where, owners.refusals())
    yield from batches_by_owner(owners, judged, DataKind.OPTIONS, columns)


def _stranger(underlying: object) -> Owner:
    """Return the owner of rows of which no contract is known."""
    name = str(underlying or "").strip().upper()
    known = index_told(underlying)
    return Owner(None, known or name, Refusal.UNKNOWN_CONTRACT if known else Refusal.NOT_AN_INDEX)


def _key(place: int) -> str:
    return f"key {place}"


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _others(names: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    return {name.lower(): name for name in names if name.lower() in wanted}
