"""Steps: functions get their inputs in the form they ask for; queries see their inputs alone."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from headgate.engines.engine import Engine
from headgate.engines.find import find
from headgate.errors import StepError, UnknownNameError
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars  # noqa: ICN001 - a name that is not there when the function runs

Hold = Callable[..., Table]


@pytest.fixture(scope="module")
def sales(hold: Hold) -> Table:
    return hold(pl.DataFrame({"Store": [1, 1, 2], "Sales": [5, 7, 9]}), name="sales")


def lazily(sales: pl.LazyFrame) -> pl.LazyFrame:
    assert isinstance(sales, pl.LazyFrame)
    return sales.group_by("Store").agg(pl.col("Sales").sum()).sort("Store")


def unannotated(sales):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return lazily(sales)


def anything(sales: Any) -> Any:
    return lazily(sales)


def eagerly(sales: pl.DataFrame) -> pl.DataFrame:
    assert isinstance(sales, pl.DataFrame)
    return sales.group_by("Store").agg(pl.col("Sales").sum()).sort("Store")


def in_text_of_a_type_checker(sales: polars.DataFrame) -> polars.DataFrame:
    return eagerly(sales)


def annotated(sales: Annotated[pl.DataFrame, "each day"]) -> pl.DataFrame:
    return eagerly(sales)


def optional(sales: pl.DataFrame | None) -> pl.DataFrame:
    assert sales is not None
    return eagerly(sales)


def as_relation(sales: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    return sales.aggregate("Store, sum(Sales) as Sales", "Store").order("Store")


def by_duckdb_itself(
    sales: duckdb.DuckDBPyRelation,  # noqa: ARG001 - the query finds it
) -> duckdb.DuckDBPyRelation | None:
    return duckdb.sql("select Store, sum(Sales) as Sales from sales group by Store order by Store")


def by_arrow(sales: pa.Table) -> pa.Table:
    return sales.group_by("Store").aggregate([("Sales", "sum")]).rename_columns(["Store", "Sales"])


def by_pandas(sales: pd.DataFrame) -> pd.DataFrame:
    return sales.groupby("Store", as_index=False)["Sales"].sum()


@pytest.mark.parametrize(
    "function",
    [
        *(lazily, unannotated, anything, eagerly, in_text_of_a_type_checker, annotated, optional),
        *(as_relation, by_duckdb_itself, by_arrow, by_pandas),
    ],
)
def test_the_annotation_says_which_form_a_function_gets(
    engine: Engine, sales: Table, function: Callable[..., Any]
) -> None:
    frame = engine.call(function, {"sales": sales}, {})
    assert isinstance(frame, pl.DataFrame)
    assert frame.rows() == [(1, 12), (2, 9)]
    assert frame.dtypes == [pl.Int64, pl.Int64]


def test_forms_and_parameters_mix(engine: Engine, sales: Table) -> None:
    def step(*, left: pl.DataFrame, right: duckdb.DuckDBPyRelation, least: int) -> pl.DataFrame:
        return left.filter(pl.col("Sales") >= least).with_columns(rows=pl.lit(len(right)))

    frame = engine.call(step, {"left": sales, "right": sales}, {"least": 6})
    assert frame.rows() == [(1, 7, 3), (2, 9, 3)]


@pytest.mark.parametrize("result", [None, 3, "text", [1], {"a": [1]}])
def test_what_is_no_table_is_an_error_of_the_step(
    engine: Engine, sales: Table, result: object
) -> None:
    def step(sales: pl.LazyFrame) -> object:  # noqa: ARG001
        return result

    with pytest.raises(StepError, match=r"step gave (.|\n)*polars\.DataFrame"):
        engine.call(step, {"sales": sales}, {})


def test_a_form_that_no_table_has_is_an_error_of_the_step(engine: Engine, sales: Table) -> None:
    def step(sales: dict[str, int]) -> pl.DataFrame: ...  # type: ignore[empty-body]

    with pytest.raises(StepError, match="'sales' asks for dict"):
        engine.call(step, {"sales": sales}, {})


def test_what_a_function_raises_passes_through(engine: Engine, sales: Table) -> None:
    def step(sales: pl.LazyFrame) -> pl.LazyFrame:  # noqa: ARG001
        raise ZeroDivisionError("the team's own")

    with pytest.raises(ZeroDivisionError, match="the team's own"):
        engine.call(step, {"sales": sales}, {})


# ------------------------------------------------------------------ queries


def test_a_query_reads_its_inputs_by_name(engine: Engine, sales: Table, hold: Hold) -> None:
    odd = hold(pl.DataFrame({"Store": [1], "City": ["Bonn"]}), name='the "odd" one')
    query = """
        -- what each city sold; a comment may hold a ;
        select City, sum(Sales) as Sales from sales join "the ""odd"" one" using (Store) group by 1
    """
    frame = engine.select(query, {"sales": sales, 'the "odd" one': odd})
    assert frame.rows() == [("Bonn", 12)]
    assert frame.dtypes == [pl.String, pl.Int64]


def test_a_sum_beyond_64_bits_is_an_error_and_not_rounded(engine: Engine, hold: Hold) -> None:
    large = hold(pl.DataFrame({"n": [2**62, 2**62, 2**62]}))
    with pytest.raises(StepError, match="'total' has more than 64 bits"):
        engine.select("select sum(n) as total from large", {"large": large})


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("selec 1", "syntax error"),
        ("select Salez from sales", 'Salez(.|\n)*Candidate bindings: "Sales"'),
        ("select * from orders", "orders(.|\n)*the tables here are: sales"),
        ("select 1; select 2", "2 statements"),
        ("", "0 statements"),
        ("create table x as select 1 as a", "this is CREATE"),
        ("copy sales to 'x.csv'", "this is COPY"),
        ("select 1 as a, 2 as a", "more than one column 'a'"),
    ],
)
def test_a_wrong_query_says_what_is_wrong(
    engine: Engine, sales: Table, query: str, what: str
) -> None:
    with pytest.raises(StepError, match=what):
        engine.select(query, {"sales": sales})


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{secret}')",
        "select * from read_text('{secret}')",
        "select * from '{secret}'",
        "select * from glob('/*')",
        "select * from read_parquet('{other}')",
        "select * from 'https://example.com/x.parquet'",
        "select * from here",
    ],
)
def test_a_query_sees_no_other_file_and_no_network(
    engine: Engine, sales: Table, hold: Hold, tmp_path: Path, query: str
) -> None:
    secret, other = tmp_path / "secret.csv", hold(pl.DataFrame({"a": [1]}))
    secret.write_text("a\n1\n")
    here = pl.DataFrame({"a": [1]})
    with pytest.raises(StepError):
        engine.select(query.format(secret=secret, other=other.paths[0]), {"sales": sales})
    assert here.height == 1


# ------------------------------------------------------------------ measures


def test_a_statement_measures_tables_and_frames_alike(engine: Engine, sales: Table) -> None:
    statement = "select sum(Sales), count(*) filter (where Sales > ?) from data where Store < ?"
    frame = pl.DataFrame({"Store": [1, 1, 2], "Sales": [5, 7, 9]})
    assert engine.measure(sales, statement, [6, 2]) == [(12, 1)]
    assert engine.measure(frame, statement, [6, 2]) == [(12, 1)]
    twice = "select count(*) from data union all select max(Sales) from data"
    assert engine.measure(frame, twice, []) == engine.measure(sales, twice, []) == [(3,), (9,)]


def test_a_table_of_several_files_is_measured_as_one(engine: Engine, hold: Hold) -> None:
    one, two = hold(pl.DataFrame({"a": [1]})), hold(pl.DataFrame({"a": [2, 3]}))
    both = Table("both", (*one.paths, *two.paths), one.schema, 3)
    assert engine.measure(both, "select sum(a), count(*) from data", []) == [(6, 3)]


def test_a_path_is_never_a_pattern(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "we[i]rd *dir?"
    folder.mkdir()
    for path, value in ((folder / "a*", 1), (folder / "ab", 2)):
        written = engine.write(pl.DataFrame({"a": [value]}), path)
    table = Table("t", (folder / "a*",), written.schema, 1)
    assert engine.measure(table, "select a from data", []) == [(1,)]
    assert engine.select("select a from t", {"t": table}).rows() == [(1,)]
    assert engine.call(lambda t: t, {"t": table}, {}).rows() == [(1,)]
    assert engine.merge(table, pl.DataFrame({"a": [3]}), ["a"]).rows() == [(1,), (3,)]


def test_nan_written_by_others_is_not_overlooked(engine: Engine, tmp_path: Path) -> None:
    import pyarrow.parquet

    path = tmp_path / "foreign"
    pyarrow.parquet.write_table(pa.table({"a": [1.0] * 1000 + [float("nan")] * 10}), path)
    table = Table(
        "foreign", (path,), find().write(pl.DataFrame({"a": [1.0]}), tmp_path / "x").schema, 1010
    )
    assert engine.measure(table, "select count(*) from data where a > 10", []) == [(10,)]
    assert engine.measure(table, "select count(*) from data where isnan(a)", []) == [(10,)]


def test_several_threads_may_measure_at_once(engine: Engine, hold: Hold) -> None:
    tables = [hold(pl.DataFrame({"a": [n] * 100})) for n in range(4)]
    wrong: list[object] = []

    def judge(n: int) -> None:
        for _ in range(20):
            found = engine.measure(tables[n], "select sum(a) from data", [])
            wrong.extend(row for row in found if row != (100 * n,))

    threads = [threading.Thread(target=judge, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_engine_is_found_by_its_name() -> None:
    assert find().name == find("embedded").name == "embedded"
    with pytest.raises(UnknownNameError, match=r"no engine named 'embeded'(.|\n)*'embedded'"):
        find("embeded")


# ------------------------------------------------------------------ what is needed, and when

WITHOUT_ARROW = """
import sys
from pathlib import Path
sys.modules["pyarrow"] = sys.modules["pandas"] = None
from headgate.engines.engine import Format
from headgate.engines.find import find
from headgate.errors import MissingExtraError
from headgate.schema.table import Table

folder = Path(sys.argv[1])
assert not {"duckdb", "polars"} & set(sys.modules), "imported before they are needed"
engine = find()
assert not {"duckdb", "polars"} & set(sys.modules), "imported before they are needed"
(folder / "a.csv").write_text("a,b\\n1,x\\n2,y\\n")
frame = engine.ingest([folder / "a.csv"], Format("csv"), {}).frame
written = engine.write(frame, folder / "object")
table = Table("t", (folder / "object",), written.schema, written.rows)

def relation(t: "duckdb.DuckDBPyRelation"):
    return t.filter("a > 1")

def arrow(t: "pyarrow.Table"):
    return t

def pandas(t: "pandas.DataFrame"):
    return t

assert engine.call(relation, {"t": table}, {}).rows() == [(2, "y")]
assert engine.select("select sum(a) as s from t", {"t": table}).rows() == [(3,)]
assert engine.measure(frame, "select max(b) from data", []) == [("y",)]
assert engine.measure(table, "select max(b) from data", []) == [("y",)]
assert engine.merge(table, frame, ["a"]).rows() == [(1, "x"), (2, "y")]
for function in (arrow, pandas):
    try:
        engine.call(function, {"t": table}, {})
    except MissingExtraError as error:
        print(error.hint)
"""


def test_pyarrow_and_pandas_are_not_needed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_ARROW, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "pip install pyarrow\npip install pandas\n"
