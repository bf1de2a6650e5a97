"""Whether a folder is one that another program or another computer writes to as well: no place for a database.

Where each service keeps its folder (not read on their pages): OneDrive sets `OneDrive`, `OneDriveConsumer` and
`OneDriveCommercial`; Dropbox writes `info.json`; on macOS all of them live in `~/Library/CloudStorage` and iCloud Drive
in `~/Library/Mobile Documents`. A network share shows in the type of its file system or drive.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath


class FolderRisk(StrEnum):
    """Who else writes to a folder."""

    ONEDRIVE = "onedrive"
    DROPBOX = "dropbox"
    ICLOUD = "icloud"
    GOOGLE_DRIVE = "google_drive"
    NETWORK = "network"

    @property
    def label(self) -> str:
        """As written on screen, after "in"."""
        return {
            "onedrive": "OneDrive",
            "dropbox": "Dropbox",
            "icloud": "iCloud Drive",
            "google_drive": "Google Drive",
            "network": "a network folder",
        }[self.value]


_REMOTE_DRIVE = 4
"""What `GetDriveTypeW` answers for a network drive: `DRIVE_REMOTE`."""
_NETWORK_TYPES = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|afpfs|ncpfs|ceph|glusterfs|lustre|webdav|davfs2?"
    r"|fuse\.(sshfs|rclone|davfs2?|gvfsd-fuse|glusterfs|ceph|google-drive-ocamlfuse)|vboxsf|prl_fs|fuse\.vmhgfs-fuse"
)
_NAMED: tuple[tuple[re.Pattern[str], FolderRisk], ...] = (
    # `OneDrive`, `OneDrive - Ashby Academy`, `OneDrive-Personal`
    (re.compile(r"onedrive( - .+|-.+)?", re.IGNORECASE), FolderRisk.ONEDRIVE),
    (re.compile(r"dropbox( \(.+\)|-.+)?", re.IGNORECASE), FolderRisk.DROPBOX),
    (
        re.compile(r"iclouddrive|icloud drive|com~apple~clouddocs|mobile documents", re.IGNORECASE),
        FolderRisk.ICLOUD,
    ),
    (re.compile(r"google ?drive(-.+)?|my drive|drivefs", re.IGNORECASE), FolderRisk.GOOGLE_DRIVE),
)


def _drive_type(root: str) -> int:
    windows = getattr(ctypes, "windll", None)
    return int(windows.kernel32.GetDriveTypeW(root)) if windows else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape")


@dataclass(frozen=True)
class Surroundings:
    """What this computer says about its folders. Tests give their own."""

    system: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=Path.home)
    mounts: Callable[[], str] = lambda: _read(Path("/proc/mounts"))
    drive_type: Callable[[str], int] = _drive_type
    read: Callable[[Path], str] = _read

    def path(self, text: str) -> PurePath:
        """A path as this system writes them."""
        return PureWindowsPath(text) if self.system == "win32" else PurePosixPath(text)


def risk_of(path: Path, surroundings: Surroundings | None = None) -> FolderRisk | None:
    """Who else writes to a folder, as far as can be told; None for a folder that seems to be this program's alone."""
    around = surroundings or Surroundings()
    text = str(path)
    with suppress(OSError):
        text = str(path.resolve()) if surroundings is None else text
    here = around.path(text)
    for folder, risk in _told(around):
        if _is_within(here, folder):
            return risk
    # A place of the system's own, such as `/Users/me/Library`, has none of these names.
    for part in here.parts[1:]:
        for name, risk in _NAMED:
            if name.fullmatch(part):
                return risk
    return FolderRisk.NETWORK if _is_remote(here, around) else None


def _told(around: Surroundings) -> Iterator[tuple[PurePath, FolderRisk]]:
    """The folders that services themselves say are theirs."""
    for name in ("OneDrive", "OneDriveConsumer", "OneDriveCommercial"):
        if value := around.environment.get(name):
            yield around.path(value), FolderRisk.ONEDRIVE
    places = [around.home / ".dropbox"]
    places += [
        Path(around.environment[name]) / "Dropbox"
        for name in ("APPDATA", "LOCALAPPDATA")
        if around.environment.get(name)
    ]
    for place in places:
        try:
            said = json.loads(around.read(place / "info.json"))
        except (OSError, ValueError):
            continue
        for account in said.values() if isinstance(said, dict) else ():
            if isinstance(account, dict) and isinstance(account.get("path"), str):
                yield around.path(account["path"]), FolderRisk.DROPBOX


def _is_within(here: PurePath, folder: PurePath) -> bool:
    return bool(folder.parts) and (here == folder or folder in here.parents)


def _is_remote(here: PurePath, around: Surroundings) -> bool:
    if around.system == "win32":
        is_share = here.drive.startswith("\\\\")
        return is_share or (bool(here.drive) and around.drive_type(f"{here.drive}\\") == _REMOTE_DRIVE)
    mounted = ("", "")
    with suppress(OSError):
        for line in around.mounts().splitlines():
            _device, point, kind, *_ = [*line.split(" "), "", "", ""]
            # Blanks in names are written as octal numbers there.
            point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)
            if point and _is_within(here, PurePosixPath(point)) and len(point) >= len(mounted[0]):
                mounted = (point, kind)
    return _NETWORK_TYPES.fullmatch(mounted[1]) is not None
