"""A step run on rows of a test: the code, the types and the forms are those of a real run."""

from __future__ import annotations

import datetime as dt
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd  # noqa: TID253
import polars as pl  # noqa: TID253
import pyarrow as pa  # noqa: TID253
import pytest

from headgate.errors import DataError, DeclarationError, StepError, UnknownNameError
from headgate.testing import assert_frames_equal, frozen_clock, run_step
from headgate.testing.clock import frozen_query
from tests.projects.shop import Shop

SALE = {"store": 1, "day": "2024-01-02", "amount": 120, "kind": 0}
STORES = "store,town\n1,Ulm\n"


def test_what_a_test_sees_is_what_readers_of_a_run_get(tmp_path: Path) -> None:
    from tests.projects.shop import FIRST, make
    from tests.projects.shop import STORES as ALL

    shop = make(tmp_path / "run")
    shop.headgate("run")
    for step in ("clean", "totals"):
        found = run_step(step, {"sales": FIRST, "stores": ALL}, project=shop.root)
        assert_frames_equal(found, shop.served(step), ordered=True)


@pytest.mark.parametrize(
    "sales",
    [
        [SALE],
        pl.DataFrame([SALE | {"day": dt.date(2024, 1, 2), "kind": "0"}]),
        pl.LazyFrame([SALE | {"day": dt.date(2024, 1, 2), "kind": "0"}]),
        pd.DataFrame([SALE | {"kind": "0"}]),
        pa.Table.from_pylist([SALE | {"kind": "0"}]),
        "store,day,amount,kind\n1,2024-01-02,120,0\n",
    ],
)
def test_rows_may_be_given_in_any_form(shop: Shop, sales: Any) -> None:
    found = run_step("clean", {"sales": sales, "stores": STORES}, project=shop.root)
    assert found.select("store", "kind", "town", "net").rows() == [(1, "0", "Ulm", 100)]


@pytest.mark.parametrize("form", ["pl.LazyFrame", "pl.DataFrame", "pa.Table", "pd.DataFrame"])
def test_a_step_gets_the_form_that_it_asks_for(shop: Shop, form: str) -> None:
    shop.write(
        "transformations/asks.py",
        f"import pandas as pd, polars as pl, pyarrow as pa\n\n\n"
        f"def asks(sales: {form}) -> {form}:\n    assert isinstance(sales, {form})\n    return sales\n",
    )
    found = run_step("transformations/asks.py:asks", {"sales": [SALE]}, project=shop.root)
    assert found["amount"].to_list() == [120]


def test_an_input_that_is_left_out_is_computed_where_its_own_inputs_are_given(shop: Shop) -> None:
    found = run_step("shop/totals", {"sales": [SALE, SALE], "stores": STORES}, project=shop.root)
    assert found.rows() == [(1, 240, 2)]


def test_an_input_without_rows_has_the_types_of_its_source(shop: Shop) -> None:
    found = run_step("clean", {"stores": STORES}, project=shop.root)
    assert found.schema == {
        "store": pl.Int64, "day": pl.Date, "amount": pl.Int64, "kind": pl.String,
        "town": pl.String, "net": pl.Int64,
    }  # fmt: skip


def test_an_input_of_which_nothing_is_known_is_no_guess(shop: Shop) -> None:
    with pytest.raises(DeclarationError, match="'stores', which is not given"):
        run_step("clean", {"sales": [SALE]}, project=shop.root)
    types = {"stores": {"store": "integer", "town": "string"}}
    found = run_step("clean", {"sales": [SALE]}, types=types, project=shop.root)
    assert found["town"].to_list() == [None]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([SALE, SALE | {"amount": "much"}], "sales.amount: 'much' is not an integer"),
        ("store,day,amount\n1,2024-02-30,1\n", "sales.day: '2024-02-30' is not a date"),
        ([{"store": 1, "amunt": 3}], "sales has no column 'amunt'"),
        ([{"store": 1, "more": 3}, {"store": 1, "more": "x"}], "sales.more mixes int and str"),
        ([{"store": 2**70}], "sales.store: "),
        (3, "sales: int is no table"),
    ],
)
def test_rows_that_do_not_fit_are_refused(shop: Shop, rows: Any, told: str) -> None:
    with pytest.raises((DataError, UnknownNameError)) as error:
        run_step("clean", {"sales": rows, "stores": STORES}, project=shop.root)
    assert told in str(error.value)


def test_an_error_of_the_step_names_its_line(shop: Shop) -> None:
    with pytest.raises(StepError) as error:
        run_step(
            "transformations/aged.py:aged", {"sales": pl.DataFrame({"day": []})}, project=shop.root
        )
    assert str(error.value).startswith("transformations/aged.py:9: step 'aged' failed: ValueError")


def test_parameters_of_a_step_may_be_others(shop: Shop) -> None:
    rows = [{"store": 1, "day": dt.date(2024, 1, 1)}]
    for limit, old in ((3, True), (30, False)):
        found = run_step(
            "transformations/aged.py:aged",
            {"sales": rows},
            params={"limit": limit},
            clock="2024-01-10",
            project=shop.root,
        )
        assert found["old"].to_list() == [old]


# ------------------------------------------------------------------ the clock


def test_python_and_sql_see_the_frozen_moment(shop: Shop) -> None:
    moment = dt.datetime(2026, 1, 3, 10, tzinfo=dt.UTC)
    day = [{"store": 1, "day": dt.date(2026, 1, 1)}]
    python = run_step(
        "transformations/aged.py:aged", {"sales": day}, clock=moment, project=shop.root
    )
    assert python.row(0) == (1, False, moment.replace(tzinfo=None), moment.timestamp())
    sql = run_step("ages", {"visits": day}, clock="2026-01-03T12:00:00+02:00", project=shop.root)
    assert sql.row(0) == (1, 2, moment)


def test_the_clock_goes_on_afterwards(shop: Shop) -> None:
    before = dt.datetime.now(dt.UTC)
    with frozen_clock("2001-02-03T04:05:06", shop.root):
        assert dt.datetime.now() == dt.datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001, DTZ005
        assert dt.date.today() == dt.date(2001, 2, 3)  # noqa: DTZ011
        assert time.gmtime().tm_year == time.localtime().tm_year == 2001
        assert isinstance(before, dt.datetime)
        assert type(dt.datetime(2020, 1, 1)) is type(before)  # noqa: DTZ001
    assert dt.datetime.now(dt.UTC) >= before
    assert time.time() >= before.timestamp()


def test_the_clock_goes_on_for_a_module_that_was_imported_meanwhile(shop: Shop) -> None:
    shop.write(
        "transformations/late.py", "from datetime import date as Day\nfrom time import time\n"
    )
    shop.write(
        "transformations/aged.py",
        "def aged(sales):\n    from transformations import late\n\n"
        "    return sales.with_columns(day=late.Day.today())\n",
    )
    day = [{"day": dt.date(2026, 1, 1)}]
    run_step("transformations/aged.py:aged", {"sales": day}, clock="2001-02-03", project=shop.root)
    late = sys.modules["transformations.late"]
    assert (late.Day, late.time) == (dt.date, time.time)


@pytest.mark.parametrize(
    ("query", "frozen"),
    [
        ("select CURRENT_DATE", "select CAST('2026-01-01' AS DATE)"),
        ("select now ( ) as now", "select CAST('2026-01-01 09:00:00+00:00' AS TIMESTAMPTZ) as now"),
        ("select t.today, 'now()', \"now\" from t -- today()", None),
        ("select localtime", "select CAST('09:00:00' AS TIME)"),
        ("select age(a, b) from t", None),
    ],
)
def test_a_query_keeps_all_that_does_not_ask_for_the_time(query: str, frozen: str | None) -> None:
    assert frozen_query(query, "2026-01-01T09:00:00") == (frozen or query)


def test_what_cannot_be_frozen_is_refused() -> None:
    with pytest.raises(DeclarationError, match="age"):
        frozen_query("select age(max(day)) from t", "2026-01-01")
    with pytest.raises(DeclarationError, match="no moment"):
        frozen_query("select 1", "yesterday")
