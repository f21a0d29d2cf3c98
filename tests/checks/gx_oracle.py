"""Great Expectations' own verdicts, run by the Python of its environment: see scripts/peers.sh.

Reads a JSON file with jobs, [{"data": parquet or csv file, "suite": suite file}], and prints the
results of each job's expectations as one JSON list. The suites may be of the old form, which
Great Expectations 1.x itself no longer loads: its keys are translated here.

A job with "beside", a table's name and its file, is judged in SQLite, where both are tables: some
expectations are for databases alone. SQLite is told that case counts in LIKE, as elsewhere.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


OLDER_NAMES = {"expect_multicolumn_values_to_be_unique": "expect_compound_columns_to_be_unique"}
"""Names that 1.x has no longer registered, and the expectations they stood for."""


def main(jobs: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("data")
    whole = asset.add_batch_definition_whole_dataframe("whole")
    frames: dict[str, Any] = {}
    found = []
    for job in jobs:
        if "beside" in job:
            batch = in_sqlite(context, job)
        else:
            if job["data"] not in frames:
                frames[job["data"]] = read(job["data"])
            batch = whole.get_batch({"dataframe": frames[job["data"]]})
        suite = json.loads(Path(job["suite"]).read_text(encoding="utf-8"))
        found.append([judged(batch, one) for one in suite["expectations"]])
    return found


def in_sqlite(context: Any, job: dict[str, Any]) -> Any:
    """The batch of a database that holds the data and the other table."""
    sqlalchemy = importlib.import_module("sqlalchemy")
    path = f"{job['data']}.db"
    url = f"sqlite:///{path}"
    if not Path(path).exists():
        engine = sqlalchemy.create_engine(url)
        for name, data in {"judged": job["data"], **job["beside"]}.items():
            frame = read(data)
            exact = [one for one in frame if any(isinstance(v, Decimal) for v in frame[one])]
            frame = frame.drop(columns=exact)  # SQLite has no decimals
            frame.to_sql(name, engine, index=False)
        engine.dispose()

    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", case_counts)
    source = context.data_sources.add_or_update_sqlite("other", connection_string=url)
    table = source.add_table_asset("judged", table_name="judged")
    return table.add_batch_definition_whole_table("whole").get_batch()


def case_counts(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA case_sensitive_like = ON")


def read(path: str) -> Any:
    """The file as a pandas user has it: dates are timestamps."""
    import pandas as pd

    if path.endswith(".csv"):
        return pd.read_csv(path, low_memory=False)
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    frame = table.to_pandas()
    for field in table.schema:
        if str(field.type).startswith("date32"):
            frame[field.name] = pd.to_datetime(frame[field.name])
    return frame


def judged(batch: Any, expectation: dict[str, Any]) -> dict[str, Any]:
    from great_expectations.expectations.registry import get_expectation_impl

    kind = expectation.get("type") or expectation["expectation_type"]
    kind = OLDER_NAMES.get(kind, kind)
    try:
        declared = get_expectation_impl(kind)(**expectation["kwargs"])
        result = batch.validate(
            declared, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}
        )
    except Exception as error:  # noqa: BLE001 - whatever it says is its answer
        return {"success": False, "raised": f"{type(error).__name__}: {error}"[:300], "result": {}}
    raised = raised_by(result.exception_info)
    return {
        "success": bool(result.success),
        "raised": raised,
        "result": json.loads(json.dumps(result.to_json_dict()["result"], default=str)),
    }


def raised_by(info: Any) -> str | None:
    """What was raised; the report has two shapes."""
    if not info:
        return None
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message"))[:300]
    return None


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
