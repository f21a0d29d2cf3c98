# ruff: noqa: TID253 - these tests make frames all over
"""A dataset is read in the form of the reader's own library, all of it of one release."""

from __future__ import annotations

import sys
from typing import Any

import duckdb
import polars as pl
import pytest

from headgate import read
from headgate.errors import MissingExtraError, UnknownNameError
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


def test_every_form_has_the_same_rows_in_the_same_order(open_shop: Shop) -> None:
    root = open_shop.root
    frame = read("clean", project=root).collect()
    arrow = read("clean", project=root, form="arrow")
    reader = read("clean", project=root, form="arrow_reader")
    pandas = read("clean", project=root, form="pandas")
    relation = read("clean", project=root, form="duckdb")
    assert frame.height == 3
    assert relation.fetchall() == frame.rows()
    assert pl.DataFrame(pl.from_arrow(arrow)).equals(frame)
    assert pl.DataFrame(pl.from_arrow(reader.read_all())).rows() == frame.rows()
    assert list(pandas["amount"]) == frame["amount"].to_list()


def test_relations_of_two_releases_are_two_and_join(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    old = read("clean", at=1, project=open_shop.root, form="duckdb")
    new = read("clean", at=2, project=open_shop.root, form="duckdb")
    assert (len(old.fetchall()), len(new.fetchall())) == (3, 4)
    found = duckdb.sql("select count(*) from new anti join old using (store, day)")
    assert found is not None
    assert found.fetchall() == [(1,)]


def test_a_table_of_parts_has_all_of_them_in_every_form(open_shop: Shop) -> None:
    open_shop.edit(
        "pipelines/shop.yml", "    key: [store]\n", "    key: [store]\n    partition_by: store\n"
    )
    open_shop.headgate("run")
    forms: list[Any] = ["arrow", "pandas", "duckdb"]
    root = open_shop.root
    assert read("totals", project=root).collect().get_column("store").to_list() == [1, 2]
    assert [len(read("totals", project=root, form=form)) for form in forms] == [2, 2, 2]
    reader = read("totals", project=root, form="arrow_reader")
    assert reader.read_all().num_rows == 2


def test_a_library_that_is_missing_is_named(
    open_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    forms: list[Any] = ["arrow", "arrow_reader", "pandas"]
    for form in forms:
        with pytest.raises(MissingExtraError, match="pyarrow is not installed"):
            read("clean", project=open_shop.root, form=form)
    assert read("clean", project=open_shop.root).collect().height == 3


def test_an_unknown_form_is_refused_with_those_that_are_known(open_shop: Shop) -> None:
    with pytest.raises(UnknownNameError, match="no form named 'polar'") as refused:
        read("clean", project=open_shop.root, form="polar")  # type: ignore[call-overload]
    assert refused.value.hint == "did you mean 'polars'?"
