"""Which commit runs where is recorded, after a green verdict on it or for a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from headgate.ci import record
from headgate.ci.deployment import current, deploy, deployments
from headgate.ci.subject import Origin
from headgate.ci.verdict import Status, Verdict
from headgate.engines.find import find
from headgate.errors import VerdictError
from headgate.ledger import audit
from headgate.ledger.ledger import Ledger
from headgate.runs.tools import Tools
from headgate.store.objects import Objects
from tests.ci.work import Work

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_commit_is_deployed_after_a_green_verdict_and_with_what_came_before(work: Work) -> None:
    first = work.git("rev-parse", "HEAD")
    work.ci("--head")
    work.do("deploy", "prod")
    commits = [work.commit_text(f"note {n}") for n in range(3)]
    work.ci("--head")
    [made] = work.do("deploy", "prod", "--json").document["deployments"]
    assert (made["commit"], made["from"], made["verdict"]) == (commits[-1], first, "passed")
    assert [each["commit"] for each in made["commits"]] == commits[::-1]
    assert work.do("deploy", "--list", "--json").document["deployments"][1]["commit"] == first
    acts = work.do("audit", "--json").document["acts"]
    assert [each["action"] for each in acts] == ["deploy", "deploy"]
    assert work.newest() == 1  # no data moved


@pytest.mark.parametrize("kind", ["none", "failed", "dirty"])
def test_without_a_green_verdict_it_takes_a_reason(work: Work, kind: str) -> None:
    if kind == "failed":
        work.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
        work.commit()
        work.ci(code=1)
    if kind == "dirty":
        work.edit("transformations/clean.py", "# what is sold", "# sold")
        work.ci()
    refused = work.do("deploy", "prod", code=1)
    words = {"none": "no verdict", "failed": "is failed", "dirty": "not in it as they are"}
    assert words[kind] in refused.err
    assert work.do("deploy", "--list").out == "nothing was deployed yet\n"
    work.do("deploy", "prod", "--override", "--reason", "the night is long")
    [act] = [
        one
        for one in work.do("audit", "--json").document["acts"]
        if one["action"] == "deploy against verdict"
    ]
    assert act["body"]["reason"] == "the night is long"


def test_the_policy_of_an_environment_says_who_may_deploy_to_it(work: Work) -> None:
    work.write(
        "headgate.yml", "name: sales\nenvironments:\n  prod: {publish: [eve], override: [eve]}\n"
    )
    work.commit()
    denied = work.do("deploy", "prod", code=2)
    assert "ada may not publish to prod" in denied.err
    assert "headgate.yml:3" in denied.err
    assert work.do("deploy", "prdo", code=2).err.count("did you mean 'prod'?") == 1


def test_a_reason_goes_with_an_override_alone(work: Work) -> None:
    for words in (("--override",), ("--reason", "so")):
        assert "overridden with a reason" in work.do("deploy", "prod", *words, code=2).err


def test_verdicts_and_deployments_are_kept_in_both_databases(ledger: Ledger, begun: Work) -> None:
    tools = Tools(
        begun.root, ledger, find("embedded", begun.root), Objects(begun.root / "store"), "ada"
    )
    commit = begun.git("rev-parse", "HEAD")
    before = "0" * 40
    green = Verdict(Status.WARNED, (), Origin(commit, before), AT, "ada", "sales")
    assert not record.record(ledger, replace(green, whole=False))
    assert record.record(ledger, replace(green, origin=Origin(commit, before, ("x.py",))))
    with pytest.raises(VerdictError, match="not in it as they are"):
        deploy(tools, "prod", "HEAD")
    record.record(ledger, green)
    record.record(ledger, replace(green, origin=Origin(commit, before, ("y.py",))))
    made = deploy(tools, "prod", "HEAD")
    with ledger.snapshot() as tx:
        assert current(tx, "prod") == replace(made, number=1)
        assert deployments(tx, "test") == []
        found = record.newest(tx, commit)
        assert found is not None
        assert (found.status, found.is_green, found.at) == (Status.WARNED, True, AT)
        assert found.body["commit"] == commit
        entry = audit.verify(tx)
    assert entry is not None
    assert entry.act.subject == commit
