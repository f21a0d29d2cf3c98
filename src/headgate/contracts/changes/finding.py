"""Something that is found of a change of a contract, apart from what changed itself."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

NOT_COMPARED = "not-compared"
"""The rule of a finding that stands in place of a comparison: one side could not be read."""


class Severity(StrEnum):
    """How much it matters: an error holds the change back."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class ChangeFinding(Struct, frozen=True):
    """What is wrong, and where; of one dataset, or of a contract as a whole."""

    rule: str
    severity: Severity
    what: str
    where: str
    dataset: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "what": self.what,
            "where": self.where,
            "dataset": self.dataset,
        }
