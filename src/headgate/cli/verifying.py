"""The option that says how much is taken on trust, of every command that judges data."""

from __future__ import annotations

import click

from headgate.checks.verify import Verify

verify_option = click.option(
    "--verify",
    type=click.Choice([each.value for each in Verify]),
    default=Verify.QUICK.value,
    show_default=True,
    help="`full` reads every value anew and takes nothing on trust; the outcome is the same.",
)
