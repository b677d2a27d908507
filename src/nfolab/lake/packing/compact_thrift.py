"""Thrift's compact protocol, in which Parquet writes its footer: structures into plain values, and back."""

import struct
from dataclasses import dataclass
from typing import Any, Final

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_WHOLE: Final = (_I16, _I32, _I64)
_LONG: Final = 15
_SEVEN_BITS: Final = 0x7F
_MORE: Final = 0x80


@dataclass(slots=True)
class Values:
    """A list: the type of its elements, and these."""

    kind: int
    items: list[Any]


class Structure:
    """A structure: its fields by number, in their order, each with its type."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: dict[int, tuple[int, Any]] = {}

    def __getitem__(self, number: int) -> Any:
        return self.fields[number][1]

    def __setitem__(self, number: int, value: Any) -> None:
        self.fields[number] = (self.fields[number][0], value)

    def get(self, number: int) -> Any:
        """Return a field's value, None where there is no such field."""
        return self.fields[number][1] if number in self.fields else None

    def __contains__(self, number: int) -> bool:
        return number in self.fields


def text_pair(key: bytes, value: bytes) -> Structure:
    """Return a structure of two texts, its fields 1 and 2."""
    pair = Structure()
    pair.fields = {1: (_BINARY, key), 2: (_BINARY, value)}
    return pair


def read_structure(data: bytes) -> Structure:
    """Read the structure with which `data` begins; raise ValueError for what a Parquet footer never holds."""
    return _Reader(data).structure()


def write_structure(one: Structure) -> bytes:
    """Return a structure's bytes."""
    out = bytearray()
    _write_structure(out, one)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def structure(self) -> Structure:
        found = Structure()
        number = 0
        while True:
            head = self._byte()
            if not head:
                return found
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & _LONG
            found.fields[number] = (kind, kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind))

    def _value(self, kind: int) -> Any:
        if kind in _WHOLE:
            return self._zigzag()
        if kind == _STRUCT:
            return self.structure()
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 != _LONG else self._varint()
            inner = head & _LONG
            return Values(inner, [self._value(inner) for _ in range(size)])
        if kind == _BINARY:
            size = self._varint()
            self._at += size
            return self._data[self._at - size : self._at]
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            self._at += 8
            return self._data[self._at - 8 : self._at]
        raise ValueError(f"no Parquet footer holds a value of type {kind}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        data, at = self._data, self._at
        byte = data[at]
        at += 1
        value, shift = byte & _SEVEN_BITS, 7
        while byte & _MORE:
            byte = data[at]
            at += 1
            value |= (byte & _SEVEN_BITS) << shift
            shift += 7
        self._at = at
        return value

    def _zigzag(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)


def _write_structure(out: bytearray, one: Structure) -> None:
    before = 0
    for number, (kind, value) in one.fields.items():
        if kind in (_TRUE, _FALSE):
            kind = _TRUE if value else _FALSE  # noqa: PLW2901 - a field's truth stands in its type
        step = number - before
        if 0 < step <= _LONG:
            out.append(step << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, number << 1 ^ number >> 15)
        before = number
        if kind not in (_TRUE, _FALSE):
            _write_value(out, kind, value)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Any) -> None:
    if kind in _WHOLE:
        _write_varint(out, value << 1 if value >= 0 else ~(value << 1))
    elif kind == _STRUCT:
        _write_structure(out, value)
    elif kind in (_LIST, _SET):
        size = len(value.items)
        if size < _LONG:
            out.append(size << 4 | value.kind)
        else:
            out.append(_LONG << 4 | value.kind)
            _write_varint(out, size)
        for item in value.items:
            _write_value(out, value.kind, item)
    elif kind == _BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == _DOUBLE:
        out += value
    else:
        out += struct.pack("B", value)


def _write_varint(out: bytearray, value: int) -> None:
    while value > _SEVEN_BITS:
        out.append(value & _SEVEN_BITS | _MORE)
        value >>= 7
    out.append(value)
