"""The quality checks of a pipeline as a team writes them, one model for each type."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from headgate.pipelines.declaration import Declaration

Cell = str | int | float | bool

LISTS = ("notify", "on", "columns", "keys")
"""Keys of which a single name may be written without its list."""


class QualityCheck(Declaration):
    """What the quality checks of a pipeline share. Without `on`: every published dataset."""

    notify: list[str] = []
    """Whom an alert of this check is for; channels are told the names."""
    on: list[str] = []
    """The datasets it judges; every published one unless given."""
    severity: Literal["error", "warn", "info"] = "error"
    """What a failure does: `error` closes the gate, `warn` alerts, `info` is recorded."""
    description: str = ""
    """What the check is called where it is reported."""

    @field_validator(*LISTS, mode="before", check_fields=False)
    @classmethod
    def _one_name(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class CompletenessCheck(QualityCheck):
    """The share of cells that are not null."""

    type: Literal["completeness"]
    """Says that the check is this one."""
    threshold: float = Field(1.0, ge=0, le=1)
    """The least share of cells that must be there."""
    columns: list[str] = []
    """The columns that count; all of them unless given."""


class FreshnessCheck(QualityCheck):
    """The age of the newest data: of a column's newest value, or of the newest delivery."""

    type: Literal["freshness"]
    """Says that the check is this one."""
    max_delay_hours: float = Field(gt=0)
    """The greatest age, in hours."""
    column: str | None = None
    """A date or timestamp whose newest value counts; the newest delivery unless given."""


class UniquenessCheck(QualityCheck):
    """The share of rows that no other row equals in these columns."""

    type: Literal["uniqueness"]
    """Says that the check is this one."""
    columns: list[str] = Field(min_length=1)
    """The columns that together are to be unique."""
    threshold: float = Field(1.0, ge=0, le=1)
    """The least share of rows that must be unique."""


class ValidityCheck(QualityCheck):
    """The share of values that are of the form they should be; missing ones are not judged.

    The form is one of: values, a pattern, low and high, a length, or a format.
    """

    type: Literal["validity"]
    """Says that the check is this one."""
    column: str
    """The column."""
    values: list[Cell] | None = None
    """The values that are allowed."""
    pattern: str | None = None
    """A regular expression of which the text must contain a match."""
    low: str | int | float | None = None
    """The least value that is allowed."""
    high: str | int | float | None = None
    """The greatest value that is allowed."""
    min_length: int | None = Field(None, ge=0)
    """The least number of characters."""
    max_length: int | None = Field(None, ge=0)
    """The greatest number of characters."""
    format: str | None = None
    """How a text writes a time, in the signs of Python's strptime: `%Y-%m-%d`."""
    threshold: float = Field(1.0, ge=0, le=1)
    """The least share of values that must be valid."""

    @model_validator(mode="after")
    def _one_form(self) -> ValidityCheck:
        forms = [
            ("values",),
            ("pattern",),
            ("low", "high"),
            ("min_length", "max_length"),
            ("format",),
        ]
        given = [form for form in forms if any(getattr(self, key) is not None for key in form)]
        if len(given) != 1:
            raise ValueError(
                "validity needs one of values, pattern, low and high, min_length and max_length, or"
                " format"
            )
        return self


class VolumeCheck(QualityCheck):
    """The number of rows, and by what share it differs from that of the release before."""

    type: Literal["volume"]
    """Says that the check is this one."""
    min_rows: int | None = Field(None, ge=0)
    """The least number of rows."""
    max_rows: int | None = Field(None, ge=0)
    """The greatest number of rows."""
    max_change: float | None = Field(None, ge=0)
    """The greatest change, up or down, as a share: 0.2 is a fifth. The first release passes."""

    @model_validator(mode="after")
    def _any_bound(self) -> VolumeCheck:
        if self.min_rows is self.max_rows is self.max_change is None:
            raise ValueError("volume needs min_rows, max_rows or max_change")
        return self


class ConsistencyCheck(QualityCheck):
    """The share of rows that agree: two columns with each other, or columns with another dataset.

    Either `left`, `operator` and `right`; or `columns` whose values are to stand in a row of
    `reference`. Rows with a missing value are not judged.
    """

    type: Literal["consistency"]
    """Says that the check is this one."""
    left: str | None = None
    """The column on the left."""
    operator: Literal["==", "!=", "<", "<=", ">", ">="] = "=="
    """How it stands to the one on the right."""
    right: str | None = None
    """The column on the right."""
    columns: list[str] = []
    """The columns whose values stand together in a row of another dataset."""
    reference: str | None = None
    """That dataset."""
    keys: list[str] = []
    """The names of the columns there; the same ones unless given."""
    threshold: float = Field(1.0, ge=0, le=1)
    """The least share of rows that must agree."""

    @model_validator(mode="after")
    def _one_way(self) -> ConsistencyCheck:
        two = self.left is not None and self.right is not None
        other = bool(self.columns) and self.reference is not None
        either = any((self.left, self.right)), any((self.columns, self.reference, self.keys))
        if either not in {(True, False), (False, True)} or not (two or other):
            raise ValueError("consistency needs left and right, or columns and reference")
        if self.keys and len(self.keys) != len(self.columns):
            raise ValueError("keys and columns are not equally many")
        return self


class AccuracyCheck(QualityCheck):
    """The share of cells that equal those of a trusted dataset, in rows that both have.

    Rows that only one of them has are counted and reported, and are no part of the share.
    """

    type: Literal["accuracy"]
    """Says that the check is this one."""
    reference: str
    """The dataset that is trusted."""
    keys: list[str] = Field(min_length=1)
    """The columns by which rows are found there; no two of its rows may agree in them."""
    columns: list[str] = []
    """The columns that are compared; all others that both have unless given."""
    threshold: float = Field(1.0, ge=0, le=1)
    """The least share of cells that must be equal."""


AnyQualityCheck = Annotated[
    CompletenessCheck
    | FreshnessCheck
    | UniquenessCheck
    | ValidityCheck
    | VolumeCheck
    | ConsistencyCheck
    | AccuracyCheck,
    Field(discriminator="type"),
]
