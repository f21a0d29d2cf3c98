"""The checks of the raw sales that dataframely can say, on Polars frames."""

from __future__ import annotations

import sys

import dataframely as dy
import polars as pl


class Sales(dy.Schema):
    Store = dy.Int64(nullable=False, min=1, max=1200)
    DayOfWeek = dy.Int64(nullable=False, min=1, max=7)
    Date = dy.Any()
    Sales = dy.Int64(nullable=True, min=0, max=50000)
    Customers = dy.Int64(nullable=True, min=0, max=10000)
    Open = dy.Int64(nullable=True, is_in=[0, 1])
    Promo = dy.Int64(nullable=True, is_in=[0, 1])
    StateHoliday = dy.String(nullable=True, regex="^[0abc]$")
    SchoolHoliday = dy.Int64(nullable=True, is_in=[0, 1])


path = sys.argv[1]
frame = (
    pl.read_parquet(path)
    if path.endswith("parquet")
    else pl.read_csv(path, schema_overrides={"StateHoliday": pl.String})
)
good, failure = Sales.filter(frame)
print(good.height, failure.counts())
