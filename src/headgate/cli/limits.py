"""What people may give as a count."""

from __future__ import annotations

import click

COUNT = click.IntRange(min=1, max=2**31 - 1)
"""A number from 1 on that every database and engine can hold."""
