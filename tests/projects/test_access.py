"""A policy says who may publish, let failed checks through, and read rows as they are."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

import headgate
from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import AccessError
from headgate.project.access import Right, may, require
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"
POLICY = """
name: shop
environments:
  prod:
    publish: [ada, ci]
    override: [ada]
    read_raw: [ada]
"""


@pytest.fixture
def guarded(open_shop: Shop) -> Shop:
    """The shop with one release, in which Ada may do everything and CI may publish."""
    open_shop.write("headgate.yml", POLICY)
    return open_shop


def acts(shop: Shop, *words: str) -> list[dict[str, Any]]:
    found = shop.headgate("audit", "--json", *words).document["acts"]
    assert isinstance(found, list)
    return found


def failing(shop: Shop) -> str:
    """The run of a delivery that breaks a check."""
    shop.deliver(HEAD + "3,2024-01-03,-977,0\n", "sales_2.csv")
    shop.headgate("run", code=1)
    return str(shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"])


def made(shop: Shop, name: str, sampled: dict[str, Any]) -> None:
    with opened(shop.root) as workspace, workspace.tools.ledger.transaction() as tx:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        environment.record(tx, Environment(name, "prod", 1, at, "ada", sampled=sampled))


# ------------------------------------------------------------------ publish and override


@pytest.mark.parametrize("words", [("run",), ("run", "--force"), ("data", "rollback")])
def test_who_may_not_publish_is_told_who_may_and_changes_nothing(
    guarded: Shop, words: tuple[str, ...]
) -> None:
    guarded.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    guarded.headgate("run")
    runs = len(guarded.events("run_started"))
    done = guarded.headgate(*words, code=2, HEADGATE_USER="ben")
    assert "ben may not publish to prod" in done.err
    assert "headgate.yml:4" in done.err
    assert "publish names ada, ci" in done.err
    assert (guarded.newest(), len(guarded.events("run_started"))) == (2, runs)


def test_a_machine_publishes_under_a_name_of_its_own(guarded: Shop) -> None:
    guarded.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    guarded.headgate("run", HEADGATE_USER="ci")
    assert guarded.newest() == 2


def test_other_environments_have_no_policy_of_prod(guarded: Shop) -> None:
    guarded.headgate("env", "create", "dev", HEADGATE_USER="ben")
    guarded.headgate("run", "--env", "dev", HEADGATE_USER="ben")
    assert guarded.headgate("status", "--env", "dev").out.count("dev@1") > 0
    assert [act for act in acts(guarded) if act["action"] == "denied"] == []


def test_who_may_publish_may_not_therefore_waive(guarded: Shop) -> None:
    guarded.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    check = "sales:expect_column_values_to_be_between"
    words = ("run", "--waive", check, "--reason", "a return")
    done = guarded.headgate(*words, code=2, HEADGATE_USER="ci")
    assert "ci may not let failed checks or rows go in prod" in done.err
    assert guarded.newest() == 1
    assert [act["action"] for act in acts(guarded)] == ["denied"]
    guarded.headgate(*words)
    newest = acts(guarded)[0]
    assert (newest["user"], newest["action"], newest["body"]["reason"]) == (
        "ada",
        "waive",
        "a return",
    )


def test_who_may_not_override_dismisses_nothing(guarded: Shop) -> None:
    words = ("quality", "dismiss", "sales", "--file", "data/raw/sales.csv")
    done = guarded.headgate(*words, code=2, HEADGATE_USER="ben")
    assert "ben may not let failed checks or rows go" in done.err


# ------------------------------------------------------------------ rows


@pytest.mark.parametrize(
    "words",
    [
        ("data", "export", "clean", "out.csv"),
        ("data", "export", "clean@1", "out.csv"),
        ("data", "export", "clean@prod@1", "out.csv", "--env", "dev"),
        ("quality", "profile", "clean"),
        ("quality", "suggest", "clean"),
        ("quality", "backtest", "clean"),
    ],
)
def test_who_may_not_read_rows_gets_none(guarded: Shop, words: tuple[str, ...]) -> None:
    done = guarded.headgate(*words, code=2, HEADGATE_USER="ben")
    assert "ben may not read rows of prod" in done.err
    assert "headgate.yml:6" in done.err
    assert not (guarded.root / "out.csv").exists()
    assert [(act["user"], act["action"], act["subject"]) for act in acts(guarded)] == [
        ("ben", "denied", "read_raw")
    ]
    guarded.headgate(*(word for word in words if word not in {"--env", "dev"}))


def test_a_version_by_its_id_is_read_through_an_environment_that_had_it(guarded: Shop) -> None:
    version = guarded.headgate("show", "clean", "--json").document["version"]
    words = ("data", "export", f"clean@{version[:8]}", "out.csv", "--env", "dev")
    assert "ben may not" in guarded.headgate(*words, code=2, HEADGATE_USER="ben").err
    # dev made it too, on its own
    guarded.headgate("run", HEADGATE_ENVIRONMENT="dev", HEADGATE_USER="ben")
    guarded.headgate(*words, HEADGATE_USER="ben")


def test_a_candidate_that_was_never_released_is_of_the_environment_that_made_it(
    guarded: Shop,
) -> None:
    run = failing(guarded)
    judged = [event for event in guarded.events("gate_judged") if event["run"] == run]
    version = judged[-1]["version"]
    words = ("data", "export", f"sales@{version[:12]}", "out.csv", "--env", "dev")
    assert "read rows of prod" in guarded.headgate(*words, code=2, HEADGATE_USER="ben").err


def test_readers_in_python_are_asked_too(guarded: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_USER", "ben")
    with pytest.raises(AccessError, match="ben may not read rows of prod") as refused:
        headgate.read("clean", project=guarded.root)
    assert (refused.value.code, refused.value.exit_code) == ("HG202", 2)
    monkeypatch.setenv("HEADGATE_USER", "ada")
    assert headgate.read("clean", project=guarded.root).collect().height == 3


SECRET = re.compile(r"(?<![\w.:])-?(477|977)(\.0)?(?![\w.:])")  # and no part of an id or a time
TELLING = [
    ("run",),
    ("run", "-v"),
    ("run", "--json"),
    ("run", "--json=events"),
    ("run", "--quiet"),
    ("show", "--json"),
    ("show", "sales"),
    ("show", "sales", "--json"),
    ("validate", "sales", "-v", "--expect", "expectations/tight.json"),
    ("validate", "sales", "--json", "--expect", "expectations/tight.json"),
    ("data", "diff", "prod@1", "prod@2"),
    ("data", "diff", "prod@1", "prod@2", "--json"),
    ("data", "diff", "sales@1", "sales"),
]


def test_what_is_told_of_data_has_no_value_of_it(guarded: Shop) -> None:
    guarded.deliver(HEAD + "3,2024-01-03,477,0\n", "sales_2.csv")
    guarded.headgate("run")
    limits = {"column": "amount", "min_value": 0, "max_value": 100}
    guarded.suite("tight", [("expect_column_values_to_be_between", limits)])
    failing_delivery = HEAD + "3,2024-01-04,-977,0\n"
    guarded.deliver(failing_delivery, "sales_3.csv")
    guarded.headgate("run", code=1)
    for words in TELLING:
        told = guarded.headgate(*words, code=None, HEADGATE_USER="ci")
        assert told.code in {0, 1}, told.err
        assert not SECRET.search(told.out + told.err), words
        said = guarded.headgate(*words, code=None)
        assert SECRET.search(said.out + said.err), f"{words} had nothing to hide"


def test_rows_that_were_set_aside_are_rows_of_the_runs_environment(guarded: Shop) -> None:
    run = failing(guarded)
    for words in ((), ("--env", "dev"), ("--out", "bad.csv")):
        done = guarded.headgate("data", "rows", run, *words, code=2, HEADGATE_USER="ben")
        assert "read rows of prod" in done.err
    assert "-977" in guarded.headgate("data", "rows", run).out


def test_an_environment_made_of_prod_has_rows_of_prod_until_they_are_redacted(
    guarded: Shop,
) -> None:
    made(guarded, "dev", {})
    made(guarded, "box", {"redacted": {"shops": {"town": "hmac"}}, "left": []})
    made(guarded, "doubtful", {"redacted": {"shops": {"town": "hmac"}}, "left": ["shops.head"]})
    made(guarded, "sample", {"share": 0.05})
    with opened(guarded.root) as workspace:
        tools = workspace.tools
        ada, ben = (replace(tools, user=name) for name in ("ada", "ben"))
        readable_ones = {"box", "mine"}
        for name in ("dev", "sample", "doubtful", "box", "mine"):
            readable = name in readable_ones
            assert may(workspace.settings, ben, Right.READ_RAW, name) is readable, name
            assert may(workspace.settings, ben, Right.PUBLISH, name)
            assert may(workspace.settings, ada, Right.READ_RAW, name)
        with pytest.raises(AccessError, match="read rows of prod, whose rows dev has"):
            require(workspace.settings, ben, Right.READ_RAW, "dev")


def test_an_environment_that_is_dropped_or_made_anew_lets_nobody_read_its_rows(
    guarded: Shop,
) -> None:
    id_ = guarded.headgate("show", "clean", "--json").document["version"]
    by_name = ("data", "export", "clean@way@1", "out.csv")
    guarded.headgate("env", "create", "way", HEADGATE_USER="ben")
    guarded.headgate("env", "drop", "way", HEADGATE_USER="ben")
    by_id = ("data", "export", f"clean@{id_}", "out.csv")
    refused = guarded.headgate(*by_id, code=2, HEADGATE_USER="ben").err
    assert "ben may not read rows of prod" in refused
    assert "dropped" in guarded.headgate(*by_name, code=2, HEADGATE_USER="ben").err
    # rows that are made up now make the old ones no freer
    made(guarded, "way", {"synthetic": True})
    guarded.headgate(*by_name, code=2, HEADGATE_USER="ben")
    assert not (guarded.root / "out.csv").exists()


def test_without_a_policy_everybody_may_and_nothing_is_recorded(open_shop: Shop) -> None:
    for words in (("run",), ("quality", "profile", "clean"), ("show", "clean")):
        open_shop.headgate(*words, HEADGATE_USER="anybody")
    assert acts(open_shop) == []


# ------------------------------------------------------------------ the log of it


def test_what_people_do_is_in_the_log_newest_first(guarded: Shop) -> None:
    guarded.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    guarded.headgate("run")
    guarded.headgate("data", "export", "clean", "out.csv")
    guarded.headgate("data", "rollback", "--reason", "store 3 is closed")
    found = acts(guarded)
    assert [(act["action"], act["environment"]) for act in found] == [
        ("rollback", "prod"),
        ("export", "prod"),
    ]
    assert found[0]["subject"] == "prod@3"
    assert found[0]["body"] == {"undone": "prod@2", "restored": 1, "because": "store 3 is closed"}
    version = guarded.headgate("show", "clean@2", "--json").document["version"]
    assert (found[1]["subject"], found[1]["body"]) == (
        "clean",
        {"file": "out.csv", "version": version},
    )
    assert acts(guarded, "--limit", "1") == found[:1]
    assert acts(guarded, "--env", "dev") == []
    assert "rollback" in guarded.headgate("audit").out


def test_an_export_that_cannot_be_is_none(guarded: Shop) -> None:
    guarded.headgate("data", "export", "clean", "out.xlsx", code=2)
    assert acts(guarded) == []


def test_a_replay_that_lets_rows_in_is_in_the_log(guarded: Shop) -> None:
    guarded.edit(
        "pipelines/shop.yml",
        "    expect: expectations/sales.json\n",
        "    checks: [{between: {column: amount, low: 0, high: 40, on_fail: quarantine, limit: 1}}]\n",
    )
    guarded.deliver(HEAD + "3,2024-01-03,45,0\n", "sales_2.csv")
    guarded.headgate("run")
    guarded.edit("pipelines/shop.yml", "high: 40", "high: 50")
    denied = guarded.headgate("quality", "replay", "sales", code=2, HEADGATE_USER="ben")
    assert "ben may not publish to prod" in denied.err
    guarded.headgate("quality", "replay", "sales")
    newest = acts(guarded)[0]
    assert (newest["action"], newest["body"]["dataset"]) == ("replay", "sales")
    assert newest["subject"] == f"prod@{guarded.newest()}"


def test_a_log_that_is_as_it_was_written_verifies_and_has_the_digest_that_was_kept(
    guarded: Shop,
) -> None:
    guarded.headgate("run", code=2, HEADGATE_USER="ben")
    first = guarded.headgate("audit", "verify", "--json").document
    guarded.headgate("run", code=2, HEADGATE_USER="cyd")
    second = guarded.headgate("audit", "verify", "--expect", first["digest"], "--json").document
    assert (first["rows"], second["rows"]) == (1, 2)
    assert second["digest"] in guarded.headgate("audit", "verify").out
    gone = guarded.headgate("audit", "verify", "--expect", "0" * 64, code=1)
    assert "has no row with the digest" in gone.err


def test_a_tampered_row_is_named(guarded: Shop) -> None:
    for user in ("ben", "cyd", "dan"):
        guarded.headgate("run", code=2, HEADGATE_USER=user)
    tampered(guarded, "update audit set author = 'ada' where number = 2")
    assert "row 2 of the audit log" in guarded.headgate("audit", "verify", code=1).err
    document = guarded.headgate("audit", "verify", "--json", code=1).out
    assert json.loads(document)["exit_code"] == 1
    tampered(guarded, "delete from audit where number = 1")
    assert "no row 1: it was removed" in guarded.headgate("audit", "verify", code=1).err


def tampered(shop: Shop, statement: str) -> None:
    import sqlite3

    connection = sqlite3.connect(shop.root / ".headgate" / "state.db")
    with connection:
        connection.execute(statement)
    connection.close()
