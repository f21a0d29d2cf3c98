"""Everything that is wrong with a contract, each finding at its file and line.

Two judges speak, one after the other. The JSON Schema of the standard says what is a contract:
its verdict is never changed. What it cannot say is said here, of the tables that it accepts: names
that stand twice, relationships to nothing, bounds that cross, values of another type. Whatever the
standard leaves to other tools is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.contracts.contract import Contract, Place
from headgate.contracts.dates import misdated
from headgate.contracts.engines import Parse
from headgate.contracts.finding import Finding, Level
from headgate.contracts.odcs import VERSIONS, version_of
from headgate.contracts.promises import SEVERITIES, Promise, promises
from headgate.contracts.reading import anonymization_of, contracts_of, properties_of
from headgate.contracts.rejections import rejections
from headgate.contracts.relationships import Names, is_elsewhere, reference, relations_of
from headgate.contracts.slips import slips
from headgate.contracts.values import misfits
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import label

Written = Mapping[str, Any]


CONSUMER = frozenset({"name", "owner", "reads"})
"""The keys that each consumer has, and of which no contract has the last two."""


def lint(document: object, place: Place, parse: Parse) -> list[Finding]:
    """All findings about a document, in the order of its lines where they have one.

    `place` gives the file and line of a key, and `parse` reads YAML that stands in text.
    """
    if not isinstance(document, Mapping):
        what = "the file is empty" if document is None else "the file does not hold keys and values"
        hint = "a contract needs at least: apiVersion, kind, id, version"
        return [Finding(Level.ERROR, place(()), what, hint, standard=True)]
    if "kind" not in document and document.keys() >= CONSUMER:
        what, hint = "this is a consumer, not a contract", "move it to contracts/consumers/"
        return [Finding(Level.ERROR, place(()), what, hint, standard=True)]
    try:
        found = _by_the_standard(document, place)
    except RecursionError:
        return [Finding(Level.ERROR, place(()), "nested too deeply", standard=True)]
    if str(document.get("apiVersion")).startswith("v2."):
        return [_too_old(document, place, is_valid(found))]
    rejected = [one.path for one in found if one.standard]
    return [*found, *_beyond_the_standard(document, place, parse, rejected)]


def is_valid(findings: Sequence[Finding]) -> bool:
    """Whether the JSON Schema of the standard accepts the document."""
    return not any(one.standard for one in findings)


def _by_the_standard(document: Written, place: Place) -> list[Finding]:
    found = []
    for problem in rejections(document, version_of(document)):
        about = label(problem.path if problem.about is None else problem.about)
        what = f"{about}: {problem.what}" if about else problem.what
        path = problem.path
        found.append(Finding(Level.ERROR, place(path), what, problem.hint, path, standard=True))
    newest = VERSIONS[-1]
    if found and version_of(document) != newest and not rejections(document, newest):
        what = f"the schema of {newest} accepts it as it is"
        hint = f"write apiVersion: v{newest}.0"
        found.append(Finding(Level.INFO, place(("apiVersion",)), what, hint, ("apiVersion",)))
    return found


def _too_old(document: Written, place: Place, valid: bool) -> Finding:
    what = f"apiVersion {document['apiVersion']}: contracts of the standard's 2.x are not read"
    hint = f"write it in {VERSIONS[-1]}: apiVersion: v{VERSIONS[-1]}.0"
    path = ("apiVersion",)
    return Finding(Level.ERROR, place(path), what, hint, path, standard=not valid)


# ------------------------------------------------------------------ what the schema cannot say


def _beyond_the_standard(
    document: Written, place: Place, parse: Parse, rejected: Sequence[Keys]
) -> Iterator[Finding]:
    """Findings about the tables, and the other parts, that the standard accepts as they are."""
    sound = _without(document, rejected)
    tables: list[Any] = sound.get("schema") or []
    yield from _named_twice(tables, ("schema",), "tables", place)
    names = Names(sound)
    good = True
    for n, table in enumerate(tables):
        if REJECTED not in table:
            about = list(_about_table(table, ("schema", n), names, place))
            good = good and not any(one.level is Level.ERROR for one in about)
            yield from about
    yield from misdated(sound, place)
    yield from slips(sound, place)
    if good and not rejected:
        for contract in contracts_of(document, place):
            for promise in promises(contract, parse):
                yield from _about_promise(promise)
            yield from _severities(contract)


REJECTED = "rejected"
"""The mark of what stands in place of a table that the standard rejects. It is no key of its."""


def _without(document: Written, rejected: Sequence[Keys]) -> dict[str, Any]:
    """The document without what the standard rejects: its tables one by one, other keys as a whole."""
    keys = {path[0] for path in rejected if path}
    sound = {key: value for key, value in document.items() if key not in keys}
    if "schema" in keys and isinstance(document.get("schema"), list):
        wrong = {path[1] for path in rejected if path[:1] == ("schema",) and len(path) > 1}
        whole = ("schema",) in rejected
        sound["schema"] = [
            _name_alone(one) if whole or n in wrong else one
            for n, one in enumerate(document["schema"])
        ]
    return sound


def _name_alone(table: object) -> Written:
    """What a rejected table is called, so that others may refer to it."""
    given = table if isinstance(table, Mapping) else {}
    named = {key: given[key] for key in ("name", "id") if isinstance(given.get(key), str)}
    return {"name": "", **named, REJECTED: True}


def _about_table(table: Written, path: Keys, names: Names, place: Place) -> Iterator[Finding]:
    yield from _named_twice(
        table.get("properties") or (), (*path, "properties"), "properties", place
    )
    for at, columns, relation in relations_of(table, path):
        try:
            if not is_elsewhere(relation):
                reference(table, columns, relation, names, place(at))
        except DeclarationError as error:
            yield _told(error, at, place)
    for _, m, one in properties_of(table):
        at = (*path, "properties", m)
        try:
            anonymization_of(one, at, place)
        except DeclarationError as error:
            yield _told(error, at, place)
        for keys, what, hint in misfits(one):
            yield Finding(Level.ERROR, place((*at, *keys)), what, hint, (*at, *keys))


def _told(error: DeclarationError, path: Keys, place: Place) -> Finding:
    return Finding(Level.ERROR, error.where or place(path), error.what, error.hint, path)


def _named_twice(
    entries: Sequence[Written], path: Keys, kind: str, place: Place
) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for n, one in enumerate(entries):
        if REJECTED in one:
            continue
        at, name = (*path, n, "name"), one["name"]
        if name in seen:
            what, hint = f"two {kind} named {name!r}", f"the other is at {seen[name]}"
            yield Finding(Level.ERROR, place(at), what, hint, at)
        seen.setdefault(name, place(at))
        if not name:
            yield Finding(Level.ERROR, place(at), "a name is empty", None, at)


# ------------------------------------------------------------------ promises that nothing can judge


def _about_promise(promise: Promise) -> Iterator[Finding]:
    where, path, problem = promise.where, promise.path, promise.problem
    if problem:
        what = f"{promise.key} cannot be judged: {problem.what}"
        yield Finding(promise.level, where, what, problem.hint, path)
    elif promise.aside.startswith("engine "):
        yield Finding(Level.INFO, where, f"a rule is not judged: {promise.aside}", None, path)


def _severities(contract: Contract) -> Iterator[Finding]:
    tables = [(contract.path, contract.declared)]
    for _, m, one in properties_of(contract.declared):
        tables.append(((*contract.path, "properties", m), one))
    for path, one in tables:
        for n, rule in enumerate(one.get("quality") or ()):
            word = rule.get("severity")
            if word is not None and word.casefold() not in SEVERITIES:
                at = (*path, "quality", n, "severity")
                what = f"severity {word!r} is none of info, warning and error"
                hint = "a rule of that severity closes the gate"
                yield Finding(Level.WARNING, contract.place(at), what, hint, at)
