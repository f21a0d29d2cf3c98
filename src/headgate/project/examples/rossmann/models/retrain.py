"""Started after every release, with the release as JSON on standard input.

It trains a baseline: what a store sold on average on such a day of the week, with a promotion or
without. The last six weeks judge it. The model is reported as one line of JSON, so that Headgate
knows which data it was made of.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

import headgate

MODEL = Path(__file__).with_name("sales.json")
LIKE = ["Store", "DayOfWeek", "Promo"]
TESTED_DAYS = 42


def main() -> None:
    release = json.load(sys.stdin)["release"]
    # of this release, also where another one has come since
    features = headgate.read("train_features", at=release)
    days = features.filter(pl.col("Open") == 1).select(*LIKE, "Date", "Sales").collect()
    test = pl.col("Date") > pl.col("Date").max() - pl.duration(days=TESTED_DAYS)
    model = days.filter(~test).group_by(LIKE).agg(pl.col("Sales").mean().alias("Expected"))
    judged = days.filter(test).join(model, on=LIKE)
    rmse = judged.select(((pl.col("Sales") - pl.col("Expected")) ** 2).mean().sqrt()).item()
    model.sort(LIKE).write_json(MODEL)
    report = {
        "model": "sales",
        "metrics": {} if rmse is None else {"rmse": round(rmse, 1)},
        "location": f"models/{MODEL.name}",
    }
    print(f"Trained on {release}: {days.height:,} days")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
