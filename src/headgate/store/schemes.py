"""How remotes are spoken to: the schemes of URLs that some driver knows."""

from __future__ import annotations

import re

from headgate.errors import UsageError

EXTRAS = {
    "s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure",
    "abfss": "azure", "adl": "azure",
}  # fmt: skip
"""The extra of Headgate that brings the driver of a scheme."""

OFFERED = (
    "use s3:// (headgate[s3]), gs:// (headgate[gcs]), abfs:// (headgate[azure]), another scheme that"
    " fsspec or an installed plugin of it knows, or a folder"
)

_SCHEME = re.compile(r"([^/$]*)://(.*)")
_SLASH_LOST = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/?(.*)")  # one letter is a drive


def require_scheme(url: str) -> None:
    """Raises UsageError for a URL whose driver nobody knows, or that names no bucket.

    A driver need not be installed yet. A scheme that is `${NAME}` is known when it is used.
    """
    if found := _SCHEME.match(url):
        scheme, path = found.groups()
        if scheme not in known_schemes():
            raise unknown_scheme(scheme)
        if scheme in EXTRAS and not path.strip("/"):
            raise UsageError(
                f"{url} names no bucket", None, f"for example: {scheme}://bucket/prefix"
            )
    elif (slip := _SLASH_LOST.match(url)) and (scheme := slip[1].lower()) in known_schemes():
        raise UsageError(f"{url!r} is no URL", None, f"did you mean '{scheme}://{slip[2]}'?")


def unknown_scheme(scheme: str, where: str | None = None) -> UsageError:
    """What to say of a scheme that no driver knows."""
    from difflib import get_close_matches

    near = get_close_matches(scheme.lower(), sorted(known_schemes()), n=1, cutoff=0.5)  # s4: s3
    hint = f"did you mean '{near[0]}://'?\n{OFFERED}" if near else OFFERED
    return UsageError(f"no driver knows {scheme}://", where, hint)


def known_schemes() -> frozenset[str]:
    """What fsspec has a driver for, built in, installed or not, or told of by a plugin."""
    from fsspec.registry import available_protocols, registry

    return frozenset({*EXTRAS, *available_protocols(), *registry})
