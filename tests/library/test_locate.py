"""The content is found in an installed wheel as in a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import omi_desktop
from omi_desktop.library.locate import content_root

PACKAGE = Path(omi_desktop.__file__).parent


def installed(folder: Path) -> Path:
    """The library as a wheel installs it, without a checkout around it."""
    for part in ("domain", "library"):
        shutil.copytree(
            PACKAGE / part, folder / "omi_desktop" / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(PACKAGE / "__init__.py", folder / "omi_desktop")
    return folder / "omi_desktop" / "library"


def check(folder: Path) -> tuple[int, str]:
    # -I keeps the checkout out of the path, -S its editable install; the dependencies are added by name.
    code = (
        "import runpy, sys; sys.path[:0] = sys.argv[1:]; sys.argv = ['check']; "
        "runpy.run_module('omi_desktop.library.check', run_name='__main__')"
    )
    packages = [path for path in sys.path if path.endswith("site-packages")]
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(folder), *packages],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_an_installed_wheel_reads_the_content_inside_it(tmp_path: Path) -> None:
    library = installed(tmp_path)
    for name in ("handbook", "resources"):
        shutil.copytree(content_root() / name, library / "_content" / name)
    (library / "_content" / "handbook" / "stray.txt").touch()

    assert check(tmp_path) == (1, "handbook/stray.txt:1: not a content file: only .md belongs here\n")


def test_an_installation_without_its_content_says_so(tmp_path: Path) -> None:
    installed(tmp_path)

    code, said = check(tmp_path)

    assert code == 1
    assert said.startswith("The handbook is missing")
    assert "Traceback" not in said
