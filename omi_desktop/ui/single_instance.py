"""One running instance per profile: a second start raises the first window.

A lock file in the profile decides who is first; a local socket, named after the profile, carries the wish to be
raised. A lock whose holder has died is taken over.
"""

from __future__ import annotations

import hashlib
import time
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLockFile, QObject, Signal

from omi_desktop.domain.errors import FileProblem

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

LOCK_NAME: Final = "instance.lock"
_ANSWER: Final = b"raised\n"
_PATIENCE_MS: Final = 3000


class Claim(Enum):
    """How a start ended."""

    OURS = auto()  # nobody else has the profile open: go on
    RAISED = auto()  # another instance has it, and came to the front: exit
    BUSY = auto()  # another instance has it, but does not answer: say so and exit


class SingleInstance(QObject):
    """Holds the profile until `release` or the end of the process. `asked_forward`: someone started again."""

    asked_forward = Signal()

    def __init__(self, profile: Path) -> None:
        super().__init__()
        self._profile = profile.resolve()
        self._lock = QLockFile(str(self._profile / LOCK_NAME))
        # No age makes a lock stale: the app may run for weeks. Qt still sees that the holder has died.
        self._lock.setStaleLockTime(0)
        self._server: QLocalServer | None = None

    @property
    def server_name(self) -> str:
        """The name of the socket: the same for every way to write the profile's path."""
        return f"omi-desktop-{hashlib.sha256(str(self._profile).encode()).hexdigest()[:20]}"

    def claim(self, patience_ms: int = _PATIENCE_MS) -> Claim:
        """Take the profile, or raise the instance that has it. Raises FileProblem if it can't be written to."""
        try:
            self._profile.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable() from error
        if self._lock.tryLock(0):
            return Claim.OURS
        if self._lock.error() is not QLockFile.LockError.LockFailedError:
            raise _unwritable()
        if self._ask_first(patience_ms):
            return Claim.RAISED
        # The holder's number may have been given to another program after a crash: Qt removes the file only
        # if nobody holds it open.
        if self._lock.removeStaleLockFile() and self._lock.tryLock(0):
            return Claim.OURS
        return Claim.BUSY

    def listen(self) -> None:
        """Answer later starts. Called by the first one, after its window is painted: QtNetwork takes a while."""
        from PySide6.QtNetwork import QLocalServer  # noqa: PLC0415 -- after first paint

        QLocalServer.removeServer(self.server_name)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        self._server.listen(self.server_name)

    def release(self) -> None:
        """Let the profile go."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._lock.unlock()

    def _on_connection(self) -> None:
        while self._server is not None and (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(caller.deleteLater)
            caller.write(_ANSWER)
            caller.flush()
            caller.disconnectFromServer()
            self.asked_forward.emit()

    def _ask_first(self, patience_ms: int) -> bool:
        """Ask the first instance forward; it may be so young that it does not listen yet."""
        from PySide6.QtNetwork import QLocalSocket  # noqa: PLC0415 -- only for a second start

        until = time.monotonic() + patience_ms / 1000
        while True:
            socket = QLocalSocket()
            socket.connectToServer(self.server_name)
            if socket.waitForConnected(500):
                # The answer may be in before we wait for it, and the first instance hangs up after it.
                while socket.bytesAvailable() < len(_ANSWER) and socket.waitForReadyRead(1000):
                    pass
                if socket.readAll().data() == _ANSWER:
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(0.1)


def _unwritable() -> FileProblem:
    return FileProblem(
        "The folder of your sessions can't be written",
        detail="Nothing was changed.",
        hint="Check that the disk is not full and that the folder belongs to you, then start again.",
    )
