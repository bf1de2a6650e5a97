"""What a report says of the program it comes from."""

from __future__ import annotations

from PySide6 import __version__ as pyside_version

from omi_desktop import __version__


def about() -> str:
    """The app, the language, the toolkit and the system, with their versions."""
    import platform  # noqa: PLC0415 -- not at every start

    return (
        f"OMI Desktop {__version__}, Python {platform.python_version()}, PySide6 {pyside_version}, "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )
