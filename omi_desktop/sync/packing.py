"""Requests as they go over the wire. What is pushed is packed before the rest of its request is known: while OMI online
works on the one before."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Self

from omi_desktop.wire.messages import SyncRequest

_GZIP_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS


class Parcel(tuple[bytes, ...]):  # noqa: SLOT001 - what is packed of it stands beside
    """The canonical bytes of the revisions of one push. Two of the same bytes are equal."""

    _begun: tuple[bytes, zlib._Compress] | None = None

    @classmethod
    def of(cls, push: Iterable[bytes]) -> Self:
        """A push as a parcel; one that is a parcel already stays as it is."""
        return push if isinstance(push, cls) else cls(push)

    def begin(self) -> tuple[bytes, zlib._Compress]:
        """Pack the revisions; what packs the rest comes with them."""
        if self._begun is None:
            packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
            self._begun = packer.compress(_pushed(self)), packer
        return self._begun

    def sealed(self, request: SyncRequest) -> bytes:
        """The whole request as gzip. No time stands in its header, which has no room for that of a clock before 1970 or
        after 2106."""
        begun, packer = self.begin()
        self._begun = None  # It packs one request; another begins again.
        return b"".join((begun, packer.compress(_around(request)), packer.flush()))


def sync_body(request: SyncRequest, push: Sequence[bytes]) -> bytes:
    """The JSON of a sync request. Revisions go in as they are kept, not written as JSON a second time."""
    return _pushed(push) + _around(request)


def _pushed(push: Sequence[bytes]) -> bytes:
    return b"".join((b'{"push":[', b",".join(push), b"],"))


def _around(request: SyncRequest) -> bytes:
    return request.model_dump_json(exclude={"push"}).encode()[1:]
