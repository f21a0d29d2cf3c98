"""Models that were made of releases, as the ledger remembers them.

A model is named with the release that it learned from, so that every version that it used, and
every model that a version went into, is found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import ModelRecorded
from headgate.ledger.ledger import Row, Transaction


class Model(Struct, frozen=True):
    """A model that somebody made of a release."""

    name: str
    environment: str
    release: int
    run: str
    """The run that published the release."""
    at: datetime
    user: str
    metrics: Mapping[str, float] = {}
    location: str = ""
    """Where it is kept, in words of those who made it."""

    @property
    def made_of(self) -> str:
        """The release that it was made of: `prod@3`."""
        return f"{self.environment}@{self.release}"

    def as_json(self) -> dict[str, Any]:
        """The model as machines read it."""
        return {
            "model": self.name,
            "release": self.made_of,
            "run": self.run,
            "at": self.at.isoformat(),
            "user": self.user,
            "metrics": dict(self.metrics),
            "location": self.location,
        }


def record(tx: Transaction, model: Model) -> None:
    """Remembers a model, and says so."""
    tx.execute(
        "insert into model (name, environment, release, run, at, author, metrics, location)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            model.name,
            model.environment,
            model.release,
            model.run,
            stamp(model.at),
            model.user,
            json.dumps(dict(model.metrics), ensure_ascii=False),
            model.location,
        ),
    )
    tx.append(
        ModelRecorded(
            run=model.run,
            at=model.at,
            model=model.name,
            release=model.made_of,
            metrics=dict(model.metrics),
            location=model.location,
            user=model.user,
        )
    )


def models(tx: Transaction, name: str | None = None, limit: int = 50) -> list[Model]:
    """The newest models, newest first; those of one name, where it is given."""
    rows = tx.execute(
        f"{_SELECT} where (cast(? as text) is null or name = ?) order by number desc limit ?",
        (name, name, limit),
    )
    return [_model(row) for row in rows]


def of_release(tx: Transaction, environment: str, number: int) -> list[Model]:
    """The models that were made of a release, in the order they were recorded."""
    rows = tx.execute(
        f"{_SELECT} where environment = ? and release = ? order by number", (environment, number)
    )
    return [_model(row) for row in rows]


def of_version(tx: Transaction, dataset: str, version: str) -> list[Model]:
    """The models of all releases that have a version of a dataset, in the order recorded."""
    rows = tx.execute(f"{_SELECT} {_WITH_VERSION} order by number", (dataset, version))
    return [_model(row) for row in rows]


_SELECT = "select name, environment, release, run, at, author, metrics, location from model"

_WITH_VERSION = (
    "where exists (select 1 from release_item as item where item.dataset = ? and item.version = ?"
    " and item.environment = model.environment and item.number = model.release)"
)


def _model(row: Row) -> Model:
    name, environment, release, run, at, author, metrics, location = row
    return Model(name, environment, release, run, moment(at), author, json.loads(metrics), location)
