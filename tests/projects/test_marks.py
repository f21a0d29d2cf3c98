"""A tag names a release wherever one is named; a tag and a pin stay until they are taken away."""

from __future__ import annotations

import subprocess

import pytest

from headgate import read
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.store.marks import require_name
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


@pytest.fixture
def tagged(open_shop: Shop) -> Shop:
    """Two releases, the first of which is `q2-audit`."""
    open_shop.headgate("data", "tag", "q2-audit", "--message", "seen by the auditor")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    return open_shop


def test_a_tag_is_taken_wherever_a_release_is(tagged: Shop) -> None:
    assert read("clean", at="q2-audit", project=tagged.root).collect().height == 3
    found = tagged.headgate("data", "diff", "q2-audit", "prod@2", "--json").document
    rows = {each["dataset"]: each["rows"]["added"] for each in found["datasets"]}
    assert rows["clean"] == 1
    version = tagged.headgate("data", "diff", "clean@q2-audit", "--json").document["datasets"][0]
    assert (version["before"]["name"], version["rows"]["added"]) == ("prod@1", 1)
    tagged.headgate("data", "export", "clean", "old.csv", "--at", "q2-audit")
    assert len((tagged.root / "old.csv").read_text().splitlines()) == 4
    tagged.headgate("data", "rollback", "--release", "q2-audit")
    assert len(tagged.served("clean")) == 3


def test_a_release_is_named_for_a_rollback_by_its_number_too(tagged: Shop) -> None:
    for name in ("prod@1", "1"):
        tagged.headgate("data", "rollback", "--release", name)
        assert len(tagged.served("clean")) == 3
        tagged.headgate("run", "--force")
    done = tagged.headgate("data", "rollback", "--release", "q3-audit", code=2)
    assert "no release of prod, and no tag" in done.err


def test_a_tag_names_one_release_until_it_is_taken_away(tagged: Shop) -> None:
    again = tagged.headgate("data", "tag", "q2-audit", "prod@2", code=2)
    assert "q2-audit is prod@1 already" in again.err
    listed = tagged.headgate("data", "tag", "--json").document["tags"]
    assert [(t["tag"], t["release"], t["by"], t["message"]) for t in listed] == [
        ("q2-audit", "prod@1", "ada", "seen by the auditor")
    ]
    tagged.headgate("data", "tag", "--delete", "q2-audit")
    with pytest.raises(UsageError, match="no release, no tag and no time"):
        read("clean", at="q2-audit", project=tagged.root)
    tagged.headgate("data", "tag", "q2-audit", "prod@2")
    assert read("clean", at="q2-audit", project=tagged.root).collect().height == 4


@pytest.mark.parametrize(
    "name",
    [
        "3",
        "2026-11-20",
        "20261120",
        "prod@1",
        "cafe",
        "9fceb02d0ae598e9",
        "",
        "a b",
        "-x",
        "bad",
        "HEAD",
        "head",
        "ORIG_HEAD",
        "a/b",
        "..",
        "größe",
        "x" * 101,
    ],
)
def test_what_reads_as_something_else_is_no_tag(name: str) -> None:
    with pytest.raises(UsageError):
        require_name(name)


def test_a_tag_may_not_be_called_as_a_dataset_an_environment_or_a_commit_is(
    open_shop: Shop,
) -> None:
    for words in (["init", "-b", "spring"], ["commit", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", str(open_shop.root), *words, "--quiet"], check=True)
    for name, told in (
        ("clean", "the name of a dataset"),
        ("prod", "the name of an environment"),
        ("spring", "what Git calls commit"),
    ):
        done = open_shop.headgate("data", "tag", name, code=2)
        assert f"{name} is {told}" in done.err
    assert open_shop.headgate("data", "tag", "--json").document["tags"] == []


def test_readers_of_one_environment_get_no_data_of_another_by_a_tag(tagged: Shop) -> None:
    with pytest.raises(UsageError, match="q2-audit is prod@1, and not of test"):
        read("clean", at="q2-audit", environment="test", project=tagged.root)


def test_a_pin_says_why_and_is_taken_away_as_it_was_set(tagged: Shop) -> None:
    assert "say why" in tagged.headgate("data", "pin", "prod@1", code=2).err
    tagged.headgate("data", "pin", "q2-audit", "--reason", "a law")
    tagged.headgate("data", "pin", "clean@2", "--reason", "a model was made of it")
    pins = tagged.headgate("data", "pin", "--json").document["pins"]
    assert {pin["because"] for pin in pins} == {"a law", "a model was made of it"}
    version = next(pin["pin"] for pin in pins if pin["pin"].startswith("clean@"))
    tagged.headgate("data", "unpin", version[:10])
    tagged.headgate("data", "unpin", "prod@1")
    assert tagged.headgate("data", "pin", "--json").document["pins"] == []
    assert "no pin named 'prod@1'" in tagged.headgate("data", "unpin", "prod@1", code=2).err


def test_every_tag_and_pin_is_in_the_audit_log(tagged: Shop) -> None:
    tagged.headgate("data", "pin", "prod@1", "--reason", "a law")
    tagged.headgate("data", "unpin", "prod@1")
    tagged.headgate("data", "tag", "--delete", "q2-audit")
    with opened(tagged.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        assert audit.verify(tx) is not None
        acts = [entry.act for entry in reversed(audit.entries(tx))]
    ours = [(act.action, act.subject, act.user) for act in acts]
    names = [("tag", "q2-audit"), ("pin", "prod@1"), ("unpin", "prod@1"), ("untag", "q2-audit")]
    assert [each for each in ours if each[0] in {"tag", "untag", "pin", "unpin"}] == [
        (*name, "ada") for name in names
    ]


def test_what_is_gone_can_be_neither_tagged_nor_read(tagged: Shop) -> None:
    for path in (tagged.root / ".headgate" / "store" / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert "no longer in the store" in tagged.headgate("data", "tag", "late", code=3).err
    assert tagged.headgate("data", "tag", "--json").document["tags"][0]["tag"] == "q2-audit"
    with pytest.raises(Exception, match="no longer in the store"):
        read("clean", project=tagged.root)
    with pytest.raises(UnknownNameError):
        read("clean", at="prod@9", project=tagged.root)
