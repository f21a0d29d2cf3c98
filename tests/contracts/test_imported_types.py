"""A contract that is made of a file is kept by that very file, whatever the types of its columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.contracts.formats.from_table import contract_of_table
from headgate.contracts.promises import checks_of
from headgate.contracts.reading import contracts_of
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Format
from headgate.errors import SourceError
from headgate.project.contracts import parse
from headgate.runs.validation import judge_file
from tests.contracts.standard import faults

UUID = "6f1b1b52-7d3c-4c9c-8e52-24e0e21d8f6a"
LEAVES = {
    "BOOLEAN": "true",
    "TINYINT": "-1",
    "SMALLINT": "1",
    "INTEGER": "1",
    "BIGINT": "9223372036854775807",
    "HUGEINT": "1",
    "UTINYINT": "255",
    "USMALLINT": "1",
    "UINTEGER": "1",
    "UBIGINT": "18446744073709551615",
    "UHUGEINT": "1",
    "FLOAT": "'nan'",
    "DOUBLE": "1.5",
    "DECIMAL(4,1)": "1.5",
    "DECIMAL(38,10)": f"{'9' * 28}.{'9' * 10}",
    "DECIMAL(38,38)": "-0.5",
    "DECIMAL(38,0)": "9" * 38,
    "DECIMAL(18,18)": "0.000000000000000001",
    "VARCHAR": "'a'",
    "BLOB": "'a'",
    "BIT": "'101'",
    "UUID": f"'{UUID}'",
    "JSON": "'{}'",
    "ENUM('a', 'b')": "'a'",
    "DATE": "'2024-01-01'",
    "TIME": "'10:00:00'",
    "TIME_NS": "'10:00:00.000000001'",
    "TIMETZ": "'10:00:00+02'",
    "INTERVAL": "'1 month'",
    "TIMESTAMP": "'2024-01-01 10:00:00'",
    "TIMESTAMP_S": "'2024-01-01 10:00:00'",
    "TIMESTAMP_MS": "'2024-01-01 10:00:00'",
    "TIMESTAMP_NS": "'2024-01-01 10:00:00'",
    "TIMESTAMPTZ": "'infinity'",
    "VARIANT": "1",
    "GEOMETRY": "'POINT (1 2)'",
}
"""A value of each type that a Parquet file holds, which is cast to it."""
CAST = [f"CAST({value} AS {kind})" for kind, value in LEAVES.items()]
INNER = st.sampled_from([one for one in CAST if "VARIANT" not in one])
"""What stands in a list, a struct or a map of a Parquet file."""


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A list, a struct or a map of a value."""
    return st.one_of(
        inner.map("[{0}, {0}]".format),
        inner.map("array_value({0}, {0})".format),
        inner.map("{{'a': 1, 'b ]': {0}}}".format),
        inner.map("MAP {{'k': {0}}}".format),
    )


@given(
    st.lists(st.recursive(INNER, _around, max_leaves=3) | st.just("NULL"), min_size=1, max_size=5),
    st.booleans(),
)
@example(CAST, False)
@settings(max_examples=25, deadline=None)
def test_a_contract_made_of_a_parquet_file_is_kept_by_that_file(
    values: list[str], some_are_missing: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "data.parquet")
        columns = ", ".join(f"{value} AS c{n}" for n, value in enumerate(values))
        missing = ", ".join(f"NULL AS c{n}" for n in range(len(values)))
        rows = f"SELECT {columns}" + (f" UNION ALL SELECT {missing}" if some_are_missing else "")
        _write(rows, path)
        assert list(_broken(path, path)) == []


def test_a_contract_made_of_a_file_is_kept_by_what_a_run_reads_of_it(tmp_path: Path) -> None:
    path, read = tmp_path / "data.parquet", tmp_path / "read.parquet"
    engine = EmbeddedEngine(tmp_path)
    found = {}
    for kind, value in LEAVES.items():
        _write(f"SELECT CAST({value} AS {kind}) AS c", path)
        try:
            engine.write(engine.ingest([path], Format("parquet"), {}).frame, read)
        except SourceError:
            found[kind] = ["it is not read"]
        else:
            found[kind] = list(_broken(path, read))
    assert {kind: broken for kind, broken in found.items() if broken} == {
        "INTERVAL": ["it is not read"],
        "VARIANT": ["it is not read"],
    }


def _write(query: str, path: Path) -> None:
    import duckdb

    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _broken(path: Path, judged: Path) -> Iterator[str]:
    """What data does not keep of the contract that is made of a file."""
    engine = EmbeddedEngine(path.parent)
    document = contract_of_table(engine, engine.table("data", path), "data").document
    assert faults(document) == []
    [contract] = contracts_of(document, str)
    found = judge_file(engine, judged, checks_of(contract, parse))
    yield from (one.check.description for one in found.outcomes if not one.passed)
