"""Chance from a seed: whatever is random in the program under test draws from here while a schedule runs."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

_Part = TypeVar("_Part")


class Crash(BaseException):
    """The program ends at this point, without a word."""


class Chance:
    """Stands in for `secrets`. Sown anew at every step, so that leaving a step out changes no other."""

    def __init__(self) -> None:
        self.threads = random.Random(0)
        """What decides between threads; apart, so that an id does not depend on it."""
        self._random = random.Random(0)
        self._repeated: list[str] = []

    def sow(self, seed: object) -> None:
        """Begin again from a seed."""
        self.threads = random.Random(f"threads {seed}")
        self._random = random.Random(str(seed))
        self._repeated = []

    def repeat(self, drawn: str) -> None:
        """Let the next id be one that was drawn before, as from a laptop whose chance is worn out."""
        self._repeated.append(drawn)

    def token_hex(self, size: int = 32) -> str:
        """As `secrets.token_hex`."""
        if self._repeated:
            return self._repeated.pop()
        return self._random.randbytes(size).hex()

    def token_bytes(self, size: int = 32) -> bytes:
        """As `secrets.token_bytes`."""
        return self._random.randbytes(size)

    def token_urlsafe(self, size: int = 32) -> str:
        """As `secrets.token_urlsafe`; any text serves."""
        return self._random.randbytes(size).hex()

    def choice(self, parts: Sequence[_Part]) -> _Part:
        """As `secrets.choice`."""
        return self._random.choice(parts)

    @contextmanager
    def rules(self) -> Iterator[None]:
        """While this lasts, `secrets` draws from here."""
        names = ("token_hex", "token_bytes", "token_urlsafe", "choice")
        with patched(*((secrets, name, getattr(self, name)) for name in names)):
            yield


@contextmanager
def patched(*places: tuple[Any, str, Any]) -> Iterator[None]:
    """Attributes of modules or classes replaced, and put back at the end."""
    before = [(owner, name, owner.__dict__[name]) for owner, name, _ in places]
    try:
        for owner, name, value in places:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(before):
            setattr(owner, name, value)
