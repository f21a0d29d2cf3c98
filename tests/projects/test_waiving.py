"""A waiver opens a gate for one release of one environment, and for nothing else."""

from __future__ import annotations

from tests.projects.shop import SALES, Shop

HEAD = "store,day,amount,kind\n"


def name_of_the_failed_check(shop: Shop, *words: str) -> str:
    held = shop.headgate("run", *words, "--json", code=1).document
    judged = [e for e in held["runs"][0]["events"] if e["event"] == "gate_judged"]
    [failed] = [o["check"] for e in judged for o in e["outcomes"] if o["status"] == "failed"]
    return str(failed)


def replaced_by_each_delivery(shop: Shop) -> None:
    shop.edit("pipelines/shop.yml", "arrives: upsert", "arrives: replace")


def test_a_waiver_in_one_environment_lets_nothing_into_another(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    check = name_of_the_failed_check(open_shop, "--env", "dev")
    open_shop.headgate("run", "--env", "dev", "--waive", check, "--reason", "only to try")
    open_shop.headgate("run", code=1)
    assert len(open_shop.served("clean")) == 3
    assert "nothing changed" in open_shop.headgate("run", "--env", "dev").out


def test_what_was_waived_is_judged_again_when_it_comes_back(shop: Shop) -> None:
    replaced_by_each_delivery(shop)
    good, bad = HEAD + "3,2024-01-03,5,0\n", HEAD + "3,2024-01-03,550,0\n"
    shop.deliver(good)
    shop.headgate("run")
    shop.deliver(bad)
    check = name_of_the_failed_check(shop)
    shop.headgate("run", "--waive", check, "--reason", "seen by Ada")
    shop.deliver(good)
    shop.headgate("run")
    shop.deliver(bad)
    shop.headgate("run", code=1)
    assert [row["amount"] for row in shop.served("clean")] == [5]


def test_what_was_waived_stays_let_through_while_it_is_served(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    check = name_of_the_failed_check(open_shop)
    open_shop.headgate("run", "--waive", check, "--reason", "seen by Ada")
    open_shop.write("data/raw/stores.csv", "store,town\n1,Kiel\n2,Jena\n3,Bonn\n")
    assert "prod@3" in open_shop.headgate("run").out


def test_a_rollback_ends_a_waiver_too(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    check = name_of_the_failed_check(open_shop)
    open_shop.headgate("run", "--waive", check, "--reason", "seen by Ada")
    open_shop.headgate("data", "rollback")
    open_shop.headgate("run", "--force", code=1)
    assert len(open_shop.served("clean")) == 3


def test_a_check_that_is_declared_later_is_not_waived(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    check = name_of_the_failed_check(open_shop)
    open_shop.headgate("run", "--waive", check, "--reason", "seen by Ada")
    limits = {"column": "amount", "min_value": 0, "max_value": 540}
    open_shop.suite("sales", [*SALES, ("expect_column_values_to_be_between", limits)])
    open_shop.headgate("run", code=1)


def test_unchanged_data_that_was_waived_under_a_new_check_stays_open(open_shop: Shop) -> None:
    limits = {"column": "amount", "min_value": 0, "max_value": 25}
    open_shop.suite("sales", [*SALES, ("expect_column_values_to_be_between", limits)])
    check = name_of_the_failed_check(open_shop)
    open_shop.headgate("run", "--waive", check, "--reason", "seen by Ada")
    assert "nothing changed" in open_shop.headgate("run").out
