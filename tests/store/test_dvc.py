from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.store import checkout, dvc
from headgate.store.manifest import Version
from headgate.store.objects import Objects

Make = Callable[..., Version]
Shell = Callable[..., str]

PEERS = Path(__file__).parents[2] / "scripts" / "peers.sh"


def test_a_pointer_names_one_file(version_of: Make, tmp_path: Path) -> None:
    version = version_of(b"rows")
    pointer = dvc.write_pointer(tmp_path / "data" / "train.parquet", version)
    assert pointer == tmp_path / "data" / "train.parquet.dvc"
    assert pointer.read_text() == (
        f"outs:\n- md5: {version.id}\n  size: 4\n  hash: md5\n  path: train.parquet\n"
    )


def test_a_pointer_names_a_folder_of_parts(version_of: Make, tmp_path: Path) -> None:
    version = version_of({"a.parquet": b"one", "b.parquet": b"three"})
    pointer = dvc.write_pointer(tmp_path / "sales", version)
    assert pointer.read_text() == (
        f"outs:\n- md5: {version.id}\n  size: 8\n  nfiles: 2\n  hash: md5\n  path: sales\n"
    )


def test_a_pointer_that_is_right_is_left_alone(version_of: Make, tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pointer = dvc.write_pointer(path, version_of(b"rows"))
    os.utime(pointer, (0, 0))
    dvc.write_pointer(path, version_of(b"rows"))
    assert pointer.stat().st_mtime == 0
    dvc.write_pointer(path, version_of(b"other"))
    assert pointer.stat().st_mtime > 0
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == [pointer.name]


def test_an_output_is_ignored_once_and_other_lines_stay(tmp_path: Path) -> None:
    listing = tmp_path / ".gitignore"
    listing.write_text("*.log")
    dvc.ignore(tmp_path / "train.parquet")
    dvc.ignore(tmp_path / "train.parquet")
    dvc.ignore(tmp_path / "a[1].csv")
    assert listing.read_text() == "*.log\n/train.parquet\n/a\\[1\\].csv\n"


def test_a_project_of_dvc_is_left_as_it_is(tmp_path: Path) -> None:
    assert dvc.configure(tmp_path)
    config = tmp_path / ".dvc" / "config"
    assert "dir = ../.headgate/store" in config.read_text()
    config.write_text("theirs")
    assert not dvc.configure(tmp_path)
    assert config.read_text() == "theirs"


def test_the_cache_of_dvc_is_where_the_objects_are(tmp_path: Path) -> None:
    dvc.configure(tmp_path / "project", tmp_path / "disk" / "store")
    config = (tmp_path / "project" / ".dvc" / "config").read_text()
    assert "dir = ../../disk/store\n" in config


# ------------------------------------------------------------------ with DVC itself


@pytest.fixture(scope="session")
def dvc_python() -> Path:
    """The Python that has DVC."""
    if not PEERS.exists():
        pytest.skip("scripts/peers.sh is not there to provide DVC")
    found = subprocess.run(
        ["sh", str(PEERS), "dvc"], capture_output=True, text=True, check=False, timeout=600
    )
    if found.returncode:
        pytest.skip(f"DVC cannot be installed: {found.stderr.strip()[-200:]}")
    return Path(found.stdout.strip().splitlines()[-1])


@pytest.fixture
def shell(dvc_python: Path, tmp_path: Path) -> Shell:
    """Runs a command in the project, with DVC and Git, and gives what it printed."""
    environment = {
        **os.environ,
        "PATH": f"{dvc_python.parent}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_NAME": "Ann" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ann@example.org" for who in ("AUTHOR", "COMMITTER")},
    }

    def run(*command: str, folder: Path = tmp_path) -> str:
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False,
            timeout=300,
        )  # fmt: skip
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    run("git", "init", "--quiet")
    (tmp_path / ".gitignore").write_text(".headgate/\n")
    dvc.configure(tmp_path)
    return run


@pytest.fixture
def publish(
    objects: Objects, version_of: Make, tmp_path: Path, shell: Shell
) -> Callable[..., None]:
    """Links a file and a folder of parts, writes their pointers and commits them."""

    def put(message: str, file: bytes, parts: dict[str, bytes]) -> None:
        for name, content in (("data/processed/train.parquet", file), ("data/sales", parts)):
            version, path = version_of(content), tmp_path / name
            checkout.link(objects, version, path)
            dvc.write_pointer(path, version)
            dvc.ignore(path)
        shell("git", "add", "--all")
        shell("git", "commit", "--quiet", "--message", message)

    return put


CLEAN = "Data and pipelines are up to date.\n"
ONE = {"month=1/part-0.parquet": b"january" * 50, "month=2/part-0.parquet": b"february"}
TWO = {**ONE, "month=2/part-0.parquet": b"February", "month=3/part-0.parquet": b"march"}


@pytest.mark.integration
def test_dvc_finds_what_we_wrote_clean(
    publish: Callable[..., None], shell: Shell, tmp_path: Path
) -> None:
    publish("one", b"one" * 100, ONE)
    assert shell("dvc", "status") == CLEAN
    publish("two", b"two" * 100, TWO)
    assert shell("dvc", "status") == CLEAN
    pointers = [tmp_path / "data/processed/train.parquet.dvc", tmp_path / "data/sales.dvc"]
    before = [pointer.read_bytes() for pointer in pointers]
    shell("dvc", "commit", "--force")
    assert [pointer.read_bytes() for pointer in pointers] == before
    assert shell("git", "status", "--short") == ""


@pytest.mark.integration
def test_an_older_commit_brings_the_older_data(
    publish: Callable[..., None], shell: Shell, tmp_path: Path, objects: Objects, version_of: Make
) -> None:
    publish("one", b"one" * 100, ONE)
    publish("two", b"two" * 100, TWO)
    shell("git", "checkout", "--quiet", "HEAD~1", "--", ".")
    shell("dvc", "checkout")
    output = tmp_path / "data/processed/train.parquet"
    assert output.read_bytes() == b"one" * 100
    assert (tmp_path / "data/sales/month=2/part-0.parquet").read_bytes() == b"february"
    assert not (tmp_path / "data/sales/month=3").exists()
    assert shell("dvc", "status") == CLEAN
    # and back, by us: what DVC put there is known, and not a person's own
    assert checkout.linked(objects, version_of(b"one" * 100), output)
    assert checkout.link(objects, version_of(b"two" * 100), output) is None
    assert objects.verify(version_of(b"one" * 100).id)


@pytest.mark.integration
def test_a_colleague_pulls_what_was_pushed(
    publish: Callable[..., None], shell: Shell, tmp_path: Path
) -> None:
    publish("one", b"one" * 100, ONE)
    shell("dvc", "remote", "add", "--default", "team", str(tmp_path.with_name("remote")))
    shell("dvc", "push")
    assert "in sync" in shell("dvc", "status", "--cloud")
    shell("git", "commit", "--quiet", "--all", "--message", "remote")
    colleague = tmp_path.with_name("colleague")
    shell("git", "clone", "--quiet", str(tmp_path), str(colleague))
    shell("dvc", "pull", folder=colleague)
    assert (colleague / "data/processed/train.parquet").read_bytes() == b"one" * 100
    assert (colleague / "data/sales/month=1/part-0.parquet").read_bytes() == b"january" * 50
    assert shell("dvc", "status", folder=colleague) == CLEAN


@pytest.mark.integration
def test_dvc_reads_every_name_as_it_is(dvc_python: Path, version_of: Make) -> None:
    names = ["train.parquet", "my data.csv", "a(1).csv", "month=2015-01", "é.csv", "123", "1e5",
             "2015-01-01", "0x1f", "null", "true", "yes", "it's.csv", "'q'", "#a", "a: b", "*a",
             "1234567890e234567890123456789012", "12345678901234567890123456789012",
             version_of(b"rows").id]  # fmt: skip
    script = (
        "import json, sys; from dvc.utils.serialize import parse_yaml\n"
        "for line in json.load(sys.stdin): print(json.dumps(parse_yaml(line, '')['path']))\n"
    )
    lines = [f"path: {dvc._scalar(name)}\n" for name in names]
    ended = subprocess.run(
        [str(dvc_python), "-c", script], input=json.dumps(lines), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert [json.loads(line) for line in ended.stdout.splitlines()] == names
