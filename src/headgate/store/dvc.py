"""What DVC needs to know of our objects, written without DVC: pointers, ignores, configuration.

Our objects lie in the layout of a DVC cache. With a pointer file beside each output, `dvc
checkout`, `dvc status`, `dvc push` and `dvc pull` work on them as on DVC's own.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from headgate.errors import StoreError
from headgate.store.manifest import Version

CONFIG = """\
# Written by Headgate. Its objects are this project's DVC cache; `dvc gc` would remove those that
# no pointer file names, among them versions that Headgate still keeps: do not call it here.
[core]
    analytics = false
[cache]
    dir = {cache}
    type = "hardlink,copy"
"""
GITIGNORE = "/config.local\n/tmp\n/cache\n"
DVCIGNORE = "# Paths that DVC does not look at, written as in .gitignore\n.headgate\n"
FILES: Mapping[str, Callable[[str], bool]] = {
    ".dvc/config": lambda text: text.startswith(CONFIG.splitlines()[0]),
    ".dvc/.gitignore": lambda text: text == GITIGNORE,
    ".dvcignore": lambda text: text == DVCIGNORE,
}
"""What `configure` makes, and whether a text is what it wrote there."""


def write_pointer(path: Path, version: Version) -> Path:
    """The pointer file `<path>.dvc`, as DVC writes it; left alone when it says so already."""
    several = version.id.endswith(".dir")
    lines = [f"- md5: {_scalar(version.id)}", f"  size: {version.size}"]
    if several:
        lines.append(f"  nfiles: {len(version.parts)}")
    lines += ["  hash: md5", f"  path: {_scalar(path.name)}"]
    pointer = path.with_name(f"{path.name}.dvc")
    _write(pointer, "outs:\n" + "\n".join(lines) + "\n")
    return pointer


def ignore(path: Path) -> None:
    """Adds an output to the `.gitignore` beside it, because its pointer is what Git keeps."""
    listing = path.with_name(".gitignore")
    try:
        text = listing.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"it cannot be read: {error}", str(listing)) from error
    entry = ignored(path)
    if entry in text.splitlines():
        return
    gap = "" if not text or text.endswith("\n") else "\n"
    _write(listing, f"{text}{gap}{entry}\n")


def ignored(path: Path) -> str:
    """The line of a `.gitignore` that leaves the output beside it out of Git."""
    return "/" + re.sub(r"([\\*?\[\]!#])", r"\\\1", path.name)


def configure(root: Path, store: Path | None = None) -> bool:
    """Makes the project a DVC project that uses our objects; False where it is one already.

    `store` is where the objects are, by default `.headgate/store`.
    """
    home = root / ".dvc"
    if (home / "config").exists():
        return False
    cache = Path(os.path.relpath(store or root / ".headgate" / "store", home)).as_posix()
    if not (home / ".gitignore").exists():
        _write(home / ".gitignore", GITIGNORE)
    if not (root / ".dvcignore").exists():
        _write(root / ".dvcignore", DVCIGNORE)
    _write(home / "config", CONFIG.format(cache=cache))  # last: a crash before it is mended
    return True


def add_remote(root: Path, name: str, url: str, endpoint: str = "") -> bool:
    """Tells DVC of a remote; False, and nothing done, where it has one of that name.

    The rest of its settings stays as it is.
    """
    config = root / ".dvc" / "config"
    text = _read(config)
    if _section(name) in text:
        return False
    gap = "" if text.endswith("\n") else "\n"
    _write(config, f"{text}{gap}{_remote_lines(name, url, endpoint)}")
    return True


def remove_remote(root: Path, name: str, url: str) -> None:
    """Takes a remote out of DVC's settings, if it stands there as `add_remote` wrote it."""
    config = root / ".dvc" / "config"
    if not config.is_file():
        return
    text = _read(config)
    pattern = re.escape(_remote_lines(name, url, "")) + r"(    endpointurl = .*\n)?(?=\[|\Z)"
    _write(config, re.sub(pattern, "", text))


def _section(name: str) -> str:
    return f"['remote \"{name}\"']\n"


def _remote_lines(name: str, url: str, endpoint: str) -> str:
    if "://" not in url and not os.path.isabs(url):  # noqa: PTH117 - a URL is no path
        url = f"../{url}"  # DVC starts from the folder of its settings
    told = f"    endpointurl = {endpoint}\n" if endpoint else ""
    return f"{_section(name)}    url = {url}\n{told}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"it cannot be read: {error}", str(path)) from error


def _scalar(text: str) -> str:
    """Text as a YAML scalar that is read back as that text, quoted only where it must be.

    A digest of digits alone, or of digits around one `e`, would be read as a number.
    """
    folded = text.casefold()
    number = re.fullmatch(r"[-+\d_.:]*(e[-+]?\d+)?|0[xob][\da-f_]+", folded)
    if re.fullmatch(r"\w([\w .()=+,-]*[\w.()=+,-])?", text) and not number:
        return text if folded not in {"null", "true", "false"} else f"'{text}'"
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)


def _write(path: Path, text: str) -> None:
    """The whole text or none of it; nothing at all when it is there already."""
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.headgate")
        temporary.write_text(text, encoding="utf-8", newline="")
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            f"it cannot be written: {error.strerror or error}", str(error.filename or path)
        ) from error
