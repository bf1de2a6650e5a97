"""What the short words of the content files are called on screen: one table for pages, filters and chips."""

from __future__ import annotations

from typing import Final

TYPES: Final = {
    "hands-on": "Hands-on activity",
    "experiment": "Experiment",
    "coding": "Coding",
    "competition": "Competition",
    "project": "Project",
    "lesson": "Lesson",
    "worksheet": "Worksheet",
    "kit": "Kit to keep",
    "loan": "Kit to borrow",
    "guide": "Guide",
    "collection": "Collection",
    "game": "Game",
    "show": "Show",
    "data": "Data to explore",
    "award": "Award",
}
MEDIA: Final = {
    "video": "Video",
    "podcast": "Podcast",
    "profile": "Profile",
    "article": "Article",
    "role": "Job role",
}
COSTS: Final = {"free": "Free", "low": "Low cost", "paid": "Paid", "unknown": ""}
PLACES: Final = {
    "classroom": "classroom",
    "hall": "hall",
    "outdoors": "outdoors",
    "lab": "lab",
    "online": "online",
    "home": "at home",
    "visit": "on a visit",
}
STREAMS: Final = {
    "upstream": "Building and launching: rockets, satellites, instruments",
    "downstream": "Using space: data, signals, services",
    "operations": "Operations: running missions and satellites",
    "science": "Science",
    "software": "Software and data",
    "law": "Law and policy",
    "finance": "Money and business",
    "design": "Design and making",
    "medicine": "Medicine and life sciences",
    "support": "The people around it: communication, teaching, people, skills",
}
ROUTES: Final = {
    "school": "straight from school",
    "fe": "college",
    "apprenticeship": "apprenticeship",
    "degree": "degree",
    "sideways": "from another job",
}
STATUSES: Final = {
    "current": "",
    "historic": "From an earlier year: the page may still be useful, but nothing new is planned.",
    "closed": "Closed: it can't be joined or ordered any more.",
    "unchecked": "Not checked by us yet: look at the page before you plan with it.",
}
AUDIENCES: Final = {
    "ambassador": "Ambassador",
    "employer": "Employer",
    "teacher": "Teacher or school",
    "partnership": "Regional partnership",
}
