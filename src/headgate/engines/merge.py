"""What is held, and a delivery, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from headgate.engines.types import describe
from headgate.engines.write import in_order
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

    columns = list(held.schema.names)
    delivery = _with_columns_of(held, delivery)
    _check_keys(held, delivery, keys)
    if not held.paths:
        return in_order(delivery, keys)
    elder = _read(held).select(columns)
    casts = _casts(
        held.name, elder.schema, delivery, lambda name: elder[name].null_count() == elder.height
    )
    elder, delivery = elder.cast(casts), delivery.cast(casts)  # type: ignore[arg-type]
    if keys:
        elder = elder.join(delivery.lazy().select(keys).collect(), on=list(keys), how="anti")
    merged = pl.concat([elder, delivery], how="diagonal")
    return merged.sort(keys, maintain_order=True) if keys else merged


def conform(held: Table, delivery: pl.DataFrame) -> pl.DataFrame | None:
    """The delivery with the columns and types of what is held, of which one footer is read.

    None where what is held would have to take another type. Raises SourceError where the columns
    differ.
    """
    import polars as pl

    delivery = _with_columns_of(held, delivery)
    # a path may hold signs that would be a pattern
    first = pl.scan_parquet(held.paths[0], glob=False, hive_partitioning=False)
    elder = first.collect_schema()
    differing = {name for name in elder if elder[name] != delivery.schema[name]}
    if not differing <= held.statistics.keys():
        return None
    casts = _casts(
        held.name, elder, delivery, lambda name: held.statistics[name].nulls == held.rows
    )
    if any(elder[name] != dtype for name, dtype in casts.items()):
        return None
    return delivery.cast(casts)  # type: ignore[arg-type]


def stack(pieces: Sequence[Table | pl.DataFrame], sort_by: Sequence[str]) -> pl.DataFrame:
    """Tables and frames one after another, each frame in the order in which it is written."""
    import polars as pl

    frames = [
        _read(piece) if isinstance(piece, Table) else in_order(piece, sort_by) for piece in pieces
    ]
    return pl.concat(frames, how="diagonal")


def _read(held: Table) -> pl.DataFrame:
    import polars as pl

    return pl.concat(
        [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in held.paths]
    )


def _with_columns_of(held: Table, delivery: pl.DataFrame) -> pl.DataFrame:
    """The delivery with the columns in the order held, and what traces its rows behind them."""
    trace = [name for name in _TRACE if name in delivery.columns]
    _check_columns(held, [name for name in delivery.columns if name not in trace])
    return delivery.select([*held.schema.names, *trace])


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


def _casts(
    name: str,
    elder: Mapping[str, pl.DataType],
    delivery: pl.DataFrame,
    valueless: Callable[[str], bool],
) -> dict[str, pl.DataType]:
    """The types in which both agree, of the columns that differ.

    A column without values takes the type of the other; `valueless` says it of what is held.
    """
    import polars as pl

    casts: dict[str, pl.DataType] = {}
    for column, old in elder.items():
        new = delivery.get_column(column)
        if old == new.dtype:
            continue
        kinds = {describe(old)[0], describe(new.dtype)[0]}
        if new.null_count() == new.len():
            casts[column] = old
        elif valueless(column):
            casts[column] = new.dtype
        elif len(kinds) == 1 or {kind.value for kind in kinds} == {"integer", "number"}:
            both = [pl.DataFrame(schema={column: dtype}) for dtype in (old, new.dtype)]
            casts[column] = pl.concat(both, how="vertical_relaxed").schema[column]
        else:
            raise SourceError(
                f"the column {column!r} is {describe(new.dtype)[0]} in the delivery and "
                f"{describe(old)[0]} in what is held",
                name,
                "declare its type",
            )
    return casts
