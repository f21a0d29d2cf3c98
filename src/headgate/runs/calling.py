"""The project's own code, called: what it gives, or an error that names its line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

from headgate.engines.engine import Frame
from headgate.errors import HeadgateError, StepError
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.step import load_function
from headgate.runs.going import Going
from headgate.runs.job import StepJob
from headgate.runs.tools import Tools
from headgate.schema.table import Table


def result(going: Going, job: StepJob) -> Frame:
    """What the project's own code gives. Whatever it raises becomes a StepError that names it."""
    tables = {name: going.table(dataset) for name, dataset in job.code.inputs.items()}
    try:
        with redirect_stdout(sys.stderr):  # what a step prints is no part of the run's result
            return _ran(job, tables, going.tools)
    except HeadgateError as error:
        raise type(error)(error.what, error.where or _code_place(going, job), error.hint) from error
    except (Exception, SystemExit) as error:
        # the first paragraph: Polars adds the plan of the whole query
        what = (
            f"step {job.name!r} failed: {type(error).__name__}: {str(error).split(chr(10) * 2)[0]}"
        )
        raise StepError(what, _users_line(error, going) or _code_place(going, job)) from error


def _code_place(going: Going, job: StepJob) -> str:
    """The file of a step's code, or the place that declares it."""
    if job.code.file is None:
        return job.code.where
    return job.code.file.relative_to(going.tools.root).as_posix()


def _ran(job: StepJob, tables: Mapping[str, Table], tools: Tools) -> Frame:
    """What the code gives. Raises StepError where it is not the code that the run began with."""
    if job.code.query is not None:
        return tools.engine.select(job.code.query, tables)
    if job.code.target is not None:
        return tools.engine.call(job.code.target, tables, job.step.params)
    function = load_function(job.code, tools.root)
    frame = tools.engine.call(function, tables, job.step.params)
    if fingerprint(job.code, job.step, tools.root).digest != job.fingerprint.digest:
        raise StepError(
            f"the code of step {job.name!r} changed while the run was going on",
            job.code.where,
            "run again: what was made before is kept",
        )
    return frame


def _users_line(error: BaseException, going: Going) -> str | None:
    """The deepest line of the project's own code in a traceback."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    root = str(going.tools.root)
    own = [f for f in frames if f.filename.startswith(root) and "/.venv" not in f.filename]
    if not own:
        return None
    return f"{own[-1].filename.removeprefix(root).lstrip('/')}:{own[-1].lineno}"
