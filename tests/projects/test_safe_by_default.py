"""What nobody declared is still kept from going wrong in silence."""

from __future__ import annotations

from tests.projects.shop import STORES, Shop

HEAD = "store,day,amount,kind\n"


def test_a_file_that_was_appended_and_then_changed_is_held(shop: Shop) -> None:
    shop.edit("pipelines/shop.yml", "arrives: upsert\n    key: [store, day]\n", "arrives: append\n")
    shop.headgate("run")
    shop.deliver(
        HEAD + "1,2024-01-01,10,0\n1,2024-01-02,20,a\n2,2024-01-01,30,0\n3,2024-01-03,5,0\n"
    )
    done = shop.headgate("run", code=1)
    assert "was appended before, with other content" in done.out
    assert len(shop.served("clean")) == 3


def test_an_undeclared_column_keeps_the_type_it_was_first_seen_with(open_shop: Shop) -> None:
    open_shop.write("data/raw/stores.csv", STORES + "four,Kiel\n")
    done = open_shop.headgate("run", code=1)
    assert "data/raw/stores.csv:5  store = 'four'  is not an integer" in done.out
    assert "the type of store is the one that was first seen" in done.out
    open_shop.edit(
        "pipelines/shop.yml",
        "stores: data/raw/stores.csv",
        "stores: {path: data/raw/stores.csv, types: {store: string}}",
    )
    assert "held" not in open_shop.headgate("plan").out


def test_a_word_for_missing_values_is_recognised_and_its_remedy_told(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,NA,0\n3,2024-01-04,NA,0\n", "sales_2.csv")
    assert 'declare csv: {nulls: ["", "NA"]}' in open_shop.headgate("run", code=1).out
    open_shop.edit(
        "pipelines/shop.yml",
        "    arrives: upsert\n",
        '    arrives: upsert\n    csv: {nulls: ["", "NA"]}\n',
    )
    open_shop.headgate("run")
    assert [r["amount"] for r in open_shop.served("clean") if r["store"] == 3] == [None, None]


def test_an_empty_table_does_not_replace_a_full_one(open_shop: Shop) -> None:
    open_shop.write("data/raw/stores.csv", "store,town\n")
    done = open_shop.headgate("run", code=1)
    assert "has at least one row" in done.out
    assert open_shop.served("clean")[0]["town"] == "Ulm"


def test_malformed_rows_are_waived_by_the_words_the_gate_gives(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n3,2024-01-04,five,0\n", "sales_2.csv")
    held = open_shop.headgate("run", code=1)
    offered = next(line for line in held.err.splitlines() if "--waive" in line)
    check = offered.split("--waive ")[1].split()[0]
    open_shop.headgate("run", "--waive", check, "--reason", "a typing slip, Ada asked for it again")
    assert len(open_shop.served("clean")) == 4
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_step_that_exits_is_a_failed_step(open_shop: Shop) -> None:
    open_shop.edit(
        "transformations/clean.py", "    joined =", "    raise SystemExit(4)\n    joined ="
    )
    done = open_shop.headgate("run", code=3)
    assert "step 'clean' failed: SystemExit: 4" in done.err
    assert "transformations/clean.py:" in done.err
    assert "failed" in open_shop.headgate("status").out


def test_what_a_step_prints_is_no_part_of_the_result(shop: Shop) -> None:
    shop.edit("transformations/clean.py", "    joined =", "    print('hello')\n    joined =")
    done = shop.headgate("run", "--json")
    assert done.document["status"] == "published"
    assert "hello" in done.err


def test_a_broken_query_names_its_file(open_shop: Shop) -> None:
    open_shop.edit("transformations/totals.sql", "sum(amount)", "sum(amuont)")
    done = open_shop.headgate("run", code=3)
    assert "--> transformations/totals.sql" in done.err


def test_a_plan_says_what_a_run_would_do_after_a_rollback(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.headgate("data", "rollback")
    assert "then nothing: a rollback took this back" in open_shop.headgate("plan").out
    assert "nothing changed" in open_shop.headgate("run").out or open_shop.newest() == 3


def test_a_plan_says_that_a_delivery_cannot_be_read(open_shop: Shop) -> None:
    (open_shop.root / "data" / "raw" / "stores.csv").unlink()
    assert "then nothing: a delivery cannot be read" in open_shop.headgate("plan").out


def test_a_plan_says_that_a_gate_is_closed(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,-5,0\n", "sales_2.csv")
    open_shop.headgate("run", code=1)
    assert "its gate is closed" in open_shop.headgate("plan").out
