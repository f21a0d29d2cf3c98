"""A logic test as a team writes it in `tests/*.yml`: given these rows, expect those rows."""

from __future__ import annotations

from typing import Any

from pydantic import Field, StrictInt, model_validator

from headgate.pipelines.declaration import Declaration


class Rows(Declaration):
    """The rows of a table: a list, the text of a CSV file, or a file. A list may stand alone."""

    rows: list[dict[str, Any]] | None = None
    """The rows, each a mapping of columns to values; a column that is left out has no value."""
    csv: str | None = None
    """The rows as the text of a CSV file, whose first line names the columns."""
    file: str | None = None
    """A file of the project that holds them: CSV, Parquet or JSON lines."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"rows": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_of(self) -> Rows:
        if sum(one is not None for one in (self.rows, self.csv, self.file)) != 1:
            raise ValueError("say the rows in one way: rows:, csv: or file:")
        return self


class Expectation(Declaration):
    """What a step is to give. A list of rows may stand alone."""

    rows: list[dict[str, Any]] | StrictInt | None = None
    """All rows that it gives; or only how many."""
    includes: list[dict[str, Any]] | None = Field(None, min_length=1)
    """Rows that are among those it gives; the others are not looked at."""
    csv: str | None = None
    """All rows, as the text of a CSV file."""
    file: str | None = None
    """All rows, in a file of the project: CSV, Parquet or JSON lines."""
    exact: bool = False
    """Whether no other column may be there; else only the columns written here are compared."""
    ordered: bool = False
    """Whether the rows must stand in this order."""
    key: list[str] = []
    """Columns that tell rows apart, for what is shown; the key of the step unless given."""
    tolerance: float = Field(1e-9, ge=0)
    """How far floats may be apart, in parts of the larger one, or of 1 where both are smaller."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"rows": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_of(self) -> Expectation:
        told = (self.rows, self.includes, self.csv, self.file)
        if sum(one is not None for one in told) != 1:
            raise ValueError("say what is expected in one way: rows:, includes:, csv: or file:")
        rows = self.includes or self.rows
        if isinstance(rows, list) and not all(rows):
            raise ValueError("a row expected names no column, so that every row would be it")
        return self


class LogicTest(Declaration):
    """One test: a step, the rows it is given, and the rows it is to give, or its refusal."""

    name: str = Field(min_length=1)
    """What it shows, as a sentence."""
    step: str | None = None
    """The step to run: its name, `file.py:function` or `file.sql`; that of the file unless given."""
    given: dict[str, Rows] = {}
    """The rows of each input. One that is left out is computed where its own inputs are given, and
    empty where its types are known."""
    types: dict[str, dict[str, str]] = {}
    """Types of columns, by dataset; those of its source or contract unless given."""
    params: dict[str, Any] = {}
    """Values for parameters of the step; those of the pipeline unless given."""
    clock: str | None = None
    """The moment that the step takes for now, such as `2026-01-01T09:00:00`; UTC without a zone."""
    expect: Expectation | None = None
    """The rows that it is to give."""
    error: str | None = Field(None, min_length=1)
    """A part of the message with which the step is to refuse the rows."""

    @model_validator(mode="after")
    def _one_of(self) -> LogicTest:
        if (self.expect is None) == (self.error is None):
            raise ValueError("a test says either expect: or error:")
        return self


class LogicTests(Declaration):
    """A file of tests. What it says beside them holds for each test that does not say it itself."""

    tests: list[LogicTest] = Field(min_length=1)
    """The tests."""
    step: str | None = None
    """The step of all tests that name none."""
    given: dict[str, Rows] = {}
    """Inputs of all tests that do not give them themselves."""
    types: dict[str, dict[str, str]] = {}
    """Types of columns, by dataset, for all tests."""
    params: dict[str, Any] = {}
    """Parameters of all tests that do not give them themselves."""
    clock: str | None = None
    """The moment of all tests that name none."""
