"""Committing the pointers of released data, and nothing that a person is at work on.

`git commit --only` takes the named files from the working tree. What else is staged stays staged,
what is not stays as it is.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from headgate.runs.tools import Committed
from headgate.store import dvc

PATIENCE_SECONDS = 300
"""How long hooks may take."""
GOING_ON = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}
"""What Git keeps in its folder while something is going on."""
LATER = "the release stands; the next run commits what is left"

Message = Callable[[Sequence[str]], str]


def commit_pointers(root: Path, files: Sequence[str], message: Message) -> Committed | None:
    """The commit of those files that differ from the last one; None where none does.

    Files are relative to `root`; `message` is given those that are committed.
    """
    if (reason := _outside(root)) is not None:
        return Committed(problem=reason, hint="git_commit: false under versioning: turns this off")
    if ignored := _ignored(root, files):
        named = f"{ignored[0]} is ignored by Git"
        more = f", and {len(ignored) - 1} more" if len(ignored) > 1 else ""
        return Committed(problem=f"{named}{more}", hint="take it out of .gitignore")
    changed = _changed(root, files)
    own = [path for path in changed if _is_ours(root, path)]
    problem = _left_out(root, [path for path in changed if path not in own])
    if not own:
        return Committed(problem=problem, hint=LATER) if problem else None
    if (reason := _in_the_way(root)) is not None:
        return Committed(problem=reason, hint=LATER)
    new = _lines(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *own)
    if new:
        _git(root, "add", "--intent-to-add", "--", *new)
    # a message of its own: no comment sign of a person's settings takes a line out of it
    words = ("commit", "--quiet", "--only", "--cleanup=whitespace", "-m", message(own), "--", *own)
    code, _, said = _git(root, *words)
    if code:
        if new:
            _git(root, "reset", "--quiet", "--", *new)
        return Committed(problem=f"Git refused the commit: {_short(said)}", hint=LATER)
    _, commit, _ = _git(root, "rev-parse", "HEAD")
    return Committed(commit.strip(), tuple(own), problem, LATER if problem else "")


def _outside(root: Path) -> str | None:
    code, out, said = _git(root, "rev-parse", "--is-inside-work-tree")
    if code or out.strip() != "true":
        return f"the project is in no Git repository that can be used: {_short(said)}"
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD")[0]:
        return "the repository has no commit yet; make the first one"
    return None


def _in_the_way(root: Path) -> str | None:
    """Why nothing may be committed now, in words."""
    if "GIT_INDEX_FILE" in os.environ:
        return "a hook of Git is going on"
    if _git(root, "symbolic-ref", "--quiet", "HEAD")[0]:
        return "no branch is checked out (a detached HEAD)"
    folder = Path(_git(root, "rev-parse", "--absolute-git-dir")[1].strip())
    for name, what in GOING_ON.items():
        if (folder / name).exists():
            return f"{what} is going on"
    if (folder / "index.lock").exists():
        return f"another Git is at work, or left {folder / 'index.lock'}"
    if any(_git(root, "var", f"GIT_{role}_IDENT")[0] for role in ("AUTHOR", "COMMITTER")):
        return "Git does not know who commits: git config user.name and user.email"
    return None


def _changed(root: Path, files: Sequence[str]) -> list[str]:
    known = _lines(root, "diff", "-z", "--name-only", "--relative", "HEAD", "--", *files)
    new = _lines(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *files)
    there = {path for path in (*known, *new) if (root / path).is_file()}
    return [path for path in files if path in there]


def _is_ours(root: Path, path: str) -> bool:
    """Whether all that is new in a file was written by Headgate."""
    if path.endswith(".dvc"):
        return True
    text = (root / path).read_text(encoding="utf-8", errors="replace")
    code, before, _ = _git(root, "show", f"HEAD:./{path}")
    if path in dvc.FILES:
        return bool(code) and dvc.FILES[path](text)
    # a .gitignore: lines were added at its end, each for an output with a pointer beside it
    old, new = ("" if code else before).splitlines(), text.splitlines()
    staged = _git(root, "show", f":./{path}")
    untouched = staged[0] != 0 or staged[1].splitlines() in (old, new)
    return untouched and new[: len(old)] == old and set(new[len(old) :]) <= _outputs(root, path)


def _outputs(root: Path, path: str) -> set[str]:
    """The lines that a `.gitignore` may have for outputs with a pointer beside it."""
    return {dvc.ignored(each.with_suffix("")) for each in (root / path).parent.glob("*.dvc")}


def _ignored(root: Path, files: Sequence[str]) -> list[str]:
    pointers = [path for path in files if path.endswith(".dvc")]
    ignored = ("--others", "--ignored", "--exclude-standard")
    return _lines(root, "ls-files", "-z", *ignored, "--", *pointers)


def _left_out(root: Path, foreign: Sequence[str]) -> str:
    """Which files of ours are not committed, and why, in words.

    What a person has changed in files of DVC is the person's own affair.
    """
    told = []
    for path in foreign:
        if path in dvc.FILES:
            continue
        before = _git(root, "show", f"HEAD:./{path}")[1].splitlines()
        if (_outputs(root, path) & set((root / path).read_text().splitlines())) - set(before):
            told.append(f"{path} has changes of your own beside that of Headgate")
    return "; ".join(told)


def _lines(root: Path, *words: str) -> list[str]:
    return [path for path in _git(root, *words)[1].split("\0") if path]


def _short(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    text = "; ".join(lines[:5])
    return text if len(text) <= 500 else f"{text[:500]}..."


def _git(root: Path, *words: str) -> tuple[int, str, str]:
    """How a command of Git ended, and what it said."""
    try:
        child = subprocess.Popen(
            ["git", "--literal-pathspecs", *words],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except OSError as error:
        return 1, "", f"git cannot be started: {error.strerror}"
    try:
        out, said = child.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.terminate()  # it removes its lock, which it cannot when it is killed
        child.communicate()
        return 1, "", f"no end after {PATIENCE_SECONDS} seconds"
    return child.returncode, out, said
