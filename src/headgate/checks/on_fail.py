"""What a check's author says becomes of rows that break it: `on_fail:` and `limit:`, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check, Limit, OnFail, Severity, Share
from headgate.checks.metric import Failing, FailingGroups, plainly
from headgate.errors import DeclarationError, UnknownNameError, did_you_mean

KEYS = ("on_fail", "limit")
"""The words of a policy, in pipelines and in the `meta` of expectations."""

SEVERITIES = {
    OnFail.BLOCK: Severity.ERROR,
    OnFail.QUARANTINE: Severity.ERROR,
    OnFail.WARN: Severity.WARN,
}
"""How loud a failed check is: one that sets rows aside closes the gate above its limit."""


def with_policy(check: Check, given: Mapping[str, Any], *, loud: bool, where: str) -> Check:
    """The check under the policy given; `loud` says that a severity was given beside it.

    Raises DeclarationError, with `where`, for a policy that the check cannot have.
    """
    if "on_fail" not in given:
        if "limit" in given:
            raise DeclarationError("limit: goes with on_fail: quarantine", where)
        return check
    on_fail = _on_fail(given["on_fail"], where)
    if loud and check.severity is not SEVERITIES[on_fail]:
        raise DeclarationError(
            f"on_fail: {on_fail} does not go with the severity {check.severity}",
            where,
            "leave one of them out",
        )
    found = replace(check, on_fail=on_fail, severity=SEVERITIES[on_fail])
    if on_fail is not OnFail.QUARANTINE:
        if "limit" in given:
            raise DeclarationError("limit: goes with on_fail: quarantine", where)
        return found
    if isinstance(plainly(check.metric), FailingGroups):
        raise DeclarationError(
            f"{check.kind}: rows of groups are not set aside: by does not go with on_fail: quarantine",
            where,
            "leave out by to set single rows aside; on_fail: block closes the gate",
        )
    if not is_about_rows(check):
        raise DeclarationError(
            f"{check.kind} is about the whole table: it has no rows that could be set aside",
            where,
            "on_fail: block closes the gate, on_fail: warn alerts",
        )
    return replace(found, limit=_limit(given.get("limit", check.limit), where))


def is_about_rows(check: Check) -> bool:
    """Whether single rows break the check, so that it can be said which."""
    return isinstance(plainly(check.metric), Failing) and isinstance(check.bound, Share | Limit)


def policy_of(meta: object, where: str) -> Mapping[str, Any]:
    """The policy in the `meta` of an expectation, which others may use for their own.

    Raises DeclarationError for what stands under `headgate` there and is not understood.
    """
    if not isinstance(meta, Mapping) or "headgate" not in meta:
        return {}
    own = meta["headgate"]
    if not isinstance(own, Mapping):
        raise DeclarationError("'headgate' in 'meta' is not an object", where)
    for key in own:
        if key not in KEYS:
            raise DeclarationError(
                f"unknown key {key!r} in 'meta.headgate'", where, did_you_mean(str(key), KEYS)
            )
    return own


def _on_fail(word: object, where: str) -> OnFail:
    try:
        return OnFail(str(word))
    except ValueError:
        raise UnknownNameError.of("on_fail", str(word), list(OnFail), where) from None


def _limit(value: object, where: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:  # type: ignore[operator]
        raise DeclarationError(f"limit: {value!r} is no share of rows, from 0 to 1", where)
    return float(value)  # type: ignore[arg-type]
