"""A reference counts the rows whose values stand nowhere in the other table."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import tables_of
from headgate.checks.native import read_check
from headgate.checks.quarantine import failing_rows
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, judged

PLACE = "pipelines/air.yml:9"


def reference(**keywords: Any) -> Check:
    return read_check({"reference": keywords}, PLACE)


TAILNUM = reference(columns="tailnum", to="planes")


@pytest.fixture
def planes(make: MakeTable) -> Table:
    return make(pl.DataFrame({"tailnum": ["N1", "N2", None], "seats": [2, 4, 8]}), "planes")


@pytest.fixture
def flights(make: MakeTable) -> Table:
    frame = pl.DataFrame(
        {
            "day": [1, 2, 3, 4, 5],
            "tailnum": ["N1", "N9", None, "N2", "N9"],
            "seats": [2.0, math.nan, 4.0, 3.0, None],
        }
    )
    return make(frame, "flights")


def counts(outcome: Outcome) -> tuple[int | None, int | None, int | None]:
    assert outcome.status is not Status.ERROR, outcome.message
    return outcome.elements, outcome.missing, outcome.unexpected


def test_a_row_whose_value_stands_nowhere_breaks_it(
    engine: EmbeddedEngine, flights: Table, planes: Table
) -> None:
    outcome = judged(engine, flights, TAILNUM, beside={"planes": planes})
    assert counts(outcome) == (5, 1, 2)
    assert outcome.message == "2 of 4 rows break it (50 %), such as N9"
    assert outcome.check.description == "tailnum in planes"
    assert [dict(sample.values)["day"] for sample in outcome.samples] == [2, 5]


def test_whole_numbers_refer_to_fractions_and_nan_to_nothing(
    engine: EmbeddedEngine, flights: Table, planes: Table
) -> None:
    check = reference(columns="seats", to="planes")
    assert counts(judged(engine, flights, check, beside={"planes": planes})) == (5, 2, 1)
    back = reference(columns="seats", to="flights")
    assert counts(judged(engine, planes, back, beside={"flights": flights})) == (3, 0, 1)


def test_a_row_with_any_part_missing_is_not_judged(
    engine: EmbeddedEngine, flights: Table, planes: Table
) -> None:
    check = reference(columns=["tailnum", "seats"], to="planes")
    outcome = judged(engine, flights, check, beside={"planes": planes})
    assert counts(outcome) == (5, 3, 1)  # N2 has four seats, not three


def test_keys_may_have_other_names_and_be_of_the_table_itself(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    people = make(pl.DataFrame({"id": [1, 2, 3], "parent": [None, 1, 7]}), "people")
    check = reference(columns="parent", to="people", keys="id")
    outcome = judged(engine, people, check, beside={"people": people})
    assert counts(outcome) == (3, 1, 1)
    assert outcome.check.description == "parent in people as id"


def test_modifiers_narrow_and_soften_it(
    engine: EmbeddedEngine, flights: Table, planes: Table
) -> None:
    some = reference(columns="tailnum", to="planes", where="day < 5", mostly=0.6, severity="warn")
    outcome = judged(engine, flights, some, beside={"planes": planes})
    assert (*counts(outcome), outcome.passed) == (4, 1, 1, True)
    assert tables_of(some.metric) == ("planes",)


def test_rows_that_refer_to_nothing_are_kept_with_their_reason(
    engine: EmbeddedEngine, flights: Table, planes: Table
) -> None:
    narrow = reference(columns="tailnum", to="planes", where="day < 5")
    beside = {"planes": planes}
    outcomes = evaluate(engine, flights, [TAILNUM, narrow], beside=beside)
    rows = failing_rows(engine, flights, outcomes, beside=beside)
    assert rows is not None
    assert rows.select("day", "_reason").rows() == [
        (2, "tailnum in planes; tailnum in planes, where day < 5"),
        (5, "tailnum in planes"),
    ]


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"columns": "day", "to": "planes", "keys": "tailnum"}, "day is an integer and tailnum"),
        ({"columns": "tailnum", "to": "planes", "keys": "tailnumber"}, "did you mean 'tailnum'"),
        ({"columns": "tailnum", "to": "pilots"}, "no dataset 'pilots'"),
        ({"columns": "tailnumber", "to": "planes"}, "no column 'tailnumber'"),
    ],
)
def test_what_cannot_be_compared_is_an_error_and_no_pass(
    engine: EmbeddedEngine, flights: Table, planes: Table, keywords: dict[str, Any], said: str
) -> None:
    outcome = judged(engine, flights, reference(**keywords), beside={"planes": planes})
    assert outcome.status is Status.ERROR
    assert said in outcome.message


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"to": "planes"}, "columns is a list of names"),
        ({"columns": "a"}, "to is text"),
        ({"columns": ["a", "b"], "to": "planes", "keys": "a"}, "as long as columns"),
        ({"columns": "a", "to": "planes", "key": "a"}, "did you mean 'keys'"),
        ({"columns": "a", "to": "planes", "where": "b >"}, "reference: where:"),
        ({"columns": "a", "to": "planes", "mostly": 3}, "mostly is a number from 0 to 1"),
    ],
)
def test_a_slip_is_told_with_its_place(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        reference(**keywords)
    assert said in str(told.value)
    assert str(told.value).startswith(PLACE)


def gone(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def even(columns: dict[str, Any]) -> pl.DataFrame:
    """A frame of columns, each as long as the shortest."""
    rows = min(map(len, columns.values()))
    return pl.DataFrame({name: cells[:rows] for name, cells in columns.items()}, schema=TYPES)


WORDS = st.lists(st.sampled_from(["a", "b", "data", "'", None]), max_size=12)
NUMBERS = st.lists(st.sampled_from([0, 1, -1, 2**53, None]), max_size=12)
FLOATS = st.lists(st.sampled_from([0.0, -0.0, 1.0, 0.5, math.nan, math.inf, None]), max_size=12)
DAYS = st.lists(st.sampled_from([date(2015, 1, 1), date(2016, 2, 29), None]), max_size=12)
TYPES = {"w": pl.String, "n": pl.Int64, "f": pl.Float64, "d": pl.Date}
TABLES = st.fixed_dictionaries({"w": WORDS, "n": NUMBERS, "f": FLOATS, "d": DAYS}).map(even)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ours=TABLES, theirs=TABLES, columns=st.sets(st.sampled_from(sorted(TYPES)), min_size=1))
def test_counts_are_those_that_python_finds(
    engine: EmbeddedEngine,
    make: MakeTable,
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    columns: set[str],
) -> None:
    names = sorted(columns)
    check = reference(columns=names, to="other")
    table, other = make(ours), make(theirs, "other")
    outcome = judged(engine, table, check, beside={"other": other})
    keys = set(theirs.select(names).rows())
    rows = ours.select(names).rows()
    whole = [row for row in rows if not any(map(gone, row))]
    broken = [row for row in whole if row not in keys]
    assert counts(outcome) == (len(rows), len(rows) - len(whole), len(broken))
    found = failing_rows(engine, table, [outcome], beside={"other": other})
    assert (0 if found is None else found.height) == len(broken)
