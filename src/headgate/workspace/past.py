"""The tables that an environment has held, and what stood beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache, partial

from headgate.checks.check import Check
from headgate.ledger.ledger import Transaction
from headgate.observe.backtest import Label, Past
from headgate.project.access import Right, require
from headgate.runs.compared import Judged, released, released_tables
from headgate.runs.job import beside
from headgate.schema.table import Table
from headgate.store import appearances, holdings, releases, versions
from headgate.workspace.held import nothing_of
from headgate.workspace.known import known_dataset
from headgate.workspace.workspace import Workspace


def past(
    workspace: Workspace,
    name: str,
    limit: int,
    sources: Collection[str] = (),
    checks: Sequence[Check] = (),
) -> tuple[list[Past], int]:
    """The distinct versions of a dataset that the environment has held, newest first.

    At the most `limit` whose data is still in the store, and the number of those that were passed
    over because theirs is gone. The newest of `sources` in a release is its newest delivery. Each
    has beside it what `checks` compare with.
    Raises UnknownNameError for a name that is no dataset, or of which nothing has been released,
    and AccessError for a person who may not read its rows.
    """
    known_dataset(workspace, name)
    require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
    environment, objects = workspace.environment, workspace.tools.objects
    found: list[Past] = []
    gone = 0
    with workspace.tools.ledger.snapshot() as tx:
        numbers = appearances.firsts(tx, environment, name)
        if not numbers:
            raise nothing_of(name)
        known = cache(partial(holdings.find, tx, environment))
        for number in numbers:
            release = releases.find(tx, environment, number)
            assert release is not None  # the ledger keeps every release that an item names
            state = release.state
            held = {each: kept for each, id_ in state.items() if (kept := known(each, id_))}
            if name not in held or not versions.present(objects, held[name]):
                gone += 1
                continue
            tables = {each: versions.table(objects, kept) for each, kept in held.items()}
            tables |= compared_with(tx, workspace, name, state[name], checks)
            # a gate meets all rows, those too that it sets aside
            whole = holdings.find_whole(tx, environment, name, state[name])
            if whole and versions.present(objects, whole):
                tables[name] = versions.table(objects, whole)
            came = [held[source].created_at for source in sources if source in held]
            label = Label(release.name, state[name], release.published_at)
            found.append(Past(label, tables[name], tables, max(came, default=None)))
            if len(found) == limit:
                break
    return found, gone


def compared_with(
    tx: Transaction, workspace: Workspace, name: str, version: str, checks: Sequence[Check]
) -> dict[str, Table]:
    """What checks of a version that was once held compare with, of those before it."""
    held = Judged(workspace.environment, name, version, version)
    ids = released(tx, held, beside(checks))
    return released_tables(tx, workspace.tools.objects, name, ids)
