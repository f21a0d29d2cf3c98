"""What a table looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from headgate.schema.types import LogicalType


class Column(Struct, frozen=True):
    """A named column. `physical` is its type in DuckDB's words, e.g. `BIGINT`, `DECIMAL(9,2)`."""

    name: str
    type: LogicalType
    physical: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table, in order."""

    columns: tuple[Column, ...]
    _places: Mapping[str, list[int]] = field(init=False, repr=False, compare=False)
    """Where the columns of each name stand, in whatever case it is written."""

    def __post_init__(self) -> None:
        places: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            places.setdefault(column.name.lower(), []).append(place)
        object.__setattr__(self, "_places", places)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """The column of that exact name, if the table has it."""
        return next((column for column in self.alike(name) if column.name == name), None)

    def alike(self, name: str) -> list[Column]:
        """The columns of that name, in whatever case it is written."""
        return [self.columns[place] for place in self._places.get(name.lower(), ())]

    def as_json(self) -> list[dict[str, str]]:
        return [
            {"name": column.name, "type": column.type.value, "physical": column.physical}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, rows: list[dict[str, str]]) -> Schema:
        return cls(tuple(Column(r["name"], LogicalType(r["type"]), r["physical"]) for r in rows))
