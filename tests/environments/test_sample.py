"""A sample keeps what belongs together: no row loses its parent, whatever refers to what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import polars as pl  # noqa: TID253
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.checks.conditions import Compare, Operator
from headgate.contracts.contract import Reference
from headgate.environments.entity import Entity, entity_of
from headgate.environments.rows import ROW, Rows
from headgate.environments.sample import Sample, Wanted, sample
from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.schema.schema import Schema
from headgate.schema.table import Table

Make = Callable[[Mapping[str, pl.DataFrame]], Rows]
NAMES = ("a", "b", "c", "d")


def frame_kept(frame: pl.DataFrame, found: Sample, name: str) -> pl.DataFrame:
    kept = found.kept[name]
    return frame if kept is None else frame[kept[ROW].to_list()]


def orphans(
    frames: Mapping[str, pl.DataFrame], references: Sequence[Reference]
) -> dict[Reference, list[tuple[object, ...]]]:
    """The values that refer to nothing, told by Python alone."""
    found: dict[Reference, list[tuple[object, ...]]] = {}
    for one in references:
        keys = set(frames[one.to].select(one.keys).rows())
        rows = frames[one.dataset].select(one.columns).rows()
        lost = [row for row in rows if None not in row and row not in keys]
        if lost:
            found[one] = lost
    return found


@st.composite
def databases(draw: st.DrawFn) -> tuple[dict[str, pl.DataFrame], list[Reference]]:
    """Tables with a key each and two columns that may refer to any table, in cycles too."""
    cells = st.none() | st.integers(0, 12)
    frames = {}
    for name in NAMES[: draw(st.integers(1, 4))]:
        ids = draw(st.lists(st.integers(0, 12), min_size=0, max_size=12, unique=True))
        lists = st.lists(cells, min_size=len(ids), max_size=len(ids))
        frames[name] = pl.DataFrame(
            {"id": ids, "x": draw(lists), "y": draw(lists)},
            schema={"id": pl.Int64, "x": pl.Int64, "y": pl.Int32},
        )
    targets = {
        (name, column): draw(st.none() | st.sampled_from(sorted(frames)))
        for name in frames
        for column in "xy"
    }
    references = [
        Reference(name, (column,), to, ("id",)) for (name, column), to in targets.items() if to
    ]
    return frames, references


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(databases(), st.floats(0, 1), st.booleans(), st.sampled_from([None, 3]), st.text(max_size=3))
def test_no_row_loses_its_parent(
    rows_of: Make,
    database: tuple[dict[str, pl.DataFrame], list[Reference]],
    share: float,
    keep_orphans: bool,
    most: int | None,
    seed: str,
) -> None:
    frames, references = database
    wanted = Wanted(share, most, seed=seed, keep_orphans=keep_orphans)
    found = sample(rows_of(frames), references, Entity("a", ("id",)), wanted)
    kept = {name: frame_kept(frame, found, name) for name, frame in frames.items()}

    left, before = orphans(kept, references), orphans(frames, references)
    if keep_orphans:
        assert all(set(rows) <= set(before.get(one, [])) for one, rows in left.items())
    else:
        assert not left
    for name, frame in frames.items():
        numbers = found.kept[name]
        assert numbers is None or numbers[ROW].n_unique() == numbers.height
        assert kept[name].height <= frame.height


@settings(max_examples=30, deadline=None)
@given(databases(), st.floats(0, 1))
def test_whole_entities_are_in_it_or_out_of_it(
    rows_of: Make, database: tuple[dict[str, pl.DataFrame], list[Reference]], share: float
) -> None:
    """Where nothing but the entity is referred to, a child is there exactly when its parent is."""
    frames, _ = database
    references = [Reference(name, ("x",), "a", ("id",)) for name in frames if name != "a"]
    found = sample(rows_of(frames), references, Entity("a", ("id",)), Wanted(share))
    kept = {name: frame_kept(frame, found, name) for name, frame in frames.items()}
    ids = set(kept["a"]["id"])
    for name, frame in frames.items():
        if name != "a":
            there = frame.filter(pl.col("x").is_in(list(ids)))["id"].to_list()
            assert kept[name].drop_nulls("x")["id"].to_list() == there


CUSTOMERS = pl.DataFrame({"id": range(1000), "land": ["ab"[n % 10 == 0] for n in range(1000)]})
ORDERS = pl.DataFrame({"no": range(5000), "customer": [n * 7 % 1000 for n in range(5000)]})
LINES = pl.DataFrame(
    {"order": [n // 3 for n in range(15000)], "item": [n % 40 for n in range(15000)]}
)
ITEMS = pl.DataFrame({"id": range(40)})
LINKS = [
    Reference("orders", ("customer",), "customers", ("id",)),
    Reference("lines", ("order",), "orders", ("no",)),
    Reference("lines", ("item",), "items", ("id",)),
]
SHOP = {"customers": CUSTOMERS, "orders": ORDERS, "lines": LINES, "items": ITEMS}
CUSTOMER = Entity("customers", ("id",))


def test_the_hash_is_one_that_any_engine_can_compute(rows_of: Make) -> None:
    found = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(0.1, seed="s"))
    kept = set(frame_kept(CUSTOMERS, found, "customers")["id"])

    def place(key: int) -> float:
        digest = hashlib.sha256(f"s\x1f{key}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    assert kept == {key for key in range(1000) if place(key) < 0.1}


def test_children_of_children_follow_and_small_tables_stay_whole(rows_of: Make) -> None:
    found = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(0.1))
    customers = set(frame_kept(CUSTOMERS, found, "customers")["id"])
    orders = frame_kept(ORDERS, found, "orders")
    assert orders.equals(ORDERS.filter(pl.col("customer").is_in(list(customers))))
    lines = frame_kept(LINES, found, "lines")
    assert lines.equals(LINES.filter(pl.col("order").is_in(orders["no"].to_list())))
    assert found.kept["items"] is None
    assert 50 < len(customers) < 150
    assert found.share == len(customers) / 1000


def test_the_same_seed_gives_the_same_rows_and_another_one_others(rows_of: Make) -> None:
    one, same, other = (
        sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(0.1, seed=seed)) for seed in ("a", "a", "b")
    )
    tables = ("customers", "orders", "lines")
    assert all(one.kept[name].equals(same.kept[name]) for name in tables)  # type: ignore[union-attr]
    assert not one.kept["lines"].equals(other.kept["lines"])  # type: ignore[union-attr]


def test_a_larger_share_holds_the_smaller_one(rows_of: Make) -> None:
    small, large = (
        set(frame_kept(LINES, sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(p)), "lines").rows())
        for p in (0.05, 0.2)
    )
    assert small < large


@pytest.mark.parametrize("most", [1, 100, 4000, 15000])
def test_the_largest_table_has_at_most_the_rows_asked_for(rows_of: Make, most: int) -> None:
    found = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(rows=most))
    lines = frame_kept(LINES, found, "lines")
    largest = 3 * 5  # of one customer
    assert max(most - largest, 0) <= lines.height <= max(most, largest)


def test_every_stratum_keeps_its_share(rows_of: Make) -> None:
    found = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(0.1, stratify="land"))
    lands = frame_kept(CUSTOMERS, found, "customers")["land"].value_counts().sort("land")
    assert lands.rows() == [("a", 90), ("b", 10)]
    rare = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(0.001, stratify="land"))
    assert set(frame_kept(CUSTOMERS, rare, "customers")["land"]) == {"a", "b"}


def test_a_condition_leaves_rows_out_and_what_refers_to_them(rows_of: Make) -> None:
    where = {"orders": Compare("no", Operator.BELOW, 100)}
    found = sample(rows_of(SHOP), LINKS, CUSTOMER, Wanted(1.0, where=where))
    assert frame_kept(ORDERS, found, "orders")["no"].to_list() == list(range(100))
    assert frame_kept(LINES, found, "lines").height == 300
    assert found.kept["customers"] is None
    assert found.gone == {"orders": 4900, "lines": 14700}


def test_orphans_of_the_base_go_unless_they_are_asked_for(rows_of: Make) -> None:
    lost = pl.DataFrame({"no": [9000], "customer": [77777]})
    frames = {**SHOP, "orders": pl.concat([ORDERS, lost])}
    plain = sample(rows_of(frames), LINKS, CUSTOMER, Wanted(1.0))
    assert plain.gone == {"orders": 1}
    asked = sample(rows_of(frames), LINKS, CUSTOMER, Wanted(1.0, keep_orphans=True))
    assert asked.gone == {}
    assert asked.kept["orders"] is None


def test_a_manager_comes_back_for_who_refers_to_him(rows_of: Make) -> None:
    staff = pl.DataFrame({"id": range(200), "boss": [None, *[n // 2 for n in range(1, 200)]]})
    references = [Reference("staff", ("boss",), "staff", ("id",))]
    found = sample(rows_of({"staff": staff}), references, Entity("staff", ("id",)), Wanted(0.05))
    kept = frame_kept(staff, found, "staff")
    assert not orphans({"staff": kept}, references)
    assert found.returned["staff"] == kept.height - found.entities


def test_names_and_types_of_keys_do_not_matter(rows_of: Make) -> None:
    day = pl.Series([f"2024-01-{n:02}" for n in range(1, 31)]).str.to_date()
    days = pl.DataFrame({"k0": day, "k1": range(30), "gone": [n % 2 == 0 for n in range(30)]})
    visits = pl.DataFrame(
        {"gone": [n % 2 == 0 for n in range(60)], "data": [*day, *day], "kept": 1}
    )
    references = [
        Reference("visits", ("data",), "days", ("k0",)),
        Reference("visits", ("data", "gone"), "days", ("k0", "gone")),
    ]
    for wanted in (Wanted(0.3), Wanted(rows=20), Wanted(0.3, stratify="gone")):
        for columns in (("k0",), ("k0", "gone")):
            found = sample(
                rows_of({"days": days, "visits": visits}),
                references,
                Entity("days", columns),
                wanted,
            )
            kept = frame_kept(days, found, "days")
            there = frame_kept(visits, found, "visits")
            assert there["data"].sort().to_list() == sorted([*kept["k0"]] * 2)
            assert found.entities == kept.height > 0


def test_the_entity_is_the_largest_key_that_others_refer_to() -> None:
    frames = {"planes": 3000, "airports": 9000, "airlines": 16, "flights": 300_000}
    known = {name: _table(name, size) for name, size in frames.items()}
    references = [
        Reference("flights", ("tail",), "planes", ("tail",)),
        Reference("flights", ("from",), "airports", ("faa",)),
        Reference("flights", ("to",), "airports", ("faa",)),
        Reference("flights", ("carrier",), "airlines", ("carrier",)),
    ]
    assert entity_of(known, references, {}) == Entity("planes", ("tail",))
    assert entity_of(known, [], {"flights": ("id",)}) == Entity("flights", ("id",))
    with pytest.raises(UsageError, match="no key is declared") as raised:
        entity_of(known, [], {})
    assert "--key" in str(raised.value)


def _table(name: str, rows: int) -> Table:
    return Table(name, (), Schema(()), rows)


def test_a_key_that_is_not_there_is_told(rows_of: Make) -> None:
    rows = rows_of(SHOP)
    with pytest.raises(UnknownNameError, match="did you mean 'customers'"):
        sample(rows, LINKS, Entity("customer", ("id",)), Wanted())
    with pytest.raises(DeclarationError, match="customers: no column 'ident'"):
        sample(rows, LINKS, Entity("customers", ("ident",)), Wanted())
    mixed = [Reference("customers", ("land",), "items", ("id",))]
    with pytest.raises(DeclarationError, match="cannot be compared"):
        sample(rows, mixed, CUSTOMER, Wanted())
