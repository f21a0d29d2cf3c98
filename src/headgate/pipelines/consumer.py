"""A consumer of datasets, as its team declares it: what it reads, and what it relies on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headgate.pipelines.declaration import Declaration

Need = Literal["not_null", "unique", "type", "values", "bounds", "unit", "reference", "quality"]


class Reads(Declaration):
    """What a consumer reads of a dataset. A list alone names the columns."""

    columns: list[str] = Field(default_factory=list)
    """The columns that it reads; all of them where none is named."""
    needs: dict[str, list[Need]] = Field(default_factory=dict)
    """Column to the guarantees that it relies on; all that is promised of what it reads unless given."""
    version: str | None = None
    """The versions of the contract that it can read, such as `>=1,<2`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {"columns": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _needs_what_it_reads(self) -> Reads:
        for column in self.needs:
            if self.columns and column not in self.columns:
                raise ValueError(f"needs names {column!r}, which is not among its columns")
        return self

    def reads(self, column: str) -> bool:
        """Whether it reads a column; it reads all where it names none."""
        return not self.columns or column in self.columns


class Consumer(Declaration):
    """Somebody, or something, that reads datasets: the exposures of dbt, with needs."""

    name: Annotated[str, Field(min_length=1)]
    """What it is called."""
    owner: str
    """Who is told when it breaks."""
    reads: dict[str, Reads]
    """Dataset to the columns that it reads."""
    type: Literal["dashboard", "notebook", "analysis", "ml", "application"] = "application"
    """What it is, in the words of dbt's exposures."""
    contact: str | None = None
    """How its owner is reached."""
    description: str = ""
    """What it is for, for people."""
