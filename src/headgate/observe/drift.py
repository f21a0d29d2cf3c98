"""How far the columns of a table lie from what they were."""

from __future__ import annotations

from datetime import UTC, datetime

from headgate.checks.drift import Drift, Measure
from headgate.checks.evaluate import measure
from headgate.checks.functions import Calls
from headgate.checks.measured import Beside, Value
from headgate.engines.engine import Engine
from headgate.schema.table import Table

_BEFORE = "before"


def drift(engine: Engine, before: Table, after: Table) -> dict[str, float]:
    """The population stability index of each column that both tables have.

    Columns that cannot be compared so are left out: of other types, or without any value.
    """
    both = [name for name in after.schema.names if before.schema.column(name)]
    metrics = {name: Drift(name, Measure.PSI, _BEFORE) for name in both}
    facts = Beside(datetime.now(UTC), {_BEFORE: before}, None, Calls(()))
    found = measure(engine, after, list(metrics.values()), facts)
    values = {name: found[metric][0] for name, metric in metrics.items()}
    return {
        name: float(value.value)
        for name, value in values.items()
        if isinstance(value, Value) and isinstance(value.value, int | float)
    }
