"""What may change between versions of a schema: Avro's rules, logical types, and the seven modes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.contracts.avro.compatibility import Version, incompatibilities
from headgate.contracts.avro.mode import Mode
from headgate.contracts.avro.resolution import unreadable
from headgate.contracts.avro.schema import Schema, read_schema


def record(*fields: Any, name: str = "r", **more: Any) -> Any:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def of(name: str, type_: Any, **more: Any) -> Any:
    return {"name": name, "type": type_, **more}


def schema(given: Any) -> Schema:
    return read_schema(json.dumps(given), "x.avsc")


def enum(*symbols: str, **more: Any) -> Any:
    return {"type": "enum", "name": "e", "symbols": list(symbols), **more}


def logical(type_: str, name: str, **more: Any) -> Any:
    return {"type": type_, "logicalType": name, **more}


def decimal(precision: int, scale: int) -> Any:
    return logical("bytes", "decimal", precision=precision, scale=scale)


A = record(of("a", "int"))
DATE, MILLIS, MICROS = logical("int", "date"), logical("long", "timestamp-millis"), logical("long", "timestamp-micros")  # fmt: skip
LOCAL = logical("long", "local-timestamp-micros")


@pytest.mark.parametrize(
    ("reader", "writer", "why"),
    [
        (record(of("a", "int"), of("b", "int")), A, "b: is not written, and readers have no default for it"),
        (record(of("a", "int"), of("b", "int", default=0)), A, None),
        (record(of("a", "int"), of("b", ["null", "int"], default=None)), A, None),
        (record(), A, None),
        (record(of("a", "long")), A, None),
        (A, record(of("a", "long")), "a: written as long, read as int"),
        (record(of("a", "float")), A, None),
        (record(of("a", "float")), record(of("a", "long")), None),
        (record(of("a", "bytes")), record(of("a", "string")), None),
        (record(of("a", "string")), record(of("a", "bytes")), None),
        (record(of("a", ["null", "int"])), A, None),
        (A, record(of("a", ["null", "int"])), "a: may be null, and readers take no null"),
        (record(of("x", "int", aliases=["a"])), A, None),
        (record(of("a", "int"), name="q"), A, "the record is named 'r', readers know 'q'"),
        (record(of("a", "int"), name="q", aliases=["r"]), A, None),
        (record(of("a", enum("A", "B"))), record(of("a", enum("A"))), None),
        (record(of("a", enum("A"))), record(of("a", enum("A", "B"))), "a: 'B' may be written, and readers do not know it"),
        (record(of("a", enum("A", default="A"))), record(of("a", enum("A", "B"))), None),
        ({"type": "fixed", "name": "x", "size": 4}, {"type": "fixed", "name": "x", "size": 5}, "written in 5 bytes, read in 4"),
        (record(of("a", {"type": "array", "items": "long"})), record(of("a", {"type": "array", "items": "int"})), None),
        (record(of("a", {"type": "array", "items": "int"})), record(of("a", {"type": "array", "items": "long"})), "a.items: written as long, read as int"),
        (record(of("a", {"type": "map", "values": "int"})), record(of("a", {"type": "map", "values": "string"})), "a.values: written as string, read as int"),
        (record(of("a", ["int", "null"])), record(of("a", ["null", "int"])), None),
        (record(of("a", ["int", "string"])), record(of("a", "boolean")), "a: boolean is none of int, string"),
        (record(of("a", record(of("b", "int"), name="s"))), record(of("a", record(of("b", "string"), name="s"))), "a.b: written as string, read as int"),
        (record(of("next", ["null", "r"]), of("a", "int")), record(of("next", ["null", "r"]), of("a", "string")), "a: written as string, read as int"),
    ],
)  # fmt: skip
def test_a_reader_reads_what_the_rules_of_avro_let_it_read(
    reader: Any, writer: Any, why: str | None
) -> None:
    told = [f"{one.path}: {one.what}".lstrip(": ") for one in unreadable(schema(reader), schema(writer))]  # fmt: skip
    assert told == ([why] if why else [])


@pytest.mark.parametrize(
    ("reader", "writer", "why"),
    [
        (decimal(12, 2), decimal(10, 2), None),
        (decimal(8, 2), decimal(10, 2), "written as decimal(10,2), read as decimal(8,2): larger numbers do not fit"),
        (decimal(10, 3), decimal(10, 2), "written as decimal(10,2), read as decimal(10,3): 10 times too small"),
        (decimal(10, 0), decimal(10, 2), "written as decimal(10,2), read as decimal(10,0): 100 times too large"),
        ("bytes", decimal(10, 2), "written as decimal(10,2), read as a plain value: the meaning is lost"),
        (decimal(10, 2), "bytes", "written as a plain value, read as decimal(10,2): the meaning is made up"),
        ("int", DATE, "written as date, read as a plain value: the meaning is lost"),
        (DATE, "int", "written as a plain value, read as date: the meaning is made up"),
        (MICROS, MILLIS, "written as timestamp-millis, read as timestamp-micros: 1000 times too small"),
        (MILLIS, logical("long", "timestamp-nanos"), "written as timestamp-nanos, read as timestamp-millis: 1000000 times too large"),
        (LOCAL, MICROS, "written as timestamp-micros, read as local-timestamp-micros: a moment is not a time on a clock of some zone"),
        (logical("long", "time-micros"), logical("int", "time-millis"), "written as time-millis, read as time-micros: 1000 times too small"),
        (logical("string", "uuid"), "string", "written as a plain value, read as uuid: the meaning is made up"),
        ("string", logical("string", "uuid"), None),
        (MICROS, "int", "written as a plain value, read as timestamp-micros: the meaning is made up"),
        ("double", "long", None),
        (logical("string", "colour"), "string", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrap", ["plain", "nullable", "array of records", "branch of a union"])
def test_a_reader_must_mean_what_the_writer_meant_at_any_depth(
    reader: Any, writer: Any, why: str | None, wrap: str
) -> None:
    def wrapped(type_: Any) -> Any:
        rows = {"type": "array", "items": record(of("b", ["null", type_]), name="s")}
        branches = [type_, "boolean", {"type": "array", "items": "int"}]
        kinds = {"plain": type_, "nullable": ["null", type_], "array of records": rows}
        return schema(record(of("a", kinds.get(wrap, branches))))

    told = unreadable(wrapped(reader), wrapped(writer))
    if why is None:
        assert told == []
    elif wrap == "branch of a union":
        assert [one.path for one in told] == ["a"]
    else:
        path = "a.items.b" if wrap.startswith("array") else "a"
        assert [(one.path, one.what) for one in told] == [(path, why)]


OPTIONAL = of("o", ["null", "int"], default=None)
NEEDED = of("n", "int")
BASE = record(of("a", "int"), OPTIONAL, NEEDED)
CHANGES = {
    "nothing": BASE,
    "add a field": record(of("a", "int"), OPTIONAL, NEEDED, of("b", "int")),
    "add an optional field": record(of("a", "int"), OPTIONAL, NEEDED, of("b", "int", default=1)),
    "delete a field": record(of("a", "int"), OPTIONAL),
    "delete an optional field": record(of("a", "int"), NEEDED),
    "widen": record(of("a", "long"), OPTIONAL, NEEDED),
    "change the type": record(of("a", "boolean"), OPTIONAL, NEEDED),
}
ALLOWED = {
    # https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html
    "BACKWARD": {"nothing", "delete a field", "delete an optional field", "add an optional field", "widen"},
    "FORWARD": {"nothing", "add a field", "add an optional field", "delete an optional field"},
    "FULL": {"nothing", "add an optional field", "delete an optional field"},
    "NONE": set(CHANGES),
}  # fmt: skip


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("change", CHANGES)
def test_each_mode_allows_what_confluent_says(mode: Mode, change: str) -> None:
    before, after = Version("v1", schema(BASE)), Version("v2", schema(CHANGES[change]))
    allowed = change in ALLOWED[mode.removesuffix("_TRANSITIVE")]
    assert (incompatibilities([before, after], mode) == []) == allowed


@pytest.mark.parametrize(
    ("mode", "broken"),
    [
        ("BACKWARD", []),
        ("BACKWARD_TRANSITIVE", [("v1", "v3", "v3")]),
        ("FORWARD", []),
        ("FORWARD_TRANSITIVE", [("v1", "v3", "v1")]),
        ("FULL", []),
        ("FULL_TRANSITIVE", [("v1", "v3", "v3"), ("v1", "v3", "v1")]),
        ("NONE", []),
    ],
)
def test_transitive_modes_ask_for_every_earlier_version(
    mode: str, broken: list[tuple[str, str, str]]
) -> None:
    # each step is fully compatible: a field goes, and comes back with another type
    versions = [of("b", "int", default=0), None, of("b", "string", default="")]
    history = [
        Version(f"v{n}", schema(record(of("a", "int"), *([field] if field else []))))
        for n, field in enumerate(versions, 1)
    ]
    found = incompatibilities(history, Mode(mode))
    assert [(one.old, one.new, one.reader) for one in found] == broken


def test_it_is_said_who_would_have_to_be_upgraded_first() -> None:
    plain, wide, other = (schema(record(of("a", word))) for word in ("int", "long", "boolean"))

    def first(old: Schema, new: Schema) -> set[str]:
        found = incompatibilities([Version("v1", old), Version("v2", new)], Mode.FULL)
        return {one.first for one in found}

    assert first(plain, wide) == {"consumers"}
    assert first(wide, plain) == {"producers"}
    assert first(plain, other) == {"both at once"}
    assert [Mode(word).first for word in ("BACKWARD", "FORWARD", "FULL", "NONE")] == [
        "consumers",
        "producers",
        "either",
        "both at once",
    ]


def test_what_several_versions_break_alike_is_told_once_of_the_newest() -> None:
    texts = ["string", "string", "int"]
    history = [
        Version(f"v{n}", schema(record(of("a", word), *([of("b", "int", default=n)] * (n == 2)))))
        for n, word in enumerate(texts, 1)
    ]
    found = incompatibilities(history, Mode.BACKWARD_TRANSITIVE)
    assert list(map(str, found)) == ["a: written as string, read as int (v3 reads what v2 wrote)"]
