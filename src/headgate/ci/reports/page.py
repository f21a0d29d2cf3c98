"""A verdict as one HTML page, which asks for nothing else.

Every value goes through the template's escaping, and nothing in the page is a script.
"""

from __future__ import annotations

from headgate.ci.reports.markdown import WORDS, number
from headgate.ci.verdict import Status, Verdict

ROLES = {Status.PASSED: "good", Status.WARNED: "warn", Status.FAILED: "bad", Status.SKIPPED: "warn"}


def page(verdict: Verdict) -> str:
    """The text of the page."""
    from importlib.metadata import version

    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("headgate", "ci/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template("verdict.html.j2").render(
        verdict=verdict, words=WORDS, roles=ROLES, release=version("headgate")
    )
