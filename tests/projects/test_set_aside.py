"""Rows that break a check are set aside, the others go on, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projects.dying import killed
from tests.projects.shop import Shop

PIPELINE = """
name: shop
owner: sales_team
sources:
  sales:
    path: data/raw/sales*.csv
    arrives: append
    types: {store: integer, amount: integer, kind: string}
    on_malformed: quarantine
    malformed_limit: 0.5
    checks:
      - between: {column: amount, low: 0, on_fail: quarantine, limit: 0.5}
      - unique: {columns: kind, on_fail: quarantine, limit: 0.5}
      - rows: {low: 1}
steps:
  clean:
    run: transformations/clean.sql
    path: data/out/clean.parquet
    checks:
      - between: {column: net, high: 80, on_fail: quarantine, limit: 0.5}
publish: [clean]
"""
HEAD = "store,amount,kind\n"
FIRST = HEAD + "1,10,a\n1,-5,b\n2,30,c\n2,99,d\n"
MORE = HEAD + "3,40,e\n3,x,f\n3,50,g\n"


@pytest.fixture
def dirty(shop: Shop) -> Shop:
    """A shop whose first delivery has one row below 0, and one above 80 after its step."""
    shop.write("pipelines/shop.yml", PIPELINE)
    shop.write("transformations/clean.sql", "select *, amount as net from sales\n")
    shop.deliver(FIRST)
    return shop


def amounts(shop: Shop) -> list[int]:
    return [row["amount"] for row in shop.served("clean")]


def last_run(shop: Shop) -> str:
    pipelines = shop.headgate("status", "--json").document["pipelines"]
    return str(pipelines[0]["last_run"]["run"])


def rows_aside(shop: Shop, gate: str) -> dict[str, Any]:
    return shop.headgate("data", "rows", last_run(shop), "--gate", gate, "--json").document


def test_rows_that_break_a_check_are_set_aside_and_the_others_are_published(dirty: Shop) -> None:
    done = dirty.headgate("run")
    assert "! PASSED (2/3 expectations), 1 row set aside" in done.out
    assert "amount at least 0  1 of 4 rows set aside" in done.out
    assert "data/raw/sales.csv:3  amount = -5" in done.out
    assert "! PASSED (0/1 expectations), 1 row set aside" in done.out
    assert "alert: warn: shop: gate sales opened, 1 row set aside" in done.err
    assert amounts(dirty) == [10, 30]
    kept = rows_aside(dirty, "sales")
    assert (kept["dataset"], kept["total"], kept["set_aside"]) == ("sales", 1, 1)
    [row] = kept["rows"]
    assert (row["amount"], row["_file"], row["_line"]) == (-5, "data/raw/sales.csv", 3)
    assert row["_reason"] == "amount at least 0"
    [judged] = [e for e in dirty.events("gate_judged") if e["gate"] == "sales"]
    assert (judged["verdict"], judged["whole"]) == ("warned", kept["version"])
    assert judged["version"] != judged["whole"]
    assert [o["status"] for o in judged["outcomes"]] == ["quarantined", "passed", "passed"]


def test_how_many_rows_are_set_aside_is_told_wherever_a_dataset_is(dirty: Shop) -> None:
    dirty.headgate("run")
    status = dirty.headgate("status")
    assert "1 row of clean set aside: headgate quality replay clean" in status.out
    assert dirty.headgate("status", "--json").document["quarantine"] == [
        {"dataset": "clean", "rows": 1},
        {"dataset": "sales", "rows": 1},
    ]
    assert "1 row of version" in dirty.headgate("show", "sales").out
    assert dirty.headgate("show", "sales", "--json").document["set_aside"] == 1
    assert "sales sales: warned, 2/3, 1 row set aside" in dirty.headgate("show").out
    [release] = dirty.headgate("data", "log", "--json").document["releases"]
    assert release["metrics"] == {
        "rows(sales)": 3.0,
        "rows(clean)": 2.0,
        "set_aside(sales)": 1.0,
        "set_aside(clean)": 1.0,
    }


def test_nothing_new_changes_nothing(dirty: Shop) -> None:
    dirty.headgate("run")
    assert "nothing to do" in dirty.headgate("plan").out
    assert "nothing changed" in dirty.headgate("run").out
    assert dirty.newest() == 1


def test_above_its_limit_a_check_closes_the_gate_and_says_so(dirty: Shop) -> None:
    dirty.edit(
        "pipelines/shop.yml",
        "low: 0, on_fail: quarantine, limit: 0.5",
        "low: 20, on_fail: quarantine",
    )
    done = dirty.headgate("run", code=1)
    assert "✗ amount at least 20  2 of 4 rows" in done.out
    assert "2 of 4 rows would be set aside (50 %), its limit is 1 %" in done.out
    assert rows_aside(dirty, "sales")["total"] == 2


def test_all_other_checks_judge_the_rows_that_are_left(dirty: Shop) -> None:
    dirty.edit("pipelines/shop.yml", "rows: {low: 1}", "rows: {low: 4}")
    done = dirty.headgate("run", code=1)
    assert "✗ rows at least 4    observed 3" in done.out
    dirty.edit("pipelines/shop.yml", "rows: {low: 4}", "rows: {low: 3}")
    dirty.headgate("run")


def test_all_members_of_a_duplicate_group_are_set_aside(dirty: Shop) -> None:
    dirty.deliver(HEAD + "1,10,a\n1,11,a\n2,30,c\n2,31,\n2,32,\n")
    dirty.headgate("run")
    assert amounts(dirty) == [30, 31, 32]


def test_a_fixed_check_lets_its_rows_in_once(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    assert amounts(dirty) == [10, 30, 40, 50]
    dirty.edit("pipelines/shop.yml", "column: amount, low: 0", "column: amount, low: -9")
    forecast = dirty.headgate("quality", "replay", "sales", "--dry-run")
    assert "2 rows of sales in quarantine:" in forecast.out
    assert "a run would let in 1 of them" in forecast.out
    assert dirty.newest() == 2
    done = dirty.headgate("quality", "replay", "sales")
    assert (
        "2 rows of sales were in quarantine; 1 of them passes now, in prod@3; 1 left:" in done.out
    )
    assert sorted(amounts(dirty)) == [-5, 10, 30, 40, 50]
    again = dirty.headgate("quality", "replay", "sales")
    assert "1 row of sales in quarantine; nothing changed since they were set aside:" in again.out
    assert dirty.newest() == 3
    # what stays is still known by the line that it came from
    [row] = rows_aside(dirty, "sales")["rows"]
    assert (row["_file"], row["_line"]) == ("data/raw/sales_2.csv", 3)


def test_a_fixed_transformation_makes_its_step_anew(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.write("transformations/clean.sql", "select *, amount // 2 as net from sales\n")
    told = dirty.headgate("quality", "replay", "clean", "--json").document
    assert (told["passed"], told["stay"], told["release"]) == (1, 0, "prod@2")
    assert amounts(dirty) == [10, 30, 99]
    assert "no row of clean is in quarantine" in dirty.headgate("quality", "replay", "clean").out


def test_rows_that_are_computed_anew_and_still_fail_are_not_said_to_pass(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.write("transformations/clean.sql", "select *, amount + 1 as net from sales\n")
    done = dirty.headgate("quality", "replay", "clean")
    said = "1 row of clean was in quarantine; it was computed again, and of prod@2 1 row is:"
    assert said in done.out
    assert "passes now" not in done.out
    assert rows_aside(dirty, "clean")["total"] == 1


def test_malformed_rows_come_in_once_they_are_declared_as_they_are(dirty: Shop) -> None:
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    dirty.edit(
        "pipelines/shop.yml",
        "amount: integer, kind: string}",
        'amount: integer, kind: string}\n    csv: {nulls: ["", x]}',
    )
    forecast = dirty.headgate("quality", "replay", "sales", "--dry-run")
    assert "its files are read again: the declaration of sales changed" in forecast.out
    told = dirty.headgate("quality", "replay", "sales", "--json").document
    assert told["before"]["by_check"] == {
        "amount at least 0": 1,
        "every row can be read as declared": 1,
    }
    assert (told["passed"], told["stay"]) == (1, 1)
    assert None in amounts(dirty)


def test_what_cannot_be_read_again_is_told(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    (dirty.root / "data" / "raw" / "sales_2.csv").unlink()
    dirty.edit("pipelines/shop.yml", "amount: integer, kind", "amount: number, kind")
    done = dirty.headgate("quality", "replay", "sales", code=1)
    assert "2 rows of sales cannot be replayed: the declaration of sales changed" in done.err
    assert "are gone: data/raw/sales_2.csv" in done.err
    assert dirty.newest() == 2


def test_a_corrected_file_takes_its_malformed_rows_out_of_quarantine(dirty: Shop) -> None:
    dirty.edit("pipelines/shop.yml", "arrives: append", "arrives: replace")
    dirty.deliver(HEAD + "1,10,a\n1,x,b\n")
    dirty.headgate("run")
    assert rows_aside(dirty, "sales")["total"] == 1
    dirty.deliver(HEAD + "1,10,a\n")  # the rows that could be read are what they were
    dirty.headgate("run")
    assert dirty.headgate("status", "--json").document["quarantine"] == []


def test_the_rows_of_a_waived_check_are_let_through(dirty: Shop) -> None:
    dirty.deliver(HEAD + "1,10,a\n1,-5,b\n2,30,c\n2,31,d\n2,32,d\n")
    words = ("--waive", "amount at least 0", "--reason", "returns, says Ada")
    done = dirty.headgate("run", *words)
    assert "! WAIVED (1/3 expectations), 2 rows set aside" in done.out
    assert "waived by ada: returns, says Ada" in done.out
    assert amounts(dirty) == [10, -5, 30]
    assert "nothing changed" in dirty.headgate("run").out
    dirty.deliver(HEAD + "3,40,e\n", "sales_2.csv")
    dirty.headgate("run")  # other data, which nobody waived anything of
    assert amounts(dirty) == [10, 30, 40]


def test_a_waiver_lets_rows_through_that_are_more_than_the_limit(dirty: Shop) -> None:
    dirty.edit(
        "pipelines/shop.yml",
        "low: 0, on_fail: quarantine, limit: 0.5",
        "low: 20, on_fail: quarantine",
    )
    dirty.headgate("run", code=1)
    dirty.headgate("run", "--waive", "amount at least 20", "--reason", "seen by Ada")
    assert amounts(dirty) == [10, -5, 30]


def test_a_rollback_brings_back_what_was_left_then(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    dirty.headgate("data", "rollback")
    assert amounts(dirty) == [10, 30]
    assert "Unchanged: prod@3 is served" in dirty.headgate("run").out
    dirty.deliver(HEAD + "4,60,h\n", "sales_3.csv")
    dirty.headgate("run")
    assert amounts(dirty) == [10, 30, 40, 50, 60]


def test_rows_that_went_on_with_a_warning_are_listed_before_those_set_aside(dirty: Shop) -> None:
    import polars as pl

    warned = "- between: {column: amount, high: 50, on_fail: warn}"
    dirty.edit("pipelines/shop.yml", "- rows: {low: 1}", warned)
    assert "! WARNED (1/3 expectations), 1 row set aside" in dirty.headgate("run").out
    assert [row["amount"] for row in rows_aside(dirty, "sales")["rows"]] == [99, -5]
    for name in ("kept.parquet", "kept.csv"):
        words = ("data", "rows", last_run(dirty), "--gate", "sales", "--out", name)
        assert "all 2 rows are in" in dirty.headgate(*words).err
    kept = pl.read_parquet(dirty.root / "kept.parquet")
    assert kept["amount"].to_list() == [99, -5]
    # a run may be called by digits alone
    read = pl.read_csv(dirty.root / "kept.csv", schema_overrides={"_run": pl.String})
    assert read["_line"].to_list() == kept["_line"].to_list() == [5, 3]
    told = rows_aside(dirty, "sales")
    for file in (read, kept):
        assert file.select("_run", "_version").unique().rows() == [(told["run"], told["version"])]


@pytest.mark.parametrize("dataset", ["sales", "clean"])
def test_rows_that_are_gone_from_the_store_are_set_aside_again(dirty: Shop, dataset: str) -> None:
    from headgate.runs.replay import set_aside
    from headgate.workspace.workspace import opened

    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    before = rows_aside(dirty, dataset)
    with opened(dirty.root) as workspace:
        kept = set_aside(workspace.tools, "prod", dataset)
        assert kept is not None
        workspace.tools.objects.path(kept.id).unlink()
    dirty.headgate("run")
    again = rows_aside(dirty, dataset)
    assert (again["total"], again["version"]) == (before["total"], before["version"])
    reasons = [[row["_reason"] for row in each["rows"]] for each in (before, again)]
    assert reasons[0] == reasons[1]
    assert "nothing changed" in dirty.headgate("run").out


PLACES = [
    ("headgate.runs.refine:_lesser", "after"),
    ("headgate.runs.judging:_record", "before"),
    ("headgate.runs.judging:_record", "after"),
    ("headgate.runs.publish:_move", "before"),
    ("headgate.store.holdings:adopt", "after"),
]


@pytest.mark.parametrize(("place", "moment"), PLACES)
def test_a_run_that_dies_between_setting_aside_and_publishing_leaves_the_release(
    dirty: Shop, place: str, moment: str
) -> None:
    dirty.headgate("run")
    dirty.deliver(HEAD + "3,40,e\n3,-1,f\n3,90,g\n", "sales_2.csv")
    killed(dirty, place, moment)
    assert amounts(dirty) == [10, 30]
    dirty.headgate("run")
    assert amounts(dirty) == [10, 30, 40]
    assert dirty.newest() == 2
    assert [q["rows"] for q in dirty.headgate("status", "--json").document["quarantine"]] == [2, 2]
    assert "nothing changed" in dirty.headgate("run").out


def places(shop: Shop, gate: str) -> list[tuple[str, int]]:
    return sorted((row["_file"], row["_line"]) for row in rows_aside(shop, gate)["rows"])


@pytest.mark.parametrize("arrives", ["append", "replace", "upsert\n    key: [kind]"])
def test_rows_that_a_new_check_sets_aside_are_known_by_their_lines(
    dirty: Shop, arrives: str
) -> None:
    dirty.edit("pipelines/shop.yml", "arrives: append", f"arrives: {arrives}")
    dirty.headgate("run")
    dirty.deliver(HEAD + "3,40,e\n3,50,g\n1,10,h\n3,1,a2\n", "sales_2.csv")
    dirty.headgate("run")
    dirty.edit("pipelines/shop.yml", "column: amount, low: 0", "column: amount, low: 11")
    done = dirty.headgate("run")
    assert "Unchanged: sales" in done.out
    assert "data/raw/sales.csv:2  amount = 10" in done.out
    first, second = "data/raw/sales.csv", "data/raw/sales_2.csv"
    assert places(dirty, "sales") == [(first, 2), (first, 3), (second, 4), (second, 5)]


def test_rows_are_known_by_their_lines_when_a_closed_gate_is_run_again(dirty: Shop) -> None:
    dirty.edit("pipelines/shop.yml", "rows: {low: 1}", "rows: {low: 4}")
    dirty.headgate("run", code=1)
    dirty.edit("pipelines/shop.yml", "rows: {low: 4}", "rows: {low: 3}")
    assert "data/raw/sales.csv:3  amount = -5" in dirty.headgate("run").out
    assert places(dirty, "sales") == [("data/raw/sales.csv", 3)]


def test_a_line_is_told_only_where_the_file_has_it_still(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.deliver(HEAD + "3,10,e\n1,10,a\n", "sales_2.csv")
    dirty.edit(
        "pipelines/shop.yml", "- unique: {columns: kind, on_fail: quarantine, limit: 0.5}", ""
    )
    dirty.headgate("run")
    (dirty.root / "data" / "raw" / "sales.csv").unlink()
    dirty.edit("pipelines/shop.yml", "column: amount, low: 0, ", "column: amount, low: 11, ")
    dirty.edit("pipelines/shop.yml", "limit: 0.5}\n      \n", "limit: 0.9}\n")
    dirty.headgate("run")
    kept = rows_aside(dirty, "sales")["rows"]
    known = [(row["amount"], row["kind"], row["_file"], row["_line"]) for row in kept]
    gone = [(10, "a", None, None), (-5, "b", "data/raw/sales.csv", 3), (10, "a", None, None)]
    assert sorted(known, key=str) == sorted([*gone, (10, "e", "data/raw/sales_2.csv", 2)], key=str)


ROWS = [f"1,{number},k{number}\n" for number in range(200)]
BAD = HEAD + "9,-1,x1\n9,-2,x2\n9,-3,x3\n"


@pytest.fixture
def large(dirty: Shop) -> Shop:
    """A shop that holds many rows, none of them bad."""
    dirty.edit(
        "pipelines/shop.yml",
        "low: 0, on_fail: quarantine, limit: 0.5",
        "low: 0, on_fail: quarantine, limit: 0.2",
    )
    dirty.write("transformations/clean.sql", "select *, 1 as net from sales\n")
    dirty.deliver(HEAD + "".join(ROWS))
    dirty.headgate("run")
    return dirty


@pytest.mark.parametrize("arrives", ["append", "upsert\n    key: [kind]"])
def test_a_small_delivery_that_is_bad_closes_the_gate_of_a_large_table(
    large: Shop, arrives: str
) -> None:
    large.edit("pipelines/shop.yml", "arrives: append", f"arrives: {arrives}")
    large.headgate("run")
    before = large.newest()
    large.deliver(BAD, "sales_2.csv")
    done = large.headgate("run", code=1)
    why = "3 of 3 rows that arrived would be set aside (100 %), its limit is 20 %"
    assert why in done.out
    assert why in large.headgate("run", code=1).out  # and so it stays
    # neither does a change of another check open it
    large.edit("pipelines/shop.yml", "rows: {low: 1}", "rows: {low: 2}")
    assert why in large.headgate("run", code=1).out
    assert large.newest() == before


def test_what_was_set_aside_before_does_not_count_against_a_delivery(large: Shop) -> None:
    large.deliver(HEAD + "9,-1,x1\n" + "".join(f"2,{n},m{n}\n" for n in range(9)), "sales_2.csv")
    assert "1 row set aside" in large.headgate("run").out
    large.deliver(HEAD + "9,1,x2\n", "sales_3.csv")
    assert "published" in large.headgate("run").out
    assert "nothing changed" in large.headgate("run").out


def test_a_bad_delivery_that_a_person_waived_stays_published(large: Shop) -> None:
    large.deliver(BAD, "sales_2.csv")
    large.headgate("run", code=1)
    large.headgate("run", "--waive", "amount at least 0", "--reason", "refunds, says Ada")
    assert -3 in amounts(large)
    assert "nothing changed" in large.headgate("run").out


def test_without_a_delivery_a_new_check_is_limited_by_the_whole_table(large: Shop) -> None:
    large.deliver(HEAD + "9,1,x1\n9,2,x2\n", "sales_2.csv")
    large.headgate("run")
    new = "- between: {column: store, high: 8, on_fail: quarantine, limit: 0.2}"
    large.edit("pipelines/shop.yml", "- rows: {low: 1}", new)
    assert "2 rows set aside" in large.headgate("run").out
    assert "nothing changed" in large.headgate("run").out


def test_an_upserted_file_that_is_corrected_in_place_has_no_malformed_rows_left(
    dirty: Shop,
) -> None:
    dirty.edit("pipelines/shop.yml", "arrives: append", "arrives: upsert\n    key: [kind]")
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    dirty.headgate("run")
    assert rows_aside(dirty, "sales")["total"] == 2
    dirty.deliver(MORE.replace("3,x,f", "3,45,f"), "sales_2.csv")
    dirty.headgate("run")
    assert amounts(dirty) == [10, 30, 40, 45, 50]
    assert rows_aside(dirty, "sales")["total"] == 1
    dirty.deliver(HEAD + "1,5,b\n", "sales_3.csv")
    dirty.headgate("run")
    assert dirty.headgate("status", "--json").document["quarantine"] == [
        {"dataset": "clean", "rows": 1}
    ]


def test_a_run_alerts_about_rows_that_are_new_in_quarantine_and_no_others(dirty: Shop) -> None:
    dirty.headgate("run")
    dirty.deliver(MORE, "sales_2.csv")
    done = dirty.headgate("run")
    assert "1 row set aside now, 2 in all" in done.out
    assert "alert: warn: shop: gate sales opened, 1 row set aside now, 2 in all" in done.err
    dirty.deliver(HEAD + "4,60,h\n", "sales_3.csv")
    done = dirty.headgate("run")
    assert "2 rows set aside earlier" in done.out
    assert "· 1 row of earlier deliveries could not be read" in done.out
    assert "alert" not in done.err


def test_another_bad_row_in_the_line_of_an_old_one_is_new(dirty: Shop) -> None:
    dirty.edit("pipelines/shop.yml", "arrives: append", "arrives: replace")
    dirty.headgate("run")
    dirty.deliver(FIRST.replace("1,-5,b", "1,-6,b"))
    assert "gate sales opened, 1 row set aside" in dirty.headgate("run").err
