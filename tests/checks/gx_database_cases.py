"""Expectations that Great Expectations judges in databases alone; the data are those of the others."""

from __future__ import annotations

from tests.checks.gx_cases import Expectation
from tests.checks.gx_more_cases import row

LIKES = ["a%", "%1", "__", "%", "A_", "", "%é%"]
SQLITE: list[Expectation] = [
    *[
        row(kind, column, like_pattern=pattern)
        for kind in ("match_like_pattern", "not_match_like_pattern")
        for column in "swk"
        for pattern in LIKES
    ],
    *[
        row(kind, column, like_pattern_list=["a%", "%1"], **more)
        for kind, mores in (
            ("match_like_pattern_list", ({}, {"match_on": "all"}, {"mostly": 0.3})),
            ("not_match_like_pattern_list", ({}, {"mostly": 0.3})),
        )
        for column in "swk"
        for more in mores
    ],
    row("match_like_pattern", "s", like_pattern="a!_%", escape="!"),
    row("match_like_pattern_list", "s", like_pattern_list=["%!%%", "b_"], escape="!"),
    row("not_match_like_pattern", "s", like_pattern="a!%%", escape="!", mostly=0.5),
    ("expect_table_row_count_to_equal_other_table", {"other_table_name": "other"}),
    *[
        ("unexpected_rows_expectation", {"unexpected_rows_query": query})
        for query in (
            "SELECT * FROM {batch} WHERE a > 4",
            "SELECT a FROM {batch} WHERE a IS NULL;",
            "SELECT k, count(*) FROM {batch} GROUP BY k HAVING count(*) > 1",
            "SELECT '{{' FROM {batch} WHERE k = 'nobody'",
        )
    ],
    *[
        (
            "expect_query_results_to_match_comparison",
            {
                "base_query": base,
                "comparison_data_source_name": "other",
                "comparison_query": other,
                **more,
            },
        )
        for base, other in (
            ("SELECT a, k FROM {batch}", "SELECT a, k FROM other"),
            ("SELECT k FROM {batch} WHERE k IS NOT NULL", "SELECT k FROM other"),
            ("SELECT max(a) FROM {batch}", "SELECT max(a) FROM other"),
        )
        for more in ({}, {"mostly": 0.5})
    ],
]
"""What it judges in databases alone."""
