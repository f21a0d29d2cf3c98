"""The thirteen checks of the raw sales with Pointblank on Polars frames."""

from __future__ import annotations

import sys

import pointblank as pb
import polars as pl

path = sys.argv[1]
frame = (
    pl.read_parquet(path)
    if path.endswith("parquet")
    else pl.read_csv(path, schema_overrides={"StateHoliday": pl.String})
)
columns = [
    "Store",
    "DayOfWeek",
    "Date",
    "Sales",
    "Customers",
    "Open",
    "Promo",
    "StateHoliday",
    "SchoolHoliday",
]
done = (
    pb.Validate(frame)
    .row_count_match(count=frame.height)
    .col_schema_match(pb.Schema(columns=[(name,) for name in columns]))
    .col_vals_not_null(["Store", "Date", "DayOfWeek"])
    .col_vals_between("Sales", 0, 50000, na_pass=True)
    .col_vals_between("Customers", 0, 10000, na_pass=True)
    .col_vals_in_set(["Open", "Promo", "SchoolHoliday"], [0, 1])
    .col_vals_between("DayOfWeek", 1, 7)
    .col_vals_in_set("StateHoliday", ["0", "a", "b", "c"])
    .col_vals_between("Store", 1, 1200)
    .interrogate(collect_extracts=False)
)
print(done.all_passed())
