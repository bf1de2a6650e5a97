"""What the poster says: figures with their sources, and the jobs that it takes from our role cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from omi_desktop.library.items import OWN, Career

HEADLINE: Final = ("Why choose", "the space", "sector?")
LEAD: Final = ("Hardly anyone in it wears a spacesuit.", "You need something you like doing.")
LIKE: Final = "What do you like?"
WAYS: Final = "Five ways in"
ASK: Final = "Ask me about"
ASK_LIMIT: Final = 70
"""Letters of the ambassador's own line: it stands in large type on one line or two."""


class Fact(NamedTuple):
    """A figure, what it counts, and where it is from: the address is a source of a handbook chapter."""

    number: str
    words: str
    source: str
    address: str


FACTS: Final = (
    Fact(
        "55,550",
        "jobs in the UK space industry in 2022/23, up 7% in a year",
        "UK Space Agency, Size and health of the UK space industry 2024, published July 2025, data for 2022/23",
        "https://www.gov.uk/government/publications/size-and-health-of-the-uk-space-industry-2024/"
        "size-and-health-of-the-uk-space-industry-2024",
    ),
    Fact(
        "76%",
        "of 812 adverts for early-career space jobs asked for communication",
        "Space Skills Alliance, Skills demand for early career space jobs, undated, read 2026",
        "https://spaceskills.org/skills-demand-for-early-career-space-jobs",
    ),
    Fact(
        "17",
        "astronauts chosen by the European Space Agency in 2022, from over 22,500 applications",
        "BBC Sky at Night Magazine, 2022",
        "https://www.skyatnightmagazine.com/news/esa-2022-astronaut-candidates-announced/",
    ),
)

ICONS: Final = {
    "role-science-illustrator": "M 4.5 19.5 L 5.5 15 L 16 4.5 L 19.5 8 L 9 18.5 Z M 13.5 7 L 17 10.5",
    "role-space-lawyer": "M 12 4 L 12 20 M 8 20 L 16 20 M 4.8 6.5 L 19.2 6.5 M 4.8 6.5 L 2 13.5 Q 4.8 17 7.6 13.5 Z"
    " M 19.2 6.5 L 16.4 13.5 Q 19.2 17 22 13.5 Z",
    "role-satellite-broadband-engineer": "M 4 7 Q 3.5 18 15 18.5 Z M 9.5 12.7 L 16 6 O 17.2 4.8 1.6"
    " M 8.5 17 L 7 20.5 L 15 20.5 L 13.5 18.4",
    "role-earth-observation-analyst": "M 3.5 6.5 L 9 4.5 L 15 6.5 L 20.5 4.5 L 20.5 17.5 L 15 19.5 L 9 17.5"
    " L 3.5 19.5 Z M 9 4.5 L 9 17.5 M 15 6.5 L 15 19.5",
    "role-weather-forecaster": "M 7 19 Q 3 19 3 15.6 Q 3 12.4 6.5 12.1 Q 7 8 11.5 8 Q 15.7 8 16.5 12"
    " Q 20 12.3 20 15.6 Q 20 19 16.5 19 Z M 15 5.6 Q 20 5 19.6 10 M 17.2 2 L 17.2 3 M 22.6 7.4 L 21.6 7.4",
    "role-spacecraft-operator": "R 3 4.5 18 12 1.5 M 8.5 20 L 15.5 20 M 12 16.5 L 12 20 M 6 11 L 9 11 L 11 8 L 13 13.5"
    " L 14.8 11 L 18 11",
    "role-space-doctor": "M 12 20 Q 2.5 13.5 3.5 8.6 Q 4.4 5 8 5 Q 11 5 12 8 Q 13 5 16 5 Q 19.6 5 20.5 8.6"
    " Q 21.5 13.5 12 20 Z M 9 11.5 L 15 11.5 M 12 8.5 L 12 14.5",
    "role-cost-controller": "M 3.5 20 L 20.5 20 M 6 20 L 6 13 L 9 13 L 9 20 M 11 20 L 11 8 L 14 8 L 14 20"
    " M 16 20 L 16 4.5 L 19 4.5 L 19 20",
    "role-flight-software-engineer": "M 8 6 L 2.8 12 L 8 18 M 16 6 L 21.2 12 L 16 18 M 13.5 4.5 L 10.5 19.5",
    "role-assembly-test-technician": "M 8 4.5 L 16 4.5 L 20.5 12 L 16 19.5 L 8 19.5 L 3.5 12 Z O 12 12 3.8",
    "role-farm-data-adviser": "M 4 21 Q 5 16 10 12 M 7 16.5 Q 4 6 20 4 Q 21 19 7 16.5",
    "role-science-communicator": "M 4 4.5 L 20 4.5 L 20 16 L 12 16 L 8 20 L 8 16 L 4 16 Z M 8 8.5 L 16 8.5"
    " M 8 12 L 13 12",
}
"""The cards that the poster shows, in its order, each with a drawing in the notation of `ui.icons`."""

_WAYS: Final = (
    ("school", "School"),
    ("fe", "College"),
    ("apprenticeship", "Apprenticeship"),
    ("degree", "Degree"),
    ("sideways", "Another job"),
)


class Job(NamedTuple):
    """One job of the poster; `likes` are what someone who does it likes, the first the most telling."""

    likes: tuple[str, ...]
    title: str
    icon: str


class Way(NamedTuple):
    """A way in, and how many of the cards name it."""

    name: str
    cards: int


@dataclass(frozen=True, slots=True)
class PosterWords:
    """What the library has to say on a poster."""

    jobs: tuple[Job, ...]
    ways: tuple[Way, ...]
    cards: int


def poster_words(careers: Sequence[Career]) -> PosterWords:
    """Read the poster's jobs and ways in from the role cards; a card that isn't there is left out."""
    cards = {card.id: card for card in careers if card.medium == "role" and card.provider == OWN}
    jobs = tuple(
        Job(cards[name].interests, cards[name].title, icon) for name, icon in ICONS.items() if name in cards
    )
    counts = Counter(route for card in cards.values() for route in card.routes)
    return PosterWords(jobs, tuple(Way(name, counts[route]) for route, name in _WAYS), len(cards))
