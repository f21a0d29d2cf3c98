"""A remote that no driver could ever reach is refused when it is added, and no other."""

from __future__ import annotations

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from headgate.errors import UsageError
from headgate.store.schemes import require_scheme


@pytest.mark.parametrize(
    ("url", "what", "hint"),
    [
        ("s4://bucket/x", "no driver knows s4://", "did you mean 's3://'"),
        ("htp://x/y", "no driver knows htp://", "did you mean 'http://'"),
        ("S3://bucket/x", "no driver knows S3://", "did you mean 's3://'"),
        ("qqqqqq://x", "no driver knows qqqqqq://", "abfs:// (headgate[azure])"),
        ("://x", "no driver knows ://", "gs:// (headgate[gcs])"),
        ("s3:/bucket/x", "is no URL", "did you mean 's3://bucket/x'"),
        ("GS:bucket", "is no URL", "did you mean 'gs://bucket'"),
        ("s3://", "names no bucket", "s3://bucket/prefix"),
    ],
)
def test_a_scheme_that_nobody_knows_is_refused_with_what_may_be_meant(
    url: str, what: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        require_scheme(url)
    assert what in refused.value.what
    assert hint in (refused.value.hint or "")


def test_folders_known_schemes_and_those_of_plugins_are_taken() -> None:
    for url in ("../shelf", "C:/shelf", "a:b/c d", "${URL}", "${KIND}://b", "gs://b", "ssh://h/x"):
        require_scheme(url)
    with pytest.raises(UsageError):
        require_scheme("shelfplugin://x")
    fsspec.register_implementation("shelfplugin", MemoryFileSystem)
    require_scheme("shelfplugin://x")
