"""Semantic versions of contracts: which one a change demands, and whether it was written.

The first number grows where who reads the data breaks, the second where more is promised, the
third where only words changed. Below 1.0.0 nothing is promised to stay: there what breaks demands
the second number, and all else the third.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import total_ordering

from headgate.contracts.changes.change import Bump, Change
from headgate.contracts.changes.finding import ChangeFinding, Severity

VERSION_RULES = frozenset(["version-too-small", "version-goes-down", "version-not-semantic"])
"""The findings about a version as it is written."""

_FORM = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version. One of two numbers is read as ending in 0; the build counts for nothing."""

    major: int
    minor: int
    patch: int = 0
    pre: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether all three numbers are written."""

    @property
    def core(self) -> tuple[int, int, int]:
        return self.major, self.minor, self.patch

    def __lt__(self, other: Version) -> bool:
        return self._order < other._order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._order == other._order

    def __hash__(self) -> int:
        return hash(self._order)

    @property
    def _order(self) -> tuple[object, ...]:
        """As semver.org orders: a version before its release is less, numbers before words."""
        pre = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in self.pre)
        return *self.core, not self.pre, pre

    def __str__(self) -> str:
        pre = f"-{'.'.join(self.pre)}" if self.pre else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}"

    def after(self, bump: Bump) -> Version:
        """The least version that grows so.

        >>> str(Version(1, 4, 2).after(Bump.MAJOR)), str(Version(0, 4, 2).after(Bump.MINOR))
        ('2.0.0', '0.5.0')
        """
        match bump:
            case Bump.MAJOR:
                return Version(self.major + 1, 0, 0)
            case Bump.MINOR:
                return Version(self.major, self.minor + 1, 0)
            case Bump.PATCH:
                return Version(self.major, self.minor, self.patch + 1)
        return self


def read_version(text: object) -> Version | None:
    """The version in a text; None where it is none."""
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    major, minor, patch, pre = found.groups()
    parts = tuple(pre.split(".")) if pre else ()
    return Version(int(major), int(minor), int(patch or 0), parts, patch is not None)


def demanded(changes: Iterable[Change], version: Version | None = None) -> Bump:
    """The bump that some changes demand of the version that they start from."""
    bump = max((change.bump for change in changes), default=Bump.NONE)
    if version is not None and version.major == 0:
        return {Bump.MAJOR: Bump.MINOR, Bump.MINOR: Bump.PATCH}.get(bump, bump)
    return bump


def written(old: Version, new: Version) -> Bump:
    """By how much a version grew."""
    for bump, first, then in zip(
        (Bump.MAJOR, Bump.MINOR, Bump.PATCH), old.core, new.core, strict=True
    ):
        if first != then:
            return bump if then > first else Bump.NONE
    return Bump.NONE


def version_findings(
    old: object, new: object, changes: Iterable[Change], where: str
) -> list[ChangeFinding]:
    """What is wrong with the version written after some changes; `where` is its file and line."""
    before, after = read_version(old), read_version(new)
    if after is None:
        said = "the contract has no version" if new is None else f"the version {new!r} is none"
        what = f"{said}; write three numbers, such as 1.2.0"
        return [ChangeFinding("version-not-semantic", Severity.ERROR, what, where)]
    found = []
    if not after.is_whole:
        what = f"the version {new!r} is read as {after}; write all three numbers"
        found.append(ChangeFinding("version-not-semantic", Severity.WARNING, what, where))
    if before is None:
        return found
    if after < before:
        what = f"the version goes down, from {before} to {after}"
        return [*found, ChangeFinding("version-goes-down", Severity.ERROR, what, where)]
    needed = demanded(changes, before)
    # what led up to a release may still become anything
    if before.pre and after > before:
        return found
    if (grew := written(before, after)) < needed:
        stays = "stays" if after == before else f"grew to {after}"
        what = (
            f"the version {before} {stays}, and the changes demand a {needed} one:"
            f" write {before.after(needed)}"
        )
        # words for people do not hold a change back
        severity = Severity.WARNING if needed is Bump.PATCH and not grew else Severity.ERROR
        found.append(ChangeFinding("version-too-small", severity, what, where))
    return found


# ------------------------------------------------------------------ ranges

_BOUND = re.compile(r"(>=|<=|==|!=|>|<|\^|~)?\s*v?(\d+(?:\.\d+){0,2})")


def in_range(version: Version, text: str) -> bool:
    """Whether a version is in a range such as `>=1.2,<2`, `^1.2` or `1`.

    Raises ValueError where the text is no range. A version alone stands for all that it begins.

    >>> in_range(Version(1, 4, 0), ">=1,<2"), in_range(Version(2, 0, 0), "1")
    (True, False)
    """
    return all(_holds(version.core, part.strip()) for part in text.split(","))


def _holds(core: tuple[int, int, int], part: str) -> bool:
    found = _BOUND.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no range of versions; write >=1.2,<2")
    sign, numbers = found[1] or "==", [int(n) for n in found[2].split(".")]
    bound = tuple([*numbers, 0, 0][:3])
    match sign:
        case "==":
            return core[: len(numbers)] == tuple(numbers)
        case "!=":
            return core[: len(numbers)] != tuple(numbers)
        case ">=":
            return core >= bound
        case "<=":
            return core[: len(numbers)] <= tuple(numbers)
        case ">":
            return core[: len(numbers)] > tuple(numbers)
        case "<":
            return core < bound
        case "~":
            kept = min(len(numbers), 2)  # ~1 is all of 1, as ^1 is
        case _:  # ^0.2 is 0.2 alone, and ^0 all of 0
            kept = next((n for n, one in enumerate(numbers) if one), len(numbers) - 1) + 1
    return core >= bound and core[:kept] == bound[:kept]
