"""What one environment made moves to another: judged, approved, all of it or nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from typing import Any

import pytest

from headgate.environments.promote import promote as promote_it
from headgate.environments.propose import propose
from headgate.environments.review import Review
from headgate.errors import BusyError, StateError
from headgate.ledger import audit
from headgate.ledger.sqlite import open_ledger
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.projects.shop import CLEAN_SUITE, SALES, Shop

HEAD = "store,day,amount,kind\n"
REVIEWED = "name: shop\nenvironments:\n  prod: {reviewers: [ada, ben]}\n"
WEB = """
name: web
owner: web_team
sources:
  clicks: data/raw/clicks.csv
steps:
  visits: {run: transformations/visits.sql, path: data/out/visits.parquet}
on_publish:
  - {name: tell, command: python tell.py}
"""
TELL = """
import json, sys

with open("told.jsonl", "a") as file:
    file.write(json.dumps(json.load(sys.stdin)) + "\\n")
"""


@pytest.fixture
def changed(open_shop: Shop) -> Shop:
    """The shop with a change of code that ran in dev."""
    open_shop.headgate("env", "create", "dev")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    open_shop.headgate("run", "--env", "dev")
    return open_shop


def promote(shop: Shop, *words: str, code: int | None = 0, **environ: str) -> dict[str, Any]:
    return shop.headgate("env", "promote", *words, "--json", code=code, **environ).document


def nets(shop: Shop, rate: int) -> bool:
    served = shop.served("clean")
    return all(row["net"] == row["amount"] * 100 // (100 + rate) for row in served)


def acts(shop: Shop) -> list[tuple[str, str, str]]:
    ledger = open_ledger(shop.root / ".headgate" / "state.db")
    with ledger.snapshot() as tx:
        audit.verify(tx)
        found = [entry.act for entry in audit.entries(tx)][::-1]
    ledger.close()
    return [(act.user, act.action, act.environment) for act in found]


def served_by(shop: Shop, environment: str) -> dict[str, Any]:
    found = shop.headgate("status", "--env", environment, "--json").document["serving"]
    assert isinstance(found, dict)
    return found


# ------------------------------------------------------------------ what moves


def test_versions_move_and_nothing_is_computed(changed: Shop) -> None:
    done = changed.headgate("env", "promote", "dev", "prod")
    assert "Promoted: prod@2 from dev@2" in done.out
    assert nets(changed, 10)
    assert changed.events("step_finished")[-1]["run"] != changed.events("promoted")[-1]["run"]
    [event] = changed.events("promoted")
    assert (event["origin"], event["user"]) == ("dev@2", "ada")
    board = served_by(changed, "prod")
    assert (board["release"], board["kind"]) == ("prod@2", "promote")
    assert "promote: promoted from dev@2" in changed.headgate("data", "log").out
    import polars as pl

    linked = pl.read_parquet(changed.root / "data" / "out" / "clean.parquet")
    assert linked.to_dicts() == changed.served("clean")


def test_the_next_run_finds_nothing_to_do(changed: Shop) -> None:
    promote(changed, "dev", "prod")
    assert "nothing to do, prod@2 is served" in changed.headgate("plan").out
    assert "nothing changed" in changed.headgate("run").out
    assert promote(changed, "dev", "prod")["status"] == "unchanged"


def test_the_plan_says_what_changes_and_changes_nothing(changed: Shop) -> None:
    changed.edit("transformations/clean.py", "net=", "netto=")
    changed.suite("clean", [])
    changed.headgate("run", "--env", "dev")
    before = acts(changed)
    told = changed.headgate("env", "promote", "dev", "prod", "--dry-run").out.splitlines()
    assert told == [
        "dev@3 to prod, on top of prod@1",
        "  clean  changed  3 rows as before",
        "    + column netto (integer)",
        "    - column net (integer)",
        "  downstream of it: totals",
        "  pipeline shop, owned by sales_team",
        "    gate sales: 5 checks, passed before",
        "  prod asks for no approval",
    ]
    body = promote(changed, "dev", "prod", "--dry-run")
    assert body["status"] == "planned"
    assert [move["change"] for move in body["datasets"]] == ["changed"]
    assert acts(changed) == before
    assert changed.newest() == 1


def test_a_new_dataset_comes_and_one_that_is_not_made_any_more_goes(changed: Shop) -> None:
    changed.write("transformations/days.sql", "select day, count(*) as sales from clean group by 1")
    text = (changed.root / "pipelines" / "shop.yml").read_text()
    start, end = text.index("  totals:\n"), text.index("publish:")
    days = "  days: {run: transformations/days.sql, key: [day]}\n"
    changed.write("pipelines/shop.yml", text[:start] + days + "publish: [clean, days]\n")
    assert text[end:] == "publish: [clean, totals]\n"
    changed.headgate("run", "--env", "dev")
    body = promote(changed, "dev", "prod")
    changes = {move["dataset"]: move["change"] for move in body["datasets"]}
    assert changes == {"clean": "changed", "days": "added", "totals": "removed"}
    names = [each["dataset"] for each in served_by(changed, "prod")["datasets"]]
    assert names == ["clean", "days"]
    assert "nothing to do" in changed.headgate("plan").out


def test_all_pipelines_move_in_one_release_and_their_triggers_are_started(shop: Shop) -> None:
    shop.write("pipelines/web.yml", WEB)
    shop.write("transformations/visits.sql", "select page, count as visits from clicks")
    shop.write("data/raw/clicks.csv", "page,count\nhome,7\n")
    shop.write("tell.py", TELL)
    with (shop.root / "pipelines" / "shop.yml").open("a") as file:
        file.write("on_publish:\n  - {name: tell, command: python tell.py}\n")
    shop.headgate("run")
    shop.headgate("env", "create", "dev")
    shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    shop.write("transformations/visits.sql", "select page, count * 2 as visits from clicks")
    shop.headgate("run", "--env", "dev")
    (shop.root / "told.jsonl").unlink()
    done = shop.headgate("env", "promote", "dev", "prod")
    assert shop.newest() == 3
    assert nets(shop, 10)
    assert shop.served("visits") == [{"page": "home", "visits": 14}]
    told = [json.loads(line) for line in (shop.root / "told.jsonl").read_text().splitlines()]
    assert [(body["pipeline"], body["release"]) for body in told] == [
        ("shop", "prod@3"),
        ("web", "prod@3"),
    ]
    assert done.out.count("✓ Triggered: tell") == 2
    shop.headgate("run")
    shop.headgate("run", "--retry")
    assert len((shop.root / "told.jsonl").read_text().splitlines()) == 2
    shop.headgate("data", "rollback")
    assert nets(shop, 20)
    assert shop.served("visits") == [{"page": "home", "visits": 7}]


def test_a_pipeline_that_is_as_it_was_is_left_alone(shop: Shop) -> None:
    shop.write("pipelines/web.yml", WEB)
    shop.write("transformations/visits.sql", "select page, count as visits from clicks")
    shop.write("data/raw/clicks.csv", "page,count\nhome,7\n")
    shop.write("tell.py", TELL)
    shop.headgate("run")
    shop.headgate("env", "create", "dev")
    shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    shop.headgate("run", "--env", "dev")
    assert promote(shop, "dev", "prod")["pipelines"] == ["shop"]
    assert len((shop.root / "told.jsonl").read_text().splitlines()) == 1  # of its own run


# ------------------------------------------------------------------ what is refused


def test_data_that_moved_on_is_not_taken_back(changed: Shop) -> None:
    changed.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    changed.edit("transformations/clean.py", "RATE = 10", "RATE = 20")
    changed.headgate("run")
    changed.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    refused = changed.headgate("env", "promote", "dev", "prod", code=2)
    assert "prod moved on to prod@2 since dev began from prod@1" in refused.err
    assert "headgate run --env dev --refresh" in refused.err
    changed.headgate("run", "--env", "dev", "--refresh")
    promote(changed, "dev", "prod")
    assert (len(changed.served("clean")), nets(changed, 10)) == (4, True)


def test_what_one_knew_goes_with_what_it_promoted(changed: Shop) -> None:
    """Dev saw the new delivery of production, so what it hands to test may go on to production."""
    changed.headgate("env", "create", "test")
    changed.edit("transformations/clean.py", "RATE = 10", "RATE = 20")
    changed.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    changed.headgate("run")
    changed.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    changed.headgate("run", "--env", "dev", "--refresh")
    promote(changed, "dev", "test")
    promote(changed, "test", "prod")
    assert (len(changed.served("clean")), nets(changed, 10)) == (4, True)


def test_what_another_promoted_meanwhile_is_not_taken_back(changed: Shop) -> None:
    changed.headgate("env", "create", "other")
    changed.edit("transformations/clean.py", "RATE = 10", "RATE = 30")
    changed.headgate("run", "--env", "other")
    promote(changed, "other", "prod")
    refused = changed.headgate("env", "promote", "dev", "prod", code=2)
    assert "prod moved on to prod@2" in refused.err


def test_what_another_tried_in_a_test_environment_is_replaced(changed: Shop) -> None:
    for name in ("test", "other"):
        changed.headgate("env", "create", name)
    promote(changed, "dev", "test")
    changed.edit("transformations/clean.py", "RATE = 10", "RATE = 30")
    changed.headgate("run", "--env", "other")
    promote(changed, "other", "test")
    assert served_by(changed, "test")["release"] == "test@3"


def test_an_environment_that_did_not_run_all_of_the_code_is_refused(changed: Shop) -> None:
    changed.write("transformations/days.sql", "select day, count(*) as sales from clean group by 1")
    changed.edit("pipelines/shop.yml", "publish:", "  days: transformations/days.sql\npublish:")
    refused = changed.headgate("env", "promote", "dev", "prod", code=2)
    assert "dev@2 has no days, which pipeline shop declares" in refused.err


@pytest.mark.parametrize("pair", [("dev", "dev"), ("dev", "nope"), ("nope", "prod")])
def test_names_that_cannot_be_promoted_are_refused(changed: Shop, pair: tuple[str, str]) -> None:
    refused = changed.headgate("env", "promote", *pair, code=2).err
    assert "to itself" in refused or "no environment named 'nope'" in refused
    assert changed.newest() == 1


def test_of_two_promotions_at_once_one_moves_it(changed: Shop) -> None:
    command = [sys.executable, "-m", "headgate", "env", "promote", "dev", "prod"]
    both = [
        subprocess.Popen(command, cwd=changed.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [each.communicate() for each in both]
    codes = sorted(each.returncode for each in both)
    assert codes in ([0, 0], [0, 3]), told
    assert changed.newest() == 2
    assert len(changed.events("promoted")) == 1


def test_what_moved_since_it_was_planned_is_not_promoted_over(changed: Shop) -> None:
    with opened(changed.root, "prod") as workspace:
        jobs = [job(workspace, "shop")]
        proposal = propose(workspace.tools, "dev", "prod", jobs, "prod")
        assert proposal is not None
        changed.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
        changed.headgate("run")
        with pytest.raises(BusyError, match="prod moved since this was planned"):
            promote_it(workspace.tools, proposal, Review())
    assert changed.newest() == 2
    assert changed.events("run_finished")[-1]["status"] == "failed"


# ------------------------------------------------------------------ gates


def test_a_gate_that_is_closed_holds_the_promotion(changed: Shop) -> None:
    limits = {"column": "net", "min_value": 0, "max_value": 20}
    changed.suite("clean", [*CLEAN_SUITE, ("expect_column_values_to_be_between", limits)])
    before = changed.tree()
    held = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "clean" in held.err
    assert "run again         headgate env promote dev prod\n" in held.err
    assert "headgate run" not in held.err
    assert changed.newest() == 1
    assert changed.tree() == before
    assert changed.events("alert_raised")[-1]["cause"] == "gate_judged"
    assert [act[1] for act in acts(changed)] == ["create"]
    waived = ("--waive", "clean:net between 0 and 20", "--reason", "seen")
    name = next(
        o["check"] for o in changed.events("gate_judged")[-1]["outcomes"] if o["status"] == "failed"
    )
    done = changed.headgate("env", "promote", "dev", "prod", waived[0], name, *waived[2:])
    assert "WAIVED" in done.out
    assert changed.newest() == 2
    assert "nothing changed" in changed.headgate("run").out


def test_what_was_waived_elsewhere_is_judged_here(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver(HEAD + "3,2024-01-03,550,0\n", "sales_2.csv")
    held = open_shop.headgate("run", "--env", "dev", "--json", code=1).document
    judged = [e for e in held["runs"][0]["events"] if e["event"] == "gate_judged"]
    [failed] = [o["check"] for e in judged for o in e["outcomes"] if o["status"] == "failed"]
    open_shop.headgate("run", "--env", "dev", "--waive", failed, "--reason", "only to try")
    open_shop.headgate("env", "promote", "dev", "prod", code=1)
    assert len(open_shop.served("clean")) == 3
    open_shop.headgate("env", "promote", "dev", "prod", "--waive", failed, "--reason", "seen")
    assert len(open_shop.served("clean")) == 4


def test_rows_that_could_not_be_read_and_were_let_through_elsewhere_are_judged_here(
    open_shop: Shop,
) -> None:
    open_shop.headgate("env", "create", "dev", "--moving")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n4,2024-01-03,many,0\n", "sales_2.csv")
    word = ("--waive", "sales:every row can be read as declared", "--reason", "only to try")
    open_shop.headgate("run", "--env", "dev", *word)
    open_shop.headgate("env", "promote", "dev", "prod", code=1)
    assert len(open_shop.served("clean")) == 3
    open_shop.headgate("env", "promote", "dev", "prod", *word)
    assert len(open_shop.served("clean")) == 4


def test_a_gate_that_would_leave_other_rows_than_were_promoted_ends_it(changed: Shop) -> None:
    text = json.loads((changed.root / "expectations" / "sales.json").read_text())
    limits = {"column": "amount", "min_value": 0, "max_value": 25}
    meta = {"headgate": {"on_fail": "quarantine", "limit": 0.9}}
    text["expectations"].append(
        {"expectation_type": "expect_column_values_to_be_between", "kwargs": limits, "meta": meta}
    )
    changed.write("expectations/sales.json", json.dumps(text))
    refused = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "leaves other rows of it in prod than dev@2 has" in refused.err
    assert changed.newest() == 1
    assert len(SALES) == 5


# ------------------------------------------------------------------ review


def test_it_waits_for_a_reviewer_who_is_not_its_author(changed: Shop) -> None:
    changed.write("headgate.yml", REVIEWED)
    asked = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "which ben may give" in asked.err
    assert "headgate env approve dev prod" in asked.err
    for user, told in (("ada", "nobody approves their own"), ("zoe", "zoe is no reviewer")):
        refused = changed.headgate("env", "approve", "dev", "prod", code=2, HEADGATE_USER=user)
        assert told in refused.err
    assert promote(changed, "dev", "prod", code=1)["approvals"]["may"] == ["ben"]
    changed.headgate("env", "approve", "dev", "prod", "--comment", "fine", HEADGATE_USER="ben")
    body = promote(changed, "dev", "prod")
    assert (body["status"], body["release"]) == ("published", "prod@2")
    assert changed.events("promoted")[0]["approved_by"] == ["ben"]
    assert acts(changed) == [
        ("ada", "create", "dev"),
        ("ada", "ask", "prod"),
        ("ben", "approve", "prod"),
        ("ada", "promote", "prod"),
    ]


def test_who_made_it_is_an_author_whoever_asks(changed: Shop) -> None:
    changed.write("headgate.yml", REVIEWED)
    changed.headgate("env", "create", "test")
    promote(changed, "dev", "test", HEADGATE_USER="cleo")
    promote(changed, "test", "prod", code=1, HEADGATE_USER="cleo")
    refused = changed.headgate("env", "approve", "test", "prod", code=2, HEADGATE_USER="ada")
    assert "nobody approves their own" in refused.err


@pytest.mark.parametrize("side", ["dev", "prod"])
def test_an_approval_is_for_exactly_what_was_shown(changed: Shop, side: str) -> None:
    changed.write("headgate.yml", REVIEWED)
    promote(changed, "dev", "prod", code=1)
    changed.headgate("env", "approve", "dev", "prod", HEADGATE_USER="ben")
    if side == "dev":
        changed.edit("transformations/clean.py", "RATE = 10", "RATE = 40")
        changed.headgate("run", "--env", "dev")
    else:
        changed.edit("transformations/clean.py", "RATE = 10", "RATE = 20")
        changed.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
        changed.headgate("run")
        changed.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
        changed.headgate("run", "--env", "dev", "--refresh")
    refused = changed.headgate("env", "approve", "dev", "prod", code=2, HEADGATE_USER="ben")
    assert "dev or prod moved since ada asked" in refused.err
    waits = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "what ben approved counts no more" in waits.err
    changed.headgate("env", "approve", "dev", "prod", HEADGATE_USER="ben")
    promote(changed, "dev", "prod")


def test_an_approval_is_used_up(changed: Shop) -> None:
    changed.write("headgate.yml", REVIEWED)
    promote(changed, "dev", "prod", code=1)
    changed.headgate("env", "approve", "dev", "prod", HEADGATE_USER="ben")
    promote(changed, "dev", "prod")
    changed.headgate("data", "rollback")
    again = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "a rollback of prod took this back, and it comes again" in again.out
    assert "which ben may give" in again.err


def test_where_no_reviewer_is_left_it_says_so(changed: Shop) -> None:
    changed.write("headgate.yml", REVIEWED.replace("[ada, ben]", "[ada]"))
    waits = changed.headgate("env", "promote", "dev", "prod", code=1)
    assert "too few reviewers of prod are left" in waits.err


# ------------------------------------------------------------------ the way back


def test_what_was_taken_back_is_not_published_again_by_a_run(changed: Shop) -> None:
    promote(changed, "dev", "prod")
    changed.headgate("data", "rollback")
    assert nets(changed, 20)
    assert "nothing changed" in changed.headgate("run").out
    assert "a rollback took this back" in changed.headgate("plan").out
    assert nets(changed, 20)
    promote(changed, "dev", "prod")
    assert nets(changed, 10)


def test_two_people(open_shop: Shop) -> None:
    """A changes a transformation, B approves it, it turns out bad, and both can be told later."""
    open_shop.write("headgate.yml", "name: shop\nenvironments:\n  prod: {reviewers: [ana, ben]}\n")
    open_shop.headgate("env", "create", "test", HEADGATE_USER="ana")
    open_shop.headgate("env", "create", "dev", HEADGATE_USER="ana")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 2")
    open_shop.headgate("plan", "--env", "dev", HEADGATE_USER="ana")
    open_shop.headgate("run", "--env", "dev", HEADGATE_USER="ana")
    assert promote(open_shop, "dev", "test", HEADGATE_USER="ana")["release"] == "test@2"
    promote(open_shop, "test", "prod", code=1, HEADGATE_USER="ana")
    open_shop.headgate("env", "approve", "test", "prod", code=2, HEADGATE_USER="ana")
    assert nets(open_shop, 20)
    open_shop.headgate(
        "env", "approve", "test", "prod", "--comment", "looks well", HEADGATE_USER="ben"
    )
    assert promote(open_shop, "test", "prod", HEADGATE_USER="ana")["release"] == "prod@2"
    assert nets(open_shop, 2)
    open_shop.headgate("data", "rollback", "--reason", "the rate is 20", HEADGATE_USER="ben")
    assert nets(open_shop, 20)
    assert acts(open_shop)[:6] == [
        ("ana", "create", "test"),
        ("ana", "create", "dev"),
        ("ana", "ask", "test"),
        ("ana", "promote", "test"),
        ("ana", "ask", "prod"),
        ("ben", "approve", "prod"),
    ]
    state = open_shop.root / ".headgate" / "state.db"
    with sqlite3.connect(state) as connection:
        connection.execute("update audit set author = 'cleo' where action = 'approve'")
    connection.close()
    with pytest.raises(StateError, match="row 6 of the audit log"):
        acts(open_shop)
