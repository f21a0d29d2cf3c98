"""Where alerts go. A channel takes an alert, or says why it did not.

Other packages add kinds of channels by the entry point group `headgate.channels`: its name is
the kind, its value a function of `(options, root)` that gives a `Channel`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

from msgspec import Struct

from headgate.errors import DeclarationError, UnknownNameError
from headgate.ledger.events import AlertRaised

SCHEMA = "headgate.alert/1"
SEVERITIES = ("info", "warn", "error")
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class NotDeliveredError(Exception):
    """A channel did not take an alert. The text is shown and kept, so no secret belongs in it."""


class Channel(Protocol):
    """A way to people. Channels of one project have different names."""

    @property
    def name(self) -> str:
        """What events and messages call it."""
        ...

    def deliver(self, alert: AlertRaised) -> None:
        """Hands the alert over. Raises NotDeliveredError when it is to be tried again."""
        ...


def make(
    kind: str,
    options: Mapping[str, Any],
    root: Path,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Channel:
    """The channel that a project declares: `console`, `file`, `webhook` or one from elsewhere.

    Every kind takes `min_severity`. Raises DeclarationError for an unknown kind and for options
    that it cannot have.
    """
    chosen = dict(options)
    least = str(chosen.pop("min_severity", SEVERITIES[0]))
    if least not in SEVERITIES:
        raise UnknownNameError.of("severity", least, SEVERITIES)
    return Selective(_make(kind, chosen, root, environ), least)


def _make(kind: str, options: Mapping[str, Any], root: Path, environ: Mapping[str, str]) -> Channel:
    if kind == "console":
        return ConsoleChannel(**_known(kind, options, {"name"}))
    if kind == "file":
        chosen = _known(kind, options, {"name", "path"}, needs="path")
        return FileChannel(_inside(root, str(chosen.pop("path"))), root, **chosen)
    if kind == "webhook":
        chosen = _known(kind, options, {"name", "url", "headers", "timeout_seconds"}, needs="url")
        return WebhookChannel(str(chosen.pop("url")), environ=environ, **chosen)
    return _from_elsewhere(kind, options, root)


class Selective(Struct, frozen=True):
    """A channel that is told of alerts from a severity on."""

    channel: Channel
    least: str = "info"

    @property
    def name(self) -> str:
        return self.channel.name

    def wants(self, alert: AlertRaised) -> bool:
        """Whether the alert is severe enough; a severity that we do not know always is."""
        if alert.severity not in SEVERITIES:
            return True
        return SEVERITIES.index(alert.severity) >= SEVERITIES.index(self.least)

    def deliver(self, alert: AlertRaised) -> None:
        self.channel.deliver(alert)


def payload(alert: AlertRaised) -> dict[str, Any]:
    """An alert as files and webhooks get it."""
    return {"schema": SCHEMA, **alert.as_json()}


# ------------------------------------------------------------------ console


class ConsoleChannel:
    """Writes alerts to standard error."""

    def __init__(self, name: str = "console", *, stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream

    def deliver(self, alert: AlertRaised) -> None:
        people = f" (for {', '.join(alert.notify)})" if alert.notify else ""
        line = f"alert: {alert.severity}: {alert.title}{people}"
        line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
        try:
            print(line, file=self._stream or sys.stderr, flush=True)
        except OSError as error:
            raise NotDeliveredError(f"the console is closed: {error.strerror}") from None


# ------------------------------------------------------------------ file


class FileChannel:
    """Appends alerts to a file in the project, a line of JSON each, on disk before it returns."""

    def __init__(self, path: Path, root: Path, *, name: str = "") -> None:
        self.path = path
        self.name = name or f"file {path.relative_to(root.resolve())}"

    def deliver(self, alert: AlertRaised) -> None:
        line = json.dumps(payload(alert), ensure_ascii=False, default=str) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(line.encode("utf-8", "backslashreplace"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise NotDeliveredError(f"cannot be written: {error.strerror}") from None


def _inside(root: Path, path: str) -> Path:
    full = (root / path).resolve()
    if not full.is_relative_to(root.resolve()) or full == root.resolve():
        hint = "name a file below the folder of headgate.yml"
        raise DeclarationError(f"the alert file {path!r} is outside the project", None, hint)
    return full


# ------------------------------------------------------------------ webhook


class WebhookChannel:
    """Posts alerts as JSON to an http or https address.

    The address and the headers may hold secrets: they are read when an alert is delivered, with
    `${NAME}` taken from the environment, and neither errors nor events say more than the host.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "",
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 10.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._url, self._headers, self._environ = url, headers or {}, environ
        self._timeout = timeout_seconds
        self.name = name or f"webhook {_public(url)}"
        if "$" not in url and not _is_web(url):
            raise DeclarationError("a webhook needs an http:// or https:// address", None, _HINT)

    def __repr__(self) -> str:
        return f"WebhookChannel({self.name!r})"

    def deliver(self, alert: AlertRaised) -> None:
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import HTTPRedirectHandler, Request, build_opener

        class NoRedirect(HTTPRedirectHandler):
            # a redirect would turn the POST into a GET, or carry the alert to another host
            def redirect_request(self, *_: Any) -> None:
                return None

        address = self._expanded(self._url)
        if not _is_web(address):
            raise NotDeliveredError("its address is not http:// or https://")
        own = {key: self._expanded(value) for key, value in self._headers.items()}
        try:
            request = Request(  # noqa: S310 - the scheme was checked
                address,
                data=json.dumps(payload(alert), default=str).encode(),
                headers={"Content-Type": "application/json", "User-Agent": "headgate"} | own,
                method="POST",
            )
            with build_opener(NoRedirect).open(request, timeout=self._timeout):
                return
        except HTTPError as error:
            with error:
                raise NotDeliveredError(f"answered HTTP {error.code}") from None
        except URLError as error:
            raise NotDeliveredError(f"cannot be reached: {_reason(error.reason)}") from None
        except OSError as error:
            raise NotDeliveredError(f"cannot be reached: {_reason(error)}") from None
        except (HTTPException, ValueError) as error:
            # their texts may quote the address or a header
            why = f"not a valid address or header, or no answer in HTTP ({type(error).__name__})"
            raise NotDeliveredError(why) from None

    def _expanded(self, text: str) -> str:
        missing = [name for name in REFERENCE.findall(text) if not self._environ.get(name)]
        if missing:
            raise NotDeliveredError(f"the environment variable {missing[0]} is not set")
        return REFERENCE.sub(lambda found: self._environ[found[1]].strip(), text)


_HINT = "such as https://example.org/hook, or ${NAME} of an environment variable that holds it"


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _public(url: str) -> str:
    """What may be said of an address: the variable that holds it, or its host."""
    if whole := REFERENCE.fullmatch(url):
        return whole[1]
    from urllib.parse import urlsplit

    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return host if host and "$" not in host else "address"


def _reason(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    return type(reason).__name__


# ------------------------------------------------------------------ options and other packages


def _known(
    kind: str, options: Mapping[str, Any], keys: set[str], *, needs: str = ""
) -> dict[str, Any]:
    for key in options:
        if key not in keys:
            raise UnknownNameError.of(f"option of the {kind} channel", key, keys)
    if needs and not options.get(needs):
        raise DeclarationError(f"a {kind} channel needs {needs}:")
    return dict(options)


def _from_elsewhere(kind: str, options: Mapping[str, Any], root: Path) -> Channel:
    from importlib.metadata import entry_points

    found = {entry.name: entry for entry in entry_points(group="headgate.channels")}
    if kind not in found:
        known = ["console", "file", "webhook", *found]
        raise UnknownNameError.of("kind of channel", kind, known)
    channel: Channel = found[kind].load()(options, root)
    return channel
