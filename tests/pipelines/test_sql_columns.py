"""What a query reads and writes, held against what DuckDB makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache

import duckdb  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.pipelines.columns import Column, Columns, Kind, Known, Reads, StepColumns
from headgate.pipelines.sql_columns import query_columns

Tables = Mapping[str, tuple[tuple[str, str], ...]]
TABLES: Tables = {
    "t": (
        ("Id", "int"),
        ("Name", "text"),
        ("amt", "double"),
        ("l", "int[]"),
        ("s", "struct(a int, b text)"),
    ),
    "u": (("id", "int"), ("city", "text"), ("amt", "double")),
}
VALUES = {"int": "1", "text": "'a'", "double": "1", "int[]": "[1]"}
KNOWN = {
    name: Columns(tuple(Column(column) for column, _ in columns), Known.EXACTLY)
    for name, columns in TABLES.items()
}
INPUTS = {"t": "t", "u": "u"}
SOME = {"t": Columns((Column("Id"), Column("amt")), Known.AT_LEAST)}
LESS: tuple[dict[str, Columns], ...] = ({}, SOME, {"u": KNOWN["u"]}, {**SOME, "u": KNOWN["u"]})
"""What may be known of the tables where not everything is."""

EXACT = """
select ID from t
select t.ID, u.city from t, u where t.id = u.id
select * from t join u on t.id = u.id
select x.* from (select * from t join u on t.id = u.id) x
select id_1 from (select t.ID, u.ID from t, u) x
select x.id_1 as k from (select t.id, u.id from t, u) x
select * from t join u using (id)
select * from u right join t using (id)
select * from u full join t using (id)
select * from t full join (select Id as ID, 1 as z from u) using (iD)
select * from t join u using (id) join (select id, 3 as k from u) v using (id)
select id from t join u using (id)
select u.* from t join u using (id)
select t.*, u.* from t join u using (id)
select u.id from t join u using (id)
select id from (t join u using (id))
select t.name from (t join u using (id))
select * rename (nope as n) from t
select * rename (id as n) from t
select * replace (amt * 2 as AMT) from t
select * exclude (l, s), amt * 2 as d from t
select u.* exclude (id), t.id from t, u
select * exclude (u.id) from t, u
select * exclude id from t join u using (id)
select t.* exclude (name), u.city as city2 from t, u where t.id = u.id
select v from t, unnest(l) as z(v)
select * from t, unnest(l)
select z from t, unnest(l) as z
select * from unnest([{'a': 1}]) z(v)
select unnest([1, 2]) as one, id from u
select * from range(3)
select * from range(3) r
select i, id from t, generate_series(id) g(i)
select * from t cross join range(3) r(i)
values (1, 2)
select * from (values (1, 2)) v(a)
select * from u, (values (1, 'a')) as v(k, w) where u.id = v.k
select amt * 2 as x, x + 1 as y from t where x > 3 group by all having y > 1 order by y
select amt as name, name as z from t
select amt as name from t order by name
select amt as name from t where name = 'x'
select id as q from t where q > 1
select max(id) as amt from t having amt > 1
select id as amt from t order by -amt
select 1 as id from t where id = 2
select t from t
select t.s.a from t
select t.s.b as sb, s.a as sa from t
select main.u.id from u
select * from t semi join u using (id)
select * from t anti join u using (id)
select * from t natural join u
select * from t positional join u
from t select id
from t
from u select city, max(amt) as m group by all
select id from t union by name select city, id from u
select id, name from t union all select id, city from u
select * from u union all select id, name, amt from t
select id from t intersect select id from u
select name as n from t union by name select city as n, id from u
with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) select * from r
with recursive r as (select id, 0 as d from u union all select r.id, d + 1 as d from r where d < 3) from r
with x as (select * from t), y as (select *, amt + 1 as b from x) select b, y.name from y
with x(a, b) as (select id, city from u) select a from x
with t as (select id as k from u) select k from t
select count(*) as n from (select * from t)
select count(*) as n from (select distinct * from u)
select * from (select * from t where amt > 0) z
select (select max(amt) from u where id = t.id) as m from t
select id from t where exists (select * from u where city = name)
select id from t where id in (select id from u)
select id from t where (id, amt) in (select id, amt from u)
select id, city from u where not exists (select 1 from t where t.id = u.id)
select * from u where id = any(select id from t)
select * from t where amt > (select avg(amt) from t)
select * from t, lateral (select t.id + 1 as z) q
select a, b, amt from t as tt(a, b)
select list_transform(l, lambda x: x + amt) as q from t
select list_filter(l, lambda e: e > id) as f from t
select [x + amt for x in l if x > id] as q from t
select struct_pack(k := amt) as q from t
select {'k': amt, 'y': name} as q from t
select row_number() over w as n from t window w as (partition by name order by amt)
select id from t qualify row_number() over (partition by name) = 1
select distinct on (name) id from t
select count(*) filter (where amt > 1) as c from t
select max(id order by name) as c from t
select id from u group by rollup(id, city)
select city, count(*) as n from u group by city order by n desc limit 3
select u.city as id from u order by id
select distinct city from u
select coalesce(t.amt, u.amt, 0) as amt from t left join u on t.id = u.id
select * from t asof join u on t.id = u.id and t.amt >= u.amt
unpivot u on id, amt into name k value v
select current_date as d, id from u
select * from u order by all
select "Name" as "the name" from t
select (iD) as id, t.name as NAME from t
select t.id, u.city from t left join (select id, max(city) as city from u group by id) u using (id)
with c as (select city, sum(amt) as total from u group by 1) select total / sum(total) over () as share from c
select case when amt > 1 then 'big' else 'small' end as size, count(*) as n from t group by size having n > 0
select x.id, y.v from t x, (select unnest([x.id]) as v) y
select id from t order by (select max(amt) from u where u.id = t.id)
from (pivot u on city using sum(amt) group by id) select id
""".strip().splitlines()

PARTLY = """
select amt::int from t
select unnest(l) as v from t
select unnest(s) as q from t
select s.* from t
pivot u on city using sum(amt)
pivot u on city in ('a', 'b') using sum(amt) group by id
select * from t pivot (sum(amt) for name in ('a', 'b'))
select columns('a.*') from t
select * like 'a%' from t
select #1 from u
select x.city from (select *, amt + 1 from u) x
""".strip().splitlines()

WRONG = """
select nope from t
select t.nope from t
select tt.id from t
select t.id from t as tt
select id from t join u on true
select * exclude (nope) from t
select * replace (1 as nope) from t
select id from t order by nope
select tt.id from t as tt(a, b)
select * from t join u using (name)
select nope.* from t
select k from (select id from t) x
select id from t where exists (select 1 from u where u.nope = t.id)
with x as (select id from t) select city from x
""".strip().splitlines()


@cache
def databases() -> duckdb.DuckDBPyConnection:
    """A database with both tables, and for each column one in which it is missing."""
    con = duckdb.connect()
    columns = [f"{name}.{column}" for name, of in TABLES.items() for column, _ in of]
    for without in ("", *columns):
        con.execute(f"""attach ':memory:' as "without {without}" """)
        con.execute(f"""use "without {without}" """)
        for name, of in TABLES.items():
            kept = [(column, kind) for column, kind in of if f"{name}.{column}" != without]
            made = ", ".join(f'"{column}" {kind}' for column, kind in kept)
            con.execute(f"create table {name} ({made})")
            row = ", ".join(VALUES.get(kind, "{'a': 1, 'b': 'x'}") for _, kind in kept)
            con.execute(f"insert into {name} select {row}")
    return con


@cache
def binds(query: str, without: str = "") -> tuple[str, ...] | None:
    """The names of what DuckDB makes of a query, without one column; None where it refuses it."""
    con = databases()
    con.execute(f"""use "without {without}" """)
    with suppress(duckdb.Error):
        return tuple(row[0] for row in con.execute(f"describe {query}").fetchall())
    return None


def told(query: str, known: Mapping[str, Columns] = KNOWN) -> StepColumns:
    """What is said of a query over the two tables."""
    return query_columns(query, "q.sql", INPUTS, known)


def slips(found: StepColumns) -> list[str]:
    """What a query is said to be unable to find."""
    kinds = {Kind.MISSING, Kind.AMBIGUOUS}
    return [problem.what for problem in found.problems if problem.kind in kinds]


def disagreements(query: str, found: StepColumns) -> Iterator[str]:
    """What is said of a query, and DuckDB denies."""
    whole = binds(query)
    assert whole is not None
    names, there = [[n.casefold() for n in each] for each in (found.writes.names, whole)]
    if found.writes.known is Known.EXACTLY and names != there:
        yield f"it writes {whole}"
    if not set(names) <= set(there):
        yield f"it writes no {set(names) - set(there)}"
    yield from slips(found)
    for table, columns in TABLES.items():
        reads = found.reads[table]
        needed, read = [{n.casefold() for n in each} for each in (reads.needed, reads.names)]
        for column, _ in columns:
            left = binds(query, f"{table}.{column}")
            if column.casefold() in needed and left is not None:
                yield f"{table}.{column} is needed, and the query does without it"
            exact = reads.known is Known.EXACTLY
            if exact and column.casefold() not in read and left != whole:
                yield f"{table}.{column} is not read, and without it there is {left}"


@pytest.mark.parametrize("query", EXACT)
def test_a_query_writes_and_reads_what_duckdb_says(query: str) -> None:
    found = told(query)
    assert (found.writes.names, found.writes.known) == (binds(query), Known.EXACTLY)
    assert list(disagreements(query, found)) == []
    assert {reads.known for reads in found.reads.values()} == {Known.EXACTLY}


@pytest.mark.parametrize("query", PARTLY)
def test_names_that_values_or_duckdb_decide_are_not_guessed(query: str) -> None:
    found = told(query)
    if "x.city" not in query:
        assert found.writes.known is not Known.EXACTLY
    assert list(disagreements(query, found)) == []


@pytest.mark.parametrize("known", LESS)
def test_however_little_is_known_of_tables_nothing_is_said_that_duckdb_denies(
    known: dict[str, Columns],
) -> None:
    for query in (*EXACT, *PARTLY):
        assert (query, list(disagreements(query, told(query, known)))) == (query, [])


@pytest.mark.parametrize("query", WRONG)
def test_a_name_that_duckdb_does_not_find_is_a_problem(query: str) -> None:
    assert binds(query) is None
    assert slips(told(query))


@pytest.mark.parametrize(
    ("joined", "warned"),
    [
        ("u on true", True),
        ("(select city from u) q on true", True),
        ("lateral (select t.id + 1 as z) q on true", False),
        ("unnest([1, 2]) as q(z) on true", False),
    ],
)
def test_what_is_made_of_each_row_is_joined_to_that_row_alone(joined: str, warned: bool) -> None:
    found = told("select t.id from t left join " + joined).problems  # noqa: S608 - parsed, never run
    assert [problem.kind for problem in found] == [Kind.JOIN] * warned


def test_a_problem_has_the_line_it_stands_on() -> None:
    [first, second] = told("select\n  id,\n  now() as at,\n  t.nmae\nfrom t").problems
    assert (first.kind, first.line) == (Kind.CLOCK, 3)
    assert (second.kind, second.line, second.hint) == (Kind.MISSING, 4, "did you mean 'Name'?")


def test_a_column_of_a_later_side_of_a_union_needs_no_name() -> None:
    kinds = [
        one.kind
        for one in told("select id + 1 as id from t union all select id + 2 from t").problems
    ]
    assert kinds == []
    [problem] = told("select id + 1 from t\nunion all\nselect id + 2 from t").problems
    assert (problem.kind, problem.line) == (Kind.UNNAMED, 1)


def test_a_column_comes_from_those_it_is_computed_from_and_filters_are_beside_it() -> None:
    found = told(
        "with x as (select t.name, amt * 2 as d from t where t.id > 1)"
        " select name, sum(d) as total, count(*) as n from x join u on x.name = u.city group by 1"
    )
    origins = {column.name: column.origins for column in found.writes.columns}
    assert origins == {"Name": {("t", "Name")}, "total": {("t", "amt")}, "n": frozenset()}
    assert found.indirect >= {("t", "Id"), ("t", "Name"), ("u", "city")}


@pytest.mark.parametrize(
    ("query", "reads", "known"),
    [
        ("select a, sum(b) as b from t where c > 1 group by a", {"a", "b", "c"}, Known.EXACTLY),
        ("with x as (select * from t) select a from x", {"a"}, Known.EXACTLY),
        ("select x.a, u.b from t x join u on x.k = u.k", {"a", "k"}, Known.EXACTLY),
        ("select * from t", set(), Known.UNKNOWN),
        ("select *, a + 1 as b from t", {"a"}, Known.AT_LEAST),
        ("select a from t, u", set(), Known.UNKNOWN),
        ("select count(*) as n from t", set(), Known.EXACTLY),
        ("select a as x, x + 1 as y from t", {"a"}, Known.AT_LEAST),
    ],
)
def test_where_columns_are_not_known_a_name_is_of_the_only_table_it_can_be_of(
    query: str, reads: set[str], known: Known
) -> None:
    assert told(query, {}).reads["t"] == Reads(frozenset(reads), frozenset(), known)


def test_a_table_of_which_some_columns_are_known_may_have_others() -> None:
    some = {"t": Columns((Column("id"),), Known.AT_LEAST), "u": KNOWN["u"]}
    found = told("select id, more from t", some)
    assert (found.reads["t"], slips(found)) == (
        Reads(frozenset({"id", "more"}), frozenset(), Known.EXACTLY),
        [],
    )
    assert told("select city, more from t join u on t.id = u.id", some).reads["t"] == Reads(
        frozenset({"id", "more"}), frozenset(), Known.EXACTLY
    )


def test_a_query_that_a_program_wrote_is_unknown_and_no_crash() -> None:
    found = told(f"select {' + '.join(['amt'] * 3000)} as x from t")  # noqa: S608
    assert (found.reads["t"].known, found.writes.known) == (Known.UNKNOWN, Known.UNKNOWN)


# ------------------------------------------------------------------ generated queries

NAMES = st.sampled_from(["id", "Name", "amt", "city", "x", "t.id", "u.amt", "u.city", "t.name"])
EXPRESSIONS = st.one_of(
    NAMES,
    NAMES.map(lambda name: f"coalesce({name}, {name})"),
    NAMES.map(lambda name: f"count({name}) over ()"),
    NAMES.map(lambda name: f"(select max(city) from u where u.id = {name})"),  # noqa: S608
)
ITEMS = st.one_of(
    st.sampled_from(["*", "t.*", "u.*", "* exclude (amt)", "* replace (1 as id)"]),
    NAMES,
    st.tuples(EXPRESSIONS, st.sampled_from(["x", "amt", "y", "id"])).map(" as ".join),
)
TABLE = st.sampled_from(
    [
        "t",
        "u",
        "t join u using (id)",
        "t left join u on t.id = u.id",
        "t, u",
        "u right join t using (id)",
        "(select * from t) t",
        "(select id, city as name from u) t",
        "(from t union all by name from u) t",
        "t natural join u",
        "t semi join u using (id)",
    ]
)
REST = st.sampled_from(
    ["", " where amt > 1", " where x > 1", " order by id", " order by x", " order by 1"]
)
SELECTS = st.builds(
    lambda items, table, rest: f"select {', '.join(items)} from {table}{rest}",  # noqa: S608
    st.lists(ITEMS, min_size=1, max_size=3),
    TABLE,
    REST,
)
QUERIES = st.one_of(
    SELECTS,
    SELECTS.map(lambda q: f"with w as ({q}) select * exclude (id), 1 as one from w t"),  # noqa: S608
)


@settings(max_examples=100, deadline=None)
@given(QUERIES, st.sampled_from([KNOWN, *LESS]))
def test_any_query_is_read_as_duckdb_reads_it(query: str, known: dict[str, Columns]) -> None:
    if binds(query) is not None:  # what it refuses for other reasons than names is not looked at
        assert list(disagreements(query, told(query, known))) == []
