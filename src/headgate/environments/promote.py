"""Promotion: versions move to another environment once its policy is met and its gates open."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from headgate.environments import promotion
from headgate.environments.promotion import Approval, Promotion
from headgate.environments.propose import Proposal
from headgate.environments.review import Review, Standing, standing
from headgate.errors import AccessError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.runs import transfer
from headgate.runs.execute import Request, Result
from headgate.runs.tools import Tools
from headgate.store.manifest import Release


def reviewed(proposal: Proposal, review: Review, user: str = "") -> Standing:
    """How far the proposal has come on its way through review; `user` asks where nobody did."""
    asking = set() if proposal.asked or not user else {user}
    return standing(review, proposal.asked, {*proposal.makers, *asking})


def ask(tools: Tools, proposal: Proposal) -> Promotion:
    """The request for these moves: the one that is open, or a new one of whoever is at work."""
    if proposal.asked:
        return proposal.asked
    with tools.ledger.transaction(durable=True) as tx:
        return _ask(tx, tools, proposal)


def approve(tools: Tools, proposal: Proposal, review: Review, comment: str = "") -> Standing:
    """The standing of the request after whoever is at work approved it.

    Raises UsageError where nobody asked for exactly these moves, and AccessError for one who is no
    reviewer, or has a part in what is promoted.
    """
    source, target = proposal.origin.environment, proposal.target
    request = proposal.asked
    if request is None:
        moved = (
            f"{source} or {target} moved since {proposal.request.user} asked; "
            if proposal.request
            else ""
        )
        raise UsageError(
            f"{moved}nobody has asked to promote {proposal.origin.name} to {target}",
            hint=f"headgate env promote {source} {target} asks for it",
        )
    before = reviewed(proposal, review)
    if tools.user not in review.reviewers:
        names = ", ".join(review.reviewers) or "nobody"
        raise AccessError(
            f"{tools.user} is no reviewer of {target}", None, f"its policy names {names}"
        )
    if tools.user in before.authors:
        raise AccessError(
            f"{tools.user} made or asked for what is promoted, and nobody approves their own change",
            None,
            f"it may be approved by {', '.join(before.may) or 'nobody else: name another reviewer'}",
        )
    at = tools.now()
    approval = Approval(tools.user, at, comment)
    with tools.ledger.transaction(durable=True) as tx:
        promotion.approve(tx, request, approval)
        body = {"request": request.id, "digest": request.digest, "comment": comment}
        audit.record(tx, Act(at, tools.user, "approve", target, proposal.origin.name, body))
    request = replace(request, approvals=(*request.approvals, approval))
    return standing(review, request, proposal.makers)


def promote(
    tools: Tools, proposal: Proposal, review: Review, request: Request | None = None
) -> list[Result]:
    """What came of the promotion: a run of each pipeline that is concerned, all with one release.

    Raises AccessError where approvals are missing; nothing was changed then.
    """
    stands = reviewed(proposal, review, tools.user)
    if stands.missing:
        raise AccessError(
            f"{proposal.target} needs {stands.missing} more approval(s)", None, _who(stands)
        )

    def settle(tx: Transaction, release: Release) -> None:
        open_ = promotion.asked(tx, proposal.origin.environment, proposal.target)
        if open_ is None or open_.digest != proposal.digest:
            if stands.review.needed:
                raise AccessError(
                    "what was approved was promoted meanwhile, or asked for anew",
                    None,
                    "nothing was changed",
                )
            open_ = _ask(tx, tools, proposal)
        promotion.finish(tx, open_)
        body = {**_body(proposal, open_), "approved_by": list(stands.given)}
        act = Act(
            release.published_at, tools.user, "promote", release.environment, release.name, body
        )
        audit.record(tx, act)

    moving = replace(proposal.transfer, approved_by=stands.given)
    return transfer.run(moving, tools, request or Request(), settle)


def _ask(tx: Transaction, tools: Tools, proposal: Proposal) -> Promotion:
    told = [move.as_json() for move in proposal.moves]
    source, at = proposal.origin.environment, tools.now()
    request = promotion.ask(
        tx, source, proposal.target, proposal.digest, told, user=tools.user, at=at
    )
    body = _body(proposal, request)
    audit.record(tx, Act(at, tools.user, "ask", proposal.target, proposal.origin.name, body))
    return request


def _body(proposal: Proposal, request: Promotion) -> dict[str, Any]:
    return {
        "from": proposal.origin.name,
        "request": request.id,
        "digest": request.digest,
        "code": proposal.origin.code,
        "moves": [move.as_json() for move in proposal.moves],
    }


def _who(stands: Standing) -> str:
    return f"it may be approved by {', '.join(stands.may) or 'nobody who is left: name another reviewer'}"
