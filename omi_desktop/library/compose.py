"""The whole page of an item: its title, what its front matter says in words, its text, and where that came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markdown_it.token import Token

from omi_desktop.domain import stages
from omi_desktop.domain.dates import shown_date
from omi_desktop.library.items import Activity, Career, Chapter, Item, Page, age_range
from omi_desktop.library.labels import COSTS, MEDIA, PLACES, ROUTES, STATUSES, STREAMS, TYPES
from omi_desktop.library.render import Writer


def compose(
    item: Item,
    tokens: Sequence[Token],
    titles: Mapping[str, str],
    before: Chapter | None = None,
    after: Chapter | None = None,
    *,
    notice: str = "",
) -> Page:
    """The page of an item. `titles`: of every reference. `before`, `after`: the chapters around it. `notice` is said
    first."""
    writer = Writer(item.title, item.sources)
    if notice:
        writer.notice(notice)
    match item:
        case Chapter():
            writer.paragraph(item.summary, "lead")
            writer.write(tokens)
            _read_next(writer, item.related, titles, before, after)
            _sources(writer)
            writer.paragraph(f"Checked on {shown_date(item.checked_on)}.", "small")
        case Activity():
            _of_a_resource(writer, item, ("About this activity", tuple(_activity_facts(item))), tokens)
        case Career():
            _of_a_resource(writer, item, ("About this job", tuple(_career_facts(item))), tokens)
    return writer.page()


def _of_a_resource(
    writer: Writer,
    item: Activity | Career,
    facts: tuple[str, Sequence[tuple[str, str]]],
    tokens: Sequence[Token],
) -> None:
    """Somebody else's: our few words, the way to their page, the facts. Our own: the facts, then the whole text."""
    writer.paragraph(item.summary, "lead")
    if notice := STATUSES[item.status]:
        writer.notice(notice)
    heading, rows = facts
    if item.url:
        writer.write(tokens)
        writer.link(f"Open at {item.url.split('/')[2].removeprefix('www.')}", item.url)
        writer.facts(rows)
    else:
        writer.section(heading)
        writer.facts(rows)
        writer.write(tokens)
    if writer.has_sources:
        _sources(writer)
    writer.paragraph(f"Source: {item.source}. Checked on {shown_date(item.checked_on)}.", "small")


def _sources(writer: Writer) -> None:
    writer.section("Sources")
    writer.source_list()


def _activity_facts(item: Activity) -> Iterator[tuple[str, str]]:
    rows = (
        ("From", item.provider),
        ("What it is", TYPES[item.type]),
        ("Ages", age_range(item.ages) if item.ages else ""),
        ("Year groups", _year_groups(item.stages)),
        ("In the room", _minutes(item.minutes)),
        ("To prepare", _minutes(item.prep_minutes)),
        ("Group", item.group),
        ("Where", _listed(PLACES[place] for place in item.place)),
        ("Cost", COSTS[item.cost]),
        ("Kit", ", ".join(item.kit)),
        ("Subjects", ", ".join(item.subjects)),
        ("Curriculum", item.curriculum),
        ("Licence", item.licence),
    )
    return (row for row in rows if row[1])


def _career_facts(item: Career) -> Iterator[tuple[str, str]]:
    rows = (
        ("Person", item.person),
        ("Job", item.role if item.role != item.title else ""),
        ("From", item.provider),
        ("What it is", MEDIA[item.medium]),
        ("Length", _minutes(item.minutes)),
        ("Part of space", STREAMS[item.stream]),
        ("Way in", _listed(ROUTES[route] for route in item.routes)),
        ("Subjects", ", ".join(item.subjects)),
        ("Good if you like", ", ".join(item.interests)),
    )
    return (row for row in rows if row[1])


def _read_next(
    writer: Writer,
    related: Sequence[str],
    titles: Mapping[str, str],
    before: Chapter | None,
    after: Chapter | None,
) -> None:
    turns = [("Next", after), ("Previous", before)]
    entries = [
        (f"{word} chapter: {chapter.title}", f"omi:handbook/{chapter.id}", "")
        for word, chapter in turns
        if chapter is not None
    ]
    around = {target for _words, target, _after in entries}
    entries += [
        (titles[name], f"omi:{name}", "")
        for name in related
        if name in titles and f"omi:{name}" not in around
    ]
    if entries:
        writer.section("Read next")
        writer.link_list(entries)


def _year_groups(codes: Sequence[str]) -> str:
    """`Years 4–6 in England and Wales, P5–P7 in Scotland`: a year group says little without its nation."""
    nations: dict[str, list[str]] = {}
    for nation, order in stages.BY_NATION.items():
        if named := [stage.code for stage in order if stage.code in codes]:
            nations.setdefault(stages.label(named), []).append(nation.label)
    groups = [f"{label} in {' and '.join(places)}" for label, places in nations.items()]
    groups += [stage.label for stage in stages.ANYWHERE if stage.code in codes]
    return ", ".join(groups)


def _minutes(minutes: int | None) -> str:
    if minutes is None:
        return ""
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _listed(words: Iterator[str]) -> str:
    text = ", ".join(words)
    return text[:1].upper() + text[1:]
