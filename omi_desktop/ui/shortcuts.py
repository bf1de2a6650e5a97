"""The keys of the window, in one table: what they do is bound in `main_window`, F1 shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`keys` as Qt writes them; `title` as a person would say it."""

    keys: str
    title: str


SHORTCUTS: Final[dict[str, Shortcut]] = {
    "today": Shortcut("Ctrl+1", "Today"),
    "sessions": Shortcut("Ctrl+2", "Sessions"),
    "library": Shortcut("Ctrl+3", "Library"),
    "sync": Shortcut("Ctrl+5", "Sync"),
    "settings": Shortcut("Ctrl+,", "Settings"),
    "search": Shortcut("Ctrl+K", "Search the Library"),
    "record": Shortcut("Ctrl+R", "Record a session"),
    "plan": Shortcut("Ctrl+N", "Plan a session"),
    "save": Shortcut("Ctrl+Enter", "Save the session or plan in view"),
    "date": Shortcut("Alt+D", "Go to the date in a form"),
    "find": Shortcut("Ctrl+F", "Find in the page that is read in the Library"),
    "star": Shortcut("Ctrl+D", "Favourite or not: the page or row in the Library"),
    "larger": Shortcut("Ctrl++", "Larger text in the Library"),
    "smaller": Shortcut("Ctrl+-", "Smaller text in the Library"),
    "usual_size": Shortcut("Ctrl+0", "Text at its usual size"),
    "next_pane": Shortcut("F6", "Move between the menu and the page"),
    "keys": Shortcut("F1", "Show these keys"),
}
