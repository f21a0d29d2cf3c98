"""What Git says of where a change comes from: its base, its commits, and the files of any of them."""

from __future__ import annotations

import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from headgate.errors import StoreError, UsageError
from headgate.project import git
from headgate.project.git import resolved

_WRITTEN = tuple(
    f":(exclude,glob)**/{name}" for name in ("*.dvc", ".dvc/*", ".dvcignore", ".gitignore")
)
"""What runs write beside published data: nothing is computed from it."""
MOST = 1000
"""How many commits between two deployments are listed at the most."""


class CommitMade(Struct, frozen=True):
    """A commit, and when it was written and when it was committed (UTC)."""

    id: str
    written_at: datetime
    committed_at: datetime


def base_of(root: Path, name: str, head: str) -> str:
    """The commit that `head` left the branch `name` at; a branch of `origin` where it is none here.

    Raises UsageError where Git knows no such branch or commit, or no commit that both come from.
    """
    tip = resolved(root, name) or resolved(root, f"origin/{name}")
    if tip is None:
        raise UsageError(
            f"Git knows no branch or commit {name!r}",
            None,
            f"git fetch origin {name}, or say another one: --base REV",
        )
    found = _text(root, "merge-base", tip, head)
    if found is None:
        raise UsageError(
            f"{name} and {head[:8]} have no commit in common",
            None,
            "fetch all of the history (in a workflow: fetch-depth: 0), or say another --base",
        )
    return found


def about(root: Path, commit: str) -> CommitMade | None:
    """When a commit was made; None where Git does not know it."""
    told = _text(root, "show", "--no-patch", "--format=%H %at %ct", commit)
    return _made(told.splitlines()[-1]) if told else None


def is_first(root: Path, commit: str) -> bool:
    """Whether no commit came before one. A shallow clone knows of those that it lacks."""
    told = _text(root, "cat-file", "commit", commit) or ""
    return not any(line.startswith("parent ") for line in told.partition("\n\n")[0].splitlines())


def between(root: Path, old: str | None, new: str) -> list[CommitMade]:
    """The commits that came with `new` since `old`, along the branch, newest first.

    Without `old`, or where Git does not know it any more: `new` alone. At the most a thousand.
    """
    if old is None or resolved(root, old) is None:
        alone = about(root, new)
        return [alone] if alone else []
    words = ("log", "--first-parent", f"--max-count={MOST}", "--format=%H %at %ct")
    told = _text(root, *words, f"{old}..{new}") or ""
    return [_made(line) for line in told.splitlines()]


def beside(root: Path) -> list[str]:
    """The files that differ from the commit or are not in it, but for what runs write."""
    words = ("status", "--porcelain", "-z", "--untracked-files=all", "--", ".", *_WRITTEN)
    told = _asked(root, *words).stdout.decode(errors="surrogateescape")
    return [entry[3:] for entry in told.split("\0") if entry[3:]]


def code_differs(root: Path, commit: str) -> bool:
    """Whether Python of a project is not as it was at a commit; new files that Git lacks aside."""
    return _asked(root, "diff", "--quiet", commit, "--", "*.py").returncode != 0


def tracked(root: Path) -> frozenset[str]:
    """The files that Git has of a project, or is to have with the next commit."""
    told = _asked(root, "ls-files", "-z").stdout.decode(errors="surrogateescape")
    return frozenset(told.split("\0")) - {""}


def write_tree(root: Path, commit: str, folder: Path) -> Path:
    """Writes all files of a commit below a folder, and gives where the project is among them.

    Neither the index nor the working tree of the repository is touched. Raises StoreError where Git
    cannot give them.
    """
    top = _text(root, "rev-parse", "--show-toplevel")
    with tempfile.TemporaryDirectory(prefix="headgate-") as aside:
        # files that Git LFS keeps elsewhere stay the pointers they are: nothing is fetched
        own = {"GIT_INDEX_FILE": str(Path(aside, "index")), "GIT_LFS_SKIP_SMUDGE": "1"}
        for words in (
            ("read-tree", commit),
            ("checkout-index", "--all", "--force", f"--prefix={folder}/"),
        ):
            done = _asked(Path(top or root), *words, environ=own)
            if done.returncode:
                why = done.stderr.decode(errors="replace").strip()
                raise StoreError(f"Git cannot give the files of {commit[:8]}: {why}", str(root))
    # what is asked of the history there is answered by this repository
    told = _text(root, "rev-parse", "--absolute-git-dir")
    (folder / ".git").write_text(f"gitdir: {told}\n")
    return folder / folder_of(root)


def folder_of(root: Path) -> str:
    """The folder of the project in its repository, such as `shop/`; empty where it is the whole."""
    return _text(root, "rev-parse", "--show-prefix") or ""


def _made(line: str) -> CommitMade:
    commit, written, committed = line.split(" ")
    at = (datetime.fromtimestamp(int(seconds), UTC) for seconds in (written, committed))
    return CommitMade(commit, *at)


def _text(root: Path, *words: str) -> str | None:
    done = _asked(root, *words)
    told = done.stdout.decode(errors="surrogateescape").strip()
    return None if done.returncode else told or None


def _asked(
    root: Path, *words: str, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *words],
            cwd=root,
            env={**git.environ(), **(environ or {})},
            capture_output=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess([], 1, b"", str(error).encode())
