"""How the centre says no to a whole call."""

from __future__ import annotations

from collections.abc import Mapping

from omi_desktop.wire.problems import TABLE, Code

_BEARER = {"WWW-Authenticate": "Bearer"}


class Refusal(Exception):
    """A call that is answered with a problem document instead."""

    def __init__(self, code: Code, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        super().__init__(detail or TABLE[code].title)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return TABLE[self.code].status

    def document(self) -> dict[str, object]:
        """The RFC 9457 document."""
        return {
            "type": f"urn:omi:problem:{self.code}",
            "title": TABLE[self.code].title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code.value,
        }


def unauthorised() -> Refusal:
    """No token, or none that is known."""
    return Refusal(Code.UNAUTHORISED, headers=_BEARER)


def account_erased() -> Refusal:
    """A token of an account that is erased: there is nothing to sign in to again."""
    return Refusal(Code.ACCOUNT_ERASED, headers=_BEARER)
