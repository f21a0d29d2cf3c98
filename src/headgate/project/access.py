"""Who may do what in an environment, by the policies of `headgate.yml`.

It guides people who use the tool under their own name. What lies on a disk or in a database is
guarded by the permissions of the disk and of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum

from headgate.environments.lineage import whose_rows
from headgate.errors import AccessError, HeadgateError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.project.root import FILE
from headgate.project.settings import Settings
from headgate.project.yaml import read_yaml
from headgate.runs.tools import Tools


class Right(StrEnum):
    """What a policy may leave to some people; each is a key of it."""

    PUBLISH = "publish"
    OVERRIDE = "override"
    READ_RAW = "read_raw"


def may(settings: Settings, tools: Tools, right: Right, *environments: str) -> bool:
    """Whether the person at work has a right in one of the environments.

    Rows are read in a release as well, `dev@3`: the environment of that name may be another one now.
    """
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
    where = asked.partition("@")[0]
    act = Act(tools.now(), tools.user, "denied", where, right.value, {"policy": forbidding})
    # what cannot be recorded is denied all the same
    with suppress(HeadgateError), tools.ledger.transaction(durable=True) as tx:
        audit.record(tx, act)
    of = f", whose rows {asked} has" if forbidding != where else ""
    raise AccessError(
        f"{tools.user} may not {_WORDS[right]} {forbidding}{of}",
        _place(tools, forbidding, right.value),
        f"{right.value} names {', '.join(allowed)}; ask one of them, or have the policy changed",
    )


_WORDS = {
    Right.PUBLISH: "publish to",
    Right.OVERRIDE: "let failed checks or rows go in",
    Right.READ_RAW: "read rows of",
}


def require_new(settings: Settings, tools: Tools, environment: str) -> None:
    """Raises AccessError where the person may not begin an environment, or nobody may by themselves.

    What it begins with is seen at once: no gate has judged it, and no reviewer has approved it.
    """
    require(settings, tools, Right.PUBLISH, environment)
    policy = settings.environments.get(environment)
    if policy and policy.reviewers:
        raise AccessError(
            f"{environment} has reviewers, and it would begin with what none of them has seen",
            _place(tools, environment, "reviewers"),
            f"promote to it: headgate env promote FROM {environment}; or take another name",
        )


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


def _whose_rows(tools: Tools, place: str) -> Sequence[str]:
    with tools.ledger.snapshot() as tx:
        return whose_rows(tx, place)


def _place(tools: Tools, environment: str, key: str) -> str:
    text = (tools.root / FILE).read_bytes().decode("utf-8-sig")
    return read_yaml(text, FILE).place(("environments", environment, key))
