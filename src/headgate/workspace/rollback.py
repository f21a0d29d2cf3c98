"""An earlier release, served again."""

from __future__ import annotations

import secrets

from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.events import RolledBack
from headgate.project.access import Right, require
from headgate.runs.claim_all import claim_all
from headgate.store import releases, rollbacks, versions
from headgate.store.manifest import Release
from headgate.store.readers import ELSEWHERE, Lease
from headgate.workspace.known import require_known
from headgate.workspace.links import link_outputs
from headgate.workspace.workspace import Workspace


def roll_back(
    workspace: Workspace, *, to: int | None, dataset: str | None, because: str
) -> tuple[Release, Release]:
    """The release that was served, and the new one that serves an earlier state again.

    Readers get it at once. The working tree follows where the project can be read, else with the
    next run. Raises AccessError for a person who may not publish, BusyError while a run in the
    environment is going on, and StoreError where data of the earlier state is no longer there.
    """
    tools = workspace.tools
    require_known(workspace)
    require(workspace.settings, tools, Right.PUBLISH, workspace.environment)
    run = secrets.token_hex(4)
    whole = claim_all(tools.ledger, workspace.environment, run=run)
    with Lease(tools.objects) as lease, whole as held:
        with tools.ledger.transaction(durable=True) as tx:
            for each in held:
                each.fence(tx)
            before = releases.current(tx, workspace.environment)
            after = rollbacks.rollback(
                tx,
                environment=workspace.environment,
                run=run,
                to=to,
                dataset=dataset,
                user=tools.user,
                at=tools.now(),
                because=because,
            )
            assert before is not None
            found = versions.find_each(tx, after.versions)
            lease.require(found.values(), f"nothing was changed; {ELSEWHERE}")
            tx.append(_rolled_back(before, after, dataset, tools.user))
            audit.record(tx, _act(before, after, dataset))
        link_outputs(workspace, after, run)
    return before, after


def _act(before: Release, after: Release, dataset: str | None) -> Act:
    body = {"undone": before.name, "restored": after.restores, "because": after.because}
    more = {"dataset": dataset} if dataset else {}
    return Act(
        after.published_at, after.user, "rollback", after.environment, after.name, body | more
    )


def _rolled_back(before: Release, after: Release, dataset: str | None, who: str) -> RolledBack:
    return RolledBack(
        run=after.run,
        at=after.published_at,
        environment=after.environment,
        number=after.number,
        undone=before.number,
        restored=after.restores or 0,
        dataset=dataset,
        user=who,
        because=after.because,
    )
