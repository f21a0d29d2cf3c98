"""The files of sources beside a change: those that Git has belong to it, all others lie there."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Mapping
from pathlib import Path

from headgate.pipelines.paths import files
from headgate.project import git_history
from headgate.project.project import Project
from headgate.runs.job import Job


def deliver(project: Project, own: Path) -> None:
    """Puts the files of the sources where they lie in the working tree `own`, but for those of Git.

    What Git has is there already, as it was at the commit; or was not there yet.
    """
    of_git = git_history.tracked(own)
    for declared in project.pipelines.values():
        for source in declared.pipeline.sources.values():
            for name in files(own, source.path):
                target = project.root / name
                if name in of_git or os.path.lexists(target) or Path(name).is_absolute():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(own.resolve() / name)


def fed_otherwise(
    head: Path, base: Path, jobs: Mapping[str, Job], before: Mapping[str, Job]
) -> frozenset[tuple[str, str]]:
    """The pipelines and sources of both sides whose files the change adds, removes or edits."""
    return frozenset(
        (name, source)
        for name, job in jobs.items()
        for source, declared in job.sources.items()
        if name in before
        and source in before[name].sources
        and not _same(head, base, declared.source.path, before[name].sources[source].source.path)
    )


def _same(head: Path, base: Path, path: str, before: str) -> bool:
    names = files(head, path)
    return names == files(base, before) and all(
        (head / name).samefile(base / name) or filecmp.cmp(head / name, base / name, shallow=False)
        for name in names
    )
