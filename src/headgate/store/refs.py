"""The pointers of an environment as they stand: version of each dataset, seen by readers or not."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.ledger.ledger import Transaction
from headgate.ledger.pieces import pieces

VISIBLE, HELD = "visible", "held"


def held(tx: Transaction, environment: str) -> dict[str, str]:
    """The version of every dataset of an environment, those that readers do not see too."""
    rows = tx.execute("select dataset, version from ref where environment = ?", (environment,))
    return dict(rows)


def shown(tx: Transaction, environment: str, pipeline: str) -> list[str]:
    """The datasets of a pipeline that readers see now."""
    rows = tx.execute(
        "select dataset from ref where environment = ? and pipeline = ? and kind = ?"
        " order by dataset",
        (environment, pipeline, VISIBLE),
    )
    return [dataset for (dataset,) in rows]


def let_go(tx: Transaction, environment: str, datasets: Sequence[str]) -> None:
    """Takes the pointers of these datasets away."""
    for marks, values in pieces([(dataset,) for dataset in datasets]):
        tx.execute(
            f"delete from ref where environment = ? and dataset in (values {marks})",  # noqa: S608 - marks alone
            (environment, *values),
        )
