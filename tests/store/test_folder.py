"""Folders to which somebody else writes too are told apart, on any system, from those that only look like it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from omi_desktop.store.folder import FolderRisk, Surroundings, risk_of

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
//server/home /home/sian/School\\040files cifs rw 0 0
/dev/sdb1 /home/sian/School\\040files/inside ext4 rw 0 0
server:/export /mnt/nfs nfs4 rw 0 0
sian@server:/ /home/sian/far fuse.sshfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""


def around(
    system: str,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, object] | None = None,
    drives: Mapping[str, int] | None = None,
) -> Surroundings:
    """A computer of this system."""

    def read(path: Path) -> str:
        for name, content in (files or {}).items():
            if str(path).replace("\\", "/").endswith(name):
                return json.dumps(content)
        raise FileNotFoundError

    return Surroundings(
        system=system,
        environment=environment or {},
        home=Path("/home/sian"),
        mounts=lambda: MOUNTS if system == "linux" else read(Path("/proc/mounts")),
        drive_type=lambda root: (drives or {}).get(root, 3),
        read=read,
    )


@pytest.mark.parametrize(
    ("path", "system", "risk"),
    [
        (r"C:\Users\Sian\OneDrive\OMI", "win32", FolderRisk.ONEDRIVE),
        (r"C:\Users\Sian\OneDrive - Ashby Academy\OMI", "win32", FolderRisk.ONEDRIVE),
        (r"C:\Users\Sian\AppData\Local\omi-desktop", "win32", None),
        (r"C:\Users\Sian\onedriver-notes\omi", "win32", None),
        (r"C:\Users\Sian\Dropbox (Personal)\OMI", "win32", FolderRisk.DROPBOX),
        (r"C:\Users\Sian\iCloudDrive\OMI", "win32", FolderRisk.ICLOUD),
        (r"G:\My Drive\OMI", "win32", FolderRisk.GOOGLE_DRIVE),
        (r"\\server\share\omi", "win32", FolderRisk.NETWORK),
        (r"H:\omi", "win32", FolderRisk.NETWORK),
        (r"D:\omi", "win32", None),
        ("/Users/sian/Library/CloudStorage/OneDrive-AshbyAcademy/omi", "darwin", FolderRisk.ONEDRIVE),
        ("/Users/sian/Library/CloudStorage/Dropbox/omi", "darwin", FolderRisk.DROPBOX),
        (
            "/Users/sian/Library/CloudStorage/GoogleDrive-s@x.org/My Drive/omi",
            "darwin",
            FolderRisk.GOOGLE_DRIVE,
        ),
        ("/Users/sian/Library/Mobile Documents/com~apple~CloudDocs/omi", "darwin", FolderRisk.ICLOUD),
        ("/Users/sian/Library/Application Support/omi-desktop", "darwin", None),
        ("/home/sian/.local/share/omi-desktop", "linux", None),
        ("/home/sian/School files/omi", "linux", FolderRisk.NETWORK),
        ("/home/sian/School files/inside/omi", "linux", None),
        ("/mnt/nfs", "linux", FolderRisk.NETWORK),
        ("/mnt/nfs2/omi", "linux", None),
        ("/home/sian/far/omi", "linux", FolderRisk.NETWORK),
        ("/tmp/omi", "linux", None),  # noqa: S108
    ],
)
def test_a_folder_of_somebody_else_too_is_known_by_its_name_or_its_drive(
    path: str, system: str, risk: FolderRisk | None
) -> None:
    assert risk_of(Path(path), around(system, drives={"H:\\": 4})) is risk


@pytest.mark.parametrize("name", ["OneDrive", "OneDriveConsumer", "OneDriveCommercial"])
def test_onedrive_says_where_it_is_whatever_the_folder_is_called(name: str) -> None:
    found = around("win32", {name: r"D:\School"})
    assert risk_of(Path(r"D:\School\omi"), found) is FolderRisk.ONEDRIVE
    assert risk_of(Path(r"d:\school"), found) is FolderRisk.ONEDRIVE
    assert risk_of(Path(r"D:\School2\omi"), found) is None


@pytest.mark.parametrize(
    ("system", "environment", "file", "folder"),
    [
        ("linux", {}, ".dropbox/info.json", "/home/sian/Cloud"),
        ("win32", {"APPDATA": r"C:\Users\S\AppData\Roaming"}, "Roaming/Dropbox/info.json", r"D:\Cloud"),
        ("win32", {"LOCALAPPDATA": r"C:\Users\S\AppData\Local"}, "Local/Dropbox/info.json", r"D:\Cloud"),
    ],
)
def test_dropbox_says_where_it_is_too(
    system: str, environment: Mapping[str, str], file: str, folder: str
) -> None:
    found = around(system, environment, {file: {"business": {"path": folder, "host": 1}}})
    inside = folder + ("\\omi" if system == "win32" else "/omi")
    assert risk_of(Path(inside), found) is FolderRisk.DROPBOX
    assert risk_of(Path(folder + "2"), found) is None


@pytest.mark.parametrize("said", [None, [], "x", {"personal": None}, {"personal": {"path": 3}}])
def test_a_dropbox_file_that_says_nothing_is_no_reason_to_fall_over(said: object) -> None:
    assert risk_of(Path("/home/sian/omi"), around("linux", files={".dropbox/info.json": said})) is None


def test_this_computer_is_asked_for_real(tmp_path: Path) -> None:
    assert risk_of(tmp_path) is None
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "Dropbox")
    assert risk_of(tmp_path / "link") is FolderRisk.DROPBOX
