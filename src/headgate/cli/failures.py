"""What was wrong with the data, in lines: failed checks, their rows, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from headgate.checks.lacking import folded
from headgate.cli.amounts import age, counted
from headgate.cli.colours import Role

if TYPE_CHECKING:
    from headgate.ledger.events import AlertRaised, CheckWaived, GateJudged, RunFinished

Span = tuple[str, Role]
Line = tuple[Span, ...]

MARKS: dict[str, tuple[str, Role]] = {
    "error": ("✗", "bad"),
    "warn": ("!", "warn"),
    "info": ("·", "dim"),
}
HELD = 20
"""How many rows an outcome holds at the most."""


def failures(
    outcomes: Sequence[Mapping[str, Any]], waived: Sequence[CheckWaived], *, verbosity: int
) -> Iterator[Line]:
    """The lines below a gate: each check that did not pass, with its first rows.

    Checks that only need a column that is not there are folded into one, unless more is asked for.
    One that passed for want of anything to compare with is named, too.

    `waived` are the checks of the gate's dataset that a person let through.
    """
    shown = [
        outcome
        for outcome in (outcomes if verbosity > 0 else folded(outcomes))
        if _compared_nothing(outcome)
        or (outcome["status"] != "passed" and (verbosity > 0 or _matters(outcome)))
    ]
    width = min(48, max((len(name_of(outcome)) for outcome in shown), default=0))
    for outcome in shown:
        names = {outcome.get("check"), outcome.get("description"), outcome.get("kind")}
        pardons = [one for one in waived if one.check in names]
        pardon = pardons[-1] if pardons and outcome["status"] == "waived" else None
        yield from _failure(outcome, width, pardon, verbosity)


def _matters(outcome: Mapping[str, Any]) -> bool:
    return outcome["status"] != "failed" or outcome.get("severity") != "info"


def _compared_nothing(outcome: Mapping[str, Any]) -> bool:
    """Whether a check passed because there is nothing yet to compare with: it says what."""
    return bool(outcome["status"] == "passed" and outcome.get("message"))


def name_of(outcome: Mapping[str, Any]) -> str:
    """What people call a check."""
    return str(outcome.get("description") or outcome.get("kind") or outcome.get("check"))


def _failure(
    outcome: Mapping[str, Any], width: int, pardon: CheckWaived | None, verbosity: int
) -> Iterator[Line]:
    status = outcome["status"]
    mark = MARKS["error"] if status == "error" else MARKS.get(outcome.get("severity", ""))
    if status == "waived":
        mark = ("~", "warn")
    elif status == "quarantined":
        mark = ("!", "warn")
    elif status == "passed":
        mark = ("·", "dim")
    first: Span = (f"  {(mark or MARKS['error'])[0]} ", (mark or MARKS["error"])[1])
    count: Span = (f"  {_count(outcome)}", "")
    yield (first, (f"{name_of(outcome):<{width}}", ""), count, *_id(outcome, verbosity))
    if pardon is not None:
        yield ((f"      waived by {pardon.user}: {pardon.reason}", ""),)
    # of rows that break a rule the message says no more than count and samples do
    if outcome.get("message") and _says_more(outcome):
        yield ((f"      {outcome['message']}", ""),)
    yield from _samples(outcome, verbosity)


def _id(outcome: Mapping[str, Any], verbosity: int) -> Line:
    """What `--waive` calls a check, for those who ask for more."""
    check = outcome.get("check")
    return ((f"  id {check}", "dim"),) if check and verbosity > 0 else ()


def _count(outcome: Mapping[str, Any]) -> str:
    if outcome["status"] == "error":
        return "could not be judged"
    if _compared_nothing(outcome):
        return "nothing to compare with yet"
    if groups := _groups(outcome):
        return f"{groups['failing']:,} of {counted(groups['groups'], 'group')}"
    if (unexpected := outcome.get("unexpected")) is not None:
        elements = outcome.get("elements")
        count = f"{unexpected:,} of {counted(elements, 'row')}" if elements else f"{unexpected:,}"
        return f"{count} set aside" if outcome["status"] == "quarantined" else count
    observed = outcome.get("observed")
    if outcome.get("kind") == "schema":
        return ""  # the message counts the differences
    return "" if observed is None else f"observed {_value(observed, quoted=False)}"


def _samples(outcome: Mapping[str, Any], verbosity: int) -> Iterator[Line]:
    samples: Sequence[Mapping[str, Any]] = outcome.get("samples") or ()
    limit = HELD if verbosity > 0 else 3
    concerned = columns(outcome)
    for sample in samples[:limit]:
        place = str(sample.get("file") or "")
        if place and sample.get("line") is not None:
            place += f":{sample['line']}"
        values = ", ".join(
            f"{name} = {_value(value)}"
            for name, value in sample["values"]
            if verbosity > 0 or not concerned or name in concerned
        )
        text = "  ".join(part for part in (place, values, sample.get("note")) if part)
        yield ((f"      {text}", "dim"),)
    shown = min(len(samples), limit)
    rest = _rest(outcome, shown)
    if samples and rest:
        more = f" (-v shows {len(samples)})" if shown < len(samples) else ""
        yield ((f"      and {rest}{more}", "dim"),)


def _rest(outcome: Mapping[str, Any], shown: int) -> str:
    """How many rows are not shown; of those of groups that is not known where some are not held.

    Rows of groups that kept the rule are counted too, and are none of the samples.
    """
    held = len(outcome.get("samples") or ())
    every = outcome.get("unexpected") or held
    if _groups(outcome):
        if held == HELD < every:
            return "more"
        every = held
    return f"{every - shown:,} more" if every > shown else ""


def columns(outcome: Mapping[str, Any]) -> list[str]:
    """The columns a check is about."""
    return [str(name) for name in outcome.get("columns") or ()]


def _groups(outcome: Mapping[str, Any]) -> Mapping[str, Any]:
    """How many groups there are and fail, where every group is judged on its own."""
    details: Mapping[str, Any] = outcome.get("details") or {}
    return details if "failing" in details and "groups" in details else {}


def _says_more(outcome: Mapping[str, Any]) -> bool:
    if outcome.get("unexpected") is None or outcome.get("kind") == "well_formed":
        return True
    if _groups(outcome):
        return True
    return outcome["status"] == "failed" and outcome.get("on_fail") == "quarantine"


def _value(value: object, *, quoted: bool = True) -> str:
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool) and not quoted:
        return f"{value:,}"
    if isinstance(value, float) and not quoted:
        return f"{value:,.6g}"
    # a backslash stays one: a byte that is no text was spelt by who read it
    text = repr(value).replace("\\\\", "\\") if quoted else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# ------------------------------------------------------------------ why nothing was published


def closed_gates(
    run: RunFinished,
    gates: Sequence[GateJudged],
    published: Sequence[str],
    alerts: Sequence[AlertRaised],
    again: str,
) -> Iterator[Line]:
    """The error block of a run that a gate held back; `again` is the command to try it with."""
    names = list(dict.fromkeys(gate.gate for gate in gates))
    yield (
        ("error", "bad"),
        (f": {'gate' if len(names) == 1 else 'gates'} ", "head"),
        (", ".join(names), "place"),
        (" closed, nothing was published", "head"),
    )
    failed = [outcome for gate in gates for outcome in gate.outcomes if _closes(outcome)]
    for place in places(folded(failed)):
        yield (("  -->", "place"), (f" {place}", ""))
    held = ", ".join(published) or f"the new data of {run.pipeline}"
    yield (("   =", "place"), (f" held back: {held} ", ""), (f"({serving(run)})", "dim"))
    if alerts:
        who = ", ".join(dict.fromkeys(name for alert in alerts for name in alert.notify))
        text = f" alerts: {len(alerts)}" + (f", for {who}" if who else "")
        yield (("   =", "place"), (text, ""))
    yield from _help(_advice(run, gates, failed, again))


def _closes(outcome: Mapping[str, Any]) -> bool:
    if outcome["status"] == "error":
        return True
    return bool(outcome["status"] == "failed" and outcome.get("severity", "error") == "error")


def _advice(
    run: RunFinished,
    gates: Sequence[GateJudged],
    failed: Sequence[Mapping[str, Any]],
    again: str,
) -> Iterator[tuple[str, str]]:
    kept = next((gate.dataset for gate in gates if gate.failing_rows or gate.aside), None)
    if kept:
        yield "see the rows", f"headgate data rows {run.run} --gate {kept}"
    # a check that could not be judged cannot be waived
    if all(outcome["status"] == "failed" for outcome in failed):
        # a waiver holds for one run, so those of this run are needed again
        named = [*_named(gates, lambda o: o["status"] == "waived"), *_named(gates, _closes)]
        checks = list(dict.fromkeys(named))
        words = " ".join(f"--waive {check}" for check in checks[:3])
        more = " --waive ..." if len(checks) > 3 else ""
        yield "accept them once", f'{again} {words}{more} --reason "..."'
        if more:
            yield "see their ids", f"{again} -v"
    yield "run again", again


def _named(gates: Sequence[GateJudged], chosen: Callable[[Mapping[str, Any]], bool]) -> list[str]:
    """The checks chosen, as a waiver names them: a check of one dataset may be that of another."""
    return [f"{gate.dataset}:{o['check']}" for gate in gates for o in gate.outcomes if chosen(o)]


def _help(advice: Iterable[tuple[str, str]]) -> Iterator[Line]:
    lines = list(advice)
    width = max(len(what) for what, _ in lines)
    for number, (what, command) in enumerate(lines):
        first: Line = (("  help", "good"), (": ", "")) if number == 0 else (("        ", ""),)
        yield (*first, (f"{what:<{width}}  {command}", ""))


def places(outcomes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The places that declare checks, a file a line: `a.json:41 (Sales), :57 (Store)`."""
    files: dict[str, list[str]] = {}
    for outcome in outcomes:
        where = str(outcome.get("where") or "")
        file, _, line = where.rpartition(":") if re.search(r":\d+$", where) else (where, "", "")
        if file:
            named = ", ".join(columns(outcome))
            text = (f":{line}" if line else "") + (f" ({named})" if named else "")
            files.setdefault(file, []).append(text)
    for file, lines in files.items():
        yield file + ", ".join(dict.fromkeys(lines))


def serving(run: RunFinished) -> str:
    """What readers get while nothing new is published, and how old it is."""
    if not run.serving:
        return "nothing is served yet"
    text = f"still serving {run.serving}"
    try:
        moment = datetime.fromisoformat(run.serving_since or "")
    except ValueError:
        return text
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    old = age((run.at - moment).total_seconds())
    return f"{text} from {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {old} old"
