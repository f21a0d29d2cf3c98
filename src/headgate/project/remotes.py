"""Remotes of a project: opened by name, and written into `headgate.yml` without touching the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, Node

from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.project.root import FILE
from headgate.project.settings import Remote, Settings, reveal, revealed
from headgate.project.yaml import compose, read_yaml

if TYPE_CHECKING:
    from headgate.store.fsspec_remote import FsspecRemote


def named(settings: Settings, name: str | None) -> str:
    """The name of the remote that is meant; without one, that of the only remote there is.

    Raises UnknownNameError for a name that is no remote, UsageError where none or several are.
    """
    if name is not None:
        if name not in settings.remotes:
            raise UnknownNameError.of("remote", name, settings.remotes, FILE)
        return name
    if not settings.remotes:
        hint = "headgate data remote add NAME URL"
        raise UsageError("the project has no remote", FILE, hint)
    if len(settings.remotes) > 1:
        hint = f"say which: {', '.join(sorted(settings.remotes))}"
        raise UsageError("the project has more than one remote", FILE, hint)
    return next(iter(settings.remotes))


def is_url(url: str) -> bool:
    """Whether it is the URL of a remote, and not a folder of this machine."""
    return "://" in url and not url.startswith(("file://", "local://"))


def opened_remote(remote: Remote, root: Path, where: str) -> FsspecRemote:
    """A remote, ready to be used. What stands in it as `${NAME}` comes from the environment.

    It is called as it is written, and repeats nothing of what came from the environment.
    Raises DeclarationError for a name that is not set.
    """
    from headgate.store.fsspec_remote import FsspecRemote  # most runs open none

    place = f"{FILE} {where}"
    url, options = reveal(remote.url, place), _revealed(remote.options, place)
    return FsspecRemote(url, options, root, remote.url, revealed(remote.url))


def _revealed(options: Mapping[str, Any], place: str) -> dict[str, Any]:
    return {name: _value(value, place) for name, value in options.items()}


def _value(value: Any, place: str) -> Any:
    match value:
        case str():
            return reveal(value, place)
        case Mapping():
            return _revealed(value, place)
        case list():
            return [_value(each, place) for each in value]
        case _:
            return value


# ------------------------------------------------------------------ written into the settings


def add(root: Path, name: str, remote: Remote) -> None:
    """Writes a remote into the settings; all else in the file stays as it is, comments too.

    Raises UsageError for a name that is taken, DeclarationError where the file is written in a way
    that has no place for it.
    """
    text = _text(root)
    found = _entries(text)
    entry = _written(name, remote)
    if found is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        new = f"{text}{gap}remotes:\n" + "".join(f"  {line}\n" for line in entry)
    else:
        if name in found.names:
            raise UsageError(f"there is a remote {name!r} already", FILE, "remove it first")
        lines = text.splitlines(keepends=True)
        lines[found.end - 1] = lines[found.end - 1].rstrip("\n") + "\n"
        lines[found.end : found.end] = [f"{found.indent}{line}\n" for line in entry]
        new = "".join(lines)
    _replace(root, text, new, lambda remotes: remotes | {name: _plain(remote)})


def remove(root: Path, name: str) -> None:
    """Takes a remote out of the settings; the files in it stay.

    Raises UnknownNameError where there is none of that name.
    """
    text = _text(root)
    found = _entries(text)
    if found is None or name not in found.names:
        raise UnknownNameError.of("remote", name, found.names if found else (), FILE)
    lines = text.splitlines(keepends=True)
    start, end = found.names[name]
    if len(found.names) == 1:
        start = found.start
    del lines[start:end]
    _replace(root, text, "".join(lines), lambda remotes: _without(remotes, name))


class _Entries:
    """Where the remotes stand in the file, as numbers of lines."""

    def __init__(self, key: Node, value: MappingNode) -> None:
        self.start = key.start_mark.line
        self.indent = " " * value.value[0][0].start_mark.column
        self.names: dict[str, tuple[int, int]] = {
            str(each.value): (each.start_mark.line, _last_line(inner) + 1)
            for each, inner in value.value
        }
        self.end = max(end for _, end in self.names.values())


def _entries(text: str) -> _Entries | None:
    read_yaml(text, FILE)  # whatever is wrong in it is said first
    node = compose(text)
    if node is None:
        return None
    if isinstance(node, MappingNode) and not node.flow_style:
        for key, value in node.value:
            if key.value != "remotes":
                continue
            if isinstance(value, MappingNode) and value.value and not value.flow_style:
                return _Entries(key, value)
            break
        else:
            return None
    hint = "write each remote on a line of its own below `remotes:`"
    raise DeclarationError("the remotes cannot be changed as they are written", FILE, hint)


def _last_line(node: Node) -> int:
    """The line where the text of a node ends; comments that follow are not its own."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    line: int = node.end_mark.line
    return line if node.end_mark.column else line - 1


def _written(name: str, remote: Remote) -> list[str]:
    import yaml

    body = {name: _plain(remote)}
    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=1000)
    if read_yaml(text, FILE).data != body:  # `1e5` is a number in YAML 1.2, and a text in 1.1
        text = yaml.safe_dump(body, sort_keys=False, default_style='"', width=1000)
    return text.splitlines()


def _plain(remote: Remote) -> Any:
    return {"url": remote.url, "options": remote.options} if remote.options else remote.url


def _without(remotes: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in remotes.items() if key != name}


def _text(root: Path) -> str:
    return (root / FILE).read_bytes().decode("utf-8-sig")


def _replace(root: Path, old: str, new: str, change: Any) -> None:
    """Writes the settings, once it is sure that nothing but the remotes says something else."""
    before = read_yaml(old, FILE).data or {}
    wanted = dict(before) | {"remotes": change(dict(before.get("remotes") or {}))}
    if not wanted["remotes"]:
        del wanted["remotes"]
    try:
        said = read_yaml(new, FILE).data or {}
    except DeclarationError:
        said = None
    if said != wanted:
        hint = "write it by hand below `remotes:`"
        raise DeclarationError("the remotes cannot be changed as they are written", FILE, hint)
    temporary = root / f".{FILE}.headgate"
    temporary.write_text(new, encoding="utf-8", newline="")
    temporary.replace(root / FILE)
