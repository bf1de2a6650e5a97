from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from omi_desktop.ui import platform

LINUX_ONLY = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="Only Linux has libraries to miss"
)


def test_without_a_display_on_linux_there_is_none() -> None:
    assert not platform.has_display({}, "linux")
    assert not platform.has_display({"DISPLAY": ""}, "linux")


def test_a_display_that_nobody_serves_is_none() -> None:
    assert not platform.has_display({"DISPLAY": ":9731"}, "linux")
    assert not platform.has_display({"DISPLAY": "nonsense"}, "linux")
    assert not platform.has_display({"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/nowhere"}, "linux")


@LINUX_ONLY
def test_a_wayland_socket_that_answers_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-0"))
        server.listen()
        environment = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert platform.has_display(environment, "linux")
        assert not platform.has_display({**environment, "QT_QPA_PLATFORM": "xcb"}, "linux")


def test_windows_and_macos_always_have_one() -> None:
    assert platform.has_display({}, "win32")
    assert platform.has_display({}, "darwin")


def test_offscreen_is_seen_by_nobody() -> None:
    assert not platform.has_display({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, "linux")
    assert not platform.has_display({"QT_QPA_PLATFORM": "offscreen"}, "win32")


def test_nothing_is_missing_where_these_tests_run() -> None:
    assert platform.missing_libraries() is None


def test_the_sentence_gives_the_line_to_type() -> None:
    def can_load(name: str) -> bool:
        return name not in ("libxcb-cursor.so.0", "libEGL.so.1")

    assert platform.explain(can_load, has_apt=True) == (
        "This computer lacks libraries that the window needs; install them with: "
        "sudo apt install libegl1 libxcb-cursor0"
    )
    sentence = platform.explain(can_load, has_apt=False)
    assert sentence is not None
    assert "libEGL.so.1, libxcb-cursor.so.0" in sentence


@LINUX_ONLY
@pytest.mark.parametrize("library", ["libEGL.so.1", "libxcb-cursor.so.0"])
def test_a_library_that_is_really_missing_is_named_with_its_package(library: str) -> None:
    """In a mount namespace of its own, the library's file is covered by an empty one."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("Covering a library takes unshare and root")
    found = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = [line.split(" => ")[1] for line in found.splitlines() if line.strip().startswith(f"{library} ")]
    program = (
        "from omi_desktop.ui import platform; platform.has_display = lambda: True; "
        "print(platform.missing_libraries())"
    )
    cover = " && ".join(f"mount --bind /dev/null {Path(path).resolve()}" for path in paths)
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    run = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{cover} && exec "$0" -c "$1"', sys.executable, program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if "unshare failed" in run.stderr or "permission denied" in run.stderr:
        pytest.skip("This machine allows no mount namespace")
    assert run.stdout.strip().endswith(platform.LIBRARIES[library]), run.stderr


@LINUX_ONLY
def test_the_table_names_every_library_of_the_system_that_the_plugin_asks_for() -> None:
    if shutil.which("ldd") is None:
        pytest.skip("Asking the plugin takes ldd")
    import PySide6

    folder = Path(PySide6.__file__).parent / "Qt"
    parts = [
        folder / "plugins/platforms/libqxcb.so",
        folder / "lib/libQt6XcbQpa.so.6",
        folder / "lib/libQt6Gui.so.6",
    ]
    parts += [
        folder / "lib/libQt6Network.so.6",
        folder / "lib/libQt6DBus.so.6",
        folder / "lib/libQt6Widgets.so.6",
    ]
    if not all(part.exists() for part in parts):
        pytest.skip("This PySide6 is the distribution's own")
    objdump = shutil.which("objdump")
    if objdump is None:
        pytest.skip("Reading what a library needs takes objdump")
    needed = set()
    for part in parts:
        listed = subprocess.run([objdump, "-p", part], capture_output=True, text=True, check=True).stdout
        needed |= {line.split()[1] for line in listed.splitlines() if "NEEDED" in line}
    everywhere = (
        *("libQt6", "libicu", "ld-linux", "libc.", "libm.", "libdl", "librt.", "libpthread", "libresolv"),
        *("libgcc_s", "libstdc++", "libz.", "libgthread", "libbrotlicommon"),
    )
    assert {name for name in needed if not name.startswith(everywhere)} <= set(platform.LIBRARIES)
