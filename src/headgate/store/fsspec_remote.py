"""A remote on any file system that fsspec knows: a folder, S3, Google Cloud Storage, Azure, SSH.

The driver finds credentials in its own places: environment variables, profiles, the machine's role.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, quote_plus, unquote

from headgate.errors import HeadgateError, MissingExtraError, StoreError, UsageError
from headgate.store.objects import flush
from headgate.store.schemes import EXTRAS, unknown_scheme

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Found = TypeVar("Found")

SHORTEST = 4
"""Characters of the shortest text that is taken for a secret."""
AT_ONCE = 16
"""Requests that are under way together."""
FEW = 64
"""Files that are asked for one by one; of more, their folders are listed."""

_WHOLE_PUTS = frozenset(EXTRAS) | {"memory"}
"""Where a file that is being written is not seen before all of it is there."""


@dataclass(frozen=True)
class FsspecRemote:
    """Implements `Remote`, at a URL or in a folder, whose path may start from `home`.

    `options` are the driver's own. `shown` is how people wrote the URL, where parts of it come from
    the environment, and `hidden` are these parts, which no message may repeat. The driver is loaded and connects when it is first used: most
    commands have no need of it. Files that appear byte by byte are written aside, then renamed.
    """

    url: str = field(repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    home: Path = Path()
    shown: str = ""
    hidden: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return without_password(self.shown or self.url)

    @property
    def protocol(self) -> str:
        """How it is spoken to; `file` for a folder of this machine."""
        protocol = self.url.partition("://")[0] if "://" in self.url else "file"
        return "file" if protocol == "local" else protocol

    @property
    def files(self) -> AbstractFileSystem:
        """The driver. Raises MissingExtraError where it is not installed."""
        return self._opened[0]

    @property
    def root(self) -> str:
        """Where the remote starts, in the driver's words."""
        return self._opened[1]

    @cached_property
    def _opened(self) -> tuple[AbstractFileSystem, str]:
        if self.protocol == "file":
            from fsspec.implementations.local import LocalFileSystem

            return LocalFileSystem(), str(self.home / self.url.rpartition("://")[2])
        try:
            from fsspec.core import url_to_fs

            uncached = {"use_listings_cache": False, "skip_instance_cache": True}
            files, root = url_to_fs(self.url, **uncached, **dict(self.options))
        except ImportError as error:
            raise _not_installed(self.protocol, self.name, error) from error
        except (ValueError, TypeError, OSError) as error:
            if "Protocol not known" in str(error):
                raise unknown_scheme(self.protocol, self.name) from error
            what = _masked(error, self._secrets)
            raise UsageError(what, self.name, "check the URL and its options") from error
        return files, root.rstrip("/")

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        """What must not appear in a message."""
        told = {*_texts(self.options), *self.hidden, *_parts(self.url)}
        spelt = {way(each) for each in told for way in (str, quote, quote_plus, unquote)}
        return tuple(sorted((s for s in spelt if len(s) >= SHORTEST), key=len, reverse=True))

    def sizes(self, keys: Collection[str]) -> dict[str, int]:
        if not keys:
            return {}
        _ = self.files  # connected once, before several threads ask
        if len(keys) <= FEW:
            found = self._each(self._size, keys)
            return {key: size for key, size in zip(keys, found, strict=True) if size is not None}
        folders: defaultdict[str, set[str]] = defaultdict(set)
        for key in keys:
            folders[key.rpartition("/")[0]].add(key)
        listed: dict[str, int] = {}
        for folder, sizes in zip(folders, self._each(self._listed, folders), strict=True):
            listed |= {key: size for key, size in sizes.items() if key in folders[folder]}
        return listed

    def get(self, key: str, path: Path) -> bool:
        with self._spoken():
            try:
                self.files.get_file(self._place(key), str(path))
            except FileNotFoundError:
                if not path.parent.is_dir():
                    raise
                path.unlink(missing_ok=True)
                return False
        return True

    def put(self, path: Path, key: str) -> None:
        with self._spoken():
            if self.protocol in _WHOLE_PUTS:
                self.files.put_file(str(path), self._place(key))
                return
            with self._written_aside(path, key) as aside:
                self.files.mv(aside, self._place(key))

    def create(self, path: Path, key: str) -> bool:
        if self.sizes([key]):
            return False
        if self.protocol != "file":
            self.put(path, key)
            return True
        with self._spoken(), self._written_aside(path, key) as aside:
            try:
                os.link(aside, self._place(key))
            except FileExistsError:
                return False
            except OSError:  # a file system without second names
                self.files.mv(aside, self._place(key))
        return True

    def remove(self, key: str) -> None:
        with self._spoken(), suppress(FileNotFoundError):
            self.files.rm_file(self._place(key))

    def _place(self, key: str) -> str:
        return f"{self.root}/{key}"

    def _size(self, key: str) -> int | None:
        with self._spoken():
            try:
                found = self.files.info(self._place(key))
            except FileNotFoundError:
                return None
        return int(found["size"]) if found["type"] == "file" else None

    def _listed(self, folder: str) -> dict[str, int]:
        with self._spoken():
            try:
                found = self.files.ls(self._place(folder), detail=True)
            except FileNotFoundError:
                return {}
        return {
            f"{folder}/{entry['name'].rpartition('/')[2]}": int(entry["size"])
            for entry in found
            if entry["type"] == "file"
        }

    def _each(self, ask: Callable[[str], Found], keys: Collection[str]) -> list[Found]:
        if len(keys) < 2 or self.protocol == "file":
            return [ask(key) for key in keys]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(ask, keys))

    @contextmanager
    def _written_aside(self, path: Path, key: str) -> Iterator[str]:
        """A whole copy of a file under a name that nobody reads, which is gone afterwards."""
        aside = self._place(f"tmp/{os.urandom(12).hex()}")
        for place in (aside, self._place(key)):
            self.files.makedirs(place.rpartition("/")[0], exist_ok=True)
        try:
            self.files.put_file(str(path), aside)
            if self.protocol == "file":
                flush(Path(aside))
            if self.files.info(aside)["size"] != path.stat().st_size:
                raise StoreError("a file did not arrive whole", self.name, "push again")
            yield aside
        finally:
            with suppress(FileNotFoundError):
                self.files.rm_file(aside)

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """Any failure of a driver as an error that says what to do, and no secret."""
        try:
            yield
        except HeadgateError:
            raise
        except Exception as error:
            what = f"the remote cannot be used: {_masked(error, self._secrets)}"
            hint = "check the address, the credentials and the network, then try again"
            raise StoreError(what, self.name, hint) from error


def _not_installed(protocol: str, name: str, error: ImportError) -> MissingExtraError:
    extra = EXTRAS.get(protocol)
    package = f"headgate[{extra}]" if extra else "the package that fsspec names"
    what = f"the driver for {protocol}:// is not installed: {error}"
    return MissingExtraError(what, name, f"pip install '{package}'")


def _masked(error: BaseException, secrets: Collection[str]) -> str:
    text = (str(error) or type(error).__name__).splitlines()[0]
    for secret in secrets:
        text = text.replace(secret, "***")
    return without_password(text)


def without_password(text: str) -> str:
    """A text in which the URLs have no password, token or signature any more."""
    text = re.sub(r"://([^/@\s:]*):\S*@", r"://\1:***@", text)
    text = re.sub(r"\b((?:https?|ftps?|webdavs?)://)[^/@\s:]+@", r"\1***@", text)
    return re.sub(
        rf"([?&][^=&\s]*(?:{_TELLING})[^=&\s]*=)[^&\s]+", r"\1***", text, flags=re.IGNORECASE
    )


_TELLING = "sig|token|key|secret|passw|auth|credential"


def _parts(url: str) -> Iterator[str]:
    """What of a URL may be secret, in the pieces that a driver takes it apart into."""
    authority = url.partition("://")[2].partition("?")[0]
    user, at, _ = authority.rpartition("@")
    if at and ":" in user:
        yield user.partition(":")[2]
    elif at and url.startswith(("http", "ftp", "webdav")):
        yield user
    for setting in url.partition("?")[2].split("&"):
        name, _, value = setting.partition("=")
        if re.search(_TELLING, name, re.IGNORECASE):
            yield value


def _texts(value: object) -> Iterator[str]:
    """The texts in an option that are long enough to be a secret, addresses excepted."""
    match value:
        case str() if len(value) >= SHORTEST and "://" not in value:
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
