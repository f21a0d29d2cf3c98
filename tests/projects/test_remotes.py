"""What is pushed from one clone is in another one after a pull: data, log, and nothing by halves."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.ledger import audit
from headgate.store import releases
from headgate.store.manifest import Release
from headgate.workspace.workspace import opened
from tests.object_store import Server, serving
from tests.projects.dying import killed
from tests.projects.shop import FIRST, Done, Shop
from tests.warm import ENVIRONMENT

HEAD = "store,day,amount,kind\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.fixture(params=["folder", "s3"])
def remote(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a remote that is empty."""
    if request.param == "folder":
        return "../shelf"
    server: Server = request.getfixturevalue("server")
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setitem(ENVIRONMENT, name, value)
    return f"{server.bucket()}/team/shop"


def clone(shop: Shop, name: str = "clone") -> Shop:
    """The repository as a colleague gets it: without what Git ignores."""
    target = shop.root.parent / name
    shutil.copytree(shop.root, target, ignore=shutil.ignore_patterns(".headgate", "raw", "out"))
    for pointer in (shop.root / "data" / "out").glob("*.dvc"):
        (target / "data" / "out").mkdir(parents=True, exist_ok=True)
        shutil.copy(pointer, target / "data" / "out")
    return Shop(target)


def log(shop: Shop) -> list[dict[str, Any]]:
    found = shop.headgate("data", "log", "--json").document["releases"]
    assert isinstance(found, list)
    return found


def files(shop: Shop) -> dict[str, bytes]:
    """What is published in the working tree, without the pointers beside it."""
    return {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}


def second(shop: Shop) -> None:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")


def test_a_clone_that_pulls_has_the_same_data_and_the_same_log(
    open_shop: Shop, remote: str
) -> None:
    second(open_shop)
    open_shop.headgate("data", "rollback", "totals", "--reason", "too many")
    open_shop.headgate("data", "remote", "add", "shelf", remote)
    pushed = open_shop.headgate("data", "push", "--json").document
    assert (pushed["release"], pushed["releases"]) == ("prod@3", 3)

    other = clone(open_shop)
    assert not (other.root / "data/out/clean.parquet").exists()
    pulled = other.headgate("data", "pull", "--json").document
    assert (pulled["release"], pulled["releases"]) == ("prod@3", 3)
    assert log(other) == log(open_shop)
    assert files(other) == files(open_shop)
    for dataset in ("clean", "totals"):
        assert other.served(dataset) == open_shop.served(dataset)
    assert other.headgate("data", "verify").code == 0
    assert other.headgate("data", "pull", "--json").document["objects"] == 0, "and nothing twice"

    second_pull = open_shop.headgate("data", "push", "--json").document
    assert (second_pull["objects"], second_pull["releases"]) == (0, 0)


def test_a_colleague_goes_on_where_the_other_was(open_shop: Shop, remote: str) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", remote)
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    other.headgate("data", "pull")
    shutil.copytree(open_shop.root / "data/raw", other.root / "data/raw")
    assert "unchanged" in other.headgate("run", "--json").out
    second(other)
    other.headgate("data", "push")
    assert open_shop.headgate("data", "pull", "--json").document["release"] == "prod@2"
    assert open_shop.served("clean") == other.served("clean")
    assert files(open_shop) == files(other)
    assert log(open_shop) == log(other)


def test_an_earlier_release_is_brought_by_its_number(open_shop: Shop, remote: str) -> None:
    first = open_shop.served("clean")
    second(open_shop)
    open_shop.headgate("data", "remote", "add", "shelf", remote)
    open_shop.headgate("data", "push", "--all")
    other = clone(open_shop)
    assert other.headgate("data", "pull", "--release", "1", "--json").document["releases"] == 1
    assert other.served("clean") == first
    other.headgate("data", "pull")
    assert other.served("clean") == open_shop.served("clean")
    assert other.served("clean", at=1) == first
    refused = other.headgate("data", "pull", "--release", "9", code=2)
    assert "no release named prod@9; the newest is prod@2" in refused.err


def test_a_policy_binds_an_environment_in_the_clone_that_pulls_it(open_shop: Shop) -> None:
    open_shop.headgate("env", "create", "dev")
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push", "--env", "dev")
    with (open_shop.root / "headgate.yml").open("a") as settings:
        settings.write("environments: {prod: {read_raw: [ada]}}\n")
    other = clone(open_shop)
    other.headgate("data", "pull", "--env", "dev")
    export = ("data", "export", "clean", "out.csv", "--env", "dev")
    refused = other.headgate(*export, code=2, HEADGATE_USER="ben")
    assert "ben may not read rows of prod, whose rows dev has" in refused.err
    other.headgate(*export, HEADGATE_USER="ada")


def test_a_slip_of_the_pen_pulls_no_environment_into_being(open_shop: Shop) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    refused = open_shop.headgate("data", "pull", "--env", "prdo", code=2)
    assert "no environment named 'prdo'" in refused.err
    assert len(open_shop.headgate("env", "list", "--json").document["environments"]) == 1


def test_two_lines_of_releases_are_never_mixed(open_shop: Shop, remote: str) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", remote)
    other = clone(open_shop)
    shutil.copytree(open_shop.root / "data/raw", other.root / "data/raw")
    other.headgate("run")
    open_shop.headgate("data", "push")
    before = log(other)
    for command in ("pull", "push"):
        refused = other.headgate("data", command, code=2)
        assert "prod@1 is another release here than there" in refused.err
    assert log(other) == before
    assert other.headgate("data", "verify").code == 0


def test_who_is_behind_pulls_before_a_push(open_shop: Shop, remote: str) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", remote)
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    other.headgate("data", "pull")
    second(open_shop)
    open_shop.headgate("data", "push")
    refused = other.headgate("data", "push", code=2)
    assert "prod@2 is there, and prod@1 is the newest here" in refused.err
    assert "headgate data pull" in refused.err


def test_rows_that_are_set_aside_come_along(shop: Shop) -> None:
    checks = "checks: [{between: {column: amount, low: 0, on_fail: quarantine, limit: 0.9}}]"
    shop.edit("pipelines/shop.yml", "expect: expectations/sales.json", checks)
    shop.deliver(FIRST + "3,2024-01-03,-5,0\n")
    shop.headgate("run")
    run = shop.events("run_started")[0]["run"]
    assert "-5" in shop.headgate("data", "rows", run).out
    shop.headgate("data", "remote", "add", "shelf", "../shelf")
    shop.headgate("data", "push")
    other = clone(shop)
    other.headgate("data", "pull")
    aside = shop.headgate("status", "--json").document["quarantine"]
    assert aside
    assert other.headgate("status", "--json").document["quarantine"] == aside
    shutil.copytree(shop.root / "data/raw", other.root / "data/raw")
    other.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    other.headgate("run")
    assert other.served("clean")[-1]["amount"] == 5


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[::-1])


def objects(root: Path) -> list[Path]:
    return sorted(path for path in (root / "files").rglob("*") if path.is_file())


def test_a_broken_object_there_changes_nothing_here(open_shop: Shop) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    damage(objects(open_shop.root.parent / "shelf")[0])
    refused = other.headgate("data", "pull", code=3)
    assert "is damaged there" in refused.err
    assert log(other) == []
    assert not (other.root / "data/out/clean.parquet").exists()

    objects(open_shop.root.parent / "shelf")[0].unlink()
    assert "is not there" in other.headgate("data", "pull", code=3).err
    open_shop.headgate("data", "push")
    other.headgate("data", "pull")
    assert log(other) == log(open_shop)


@pytest.mark.parametrize("folder", ["releases/prod/1", "environments/prod", "versions/*/*"])
def test_damaged_facts_there_change_nothing_here(open_shop: Shop, folder: str) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    shelf = open_shop.root.parent / "shelf" / "headgate"
    for file in shelf.glob(f"{folder}.json"):
        file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    refused = other.headgate("data", "pull", code=None)
    assert refused.code in {2, 3}
    assert log(other) == []


def test_a_damaged_object_is_found_and_mended_with_its_published_file(open_shop: Shop) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    rows, published = open_shop.served("clean"), files(open_shop)
    damage(open_shop.root / "data/out/clean.parquet")  # and so the object, which is the same file
    refused = open_shop.headgate("data", "verify", "--json", code=1).document
    assert len(refused["damaged"]) == 1
    assert open_shop.headgate("data", "verify", "--repair", "shelf").code == 0
    assert open_shop.headgate("data", "verify").code == 0
    assert open_shop.served("clean") == rows
    assert files(open_shop) == published
    assert not list((open_shop.root / "data/out").glob("*.yours-*"))
    with opened(open_shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        acts = [entry.act.action for entry in audit.entries(tx)]
        assert acts == ["repair", "push"]
        assert audit.verify(tx)


@pytest.mark.parametrize(
    "keeping", [("tag", "q1", "prod@1"), ("pin", "prod@1"), ("pin", "clean@1")]
)
def test_what_a_tag_or_a_pin_keeps_must_be_there(open_shop: Shop, keeping: tuple[str, ...]) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    version = open_shop.headgate("show", "clean@1", "--json").document["version"]
    second(open_shop)
    reason = ("--reason", "the auditor") if keeping[0] == "pin" else ()
    open_shop.headgate("data", *keeping, *reason)
    store = objects(open_shop.root / ".headgate/store")
    next(path for path in store if version.endswith(path.name)).unlink()
    assert version in open_shop.headgate("data", "verify", code=1).out
    open_shop.headgate("data", "verify", "--repair")
    assert len(open_shop.served("clean", at=1)) == 3


def test_what_is_missing_counts_as_wrong_where_it_is_served_alone(open_shop: Shop) -> None:
    earlier = {path.name for path in objects(open_shop.root / ".headgate/store")}
    second(open_shop)
    store = open_shop.root / ".headgate/store"
    for path in objects(store):
        if path.name in earlier and path.stat().st_nlink == 1:
            gone = path
    gone.unlink()
    found = open_shop.headgate("data", "verify", "--json", code=None).document
    assert len(found["missing"]) + len(found["gone"]) == 1
    newest = next(path for path in objects(store) if path.stat().st_nlink == 2)
    newest.unlink()
    (store / "files/md5/ab").mkdir(exist_ok=True)
    (store / "files/md5/ab" / ("c" * 30)).write_text("whose?")
    found = open_shop.headgate("data", "verify", "--json", code=1).document
    assert found["missing"]
    assert found["unknown"] == [f"ab{'c' * 30}"]


KILLER = """
import os, signal, sys, threading
from headgate.store.fsspec_remote import FsspecRemote

after, seconds = int(sys.argv.pop(1)), float(sys.argv.pop(1))
asked = 0

def counted(real):
    def asking(*arguments):
        global asked
        asked += 1
        if asked == after:
            kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
            threading.Timer(seconds, kill).start() if seconds else kill()
        return real(*arguments)
    return asking

for verb in ("sizes", "get", "put", "create"):
    setattr(FsspecRemote, verb, counted(getattr(FsspecRemote, verb)))
from headgate.cli.main import main
main()
"""


def killed_in(shop: Shop, moments: random.Random, requests: int, *words: str) -> bool:
    """Whether the command was killed: at a request to the remote, or some moments after it."""
    seconds = moments.choice([0, moments.uniform(0, 0.02)])
    chosen = [str(moments.randint(1, requests)), str(seconds)]
    process = subprocess.run(
        [sys.executable, "-c", KILLER, *chosen, *words],
        cwd=shop.root,
        capture_output=True,
        check=False,
        env={**ENVIRONMENT, "HEADGATE_USER": "ada"},
    )
    assert process.returncode in {0, -signal.SIGKILL}, process.stderr.decode()
    return process.returncode != 0


def state(shop: Shop) -> list[Release]:
    """All releases of the record, each with what it points to."""
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return releases.log(tx, "prod")


def many_parts(shop: Shop) -> None:
    old = "path: data/out/clean.parquet\n"
    shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: [day]\n")
    rows = "".join(
        f"{store},2024-{m:02d}-{d:02d},7,0\n"
        for store in (1, 2)
        for m in (1, 2, 3)
        for d in range(1, 29)
    )
    shop.deliver(FIRST.splitlines()[0] + "\n" + rows)
    shop.headgate("run")


@pytest.mark.integration
def test_a_push_that_is_killed_goes_on_and_nobody_pulls_a_half(shop: Shop, remote: str) -> None:
    many_parts(shop)
    shop.headgate("data", "remote", "add", "shelf", remote)
    other = clone(shop)
    moments, kills = random.Random(4), 0
    for _ in range(12):
        kills += killed_in(shop, moments, 60, "data", "push")
        pulled = other.headgate("data", "pull", "--json", code=None)
        assert pulled.code in {0, 2, 3}, pulled.err
        assert state(other) == ([] if pulled.code else state(shop))
    assert kills >= 4
    shop.headgate("data", "push")
    other.headgate("data", "pull")
    assert state(other) == state(shop)
    assert files(other) == files(shop)


@pytest.mark.integration
def test_a_pull_that_is_killed_goes_on_and_readers_see_all_or_nothing(
    shop: Shop, remote: str
) -> None:
    many_parts(shop)
    shop.headgate("data", "remote", "add", "shelf", remote)
    shop.headgate("data", "push")
    moments, kills = random.Random(5), 0
    for number in range(3):
        other = clone(shop, f"clone{number}")
        for _ in range(4):
            kills += killed_in(other, moments, 60, "data", "pull")
            if seen := state(other):
                assert seen == state(shop)
                assert other.served("clean") == shop.served("clean")
        other.headgate("data", "pull")
        assert files(other) == files(shop)
        assert other.headgate("data", "verify").code == 0
    assert kills >= 6


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "place",
    [
        "headgate.store.transfer:fetch",
        "headgate.store.facts:record",
        "headgate.store.facts:serve",
        "headgate.ledger.audit:record",
        "headgate.runs.pull:pull",
        "headgate.store.checkout:link",
    ],
)
def test_a_pull_that_dies_there_is_completed_by_the_next(
    open_shop: Shop, place: str, moment: str
) -> None:
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    open_shop.headgate("data", "push")
    other = clone(open_shop)
    killed(other, place, moment, "data", "pull")
    assert state(other) in ([], state(open_shop))
    other.headgate("data", "pull")
    assert state(other) == state(open_shop)
    assert files(other) == files(open_shop)


# ------------------------------------------------------------------ a store elsewhere


def test_two_machines_share_a_store_in_a_bucket(
    shop: Shop, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setitem(ENVIRONMENT, name, value)
    shop.write("headgate.yml", f"name: shop\nstore: {server.bucket()}/store\n")
    shop.headgate("run")
    first = shop.served("clean")
    assert not (shop.root / ".headgate/store/files").exists()
    second(shop)
    assert shop.served("clean") != first

    other = clone(shop)
    (other.root / ".headgate").mkdir()
    shutil.copy(shop.root / ".headgate/state.db", other.root / ".headgate/state.db")
    assert other.served("clean") == shop.served("clean")
    assert other.served("clean", at=1) == first
    shutil.copytree(shop.root / "data/raw", other.root / "data/raw")
    other.headgate("run")
    assert files(other) == files(shop)
    other.headgate("data", "rollback", "--release", "1")
    assert other.served("clean") == first
    assert other.headgate("data", "verify").code == 0

    shop.deliver(HEAD + "9,2024-01-09,9999,0\n", "sales_3.csv")
    shop.headgate("run", code=1)
    assert shop.newest() == 2
    assert shop.headgate("data", "verify").code == 0


def test_a_server_that_goes_away_publishes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
            monkeypatch.setitem(ENVIRONMENT, name, value)
        shop.write("headgate.yml", f"name: shop\nstore: {server.bucket()}\n")
        shop.headgate("run")
        before, seen = log(shop), shop.served("clean")
        server.stop()
        shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
        refused = shop.headgate("run", code=3)
        assert "the remote cannot be used" in refused.err
        assert server.environ["AWS_SECRET_ACCESS_KEY"] not in refused.err + refused.out
        assert log(shop) == before
        assert shop.served("clean") == seen, "what is in the cache is read without the server"


# ------------------------------------------------------------------ settings


def test_remotes_are_written_between_what_a_person_wrote(open_shop: Shop) -> None:
    text = (
        "# ours\nname: shop\nremotes:  # where it goes\n  a: ../a  # near\nchannels: []  # none\n"
    )
    open_shop.write("headgate.yml", text)
    open_shop.headgate(
        "data", "remote", "add", "b", "s3://b/x", "--option", "endpoint_url=http://h"
    )
    now = (open_shop.root / "headgate.yml").read_text()
    assert now == (
        "# ours\nname: shop\nremotes:  # where it goes\n  a: ../a  # near\n  b:\n    url: s3://b/x\n"
        "    options:\n      endpoint_url: http://h\nchannels: []  # none\n"
    )
    listed = open_shop.headgate("data", "remote", "list").out
    assert listed == "remote  url\na       ../a\nb       s3://b/x\n"
    open_shop.headgate("data", "remote", "remove", "b")
    assert (open_shop.root / "headgate.yml").read_text() == text
    open_shop.headgate("data", "remote", "remove", "a")
    without = "# ours\nname: shop\nchannels: []  # none\n"
    assert (open_shop.root / "headgate.yml").read_text() == without


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "x", "s3://me:secret@bucket"), "a password does not belong in a file"),
        (("add", "x", "s3://b", "--option", "secret=abc"), "secret is a secret; write ${NAME}"),
        (("add", "x y", "s3://b"), "cannot be the name of a remote"),
        (("add", "x", "s3://b", "--option", "abc"), "is not KEY=VALUE"),
        (("remove", "shelv"), "did you mean 'shelf'?"),
        (("add", "shelf", "../other"), "there is a remote 'shelf' already"),
    ],
)
def test_a_remote_that_cannot_be_is_refused(
    open_shop: Shop, words: tuple[str, ...], told: str
) -> None:
    open_shop.write("headgate.yml", "name: shop\nremotes:\n  shelf: ../shelf\n")
    refused = open_shop.headgate("data", "remote", *words, code=2)
    assert told in refused.err
    assert (open_shop.root / "headgate.yml").read_text().endswith("shelf: ../shelf\n")


def test_dvc_is_told_of_a_remote_beside_its_own(open_shop: Shop) -> None:
    config = open_shop.root / ".dvc/config"
    own = config.read_text() + "['remote \"mine\"']\n    url = s3://mine\n"
    config.write_text(own)
    open_shop.headgate("data", "remote", "add", "mine", "../elsewhere")
    assert config.read_text() == own
    open_shop.headgate("data", "remote", "add", "shelf", "../shelf")
    assert config.read_text() == own + "['remote \"shelf\"']\n    url = ../../shelf\n"
    open_shop.headgate("data", "remote", "remove", "shelf")
    open_shop.headgate("data", "remote", "remove", "mine")
    assert config.read_text() == own


def test_a_secret_comes_from_the_environment_or_is_missed(open_shop: Shop) -> None:
    words = ("add", "shelf", "s3://b/x", "--option", "secret=${SHELF_SECRET}")
    open_shop.headgate("data", "remote", *words)
    refused = open_shop.headgate("data", "push", code=2)
    assert "environment variable SHELF_SECRET is not set" in refused.err


@pytest.mark.parametrize("command", ["push", "pull"])
def test_which_remote_is_asked_for_where_it_is_not_clear(open_shop: Shop, command: str) -> None:
    def told(*words: str) -> Done:
        return open_shop.headgate("data", command, *words, code=2)

    assert "the project has no remote" in told().err
    open_shop.write("headgate.yml", "name: shop\nremotes: {a: ../a, b: ../b}\n")
    assert "say which: a, b" in told().err
    assert "no remote named 'c'" in told("c").err


def test_nothing_to_push_and_nothing_to_pull_are_said(shop: Shop) -> None:
    shop.write("headgate.yml", "name: shop\nremotes: {a: ../a}\n")
    assert "nothing has been released in prod yet" in shop.headgate("data", "push", code=2).err
    assert "no release was pushed there" in shop.headgate("data", "pull", code=2).err


def test_a_remote_that_no_driver_reaches_is_not_written(shop: Shop) -> None:
    done = shop.headgate("data", "remote", "add", "far", "s4://bucket/x", code=2)
    assert "did you mean 's3://'?" in done.err
    assert shop.headgate("data", "remote", "list", "--json").document["remotes"] == []
