"""Whether what somebody asked to promote was approved by those who have to."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from headgate.environments.promotion import Promotion


class Review(Struct, frozen=True):
    """What an environment's policy asks for: so many approvals, of these people."""

    reviewers: tuple[str, ...] = ()
    approvals: int = 1

    @property
    def needed(self) -> int:
        """How many must approve; none where nobody is named."""
        return self.approvals if self.reviewers else 0


class Standing(Struct, frozen=True):
    """How far a request has come. `given` are those who approved it, `may` those who still can."""

    review: Review
    authors: tuple[str, ...]
    given: tuple[str, ...]
    may: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many approvals it still needs."""
        return max(0, self.review.needed - len(self.given))


def standing(review: Review, request: Promotion | None, authors: Collection[str]) -> Standing:
    """How far a request has come. Nobody approves what is their own."""
    everybody = {*authors, request.user} if request else set(authors)
    eligible = [name for name in dict.fromkeys(review.reviewers) if name not in everybody]
    said = {approval.user for approval in request.approvals} if request else set()
    return Standing(
        review,
        tuple(sorted(everybody)),
        tuple(name for name in eligible if name in said),
        tuple(name for name in eligible if name not in said),
    )
