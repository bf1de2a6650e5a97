"""Rules over all files together: names, orders, links between pages, no chapter that nothing leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from omi_desktop.library.items import Chapter
from omi_desktop.library.markdown import inline
from omi_desktop.library.read import FOLDERS, Fault
from omi_desktop.library.rules.entry import Entry
from omi_desktop.library.targets import inside, is_allowed


def stray(root: Path) -> Iterator[Fault]:
    """Files in the content's folders that are no content."""
    for folder in FOLDERS:
        for path in (root / folder).glob("*"):
            if path.suffix != ".md" and not path.name.startswith("."):
                yield Fault(path.relative_to(root).as_posix(), 1, "not a content file: only .md belongs here")


def names(one: Entry) -> Iterator[Fault]:
    """A file is called as its id."""
    stem = Path(one.document.file).stem
    if stem != one.item.id:
        yield one.fault(f'id is "{one.item.id}" but the file is called "{stem}.md"', "id")


def twice(entries: Iterable[Entry]) -> Iterator[Fault]:
    """No id, title or place in the handbook is used twice."""
    seen: dict[tuple[str, str | int], str] = {}
    for one in entries:
        marks: list[tuple[str, str | int]] = [("id", one.item.id), ("title", one.item.title.casefold())]
        if isinstance(one.item, Chapter):
            marks.append(("order", one.item.order))
        for field, value in marks:
            other = seen.setdefault((field, value), one.document.file)
            if other != one.document.file:
                yield one.fault(f"{field} is already used by {other}", field)


def links(one: Entry, known: set[str]) -> Iterator[Fault]:
    """A link leads to a page that there is, or to an https address."""
    for token, line in inline(one.tokens):
        if token.type != "link_open":
            continue
        target = str(token.attrs["href"])
        if not is_allowed(target):
            yield one.fault_in_body(f"link to {target}: only omi:<kind>/<id> and https links work", line)
        elif (place := inside(target)) and f"{place[0]}/{place[1]}" not in known:
            yield one.fault_in_body(f"link to {target}: there is no such page", line)
    if isinstance(one.item, Chapter):
        for name in one.item.related:
            if name not in known:
                yield one.fault(f"related: there is no page {name}", "related")
            if name == one.name:
                yield one.fault("related names the chapter itself", "related")


def orphans(entries: Sequence[Entry]) -> Iterator[Fault]:
    """Every chapter but the first is led to by a link or by `related` of another page."""
    chapters = sorted((one for one in entries if isinstance(one.item, Chapter)), key=_order)
    led_to = {target for one in entries for target in _leads_to(one) if target != one.name}
    for one in chapters[1:]:
        if one.name not in led_to:
            yield one.fault("no other page links to this chapter or names it in related", "id")


def _order(one: Entry) -> int:
    return one.item.order if isinstance(one.item, Chapter) else 0


def _leads_to(one: Entry) -> Iterator[str]:
    if isinstance(one.item, Chapter):
        yield from one.item.related
    for token, _line in inline(one.tokens):
        if token.type == "link_open" and (place := inside(str(token.attrs["href"]))):
            yield "/".join(place)
