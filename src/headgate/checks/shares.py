"""The share of rows that meet a condition."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.checks.conditions import RowCondition


@dataclass(frozen=True, slots=True)
class ShareOf:
    """Of all rows, the share that meets a condition; unknown where there is no row."""

    condition: RowCondition
