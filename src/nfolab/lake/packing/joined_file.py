"""Parquet files whose row groups become those of one file, byte for byte as if it had been written at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from nfolab.lake.packing.compact_thrift import Structure, Values, read_structure, text_pair, write_structure

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8
_COPIED_AT_ONCE: Final = 1 << 20

# Numbers of the fields of parquet.thrift (Apache Parquet, format 2.6).
_ROWS, _GROUPS, _TEXTS = 3, 4, 5
_COLUMNS, _GROUP_OFFSET, _ORDINAL = 1, 5, 7
_CHUNK_OFFSET, _CHUNK, _PLACES_AT, _PLACES_SIZE, _BOUNDS_AT, _BOUNDS_SIZE = 2, 3, 4, 5, 6, 7
_DATA_PAGE, _DICTIONARY_PAGE, _COMPRESSED_SIZE = 9, 11, 7
_PAGES, _PAGE_OFFSET = 1, 1


@dataclass(frozen=True)
class _Part:
    path: Path
    footer: Structure
    end: int


def join_files(paths: Sequence[Path], to: Path, texts_of: Callable[[str], Mapping[bytes, str]]) -> None:
    """Write one file of the row groups of several, in their order.

    Args:
        paths: Files of one schema, written with the same settings, each with a row group.
        to: The new file.
        texts_of: Gives the key-value metadata to be added, for the SHA-256 of the new file's row groups.

    Raises:
        OSError: a file cannot be read or written.
    """
    parts = [_part(path) for path in paths]
    digest = sha256()
    with to.open("wb") as file:
        at = len(_MAGIC)
        file.write(_MAGIC)
        digest.update(_MAGIC)
        for part in parts:
            for piece in _pieces(part.path, len(_MAGIC), part.end):
                file.write(piece)
                digest.update(piece)
            _shift_groups(part.footer, at - len(_MAGIC))
            at += part.end - len(_MAGIC)
        whole = parts[0].footer
        groups = [group for part in parts for group in part.footer[_GROUPS].items]
        for number, group in enumerate(groups):
            if _ORDINAL in group:
                group[_ORDINAL] = number
        at = _write_page_indexes(file, parts, at)
        whole[_ROWS] = sum(part.footer[_ROWS] for part in parts)
        whole[_GROUPS] = Values(whole[_GROUPS].kind, groups)
        added = [text_pair(key, text.encode()) for key, text in texts_of(digest.hexdigest()).items()]
        whole[_TEXTS] = Values(whole[_TEXTS].kind, [*added, *whole[_TEXTS].items])
        footer = write_structure(whole)
        file.write(footer)
        file.write(len(footer).to_bytes(4, "little"))
        file.write(_MAGIC)


def _part(path: Path) -> _Part:
    with path.open("rb") as file:
        file.seek(-_TAIL, 2)
        size = int.from_bytes(file.read(4), "little")
        file.seek(-_TAIL - size, 2)
        footer = read_structure(file.read(size))
    last = footer[_GROUPS].items[-1][_COLUMNS].items[-1][_CHUNK]
    begin = last[_DICTIONARY_PAGE] if _DICTIONARY_PAGE in last else last[_DATA_PAGE]
    return _Part(path, footer, begin + last[_COMPRESSED_SIZE])


def _pieces(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end:
            piece = file.read(min(_COPIED_AT_ONCE, end - begin))
            if not piece:
                raise OSError(f"{path} is shorter than its footer says")
            begin += len(piece)
            yield piece


def _shift_groups(footer: Structure, by: int) -> None:
    """Move what a footer says of where row groups and their pages lie."""
    for group in footer[_GROUPS].items:
        _shift(group, _GROUP_OFFSET, by)
        for column in group[_COLUMNS].items:
            _shift(column, _CHUNK_OFFSET, by)
            _shift(column[_CHUNK], _DATA_PAGE, by)
            _shift(column[_CHUNK], _DICTIONARY_PAGE, by)


def _shift(one: Structure, number: int, by: int) -> None:
    if one.get(number):
        one[number] += by


def _write_page_indexes(file: BinaryIO, parts: Sequence[_Part], at: int) -> int:
    """Write the pages' bounds of all columns, then their places, and say in the footers where; return the end."""
    begins = len(_MAGIC)
    moved = []
    for part in parts:
        with part.path.open("rb") as source:
            for group in part.footer[_GROUPS].items:
                for column in group[_COLUMNS].items:
                    if _BOUNDS_AT in column:
                        source.seek(column[_BOUNDS_AT])
                        column[_BOUNDS_AT] = at
                        at += file.write(source.read(column[_BOUNDS_SIZE]))
                    if _PLACES_AT in column:
                        source.seek(column[_PLACES_AT])
                        moved.append((column, source.read(column[_PLACES_SIZE]), begins - len(_MAGIC)))
        begins += part.end - len(_MAGIC)
    for column, data, by in moved:
        places = read_structure(data)
        for page in places[_PAGES].items:
            page[_PAGE_OFFSET] += by
        written = write_structure(places)
        column[_PLACES_AT], column[_PLACES_SIZE] = at, len(written)
        at += file.write(written)
    return at
