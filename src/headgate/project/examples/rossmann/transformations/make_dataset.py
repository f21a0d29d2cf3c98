"""From the raw files to one clean table: a row for every store and day, sorted by Store and Date."""

from __future__ import annotations

import polars as pl

NO_COMPETITOR = 100_000
"""Metres. Farther than any competitor there is: it stands for "none known"."""

SINCE = [
    "CompetitionOpenSinceMonth",
    "CompetitionOpenSinceYear",
    "Promo2SinceWeek",
    "Promo2SinceYear",
]

# Small where a column holds codes, wide where it is summed. A value that does not fit stops the
# step; a date that is still text does, too, for dates are parsed when the file is read.
TRAIN_TYPES = {
    "Store": pl.Int16,
    "DayOfWeek": pl.Int8,
    "Date": pl.Date,
    "Sales": pl.Int64,
    "Customers": pl.Int64,
    "Open": pl.Int8,
    "Promo": pl.Int8,
    "SchoolHoliday": pl.Int8,
}
STORE_TYPES = {
    "Store": pl.Int16,
    "CompetitionDistance": pl.Float64,
    "Promo2": pl.Int8,
    **dict.fromkeys(SINCE, pl.Int16),
}


def train_clean(train: pl.LazyFrame, store: pl.LazyFrame) -> pl.LazyFrame:
    """Every day of every store, with what is known about the store."""
    days = train.cast(TRAIN_TYPES).sort("Store", "Date")
    stores = store.cast(STORE_TYPES)
    return days.join(stores, on="Store", how="left", maintain_order="left").with_columns(
        pl.col("CompetitionDistance").fill_null(NO_COMPETITOR),
        pl.col(SINCE).fill_null(0),
        pl.col("PromoInterval").fill_null(""),
    )
