"""Sandboxes at the command line: a sample that joins, nothing personal in it, and an end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest
from msgspec.structs import replace

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.ledger import audit
from headgate.store import refs, releases, versions
from headgate.store.manifest import Release
from headgate.workspace.workspace import opened
from tests.projects.bank import ACCOUNTS, CUSTOMERS, KEY, PAYMENTS, email, iban, make
from tests.projects.shop import Done, Shop


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    bank = make(tmp_path_factory.mktemp("bank"))
    bank.headgate("run")
    return bank


@pytest.fixture
def bank(released: Shop, tmp_path: Path) -> Shop:
    """The bank's repository after its first release, to be changed at will."""
    shutil.copytree(released.root, tmp_path / "bank")
    return Shop(tmp_path / "bank")


def paths(bank: Shop, name: str) -> dict[str, list[Path]]:
    """The files behind every dataset of an environment."""
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        held = refs.held(tx, name)
        objects = workspace.tools.objects
        found = {n: versions.find(tx, n, version) for n, version in held.items()}
        return {
            n: list(versions.table(objects, version).paths)
            for n, version in found.items()
            if version
        }


def frames(bank: Shop, name: str = "play") -> dict[str, pl.DataFrame]:
    return {n: pl.read_parquet(found) for n, found in paths(bank, name).items()}


def made(bank: Shop, name: str = "play") -> tuple[Environment, Release]:
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        found, release = environment.find(tx, name), releases.current(tx, name)
    assert found is not None
    assert release is not None
    return found, release


def texts(bank: Shop, name: str = "play") -> Iterator[str]:
    """Every value in every file of an environment, as text."""
    for frame in frames(bank, name).values():
        for column in frame.iter_columns():
            yield from column.cast(pl.String).drop_nulls()


def sandbox(bank: Shop, *words: str, code: int = 0, key: str = "") -> Done:
    return bank.headgate("env", "sandbox", *words, code=code, HEADGATE_REDACTION_KEY=key)


def test_a_sample_keeps_what_belongs_to_its_entities(bank: Shop) -> None:
    done = sandbox(bank, "play", "--sample", "10%", "--key", "customers", "id")
    found = frames(bank)
    customers, accounts, payments = (found[n] for n in ("customers", "accounts", "payments"))
    assert 20 < customers.height < 70
    raw = frames(bank, "prod")
    assert customers.sort("id").equals(
        raw["customers"].join(customers, on="id", how="semi").sort("id")
    )
    assert sorted(accounts["iban"]) == sorted(
        raw["accounts"].join(customers, left_on="owner", right_on="id", how="semi")["iban"]
    )
    assert sorted(payments["no"]) == sorted(
        raw["payments"].join(accounts, left_on="account", right_on="iban", how="semi")["no"]
    )
    # what is computed of them is there without a run, of the same customers
    assert set(found["statements"]["id"]) <= set(customers["id"])
    assert found["statements"].height == accounts.height
    assert "play@1 holds" in done.out
    assert f"{customers.height:,} of {CUSTOMERS}" in done.out
    assert "not redacted: accounts.iban, customers.born" in done.err


def test_it_is_an_environment_with_one_release_and_an_entry_in_the_audit_log(bank: Shop) -> None:
    sandbox(bank, "play", "--rows", "500", "--key", "customers", "id", "--expires", "2d")
    found, release = made(bank)
    assert (found.base, found.number, found.fixed, found.user) == ("prod", 1, True, "ada")
    assert found.expires_at is not None
    assert timedelta(days=1) < found.expires_at - datetime.now(UTC) <= timedelta(days=2)
    assert (release.kind, release.number) == ("branch", 1)
    assert set(release.versions) == {"customers", "statements"}
    assert set(release.inputs) == {"accounts", "payments"}
    assert 400 < release.metrics["rows(payments)"] <= 500
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        [entry] = [e for e in audit.entries(tx) if e.act.action == "sandbox"]
        audit.verify(tx)
    assert (entry.act.environment, entry.act.subject, entry.act.user) == ("play", "prod@1", "ada")
    assert entry.act.body["entity"] == "customers"


def test_the_same_words_give_the_same_bytes(bank: Shop) -> None:
    words = ("--sample", "20%", "--key", "customers", "id", "--redact")
    for name in ("one", "two"):
        sandbox(bank, name, *words, key=KEY)
    sandbox(bank, "three", *words, "--seed", "x", key=KEY)
    one, two, three = (paths(bank, name) for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_personal_data_is_redacted_in_all_that_has_it_and_still_joins(bank: Shop) -> None:
    done = sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id", "--redact", key=KEY)
    found, _ = made(bank)
    assert found.sampled["redacted"] == {
        "accounts": {"iban": "hmac", "owner": "hmac"},
        "customers": {"born": "generalise", "email": "hmac", "id": "hmac"},
        "payments": {"account": "hmac"},
        "statements": {"email": "hmac", "iban": "hmac", "id": "hmac"},
    }
    after = frames(bank)
    joined = (
        after["payments"]
        .join(after["accounts"], left_on="account", right_on="iban")
        .join(after["customers"], left_on="owner", right_on="id")
    )
    assert joined.height == after["payments"].height > 100
    statements = after["statements"].join(after["customers"], on=["id", "email"])
    assert statements.height == after["statements"].height
    raw = [*map(email, range(CUSTOMERS)), *map(iban, range(ACCOUNTS))]
    every = "\n".join(texts(bank))
    assert not [value for value in raw if value in every]
    assert after["customers"]["born"].dt.ordinal_day().unique().to_list() == [1]
    assert "redacted by generalise: customers.born\n" in done.out


def test_no_raw_value_and_no_key_is_in_the_record_or_in_what_is_said(bank: Shop) -> None:
    where = f"customers: email = '{email(7)}'"
    words = ("--where", where, "--key", "customers", "id", "--redact", "--json")
    done = sandbox(bank, "play", *words, key=KEY)
    found, release = made(bank)
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        acts = [entry.act.body for entry in audit.entries(tx)]
        known = [
            versions.find(tx, n, id_) for n, id_ in {**release.versions, **release.inputs}.items()
        ]
    statistics = [dict(version.statistics) for version in known if version]
    told = f"{done.out} {done.err} {found} {release} {acts} {statistics}"
    assert email(7) not in told
    assert json.loads(done.out)["rows"]["customers"] == {"before": CUSTOMERS, "after": 1}
    assert found.sampled["where"] == {"customers": ["email"]}
    for file in (bank.root / ".headgate").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()
    assert KEY not in told


def test_a_policy_that_demands_redaction_cannot_be_stepped_over(bank: Shop) -> None:
    bank.write("headgate.yml", "name: bank\nenvironments:\n  prod: {redact: true}\n")
    refused = sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id", code=2)
    assert "HEADGATE_REDACTION_KEY is not set" in refused.err
    sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id", key=KEY)
    assert made(bank)[0].sampled["redacted"]
    # nor by way of an environment between
    bank.headgate("env", "create", "dev")
    refused = sandbox(bank, "by", "--from", "dev", "--key", "customers", "id", code=2)
    assert "HEADGATE_REDACTION_KEY is not set" in refused.err


def test_what_is_likely_personal_and_not_classified_stops_it_where_the_policy_demands(
    bank: Shop,
) -> None:
    bank.edit(
        "contracts/bank.yaml", "required: true, classification: restricted,", "required: true,"
    )
    words = ("play", "--sample", "20%", "--key", "customers", "id")
    done = sandbox(bank, *words, "--redact", key=KEY)
    assert "not classified, and not redacted: customers.email: likely e-mail" in done.err
    bank.write("headgate.yml", "name: bank\nenvironments:\n  prod: {redact: true}\n")
    refused = sandbox(bank, "second", *words[1:], code=2, key=KEY)
    assert "customers.email: likely e-mail" in refused.err
    assert "contracts/*.yaml" in refused.err


def test_a_copy_of_a_raw_value_under_another_name_stops_it(bank: Shop) -> None:
    bank.edit("transformations/statements.sql", "customers.email,", "customers.email as contact,")
    bank.headgate("run")
    words = ("--sample", "20%", "--key", "customers", "id", "--redact")
    refused = sandbox(bank, "play", *words, code=1, key=KEY)
    assert "values of customers.email stand in statements.contact" in refused.err
    assert "@bank.example" not in refused.err
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        assert environment.find(tx, "play") is None
        assert refs.held(tx, "play") == {}


def test_a_likely_copy_of_numbers_is_told_and_stops_it_where_the_policy_demands(bank: Shop) -> None:
    bank.edit(
        "transformations/statements.sql", "select customers.id,", "select customers.id as who, "
    )
    bank.headgate("run")
    words = ("--sample", "20%", "--key", "customers", "id", "--redact")
    done = sandbox(bank, "play", *words, key=KEY)
    assert "values of customers.id stand in statements.who" in done.err
    bank.write("headgate.yml", "name: bank\nenvironments:\n  prod: {redact: true}\n")
    refused = sandbox(bank, "other", *words, code=1, key=KEY)
    assert "values of customers.id stand in statements.who" in refused.err


def test_an_expired_sandbox_is_neither_read_nor_run(bank: Shop) -> None:
    sandbox(bank, "play", "--key", "customers", "id", "--expires", "never")
    found, release = made(bank)
    version = release.versions["customers"]
    assert found.expires_at is None
    past = Environment(
        found.name,
        "prod",
        1,
        found.created_at,
        "ada",
        True,
        datetime(2020, 1, 1, tzinfo=UTC),
        found.sampled,
    )
    with opened(bank.root) as workspace, workspace.tools.ledger.transaction() as tx:
        environment.record(tx, past)
    commands = [("run",), ("status",), ("data", "export", "customers", "x.csv")]
    elsewhere = [
        ("data", "export", "customers@play@1", "x.csv"),
        ("data", "export", f"customers@{version}", "x.csv"),
        ("data", "diff", "customers@prod@1", "customers@play@1"),
        ("data", "checkout", "play@1"),
    ]
    for words in [*((*each, "--env", "play") for each in commands), *elsewhere]:
        done = bank.headgate(*words, code=2)
        assert "play expired on 2020-01-01 00:00 UTC" in done.err
        assert "headgate env drop play" in done.err


def test_rows_are_made_up_where_no_data_may_leave(bank: Shop) -> None:
    done = sandbox(bank, "toy", "--synthetic", "--rows", "50")
    found = frames(bank, "toy")
    assert {name: frame.height for name, frame in found.items()} == dict.fromkeys(
        ("customers", "accounts", "payments"), 50
    )
    customers, accounts, payments = (found[n] for n in ("customers", "accounts", "payments"))
    assert accounts.join(customers, left_on="owner", right_on="id").height == 50
    assert payments.join(accounts, left_on="account", right_on="iban").height == 50
    assert customers["email"].str.contains(r"^[a-z]{4,9}[0-9]*@[a-z]{4}\.example$").all()
    assert customers["id"].n_unique() == 50
    assert payments["amount"].drop_nulls().is_between(0, 500).all()
    assert made(bank, "toy")[0].sampled["synthetic"] is True
    assert "made up from contracts" in done.out
    sandbox(bank, "toy2", "--synthetic", "--rows", "50")
    assert paths(bank, "toy") == paths(bank, "toy2")


def test_rows_are_made_up_before_anything_was_ever_run(tmp_path: Path) -> None:
    bank = make(tmp_path / "new")
    sandbox(bank, "toy", "--synthetic", "--rows", "10")
    assert frames(bank, "toy")["payments"].height == 10


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("play", "--sample", "0%"), "--sample: '0%' is no share"),
        (("play", "--sample", "5%", "--rows", "10"), "--sample and --rows say two things"),
        (("play", "--where", "month = 1"), "--where: 'month = 1' names no dataset"),
        (("play", "--where", "payments: drop table x"), "is not understood"),
        (("play", "--where", "payment: amount > 1"), "did you mean 'payments'?"),
        (("play", "--where", "payments: amuont > 1"), "no column 'amuont'"),
        (("play", "--expires", "soon"), "--expires: 'soon' is no span"),
        (("play", "--from", "prod@9"), "prod has no release 9"),
        (("play", "--from", "test"), "test has no release"),
        (("prod",), "there is an environment named prod"),
        (("a b",), "'a b' cannot be the name of an environment"),
        (("play", "--key", "customer", "id"), "did you mean 'customers'?"),
        (("play", "--stratify", "twn", "--key", "customers", "id"), "did you mean 'town'?"),
        (("play", "--synthetic", "--redact"), "--synthetic reads no data"),
    ],
)
def test_a_slip_is_told_with_what_to_do(bank: Shop, words: tuple[str, ...], told: str) -> None:
    refused = sandbox(bank, *words, code=2)
    assert told in refused.err


def test_a_condition_and_strata_choose_rows(bank: Shop) -> None:
    sandbox(
        bank, "few", "--where", "payments: amount < 10 and no < 1500", "--key", "customers", "id"
    )
    assert frames(bank, "few")["payments"]["amount"].max() == 9.5
    sandbox(bank, "even", "--sample", "10%", "--stratify", "town", "--key", "customers", "id")
    towns = frames(bank, "even")["customers"]["town"].value_counts().sort("town").rows()
    assert towns == [("Jena", 10), ("Ulm", 30)]
    assert frames(bank, "even")["payments"].height < PAYMENTS


def test_a_run_in_it_reads_the_sample_and_no_file(bank: Shop) -> None:
    sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id", "--redact", key=KEY)
    before = frames(bank)
    bank.deliver(f"no,account,amount\n9999,{iban(1)},7\n", "payments.csv")
    bank.edit(
        "transformations/statements.sql", "count(*) as payments,", "count(*) as payments, 1 as one,"
    )
    done = bank.headgate("run", "--env", "play")
    assert "play@2" in done.out
    after = frames(bank)
    assert (
        after["statements"]
        .drop("one")
        .sort("iban")
        .equals(before["statements"].select(after["statements"].drop("one").columns).sort("iban"))
    )
    assert all(after[name].equals(before[name]) for name in ("customers", "accounts", "payments"))
    every = "\n".join(texts(bank))
    assert "bank.example" not in every


def test_a_failed_check_in_it_looks_for_no_lines_in_the_files(bank: Shop) -> None:
    sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id", "--redact", key=KEY)
    bank.edit("pipelines/bank.yml", "low: 0, high: 100000", "low: 0, high: 5")
    done = bank.headgate("run", "--env", "play", code=1)
    run = done.err + done.out
    assert "amount" in run
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        rows = tx.execute("select id from version where dataset = '_quarantine/payments'")
        kept = [versions.find(tx, "_quarantine/payments", id_) for (id_,) in rows]
        assert kept
        for version in kept:
            assert version is not None
            table = pl.read_parquet(versions.table(workspace.tools.objects, version).paths[0])
            assert not set(table["account"]) & set(map(iban, range(ACCOUNTS)))
    assert "DE00" not in run


def test_a_source_that_it_has_no_sample_of_is_not_read(bank: Shop) -> None:
    sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id")
    bank.deliver("code,rate\nEUR,1\n", "rates.csv")
    bank.edit(
        "pipelines/bank.yml",
        "  accounts: data/raw/accounts.csv\n",
        "  accounts: data/raw/accounts.csv\n  rates: data/raw/rates.csv\n",
    )
    refused = bank.headgate("run", "--env", "play", code=1)
    assert "play is a sandbox, and has no rows of rates" in refused.out + refused.err


def test_it_cannot_become_anything_else(bank: Shop) -> None:
    sandbox(bank, "play", "--sample", "20%", "--key", "customers", "id")
    for words, told in (
        (("run", "--env", "play", "--refresh"), "which cannot move on"),
        (("env", "promote", "play", "prod"), "which cannot be promoted"),
        (("env", "create", "dev", "--from", "play"), "which cannot be the base"),
    ):
        assert told in bank.headgate(*words, code=2).err
    sandbox(bank, "smaller", "--from", "play", "--rows", "20", "--key", "customers", "id")
    assert frames(bank, "smaller")["customers"].height <= frames(bank)["customers"].height


def test_dropping_it_takes_all_of_it_away(bank: Shop) -> None:
    sandbox(bank, "play", "--key", "customers", "id")
    sandbox(bank, "old", "--key", "customers", "id", "--expires", "1h")
    with opened(bank.root) as workspace, workspace.tools.ledger.transaction() as tx:
        found = environment.find(tx, "old")
        assert found is not None
        environment.record(tx, replace(found, expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert "old is dropped" in bank.headgate("env", "drop", "--expired").out
    assert "play" in bank.headgate("env", "list").out
    bank.headgate("env", "drop", "play")
    assert bank.headgate("env", "drop", "--expired").out == "no environment has expired\n"
    assert "play" not in bank.headgate("env", "list").out
    with opened(bank.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        assert refs.held(tx, "play") == refs.held(tx, "old") == {}
        acts = [(entry.act.action, entry.act.environment) for entry in audit.entries(tx)]
    assert acts[:2] == [("drop", "play"), ("drop", "old")]
    assert "play" in sandbox(bank, "play", "--key", "customers", "id").out
