"""Mistakes that somebody could make in the transformations of the example, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CLEAN = "transformations/make_dataset.py"
FEATURES = "transformations/build_features.py"

_LAG = """        pl.col("Sales")
        .first()
        .rolling("Date", period="1d", offset=f"-{days}d", closed="left")
        .over("Store", order_by="Date")
"""
_MEAN = """        sales.rolling_mean_by("Date", f"{days}d", min_samples=1, closed="left")
        .over("Store")
"""
_STD = """        sales.rolling_std_by("Date", f"{days}d", min_samples=2, closed="left")
        .over("Store")
"""
_JOIN = 'days.join(stores, on="Store", how="left", maintain_order="left")'
_CAST = "train.cast(TRAIN_TYPES)"
_UTC = (
    'train.cast(TRAIN_TYPES).with_columns(pl.col("Date").cast(pl.Datetime("us"))'
    '.dt.replace_time_zone("Europe/Berlin").dt.convert_time_zone("UTC").dt.date())'
)


@dataclass(frozen=True)
class Mutation:
    """A text of a file that is replaced by another; `seen_by_checks` where a gate closes for it."""

    name: str
    file: str
    old: str
    new: str
    seen_by_checks: bool = False

    def apply(self, root: Path) -> str:
        """Makes the mistake, and gives what the file was before. It has to be possible, once."""
        file = root / self.file
        before = file.read_text()
        assert before.count(self.old) == 1, f"{self.name}: {before.count(self.old)} places"
        file.write_text(before.replace(self.old, self.new))
        return before


def _lag(name: str, old: str, new: str, **more: bool) -> Mutation:
    assert _LAG.count(old) == 1
    return Mutation(name, FEATURES, _LAG, _LAG.replace(old, new), **more)


def _mean(name: str, old: str, new: str, **more: bool) -> Mutation:
    assert _MEAN.count(old) == 1
    return Mutation(name, FEATURES, _MEAN, _MEAN.replace(old, new), **more)


def _std(name: str, old: str, new: str, **more: bool) -> Mutation:
    assert _STD.count(old) == 1
    return Mutation(name, FEATURES, _STD, _STD.replace(old, new), **more)


def _feature(name: str, old: str, new: str, **more: bool) -> Mutation:
    return Mutation(name, FEATURES, old, new, **more)


def _clean(name: str, old: str, new: str, **more: bool) -> Mutation:
    return Mutation(name, CLEAN, old, new, **more)


MUTATIONS = [
    # rows
    _clean("a join from the wrong side", _JOIN, 'days.join(stores, on="Store", how="right")'),
    _clean("a join that drops days", _JOIN, 'days.join(stores, on="Store", how="inner")'),
    _clean("a join that doubles days", _JOIN, 'days.join(pl.concat([stores, stores]), on="Store", how="left")', seen_by_checks=True),
    _clean("closed days dropped", _CAST, f'{_CAST}.filter(pl.col("Open") == 1)'),
    _clean("rows doubled", _CAST, f"pl.concat([{_CAST}, {_CAST}])", seen_by_checks=True),
    _clean("the last days dropped", _CAST, f'{_CAST}.filter(pl.col("Date") < pl.col("Date").max())'),
    _clean("rows in the wrong order", '.sort("Store", "Date")', '.sort("Store", "Date", descending=True)'),
    # values of the clean table
    _clean("a wrong fill of the distance", ".fill_null(NO_COMPETITOR)", ".fill_null(0)"),
    _clean("a wrong fill of what opened when", ".fill_null(0)", ".fill_null(1)", seen_by_checks=True),
    _clean("a fill that is left out", '        pl.col("PromoInterval").fill_null(""),\n', "", seen_by_checks=True),
    _clean("a unit of another size", "NO_COMPETITOR = 100_000", "NO_COMPETITOR = 100"),
    _clean("a type that is too small", '"Store": pl.Int16,\n    "DayOfWeek"', '"Store": pl.Int8,\n    "DayOfWeek"'),
    _clean("dates moved by their time zone", _CAST, _UTC, seen_by_checks=True),
    # past sales
    _lag("a lag that is off by one", "-{days}d", "-{days + 1}d"),
    _lag("a lag into the future", "-{days}d", "{days}d"),
    _lag("a lag of no days: the target itself", 'f"-{days}d"', '"0d"'),
    _lag("a lag by rows and not by days", '.first()\n        .rolling("Date", period="1d", offset=f"-{days}d", closed="left")', ".shift(days)"),
    _lag("a lag over the stores of a type", '"Store"', '"StoreType"'),
    _lag("a lag in the wrong order", 'order_by="Date"', 'order_by="Sales"', seen_by_checks=True),
    _mean("a window that is a day too long", "{days}d", "{days + 1}d"),
    _mean("a window with the day itself", '"left"', '"both"'),
    _mean("a window of rows around the day", 'sales.rolling_mean_by("Date", f"{days}d", min_samples=1, closed="left")', "sales.rolling_mean(days, center=True, min_samples=1)"),
    _mean("a window into the future", '.over("Store")', '.shift(-days).over("Store")'),
    _mean("a sum for a mean", "mean_by", "sum_by", seen_by_checks=True),
    _mean("a median for a mean", "mean_by", "median_by"),
    _mean("windows that must be full", "min_samples=1", "min_samples=days"),
    _mean("a window over all stores of a type", '"Store"', '"StoreType"'),
    _mean("a mean that is never missing", '.over("Store")', '.over("Store").fill_null(0)'),
    _std("a variance for a deviation", "std_by", "var_by", seen_by_checks=True),
    _std("the deviation of a population", 'closed="left"', 'closed="left", ddof=0'),
    # calendar, promotions, competition
    _feature("another part of the date", "date.week().alias", "date.ordinal_day().alias", seen_by_checks=True),
    _feature("months of 30 days", "date.day() == date.days_in_month()", "date.day() == 30"),
    _feature("a weekend from Friday on", "date.weekday() >= 6", "date.weekday() >= 5"),
    _feature("seasons that start in January", "date.month() % 12 // 3", "(date.month() - 1) // 3"),
    _feature("a condition that is left out", '(pl.col("Promo2") == 1) & this_month', "this_month"),
    _feature("labels that are swapped", '{"JAJO": "Jan,Apr,Jul,Oct", "FMAN": "Feb,May,Aug,Nov"', '{"FMAN": "Jan,Apr,Jul,Oct", "JAJO": "Feb,May,Aug,Nov"'),
    _feature("columns that are swapped", "first_day_of(year, month),", "first_day_of(month, year),", seen_by_checks=True),
    _feature("weeks from Sunday on", "(8 - new_year.dt.weekday()) % 7", "(7 - new_year.dt.weekday()) % 7"),
    _feature("a week too many", "weeks=week - 1", "weeks=week"),
    _feature("a wrong sign", '(pl.col("Date") - start)', '(start - pl.col("Date"))'),
    _feature("days below zero", ".clip(lower_bound=0)", "", seen_by_checks=True),
    _feature("a bound that is met", "distance < NO_COMPETITOR", "distance <= NO_COMPETITOR"),
    _feature("a logarithm without its one", "distance.log1p()", "distance.log()"),
]  # fmt: skip
