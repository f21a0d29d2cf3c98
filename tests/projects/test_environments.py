"""An environment has its data fixed and its code moving, and costs nothing to make."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.ledger.sqlite import open_ledger
from headgate.store import releases
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


def objects(shop: Shop) -> set[Path]:
    return {path for path in (shop.root / ".headgate" / "store").rglob("*") if path.is_file()}


def actions(shop: Shop, *words: str) -> dict[str, tuple[str, str]]:
    [plan] = shop.headgate("plan", *words, "--json").document["plans"]
    return {each["dataset"]: (each["action"], each["because"]) for each in plan["actions"]}


def rows(shop: Shop, environment: str, dataset: str = "clean") -> int:
    board = shop.headgate("status", "--env", environment, "--json").document
    found = (d["rows"] for d in board["serving"]["datasets"] if d["dataset"] == dataset)
    return int(next(found))


def listed(shop: Shop) -> dict[str, dict[str, object]]:
    found = shop.headgate("env", "list", "--json").document["environments"]
    return {each["environment"]: each for each in found}


def test_a_slip_of_the_pen_makes_no_environment(open_shop: Shop) -> None:
    for command in (("run",), ("plan",), ("status",), ("data", "log"), ("data", "rollback")):
        refused = open_shop.headgate(*command, "--env", "prd", code=2)
        assert "no environment named 'prd'" in refused.err
        assert "did you mean 'prod'?" in refused.err
        assert "headgate env create prd" in refused.err
    assert list(listed(open_shop)) == ["prod"]


def test_making_one_copies_nothing_and_there_is_nothing_to_do_in_it(open_shop: Shop) -> None:
    before, tree = objects(open_shop), open_shop.tree()
    open_shop.headgate("env", "create", "dev")
    assert "nothing to do, dev@1 is served" in open_shop.headgate("plan", "--env", "dev").out
    open_shop.headgate("run", "--env", "dev")
    assert (objects(open_shop), open_shop.tree()) == (before, tree)
    assert rows(open_shop, "dev") == 3


def test_data_is_fixed_and_code_moves(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    (open_shop.root / "data" / "raw" / "stores.csv").unlink()
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    planned = actions(open_shop, "--env", "dev")
    assert planned["sales"] == planned["stores"] == ("reuse", "fixed at prod@1")
    assert planned["clean"][0] == "compute"
    open_shop.headgate("run", "--env", "dev")
    assert rows(open_shop, "dev") == 3
    assert open_shop.newest() == 1
    assert listed(open_shop)["dev"]["differs"] == ["clean"]


def test_where_sources_move_a_delivery_is_read(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run", "--env", "dev")
    assert (rows(open_shop, "dev"), rows(open_shop, "prod")) == (4, 3)


def test_a_new_source_of_the_code_is_read_from_its_files(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.write("data/raw/towns.csv", "town,people\nUlm,126\n")
    open_shop.edit(
        "pipelines/shop.yml",
        "  stores: data/raw/stores.csv\n",
        "  stores: data/raw/stores.csv\n  towns: data/raw/towns.csv\n",
    )
    planned = actions(open_shop, "--env", "dev")
    assert planned["towns"] == ("read", "first delivery")
    open_shop.headgate("run", "--env", "dev")
    assert actions(open_shop, "--env", "dev")["towns"] == ("reuse", "fixed at prod@1")


def test_a_refresh_moves_the_data_and_keeps_the_code_of_the_environment(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.headgate("run", "--env", "dev")
    assert rows(open_shop, "dev") == 3
    done = open_shop.headgate("run", "--env", "dev", "--refresh")
    assert "dev@3: moved from prod@1 to prod@2" in done.err
    assert (rows(open_shop, "dev"), rows(open_shop, "dev", "totals")) == (4, 3)
    assert listed(open_shop)["dev"]["base"] == "prod@2"
    nets = {row["net"] for row in _served(open_shop, "dev")}
    assert nets == {amount * 100 // 110 for amount in (10, 20, 30, 5)}
    again = open_shop.headgate("run", "--env", "dev", "--refresh")
    assert "no newer release" in again.err
    assert "nothing changed" in again.out


def _served(shop: Shop, environment: str) -> list[dict[str, int]]:
    from headgate.reading import read

    return list(read("clean", environment=environment, project=shop.root).collect().to_dicts())


def test_an_object_that_is_lost_is_not_read_anew_where_data_is_fixed(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    for path in objects(open_shop):
        if "files" in path.parts:
            path.unlink()
    assert actions(open_shop, "--env", "dev")["sales"][0] == "held"


def test_the_list_says_what_each_environment_is(open_shop: Shop) -> None:
    open_shop.write(
        "headgate.yml",
        "name: shop\nenvironments:\n  prod: {reviewers: [ben, cleo], approvals: 2}\n",
    )
    open_shop.headgate("env", "create", "test", "--moving")
    open_shop.headgate("env", "create", "dev", "--from", "test@1", HEADGATE_USER="ben")
    found = listed(open_shop)
    assert list(found) == ["prod", "dev", "test"]
    dev, test = found["dev"], found["test"]
    assert (dev["base"], dev["fixed"], dev["created_by"]) == ("test@1", True, "ben")
    assert (test["base"], test["fixed"], test["created_by"]) == ("prod@1", False, "ada")
    told = open_shop.headgate("env", "list").out
    assert "2 of ben, cleo" in told


def test_two_environments_are_compared(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    assert "dev@1 holds what prod@1 does" in open_shop.headgate("env", "diff", "prod", "dev").out
    open_shop.edit("transformations/clean.py", "net=", "netto=")
    open_shop.suite("clean", [])
    open_shop.headgate("run", "--env", "dev")
    told = open_shop.headgate("env", "diff", "prod", "dev")
    assert told.out.splitlines() == [
        "clean  changed  3 rows as before",
        "  + column netto (integer)",
        "  - column net (integer)",
    ]
    named = told.err.strip().removeprefix("rows: headgate ").split()
    assert "prod@1" in open_shop.headgate(*named).out
    open_shop.headgate("env", "diff", "prod", "nope", code=2)


def test_dropping_one_frees_its_name_and_leaves_its_log(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.headgate("env", "drop", "dev")
    assert list(listed(open_shop)) == ["prod"]
    open_shop.headgate("run", "--env", "dev", code=2)
    open_shop.headgate("env", "create", "dev")
    log = open_shop.headgate("data", "log", "--env", "dev", "--json").document["releases"]
    assert [(each["release"], each["kind"]) for each in log] == [
        ("dev@2", "branch"), ("dev@1", "branch"),
    ]  # fmt: skip
    assert "branch: begun from prod@1" in open_shop.headgate("data", "log", "--env", "dev").out
    refused = open_shop.headgate("env", "drop", "prod", code=2)
    assert "the project's own environment" in refused.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "a b"), "cannot be the name"),
        (("create", "dev", "--from", "prod@x"), "is no release"),
        (("create", "dev", "--from", "prod@9"), "no release 9"),
        (("create", "dev", "--from", "nope"), "no environment named 'nope'"),
        (("create", "prod"), "take another name"),
        (("create", "x" * 101), "at most 100"),
        (("drop", "nope"), "no environment named 'nope'"),
    ],
)
def test_what_cannot_work_is_refused_with_advice(
    open_shop: Shop, words: tuple[str, ...], told: str
) -> None:
    refused = open_shop.headgate("env", *words, code=2)
    assert told in refused.err
    assert "help:" in refused.err


def test_a_check_on_the_release_before_is_judged_in_an_environment_as_in_its_base(
    open_shop: Shop,
) -> None:
    """What a version took the place of is the same, whether it came by a run or with a branch."""
    with (open_shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write("quality_checks:\n  - {type: volume, max_change: 0.5, on: [clean]}\n")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.headgate("env", "create", "dev")
    assert "nothing to do" in open_shop.headgate("plan", "--env", "dev").out


def test_the_audit_log_has_what_was_done(open_shop: Shop) -> None:
    from headgate.ledger import audit

    open_shop.headgate("env", "create", "dev", HEADGATE_USER="ben")
    open_shop.headgate("env", "drop", "dev")
    ledger = open_ledger(open_shop.root / ".headgate" / "state.db")
    with ledger.snapshot() as tx:
        acts = [entry.act for entry in audit.entries(tx)]
        assert releases.current(tx, "dev") is None
    ledger.close()
    assert [(act.user, act.action) for act in acts] == [("ada", "drop"), ("ben", "create")]


def test_advice_after_a_closed_gate_stays_in_the_environment(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver("store,day,amount,kind\n3,2024-01-03,-5,0\n", "sales_2.csv")
    held = open_shop.headgate("run", "--env", "dev", code=1).err
    assert "headgate run --env dev --waive sales:" in held
    assert "run again         headgate run --env dev\n" in held
    assert "run again         headgate run\n" in open_shop.headgate("run", code=1).err
