"""The types of SQL and those of contracts, one by one, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.contracts.formats.elements import Element, columns, item, options, sides

if TYPE_CHECKING:
    from sqlglot import exp

_INTEGERS = {
    "TINYINT": "i8", "SMALLINT": "i16", "MEDIUMINT": "i32", "INT": "i32", "BIGINT": "i64",
    "INT128": "i128", "UTINYINT": "u8", "USMALLINT": "u16", "UMEDIUMINT": "u32", "UINT": "u32",
    "UBIGINT": "u64", "UINT128": "u128", "SMALLSERIAL": "i16", "SERIAL": "i32",
    "BIGSERIAL": "i64", "INT256": None, "BIT": None,
}  # fmt: skip
_NUMBERS = {
    "FLOAT": "f32", "DOUBLE": "f64", "DECIMAL": None, "MONEY": None, "BIGDECIMAL": None,
    "DECFLOAT": None,
}  # fmt: skip
_TEXTS = {
    "CHAR": None, "NCHAR": None, "VARCHAR": None, "NVARCHAR": None, "BPCHAR": None, "TEXT": None,
    "MEDIUMTEXT": None, "LONGTEXT": None, "TINYTEXT": None, "NAME": None, "JSON": None,
    "JSONB": None, "UUID": "uuid", "BINARY": "binary", "VARBINARY": "binary", "BLOB": "binary",
    "TINYBLOB": "binary", "MEDIUMBLOB": "binary", "LONGBLOB": "binary", "ENUM": None, "INET": None,
}  # fmt: skip
_STAMPS = {
    "TIMESTAMP": False, "TIMESTAMPNTZ": False, "TIMESTAMP_S": False, "TIMESTAMP_MS": False,
    "TIMESTAMP_NS": False, "DATETIME": False, "DATETIME2": False, "SMALLDATETIME": False,
    "TIMESTAMPTZ": True, "TIMESTAMPLTZ": True, "DATETIME64": False,
}  # fmt: skip
_TIMES = {"TIME": False, "TIME_NS": False, "TIMETZ": True}
_BY_FORMAT = {
    "i8": "TINYINT", "i16": "SMALLINT", "i32": "INT", "i64": "BIGINT", "i128": "DECIMAL(38, 0)",
    "u8": "SMALLINT", "u16": "INT", "u32": "BIGINT", "u64": "DECIMAL(20, 0)",
    "u128": "DECIMAL(38, 0)", "f32": "FLOAT", "f64": "DOUBLE",
}  # fmt: skip
"""The types that hold such numbers everywhere: few databases know unsigned ones."""


def parsed_type(text: str, dialect: str | None = None) -> exp.DataType | None:
    """A type as SQL writes it; None for what no dialect calls so."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        found = exp.DataType.build(text, dialect=dialect)
    except (SqlglotError, ValueError, RecursionError):
        return None
    return found if isinstance(found, exp.DataType) else None


def type_of(kind: exp.DataType, written: str) -> dict[str, Any]:
    """What a contract says of a column of that type; `written` is how it was written.

    For a type that the standard has no word for, there is no `logicalType`.
    """
    found = _logical(kind)
    return {"physicalType": written, **found} if written else found


def _logical(kind: exp.DataType) -> dict[str, Any]:
    from sqlglot import exp

    word = kind.this.value if isinstance(kind.this, exp.DType) else str(kind.this)
    sizes = [one.name for one in kind.find_all(exp.DataTypeParam)]
    if word in _INTEGERS:
        return _with("integer", format=_INTEGERS[word])
    if word in _NUMBERS:
        return _with("number", format=_NUMBERS[word])
    if word in _TEXTS:
        length = int(sizes[0]) if sizes and sizes[0].isdecimal() and _TEXTS[word] is None else None
        return _with("string", format=_TEXTS[word], maxLength=length) | _enum(kind, word)
    if word in _STAMPS:
        return _with("timestamp", timezone=_STAMPS[word] or None)
    if word in _TIMES:
        return _with("time", timezone=_TIMES[word] or None)
    if word in {"BOOLEAN", "DATE", "DATE32"}:
        return _with(word.lower().removesuffix("32"))
    return _nested(kind, word)


def _with(logical: str, **told: Any) -> dict[str, Any]:
    kept = {key: value for key, value in told.items() if value is not None}
    return {"logicalType": logical} | ({"logicalTypeOptions": kept} if kept else {})


def _enum(kind: exp.DataType, word: str) -> dict[str, Any]:
    values = [{"value": one.name} for one in kind.expressions] if word == "ENUM" else []
    return {"enum": values} if values else {}


def _nested(kind: exp.DataType, word: str) -> dict[str, Any]:
    from sqlglot import exp

    inner = [one for one in kind.expressions if isinstance(one, exp.DataType)]
    match word:
        case "STRUCT" | "OBJECT" | "NESTED":
            members = [one for one in kind.expressions if isinstance(one, exp.ColumnDef)]
            named = [{"name": one.name, **_logical(one.args["kind"])} for one in members]
            return _with("object") | ({"properties": named} if named else {})
        case "ARRAY" | "LIST":
            return _with("array") | ({"items": _logical(inner[0])} if inner else {})
        case "MAP" if len(inner) == 2:
            both = {"key": _logical(inner[0]), "value": _logical(inner[1])}
            return _with("map") | {"map": both}
        case "VECTOR":
            sizes = [one.name for one in kind.find_all(exp.DataTypeParam)]
            if sizes and sizes[0].isdecimal():
                return _with("vector", dimensions=int(sizes[0]))
    return {}


# ------------------------------------------------------------------ from a contract to SQL


def sql_type(column: Element, dialect: str) -> str:
    """The type of a column in a dialect: the one that is written, where it means the same."""
    written = column.get("physicalType")
    kind = parsed_type(written) if isinstance(written, str) else None
    # a bare ARRAY, or TEXT beside a length, says less than the contract does
    vague = str(column.get("logicalType")) in _OPEN or "maxLength" in options(column)
    if kind is not None and not kind.expressions and vague:
        kind = None
    if kind is not None and _agrees(kind, column) and not _foreign(kind, dialect):
        return _spelled(kind, dialect)
    return _made(column, dialect)


def _spelled(kind: exp.DataType, dialect: str) -> str:
    text = kind.sql(dialect)
    if dialect != "duckdb":
        return text
    # names that the library has for DuckDB, and DuckDB has not
    for ours, theirs in (("TEXT(", "VARCHAR("), ("UINT128", "UHUGEINT"), ("INT128", "HUGEINT")):
        text = text.replace(ours, theirs)
    return text


_OPEN = frozenset({"object", "array", "map", "vector"})
_EVERYWHERE = frozenset(
    [
        "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL", "CHAR", "VARCHAR",
        "TEXT", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME", "VARBINARY",
    ]
)  # fmt: skip
_AND = {
    "duckdb": {"UTINYINT", "USMALLINT", "UINT", "UBIGINT", "INT128", "UINT128", "UUID", "JSON",
               "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "BLOB"},
    "postgres": {"UUID", "JSON", "JSONB", "SERIAL", "BIGSERIAL"},
}  # fmt: skip
_NOT = {"postgres": {"TINYINT"}, "snowflake": {"TIMESTAMPTZ"}, "spark": {"TIME"}}


def _foreign(kind: exp.DataType, dialect: str) -> bool:
    word = kind.this.value
    known = _EVERYWHERE | _AND.get(dialect, set())
    return word not in known - _NOT.get(dialect, set())


def _agrees(kind: exp.DataType, column: Element) -> bool:
    """Whether the written type means what the contract says."""
    meant, said = _logical(kind), column.get("logicalType")
    if said is None or meant.get("logicalType") == said:
        return True
    # NUMBER(10, 0) holds whole numbers, and may be said to
    return said == "integer" and meant.get("logicalType") == "number"


def _made(column: Element, dialect: str) -> str:
    kind, told = column.get("logicalType"), options(column)
    match kind:
        case "integer":
            text = _BY_FORMAT.get(str(told.get("format")), "BIGINT")
        case "number":
            text = _BY_FORMAT.get(str(told.get("format")), "DOUBLE")
        case "boolean" | "date":
            text = kind.upper()
        case "timestamp":
            text = "TIMESTAMPTZ" if told.get("timezone") is True else "TIMESTAMPNTZ"
            return {
                ("bigquery", "TIMESTAMPNTZ"): "DATETIME",
                ("bigquery", "TIMESTAMPTZ"): "TIMESTAMP",
                ("spark", "TIMESTAMPNTZ"): "TIMESTAMP_NTZ",
                ("spark", "TIMESTAMPTZ"): "TIMESTAMP",
                ("snowflake", "TIMESTAMPNTZ"): "TIMESTAMP_NTZ",
                ("snowflake", "TIMESTAMPTZ"): "TIMESTAMP_TZ",
            }.get((dialect, text), text.replace("NTZ", ""))
        case "time":
            return "STRING" if dialect == "spark" else "TIME"
        case "object" | "array" | "map" | "vector":
            return _nested_sql(column, dialect)
        case _:
            text = _text(told, dialect)
    made = parsed_type(text)
    assert made is not None
    return _spelled(made, dialect)


def _text(told: Element, dialect: str) -> str:
    if told.get("format") in {"binary", "byte"}:
        return "VARBINARY"
    if told.get("format") == "uuid" and dialect in {"duckdb", "postgres"}:
        return "UUID"
    length = told.get("maxLength")
    # bigger lengths are more than a VARCHAR of Postgres may have
    if isinstance(length, int) and 0 < length <= 10_000:
        return f"VARCHAR({length})"
    return "TEXT"


def _nested_sql(column: Element, dialect: str) -> str:
    match column.get("logicalType"), dialect:
        case "array", _:
            return _array(sql_type(item(column) or {"logicalType": "string"}, dialect), dialect)
        case "vector", _:
            return _vector(options(column).get("dimensions"), dialect)
        case "map", "postgres":
            return "JSONB"
        case "map", "bigquery":
            return "JSON"
        case "map", _:
            key, value = (sql_type(side, dialect) for side in sides(column))
            return f"MAP<{key}, {value}>" if dialect == "spark" else f"MAP({key}, {value})"
        case _, "postgres":
            return "JSONB"
    return _struct(column, dialect)


def _struct(column: Element, dialect: str) -> str:
    from sqlglot import exp

    members = [
        (exp.to_identifier(str(one["name"]), quoted=True).sql(dialect), sql_type(one, dialect))
        for one in columns(column)
    ]
    if not members:
        return {"duckdb": "JSON", "bigquery": "JSON", "snowflake": "OBJECT"}.get(dialect, "STRING")
    colon = ":" if dialect == "spark" else ""
    inside = ", ".join(f"{name}{colon} {kind}" for name, kind in members)
    match dialect:
        case "spark" | "bigquery":
            return f"STRUCT<{inside}>"
        case "snowflake":
            return f"OBJECT({inside})"
    return f"STRUCT({inside})"


def _array(inner: str, dialect: str) -> str:
    match dialect:
        case "duckdb" | "postgres":
            return f"{inner}[]"
        case "snowflake":
            return f"ARRAY({inner})"
    return f"ARRAY<{inner}>"


def _vector(dimensions: Any, dialect: str) -> str:
    size = dimensions if isinstance(dimensions, int) and dimensions > 0 else None
    match dialect:
        case "duckdb":
            return f"FLOAT[{size or ''}]"
        case "snowflake":
            return f"VECTOR(FLOAT, {size or 1})"
        case "postgres":
            return "REAL[]"
        case "bigquery":
            return "ARRAY<FLOAT64>"
    return "ARRAY<FLOAT>"
