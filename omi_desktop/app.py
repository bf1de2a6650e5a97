"""The only place where the parts are joined: window, services, sync, library.

The shell is painted first; then the ambassador's file, the library and syncing open on a worker thread, and the
pages fill.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtWidgets import QApplication

from omi_desktop import __version__
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import OmiError
from omi_desktop.ui import show_error, tasks, theme
from omi_desktop.ui.first_look import FirstLook
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.room import Room
from omi_desktop.ui.single_instance import Claim, SingleInstance
from omi_desktop.ui.widgets import focus_ring

if TYPE_CHECKING:
    from omi_desktop.sync.syncing import Syncing
    from omi_desktop.sync.tokens import Tokens

APP = f"omi-desktop/{__version__}"
NAME = "omi-desktop"


class Places(NamedTuple):
    """Where one profile keeps what it keeps. Only `profile` is lost if deleted."""

    profile: Path
    cache: Path
    log: Path

    @classmethod
    def under(cls, folder: Path | None) -> Places:
        """Everything under one folder, or the places that the operating system gives."""
        if folder is not None:
            return cls(folder / "profile", folder / "cache", folder / "log")
        from platformdirs import PlatformDirs  # noqa: PLC0415

        dirs = PlatformDirs(NAME, appauthor=False)
        return cls(dirs.user_data_path, dirs.user_cache_path, dirs.user_state_path / "log")


@dataclass(frozen=True, slots=True)
class Options:
    """How to start. `tokens` is None for the keyring of the operating system."""

    data_dir: Path | None = None
    address: str | None = None
    is_offline: bool = False
    is_debug: bool = False
    tokens: Tokens | None = None
    with_window: Callable[[Running], None] | None = field(default=None)


class App:
    """One start of the program, from the empty shell to its end."""

    def __init__(self, qt: QApplication, options: Options) -> None:
        self._qt = qt
        self._options = options
        self._places = Places.under(options.data_dir)
        self._instance = SingleInstance(self._places.profile)
        self._syncing: Syncing | None = None
        self._room: Room | None = None
        self.window = MainWindow()
        FirstLook(self._places.cache / "look", self.window)
        self.window.painted.connect(self._fill)
        self.window.closed.connect(self._close)
        self._instance.asked_forward.connect(self.window.come_forward)

    def run(self) -> int:
        """Show the window until it is closed; the exit status."""
        claim = self._instance.claim()
        if claim is Claim.RAISED:
            sys.stdout.write("OMI Desktop is already open; its window has been brought forward.\n")
            return 0
        if claim is Claim.BUSY:
            sys.stderr.write(
                "OMI Desktop is already open with this profile, but does not answer. Close it first.\n"
            )
            return 1
        # Python runs these between Qt's events, at the latest when the sync line looks again.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.window.close())
        self.window.show()
        status = self._qt.exec()
        self._end()
        return status

    def _fill(self) -> None:
        self._instance.listen()
        tasks.run(self._open, owner=self.window, done=self._opened, failed=self._cannot_open)

    def _open(self) -> tuple[Room, Syncing]:
        """Open everything behind the window. Raises FileProblem. Runs on a worker thread."""
        _keep_log(self._places.log, is_debug=self._options.is_debug)
        from omi_desktop.domain.clock import SystemClock  # noqa: PLC0415 - all of these after first paint
        from omi_desktop.library import packs  # noqa: PLC0415
        from omi_desktop.library.catalogue import Library  # noqa: PLC0415
        from omi_desktop.services.desk import Desk  # noqa: PLC0415
        from omi_desktop.services.pages import Pages, cache_of  # noqa: PLC0415
        from omi_desktop.sync.syncing import Syncing  # noqa: PLC0415
        from omi_desktop.sync.tokens import KeyringTokens  # noqa: PLC0415

        changes, clock = Changes(), SystemClock()
        desk = Desk.open(self._places.profile, clock=clock, changes=changes, app=APP)
        used = packs.in_use(self._places.profile, __version__)
        library = Library.open(cache_of(self._places.cache, used), used.root)
        syncing = Syncing(
            desk.store,
            tokens=self._options.tokens or KeyringTokens(),
            clock=clock,
            changes=changes,
            address=self._options.address,
            is_offline=self._options.is_offline,
        )
        pages = Pages(
            desk,
            library,
            syncing,
            used=used,
            cache=self._places.cache,
            clock=clock,
            changes=changes,
            app=__version__,
        )
        room = Room(desk=desk, online=syncing, library=library, pages=pages, clock=clock, changes=changes)
        return room, syncing

    def _opened(self, parts: tuple[Room, Syncing]) -> None:
        self._room, self._syncing = parts
        self.window.fill(self._room)
        self._syncing.start()
        self._room.pages.start()
        tasks.run(
            self._room.desk.backups.examine, owner=self.window, done=lambda _: None, failed=lambda _: None
        )
        if self._options.with_window:
            self._options.with_window(Running(self.window, self._room, self._syncing))

    def _cannot_open(self, error: OmiError) -> None:
        """The window stays, and says what happened and what to do."""
        self.window.show_problem(error)

    def _close(self) -> None:
        self._qt.quit()

    def _end(self) -> None:
        if self._syncing is not None:
            self._syncing.stop()
        if self._room is not None:
            self._room.pages.stop()
        tasks.finish()
        if self._room is not None:
            self._room.library.close()
            self._room.desk.close()
        self._instance.release()


class Running(NamedTuple):
    """A start whose window is filled, for whoever drives it (the tour)."""

    window: MainWindow
    room: Room
    syncing: Syncing


def run(options: Options) -> int:
    """Start the program and stay until its window is closed. Raises FileProblem when the profile can't be used."""
    qt = QApplication.instance() or QApplication([NAME])
    assert isinstance(qt, QApplication)  # noqa: S101
    qt.setApplicationName(NAME)
    qt.setApplicationDisplayName("OMI Desktop")
    qt.setApplicationVersion(__version__)
    qt.setQuitOnLastWindowClosed(False)
    theme.current().apply(qt)
    focus_ring.install()
    show_error.install()
    return App(qt, options).run()


def _keep_log(folder: Path, *, is_debug: bool) -> None:
    """Warnings go to a small rotated file. Nothing personal is ever logged."""
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - brings sockets and pickle

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            folder / "omi-desktop.log", maxBytes=256_000, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("omi_desktop")
    logger.setLevel(logging.DEBUG if is_debug else logging.WARNING)
    logger.addHandler(handler)
