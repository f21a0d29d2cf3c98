"""Logic tests in YAML, and the command that runs them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from headgate.testing import run_tests
from tests.projects.shop import Shop
from tests.testing.conftest import Commands

GOOD = """
step: clean
given:
  stores:
    - {store: 1, town: Ulm}
tests:
  - name: the net amount is without the tax
    given:
      sales:
        - {store: 1, day: 2024-01-01, amount: 120}
        - {store: 1, day: 2024-01-02, amount: 60}
    expect:
      - {day: 2024-01-02, net: 50}
      - {day: 2024-01-01, net: 100}

  - name: an unknown store keeps its sales
    given:
      sales:
        csv: |
          store,day,amount,kind
          7,2024-01-01,120,a
    expect:
      csv: |
        store,town,net
        7,,100

  - name: no sales give no rows
    expect: {rows: 0}

  - name: totals are made of clean sales
    step: totals
    given:
      sales:
        - {store: 1, day: 2024-01-01, amount: 120}
        - {store: 1, day: 2024-01-02, amount: 60}
        - {store: 2, day: 2024-01-02, amount: 1}
    expect:
      includes:
        - {store: 1, amount: 180, days: 2}

  - name: the age is told from the frozen day
    step: ages
    clock: 2024-02-01
    given:
      visits: [{store: 1, day: 2024-01-31}]
    expect: {rows: [{store: 1, age: 1}]}

  - name: without sales nothing is aged
    step: transformations/aged.py:aged
    given:
      sales: {csv: "store,day\\n"}
    types: {sales: {store: integer, day: date}}
    error: no sales to age
"""

BAD = """
step: clean
given: {stores: [{store: 1, town: Ulm}]}
tests:
  - name: wrong
    given:
      sales:
        - {store: 1, day: 2024-01-01, amount: 120}
        - {store: 1, day: 2024-01-02, amount: 60}
    expect:
      - {store: 1, day: 2024-01-01, net: 90, town: Ulm}
      - {store: 1, day: 2024-01-09, net: 50, town: Bonn}
  - name: a row does not fit
    given:
      sales:
        - {store: 1, day: 2024-01-01, amount: 1}
        - {store: 1, day: 2024-13-01, amount: 1}
    expect: {rows: 2}
  - name: a cell of text does not fit
    given:
      sales:
        csv: |
          store,day,amount
          1,2024-01-01,1
          x,2024-01-01,1
    expect: {rows: 2}
  - name: nothing reads it
    given:
      shops: [{store: 1}]
    expect: {rows: 0}
  - name: it does not refuse
    given: {sales: [{store: 1, amount: 1}]}
    error: too few
"""


def test_tests_that_hold_pass(shop: Shop, headgate: Commands) -> None:
    shop.write("tests/clean.yml", GOOD)
    done = headgate("test", "-v")
    assert done.out.count("✓ tests/clean.yml::") == 6
    assert done.out.splitlines()[-1].startswith("6 tests: 6 passed in ")
    assert not (shop.root / ".headgate").exists()
    for pattern, count in (("totals", "1 test: 1 "), ("tests/*.yml::*sales*", "4 tests: 4 ")):
        assert headgate("test", pattern).out.startswith(count)


def test_what_does_not_hold_is_told_with_its_place(shop: Shop, headgate: Commands) -> None:
    shop.write("tests/clean.yml", BAD)
    document = headgate("test", "--json", "--junit", "report.xml", code=1).document
    found = {one["name"].partition("::")[2]: one for one in document["results"]}
    told = {name: (one["status"], one["where"], one["message"]) for name, one in found.items()}
    assert told == {
        "wrong": (
            "failed",
            "tests/clean.yml:4",
            (
                "3 rows are not as expected (2 expected, 2 given)\n"
                "     store  day         net       town\n"
                "  ~  1      2024-01-01  90 → 100  Ulm\n"
                "  -  1      2024-01-09  50        Bonn\n"
                "  +  1      2024-01-02  50        Ulm"
            ),
        ),
        "a row does not fit": (
            "error",
            "tests/clean.yml:12",
            "tests/clean.yml:16: sales.day: '2024-13-01' is not a date of the form yyyy-mm-dd",
        ),
        "a cell of text does not fit": (
            "error",
            "tests/clean.yml:18",
            "tests/clean.yml:24: sales.store: 'x' is not an integer",
        ),
        "nothing reads it": (
            "error",
            "tests/clean.yml:26",
            "tests/clean.yml:28: no input named 'shops'\n  known: sales, stores",
        ),
        "it does not refuse": (
            "failed",
            "tests/clean.yml:30",
            "the step gave 1 rows, and was to refuse: 'too few'",
        ),
    }
    assert (document["schema"], document["failed"], document["error"]) == ("headgate.test/1", 2, 3)
    suite = ET.parse(shop.root / "report.xml").getroot()[0]  # noqa: S314 - written just now
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["5", "2", "3"]
    assert [(case.get("line"), [child.tag for child in case]) for case in suite][:2] == [
        ("4", ["failure"]),
        ("12", ["error"]),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tests: []", "tests/a.yml:1"),
        ("tests:\n  - {name: a, step: clean, expect: {rows: 0}, expct: 1}", "expct"),
        ("tests:\n  - {name: a, step: clean}", "a test says either expect: or error:"),
        ("tests:\n  - {name: a, expect: {rows: 0}}", "key 'step' is missing"),
        ("step: clean\ntests:\n  - {name: a, error: x}\n  - {name: a, error: x}", "two tests"),
        ("tests:\n  - {name: a, step: clan, expect: {rows: 0}}", "did you mean 'clean'?"),
        ("step: clean\ntests:\n  - {name: a, given: {sales: {file: x.csv}}, error: x}", "no file"),
        ("step: clean\ntests:\n  - {name: a, given: {sales: {}}, error: x}", "in one way"),
        (
            "step: clean\ntests: [{name: a, given: {sales: [], stores: []}, clock: x, error: x}]",
            "moment",
        ),
        ("step: clean\ntests: [{name: a, given: {sales: [], stores: []}, error: x}]", "not known"),
        ("tests:\n  - {name: a, step: clean, expect: {includes: []}}", "includes"),
        ("tests:\n  - {name: a, step: clean, expect: [{}]}", "names no column"),
        ("tests:\n  - {name: a, step: clean, expect: {includes: [{}]}}", "names no column"),
        ("tests:\n  - {name: a, step: clean, expect: {rows: true}}", "rows"),
        ("tests:\n  - {name: a, step: clean, error: ''}", "error"),
        (
            "step: clean\ntests:\n  - name: a\n    types: {sales: {store: int}}\n    error: x",
            "tests/a.yml:4: no type named 'int'",
        ),
        ("step: clean\ntests: [{name: a, types: {sale: {}}, error: x}]", "did you mean 'sales'?"),
        ("[", "not YAML"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_is_not_understood_is_a_test_that_could_not_run(
    shop: Shop, text: str, told: str
) -> None:
    shop.write("tests/a.yml", text)
    (result,) = run_tests(shop.root)
    assert result.status == "error"
    assert result.where.startswith("tests/a.yml:")
    assert told in f"{result.where} {result.message}"


def test_tests_of_pytest_are_run_beside_them(shop: Shop, headgate: Commands) -> None:
    shop.write("tests/clean.yml", GOOD)
    shop.write(
        "tests/test_clean.py",
        """
        from headgate.testing import assert_frames_equal

        def test_net(headgate_project):
            sales = [{"store": 1, "day": "2024-01-01", "amount": 120}]
            made = headgate_project.run("clean", {"sales": sales, "stores": "store,town\\n1,Ulm\\n"})
            assert_frames_equal(made, [{"net": 100}], columns=["net"])

        def test_wrong():
            assert 1 == 2

        def test_left_out():
            assert 1 == 3
        """,
    )
    document = headgate("test", "*test_clean*_[nw]*", "--json", code=1).document
    found: dict[str, Any] = {one["name"]: one for one in document["results"]}
    wrong = found["tests/test_clean.py::test_wrong"]
    assert (wrong["status"], wrong["where"]) == ("failed", "tests/test_clean.py:8")
    assert "assert 1 == 2" in wrong["message"]
    assert found["tests/test_clean.py::test_net"]["status"] == "passed"
    assert len(found) == 2


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("pytest.exit('enough', returncode=0)", "2 of 3 tests were run"),
        ("pytest.exit('enough')", "pytest ended with 2"),
        ("request.session.exitstatus_of_ours = 1", "pytest ended with 1"),
    ],
)
def test_where_pytest_ends_otherwise_the_tests_are_not_passed(
    shop: Shop, headgate: Commands, ending: str, told: str
) -> None:
    shop.write(
        "tests/conftest.py",
        """
        def pytest_sessionfinish(session):
            session.exitstatus = getattr(session, "exitstatus_of_ours", session.exitstatus)
        """,
    )
    tests = "def test_1(): pass\ndef test_2(request): {}\ndef test_3(): pass\n"
    shop.write("tests/test_clean.py", "import pytest\n" + tests.format(ending))
    shop.write("../pytest.ini", "[pytest]\n")  # paths are the project's, wherever pytest is set up
    results = headgate("test", "--json", code=1).document["results"]
    assert results[0]["name"] == "tests/test_clean.py::test_1"
    assert (results[-1]["status"], told in results[-1]["message"]) == ("error", True)


def test_where_pytest_is_not_installed_its_tests_are_not_passed(
    shop: Shop, headgate: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("tests/test_clean.py", "def test_it(): pass\n")
    monkeypatch.setattr("headgate.testing.with_pytest.find_spec", lambda _name: None)
    done = headgate("test", code=1)
    assert "pytest is not installed, so the tests of this file were not run" in done.out


def test_no_tests_are_said_to_be_none(headgate: Commands) -> None:
    assert headgate("test").out == "no tests: write tests/*.yml, or tests/test_*.py\n"
    assert "no test is named 'x'" in headgate("test", "x", code=2).err
