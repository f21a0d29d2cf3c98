"""Which keys of a contract are judged, and as what. The reference lists them."""

from __future__ import annotations

EXECUTED: dict[str, str] = {
    "name": "the columns that are named exist; there may be others",
    "logicalType": "the column has the type; a whole number is a `number`",
    "physicalType": "the column has the type (a list is one, whatever is in it), where it is one of "
    "DuckDB or Parquet and the contract names no server, or one of type `local` or `duckdb`; no text is longer "
    "than a VARCHAR(n) says. How many digits a DECIMAL has, and whether a timestamp has a time zone, "
    "`headgate contract diff` compares with data",
    "required": "no value is missing",
    "primaryKey": "no value is missing, and no two rows agree in all columns of the key together",
    "unique": "no two rows agree; missing values do not count",
    "enum": "every value is one of these; a missing value is not judged",
    "minimum": "no value is below it",
    "maximum": "no value is above it",
    "exclusiveMinimum": "every value is above it",
    "exclusiveMaximum": "every value is below it",
    "multipleOf": "every value is so many times that number",
    "minLength": "no text has fewer characters",
    "maxLength": "no text has more characters",
    "pattern": "every text contains a match of the expression; `^` and `$` tie it to the ends",
    "format": "`email`, `uuid`, `uri`, `ip`, `ipv4`, `ipv6`, `date`, `date-time` and `time` of a string; `i8` to "
    "`u128` of an integer, as the range of its values",
    "relationships": "every value, or all of several together, stands in a row of the other dataset",
}
"""The keys of a property and of its `logicalTypeOptions`, and what is judged."""
