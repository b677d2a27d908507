"""Which values a question in SQL fixes for the columns of a table, so that only those rows need to be worked out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Pin:
    """What a column is held to: one of some texts, or from one text to another, both included.

    Attributes:
        values: the texts, in the order of the question.
        ranges: (lowest, highest) of each.
    """

    values: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()

    def __or__(self, other: "Pin") -> "Pin":
        """Return what holds both."""
        return Pin(tuple(dict.fromkeys((*self.values, *other.values))), (*self.ranges, *other.ranges))

    def holds(self, text: str) -> bool:
        """Tell whether a text is among them."""
        return text in self.values or any(low <= text <= high for low, high in self.ranges)


def pins_of(connection: duckdb.DuckDBPyConnection, statement: str, table: str) -> list[dict[str, Pin]]:
    """Return what each place that reads a table holds its columns to, by column.

    Counted are the conditions that a `where` joins by `and`: `column = 'x'`, `column in ('x', 'y')` and `column between
    'x' and 'y'`, with or without the table's name before the column. Where several tables stand in one `from`, only
    columns with the name count.

    Raises:
        duckdb.Error: the statement is none.
    """
    found = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
    read = json.loads(found[0][0])
    if read.get("error"):
        raise duckdb.ParserException(read.get("error_message", "the statement cannot be read"))
    return [_pins(node, {name.lower()}, alone) for node in _selects(read) for name, alone in _readings(node, table)]


def _selects(node: Any) -> Iterator[Node]:
    if isinstance(node, list):
        for one in node:
            yield from _selects(one)
    elif isinstance(node, dict):
        if node.get("type") == "SELECT_NODE":
            yield node
        for one in node.values():
            yield from _selects(one)


def _readings(select: Node, table: str) -> list[tuple[str, bool]]:
    """Return by which name each place in a `from` reads the table, and whether it stands there alone."""
    tables = list(_tables(select["from_table"]))
    return [
        (one.get("alias") or table, len(tables) == 1)
        for one in tables
        if one["type"] == "BASE_TABLE" and one["table_name"].lower() == table
    ]


def _tables(node: Node | None) -> Iterator[Node]:
    if node is not None:
        if node["type"] == "JOIN":
            yield from _tables(node["left"])
            yield from _tables(node["right"])
        else:
            yield node


def _pins(select: Node, names: set[str], alone: bool) -> dict[str, Pin]:
    pins: dict[str, Pin] = {}
    for part in _joined_by_and(select.get("where_clause")):
        told = _pin(part)
        if told is not None:
            *before, column = (one.lower() for one in told[0])
            if (before and before[-1] in names) or (not before and alone):
                # Of two conditions on one column either is enough: the question itself holds both.
                pins.setdefault(column, told[1])
    return pins


def _joined_by_and(node: Node | None) -> Iterator[Node]:
    if node is None:
        return
    if node["type"] == "CONJUNCTION_AND":
        for one in node["children"]:
            yield from _joined_by_and(one)
    else:
        yield node


def _pin(node: Node) -> tuple[Sequence[str], Pin] | None:
    match node["type"]:
        case "COMPARE_EQUAL":
            sides: list[tuple[Node, Sequence[Node]]] = [
                (node["left"], [node["right"]]), (node["right"], [node["left"]])
            ]  # fmt: skip
        case "COMPARE_IN":
            sides = [(node["children"][0], node["children"][1:])]
        case "COMPARE_BETWEEN":
            sides = [(node["input"], [node["lower"], node["upper"]])]
        case _:
            return None
    for column, constants in sides:
        texts = [_text(one) for one in constants]
        known = [one for one in texts if one is not None]
        if column["type"] == "COLUMN_REF" and len(known) == len(texts):
            between = node["type"] == "COMPARE_BETWEEN"
            return column["column_names"], Pin(ranges=((known[0], known[1]),)) if between else Pin(tuple(known))
    return None


def _text(node: Node) -> str | None:
    """Return the text of a constant, such as '2025-12-15' or DATE '2025-12-15'; None for anything else."""
    if node["type"] == "OPERATOR_CAST":
        return _text(node["child"])
    if node["type"] != "VALUE_CONSTANT":
        return None
    literal = node.get("literal") or {}
    text = literal.get("text")
    return text if isinstance(text, str) else None
