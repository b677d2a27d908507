"""Raw Parquet files in all their layouts: what one holds is told by its columns, its name and its folders."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nfolab.base.errors import InputError
from nfolab.base.snapshot import SOURCE_KEY, DataKind, SourceKind
from nfolab.vendor.batch import Batch
from nfolab.vendor.by_contract import with_notes
from nfolab.vendor.chains import ChainSnapshots, is_chain
from nfolab.vendor.columns import missing_columns
from nfolab.vendor.contract_keys import contract_told, kind_told
from nfolab.vendor.instruments import instruments_of, is_token
from nfolab.vendor.last_price import is_last_price_in_close
from nfolab.vendor.layouts import (
    ByParts,
    BySymbol,
    FuturesByMonth,
    Layout,
    NamedContract,
    NamedSeries,
    TokenTicks,
)
from nfolab.vendor.mark import marked_kind
from nfolab.vendor.naming import contract_kind_named
from nfolab.vendor.notes import LAST_PRICE_IN_CLOSE
from nfolab.vendor.path_facts import (
    EXPIRY_WORDS,
    KIND_WORDS,
    STRIKE_WORDS,
    UNDERLYING_WORDS,
    PathFacts,
    path_facts,
)
from nfolab.vendor.raw_rows import RawColumn, RawRows

ROWS_A_BATCH = 500_000
_PARTS = (UNDERLYING_WORDS, EXPIRY_WORDS, KIND_WORDS, STRIKE_WORDS)
_CONTRACT_NAME_WORDS = ("contract", "contract_name", "tradingsymbol", "trading_symbol", "instrument", "ticker")
_BOOK_WORDS = ("bp0", "sp0")
_OPTION_WORDS = ("opt_type", "option_type", "strike")


def parquet_batches(path: Path, given: Path | None = None) -> Iterator[Batch]:
    """Read a raw file in batches of at most 500,000 rows of one contract or series; a file without rows gives none.

    Args:
        path: The file.
        given: The folder that the user named, in which it was found; None where the file itself was named.

    Raises:
        InputError: The file is cut or no Parquet; nothing says what it holds, or its path and its rows say different
            things; an essential column is missing or of a senseless type.
    """
    with _opened(path) as file:
        if not file.metadata.num_rows:
            return
        names: list[str] = file.schema_arrow.names
        layout = _layout(path, given, names)
        stand_in = is_last_price_in_close(file, names) if _has_book(names) else False
        read = [name for name in names if name.lower() != "price"] if stand_in else names
        as_price = ["price" if stand_in and name.lower() == "close" else name for name in read]
        wanted = layout.columns(as_price)
        if stand_in:
            wanted["price"] = next(name for name in read if name.lower() == "close")
        for batch in layout.batches(_pieces(file, path, wanted)):
            yield with_notes(batch, {LAST_PRICE_IN_CLOSE: batch.block.rows}) if stand_in else batch


def told_by_path(path: Path, given: Path | None = None) -> str:
    """Return what of a file's path, and of an instrument map, decides what its rows are; empty where nothing does.

    Raises:
        InputError: as `parquet_batches`.
    """
    with _opened(path) as file:
        return _layout(path, given, file.schema_arrow.names).told


def parquet_source_kind(path: Path) -> SourceKind:
    """Return what the mark in the file's metadata says; a file without the mark is a vendor's.

    Raises:
        InputError: The file is cut or no Parquet, or the mark is unknown.
    """
    with _opened(path) as file:
        mark = (file.schema_arrow.metadata or {}).get(SOURCE_KEY) or (file.metadata.metadata or {}).get(SOURCE_KEY)
    return marked_kind(mark, path)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, pre_buffer=False)
    except pa.ArrowInvalid:
        raise InputError(f"{path} is cut or no Parquet file: copy it again from its source") from None


def _pieces(file: pq.ParquetFile, path: Path, wanted: Mapping[str, str]) -> Iterator[RawRows]:
    """Yield the rows of the wanted columns, under our names, in the order of the file."""
    try:
        for piece in _batches(file, list(dict.fromkeys(wanted.values()))):
            if piece.num_rows:
                arrays = dict(zip(piece.schema.names, piece.columns, strict=True))
                columns = {name: RawColumn.of_array(array) for name, array in arrays.items()}
                yield RawRows(columns, piece.num_rows).under(wanted)
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"{path} is damaged within: copy it again from its source") from None


def _batches(file: pq.ParquetFile, columns: list[str]) -> Iterator[pa.RecordBatch]:
    if file.num_row_groups == 1 and file.metadata.num_rows <= ROWS_A_BATCH:
        yield from file.read(columns, use_threads=False).to_batches()
    else:
        yield from file.iter_batches(ROWS_A_BATCH, columns=columns, use_threads=False)


def _layout(path: Path, given: Path | None, names: Sequence[str]) -> Layout:
    """Return how a file says what it holds: its name first, then its folders, then its rows."""
    facts = path_facts(path, given)
    there = {name.lower(): name for name in names}
    if is_chain(names):
        index = facts.series[1] if facts.series and facts.series[0] == DataKind.SPOT else None
        return ChainSnapshots(str(path), index, any(word in there for word in UNDERLYING_WORDS))
    kind = contract_kind_named(facts.stem)
    if kind is not None:
        return NamedContract(str(path), facts.stem, kind)
    if is_token(facts.stem) and STRIKE_WORDS[0] not in facts.named:
        return TokenTicks(str(path), instruments_of(path, given))
    found = _by_contract(facts, there) if _has_book(names) else None
    if found is not None:
        return found
    symbol = there.get("symbol")
    if symbol is not None and not missing_columns(DataKind.SPOT, names) and not _is_of_options(there):
        return BySymbol(str(path), symbol, with_book=_has_book(names))
    plain = not _is_of_options(there) and not missing_columns(DataKind.SPOT, names)
    if facts.series is not None and plain and (facts.series[0] == DataKind.EQUITY or not _has_book(names)):
        return NamedSeries(str(path), *facts.series)
    if _has_book(names) or _is_of_options(there):
        return NamedContract(str(path), facts.stem, DataKind.OPTIONS)
    lacks = missing_columns(DataKind.SPOT, names)
    raise InputError(
        f"{path} holds neither option snapshots (missing {', '.join(missing_columns(DataKind.OPTIONS, names))}) "
        f"nor index spot (missing {', '.join([*lacks, 'symbol'])}): give raw per-contract files, "
        "or spot with all of these, or in a file or folder named after its index"
    )


def _by_contract(facts: PathFacts, there: Mapping[str, str]) -> Layout | None:
    """Return the layout of snapshots whose contract stands in columns or folders, None where it does not."""
    columns = [next((there[word] for word in words if word in there), None) for words in _PARTS]
    constants = [facts.named.get(words[0]) for words in _PARTS]
    if constants[0] is None and facts.series is not None and facts.series[0] == DataKind.SPOT and columns[0] is None:
        constants[0] = facts.series[1]
    told = [column or constant for column, constant in zip(columns, constants, strict=True)]
    of_future = columns[2] is None and kind_told(constants[2]) == "FUT"
    if told[1] and told[2] and (told[3] or of_future):
        if told[0] is None:
            raise InputError(
                f"{facts.where} says expiry, kind and strike but not of which index: "
                "put it into a folder named after the index, or add a column symbol"
            )
        return _parts(facts, (columns[0], columns[1], columns[2], columns[3]), tuple(constants))
    name = next((there[word] for word in _CONTRACT_NAME_WORDS if word in there), None)
    if name is not None:
        return BySymbol(facts.where, name, with_book=True)
    if all(word in there for word in ("symbol", "year", "month")) and not _is_of_options(there):
        return FuturesByMonth(facts.where, (there["symbol"], there["year"], there["month"]))
    return None


def _parts(
    facts: PathFacts,
    columns: tuple[str | None, str | None, str | None, str | None],
    constants: tuple[str | None, ...],
) -> Layout:
    underlying, expiry, kind, strike = constants
    if underlying and expiry and kind:
        contract = contract_told(underlying, expiry, kind, strike)
        if contract is not None:
            of = DataKind.FUTURES if contract.kind == "FUT" else DataKind.OPTIONS
            return NamedContract(facts.where, str(contract), of, contract)
        if not any(columns):
            raise InputError(
                f"{facts.where} says {underlying} {expiry} {strike or ''} {kind} by its path, which is no known "
                "contract: correct the folders' names"
            )
    return ByParts(facts.where, columns, (underlying, expiry, kind, strike))


def _has_book(names: Sequence[str]) -> bool:
    return any(name.lower() in _BOOK_WORDS for name in names)


def _is_of_options(there: Mapping[str, str]) -> bool:
    return any(word in there for word in _OPTION_WORDS)
