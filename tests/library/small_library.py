"""The front matter of small, sound files, for tests that write a library on disk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from omi_desktop.library.items import Activity

FOLDERS = {"handbook": "handbook", "activity": "resources/activities", "career": "resources/careers"}

CHAPTER = """\
id = "{id}"
title = "{title}"
summary = "What to do first."
order = 10
minutes = 3
audience = ["ambassador"]
keywords = ["badge"]
checked_on = 2026-11-22
related = []

[[sources]]
key = "source"
title = "A source"
url = "https://example.org/source"
read_on = 2026-11-22
"""
ACTIVITY = """\
id = "{id}"
title = "{title}"
provider = "An observatory"
url = "https://example.org/activity"
type = "hands-on"
ages = [8, 12]
subjects = ["Science"]
cost = "free"
keywords = ["launch"]
status = "current"
source = "A list"
checked_on = 2026-11-22
good_for = "A first rocket indoors."
"""
CAREER = """\
id = "{id}"
title = "{title}"
kind = "profile"
provider = "An agency"
url = "https://example.org/career"
role = "Legal analyst"
stream = "support"
subjects = ["Law"]
keywords = ["contract"]
status = "current"
source = "A list"
checked_on = 2026-11-22
"""
FRONT = {"handbook": CHAPTER, "activity": ACTIVITY, "career": CAREER}

Write = Callable[..., Path]


def activity(**fields: Any) -> Activity:
    """A sound activity, with other fields where a test cares."""
    usual: dict[str, Any] = {
        "id": "paper-rocket",
        "title": "Paper rockets",
        "provider": "An observatory",
        "url": "https://example.org/activity",
        "type": "hands-on",
        "cost": "free",
        "status": "current",
        "source": "A list",
        "checked_on": date(2026, 11, 22),
        "good_for": "A first rocket indoors.",
    }
    return Activity(**usual | fields)


def make_root(root: Path) -> Path:
    """An empty library."""
    for folder in FOLDERS.values():
        (root / folder).mkdir(parents=True)
    return root


def write_file(
    root: Path,
    kind: str,
    item_id: str,
    *,
    body: str = "Some words.\n",
    title: str = "",
    **fields: str | None,
) -> Path:
    """One file of a library, sound unless a test wants otherwise; a field of None is left out."""
    lines = FRONT[kind].format(id=item_id, title=title or item_id.replace("-", " ").capitalize()).splitlines()
    for name, value in fields.items():
        kept = [line for line in lines if not line.startswith(f"{name} = ")]
        lines = kept if value is None else [f"{name} = {value}", *kept]
    path = root / FOLDERS[kind] / f"{item_id}.md"
    path.write_text("\n".join(["+++", *lines, "+++", "", body]), encoding="utf-8")
    return path
