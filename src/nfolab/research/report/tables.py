"""Tables as data: the page, the terminal and the JSON all draw these."""

from collections.abc import Sequence
from dataclasses import dataclass

from nfolab.research.report.shown import Cell, Kind, Value


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its key in JSON, its heading, and what it holds."""

    key: str
    heading: str
    kind: Kind
    wide: bool = False
    """Left out where there is little room: on a phone, in a narrow terminal. JSON always has it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of like things, such as days or reasons."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    note: str = ""

    def cells(self) -> list[list[Cell]]:
        """Return the rows as cells, each value with the kind of its column."""
        kinds = [column.kind for column in self.columns]
        return [[Cell(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in self.rows]

    def json(self) -> list[dict[str, object]]:
        """Return one object a row."""
        keys = [column.key for column in self.columns]
        return [{key: cell.json() for key, cell in zip(keys, row, strict=True)} for row in self.cells()]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a sheet: a figure told for each of the sheet's columns."""

    key: str
    label: str
    kind: Kind
    values: Sequence[Value]
    level: int = 0
    """0 a figure that stands for itself (a total), 1 a part of the next or last total."""

    def cells(self) -> list[Cell]:
        """Return the values as cells."""
        return [Cell(value, self.kind) for value in self.values]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Unlike figures one below the other, for one or more groups side by side."""

    name: str
    title: str
    groups: Sequence[tuple[str, str]]
    """Key and heading of each column of figures."""
    measures: Sequence[Measure]
    note: str = ""

    def json(self) -> dict[str, object]:
        """Return one object a group, or the one object itself where there is a single group."""
        objects = {
            key: {measure.key: measure.cells()[place].json() for measure in self.measures}
            for place, (key, _) in enumerate(self.groups)
        }
        if len(objects) == 1:
            (only,) = objects.values()
            return only
        return dict(objects)

    def value(self, key: str, group: int = 0) -> Value:
        """Return one figure of it."""
        return next(measure.values[group] for measure in self.measures if measure.key == key)


AnyTable = Table | Sheet
