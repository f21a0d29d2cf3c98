"""What a stage has to say of a change."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.errors import HeadgateError


class Severity(StrEnum):
    """What a finding does: `error` fails the verdict, `warning` is to be seen, `info` is told."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Finding(Struct, frozen=True):
    """One thing found. `where` is a file with or without a line: `contracts/sales.yaml:12`."""

    severity: Severity
    what: str
    where: str = ""
    hint: str = ""
    dataset: str = ""
    consumers: tuple[str, ...] = ()
    """Who reads what it is about: steps, triggers, and consumers that declared themselves."""

    @property
    def file(self) -> str:
        """The file alone."""
        return _PLACE.sub("", self.where)

    @property
    def line(self) -> int | None:
        """The line, counted from 1, where it is known."""
        found = _PLACE.search(self.where)
        return int(found[1]) if found else None

    def as_json(self) -> dict[str, Any]:
        """The finding as reports and the record carry it."""
        return {
            "severity": self.severity.value,
            "what": self.what,
            "file": self.file,
            "line": self.line,
            "hint": self.hint,
            "dataset": self.dataset,
            "consumers": list(self.consumers),
        }


_PLACE = re.compile(r":(\d+)$")


class LeftOutError(Exception):
    """A stage cannot be judged, which is not a pass: the text says why."""


def of_error(error: HeadgateError) -> Finding:
    """What stopped a stage, as the finding that fails it."""
    return Finding(Severity.ERROR, str(error.what), error.where or "", error.hint or "")


def without(secrets: tuple[str, ...], finding: Finding) -> Finding:
    """The finding with no secret in any of its texts.

    >>> without(("hunter2",), Finding(Severity.ERROR, "cannot log in with hunter2")).what
    'cannot log in with ***'
    """

    def cleaned(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "***")
        return text

    return replace(
        finding,
        what=cleaned(finding.what),
        where=cleaned(finding.where),
        hint=cleaned(finding.hint),
        consumers=tuple(map(cleaned, finding.consumers)),
    )
