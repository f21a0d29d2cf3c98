"""What two versions of a dataset do not share: the parts that one of them alone has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from headgate.store.manifest import Part, Version


def unshared(one: Version, other: Version) -> tuple[Version, Version]:
    """Both versions without the parts that they have in common.

    A part that one has twice and the other once stays once.
    """
    return _without(one, other.parts), _without(other, one.parts)


def _without(version: Version, parts: Iterable[Part]) -> Version:
    shared = Counter(part.digest for part in parts)
    left = []
    for part in version.parts:
        if shared[part.digest]:
            shared[part.digest] -= 1
        else:
            left.append(part)
    return replace(version, parts=tuple(left))
