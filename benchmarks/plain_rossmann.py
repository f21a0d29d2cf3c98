"""The main job as a plain Polars script: the same reads, transformations and writes, nothing else.

No gates, no versions, no ledger. `python plain_rossmann.py PROJECT` reads PROJECT/data/raw and
writes PROJECT/plain/*.parquet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl  # noqa: TID253 - this is the script that Headgate is compared with

project = Path(sys.argv[1])
sys.path.insert(0, str(project))
from transformations.build_features import train_features  # noqa: E402
from transformations.make_dataset import train_clean  # noqa: E402

INTEGERS = ("Store", "DayOfWeek", "Sales", "Customers", "Open", "Promo", "SchoolHoliday")
out = project / "plain"
out.mkdir(exist_ok=True)
train = pl.scan_csv(
    project / "data/raw/train.csv",
    schema_overrides={"StateHoliday": pl.String, "Date": pl.Date}
    | dict.fromkeys(INTEGERS, pl.Int64),
)
store = pl.scan_csv(
    project / "data/raw/store.csv",
    infer_schema_length=None,
    schema_overrides={"CompetitionDistance": pl.Float64},
)
clean = train_clean(train, store).collect()
clean.write_parquet(out / "train_clean.parquet")
features = train_features(clean.lazy()).collect()
features.write_parquet(out / "train_features.parquet")
print(f"{clean.height:,} records, {features.width} columns")
