"""A remote is written into `headgate.yml` and taken out again; nothing else in it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.errors import DeclarationError, HeadgateError
from headgate.project import remotes
from headgate.project.settings import Remote, read_settings

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
URLS = st.sampled_from(
    ["../shelf", "s3://b/x", "file:///mnt/a b", "gs://${BUCKET}/#1", "a: b", "~"]
)
OPTIONS = st.dictionaries(
    st.sampled_from(["endpoint_url", "anon", "profile"]),
    st.sampled_from(["http://h:1", "true", "no", "12", "x # y", "'"]),
    max_size=2,
)
BEFORE = st.sampled_from(["", "# alone\n", "name: shop\n", "name: shop  # ours", "\n\nname: a\n"])
AFTER = st.sampled_from(["", "channels: []\n", "\n# the end\n", "versioning:\n  dvc: true\n"])


@settings(deadline=None)
@example("", "", {"1e5": Remote(url="~")})
@given(
    BEFORE,
    AFTER,
    st.dictionaries(NAMES, st.builds(Remote, url=URLS, options=OPTIONS), min_size=1, max_size=4),
)
def test_what_is_added_is_there_and_what_is_removed_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str, added: dict[str, Remote]
) -> None:
    root = tmp_path_factory.mktemp("project")
    path = root / "headgate.yml"
    text = before + ("\n" if after and before and not before.endswith("\n") else "") + after
    path.write_text(text)
    for name, remote in added.items():
        remotes.add(root, name, remote)
    assert read_settings(root, {}).remotes == added
    assert all(line in path.read_text().splitlines() for line in text.splitlines())
    for name in reversed(added):
        remotes.remove(root, name)
    assert path.read_text() == text or path.read_text() == f"{text}\n"


@pytest.mark.parametrize("text", ["remotes: {a: ../a}\n", "{name: shop}\n"])
def test_a_file_that_has_no_place_for_it_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "headgate.yml").write_text(text)
    with pytest.raises(DeclarationError, match="cannot be changed as they are written"):
        remotes.add(tmp_path, "b", Remote(url="../b"))
    assert (tmp_path / "headgate.yml").read_text() == text


def test_an_anchor_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "headgate.yml").write_text("remotes: &x\n  a: ../a\n")
    remotes.add(tmp_path, "b", Remote(url="../b"))
    assert (tmp_path / "headgate.yml").read_text() == "remotes: &x\n  a: ../a\n  b: ../b\n"


@pytest.mark.parametrize(
    ("url", "address"),
    [("s3://b/x", True), ("../b", False), ("file:///b", False), ("/b", False), ("gs://b", True)],
)
def test_a_folder_is_no_address(url: str, address: bool) -> None:
    assert remotes.is_url(url) is address


def test_what_comes_from_the_environment_is_called_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELF_SIG", "T0P&SECRET")
    written = Remote.model_validate({"url": "ftpx://box/x?se=${SHELF_SIG}"})
    remote = remotes.opened_remote(written, tmp_path, "remotes.shelf")
    assert remote.name == "ftpx://box/x?se=${SHELF_SIG}"
    assert "T0P" not in repr(remote)
    with pytest.raises(HeadgateError) as refused:
        remote.sizes(["a"])
    assert "T0P" not in str(refused.value)
