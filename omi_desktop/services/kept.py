"""Pages that a plan was made with, kept as they were then.

One file for each, named by what is in it: `<id>.<version>.<sha256>.md`. It is made while the page is still in use, and
never changed or deleted; so new pages, or a new version of the app, take nothing away that a plan needs.
"""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import date
from pathlib import Path

from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.items import Activity, Page
from omi_desktop.store.durable import make_folder, move, sync_file

FOLDER = "kept"
CONTENT = "resources/activities"
_NAME = re.compile(r"([a-z0-9-]{1,64})\.(\d{4}-\d{2}-\d{2})\.([0-9a-f]{64})\.md")
_TITLE = re.compile(r"^title = \"(.*)\"\s*$", re.MULTILINE)


class Kept:
    """The kept pages of one profile. Any thread may call it; `title` never touches the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], str] = {}
        self._titles: dict[str, str] = {}
        for file in sorted(self._folder.glob("*.md")):
            if name := _NAME.fullmatch(file.name):
                self._files.setdefault((name[1], name[2]), file.name)
                text = self.text(name[1], name[2])
                if text is not None:
                    self._note_title(name[1], text)

    def keep(self, root: Path, activity: Activity) -> None:
        """Keep an activity of the content under `root` in its present version, unless that is kept. Raises OSError."""
        version = activity.checked_on.isoformat()
        with self._lock:
            if self.text(activity.id, version) is not None:
                return
            data = (root / CONTENT / f"{activity.id}.md").read_bytes()
            name = f"{activity.id}.{version}.{hashlib.sha256(data).hexdigest()}.md"
            make_folder(self._folder)
            new = self._folder / f"{name}.new"
            new.write_bytes(data)
            sync_file(new)
            move(new, self._folder / name)
            self._files[activity.id, version] = name
            self._titles[activity.id] = activity.title

    def text(self, item_id: str, version: str) -> str | None:
        """The kept text of one version, if it is there and whole."""
        # Both come from plans, which are anyone's text: they are looked up, never made into a path.
        name = self._files.get((item_id, version))
        if name is None:
            return None
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        return data.decode("utf-8") if name.split(".")[2] == hashlib.sha256(data).hexdigest() else None

    def title(self, item_id: str) -> str | None:
        """The title that an activity had when it was kept last."""
        return self._titles.get(item_id)

    def _note_title(self, item_id: str, text: str) -> None:
        if found := _TITLE.search(text):
            self._titles[item_id] = found[1]


def kept_page(text: str, for_day: date | None) -> Page:
    """The page of a kept text, saying what it is. A text that today's reader can't take as an activity is shown as it
    is. Raises LibraryProblem when not even that can be done."""
    from omi_desktop.library.compose import compose  # noqa: PLC0415 - pydantic and the parser
    from omi_desktop.library.markdown import parse  # noqa: PLC0415
    from omi_desktop.library.model import to_item  # noqa: PLC0415
    from omi_desktop.library.read import FaultyContent, split  # noqa: PLC0415
    from omi_desktop.library.render import render  # noqa: PLC0415

    document = split(text, "activity", "")
    notice = "Earlier version, kept for your plan"
    notice += f" on {shown_date(for_day)}." if for_day else "."
    try:
        return compose(to_item(document), parse(document.body), {}, notice=notice)
    except FaultyContent:
        return render(str(document.front.get("title", "Earlier version")), f"> {notice}\n\n{document.body}")
    except KeyError as error:
        raise LibraryProblem from error
