"""Content packs to test with: small, sound, signed, and whatever is asked to be otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from omi_desktop.wire.pack import Manifest
from omi_desktop.wire.pack_making import SigningKey, make, sign
from tests.library.small_library import FRONT

KEY = SigningKey.make()
STRANGER = SigningKey.make()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FACTS = Manifest("omi", 7, "2026-11-20T10:00:00Z", "2027-11-20T10:00:00Z", "0.1.0", ())
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" font-family="Inter, sans-serif"><title>Moon</title>'
    b'<g transform="translate(10, 20)"><circle cx="5" cy="5" r="4" fill="#0f766e"/>'
    b'<text x="1" font-size="20">Moon</text></g></svg>'
)


class PackClock:
    """A clock that stands where a test puts it."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def page(kind: str, item_id: str, *, checked_on: str = "2026-11-22", body: str = "Some words.\n") -> bytes:
    """A content file."""
    front = FRONT[kind].format(id=item_id, title=item_id.replace("-", " ").capitalize())
    lines = [line for line in front.splitlines() if not line.startswith("checked_on")]
    return "\n".join(["+++", f"checked_on = {checked_on}", *lines, "+++", "", body]).encode()


def pages() -> dict[str, bytes]:
    """Four files, one of each kind."""
    return {
        "handbook/first-visit.md": page("handbook", "first-visit"),
        "resources/activities/rocket-mice.md": page("activity", "rocket-mice"),
        "resources/careers/space-lawyer.md": page("career", "space-lawyer"),
        "resources/diagrams/moon.svg": SVG,
    }


def signed_pack(
    version: int = 7, files: dict[str, bytes] | None = None, key: SigningKey = KEY, **facts: str
) -> bytes:
    """A pack that is as it should be."""
    return sign(make(pages() if files is None else files, replace(FACTS, version=version, **facts)), key)  # type: ignore[arg-type]


def write_tree(folder: Path, files: dict[str, bytes]) -> Path:
    """The files on disk, as the app's own pages are."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
