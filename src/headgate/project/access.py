"""Who may do what in an environment, by the policies of `headgate.yml`.

It guides people who use the tool under their own name. What lies on a disk or in a database is
guarded by the permissions of the disk and of the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

from headgate.environments.environment import find
from headgate.errors import AccessError, HeadgateError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.project.root import FILE
from headgate.project.settings import Settings
from headgate.project.yaml import read_yaml
from headgate.runs.tools import Tools
from headgate.store import branches

NOT_RAW = ("redacted", "synthetic")
"""What a sandbox says of its rows where personal data of none of them is as it was."""


class Right(StrEnum):
    """What a policy may leave to some people; each is a key of it."""

    PUBLISH = "publish"
    OVERRIDE = "override"
    READ_RAW = "read_raw"


def may(settings: Settings, tools: Tools, right: Right, *environments: str) -> bool:
    """Whether the person at work has a right in one of the environments."""
    return any(_forbidding(settings, tools, right, each) is None for each in environments)


def require(settings: Settings, tools: Tools, right: Right, *environments: str) -> None:
    """Raises AccessError where the person has the right in none of the environments.

    The attempt is in the audit log then.
    """
    if may(settings, tools, right, *environments):
        return
    asked = environments[0]
    forbidding = _forbidding(settings, tools, right, asked)
    assert forbidding is not None
    allowed = _allowed(settings, forbidding, right)
    act = Act(tools.now(), tools.user, "denied", asked, right.value, {"policy": forbidding})
    # what cannot be recorded is denied all the same
    with suppress(HeadgateError), tools.ledger.transaction(durable=True) as tx:
        audit.record(tx, act)
    of = f", whose rows {asked} has" if forbidding != asked else ""
    raise AccessError(
        f"{tools.user} may not {_WORDS[right]} {forbidding}{of}",
        _place(tools, forbidding, right),
        f"{right.value} names {', '.join(allowed)}; ask one of them, or have the policy changed",
    )


_WORDS = {
    Right.PUBLISH: "publish to",
    Right.OVERRIDE: "let failed checks or rows go in",
    Right.READ_RAW: "read rows of",
}


def _forbidding(settings: Settings, tools: Tools, right: Right, environment: str) -> str | None:
    """The environment whose policy does not name the person; None where nothing is in the way."""
    if not any(_allowed(settings, name, right) for name in settings.environments):
        return None
    asked = _whose_rows(tools, environment) if right is Right.READ_RAW else [environment]
    for name in asked:
        allowed = _allowed(settings, name, right)
        if allowed and tools.user not in allowed:
            return name
    return None


def _allowed(settings: Settings, environment: str, right: Right) -> Sequence[str]:
    policy = settings.environments.get(environment)
    names: Sequence[str] = getattr(policy, right.value) if policy else ()
    return names


def _whose_rows(tools: Tools, environment: str) -> list[str]:
    """The environments whose rows one has as they were: its own, and those that it was made from.

    A redacted one has none. Rows outlive an environment that is dropped, so what one of that name
    began from earlier counts too.
    """
    names: list[str] = []
    waiting, seen = [environment], set[str]()
    with tools.ledger.snapshot() as tx:
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            found = find(tx, name)
            if found is None or not _is_not_raw(found.sampled):
                names.append(name)
                waiting += [found.base] if found else []
            if bases := branches.begun_from(tx, name):
                redacted = _not_raw_at_first(tx, name)
                waiting += [base for release, base in bases.items() if release not in redacted]
    return names


def _not_raw_at_first(tx: Transaction, environment: str) -> set[str]:
    """The first releases of an environment's lives as a sandbox without any row as it was."""
    acts = audit.acts(tx, environment, "sandbox")
    return {act.body["release"] for act in acts if _is_not_raw(act.body)}


def _is_not_raw(sampled: Mapping[str, Any]) -> bool:
    return any(sampled.get(word) for word in NOT_RAW)


def _place(tools: Tools, environment: str, right: Right) -> str:
    text = (tools.root / FILE).read_bytes().decode("utf-8-sig")
    return read_yaml(text, FILE).place(("environments", environment, right.value))
