"""The sandbox that `ci --sample` runs a change in."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from headgate.ci.trial import LIFETIME
from headgate.cli.sandbox import share_of
from headgate.environments.declared import Declared
from headgate.environments.pseudonyms import read_key
from headgate.environments.sample import Wanted
from headgate.environments.sandbox import Order, Sandbox, is_demanded, sandbox
from headgate.store.manifest import Release
from headgate.workspace.declared import declared_datasets
from headgate.workspace.workspace import Workspace


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
        known = _of_sources(declared_datasets(workspace))
        return sandbox(workspace.tools, known, release, order, key)

    return begin


def _of_sources(known: Declared) -> Declared:
    """The same, with entities looked for in what arrives: all else is computed from the sample."""
    keys = {name: key for name, key in known.keys.items() if key and name not in known.inputs}
    return replace(known, keys=keys) if keys else known
