"""The pages of the documentation: what they point to is there, and nothing is fetched to show them."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from headgate.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMANDS = main.table
GROUPS = {
    name: group.list_commands(click.Context(group))
    for name, group in main.commands.items()
    if isinstance(group, click.Group)
}
ALONE = {
    name
    for name, group in main.commands.items()
    if isinstance(group, click.Group) and group.invoke_without_command
}
"""The groups that are a command themselves."""
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#\s]*)#([^)]+)\)")
COMMAND = re.compile(
    r"^headgate(?: -C \S+)? ([a-z]+)(?: ([a-z]+))?|`headgate ([a-z]+)(?: ([a-z]+))?"
)


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    links = [link for link in LINK.findall(text) if not link.startswith("http")]
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_to_headings_that_are_there(page: str) -> None:
    for file, heading in ANCHOR.findall((ROOT / page).read_text()):
        target = (ROOT / page).parent.joinpath(file) if file else ROOT / page
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
        assert heading in {anchor(each) for each in headings}, f"{file}#{heading}"


def anchor(heading: str) -> str:
    """What a heading is called in links."""
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", NAMES)
def test_only_commands_that_exist_are_named(page: str) -> None:
    text = (ROOT / page).read_text()
    named = [match.groups() for line in text.splitlines() for match in COMMAND.finditer(line)]
    for first, second, third, fourth in named:
        command, nested = first or third, second or fourth
        assert command in {*COMMANDS, *GROUPS}, f"headgate {command}"
        if command in GROUPS and not (nested is None and command in ALONE):
            assert nested in GROUPS[command], f"headgate {command} {nested}"


def test_commands_are_found_at_all() -> None:
    assert COMMAND.match("headgate data rollback --release 41")
    assert COMMAND.match("`headgate plan` says")


def test_every_command_is_named_somewhere() -> None:
    text = "\n".join(path.read_text() for path in PAGES)
    nested = [f"{group} {name}" for group, commands in GROUPS.items() for name in commands]
    names = [*COMMANDS, *nested]
    assert [name for name in names if f"headgate {name}" not in text] == []


@pytest.mark.parametrize(
    "image", sorted((ROOT / "docs").rglob("*.svg")), ids=lambda path: path.name
)
def test_a_picture_fetches_nothing(image: Path) -> None:
    text = image.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "<svg" in text
    assert "http" not in text
    assert "url(" not in text.replace("url(#", "")


def test_every_dependency_is_defended() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [entry for extra in project["optional-dependencies"].values() for entry in extra]
    asked = [*project["dependencies"], *extras]
    names = [re.split(r"[\[<>=~! ]", entry)[0] for entry in asked]
    page = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
    assert [name for name in names if f"\n| {name} " not in page] == []
    assert len(names) >= 5


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    packages = re.findall(r"^([a-z0-9._-]+)==.*?(?=^[a-z]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(packages) > 10
    for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block
