"""Settings come from a file, then the environment, then flags; secrets are never in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from headgate.errors import DeclarationError
from headgate.project.settings import Remote, WebhookChannel, override, read_settings, reveal

Write = Callable[[Mapping[str, str]], Path]


def test_every_setting_has_a_default(write: Write) -> None:
    settings = read_settings(write({"headgate.yml": "# nothing yet\n"}), {})
    assert (settings.name, settings.environment, settings.versioning.dvc) == (
        "project",
        "prod",
        True,
    )
    assert (settings.state, settings.store, settings.channels) == (None, None, [])


def test_the_environment_wins_over_the_file_and_flags_over_both(write: Write) -> None:
    root = write({"headgate.yml": "name: shop\nenvironment: test\nstore: a\n"})
    assert read_settings(root, {}).environment == "test"
    environ = {"HEADGATE_ENVIRONMENT": "dev", "HEADGATE_STORE": "b", "HEADGATE_TEST_DATA": "x"}
    settings = read_settings(root, environ)
    assert (settings.name, settings.environment) == ("shop", "dev")
    assert settings.store == Remote(url="b")
    assert override(settings, "--environment", environment="pr-42").environment == "pr-42"


def test_a_policy_stays_as_it_was_written_beside_a_variable(write: Write) -> None:
    text = "environments:\n  prod: {publish: [ann], reviewers: [ann, ben], approvals: 2}\n"
    root = write({"headgate.yml": text})
    settings = read_settings(root, {"HEADGATE_ENVIRONMENT": "dev"})
    assert settings.environments == read_settings(root, {}).environments


@pytest.mark.parametrize(
    "state",
    [
        "postgresql://db.example/team",
        "postgres://ana@db.example:5432/team?options=-csearch_path%3Dheadgate",
        "postgresql://ana:${PG_PASSWORD}@[::1]:5432/team",
        "postgresql://ana:@/team?host=/run/postgresql&password=${PG_PASSWORD}",
        "${DATABASE_URL}",
        "../shared/state.db",
    ],
)
def test_a_state_is_a_file_or_an_address_without_a_password(write: Write, state: str) -> None:
    root = write({"headgate.yml": f"state: {state}\n"})
    assert read_settings(root, {}).state == state


def test_a_password_may_stand_in_an_environment_variable(write: Write) -> None:
    root = write({"headgate.yml": "state: postgresql://db/team\n"})
    url = "postgresql://ana:pw@db/other"
    assert read_settings(root, {"HEADGATE_STATE": url}).state == url


def test_a_wrong_value_names_who_gave_it(write: Write) -> None:
    root = write({"headgate.yml": "name: shop\n"})
    with pytest.raises(DeclarationError, match="environment variables"):
        read_settings(root, {"HEADGATE_ENVIRONMENT": "a@1"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nam: x\n", "headgate.yml:1: unknown key 'nam'\n  did you mean 'name'?"),
        ("versioning: {dcv: true}\n", "headgate.yml:1: versioning: unknown key 'dcv'\n  did you mean 'dvc'?"),
        ("channels:\n  - type: webhok\n", "headgate.yml:2: channels[0].type: unknown channel type 'webhok'\n  did you mean 'webhook'?"),
        ("channels:\n  - type: file\n", "headgate.yml:2: channels[0]: key 'path' is missing"),
        ("channels:\n  - {type: webhook, url: ftp://x}\n", "headgate.yml:2: channels[0].url: a webhook's url starts with https://, http:// or is ${NAME}"),
        ("channels:\n  - {type: webhook, url: 'https://u:pw@x.org'}\n", "headgate.yml:2: channels[0].url: a password does not belong in a file; write ${NAME} in its place"),
        ("channels:\n  - {type: webhook, url: 'https://x.org', headers: {Authorization: Bearer abc}}\n", "headgate.yml:2: channels[0].headers: Authorization is a secret; write ${NAME} in its place"),
        ("channels:\n  - {type: console, min_severity: warning}\n", "headgate.yml:2: channels[0].min_severity: expected 'info', 'warn' or 'error', got 'warning'\n  did you mean 'warn'?"),
        ("state: mysql://db/team\n", "headgate.yml:1: state: a state is a file or a postgresql:// address; mysql is not known"),
        ("name: shop\nstate: postgresql://ana:pw@db/team\n", "headgate.yml:2: a password does not belong in a file\n  write ${NAME} in its place, and set that environment variable"),
        ("state: postgresql://ana:p/w:@x@db/team\n", "headgate.yml:1: a password does not belong in a file\n  write ${NAME} in its place, and set that environment variable"),
        ("state: postgres://db/team?sslmode=require&password=pw\n", "headgate.yml:1: a password does not belong in a file\n  write ${NAME} in its place, and set that environment variable"),
        ("environments:\n  prod: {publish: []}\n", "headgate.yml:2: environments.prod.publish: an empty list lets nobody; name somebody, or leave it out"),
        ("environments:\n  prod: {approvals: 2, reviewers: [ann]}\n", "headgate.yml:2: environments.prod: approvals is 2, and reviewers names 1"),
        ("environments:\n  prod: {approvals: 1}\n", "headgate.yml:2: environments.prod: approvals is 1, and reviewers names 0"),
        ("- a\n", "headgate.yml:1: the file does not hold keys and values"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(write: Write, text: str, told: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        read_settings(write({"headgate.yml": text}), {})
    assert str(raised.value) == told


def test_a_secret_is_read_when_it_is_used(write: Write) -> None:
    text = "channels: [{type: webhook, url: '${HOOK}/in', headers: {X-Token: 'a ${TOKEN}'}}]\n"
    channel = read_settings(write({"headgate.yml": text}), {"TOKEN": "s3cret"}).channels[0]
    assert isinstance(channel, WebhookChannel)
    assert "s3cret" not in repr(channel)
    assert reveal(channel.headers["X-Token"], environ={"TOKEN": "s3cret"}) == "a s3cret"
    with pytest.raises(DeclarationError) as raised:
        reveal(channel.url, "headgate.yml:1", {})
    assert raised.value.what == "environment variable HOOK is not set"


def test_a_file_that_is_not_text_is_an_error(write: Write) -> None:
    root = write({"headgate.yml": ""})
    (root / "headgate.yml").write_bytes(b"name: gr\xf6\xdfe\n")
    with pytest.raises(DeclarationError, match="not UTF-8"):
        read_settings(root, {})
