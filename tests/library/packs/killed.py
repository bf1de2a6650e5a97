"""Installing a pack, killed at each call that opens, makes, renames or deletes something: run as a program of its own.

`python -m tests.library.packs.killed FOLDER` prints how many kills there were, and how many left the old and the new
pages. After each, the next pack can be installed. Ends with 1 if one left anything else.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from omi_desktop.library import packs
from omi_desktop.library.packs import InUse
from omi_desktop.services.installing import install
from omi_desktop.wire.pack import Pack, open_pack
from tests.kit.packs import KEY, signed_pack

APP = "0.1.0"
_WATCHED = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate")
_KILLED, _WHOLE = 9, 0


def main(folder: Path) -> int:
    base = folder / "base"
    for version in (5, 6):
        install(base, _pack(version), packs.in_use(base, APP), APP)
    kills = old = new = 0
    number = 1
    while True:
        profile = folder / str(number)
        shutil.copytree(base, profile)
        if _life(profile, number) == _WHOLE:
            break
        kills += 1
        found = packs.in_use(profile, APP)
        version = _version(found)
        if version not in (6, 7) or found.problem:
            sys.stderr.write(f"killed at call {number}: version {version}, {found.problem}\n")
            return 1
        old, new = old + (version == 6), new + (version == 7)
        after = install(profile, _pack(8), found, APP)
        left = {path.name for path in (profile / "library" / "packs").iterdir()}
        if _version(packs.in_use(profile, APP)) != 8 or after.folder not in left or len(left) > 2:
            sys.stderr.write(f"killed at call {number}: the next pack left {left}\n")
            return 1
        shutil.rmtree(profile)
        number += 1
    sys.stdout.write(f"{kills} {old} {new}\n")
    return 0


def _life(profile: Path, number: int) -> int:
    """Install version 7 in a process that ends as it makes the call of that number; how it ended."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in _WATCHED and str(profile) in str(arguments[0]):
            count += 1
            if count == number:
                os._exit(_KILLED)

    pack, before = _pack(7), packs.in_use(profile, APP)
    sys.addaudithook(hook)
    install(profile, pack, before, APP)
    os._exit(_WHOLE)


def _pack(version: int) -> Pack:
    return open_pack(signed_pack(version), {KEY.public})


def _version(found: InUse) -> int:
    return found.manifest.version if found.manifest else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
