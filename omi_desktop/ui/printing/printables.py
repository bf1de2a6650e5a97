"""What can be printed, in the order of the list: what it is, what may be typed into it, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from omi_desktop.library.checklists import checklists
from omi_desktop.library.items import OWN, Activity, Chapter, Kind
from omi_desktop.ui.printing import handouts, invitation, poster, poster_words, slips, tally
from omi_desktop.ui.printing.pages import page_sheet
from omi_desktop.ui.printing.sheet import Paper, Sheet

if TYPE_CHECKING:
    from omi_desktop.library import Library

Typed = Mapping[str, str]


class Question(NamedTuple):
    """A line that is typed before printing: its name in what is kept, its label, a hint, and how long it may be."""

    name: str
    label: str
    hint: str
    limit: int


@dataclass(frozen=True, slots=True)
class Printable:
    """`make` may take a while and reads the library: not for the window's thread. It raises an OmiError."""

    id: str
    title: str
    about: str
    make: Callable[[Paper, Typed], Sheet]
    papers: tuple[Paper, ...] = (Paper.A4,)
    questions: tuple[Question, ...] = ()

    def file_name(self, paper: Paper) -> str:
        """A name for the file that every system takes."""
        title = self.title.replace(": ", " - ").replace("’", "").replace("'", "")
        kept = "".join(letter if letter.isalnum() or letter in " -,()" else " " for letter in title)
        name = " ".join(kept.split())[:80].rstrip(" ,-(")
        return f"{name} ({paper.value}).pdf" if len(self.papers) > 1 else f"{name}.pdf"


_ASK: Final = Question(
    "ask",
    f"{poster_words.ASK} …",
    "Your own line, such as: how to fix a satellite that nobody can touch. Leave it empty for a line to write on.",
    poster_words.ASK_LIMIT,
)
_INVITED: Final = (
    Question("what", "What", "Such as: Rocket evening for families", invitation.LINE_LIMIT),
    Question("when", "When", "Day and times, also when it ends", invitation.LINE_LIMIT),
    Question("where", "Where", "The place, and the way in without steps", invitation.LINE_LIMIT),
    Question("bring", "What to bring", "Or: nothing, only yourselves", invitation.LINE_LIMIT),
)


def printables(library: Library) -> tuple[Printable, ...]:
    """Everything in the Print tab. Reads the library."""
    return (
        Printable(
            "poster",
            poster.TITLE,
            "A poster for a wall: twelve jobs, ways in, and your own line. A4 or A3, also in black and white.",
            partial(_poster, library),
            (Paper.A3, Paper.A4),
            (_ASK,),
        ),
        Printable(
            "slips",
            slips.YOUNG_PEOPLE,
            "Four to a page: three statements to tick and two lines. Without names.",
            lambda _paper, _typed: slips.young_people(),
        ),
        Printable(
            "teacher",
            slips.TEACHER,
            "Two to a page: how many were there, and what to change. Staff confirm the number.",
            lambda _paper, _typed: slips.teacher(),
        ),
        Printable(
            "tally",
            tally.TITLE,
            "Count without names and without a laptop.",
            lambda _paper, _typed: tally.tally(),
        ),
        Printable(
            "invitation",
            invitation.TITLE,
            "For families, in black and white. The school sends it.",
            _invitation,
            questions=_INVITED,
        ),
        *_pupil_sheets(library),
        *_checklists(library),
    )


def page_of(library: Library, kind: Kind, item_id: str) -> Printable:
    """A whole page of the library."""
    title = library.item(kind, item_id).title
    return Printable(
        f"{kind}/{item_id}",
        title,
        "The whole page on A4 in black and white, with page numbers, and web addresses in full.",
        lambda _paper, _typed: page_sheet(library.item(kind, item_id), library.page(kind, item_id)),
    )


def _poster(library: Library, paper: Paper, typed: Typed) -> Sheet:
    return poster.poster(poster_words.poster_words(library.careers()), paper, typed["ask"])


def _invitation(_paper: Paper, typed: Typed) -> Sheet:
    return invitation.invitation(
        invitation.Invitation(typed["what"], typed["when"], typed["where"], typed["bring"])
    )


def _pupil_sheets(library: Library) -> Iterator[Printable]:
    def make(item: Activity, _paper: Paper, _typed: Typed) -> Sheet:
        return handouts.pupil_sheet(item, library.section("activity", item.id, handouts.ANCHOR))

    for item in library.activities():
        if item.provider == OWN:
            yield Printable(
                f"pupil-sheet/{item.id}",
                f"{handouts.PUPIL_SHEET}: {item.title}",
                "One page for young people to fill in. It asks for no name.",
                partial(make, item),
            )


def _checklists(library: Library) -> Iterator[Printable]:
    def make(item: Chapter, _paper: Paper, _typed: Typed) -> Sheet:
        return handouts.checklist(item, library.page("handbook", item.id))

    for item in library.chapters():
        if checklists(library.page("handbook", item.id)):
            yield Printable(
                f"checklist/{item.id}",
                f"Checklist: {item.title}",
                "The boxes of this chapter, to tick on paper.",
                partial(make, item),
            )
