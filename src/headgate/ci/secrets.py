"""What no report may show: what stands in the environment for names that the settings refer to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from headgate.project.root import FILE
from headgate.project.settings import revealed

_PASSWORD = re.compile(r"://[^/?@:]*:([^?@]+)@")
_WITHIN = ("HEADGATE_STATE", "HEADGATE_STORE")
_WHOLE = ("HEADGATE_REDACTION_KEY",)


def secrets_of(root: Path, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values to be hidden, the longest first, so that one inside another hides nothing of it."""
    values = os.environ if environ is None else environ
    try:
        text = (root / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    found = set(revealed(text, values))
    found |= {values[name] for name in _WHOLE if values.get(name)}
    for one in [*found, *(values.get(name, "") for name in _WITHIN)]:
        found |= set(_PASSWORD.findall(one))
    return tuple(sorted(found, key=lambda one: (-len(one), one)))
