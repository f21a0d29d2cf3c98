"""The pointers of a release in Git, where the project wants them committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from headgate.ledger.events import DataCommitted, DataNotCommitted, Event
from headgate.runs.tools import Tools
from headgate.store import dvc
from headgate.store.manifest import Release, Version


def commit(tools: Tools, release: Release, run: str, linked: Mapping[str, Version]) -> list[Event]:
    """Commits the pointers of what is linked at these paths, and gives what came of it.

    Where the pointers are as they were committed, nothing is done. A commit that Git refuses
    changes nothing of the release.
    """
    if tools.commit is None or not linked:
        return []
    pointers = {f"{path}.dvc": version for path, version in linked.items()}
    ignoring = dict.fromkeys(Path(path).with_name(".gitignore").as_posix() for path in linked)
    done = tools.commit(
        tools.root,
        [*pointers, *ignoring, *dvc.FILES],
        lambda changed: message(release, [pointers[path] for path in changed if path in pointers]),
    )
    if done is None:
        return []
    told: list[Event] = []
    if done.commit:
        files = list(done.files)
        told.append(
            DataCommitted(
                run=run, at=tools.now(), release=release.name, commit=done.commit, files=files
            )
        )
    if done.problem:
        told.append(
            DataNotCommitted(
                run=run, at=tools.now(), release=release.name, reason=done.problem, hint=done.hint
            )
        )
    return told


def message(release: Release, changed: Sequence[Version]) -> str:
    """The message of a commit: what changed, how it was judged, and why."""
    count = f", {len(changed)} dataset{'' if len(changed) == 1 else 's'}" if changed else ""
    width = max((len(version.dataset) for version in changed), default=0)
    rows = [
        f"{version.dataset:<{width}}  {version.rows:,} row{'' if version.rows == 1 else 's'}"
        for version in changed
    ]
    checks = [f"{_gate(name)} {verdict}" for name, verdict in sorted(release.verdicts.items())]
    dirty = " with changes" if release.dirty else ""
    code = f", code {release.code[:8]}{dirty}" if release.code else ""
    facts = [
        f"Checks: {', '.join(checks)}" if checks else "",
        f"Release: {release.name} ({release.kind}) by run {release.run}{code}",
        f"Because: {release.because}" if release.because else "",
    ]
    parts = [f"data: {release.name}{count}", "\n".join(rows), "\n".join(filter(None, facts))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _gate(name: str) -> str:
    """A gate in few words: that of a dataset itself by the name of the dataset."""
    gate, _, dataset = name.partition("/")
    return dataset if gate == dataset else name
