"""The plugin of pytest: it collects logic tests in a project, and nothing anywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects.shop import Shop

TESTS = """
step: clean
tests:
  - name: no rows
    given: {stores: [{store: 1, town: Ulm}]}
    expect: {rows: 0}
  - name: some rows
    given: {stores: [{store: 1, town: Ulm}]}
    expect: {rows: 2}
"""


def test_logic_tests_are_collected_in_a_project_alone(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(folder: Path) -> str:
        words = ["-q", "-W", "error", "-p", "headgate.testing.plugin", "-p", "no:cacheprovider"]
        pytest.main([*words, "--rootdir", str(folder), "-c", "none.ini", str(folder)])
        return capsys.readouterr().out

    shop.write("none.ini", "[pytest]\n")
    shop.write("tests/clean.yml", TESTS)
    shop.write("tests/_template.yml", "not: read")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop.root)
        out = said(shop.root)
    assert "1 failed, 1 passed" in out
    assert "tests/clean.yml:6: failed\n2 rows expected, 0 given" in out
    other = tmp_path / "other" / "tests"
    other.mkdir(parents=True)
    (other / "none.ini").write_text("[pytest]\n")
    (other / "clean.yml").write_text(TESTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(other)
        assert "no tests ran" in said(other)
