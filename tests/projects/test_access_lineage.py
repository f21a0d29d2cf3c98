"""Rows of an environment stay its rows: in what is made from it, given to it, and dropped again."""

from __future__ import annotations

from pathlib import Path

import pytest

import headgate
from headgate.errors import AccessError, HeadgateError
from tests.projects.bank import KEY, make
from tests.projects.shop import Shop

POLICY = "name: shop\nenvironments: {prod: {read_raw: [ada]}}\n"
HEAD = "store,day,amount,kind\n"


@pytest.fixture
def guarded(open_shop: Shop) -> Shop:
    """The shop with one release, whose rows Ada alone may read."""
    open_shop.write("headgate.yml", POLICY)
    return open_shop


def version_of(shop: Shop, name: str) -> str:
    return str(shop.headgate("show", name, "--json").document["version"])[:12]


def refused(shop: Shop, *words: str, of: str = "") -> None:
    done = shop.headgate(*words, code=2, HEADGATE_USER="ben")
    assert (of or "ben may not read rows of prod") in done.err, done.err
    assert not (shop.root / "out.csv").exists()


def test_what_a_dropped_environment_had_is_read_by_nobody_through_it(
    guarded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.headgate("env", "create", "mine", "--from", "prod", HEADGATE_USER="ben")
    guarded.headgate("env", "drop", "mine", HEADGATE_USER="ben")
    for name in ("clean@mine@1", "clean@1"):
        words = ("data", "export", name, "out.csv", "--env", "mine")
        refused(guarded, *words, of="mine@1 is of an environment that was dropped")
    monkeypatch.setenv("HEADGATE_USER", "ben")
    for at in (1, "2099-01-01"):
        with pytest.raises(HeadgateError):
            headgate.read("clean", at=at, environment="mine", project=guarded.root)
    diff = guarded.headgate("data", "diff", "mine@1", "prod@1", code=2, HEADGATE_USER="ben")
    assert "dropped" in diff.err


def test_a_version_of_dropped_environments_alone_is_read_by_who_may_read_where_it_is_from(
    guarded: Shop,
) -> None:
    guarded.headgate("env", "create", "mine", "--from", "prod", HEADGATE_USER="ben")
    guarded.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    guarded.headgate("run", "--env", "mine", HEADGATE_USER="ben")
    version = version_of(guarded, "clean@mine@2")
    guarded.headgate("env", "drop", "mine", HEADGATE_USER="ben")
    words = ("data", "export", f"clean@{version}", "out.csv", "--env", "mine")
    refused(guarded, *words)
    guarded.headgate(*words)
    assert len((guarded.root / "out.csv").read_text().splitlines()) == 1 + 3


def test_a_version_is_not_read_through_an_environment_that_was_dropped(guarded: Shop) -> None:
    version = version_of(guarded, "clean")
    guarded.headgate("env", "create", "mine", "--from", "prod", HEADGATE_USER="ben")
    guarded.headgate("env", "drop", "mine", HEADGATE_USER="ben")
    refused(guarded, "data", "export", f"clean@{version}", "out.csv", "--env", "mine")
    assert not (guarded.root / "out.csv").exists()


def test_rows_that_were_set_aside_in_a_dropped_environment_are_as_closed_as_before(
    guarded: Shop,
) -> None:
    guarded.headgate("env", "create", "mine", "--moving", HEADGATE_USER="ben")
    guarded.deliver(HEAD + "3,2024-01-03,-977,0\n", "sales_2.csv")
    guarded.headgate("run", "--env", "mine", code=1, HEADGATE_USER="ben")
    board = guarded.headgate("status", "--env", "mine", "--json").document
    run = str(board["pipelines"][0]["last_run"]["run"])
    guarded.headgate("env", "drop", "mine", HEADGATE_USER="ben")
    refused(guarded, "data", "rows", run, "--env", "mine")
    assert "-977" not in guarded.headgate("show", run, "--json", HEADGATE_USER="ben").out
    assert "-977" in guarded.headgate("data", "rows", run).out


def test_what_was_promoted_from_a_closed_environment_is_closed_where_it_went(
    guarded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.headgate("env", "create", "stage", "--from", "prod")
    guarded.headgate("env", "create", "open", "--from", "stage")
    guarded.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    guarded.headgate("run", "--env", "stage")
    guarded.write("headgate.yml", "name: shop\nenvironments: {stage: {read_raw: [ada]}}\n")
    guarded.headgate("env", "promote", "stage", "prod", HEADGATE_USER="ben")
    monkeypatch.setenv("HEADGATE_USER", "ben")
    with pytest.raises(AccessError, match="read rows of stage, whose rows prod has"):
        headgate.read("clean", project=guarded.root)


# ------------------------------------------------------------------ sandboxes


@pytest.fixture
def bank(tmp_path: Path) -> Shop:
    """A bank whose rows Ada alone may read, and of which sandboxes are redacted."""
    made = make(tmp_path / "bank")
    made.headgate("run")
    made.write(
        "headgate.yml", "name: bank\nenvironments: {prod: {read_raw: [ada], redact: true}}\n"
    )
    return made


SAMPLE = ("--sample", "100%", "--key", "customers", "id")


def test_a_sandbox_is_not_made_of_what_was_dropped(bank: Shop) -> None:
    bank.headgate("env", "create", "mine", HEADGATE_USER="ben")
    bank.headgate("env", "drop", "mine", HEADGATE_USER="ben")
    for words in (("sandbox", "box", *SAMPLE), ("create", "box")):
        done = bank.headgate("env", *words, "--from", "mine@1", code=2, HEADGATE_USER="ben")
        assert "dropped" in done.err or "no environment named" in done.err


def test_redaction_is_demanded_through_all_that_was_between(bank: Shop) -> None:
    bank.headgate("env", "create", "mine", HEADGATE_USER="ben")
    words = ("env", "sandbox", "box", "--from", "mine@1", *SAMPLE)
    done = bank.headgate(*words, code=2, HEADGATE_USER="ben")
    assert "HEADGATE_REDACTION_KEY" in done.err


def test_a_redacted_sandbox_opens_nothing_of_the_environment_that_had_its_name(
    bank: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = bank.root / "contracts" / "bank.yaml"
    text = contract.read_text()
    contract.write_text(text.replace("{name: town,", "{name: town, classification: public,"))
    bank.headgate("env", "create", "box", HEADGATE_USER="ben")
    bank.headgate("env", "drop", "box", HEADGATE_USER="ben")
    bank.headgate("env", "sandbox", "box", *SAMPLE, HEADGATE_REDACTION_KEY=KEY, HEADGATE_USER="ben")
    monkeypatch.setenv("HEADGATE_USER", "ben")
    served = headgate.read("customers", environment="box", project=bank.root).collect()
    assert served.height
    first = bank.headgate("data", "log", "--env", "box", "--json").document["releases"][-1]
    for at in (1, "box@1", first["published_at"]):
        with pytest.raises(HeadgateError, match="dropped"):
            headgate.read("customers", at=at, environment="box", project=bank.root)
    refused(bank, "data", "export", "customers@1", "out.csv", "--env", "box", of="dropped")


def test_a_sandbox_in_which_something_likely_personal_is_left_stays_closed(bank: Shop) -> None:
    bank.write("headgate.yml", "name: bank\nenvironments: {prod: {read_raw: [ada]}}\n")
    contract = bank.root / "contracts" / "bank.yaml"
    text = contract.read_text()
    at = text.index("      - {name: email")
    contract.write_text(text[:at] + text[text.index("      - name: born") :])
    words = ("env", "sandbox", "box", *SAMPLE, "--redact")
    made = bank.headgate(*words, HEADGATE_REDACTION_KEY=KEY, HEADGATE_USER="ben")
    assert "customers.email: likely e-mail" in made.err
    refused(bank, "data", "export", "customers", "out.csv", "--env", "box")
