"""A query tells what it reads, and reads datasets only."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import DeclarationError
from headgate.pipelines.sql import canonical, tables


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("select * from train", {"train"}),
        ("from train", {"train"}),
        ("table train", {"train"}),
        ('select * from "Odd Name"', {"Odd Name"}),
        ("select * from a, b join c using (x) asof join d using (y)", {"a", "b", "c", "d"}),
        ("select * from a union all by name select * from b", {"a", "b"}),
        ("select * from a where x in (select y from b where exists (from c))", {"a", "b", "c"}),
        ("select (select max(x) from b) from a, lateral (select * from c)", {"a", "b", "c"}),
        ("with w as (from t) select * from w join u using (x)", {"t", "u"}),
        ("with t as (select a + 1 as a from t) select * from t", {"t"}),
        ("with a as (select * from b), b as (select 1) select * from a, b", {"b"}),
        ("with a as (with b as (from c) from b) from a, b", {"b", "c"}),
        ("with recursive r as (select 1 as n union all select n + 1 from r) from r, x", {"x"}),
        ("WITH W AS (from t) select * from w", {"t"}),
        ("select * from range(3) as r(n), unnest([1, 2]) as u(x)", set()),
        ("pivot t on x using sum(y)", {"t"}),
        ("values (1), (2)", set()),
        ("select 1", set()),
        ("select * from t -- from u\n;", {"t"}),
        ("select 'from u' as text, $$ from v $$ as more from t", {"t"}),
        ("select * exclude (a) replace (b as c) from t qualify row_number() over () = 1", {"t"}),
    ],
)
def test_the_tables_of_a_query(query: str, read: set[str]) -> None:
    assert set(tables(query, "q.sql")) == read


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("", "the file is empty"),
        ("-- nothing", "the file is empty"),
        ("select 1; select 2", "2 statements"),
        ("create table x as select 1", "CREATE is not a SELECT"),
        ("insert into t select 1", "INSERT is not a SELECT"),
        ("delete from t", "DELETE is not a SELECT"),
        ("drop table t", "DROP is not a SELECT"),
        ("copy t to 'x.csv'", "COPY is not a SELECT"),
        ("attach 'x.db'", "ATTACH is not a SELECT"),
        ("install httpfs", "INSTALL is not a SELECT"),
        ("set threads = 1", "SET is not a SELECT"),
        ("summarize t", "SUMMARIZE is not a SELECT"),
        ("select * from 'x.parquet'", "the query reads the file 'x.parquet'"),
        ('from "data/x"', "the query reads the file 'data/x'"),
        ("from 's3://b/x'", "the query reads the file 's3://b/x'"),
        ("from read_csv('a.csv')", "the query reads read_csv(...), not a dataset"),
        ("from read_parquet(['a'])", "the query reads read_parquet(...), not a dataset"),
        ("from parquet_scan('a')", "the query reads parquet_scan(...), not a dataset"),
        ("from glob('*')", "the query reads glob(...), not a dataset"),
        ("from query_table('t')", "the query reads query_table(...), not a dataset"),
        (
            "select (select content from read_text('/etc/passwd'))",
            "the query reads read_text(...), not a dataset",
        ),
        ("from duckdb_secrets()", "the query reads duckdb_secrets(...), not a dataset"),
        ("from main.train", "the query reads 'main.train', not a dataset"),
        ("from a.b.c", "the query reads 'a.b.c', not a dataset"),
        ("select from from", "not SQL: "),
        ("select 'open", "not SQL: "),
        ("(" * 5000, "not SQL: "),
    ],
)
def test_a_query_that_is_no_select_over_datasets_is_refused(query: str, what: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        tables(query, "q.sql")
    assert raised.value.what.startswith(what)
    assert str(raised.value.where).startswith("q.sql")


def test_an_error_names_its_line() -> None:
    with pytest.raises(DeclarationError) as raised:
        tables("select 1\nfrom t\nwhere where", "q.sql")
    assert raised.value.where == "q.sql:3"


@given(st.text("selctfromwhranj '\"();,*.-/$1\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DeclarationError):
        assert isinstance(tables(text, "q.sql"), list)
        assert canonical(text, "q.sql") == canonical(text + "\n-- more", "q.sql")
