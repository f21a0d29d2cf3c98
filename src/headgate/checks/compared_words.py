"""What was found where a table is compared with another one, in the words people use."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.checks.accuracy import Accuracy, as_details
from headgate.checks.drift import Drift
from headgate.checks.metric import RowsBeside, RowsChange
from headgate.checks.phrases import number, percent
from headgate.checks.released import table_in_words
from headgate.checks.words import metric_in_words


def compared_in_words(
    metric: RowsBeside | RowsChange | Drift | Accuracy,
    observed: float,
    details: Mapping[str, object],
) -> str:
    """What came of comparing a table with another one, as a sentence without its end."""
    match metric:
        case RowsBeside(other):
            side = "more" if observed > 0 else "fewer"
            return f"{number(abs(observed))} rows {side} than {other}"
        case RowsChange(against):
            named = table_in_words(against)
            counts = f"{details['self']:,} rows beside {details['other']:,} of {named}"
            return f"{counts}, a change of {percent(100 * observed)}"
        case Accuracy():
            share = f"{percent(100 * observed)} of {metric_in_words(metric)}"
            return f"{share}: {as_details(details)}"
        case Drift():
            return f"{metric_in_words(metric)} is {number(round(observed, 4))}"
