"""What a person is told when a content pack is refused. The codes are `wire.pack_faults`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from omi_desktop.domain.clock import from_stamp, uk_today
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.wire.pack_faults import BadPack, PackFault

if TYPE_CHECKING:
    from omi_desktop.domain.clock import Clock
    from omi_desktop.wire.pack import Manifest

_KEPT = "Nothing was changed: the pages you have stay as they are."
_ASK = "Ask whoever gave you the file for a new one."
_NOT_ONE = ("This is not a content pack", "Choose the file that ends in .zip as your hub gave it to you.")
_CUT = ("This content pack is damaged", "Copy or download it again. If this comes back, ask for a new one.")
_UNSAFE = ("This content pack is not made as it should be", f"Don't use this file. {_ASK}")
_FORGED = ("This content pack is not what its maker signed", f"Don't use this file. {_ASK}")
_NEWER = ("This content pack needs a newer version of the app", "Update OMI Desktop, then open it again.")

_WORDS: Mapping[PackFault, tuple[str, str]] = {
    PackFault.NOT_A_ZIP: _NOT_ONE,
    PackFault.NO_MANIFEST: _NOT_ONE,
    PackFault.TRUNCATED: _CUT,
    PackFault.DAMAGED: _CUT,
    PackFault.TOO_LARGE: ("This file is too large for a content pack", _ASK),
    PackFault.NO_SIGNATURE: ("This content pack is not signed", f"Nobody can say who made it. {_ASK}"),
    PackFault.BAD_SIGNATURE: _FORGED,
    PackFault.ALTERED: _FORGED,
    PackFault.FILES_DIFFER: _FORGED,
    PackFault.UNKNOWN_KEY: (
        "This laptop doesn't know who made this content pack",
        "It takes packs from your own hub only. Sync once with OMI online, then try again.",
    ),
    PackFault.FORMAT_TOO_NEW: _NEWER,
    PackFault.APP_TOO_OLD: _NEWER,
    PackFault.ROLLBACK: (
        "This content pack is older than the pages you have",
        "Newer pages never make way for older ones. Nothing needs doing.",
    ),
    PackFault.KNOWN: ("You have these pages already", "Nothing needs doing."),
    PackFault.CONTENT: ("A page in this content pack can't be shown", f"The whole pack was refused. {_ASK}"),
}


class PackRefused(LibraryProblem):
    """A content pack that is not taken; `fault` says why. Nothing was written."""

    code = "pack"

    def __init__(self, fault: PackFault, detail: str = "", *, hint: str = "") -> None:
        self.fault = fault
        title, usual = _WORDS.get(fault, _UNSAFE)
        place = f" The fault is in {detail}." if detail else ""
        super().__init__(title, detail=f"{_KEPT}{place}", hint=hint or usual)


def refused(error: BadPack) -> PackRefused:
    """The same for a person."""
    return PackRefused(error.fault, error.detail)


def expired(manifest: Manifest, clock: Clock) -> PackRefused:
    """A pack that was to be used until a day that is past, if this laptop's clock is right."""
    problem = PackRefused(PackFault.EXPIRED)
    problem.title = "This content pack has expired"
    problem.hint = (
        f"It was good until {shown_date(last_day(manifest))}, and this laptop says that today is "
        f"{shown_date(uk_today(clock))}. If that is wrong, set the laptop's clock. Else ask for a newer pack."
    )
    return problem


def last_day(manifest: Manifest) -> date:
    """The day on which a pack expires."""
    return from_stamp(manifest.expires_at).date()
