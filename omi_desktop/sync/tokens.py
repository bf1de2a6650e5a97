"""Where secrets are kept: in the keyring of the operating system, or in memory for one run. Never in a file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from omi_desktop.domain.errors import SyncProblem

SERVICE = "omi-desktop"
LIMIT = 5.0
"""Seconds that a keyring may take; a locked one blocks on its prompt."""

_Result = TypeVar("_Result")


class KeyringSilent(SyncProblem):
    """The keyring does not answer, or stays locked: the sign-in may well be in it, and no new code is needed."""

    code = "keyring_silent"
    title = "This computer's keyring does not answer"
    hint = "Unlock it, then choose “Try now”."
    retry = False


class Tokens(Protocol):
    """Secrets by name. A name is `<centre_id>/<account_id>`."""

    def get(self, name: str) -> str | None:
        """The secret, or None where there is none. Raises KeyringSilent when that can't be known."""
        ...

    def put(self, name: str, secret: str) -> bool:
        """Keep a secret. False when it lasts for this run only."""
        ...

    def forget(self, name: str) -> None:
        """Let a secret go."""
        ...


class MemoryTokens:
    """Secrets for this run only. `is_enough` where the profile ends with the run as well, as in the demo."""

    def __init__(self, *, is_enough: bool = False) -> None:
        self._kept: dict[str, str] = {}
        self._is_enough = is_enough

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._kept.get(name)

    def put(self, name: str, secret: str) -> bool:
        """Keep a secret until the program ends."""
        self._kept[name] = secret
        return self._is_enough

    def forget(self, name: str) -> None:
        """Let a secret go."""
        self._kept.pop(name, None)


class KeyringTokens:
    """Secrets in the keyring; whatever it cannot keep stays in memory.

    Every call runs in a thread of its own for at most `limit` seconds: a locked keyring waits for a prompt that
    may be hidden, and the sync thread must not wait with it.
    """

    def __init__(self, *, limit: float = LIMIT) -> None:
        self._limit = limit
        self._memory = MemoryTokens()
        self._reading: threading.Thread | None = None

    def get(self, name: str) -> str | None:
        """The secret from memory or the keyring; None if neither has it, or there is no keyring. Raises
        KeyringSilent when the keyring does not answer; one that still waits for its prompt is not asked again."""
        kept = self._memory.get(name)
        if kept is not None:
            return kept
        if self._reading is not None and self._reading.is_alive():
            raise KeyringSilent
        found: list[str | None] = []

        def read() -> None:
            try:
                found.append(_keyring_get(name))
            except Exception:  # noqa: BLE001 - see `_ask`
                return

        self._reading = threading.Thread(target=read, name="keyring", daemon=True)
        self._reading.start()
        self._reading.join(self._limit)
        if not found:
            raise KeyringSilent
        return found[0]

    def put(self, name: str, secret: str) -> bool:
        """Keep a secret; True only if the keyring gave it back when asked."""
        self._memory.put(name, secret)

        def write_and_read_back() -> bool:
            _keyring_set(name, secret)
            return _keyring_get(name) == secret

        return self._ask(write_and_read_back, default=False)

    def forget(self, name: str) -> None:
        """Let a secret go from both."""
        self._memory.forget(name)
        self._ask(lambda: _keyring_delete(name), None)

    def _ask(self, work: Callable[[], _Result], default: _Result) -> _Result:
        result = [default]

        def ask() -> None:
            try:
                result[0] = work()
            except Exception:  # noqa: BLE001 - backends raise anything: D-Bus errors, RuntimeError, OSError
                return

        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._limit)
        return default if thread.is_alive() else result[0]


def _keyring_get(name: str) -> str | None:
    import keyring  # noqa: PLC0415 - costs 0.1 s, and only a laptop with a code needs it

    try:
        return keyring.get_password(SERVICE, name)
    except keyring.errors.NoKeyringError:
        return None


def _keyring_set(name: str, secret: str) -> None:
    import keyring  # noqa: PLC0415

    keyring.set_password(SERVICE, name, secret)


def _keyring_delete(name: str) -> None:
    import keyring  # noqa: PLC0415

    keyring.delete_password(SERVICE, name)
