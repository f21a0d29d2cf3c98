"""The working tree of a commit is what its pointer files name, in any way that DVC writes them."""

from __future__ import annotations

import pytest

from headgate.runs.tree import tree_named
from headgate.store import refs
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop

PATH = "data/out/clean.parquet"


@pytest.mark.parametrize(
    ("where", "text", "found"),
    [
        (f"{PATH}.dvc", "outs: [{{md5: {id}, path: clean.parquet}}]", {PATH}),
        ("clean.dvc", "wdir: data/out\nouts: [{{md5: {id}, path: clean.parquet}}]", {PATH}),
        (f"{PATH}.dvc", "outs: [{{md5: {id}, path: clean.parquet, cache: false}}]", set()),
        ("clean.dvc", "outs: [{{md5: {id}, path: clean.parquet}}]", set()),
        (f"{PATH}.dvc", "outs: [{{md5: 7, path: clean.parquet}}]", set()),
        (f"{PATH}.dvc", "{{not: a pointer", set()),
        (f"{PATH}.dvc", "2024-99-99", set()),
    ],
)
def test_what_pointers_name_is_found(
    open_shop: Shop, where: str, text: str, found: set[str]
) -> None:
    with opened(open_shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        id_ = refs.held(tx, "prod")["clean"]
        texts = {where: text.format(id=id_)}
        tree = tree_named(tx, workspace.tools.objects, [job(workspace, "shop")], texts)
    assert {path: version.id for path, version in tree.versions.items()} == dict.fromkeys(
        found, id_
    )
    assert set(tree.lacking) == {PATH, "data/out/totals.parquet"} - found
