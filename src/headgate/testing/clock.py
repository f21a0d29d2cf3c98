"""A clock that stands still: for the Python code of a project, and for its queries.

A moment without a zone is in UTC, and so is the machine while its clock stands still: a test that
passes here passes everywhere.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from headgate.errors import DeclarationError

Moment = dt.datetime | dt.date | str
"""A moment as tests write it: `2026-01-01`, `2026-01-01T09:00:00` or with a zone."""


def moment_of(text: Moment, where: str | None = None) -> dt.datetime:
    """The moment, in UTC. Raises DeclarationError where the text is none.

    >>> moment_of("2026-01-01T09:00:00+02:00").isoformat()
    '2026-01-01T07:00:00+00:00'
    """
    if isinstance(text, dt.datetime):
        found = text
    elif isinstance(text, dt.date):
        found = dt.datetime.combine(text, dt.time(), dt.UTC)
    else:
        try:
            found = dt.datetime.fromisoformat(str(text))
        except ValueError:
            hint = "write 2026-01-01, or 2026-01-01T09:00:00"
            raise DeclarationError(f"{text!r} is no moment", where, hint) from None
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


@contextmanager
def frozen_clock(moment: Moment, root: Path | str = ".") -> Iterator[None]:
    """Within the block `datetime`, `date` and `time` tell this moment, in the modules of a project.

    What they are called there does not matter: `from datetime import date as Day` is frozen too.
    """
    now = moment_of(moment)
    fakes = _fakes(now)
    originals = {id(original): fake for original, fake in fakes}
    changed: list[tuple[ModuleType, str, Any]] = []
    for module in [dt, time, *_modules_in(Path(root).resolve())]:
        for name, value in list(vars(module).items()):
            if id(value) in originals and not name.startswith("__"):
                changed.append((module, name, value))
    before = set(sys.modules)
    try:
        for module, name, value in changed:
            setattr(module, name, originals[id(value)])
        yield
    finally:
        for module, name, value in changed:
            setattr(module, name, value)
        _thaw([sys.modules[name] for name in set(sys.modules) - before], fakes)


def frozen_query(query: str, moment: Moment) -> str:
    """The query with the moment in place of what asks for the time; all else stays as it is written.

    >>> frozen_query("select current_date - day from sales -- today()", "2026-01-01")
    "select CAST('2026-01-01' AS DATE) - day from sales -- today()"

    Raises DeclarationError for `age` of one value, which asks for the time in a hidden way.
    """
    from sqlglot.dialects.duckdb import DuckDB

    now, pieces, end = moment_of(moment), [], 0
    tokens = DuckDB().tokenize(query)
    for n, token in enumerate(tokens):
        word = token.text.lower()
        quoted_or_text = query[token.start] in "\"'"
        if quoted_or_text or (n and tokens[n - 1].text.lower() in {".", "as"}):
            continue
        called = [each.text for each in tokens[n + 1 : n + 3]] == ["(", ")"]
        if word == "age" and _one_argument([each.text for each in tokens[n + 1 :]]):
            hint = "write age(current_date, ...)"
            raise DeclarationError("age() of one value cannot be frozen", None, hint)
        if kind := _WORDS.get(word) if called else _BARE.get(word):
            pieces += [query[end : token.start], _literal(kind, now)]
            end = (tokens[n + 2] if called else token).end + 1
    return "".join([*pieces, query[end:]])


# ------------------------------------------------------------------ in queries

_BARE = {
    "current_date": "DATE",
    "current_timestamp": "TIMESTAMPTZ",
    "current_time": "TIMETZ",
    "localtimestamp": "TIMESTAMP",
    "localtime": "TIME",
}
_WORDS = _BARE | {
    "today": "DATE",
    "now": "TIMESTAMPTZ",
    "get_current_timestamp": "TIMESTAMPTZ",
    "transaction_timestamp": "TIMESTAMPTZ",
    "get_current_time": "TIMETZ",
    "current_localtimestamp": "TIMESTAMP",
    "current_localtime": "TIME",
}


def _literal(kind: str, now: dt.datetime) -> str:
    plain = now.replace(tzinfo=None)
    text = {
        "DATE": plain.date().isoformat(),
        "TIMESTAMP": plain.isoformat(" "),
        "TIMESTAMPTZ": now.isoformat(" "),
        "TIME": plain.time().isoformat(),
        "TIMETZ": now.timetz().isoformat(),
    }[kind]
    return f"CAST('{text}' AS {kind})"


def _one_argument(after: list[str]) -> bool:
    """Whether a call, from its bracket on, is given exactly one value."""
    depth = 0
    for text in after:
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return text == ")"
        if depth == 1 and text == ",":
            return False
    return False


# ------------------------------------------------------------------ in Python


def _modules_in(root: Path) -> list[ModuleType]:
    """The modules that are loaded from files of a project, and not installed in it."""
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(root) and "site-packages" not in Path(file).parts:
            found.append(module)
    return found


def _thaw(modules: Iterable[ModuleType], fakes: Sequence[tuple[Any, Any]]) -> None:
    """Gives modules the real clock that were imported while it stood still, and took that one."""
    originals = {id(fake): original for original, fake in fakes}
    for module in modules:
        for name, value in list(vars(module).items()):
            if id(value) in originals:
                setattr(module, name, originals[id(value)])


def _fakes(now: dt.datetime) -> list[tuple[Any, Any]]:
    """What tells the time, each with what tells this moment. What these make are real values."""
    plain, stamp = now.replace(tzinfo=None), now.timestamp()
    utc, local = time.gmtime, time.localtime

    def moment(tz: dt.tzinfo | None = None) -> dt.datetime:
        return plain if tz is None else now.astimezone(tz)

    def gmtime(seconds: float | None = None) -> time.struct_time:
        return utc(stamp if seconds is None else seconds)

    def localtime(seconds: float | None = None) -> time.struct_time:
        return utc(stamp) if seconds is None else local(seconds)

    def plainly() -> dt.datetime:
        return plain

    moments = {"now": moment, "utcnow": plainly, "today": plainly}
    return [
        (dt.datetime, _Frozen("datetime", dt.datetime, moments)),
        (dt.date, _Frozen("date", dt.date, {"today": plain.date})),
        (time.time, lambda: stamp),
        (time.time_ns, lambda: int(stamp * 1_000_000) * 1_000),
        (utc, gmtime),
        (local, localtime),
    ]


class _Frozen(type):
    """A class that stands for `datetime` or `date`: equal to it, and telling another time."""

    _real: type

    def __new__(mcs, name: str, real_class: type, told: Mapping[str, Any]) -> _Frozen:
        body = {key: staticmethod(value) for key, value in told.items()}
        return super().__new__(mcs, name, (), {**body, "_real": real_class})

    def __init__(cls, name: str, real_class: type, told: Mapping[str, Any]) -> None:
        super().__init__(name, (), {})

    def __call__(cls, *given: Any, **named: Any) -> Any:
        return cls._real(*given, **named)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._real, name)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls._real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(getattr(subclass, "_real", subclass), cls._real)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls._real

    def __hash__(cls) -> int:
        return hash(cls._real)
