"""Words that are no expectation: what reads their keywords, and the check that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from headgate.checks.check import Bound, Check
from headgate.checks.conditions import View
from headgate.checks.keywords import Keywords
from headgate.checks.metric import Failing, Plain, Seen
from headgate.checks.references import Reference
from headgate.checks.row_conditions import row_condition
from headgate.checks.words import in_words
from headgate.errors import DeclarationError

Judged = tuple[Plain, Bound]


def own_check(
    name: str, read: Callable[[Keywords], Judged], kwargs: dict[str, Any], where: str
) -> Check:
    """The check of a word that is no expectation.

    Raises DeclarationError, with `where`, for whatever is not understood.
    """
    given = Keywords(name, kwargs, where)
    metric, bound = read(given)
    try:
        view = View(row_condition(given))
    except DeclarationError as error:
        what = error.what.replace("row_condition", "where")
        raise DeclarationError(what, where, error.hint) from None
    given.all_read()
    check = Check(name, metric if view == View() else Seen(metric, view), bound, where=where)
    return replace(check, description=in_words(check))


def reference(given: Keywords) -> Judged:
    """The rows whose values stand in another dataset."""
    columns = _names(given, "columns")
    to = given.text("to")
    keys = columns if given.get("keys") is None else _names(given, "keys")
    if len(keys) != len(columns):
        raise given.wrong("keys", f"a list as long as columns, {len(columns)}")
    return Failing(Reference(columns, to, keys)), given.mostly()


def _names(given: Keywords, name: str) -> tuple[str, ...]:
    """One name, or a list of names."""
    value = given.get(name)
    return (value,) if isinstance(value, str) and value else given.names(name)
