"""Numbers that are worth a second look: a line beside the field, never a box in the way."""

from __future__ import annotations

from typing import Final

from omi_desktop.domain.faults import REVIEW_ABOVE
from omi_desktop.domain.session import Activity

CLASS_OVER: Final = 60
ASSEMBLY_OVER: Final = 2_000


def odd(count: int, activity: Activity) -> str:
    """What to say of a number, or nothing when it is an everyday one."""
    if count > REVIEW_ABOVE:
        return f"Over {REVIEW_ABOVE:,}: your hub confirms it before it counts in full"
    if activity is Activity.ASSEMBLY and count > ASSEMBLY_OVER:
        return f"{count:,} is a lot for one assembly. Is it right?"
    if activity is Activity.CLASS_SESSION and count > CLASS_OVER:
        return f"{count:,} is a lot for one class. Is it right?"
    return ""
