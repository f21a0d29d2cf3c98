"""Names for a dataset as it was released: what a check may compare with besides other datasets.

No dataset can have such a name, so that one mapping holds both.
"""

from __future__ import annotations

import re

SERVED = "@release"
"""The version that the environment held when the judged one came."""

_NAME = re.compile(r"([A-Za-z0-9_-]+)@([0-9]{1,18})")


def is_release(name: str) -> bool:
    """Whether the name is that of a release, and not that of a dataset."""
    return "@" in name


def numbered(name: str) -> tuple[str, int] | None:
    """The environment and the number in the name of a release.

    >>> numbered("prod@12")
    ('prod', 12)
    """
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def table_in_words(name: str) -> str:
    """What is compared with, in words."""
    return "the release before" if name == SERVED else name
