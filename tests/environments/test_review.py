"""A promotion is approved by reviewers who have no part in it, for exactly what was asked."""

from __future__ import annotations

from msgspec.structs import replace

from headgate.environments import promotion
from headgate.environments.promotion import Approval, Promotion
from headgate.environments.review import Review, standing
from headgate.runs.tools import Tools
from tests.environments.hand import AT

MOVES = ({"dataset": "clean", "before": "c1", "after": "c2"},)
REVIEW = Review(("ada", "ben", "cleo"), 2)


def request(*approved: str) -> Promotion:
    approvals = tuple(Approval(name, AT) for name in approved)
    return Promotion("1", "dev", "prod", "d", "ada", AT, MOVES, approvals=approvals)


def test_nobody_approves_what_they_made_or_asked_for() -> None:
    found = standing(REVIEW, request("ada", "ben", "cleo"), {"ben"})
    assert (found.given, found.may, found.missing) == (("cleo",), (), 1)
    assert found.authors == ("ada", "ben")


def test_only_those_whom_the_policy_names_now_count_each_once() -> None:
    found = standing(REVIEW, request("zoe", "ben", "ben"), ())
    assert (found.given, found.may, found.missing) == (("ben",), ("cleo",), 1)
    assert standing(REVIEW, request("ben", "cleo"), ()).missing == 0


def test_where_nobody_is_named_nothing_is_missing() -> None:
    assert standing(Review(approvals=5), None, {"ada"}).missing == 0


def test_a_request_is_found_with_its_approvals_until_it_is_overtaken_or_done(tools: Tools) -> None:
    with tools.ledger.transaction() as tx:
        first = promotion.ask(tx, "dev", "prod", "d1", MOVES, user="ada", at=AT)
        for comment in ("hm", "well"):
            promotion.approve(tx, first, Approval("ben", AT, comment))
        assert promotion.asked(tx, "dev", "test") is None
        assert promotion.asked(tx, "dev", "prod") == replace(
            first, approvals=(Approval("ben", AT, "well"),)
        )
        second = promotion.ask(tx, "dev", "prod", "d2", MOVES, user="ada", at=AT)
        assert promotion.asked(tx, "dev", "prod") == second
        promotion.finish(tx, second)
        assert promotion.asked(tx, "dev", "prod") is None
        states = tx.execute("select digest, status from promotion order by digest")
    assert states == [("d1", "overtaken"), ("d2", "done")]
