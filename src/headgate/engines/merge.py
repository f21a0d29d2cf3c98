"""What is held, and a delivery, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headgate.engines.types import describe
from headgate.errors import SourceError
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

_TRACE = ("_file", "_line")


def merge(held: Table, delivery: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Held rows and delivered rows, with the columns in the order held.

    With keys: a delivered row replaces the held row of its key, and the result is sorted by the
    keys. A row with a null in its key matches no other and is added. Without keys the delivery is
    appended. Raises SourceError where the columns differ or a key stands twice in the delivery.
    """
    import polars as pl

    columns, trace = list(held.schema.names), [n for n in _TRACE if n in delivery.columns]
    _check_columns(held, [name for name in delivery.columns if name not in trace])
    _check_keys(held, delivery, keys)
    elder = pl.concat(
        [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in held.paths]
    ).select(columns)
    delivery = delivery.select([*columns, *trace])
    elder, delivery = _agreed(held.name, elder, delivery)
    if keys:
        elder = elder.join(delivery.lazy().select(keys).collect(), on=list(keys), how="anti")
    merged = pl.concat([elder, delivery], how="diagonal")
    return merged.sort(keys, maintain_order=True) if keys else merged


def _check_columns(held: Table, delivered: Sequence[str]) -> None:
    columns = held.schema.names
    missing = [name for name in columns if name not in delivered]
    added = [name for name in delivered if name not in columns]
    if not missing and not added:
        return
    parts = [f"has no column {', '.join(map(repr, missing))}"] if missing else []
    parts += [f"adds the column {', '.join(map(repr, added))}"] if added else []
    raise SourceError(
        f"the delivery {' and '.join(parts)}, unlike what is held",
        held.name,
        "deliver the columns that are held; a table of another shape is a source of its own",
    )


def _check_keys(held: Table, delivery: pl.DataFrame, keys: Sequence[str]) -> None:
    import polars as pl

    if unknown := [key for key in keys if key not in delivery.columns]:
        raise SourceError(f"the key column {unknown[0]!r} is not there", held.name)
    if not keys:
        return
    keyed = delivery.select(keys).drop_nulls()
    surplus = keyed.height - keyed.n_unique()
    if not surplus:
        return
    twice = keyed.filter(pl.struct(pl.all()).is_duplicated())
    example = ", ".join(f"{k} = {v}" for k, v in twice.sort(keys).row(0, named=True).items())
    raise SourceError(
        f"{surplus:,} rows of the delivery repeat the key of another, for example {example}",
        held.name,
        "deliver one row for each key",
    )


def _agreed(
    name: str, elder: pl.DataFrame, delivery: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both frames with the same types; a column without values takes the type of the other."""
    import polars as pl

    casts: dict[str, pl.DataType] = {}
    for column in elder.columns:
        old, new = elder.get_column(column), delivery.get_column(column)
        if old.dtype == new.dtype:
            continue
        kinds = {describe(old.dtype)[0], describe(new.dtype)[0]}
        if new.null_count() == new.len():
            casts[column] = old.dtype
        elif old.null_count() == old.len():
            casts[column] = new.dtype
        elif len(kinds) == 1 or {kind.value for kind in kinds} == {"integer", "number"}:
            both = [frame.select(column).clear() for frame in (elder, delivery)]
            casts[column] = pl.concat(both, how="vertical_relaxed").schema[column]
        else:
            raise SourceError(
                f"the column {column!r} is {describe(new.dtype)[0]} in the delivery and "
                f"{describe(old.dtype)[0]} in what is held",
                name,
                "declare its type",
            )
    if not casts:
        return elder, delivery
    return elder.cast(casts), delivery.cast(casts)  # type: ignore[arg-type]
