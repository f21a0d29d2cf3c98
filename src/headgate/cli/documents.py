"""Results for machines: one JSON document, or a line for each event."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from headgate.ledger.events import Event


def json_document(schema: str, body: Mapping[str, object], *, indent: int | None = 2) -> str:
    """One JSON document that names its schema, such as `headgate.status/1`.

    >>> json_document("headgate.status/1", {"release": "prod@1"}, indent=None)
    '{"schema": "headgate.status/1", "release": "prod@1"}'
    """
    import json

    content = _json({"schema": schema, **body})
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent)


def _json(value: object) -> object:
    # numbers that JSON cannot hold become null, anything else that it cannot hold becomes text
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.encode("utf-8", "replace").decode() if not value.isprintable() else value
        case Mapping():
            return {str(key): _json(entry) for key, entry in value.items()}
        case Sequence() | set() | frozenset():
            return [_json(entry) for entry in value]
        case _:
            return str(value)


class EventLines:
    """A listener that writes each event as a line of JSON, at once.

    A reader that goes away, or a full disk, ends the writing and not the run.
    """

    def __init__(self, out: TextIO) -> None:
        self._out: TextIO | None = out

    def __call__(self, event: Event) -> None:
        import json

        if self._out is None:
            return
        line = json.dumps(_json(event.as_json()), ensure_ascii=False, allow_nan=False)
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except OSError:
            self._out = None
