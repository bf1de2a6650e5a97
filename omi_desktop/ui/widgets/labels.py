"""Text on screen, by role. Labels wrap and never stretch beyond what they say."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from omi_desktop.ui import fonts

Role = Literal["title", "heading", "strong", "body", "muted", "small", "eyebrow", "number", "error", "brand"]


class Label(QLabel):
    """Plain text in one of the roles of the style sheet."""

    def __init__(self, text: str, role: Role, *, wraps: bool = True) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setWordWrap(wraps)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(wraps)
        self.setSizePolicy(policy)
        if role == "number":
            self.setFont(fonts.tabular(self.font()))


def title(text: str) -> Label:
    """The name of a page, once at its top."""
    return Label(text, "title")


def heading(text: str) -> Label:
    """The name of a card or part."""
    return Label(text, "heading")


def strong(text: str) -> Label:
    """Body text that stands out."""
    return Label(text, "strong")


def body(text: str) -> Label:
    """Running text."""
    return Label(text, "body")


def muted(text: str) -> Label:
    """Running text of less weight."""
    return Label(text, "muted")


def small(text: str) -> Label:
    """Hints and dates."""
    return Label(text, "small")


def eyebrow(text: str) -> Label:
    """A word above a heading, such as NEXT."""
    return Label(text, "eyebrow")


def number(text: str) -> Label:
    """A large count, with figures of equal width."""
    return Label(text, "number", wraps=False)


def error(text: str) -> Label:
    """What is wrong with a field."""
    return Label(text, "error")
