"""Deprecation: what is to go is marked, has a date, and stays until then.

The mark is `deprecated: true` on an element, or the `status` of the contract. The date is a custom
property of the element (`removalDate` or `endOfLife`), or else a service level of the contract
(`endOfLife` or `endOfSupport`), of that element or of all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace

from headgate.contracts.changes.change import Change
from headgate.contracts.changes.finding import ChangeFinding, Severity
from headgate.contracts.changes.properties import DATES_OF_REMOVAL, custom
from headgate.contracts.changes.semver import read_version
from headgate.contracts.changes.written import well_formed
from headgate.pipelines.problems import Path as Keys

Written = Mapping[str, Any]

_REMOVALS = frozenset(["schema-added-or-removed", "property-added-or-removed", "renamed"])


def deprecation_findings(
    old: Written, found: Sequence[Change], today: date, place: Callable[[Keys], str]
) -> tuple[list[Change], list[ChangeFinding]]:
    """The changes, and what went before its time.

    What went after its date is marked so among the changes, and so is what was never deprecated.

    A contract that promises nothing yet takes away what it likes: a draft, a proposal, or a
    version below 1.0.0.
    """
    old = well_formed(old)
    if not _promises(old):
        return list(found), []
    kept, findings = [], []
    for change in found:
        if change.rule not in _REMOVALS or (change.rule != "renamed" and change.new is not None):
            kept.append(change)
            continue
        marked, finding = _judged(old, change, today, place(change.keys))
        kept.append(marked)
        findings += finding
    return kept, findings


def _promises(document: Written) -> bool:
    version = read_version(document.get("version"))
    early = version is not None and version.major == 0
    return not early and document.get("status") not in {"draft", "proposed"}


def _judged(
    old: Written, change: Change, today: date, where: str
) -> tuple[Change, list[ChangeFinding]]:
    """The removal as it was announced, and what is wrong with taking the element away now."""
    name = ".".join(part for part in (change.dataset, change.column) if part)
    path = _path(old, change.dataset, change.column)
    marked = any(one.get("deprecated") for one in path) or old.get("status") in {
        "deprecated",
        "retired",
    }
    day = _day(old, path, name)
    if day is None and not marked:
        return replace(change, is_sudden=True), []
    if day is None:
        rule, severity = "removed-without-date", Severity.WARNING
        what = f"{name} was deprecated, and no date said until when it stays"
    elif isinstance(day, str):
        rule, severity = "removal-date-unreadable", Severity.ERROR
        what = f"{name} was to stay until {day!r}, which is no date; write it as 2026-12-31"
    elif today <= day:
        rule, severity = "removed-too-early", Severity.ERROR
        what = f"{name} is taken away before {day}, until when it was promised to stay"
    else:
        return replace(change, announced=day), []
    return change, [ChangeFinding(rule, severity, what, where, change.dataset)]


def _path(document: Written, dataset: str, column: str) -> list[Written]:
    """The elements that lead to a column, the innermost first."""
    found: list[Written] = []
    entries: Any = document.get("schema") or []
    for name in (dataset, *column.split(".")) if column else (dataset,):
        # what is in the items of a list hangs at the list
        plain = name.partition("[")[0].partition("{")[0]
        one = next((each for each in entries if each.get("name") == plain), None)
        if one is None:
            break
        found.insert(0, one)
        inner = one.get("items") or {}
        entries = [*(one.get("properties") or ()), *(inner.get("properties") or ())]
    return found


def _day(old: Written, path: Sequence[Written], name: str) -> date | str | None:
    """The last day that an element was promised for: the nearest that is said."""
    for element in path:
        said = custom(element)
        for word in DATES_OF_REMOVAL:
            if said.get(word) is not None:
                return _as_date(said[word])
    levels = [one for one in old.get("slaProperties") or () if isinstance(one, Mapping)]
    for element_name in (name, name.partition(".")[0], None):
        for word in ("endoflife", "endofsupport"):
            for one in levels:
                same = str(one.get("property", "")).casefold() == word
                if same and one.get("element") == element_name:
                    return _as_date(one.get("value"))
    return None


def _as_date(value: Any) -> date | str:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return str(value)
