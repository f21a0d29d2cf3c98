"""What is measured of a table by its parts: unchanged parts are remembered, new ones are read.

The first parts of a table that were judged before have their total in the ledger, so that one more
part costs one part, however many there are. Where other parts changed, the partials of all parts
are merged again; nothing that is known is read twice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from msgspec import Struct

from headgate.checks.apart import are_apart, share_no_key
from headgate.checks.asked import Asked
from headgate.checks.pieces import (
    Body,
    Piece,
    Together,
    Twins,
    measured,
    merge,
    part_of,
    taken_up,
    written_down,
)
from headgate.checks.questions import Reading
from headgate.checks.typed import column_of
from headgate.errors import StateError
from headgate.ledger import partials as kept
from headgate.ledger.ledger import Ledger
from headgate.schema.table import TablePart

SCHEME = "partials/2"
"""Changed where a piece is measured in another way, so that what is remembered is not used."""

Names = Mapping[Piece, str]
"""The hash that each piece is remembered by."""


class Merged(Struct, frozen=True):
    """Pieces of a whole table, and whether any of it was remembered."""

    bodies: Mapping[Piece, Body | Exception]
    remembered: bool


class Start(Struct, frozen=True):
    """The total of the first parts of a table, and how many parts these are."""

    body: Body
    parts: int


def merged(place: Asked, pieces: Sequence[Piece], ledger: Ledger) -> Merged:
    """The pieces of the whole table, made of those of its parts.

    A piece that could not be measured of a part is what came up there.
    """
    parts = place.table.parts
    names = {piece: _name(piece, place) for piece in dict.fromkeys(pieces)}
    chains = _chains(parts)
    starts, known = _remembered(place, names, chains, ledger)
    first = min(_parts(starts, piece) for piece in names)
    missing = {
        number: [
            piece
            for piece, name in names.items()
            if number >= _parts(starts, piece) and (parts[number].digest, name) not in known
        ]
        for number in range(first, len(parts))
    }
    fresh = _measured(place, {number: some for number, some in missing.items() if some})
    bodies = {
        piece: _whole(place, piece, name, starts, known, fresh) for piece, name in names.items()
    }
    _keep(place, names, chains[-1], starts, fresh, bodies, ledger)
    return Merged(bodies, bool(starts or known))


def _name(piece: Piece, place: Asked) -> str:
    """What the piece depends on besides the rows: what it is, and what measures it."""
    column = (
        column_of(place.table.schema, piece.rule.column) if isinstance(piece, Reading) else None
    )
    tools = (SCHEME, place.engine.version, sys.version_info[:2])
    return sha256(repr((tools, place.relation, piece, column)).encode()).hexdigest()[:24]


def _chains(parts: Sequence[TablePart]) -> list[str]:
    """For each part, the hash of all parts up to it, in their order."""
    chain = sha256()
    found = []
    for part in parts:
        chain.update(part.digest.encode())
        found.append(chain.hexdigest()[:32])
    return found


def _parts(starts: Mapping[Piece, Start], piece: Piece) -> int:
    return starts[piece].parts if piece in starts else 0


def _remembered(
    place: Asked, names: Names, chains: Sequence[str], ledger: Ledger
) -> tuple[dict[Piece, Start], dict[tuple[str, str], bytes]]:
    """The longest known totals, and what is known of each part that they do not hold."""
    at = {chain: number + 1 for number, chain in enumerate(chains)}
    pieces = {name: piece for piece, name in names.items()}
    longest: dict[Piece, tuple[int, bytes]] = {}
    with ledger.snapshot() as tx:
        for name, chain, body in kept.totals(tx, place.table.name, list(pieces)):
            piece, reaches = pieces[name], at.get(chain, 0)
            if reaches > longest.get(piece, (0, b""))[0]:
                longest[piece] = reaches, body
        starts = {
            piece: Start(taken_up(piece, body), reaches)
            for piece, (reaches, body) in longest.items()
        }
        first = min(_parts(starts, piece) for piece in names)
        rest = [part.digest for part in place.table.parts[first:]]
        return starts, kept.partials(tx, rest, list(pieces)) if rest else {}


def _measured(
    place: Asked, missing: Mapping[int, Sequence[Piece]]
) -> dict[tuple[str, Piece], Body | Exception]:
    """What is not remembered, read part by part, on all cores; parts are told by their number."""
    found: dict[tuple[str, Piece], Body | Exception] = {}
    if not missing:
        return found
    parts = [place.table.parts[number] for number in missing]
    with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as readers:
        places = [part_of(place, part) for part in parts]
        for part, bodies in zip(
            parts, readers.map(measured, places, missing.values()), strict=True
        ):
            found |= {(part.digest, piece): body for piece, body in bodies.items()}
    return found


def _whole(
    place: Asked,
    piece: Piece,
    name: str,
    starts: Mapping[Piece, Start],
    known: Mapping[tuple[str, str], bytes],
    fresh: Mapping[tuple[str, Piece], Body | Exception],
) -> Body | Exception:
    parts, reached = place.table.parts, _parts(starts, piece)
    total = starts[piece].body if reached else None
    for number in range(reached, len(parts)):
        digest = parts[number].digest
        if (digest, piece) in fresh:
            body = fresh[digest, piece]
        else:
            body = taken_up(piece, known[digest, name])
        if isinstance(body, Exception):
            return body
        if number == 0:
            total = body
        elif isinstance(piece, Twins):
            total = _together(place, piece, total, body, number)
        else:
            total = merge(piece, total, body)
    return total


def _together(
    place: Asked, piece: Twins, total: Together | None, body: Together, number: int
) -> Together | None:
    """The rows with a twin in the parts up to that number; None where a twin is in another part."""
    if total is None:
        return None
    parts, rule = place.table.parts, piece.rule
    if not are_apart(total.reach, body.reach, rule, place.table.schema):
        if total.rows or body.rows:
            return None
        if not share_no_key(place, rule, parts[number], parts[:number]):
            return None
    both: Together = merge(piece, total, body)
    return both


def _keep(
    place: Asked,
    names: Names,
    chain: str,
    starts: Mapping[Piece, Start],
    fresh: Mapping[tuple[str, Piece], Body | Exception],
    bodies: Mapping[Piece, Body | Exception],
    ledger: Ledger,
) -> None:
    """Remembers what is new; where the state cannot be written, it is only measured again."""
    partials = {
        (digest, names[piece]): written_down(piece, body)
        for (digest, piece), body in fresh.items()
        if not isinstance(body, Exception)
    }
    totals = {
        names[piece]: written_down(piece, body)
        for piece, body in bodies.items()
        if not isinstance(body, Exception) and _parts(starts, piece) < len(place.table.parts)
    }
    if not partials and not totals:
        return
    try:
        with ledger.transaction() as tx:
            kept.keep_partials(tx, partials)
            kept.keep_totals(tx, place.table.name, chain, totals)
    except StateError:
        return
