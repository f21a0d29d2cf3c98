"""What the checks of a gate compare with: other datasets of the same run."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from headgate.checks.check import Check
from headgate.errors import DeclarationError, UnknownNameError
from headgate.runs.job import Job, beside


def require_made_before(job: Job) -> None:
    """Raises DeclarationError where a check compares with a dataset that is not there by then.

    All sources are read before one is compared with another; a step is judged before the next one
    runs; and the last gate sees everything.
    """
    for dataset, check, there in _gates(job):
        for name in beside([check]):
            if name not in job.datasets:
                raise UnknownNameError.of("dataset", name, job.datasets, check.where)
            if name not in there:
                raise DeclarationError(
                    f"{name} is made after {dataset}, which is to be compared with it",
                    check.where,
                    f"say it among the checks of {name}, or of a step after it",
                )


def _gates(job: Job) -> Iterator[tuple[str, Check, Collection[str]]]:
    """Each check with its dataset, and the datasets that are there when it is judged."""
    there = list(job.sources)
    for name, source in job.sources.items():
        yield from ((name, check, there) for check in source.checks)
    for name, step in job.steps.items():
        there = [*there, name]
        yield from ((name, check, there) for check in step.checks)
    for name, checks in job.quality.items():
        yield from ((name, check, there) for check in checks)
