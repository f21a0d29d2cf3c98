"""The sandbox that `ci --sample` runs a change in."""

from __future__ import annotations

from collections.abc import Callable

from headgate.ci.trial import LIFETIME
from headgate.cli.sandbox import share_of
from headgate.environments.pseudonyms import read_key
from headgate.environments.sample import Wanted
from headgate.environments.sandbox import Order, Sandbox, is_demanded, sandbox
from headgate.store.manifest import Release
from headgate.workspace import Workspace, declared_datasets


def sampled(text: str) -> Callable[[Workspace, str, Release], Sandbox]:
    """What begins an environment with a share of a release; redacted where its policy asks for it.

    Raises UsageError for a text that is no share.
    """
    wanted = Wanted(share=share_of(text))

    def begin(workspace: Workspace, name: str, release: Release) -> Sandbox:
        demanding = {n: p.redact for n, p in workspace.settings.environments.items()}
        with workspace.tools.ledger.snapshot() as tx:
            demanded = is_demanded(tx, release, demanding)
        order = Order(name, wanted, demanded=demanded, lifetime=LIFETIME)
        key = read_key() if order.redacts else None
        return sandbox(workspace.tools, declared_datasets(workspace), release, order, key)

    return begin
