"""Deliveries as parts: the same rows as in one file, and only what was touched is written."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Format
from headgate.engines.statistics import statistics_of
from headgate.errors import SourceError, StepError
from headgate.ledger.sqlite import open_ledger
from headgate.pipelines.pipeline import Source
from headgate.runs.arriving import arrange, rows_in_order
from headgate.runs.deliveries import _settings
from headgate.runs.job import SourceJob
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, write_version
from headgate.schema.partition import partitions
from headgate.schema.types import LogicalType
from headgate.store import versions
from headgate.store.manifest import Version
from headgate.store.objects import Objects

SCHEMA = {"town": pl.String, "day": pl.Date, "n": pl.Int64, "amount": pl.Float64}
Row = tuple[str | None, date | None, int | None, float | None]
Desk = Callable[..., "Held"]


@dataclass
class Held:
    """What is held of a source, and how a delivery is added to it."""

    tools: Tools
    source: Source
    version: Version | None = None

    def take(self, frame: pl.DataFrame) -> Version:
        """A delivery, arranged, written, recorded and found again."""
        arrival = arrange(self.tools, self.source, self.version, frame)
        draft = Draft(layout=arrival.layout, held=self.version)
        version, _ = write_version(self.tools, "r1", "sales", arrival.frame, draft)
        with self.tools.ledger.transaction() as tx:
            versions.record(tx, version)
            self.version = versions.find(tx, "sales", version.id)
        assert self.version is not None
        assert self.version.statistics == version.statistics
        return self.version

    def rows(self) -> list[Row]:
        return self.frame().rows()

    def frame(self) -> pl.DataFrame:
        """All rows, in the order of the version."""
        assert self.version is not None
        return pl.read_parquet(list(versions.table(self.tools.objects, self.version).paths))

    def digests(self) -> dict[str, str]:
        assert self.version is not None
        return {part.path: part.digest for part in self.version.parts}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A new source of which nothing is held, at each call."""
    root, number, opened = tmp_path_factory.mktemp("parts"), count(), []

    def make(**declared: Any) -> Held:
        folder = root / str(next(number))
        ledger = open_ledger(folder / "state.db")
        opened.append(ledger)
        tools = Tools(folder, ledger, EmbeddedEngine(), Objects(folder / "store"), "ada")
        return Held(tools, Source(path="sales.csv", **declared))

    yield make
    for ledger in opened:
        ledger.close()


def frame_of(rows: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def day(number: int) -> date:
    return date(2024, number, 1)


# ------------------------------------------------------------------ any deliveries

DAYS = st.none() | st.sampled_from([date(2024, 1, 1), date(2024, 1, 2), date(2024, 2, 1)])
TOWNS = st.none() | st.sampled_from(["Ulm", "Jena", "a/b", ""])
DIVIDED = st.sampled_from([[], ["day"], ["month(day)"], ["town"], ["town", "year(day)"], ["n"]])
ROWS = st.lists(
    st.tuples(TOWNS, DAYS, st.none() | st.integers(0, 2), st.none() | st.floats(0, 9)), max_size=6
)
KEY = ["town", "day", "n"]


def keyed(row: Row) -> bool:
    return None not in row[:3]


def first_of_each_key(rows: list[Row]) -> list[Row]:
    found = {row[:3] if keyed(row) else number: row for number, row in enumerate(rows)}
    return list(found.values())


def traced(rows: list[Row]) -> pl.DataFrame:
    return frame_of(rows).with_columns(_file=pl.lit("new.csv"), _line=pl.int_range(len(rows)))


def check_what_follows(held: Held, before: dict[str, str], rows: list[Row]) -> None:
    """What must be true of the version that rows became, whatever they are."""
    version, divided = held.version, held.source.partition_by
    assert version is not None
    assert isinstance(divided, list)
    by = partitions(divided)
    assert version.statistics == statistics_of(held.frame())
    assert [part.path for part in version.parts] == sorted(held.digests())
    touched = set(held.tools.engine.split(frame_of(rows), by)) if by else set()
    local = held.source.arrives == "append" or {one.column for one in by} <= set(KEY)
    for path, digest in held.digests().items():
        if by and local and path not in touched:
            assert before[path] == digest
    if version.unique and len(version.parts) > 1:
        keys = [row[:3] for row in held.rows()]
        assert len(set(keys)) == len(keys)


def check_traces(held: Held, rows: list[Row]) -> None:
    """A trace has the rows in the order of the version, and a line for each that was delivered."""
    arrival = arrange(held.tools, held.source, held.version, traced(rows))
    follows = rows_in_order(held.tools, arrival)
    held.take(frame_of(rows))
    assert follows.select(list(SCHEMA)).rows() == held.rows()
    told = follows.drop_nulls("_line")
    assert told.get_column("_line").sort().to_list() == list(range(len(rows)))
    for *row, _, line in told.select(*SCHEMA, "_file", "_line").rows():
        assert tuple(row) == rows[line]


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), DIVIDED, st.booleans())
def test_appended_rows_are_all_there_and_untouched_parts_stay(
    desk: Desk, deliveries: list[list[Row]], by: list[str], sorted_too: bool
) -> None:
    held = desk(arrives="append", partition_by=by, key=KEY if sorted_too else [])
    wanted: Counter[Row] = Counter()
    for rows in deliveries:
        before = held.digests() if held.version else {}
        check_traces(held, rows)
        wanted.update(rows)
        assert Counter(held.rows()) == wanted
        check_what_follows(held, before, rows)
        if not by and before and rows and sum(wanted.values()) > len(rows):
            assert list(held.digests().values())[: len(before)] == list(before.values())


@settings(max_examples=30, deadline=None)
@given(st.lists(ROWS.map(first_of_each_key), min_size=1, max_size=4), DIVIDED)
def test_upserted_rows_replace_those_of_their_key_and_untouched_parts_stay(
    desk: Desk, deliveries: list[list[Row]], by: list[str]
) -> None:
    held = desk(arrives="upsert", partition_by=by, key=KEY)
    wanted: dict[Any, Row] = {}
    for number, rows in enumerate(deliveries):
        before = held.digests() if held.version else {}
        check_traces(held, rows)
        wanted |= {row[:3] if keyed(row) else (number, n): row for n, row in enumerate(rows)}
        assert Counter(held.rows()) == Counter(wanted.values())
        check_what_follows(held, before, rows)


# ------------------------------------------------------------------ what is written


def test_the_first_appended_delivery_is_one_file_and_the_next_joins_it(desk: Desk) -> None:
    held = desk(arrives="append")
    first = held.take(frame_of([("Ulm", day(1), 1, 1.0)]))
    assert (first.id, first.parts[0].path) == (first.parts[0].digest, "")
    for number in range(2, 12):
        held.take(frame_of([("Ulm", day(1), number, 1.0)]))
    assert list(held.digests()) == [f"part-{number:06d}.parquet" for number in range(1, 12)]
    assert held.digests()["part-000001.parquet"] == first.id
    assert held.version is not None
    assert held.version.id.endswith(".dir")
    assert [row[2] for row in held.rows()] == list(range(1, 12))


@pytest.mark.parametrize("by", [[], ["day"], ["town"]])
def test_a_delivery_without_rows_changes_nothing(desk: Desk, by: list[str]) -> None:
    held = desk(arrives="append", partition_by=by)
    for rows in ([("Ulm", day(1), 1, 1.0)], [("Jena", day(2), 2, 1.0)]):
        version = held.take(frame_of(rows))
        assert held.take(frame_of([])) == version


@pytest.mark.parametrize("by", [[], ["day"]])
def test_a_part_without_rows_does_not_stay_beside_others(desk: Desk, by: list[str]) -> None:
    held = desk(arrives="append", partition_by=by)
    held.take(frame_of([]))
    held.take(frame_of([("Ulm", day(1), 1, 1.0)]))
    assert held.version is not None
    assert [part.rows for part in held.version.parts] == [1]


def test_held_parts_are_not_read_where_rows_are_appended(desk: Desk) -> None:
    held = desk(arrives="append", partition_by="day")
    for number in (1, 2, 3):
        held.take(frame_of([("Ulm", day(number), 1, 1.0)]))
    assert held.version is not None
    for part in held.version.parts[1:]:  # the footer of the first tells the types
        held.tools.objects.path(part.digest).unlink()
    held.take(frame_of([("Ulm", day(4), 1, 1.0)]))
    assert len(held.digests()) == 4


def test_a_correction_of_one_day_reads_and_writes_that_day(desk: Desk) -> None:
    held = desk(arrives="upsert", partition_by="day", key=["day", "town"])
    for number in (1, 2, 3):
        held.take(frame_of([("Ulm", day(number), 1, 1.0)]))
    before = held.digests()
    held.tools.objects.path(before["day=2024-03-01/part.parquet"]).unlink()
    held.take(frame_of([("Ulm", day(2), 1, 2.0), ("Jena", day(2), 1, 3.0)]))
    after = held.digests()
    assert [path for path in after if after[path] != before[path]] == [
        "day=2024-02-01/part.parquet"
    ]
    assert held.version is not None
    assert [part.rows for part in held.version.parts] == [1, 2, 1]
    assert held.version.unique == ("day", "town")


def test_a_key_that_does_not_say_the_part_moves_rows_between_parts(desk: Desk) -> None:
    held = desk(arrives="upsert", partition_by="town", key="n")
    held.take(frame_of([("Ulm", day(1), 1, 1.0), ("Jena", day(1), 2, 1.0), ("Bonn", None, 3, 1.0)]))
    before = held.digests()
    held.take(frame_of([("Ulm", day(2), 2, 2.0)]))
    assert sorted(held.rows(), key=repr) == [
        ("Bonn", None, 3, 1.0),
        ("Ulm", day(1), 1, 1.0),
        ("Ulm", day(2), 2, 2.0),
    ]
    assert set(held.digests()) == {"town=Ulm/part.parquet", "town=Bonn/part.parquet"}
    assert held.digests()["town=Bonn/part.parquet"] == before["town=Bonn/part.parquet"]


@pytest.mark.parametrize("by", [[], ["day"]])
def test_a_wider_type_is_written_in_all_parts(desk: Desk, by: list[str]) -> None:
    held = desk(arrives="append", partition_by=by)
    whole = frame_of([("Ulm", day(1), 1, None)]).cast({"amount": pl.Int32})
    for number in (1, 2):
        held.take(whole.with_columns(day=pl.lit(day(number)), amount=pl.lit(number, pl.Int32)))
    held.take(frame_of([("Ulm", day(3), 1, 0.5)]))
    assert [row[3] for row in held.rows()] == [1.0, 2.0, 0.5]
    assert held.version is not None
    types = {pl.read_parquet_schema(path)["amount"] for path in paths(held)}
    assert types == {pl.Float64()}
    assert len(paths(held)) == (3 if by else 1)


def paths(held: Held) -> Sequence[Path]:
    assert held.version is not None
    return versions.table(held.tools.objects, held.version).paths


@pytest.mark.parametrize("by", [[], ["day"]])
@pytest.mark.parametrize("arrives", ["append", "upsert"])
def test_other_columns_are_refused_in_any_layout(desk: Desk, arrives: str, by: list[str]) -> None:
    held = desk(arrives=arrives, partition_by=by, key=["day"])
    held.take(frame_of([("Ulm", day(1), 1, 1.0)]))
    with pytest.raises(SourceError, match="has no column 'n', unlike what is held"):
        held.take(frame_of([("Ulm", day(2), 1, 1.0)]).drop("n"))
    with pytest.raises(SourceError, match="adds the column 'open'"):
        held.take(frame_of([("Ulm", day(2), 1, 1.0)]).with_columns(open=1))


def test_a_missing_partition_column_is_named(desk: Desk) -> None:
    with pytest.raises(StepError, match="no column 'date'"):
        desk(arrives="append", partition_by="date").take(frame_of([]))


@pytest.mark.parametrize("by", [[], ["day"]])
def test_each_part_is_sorted_by_the_key(desk: Desk, by: list[str]) -> None:
    held = desk(arrives="append", partition_by=by, key="n")
    held.take(frame_of([("Ulm", day(1), n, 1.0) for n in (3, 1)]))
    held.take(frame_of([("Ulm", day(1), n, 1.0) for n in (2, 0)]))
    assert [row[2] for row in held.rows()] == ([0, 1, 2, 3] if by else [1, 3, 0, 2])


def test_equal_days_are_one_object(desk: Desk) -> None:
    held = desk(arrives="append")
    for _ in range(3):
        held.take(frame_of([("Ulm", day(1), 1, 1.0)]))
    assert len(set(held.digests().values())) == 1
    assert len(held.rows()) == 3


# ------------------------------------------------------------------ what was made before


def job(**declared: Any) -> SourceJob:
    source = Source(path="sales.csv", arrives="upsert", key=["Store", "Date"], **declared)
    types = {"Store": LogicalType.INTEGER, "Date": LogicalType.DATE}
    return SourceJob("sales", source, Format("csv"), types, (), "pipelines/shop.yml:4")


def test_a_source_that_says_nothing_of_parts_is_the_one_it_was() -> None:
    # as taken before there was such a key: what was held then need not be read again
    assert _settings(job()) == "195c2fb8c58a6c85"
    assert _settings(job(partition_by=[])) == _settings(job())
    divided = [_settings(job(partition_by=by)) for by in ("Date", "month(Date)", ["Date", "Store"])]
    assert len({_settings(job()), *divided}) == 4
