"""A pointer file says which data it names, and names nothing outside of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import StoreError
from headgate.store import pointers
from headgate.store.pointers import Out

A, B = "a" * 32, "b" * 32


def test_a_pointer_names_files_and_folders_from_the_projects_folder() -> None:
    text = f"outs:\n- md5: {A}\n  size: 3\n  hash: md5\n  path: x.csv\n- md5: {B}.dir\n  path: y\n"
    assert list(pointers.read_outs(text, "data/x.dvc")) == [
        Out(A, "data/x.csv", 3, "data/x.dvc"),
        Out(f"{B}.dir", "data/y", None, "data/x.dvc", legacy=True),
    ]


def test_a_working_folder_of_its_own_is_followed() -> None:
    text = f"wdir: ../raw\nouts:\n- md5: {A}\n  hash: md5\n  path: x.csv\n"
    [out] = pointers.read_outs(text, "data/x.dvc")
    assert out.path == "raw/x.csv"


def test_what_is_in_no_cache_is_passed_over() -> None:
    text = f"outs:\n- md5: {A}\n  path: x\n  cache: false\n- etag: '12'\n  path: y\n"
    assert list(pointers.read_outs(text, "x.dvc")) == []


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "{",
        "outs: 3\n",
        "deps: []\n",
        f"outs:\n- md5: {A}\n  path: ../../x\n",
        f"outs:\n- md5: {A}\n  path: /etc/passwd\n",
        f"outs:\n- md5: {A}\n",
        "outs:\n- md5: ../../x\n  path: x\n",
    ],
)
def test_what_is_no_pointer_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        list(pointers.read_outs(text, "data/x.dvc"))
    assert caught.value.where == "data/x.dvc"


@pytest.mark.parametrize("text", [b"{}", b"[1]", b"\xff", b'[{"md5": "a", "relpath": "x"}]'])
def test_a_list_that_is_none_is_refused(text: bytes) -> None:
    if text == b"{}":
        assert pointers.listed_parts(text, "x") == []
        return
    with pytest.raises(StoreError):
        pointers.listed_parts(text, "x")


def test_a_list_names_nothing_outside_of_its_folder() -> None:
    text = f'[{{"md5": "{A}", "relpath": "../x"}}]'.encode()
    with pytest.raises(StoreError, match="nothing inside the folder"):
        pointers.listed_parts(text, "x")


def test_pointer_files_are_found_and_those_of_tools_are_not(tmp_path: Path) -> None:
    for name in ("b.dvc", "data/a.dvc", ".dvc/c.dvc", ".git/d.dvc", ".headgate/e.dvc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in pointers.pointer_files(tmp_path)]
    assert found == ["b.dvc", "data/a.dvc"]


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({}, ".dvc/cache"),
        ({"config": "[core]\n    remote = a\n"}, ".dvc/cache"),
        ({"config": "[cache]\n    dir = ../../shared\n"}, ".dvc/../../shared"),
        ({"config": "[cache]\n    dir = a\n", "config.local": "[cache]\ndir = /b\n"}, "/b"),
        ({"config": "no configuration"}, ".dvc/cache"),
    ],
)
def test_the_cache_of_dvc_is_where_its_settings_say(
    tmp_path: Path, files: dict[str, str], folder: str
) -> None:
    for name, text in files.items():
        (tmp_path / ".dvc").mkdir(exist_ok=True)
        (tmp_path / ".dvc" / name).write_text(text)
    assert pointers.cache_folder(tmp_path) == tmp_path / folder


def test_an_object_is_found_in_the_cache_of_either_dvc(tmp_path: Path) -> None:
    new, old = tmp_path / "files/md5/aa" / ("a" * 30), tmp_path / "bb" / ("b" * 30)
    for file in (new, old):
        file.parent.mkdir(parents=True)
        file.write_text("x")
    assert pointers.cached(tmp_path, A) == new
    assert pointers.cached(tmp_path, B) == old
    assert pointers.cached(tmp_path, "c" * 32) is None
