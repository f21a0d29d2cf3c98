"""A source finds its files, knows how they are written, and what its columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from headgate.checks.check import Check, Names, Share
from headgate.checks.metric import Between, ColumnType, Failing, NotNull, OneOf
from headgate.checks.native import read_check
from headgate.errors import DeclarationError, SourceError, UnknownNameError
from headgate.pipelines.pipeline import Source
from headgate.pipelines.source import deliveries, form, source_types
from headgate.schema.types import LogicalType

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def root(write: Write) -> Path:
    names = [
        "raw/train_2.csv",
        "raw/train_1.csv",
        "raw/deep/train_3.csv",
        "raw/[x].csv",
        "raw/x.csv",
    ]
    return write({f"data/{name}": "a\n1\n" for name in names})


def found(root: Path, path: str) -> list[str]:
    return [str(file.relative_to(root)) for file in deliveries(root, Source(path=path))]


def test_files_are_found_by_path_or_pattern_and_sorted(root: Path) -> None:
    assert found(root, "data/raw/train_1.csv") == ["data/raw/train_1.csv"]
    assert found(root, "data/raw/train_*.csv") == ["data/raw/train_1.csv", "data/raw/train_2.csv"]
    assert found(root, "data/**/train_*.csv")[0] == "data/raw/deep/train_3.csv"
    assert found(root, "data/other/../raw/train_1.csv") == ["data/raw/train_1.csv"]
    assert found(root, "data/*") == []  # folders are no deliveries
    assert found(root, "data/raw/none.csv") == []
    assert found(root, "data/raw/none*.csv") == []


def test_a_name_that_looks_like_a_pattern_is_the_file_of_that_name(root: Path) -> None:
    assert found(root, "data/raw/[x].csv") == ["data/raw/[x].csv"]


def test_a_folder_in_place_of_a_file_is_an_error_that_says_what_to_write(root: Path) -> None:
    with pytest.raises(SourceError) as raised:
        deliveries(root, Source(path="data/raw/"), "p.yml:4")
    assert str(raised.value) == (
        "p.yml:4: 'data/raw/' is a folder, not a file\n"
        "  for all files in it, write path: data/raw/*.csv"
    )


@pytest.mark.parametrize("path", ["../other.csv", "/etc/passwd", "data/../../*.csv", "", " "])
def test_a_path_does_not_lead_out_of_the_project(root: Path, path: str) -> None:
    (root.parent / "other.csv").write_text("a\n")
    with pytest.raises(DeclarationError):
        deliveries(root, Source(path=path))


def test_a_link_inside_the_project_may_lead_to_data_elsewhere(root: Path) -> None:
    elsewhere = root.parent / "lake"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text("a\n")
    (root / "data/lake").symlink_to(elsewhere)
    assert found(root, "data/lake/*.csv") == ["data/lake/a.csv"]
    assert found(root, "data/lake/a.csv") == ["data/lake/a.csv"]
    assert found(root, "data/**/a.csv") == ["data/lake/a.csv"]


@pytest.mark.parametrize(
    ("declared", "kind", "delimiter"),
    [
        ({"path": "a.csv"}, "csv", ","),
        ({"path": "A.CSV"}, "csv", ","),
        ({"path": "a.tsv"}, "csv", "\t"),
        ({"path": "a.tsv", "csv": {"delimiter": ";"}}, "csv", ";"),
        ({"path": "a.txt", "format": "csv", "csv": {"delimiter": "|"}}, "csv", "|"),
        ({"path": "data/*.parquet"}, "parquet", ","),
        ({"path": "a.ndjson"}, "jsonl", ","),
        ({"path": "a.csv", "format": "parquet"}, "parquet", ","),
    ],
)
def test_the_form_is_declared_or_told_by_the_suffix(
    declared: dict[str, Any], kind: str, delimiter: str
) -> None:
    told = form(Source.model_validate(declared))
    assert (told.kind, told.delimiter) == (kind, delimiter)


def test_an_unknown_suffix_says_what_can_be_read() -> None:
    with pytest.raises(DeclarationError) as raised:
        form(Source(path="data/a.xlsx"), "p.yml:3")
    assert str(raised.value) == (
        "p.yml:3: cannot tell from 'data/a.xlsx' how the file is written\n"
        "  say it with format: csv, parquet or jsonl"
    )


def one_of(column: str, *values: object) -> Check:
    return Check("in_set", Failing(OneOf(column, values)), Share())  # type: ignore[arg-type]


def typed(column: str, *names: str) -> Check:
    return Check("of_type", ColumnType(column), Names(names))


def test_types_are_declared_or_implied_by_a_suite() -> None:
    checks = [
        one_of("StateHoliday", "0", "a", "b"),
        one_of("Open", 0, 1),
        one_of("Rate", 0.5, 1.0),
        one_of("Mixed", "a", 1),
        one_of("Flag", True, False),
        one_of("Split", "a"),
        one_of("Split", 1),
        one_of("Store", "1", "2"),
        typed("Sales", "int64", "INTEGER"),
        typed("When", "datetime64[ns]"),
        typed("Odd", "widget"),
        Check("x", Failing(NotNull("Other")), Share()),
        Check("y", Failing(Between("Third", 0, 1)), Share()),
    ]
    assert source_types(Source(path="a.csv", types={"Store": "integer"}), checks) == {
        "Store": LogicalType.INTEGER,
        "StateHoliday": LogicalType.STRING,
        "Open": LogicalType.INTEGER,
        "Sales": LogicalType.INTEGER,
        "When": LogicalType.TIMESTAMP,
    }


def test_types_are_implied_by_the_words_of_a_pipeline() -> None:
    given: list[dict[str, Any]] = [
        {"schema": {"columns": {"id": "integer", "day": "date", "any": None, "x": "string"}}},
        {"format": {"column": "sent_on", "format": "date"}},
        {"format": {"column": "payload", "format": "json", "by": "day"}},
        {"one_of": {"column": "flag", "values": ["0", "1"], "by": "day"}},
        {"type": {"column": "x", "type": "integer"}},
    ]
    checks = [read_check(one, "p.yml:1") for one in given]
    assert source_types(Source(path="a.csv"), checks) == {
        "id": LogicalType.INTEGER,
        "day": LogicalType.DATE,
        "sent_on": LogicalType.STRING,
        "payload": LogicalType.STRING,
        "flag": LogicalType.STRING,
    }


def test_an_unknown_type_is_named_with_what_was_probably_meant() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'integer'"):
        source_types(Source(path="a.csv", types={"Store": "integr"}), (), "p.yml:9")
