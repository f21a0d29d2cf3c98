"""What lint says of a contract: one thing that is wrong, or odd, at its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys


class Level(StrEnum):
    """How bad it is. A contract with an error is not read; the others are told and no more."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(Struct, frozen=True):
    """One finding. `standard` says that the JSON Schema of the standard rejects the document."""

    level: Level
    where: str
    what: str
    hint: str | None = None
    path: Keys = ()
    standard: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "level": self.level.value,
            "where": self.where,
            "what": self.what,
            "hint": self.hint,
            "standard": self.standard,
        }


def errors_of(findings: Sequence[Finding]) -> list[Finding]:
    """Those for which the document is not read."""
    return [one for one in findings if one.level is Level.ERROR]


def as_error(findings: Sequence[Finding]) -> DeclarationError:
    """One error for all findings: the first leads, the others follow in its advice."""
    first, *others = findings
    advice = [first.hint] if first.hint else []
    for other in others:
        advice.append(f"{other.where}: {other.what}")
        advice.extend([f"  {other.hint}"] if other.hint else [])
    return DeclarationError(first.what, first.where, "\n  ".join(advice) or None)
