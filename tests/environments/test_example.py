"""Rows made up for a contract keep all its promises, told by an oracle of plain Python."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl  # noqa: TID253
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cli.main import main
from headgate.contracts.contract import Contract
from headgate.contracts.reading import contracts_of
from headgate.environments.example import example
from headgate.errors import DataError, DeclarationError, UnknownNameError

ROWS = 25
HEAD = {"kind": "DataContract", "apiVersion": "v3.2.0", "id": "x", "version": "1.0.0"}
PATTERNS = [r"^[A-Z]{2}\d{4}$", "(ab|cd)+x?", r"[a-z]{1,5}-\d{2,}", r"^DE\w{3}$"]
TYPES = {
    "integer": int, "number": float, "string": str, "boolean": bool,
    "date": date, "timestamp": datetime, "time": time,
}  # fmt: skip


def ends(kind: str, draw: st.DrawFn) -> dict[str, Any]:
    """Two bounds of a type, wide enough for ROWS different values, each reached or not."""
    low: Any
    high: Any
    match kind:
        case "integer":
            low = draw(st.integers(-(2**62), 2**62))
            high = low + draw(st.integers(3 * ROWS, 10_000))
        case "number":
            low = draw(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)))
            high = low + draw(st.floats(0.1, 1e6))
        case "date":
            low, high = "2019-12-30", "2021-03-01"
        case "timestamp":
            low, high = "2020-02-28T23:00:00", "2020-03-01T01:00:00"
        case _:
            low, high = "08:00:00", "17:30:00"
    words = [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")]
    found = {}
    for names, end in zip(words, (low, high), strict=True):
        if name := draw(st.sampled_from([*names, None])):
            found[name] = end
    return found


@st.composite
def properties(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(TYPES)))
    made: dict[str, Any] = {"name": name, "logicalType": kind, "required": draw(st.booleans())}
    if kind == "boolean":
        return made
    options: dict[str, Any] = {}
    how = draw(st.sampled_from(["free", "options", "enum", "quality"]))
    if how == "enum":
        values: dict[str, list[Any]] = {
            "integer": [1, 5, -7], "number": [1.5, 2.25], "string": ["a b", "ü", "-"],
            "date": ["2024-02-29"], "timestamp": ["2024-02-29T12:00:00"], "time": ["00:00:00"],
        }  # fmt: skip
        made["enum"] = [{"value": value} for value in values[kind]]
    elif how == "quality" and kind == "string":
        arguments = draw(
            st.sampled_from([{"validValues": ["x", "y"]}, *({"pattern": p} for p in PATTERNS)])
        )
        rule = {"type": "library", "metric": "invalidValues", "mustBe": 0, "arguments": arguments}
        made["quality"] = [rule]
    elif how == "options" and kind == "string":
        least = draw(st.integers(0, 6))
        lengths = {"minLength": least, "maxLength": least + draw(st.integers(2, 9))}
        options = draw(st.sampled_from([lengths, *({"pattern": p} for p in PATTERNS)]))
    elif how == "options":
        options = ends(kind, draw)
    if options:
        made["logicalTypeOptions"] = options
    if how == "free" or (how == "options" and kind != "string"):
        made["unique"] = draw(st.booleans())
        if not made["unique"] and draw(st.booleans()):
            rule = draw(st.sampled_from(["nullValues", "duplicateValues"]))
            made["quality"] = [{"type": "library", "metric": rule, "mustBe": 0}]
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A table with a joint key, and one that refers to it."""
    own = [draw(properties(f"c{n}")) for n in range(draw(st.integers(1, 4)))]
    wide = {"logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "maximum": 9}}
    key = [
        {"name": f"k{n}", "primaryKey": True, "primaryKeyPosition": n + 1, **wide} for n in (0, 1)
    ]
    relation = {
        "type": "foreignKey",
        "from": ["child.p0", "child.p1"],
        "to": ["parent.k0", "parent.k1"],
    }
    pointers = [
        {"name": f"p{n}", "logicalType": "integer", "required": draw(st.booleans())} for n in (0, 1)
    ]
    child = [draw(properties(f"d{n}")) for n in range(2)]
    return {
        **HEAD,
        "schema": [
            {"name": "child", "properties": [*pointers, *child], "relationships": [relation]},
            {"name": "parent", "properties": [*key, *own]},
        ],
    }


def read(document: Mapping[str, Any]) -> dict[str, Contract]:
    found = contracts_of(document, lambda keys: f"c.yaml:{keys}")
    return {one.dataset: one for one in found}


def measure(value: Any, kind: str) -> Any:
    """A bound in the terms of the values that it bounds."""
    if kind in {"integer", "number"}:
        return value
    parse: dict[str, Callable[[str], Any]] = {
        "date": date.fromisoformat,
        "timestamp": datetime.fromisoformat,
        "time": time.fromisoformat,
    }
    return parse[kind](value)


def broken(values: list[Any], declared: Mapping[str, Any]) -> list[str]:
    """What the values of a column break of what is written of it."""
    kind, options = declared["logicalType"], declared.get("logicalTypeOptions", {})
    there = [value for value in values if value is not None]
    rules = {rule["metric"]: rule.get("arguments", {}) for rule in declared.get("quality", [])}
    needed = declared.get("required") or declared.get("primaryKey") or "nullValues" in rules
    wrong = ["missing"] if needed and None in values else []
    wrong += ["type" for value in there if type(value) is not TYPES[kind]]
    if (declared.get("unique") or "duplicateValues" in rules) and len(set(there)) < len(there):
        wrong.append("twice")
    allowed = [one["value"] for one in declared.get("enum", ())] or rules.get(
        "invalidValues", {}
    ).get("validValues")
    if allowed:
        listed = [
            v if kind in {"integer", "number", "string"} else measure(v, kind) for v in allowed
        ]
        wrong += ["not listed" for value in there if value not in listed]
    pattern = options.get("pattern") or rules.get("invalidValues", {}).get("pattern")
    for value in there:
        holds = {
            "minimum": lambda end, v=value: v >= measure(end, kind),
            "maximum": lambda end, v=value: v <= measure(end, kind),
            "exclusiveMinimum": lambda end, v=value: v > measure(end, kind),
            "exclusiveMaximum": lambda end, v=value: v < measure(end, kind),
            "minLength": lambda end, v=value: len(v) >= end,
            "maxLength": lambda end, v=value: len(v) <= end,
        }
        wrong += [word for word, end in options.items() if word in holds and not holds[word](end)]
        if pattern and not re.search(pattern, value):
            wrong.append("pattern")
    return wrong


@settings(max_examples=50, deadline=None)
@given(documents(), st.text(max_size=3))
def test_rows_keep_every_promise_of_generated_contracts(
    document: dict[str, Any], seed: str
) -> None:
    contracts = read(document)
    made = example(contracts, "child", ROWS, seed)
    assert example(contracts, "child", ROWS, seed) == made
    assert list(made) == ["parent", "child"]
    for table in document["schema"]:
        for declared in table["properties"]:
            values = made[table["name"]][declared["name"]]
            assert broken(values, declared) == []
            assert len(values) == len(made[table["name"]][table["properties"][0]["name"]])
    keys = list(zip(made["parent"]["k0"], made["parent"]["k1"], strict=True))
    assert len(set(keys)) == len(keys)
    assert len(made["child"]["p0"]) == ROWS
    pairs = zip(made["child"]["p0"], made["child"]["p1"], strict=True)
    assert [pair for pair in pairs if None not in pair and pair not in set(keys)] == []


def of(*declared: dict[str, Any]) -> dict[str, Contract]:
    table = {"name": "t", "properties": list(declared)}
    return read({**HEAD, "schema": [table]})


def test_values_may_be_missing_where_they_are_not_required() -> None:
    columns = example(of({"name": "a", "logicalType": "string"}), "t", 200, "0")["t"]
    assert 0 < columns["a"].count(None) < 60


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("email", r"[^@ ]+@example\.(com|org|net)"),
        ("uuid", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("ipv4", r"192\.0\.2\.\d+"),
        ("uri", r"https://example\..*"),
    ],
)
def test_a_format_is_kept(form: str, pattern: str) -> None:
    told = {"name": "a", "logicalType": "string", "required": True, "logicalTypeOptions": {"format": form}}  # fmt: skip
    values = example(of(told), "t", 20, "0")["t"]["a"]
    assert all(re.fullmatch(pattern, value) for value in values)


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        ("integer", -3), ("integer", 3), ("integer", 0), ("number", 0.0), ("number", -5.5),
        ("number", 1e-9), ("date", "1999-01-01"), ("date", "2020-01-03"),
        ("timestamp", "2019-12-31T23:59:59"), ("time", "01:00:00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("word", ["maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"])
def test_one_end_alone_leaves_room_for_different_values(kind: str, end: Any, word: str) -> None:
    told = {"name": "a", "logicalType": kind, "required": True, "unique": True, "logicalTypeOptions": {word: end}}  # fmt: skip
    values = example(of(told), "t", ROWS, "0")["t"]["a"]
    assert (len(values), broken(values, told)) == (ROWS, [])


@pytest.mark.parametrize(
    ("kind", "options", "fits"),
    [
        ("integer", {"multipleOf": 5, "exclusiveMinimum": 10**12}, lambda v: v % 5 == 0 and v > 10**12),
        ("integer", {"multipleOf": 2.5, "maximum": -7}, lambda v: v % 5 == 0 and v <= -7),
        ("integer", {"format": "u8"}, lambda v: 0 <= v <= 255),
        ("integer", {"format": "i8", "maximum": -100}, lambda v: -128 <= v <= -100),
        ("number", {"multipleOf": 0.5}, lambda v: v % 0.5 == 0),
        ("number", {"multipleOf": 0.5, "exclusiveMinimum": 1, "exclusiveMaximum": 2}, lambda v: v == 1.5),
        ("string", {"maxLength": 0}, lambda v: v == ""),
    ],
)  # fmt: skip
def test_multiples_widths_and_empty_texts_are_kept(
    kind: str, options: dict[str, Any], fits: Callable[[Any], bool]
) -> None:
    told = {"name": "a", "logicalType": kind, "required": True, "logicalTypeOptions": options}
    assert all(map(fits, example(of(told), "t", ROWS, "0")["t"]["a"]))


def test_narrow_bounds_leave_what_is_between_them() -> None:
    options = {"exclusiveMinimum": 0.1, "maximum": math.nextafter(0.1, 1)}
    told = {"name": "a", "logicalType": "number", "required": True, "logicalTypeOptions": options}
    assert set(example(of(told), "t", 5, "0")["t"]["a"]) == {math.nextafter(0.1, 1)}


def test_what_cannot_be_is_refused_with_its_place() -> None:
    few = {"name": "a", "logicalType": "integer", "unique": True, "required": True, "logicalTypeOptions": {"minimum": 1, "maximum": 3}}  # fmt: skip
    with pytest.raises(DataError, match="only 3 different rows of t were found, not 4"):
        example(of(few), "t", 4, "0")
    none = {"name": "a", "logicalType": "integer", "logicalTypeOptions": {"minimum": 3, "maximum": 1}}  # fmt: skip
    with pytest.raises(DeclarationError, match="no whole number"):
        example(of(none), "t", 1, "0")
    with pytest.raises(UnknownNameError, match="did you mean 't'"):
        example(of(few), "tt", 1, "0")


CONTRACT = {
    **HEAD,
    "schema": [
        {
            "name": "towns",
            "properties": [{"name": "id", "logicalType": "integer", "primaryKey": True}],
        },
        {
            "name": "people",
            "properties": [
                {"name": "name", "logicalType": "string", "required": True, "unique": True},
                {"name": "born", "logicalType": "date"},
                {"name": "here", "logicalType": "boolean"},
                {"name": "town", "logicalType": "integer", "relationships": [{"to": "towns.id"}]},
            ],
        },
    ],
}


def test_the_command_prints_or_writes_the_same_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "headgate.yml").write_text("name: x\n")
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "people.yaml").write_text(yaml.safe_dump(CONTRACT))

    def said(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main.main(["-C", str(tmp_path), "contract", "example", "people", *words])
        out, err = capsys.readouterr()
        assert (ended.value.code or 0) == code, out + err
        return out if code == 0 else err

    text = said("--rows", "7")
    frame = pl.read_csv(text.encode(), try_parse_dates=True)
    assert (frame.columns, frame.height) == (["name", "born", "here", "town"], 7)
    assert said("--rows", "7") == text != said("--rows", "7", "--seed", "1")
    listed = json.loads(said("--rows", "7", "--format", "json"))
    assert [row["name"] for row in listed] == frame["name"].to_list()
    rows = json.loads(said("--rows", "7", "--json"))["rows"]
    assert rows["people"] == listed
    said("--rows", "7", "--out", "made/", "--format", "parquet")
    people, towns = (
        pl.read_parquet(tmp_path / "made" / f"{n}.parquet") for n in ("people", "towns")
    )
    assert people.schema == {
        "name": pl.String, "born": pl.Date, "here": pl.Boolean, "town": pl.Int64,
    }  # fmt: skip
    assert people["name"].to_list() == frame["name"].to_list()
    assert set(people["town"].drop_nulls()) <= set(towns["id"])
    said("--out", "people.csv", "--rows", "7")
    assert (tmp_path / "people.csv").read_text() == text
    assert "there already" in said("--out", "people.csv", code=2)
    assert "nothing to print" in said("--format", "parquet", code=2)
