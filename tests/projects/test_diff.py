"""What changed between two releases is shown, row by row."""

from __future__ import annotations

from tests.projects.shop import Shop


def corrected(open_shop: Shop) -> Shop:
    """The shop after a delivery with a new row and a corrected one."""
    open_shop.deliver(
        "store,day,amount,kind\n1,2024-01-02,25,a\n2,2024-01-02,50,b\n", "sales_2.csv"
    )
    open_shop.headgate("run")
    return open_shop


def test_rows_that_came_and_changed_are_told_by_their_key(open_shop: Shop) -> None:
    shop = corrected(open_shop)
    found = {
        each["dataset"]: each
        for each in shop.headgate("data", "diff", "--json").document["datasets"]
    }
    assert set(found) == {"sales", "clean", "totals"}
    sales = found["sales"]
    assert sales["key"] == ["store", "day"]
    assert sales["rows"] == {"added": 1, "removed": 0, "changed": 1}
    assert sales["columns"]["amount"] == {
        "changed": 1, "nulls": [0, 0], "least": [10, 10], "greatest": [30, 50],
    }  # fmt: skip
    [cell] = sales["samples"]["changed"]
    assert (cell["column"], cell["before"], cell["after"]) == ("amount", 20, 25)
    assert found["totals"]["rows"] == {"added": 0, "removed": 0, "changed": 2}


def test_releases_and_versions_are_named_in_several_ways(open_shop: Shop) -> None:
    shop = corrected(open_shop)
    ways = [
        ("prod@1", "prod@2"),
        ("prod@1",),
        ("sales@1", "sales@2"),
        ("sales@1",),
        ("sales@prod@1", "sales"),
    ]
    for way in ways:
        document = shop.headgate("data", "diff", *way, "--json").document["datasets"]
        [sales] = [each for each in document if each["dataset"] == "sales"]
        assert sales["rows"] == {"added": 1, "removed": 0, "changed": 1}, way
        assert len(document) == (3 if way[0].startswith("prod") else 1)


def test_the_same_release_twice_differs_in_nothing(open_shop: Shop) -> None:
    assert open_shop.headgate("data", "diff", "prod@1", "prod@1").out == "✓ no dataset differs\n"


def test_a_step_whose_code_adds_a_column_is_told(open_shop: Shop) -> None:
    open_shop.edit(
        "transformations/totals.sql", "count(*) as days", "count(*) as days, max(day) as last"
    )
    open_shop.headgate("run")
    said = open_shop.headgate("data", "diff").out
    assert "totals  prod@1" in said
    assert "+ column last (date)" in said
    assert "sales" not in said


def test_what_cannot_be_compared_is_said(open_shop: Shop) -> None:
    assert "two releases to compare" in open_shop.headgate("data", "diff", code=2).err
    assert "has no release 9" in open_shop.headgate("data", "diff", "prod@9", code=2).err
    assert "are two datasets" in open_shop.headgate("data", "diff", "sales", "clean", code=2).err
    assert "sales" in open_shop.headgate("data", "diff", "slaes@1", code=2).err
