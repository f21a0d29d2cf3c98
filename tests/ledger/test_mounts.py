from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import StateError
from headgate.ledger.mounts import kind_of, refuse_network

TABLE = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:50 / /srv/team rw,relatime shared:1 - nfs4 filer:/team rw,vers=4.2
41 27 0:51 / /srv/team/local rw,relatime - xfs /dev/vdb rw
42 27 0:52 / /mnt/win\040share rw,relatime - cifs //nas/share rw
43 27 0:53 / /home/me/far rw - fuse.sshfs me@far:/ rw
44 27 0:54 / /mnt/c rw - 9p C:\134 rw,aname=drvfs;path=C:\;uid=1000
45 27 0:55 / /sandbox rw - 9p root rw,trans=fd
46 27 0:56 / /auto rw - autofs systemd-1 rw
47 46 0:57 / /auto rw - nfs filer:/auto rw
48 27 0:58 / /lustre rw - lustre 10.0.0.1@tcp:/scratch rw
a line that is not of this form
""".lstrip()


@pytest.mark.parametrize(
    "path",
    ["/srv/team/state.db", "/mnt/win share/p/state.db", "/home/me/far/x/state.db",
     "/mnt/c/project/.headgate/state.db", "/auto/state.db", "/lustre/a/state.db"],
)  # fmt: skip
def test_a_network_file_system_is_refused_with_reason_and_remedy(path: str) -> None:
    with pytest.raises(StateError, match="network file system") as refusal:
        refuse_network(Path(path), TABLE)
    assert "locks" in refusal.value.what
    assert refusal.value.where == path
    assert "disk of this machine" in (refusal.value.hint or "")


@pytest.mark.parametrize(
    "path",
    ["/home/me/state.db", "/srv/team/local/state.db", "/srv/teamwork/state.db",
     "/sandbox/state.db", "/home/me/farther/state.db"],
)  # fmt: skip
def test_a_local_file_system_is_not(path: str) -> None:
    refuse_network(Path(path), TABLE)  # raises nothing
    assert kind_of(Path(path), TABLE) in {"ext4", "xfs", "9p"}


def test_the_innermost_mount_decides() -> None:
    assert kind_of(Path("/srv/team/local/deep/state.db"), TABLE) == "xfs"
    assert kind_of(Path("/auto/state.db"), TABLE) == "nfs"


def test_a_link_into_a_network_file_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    table = f"27 1 254:0 / / rw - ext4 /dev/vda rw\n50 27 0:9 / {tmp_path}/far rw - nfs f:/ rw\n"
    with pytest.raises(StateError):
        refuse_network(tmp_path / "near" / "state.db", table)


def test_without_a_mount_table_nothing_is_refused() -> None:
    refuse_network(Path("/srv/team/state.db"), "")  # raises nothing
    assert not kind_of(Path("/srv/team/state.db"), "")
