"""Words that the standard leaves open, and that look like a slip of one it recommends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from headgate.contracts.changes.semver import read_version
from headgate.contracts.contract import Place
from headgate.contracts.finding import Finding, Level
from headgate.contracts.service_levels.durations import UNITS, unit
from headgate.contracts.service_levels.reading import KNOWN, MOMENTS, NAMES, is_unit
from headgate.errors import did_you_mean

RATES = {
    **dict.fromkeys(("availability", "errorRate"), ("percent", "ratio")),
    "throughput": ("rows/s", "rows/h", "rows/d", "runs/h", "runs/d"),
}
"""Units of what is no length of time."""
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")


def slips(document: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    """Warnings: any word is allowed there, and one beside a known word is hardly meant."""
    if "version" in document and read_version(document["version"]) is None:
        what = f"version {document['version']!r} is none that can be compared"
        yield Finding(Level.WARNING, place(("version",)), what, "write 1.0.0", ("version",))
    if hint := _near(document.get("status"), STATUSES, STATUSES):
        what = f"status {document['status']!r} is none that the standard recommends"
        yield Finding(Level.WARNING, place(("status",)), what, hint, ("status",))
    for n, level in enumerate(document.get("slaProperties") or ()):
        if hint := _near(level.get("property"), NAMES, KNOWN):
            path = ("slaProperties", n, "property")
            what = f"service level {level['property']!r} is not measured"
            yield Finding(Level.WARNING, place(path), what, hint, path)
        if hint := _odd_unit(level):
            path = ("slaProperties", n, "unit")
            what = f"{level['property']}: {level['unit']!r} is none of its units"
            yield Finding(Level.WARNING, place(path), what, hint, path)


def _odd_unit(level: Mapping[str, Any]) -> str | None:
    """What to do about the unit of a level; nothing where it is well, or free."""
    word = level.get("unit")
    name = KNOWN.get(str(level.get("property")).strip().casefold())
    if not isinstance(word, str) or not word or (name and is_unit(name, word)):
        return None
    if name is None:  # nobody measures it, so that any word may be meant
        return None if unit(word) else _near(word, UNITS, UNITS)
    if name in MOMENTS:
        return "leave it out, as the value is a date"
    return did_you_mean(word, RATES.get(name, tuple(UNITS)))


def _near(word: object, meant: Iterable[str], known: Collection[str]) -> str | None:
    """What the word is a slip of; nothing where it is known, or far from all that are."""
    if not isinstance(word, str) or word.casefold() in known:
        return None
    hint = did_you_mean(word, meant)
    return hint if hint and hint.startswith("did you mean") else None
