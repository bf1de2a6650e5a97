"""Can a window open here? Asked before Qt is started, because Qt's own answer is an abort.

On Linux the wheels of PySide6 expect libraries of the desktop that small installations lack, and the `xcb`
platform plugin more of them. Windows and macOS need nothing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

LIBRARIES: Final[Mapping[str, str]] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libzstd.so.1": "libzstd1",
}
"""What Qt 6.8 to 6.11 loads (`ldd` on libQt6Widgets, libQt6Network and the xcb plugin) and the package that holds
it. The names are those of Debian 12 and 13 and of Ubuntu 22.04 and 24.04."""

_UNSEEN: Final = ("offscreen", "minimal", "minimalegl")
_LOCAL_X_PORT: Final = 6000


def has_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> bool:
    """True if a window would be seen by someone. Connects to the display that the environment names."""
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if chosen in _UNSEEN:
        return False
    if not system.startswith("linux") or chosen not in ("", "xcb", "wayland"):
        return True
    has_wayland = chosen != "xcb" and _answers_wayland(environment)
    return has_wayland or (chosen != "wayland" and _answers_x(environment.get("DISPLAY", "")))


def missing_libraries(system: str = sys.platform) -> str | None:
    """One sentence with the line to type when libraries of the system are missing, else None.

    Imports QtWidgets and loads the platform plugin, as starting the window would. An ImportError that no library
    of the system explains, such as PySide6 itself not being installed, is raised.
    """
    if not system.startswith("linux"):
        return None
    try:
        import_module("PySide6.QtWidgets")
    except ImportError:
        sentence = explain(_can_load)
        if sentence is None:
            raise
        return sentence
    plugins = _plugins()
    if not plugins or any(_can_load(str(plugin)) for plugin in plugins):
        return None
    return explain(_can_load)


def explain(can_load: Callable[[str], bool], *, has_apt: bool | None = None) -> str | None:
    """The sentence for the libraries of the table that `can_load` denies; None if it denies none."""
    missing = [name for name in LIBRARIES if not can_load(name)]
    if not missing:
        return None
    if has_apt if has_apt is not None else shutil.which("apt") is not None:
        packages = " ".join(sorted({LIBRARIES[name] for name in missing}))
        return f"This computer lacks libraries that the window needs; install them with: sudo apt install {packages}"
    return f"This computer lacks libraries that the window needs; install the packages that hold {', '.join(missing)}"


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _plugins() -> list[Path]:
    """The platform plugins of the wheel, one of which must load. Empty for a PySide6 of the distribution."""
    package = find_spec("PySide6")
    if package is None or not package.submodule_search_locations:
        return []
    folder = Path(package.submodule_search_locations[0], "Qt", "plugins", "platforms")
    chosen = os.environ.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if chosen:
        names = [chosen]
    elif has_display():
        names = ["xcb", *(["wayland"] if os.environ.get("WAYLAND_DISPLAY") else [])]
    else:
        names = ["offscreen"]
    return [plugin for name in names if (plugin := folder / f"libq{name}.so").exists()]


def _answers_wayland(environment: Mapping[str, str]) -> bool:
    name = environment.get("WAYLAND_DISPLAY", "")
    return bool(name) and _connects(str(Path(environment.get("XDG_RUNTIME_DIR", ""), name)))


def _answers_x(display: str) -> bool:
    """Whether an X server answers at `[host]:number[.screen]`; without that, Qt would abort."""
    host, colon, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    if host.startswith("/"):
        return _connects(f"{host}:{number}")
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 -- where X servers listen
        return _connects(path) or _connects(f"\0{path}")
    try:
        with socket.create_connection((host.strip("[]"), _LOCAL_X_PORT + int(number)), timeout=3):
            return True
    except OSError:
        return False


def _connects(address: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(3)
            line.connect(address)
    except (OSError, ValueError):
        return False
    return True
