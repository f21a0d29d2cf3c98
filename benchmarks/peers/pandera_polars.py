"""The checks of the raw sales that Pandera can say, on lazy Polars frames."""

from __future__ import annotations

import sys

import pandera.polars as pa
import polars as pl

path = sys.argv[1]
frame = (
    pl.scan_parquet(path)
    if path.endswith("parquet")
    else pl.scan_csv(path, schema_overrides={"StateHoliday": pl.String})
)
whole = {"coerce": False, "nullable": True}
flag = [pa.Check.isin([0, 1])]
schema = pa.DataFrameSchema(
    {
        "Store": pa.Column(checks=[pa.Check.in_range(1, 1200)], nullable=False),
        "DayOfWeek": pa.Column(checks=[pa.Check.in_range(1, 7)], nullable=False),
        "Date": pa.Column(nullable=False),
        "Sales": pa.Column(checks=[pa.Check.in_range(0, 50000)], **whole),
        "Customers": pa.Column(checks=[pa.Check.in_range(0, 10000)], **whole),
        "Open": pa.Column(checks=flag, **whole),
        "Promo": pa.Column(checks=flag, **whole),
        "StateHoliday": pa.Column(checks=[pa.Check.isin(["0", "a", "b", "c"])], **whole),
        "SchoolHoliday": pa.Column(checks=flag, **whole),
    },
    ordered=True,
    strict=True,
)
try:
    schema.validate(frame.collect(), lazy=True)
    print("passed")
except pa.errors.SchemaErrors as failed:
    print("failed", len(failed.failure_cases))
