"""What a contract promises, each as a check of the dataset's gate, or with the reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Bound, Check, Match, Names, Severity, Share
from headgate.checks.dimensions import Dimension
from headgate.checks.metric import (
    ColumnNames,
    Failing,
    Impossible,
    Metric,
    Unique,
)
from headgate.checks.references import Reference as Refers
from headgate.checks.words import in_words
from headgate.contracts import columns
from headgate.contracts.columns import Claim
from headgate.contracts.contract import Contract
from headgate.contracts.engines import ENGINES, Parse
from headgate.contracts.finding import Level
from headgate.contracts.quality import library, query
from headgate.contracts.reading import is_column
from headgate.contracts.relationships import is_elsewhere, relations_of
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys

Written = Mapping[str, Any]

AS_WARNING = frozenset({"draft", "proposed"})
"""The statuses of a contract whose broken promises alert and close no gate."""
OVER = frozenset({"retired"})
"""The status of a contract that promises nothing any more."""
SEVERITIES = {
    **dict.fromkeys(("info", "information", "informational"), Severity.INFO),
    **dict.fromkeys(("warning", "warn", "minor", "low", "trivial"), Severity.WARN),
    **dict.fromkeys(("error", "critical", "major", "high", "blocker", "fatal"), Severity.ERROR),
}
"""What the standard's free word for severity stands for; any other closes the gate."""


class Promise(Struct, frozen=True):
    """One thing that a contract says of its data, under the key that says it.

    It has a check, or `aside` says why it is not judged. `problem` is why its check cannot pass.
    """

    key: str
    path: Keys
    where: str
    check: Check | None = None
    aside: str = ""
    text: str = ""
    column: str | None = None
    problem: DeclarationError | None = None
    level: Level = Level.WARNING
    """How bad the problem is."""

    @property
    def said(self) -> str:
        """The promise in words."""
        return self.text or (self.check.description if self.check else self.key)


def promises(contract: Contract, parse: Parse) -> list[Promise]:
    """Everything that a contract promises of its data; `parse` reads YAML that stands in text."""
    table, path = contract.declared, contract.path
    found = [_there(contract)] if contract.properties else []
    for n, declared in enumerate(table.get("properties") or ()):
        found += _of_column(contract, declared, (*path, "properties", n), parse)
    if len(contract.key) > 1:
        found.append(_claimed(contract, path, Claim("primaryKey", Failing(Unique(contract.key)))))
    found += _references(contract)
    for n, rule in enumerate(table.get("quality") or ()):
        found += _rule(contract, rule, (*path, "quality", n), None, parse)
    return found


def in_force(contract: Contract, checks: Sequence[Check]) -> list[Check]:
    """The checks of a contract as loud as its status lets them be."""
    if contract.status in OVER:
        return []
    if contract.status not in AS_WARNING:
        return list(checks)
    return [
        replace(check, severity=Severity.WARN) if check.severity is Severity.ERROR else check
        for check in checks
    ]


def checks_of(contract: Contract, parse: Parse) -> list[Check]:
    """The checks of what a contract promises, each once; the loudest of those that are equal."""
    found: dict[str, Check] = {}
    for promise in promises(contract, parse):
        if check := promise.check:
            elder = found.get(check.id)
            if elder is None or _loudness(check) > _loudness(elder):
                found[check.id] = check
    return list(found.values())


def _loudness(check: Check) -> int:
    return list(Severity).index(check.severity)


# ------------------------------------------------------------------ columns, keys, references


def _there(contract: Contract) -> Promise:
    there = [name for name, one in contract.properties.items() if is_column(one.declared)]
    names = Names(tuple(there), Match.CONTAINS)
    path = (*contract.path, "properties")
    return _claimed(contract, path, Claim("name", ColumnNames(), names))


def _of_column(
    contract: Contract, declared: Written, path: Keys, parse: Parse
) -> Iterator[Promise]:
    name = declared["name"]
    if not is_column(declared):
        where, aside = contract.place((*path, "semanticType")), "it is computed from columns"
        text = f"{declared['semanticType']} {name}"
        yield Promise("semanticType", path, where, None, aside, text, name)
        return
    for claim in columns.claims(declared, local=is_local(contract.document)):
        yield _claimed(contract, path, claim, name)
    if contract.key == (name,):
        yield _claimed(contract, path, Claim("primaryKey", Failing(Unique((name,)))), name)
    for n, rule in enumerate(declared.get("quality") or ()):
        yield from _rule(contract, rule, (*path, "quality", n), name, parse)


def is_local(document: Written) -> bool:
    """Whether the physical types of a contract are those of files, or of DuckDB itself."""
    servers = document.get("servers") or ()
    return not servers or any(one.get("type") in {"local", "duckdb"} for one in servers)


def _claimed(contract: Contract, path: Keys, claim: Claim, column: str | None = None) -> Promise:
    at = (*path, *claim.path)
    where = contract.place(at)
    if claim.metric is None and claim.problem is None:
        return Promise(claim.key, at, where, aside=claim.aside, text=claim.text, column=column)
    if claim.problem:
        check = _impossible(claim.key, claim.problem, where)
        return Promise(
            claim.key, at, where, check, "", claim.text, column, claim.problem, claim.level
        )
    assert claim.metric is not None
    return Promise(
        claim.key, at, where, _check(claim.key, (claim.metric, claim.bound), where), column=column
    )


def _references(contract: Contract) -> Iterator[Promise]:
    for path, _, relation in relations_of(contract.declared, contract.path):
        if is_elsewhere(relation):
            text = f"reference to {relation['to']}"
            aside = "it leads out of the project"
            yield Promise("relationships", path, contract.place(path), None, aside, text)
    for one in contract.references:
        if any("." in name for name in (*one.columns, *one.keys)):
            yield Promise(
                "relationships", (), one.where, None, "it is about a part of a column", str(one)
            )
            continue
        metric = Failing(Refers(one.columns, one.to, one.keys))
        check = _check("relationships", (metric, Share()), one.where)
        yield Promise("relationships", (), one.where, check)


# ------------------------------------------------------------------ quality rules


def _rule(
    contract: Contract, rule: Written, path: Keys, column: str | None, parse: Parse
) -> Iterator[Promise]:
    kind = rule.get("type") or "library"
    where = contract.place(path)
    text = str(rule.get("description") or rule.get("name") or "")
    key, level = str(rule.get("metric") or rule.get("rule") or kind), Level.WARNING
    if kind == "text":
        yield Promise("text", path, where, None, "text is for people", text, column)
        return
    try:
        if kind == "custom":
            key = engine = str(rule.get("engine"))
            if engine not in ENGINES:
                aside = f"engine {engine} is not run here"
                yield Promise(key, path, where, None, aside, text, column)
                return
            level = ENGINES[engine].level
            read = ENGINES[engine].read(rule["implementation"], column, where, parse)
            checks = [replace(one, kind=f"{key}: {one.kind}") for one in read]
        elif kind == "sql":
            checks = [_check(key, one, where) for one in query(rule, column, contract.dataset)]
        else:
            checks = [_check(key, one, where) for one in library(rule, column)]
    except DeclarationError as error:
        check = _said(_impossible(key, error, where), rule)
        yield Promise(key, path, where, check, "", text, column, error, level)
        return
    for check in checks:
        yield Promise(key, path, where, _said(check, rule), column=column)


def _said(check: Check, rule: Written) -> Check:
    """The check with what a rule says beside its measure: how bad it is, about what, and why."""
    words = rule.get("description") or rule.get("name") or check.description
    if impact := rule.get("businessImpact"):
        words = f"{words} (impact: {impact})"
    severity = rule.get("severity")
    known = Dimension(rule["dimension"]) if "dimension" in rule else check.dimension
    return replace(
        check,
        severity=check.severity if severity is None else severity_of(severity),
        description=words,
        dimension=known,
    )


def severity_of(word: str) -> Severity:
    """How loud a rule of that severity is."""
    return SEVERITIES.get(word.casefold(), Severity.ERROR)


# ------------------------------------------------------------------ checks


def _check(key: str, judged: tuple[Metric, Bound], where: str) -> Check:
    check = Check(key, *judged, where=where)
    return replace(check, description=in_words(check))


def _impossible(key: str, error: DeclarationError, where: str) -> Check:
    """A check that is an error whenever it is judged, and closes the gate."""
    why = f"{error.what}; {error.hint}" if error.hint else error.what
    return Check(key, Impossible(why), Share(), where=where, description=f"{key} cannot be judged")
