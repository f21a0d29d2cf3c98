"""Which file system a path lies on, and whether SQLite can be trusted there.

Write-ahead logging shares memory between the processes of one machine, and locks of network file
systems are kept by some servers only: two machines on one file would damage it without a word.
"""

from __future__ import annotations

from pathlib import Path

from headgate.errors import StateError

REMOTE = """
    9p-windows afs beegfs ceph cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 smb
    smb2 smb3 smbfs fuse.blobfuse fuse.blobfuse2 fuse.ceph fuse.ceph-fuse fuse.curlftpfs fuse.davfs
    fuse.davfs2 fuse.gcsfuse fuse.geesefs fuse.glusterfs fuse.goofys fuse.juicefs fuse.mount-s3
    fuse.rclone fuse.s3fs fuse.seaweedfs fuse.smbnetfs fuse.sshfs
"""


def refuse_network(path: Path, mounts: str | None = None) -> None:
    """Raises StateError where the path lies on a network file system.

    `mounts` is the text of a mount table (`/proc/self/mountinfo`), by default this machine's.
    Where there is none, nothing is refused.
    """
    found = kind_of(path, _mounts() if mounts is None else mounts)
    if found in REMOTE.split():
        raise StateError(
            f"the state cannot lie on a network file system ({found.removesuffix('-windows')}): "
            "its locks do not hold between machines, and a second run would damage it",
            str(path),
            "set `state:` in headgate.yml to a file on a disk of this machine",
        )


def kind_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds the path; empty when the table does not say.

    Windows drives in a Linux guest are `9p-windows`; other 9p (that of sandboxes, which is local)
    stays `9p`.
    """
    place = str(path.resolve())
    best, kind = "", ""
    for line in mounts.splitlines():
        left, separator, right = line.partition(" - ")
        fields, system = left.split(" "), right.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _unescaped(fields[4])
        inside = place == point or place.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # a later mount covers an earlier one
            windows = system[0] == "9p" and "aname=drvfs" in right
            best, kind = point, "9p-windows" if windows else system[0]
    return kind


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unescaped(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field
