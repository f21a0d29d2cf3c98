"""The share of rows that meet a condition."""

from __future__ import annotations

from msgspec import Struct

from headgate.checks.conditions import RowCondition


class ShareOf(Struct, frozen=True):
    """Of all rows, the share that meets a condition; unknown where there is no row."""

    condition: RowCondition
