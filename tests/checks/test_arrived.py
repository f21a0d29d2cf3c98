"""Which rows of a table were not there before its last delivery."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.checks.arrived import arrived
from headgate.schema.schema import Schema
from headgate.schema.table import Table, TablePart

PARTS = st.lists(st.lists(st.integers(0, 4) | st.none(), min_size=1, max_size=4), max_size=4)


def table(root: Path, parts: list[list[int | None]], kind: str = "Int64") -> Table:
    import polars as pl

    files = []
    for values in parts:
        digest = f"{kind}-{values}"
        path = root / f"{digest}.parquet"
        pl.DataFrame({"v": pl.Series(values, dtype=getattr(pl, kind))}).write_parquet(path)
        files.append(TablePart(digest, path, len(values), {}, ()))
    rows = sum(len(values) for values in parts)
    return Table("t", tuple(f.path for f in files), Schema(()), rows, {}, (), tuple(files))


@given(before=PARTS, added=PARTS)
def test_what_arrived_is_what_is_there_more_often_than_before(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[list[int | None]],
    added: list[list[int | None]],
) -> None:
    root = tmp_path_factory.mktemp("parts")
    values = [value for part in (*before, *added) for value in part]
    wanted = Counter(values) - Counter(value for part in before for value in part)
    # appended as parts of their own, and written anew as one
    for parts in ([*before, *added], [sorted(values, key=str)] if values else []):
        whole = [value for part in parts for value in part]
        found = arrived(table(root, parts), table(root, before))
        assert Counter(whole[place] for place in found) == wanted


def test_a_row_that_only_changed_its_type_did_not_arrive(tmp_path: Path) -> None:
    held, now = table(tmp_path, [[1, 2]]), table(tmp_path, [[1, 2, 3]], "Float64")
    assert arrived(now, held) == {2}
