"""What a table looks like."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.schema.types import LogicalType


@dataclass(frozen=True, slots=True)
class Column:
    """A named column. `physical` is its type in DuckDB's words, e.g. `BIGINT`, `DECIMAL(9,2)`."""

    name: str
    type: LogicalType
    physical: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column | None:
        """The column of that exact name, if the table has it."""
        return next((column for column in self.columns if column.name == name), None)

    def as_json(self) -> list[dict[str, str]]:
        return [
            {"name": column.name, "type": column.type.value, "physical": column.physical}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, rows: list[dict[str, str]]) -> Schema:
        return cls(tuple(Column(r["name"], LogicalType(r["type"]), r["physical"]) for r in rows))
