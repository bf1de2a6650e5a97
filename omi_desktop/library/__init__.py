"""Handbook, resource bank and career stories: read, checked, indexed and searched. No user data, no Qt."""

from omi_desktop.library.catalogue import Library
from omi_desktop.library.items import Activity, Career, Chapter, Heading, Hit, Item, Kind, Link, Page, Source

__all__ = [
    "Activity",
    "Career",
    "Chapter",
    "Heading",
    "Hit",
    "Item",
    "Kind",
    "Library",
    "Link",
    "Page",
    "Source",
]
