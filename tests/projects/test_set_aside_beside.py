"""Rows are set aside while other checks compare with what is left: nothing dangling is published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects.shop import Shop

ASIDE = "on_fail: quarantine, limit: 0.9"


def project(root: Path, sources: str, **files: str) -> Shop:
    """A project of some sources, and a step that publishes the first of them."""
    shop = Shop(root)
    shop.write("headgate.yml", "name: pair\n")
    first = sources.split(":", 1)[0].strip()
    shop.write("d.sql", f"select * from {first}\n")  # noqa: S608 - a name of ours
    steps = "steps:\n  d: {run: d.sql, path: out/d.parquet}\n"
    shop.write("pipelines/pair.yml", f"name: pair\nowner: me\nsources:\n{sources}{steps}")
    for name, text in files.items():
        shop.write(f"data/{name}.csv", text)
    return shop


def settled(shop: Shop) -> None:
    """Nothing is left to do, and a run does nothing."""
    assert "nothing to do" in shop.headgate("plan").out
    assert "nothing changed" in shop.headgate("run").out


def test_a_row_that_refers_to_one_set_aside_is_not_published(tmp_path: Path) -> None:
    shop = project(
        tmp_path,
        f"""\
  emp:
    path: data/emp.csv
    types: {{id: integer, boss: integer, pay: number}}
    checks:
      - between: {{column: pay, low: 0, {ASIDE}}}
      - reference: {{columns: boss, to: emp, keys: id, {ASIDE}}}
""",
        emp="id,boss,pay\n1,,5\n2,1,-5\n3,2,5\n4,1,6\n",
    )
    done = shop.headgate("run", code=1)
    assert "boss in emp" in done.out
    assert not (shop.root / "out/d.parquet").exists()

    shop.write("data/emp.csv", "id,boss,pay\n1,,5\n2,1,-5\n3,1,5\n4,1,6\n")
    shop.headgate("run")
    assert [row["id"] for row in shop.served("d")] == [1, 3, 4]
    shop.headgate("validate", "emp")
    settled(shop)


def test_sources_that_speak_of_each_other_set_no_rows_aside(tmp_path: Path) -> None:
    shop = project(
        tmp_path,
        f"""\
  a:
    path: data/a.csv
    checks: [reference: {{columns: b, to: b, keys: id, {ASIDE}}}]
  b:
    path: data/b.csv
    checks: [reference: {{columns: a, to: a, keys: id, {ASIDE}}}]
""",
        a="id,b\n1,1\n2,2\n3,9\n",
        b="id,a\n1,1\n2,3\n4,1\n",
    )
    said = shop.headgate("plan", code=2).err
    assert "speak of each other" in said
    assert "pipelines/pair.yml:" in said


def test_a_source_is_planned_after_those_that_it_speaks_of(tmp_path: Path) -> None:
    shop = project(
        tmp_path,
        f"""\
  orders:
    path: data/orders.csv
    checks: [reference: {{columns: store, to: stores, keys: sid, {ASIDE}}}]
  stores:
    path: data/stores.csv
    checks: [between: {{column: area, low: 0, {ASIDE}}}]
""",
        orders="id,store\n1,1\n2,2\n3,3\n",
        stores="sid,area\n1,10\n2,-1\n4,5\n",
    )
    shop.headgate("run")
    assert [row["id"] for row in shop.served("d")] == [1]
    settled(shop)


@pytest.mark.parametrize(
    ("low", "distance"),
    [
        (0, 1 / 3),  # five of the fifteen rows before are below all that are left
        (-10, 7 / 15 - 7 / 16),  # one value more, above seven of the same rows
    ],
)
def test_the_release_before_is_one_of_other_rows(tmp_path: Path, low: int, distance: float) -> None:
    values = [*range(10, 20), *([-5] * 5)]
    text = "id,x\n" + "".join(f"{n},{value}\n" for n, value in enumerate(values))
    source = f"""\
  o:
    path: data/o.csv
    checks:
      - between: {{column: x, low: -10, {ASIDE}}}
"""
    shop = project(tmp_path, source, o=text)
    shop.headgate("run")
    shop.write("data/o.csv", text + "300,12\n")
    shop.edit("pipelines/pair.yml", "low: -10", "low: 0")
    shop.headgate("run")
    # the rule changes again, and a check looks back: at the rows before the last delivery, not
    # at what another rule left of these
    shop.edit("pipelines/pair.yml", "low: 0", f"low: {low}")
    drift = "      - distribution: {column: x, measure: ks, at_most: 0.4, against: release}\n"
    path = shop.root / "pipelines/pair.yml"
    path.write_text(path.read_text().replace("steps:", f"{drift}steps:"))
    shop.headgate("run")
    gates = [event for event in shop.events("gate_judged") if event["dataset"] == "o"]
    [drifted] = [one for one in gates[-1]["outcomes"] if one["kind"] == "distribution"]
    assert drifted["observed"] == pytest.approx(distance)
    settled(shop)


def test_a_backtest_meets_the_rows_that_were_set_aside(tmp_path: Path) -> None:
    source = f"""\
  o:
    path: data/o.csv
    checks: [between: {{column: x, low: 0, {ASIDE}}}]
"""
    shop = project(tmp_path, source, o="id,x\n1,5\n2,-5\n3,-6\n4,7\n")
    shop.headgate("run")
    [tried] = shop.headgate("quality", "backtest", "o", "--json").document["checks"]
    [fired] = tried["fired"]
    assert (fired["release"], fired["unexpected"]) == ("prod@1", 2)
