"""What an environment has known is told wherever its releases came from."""

from __future__ import annotations

from headgate.environments import life
from headgate.environments.past import knew
from headgate.runs.tools import Tools
from tests.environments.hand import publish


def test_what_a_base_held_is_known_to_what_began_from_it(tools: Tools) -> None:
    for version in ("c1", "c2", "c3"):
        publish(tools.ledger, "prod", clean=version)
    life.create(tools, "dev", "prod")
    with tools.ledger.snapshot() as tx:
        assert knew(tx, "dev", "clean", "c1")
        assert not knew(tx, "dev", "clean", "c9")


def test_a_branch_whose_origin_nobody_told_knows_what_it_held_itself(tools: Tools) -> None:
    for version in ("c1", "c2"):
        publish(tools.ledger, "prod", clean=version)
    life.create(tools, "dev", "prod")
    with tools.ledger.transaction() as tx:
        tx.execute("update release set origin = '' where environment = 'dev'")
    with tools.ledger.snapshot() as tx:
        assert knew(tx, "dev", "clean", "c2")
        assert not knew(tx, "dev", "clean", "c1")
