"""The keys of an ODCS contract (3.x) that are read here. Others are left to whoever reads them.

What is read is validated strictly, with its line; a key that is not listed here says nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from headgate.errors import did_you_mean
from headgate.pipelines.declaration import Declaration
from headgate.schema.statistics import Scalar

UNREAD = frozenset(
    ["authoritativeDefinitions", "businessName", "context", "criticalDataElement", "deprecated", "description", "encryptedName", "examples", "items", "map", "partitionKeyPosition", "partitioned", "physicalName", "physicalType", "properties", "semanticType", "synonyms", "transformDescription", "transformLogic", "transformSourceObjects"]
)  # fmt: skip
"""The other keys of a property in the standard. A slip in `classification` must not pass as one."""


class Read(Declaration):
    """A part of a contract, beside whose keys others may stand."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Relationship(Read):
    """A reference to the key of a table: of one property, or of several at the table."""

    type: Literal["foreignKey"] = "foreignKey"
    origin: str | list[str] | None = Field(None, alias="from")
    to: str | list[str]


class CustomProperty(Read):
    """Something that the standard has no key for."""

    property: str
    value: Any = None


class TypeOptions(Read):
    """What the values of a logical type keep to."""

    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    exclusive_minimum: int | float | str | None = Field(None, alias="exclusiveMinimum")
    exclusive_maximum: int | float | str | None = Field(None, alias="exclusiveMaximum")
    min_length: int | None = Field(None, alias="minLength", ge=0)
    max_length: int | None = Field(None, alias="maxLength", ge=0)
    pattern: str | None = None


class EnumValue(Read):
    """One of the values that a property may have."""

    value: Scalar


class Arguments(Read):
    """What a rule of quality is told."""

    valid_values: list[Scalar] | None = Field(None, alias="validValues")
    pattern: str | None = None


class Quality(Read):
    """A rule of quality; read for the values that it allows."""

    metric: str | None = None
    must_be: Any = Field(None, alias="mustBe")
    arguments: Arguments = Arguments()


class OdcsProperty(Read):
    """A column."""

    id: str | None = None
    name: str = Field(min_length=1)
    logical_type: (
        Literal[
            "string", "date", "timestamp", "time", "number", "integer", "object", "array",
            "boolean", "map", "vector",
        ] | None
    ) = Field(None, alias="logicalType")  # fmt: skip
    required: bool = False
    unique: bool = False
    primary_key: bool = Field(False, alias="primaryKey")
    primary_key_position: int = Field(-1, alias="primaryKeyPosition")
    classification: str | None = None
    tags: list[str] = Field(default_factory=list)
    custom: list[CustomProperty] = Field(default_factory=list, alias="customProperties")
    options: TypeOptions = Field(TypeOptions(), alias="logicalTypeOptions")
    enum: list[EnumValue | Scalar] = Field(default_factory=list)
    quality: list[Quality] = Field(default_factory=list)
    relationships: list[Relationship] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _of_the_standard(cls, given: Any) -> Any:
        read = {field.alias or name for name, field in cls.model_fields.items()}
        for key in given if isinstance(given, dict) else ():
            if key not in read | UNREAD:
                advice = did_you_mean(str(key), read | UNREAD)
                raise ValueError(f"unknown key {key!r}" + (f"; {advice}" if advice else ""))
        return given


class OdcsTable(Read):
    """A table: one element of `schema`."""

    id: str | None = None
    name: str = Field(min_length=1)
    properties: list[OdcsProperty] = Field(default_factory=list)
    relationships: list[Relationship] = Field(default_factory=list)


class Odcs(Read):
    """A contract of the Open Data Contract Standard."""

    kind: Literal["DataContract"]
    api_version: str = Field(alias="apiVersion", pattern=r"^v3\.\d+\.\d+$")
    tables: list[OdcsTable] = Field(default_factory=list, alias="schema")
