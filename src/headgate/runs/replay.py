"""Rows that are set aside: how many there are, and which of them a run would let in now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.checks.check import Check, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.set_aside import joined, kept_rows, marks_of, rows_aside, sift, staying
from headgate.runs.compared import Standing, on_top_of, released, released_tables
from headgate.runs.delivered import well_formed
from headgate.runs.job import Job, beside
from headgate.runs.left import sets_aside
from headgate.runs.plan import Compute, Ingest, Plan, Refuse, Reuse
from headgate.runs.tools import Tools
from headgate.schema.table import Table
from headgate.store import holdings, refs, versions
from headgate.store.manifest import Version

_BY_CHECK = """
    select id, count(*) as rows, any_value(reason) from (
        select unnest(string_split(_check, ',')) as id,
            case when not contains(_check, ',') then _reason end as reason
        from data
    ) group by id order by rows desc, id
"""


class Forecast(Struct, frozen=True):
    """What a run would make of the rows that are set aside: how many stay, or why nobody knows."""

    stay: int | None
    because: str = ""


def set_aside(tools: Tools, environment: str, dataset: str) -> Version | None:
    """The rows that are set aside beside the version of a dataset that is held now."""
    with tools.ledger.snapshot() as tx:
        held = refs.held(tx, environment)
        version = (
            holdings.find(tx, environment, dataset, held[dataset]) if dataset in held else None
        )
        return versions.quarantined(tx, version) if version else None


def by_check(tools: Tools, kept: Version, checks: Sequence[Check]) -> Mapping[str, int]:
    """How many kept rows broke each check, by its words; a row that broke two counts for both."""
    table = versions.table(tools.objects, kept)
    words = {check.id: check.description for check in checks}
    counts: dict[str, int] = {}
    for id_, rows, reason in tools.engine.measure(table, _BY_CHECK, []):
        name = words.get(id_) or reason or id_
        counts[name] = counts.get(name, 0) + rows
    return counts


def checks_of(job: Job, dataset: str) -> tuple[Check, ...]:
    """The checks that may set rows of a dataset aside, as they are declared now."""
    if source := job.sources.get(dataset):
        return (*source.checks, well_formed(source))
    return job.steps[dataset].checks


def still_aside(tools: Tools, before: Version, after: Version | None) -> int:
    """How many of the rows that were set aside are so still."""
    if after is None:
        return 0
    kept = kept_rows(versions.table(tools.objects, after))
    return staying(versions.table(tools.objects, before), kept)


def forecast(job: Job, tools: Tools, planned: Plan, dataset: str, before: Version) -> Forecast:
    """What the next run would make of the rows that are set aside; nothing is changed."""
    match next(each for each in planned.actions if each.dataset == dataset):
        case Refuse(because=because):
            return Forecast(None, because)
        case Ingest(because=because):
            return Forecast(None, f"its files are read again: {because}")
        case Compute(because=because):
            return Forecast(None, f"it is computed again: {because}")
        case Reuse(version=whole):
            return _judged_anew(job, tools, planned, whole, before)


def _judged_anew(
    job: Job, tools: Tools, planned: Plan, whole: Version, before: Version
) -> Forecast:
    checks, table = checks_of(job, whole.dataset), versions.table(tools.objects, whole)
    if because := _moving(job, planned, beside(checks)):
        return Forecast(None, because)
    tables = _compared(job, tools, planned, whole, beside(checks))
    outcomes = evaluate(
        tools.engine,
        table,
        [check for check in checks if check.kind != "well_formed"],
        beside=tables,
        now=tools.now(),
        ledger=tools.ledger,
    )
    with tools.ledger.snapshot() as tx:
        base = on_top_of(tx, tools.objects, whole, planned.wholes.get(whole.dataset))
    sifted = sift(tools.engine, table, outcomes, tables, base)
    unjudged = any(outcome.status is Status.ERROR for outcome in outcomes)
    closed = not sifted.places and any(outcome.closes_gate for outcome in outcomes)
    if unjudged or closed:
        return Forecast(before.rows, "the gate would stay closed")
    with tools.ledger.snapshot() as tx:
        unread = versions.quarantined(tx, whole)
    kept = [marks_of(versions.table(tools.objects, unread))] if unread else []
    if sifted.places:
        kept.append(rows_aside(tools.engine, table, sifted, None, tables))
    return Forecast(staying(versions.table(tools.objects, before), joined(table, *kept)))


def _moving(job: Job, planned: Plan, names: Sequence[str]) -> str:
    """Which dataset that checks compare with is only known after a run, in words."""
    for action in planned.actions:
        if action.dataset not in names:
            continue
        told = f"their checks compare with {action.dataset}, which"
        match action:
            case Refuse(because=because):
                return f"{told} cannot be read: {because}"
            case Ingest(because=because):
                return f"{told} is read again: {because}"
            case Compute(because=because):
                return f"{told} is computed again: {because}"
            case Reuse(left=None) if sets_aside(checks_of(job, action.dataset)):
                if action.dataset in planned.judge:
                    return f"{told} is judged again: {planned.judge[action.dataset]}"
    return ""


def _compared(
    job: Job, tools: Tools, planned: Plan, whole: Version, names: Sequence[str]
) -> dict[str, Table]:
    """The tables that checks of a version compare with; none of them is made anew."""
    found = {
        each.dataset: versions.table(tools.objects, each.left or each.version)
        for each in planned.actions
        if isinstance(each, Reuse) and each.dataset in names
    }
    standing = Standing(job, planned.held, planned.wholes)
    with tools.ledger.snapshot() as tx:
        earlier = released(tx, standing.at_own_gate(whole.dataset, whole.id), names)
        return found | released_tables(tx, tools.objects, whole.dataset, earlier)
