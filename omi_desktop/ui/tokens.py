"""The colours, in one table: a column each for light, dark and high contrast.

`PAIRS` states which colour is read on which, with the least contrast (WCAG 2.2: 4.5:1 for text, 3:1 for
lines, icons and the focus ring). A test holds the table to it, so a colour is changed here and nowhere else.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Column = Literal["light", "dark", "contrast"]
Token = Literal[
    "page",
    "nav",
    "surface",
    "sunken",
    "text",
    "muted",
    "line",
    "edge",
    "accent",
    "accent_strong",
    "on_accent",
    "tint",
    "tint_strong",
    "on_tint",
    "focus",
    "warning",
    "warning_tint",
    "danger",
    "danger_tint",
    "on_danger",
    "track",
]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)

TABLE: Final[dict[Token, tuple[str, str, str]]] = {
    #                light      dark       high contrast
    "page":         ("#f5f5f3", "#111718", "#000000"),
    "nav":          ("#ffffff", "#172023", "#000000"),
    "surface":      ("#ffffff", "#1c2427", "#000000"),
    "sunken":       ("#f5f5f3", "#141b1d", "#000000"),
    "text":         ("#1c2624", "#e6eceb", "#ffffff"),
    "muted":        ("#57615f", "#a3b0ae", "#ffffff"),
    "line":         ("#e2e5e3", "#2c373a", "#ffffff"),
    "edge":         ("#7d8784", "#788785", "#ffffff"),
    "accent":       ("#0f766e", "#2dd4bf", "#5eead4"),
    "accent_strong": ("#0b5a54", "#5eead4", "#ffffff"),
    "on_accent":    ("#ffffff", "#0b1f1d", "#000000"),
    "tint":         ("#e3f2ef", "#193836", "#00302b"),
    "tint_strong":  ("#cfe8e3", "#1c4743", "#004f47"),
    "on_tint":      ("#0b5a54", "#5eead4", "#ffffff"),
    "focus":        ("#c2690a", "#fbbf24", "#ffd400"),
    "warning":      ("#8a5100", "#fcd34d", "#ffd400"),
    "warning_tint": ("#fdf3df", "#3a2f12", "#2b2400"),
    "danger":       ("#b42318", "#fca5a5", "#ff9d9d"),
    "danger_tint":  ("#fdecea", "#432020", "#330000"),
    "on_danger":    ("#ffffff", "#2a0c0c", "#000000"),
    "track":        ("#e3f2ef", "#193836", "#3d3d3d"),
}  # fmt: skip

TEXT: Final = 4.5
SHAPE: Final = 3.0
PAIRS: Final[tuple[tuple[Token, Token, float], ...]] = (
    *(
        (front, back, TEXT)
        for front in ("text", "muted", "accent", "danger", "warning")
        for back in ("page", "nav", "surface", "sunken")
    ),
    *((front, back, TEXT) for front in ("text", "muted", "on_tint") for back in ("tint", "tint_strong")),
    ("on_accent", "accent", TEXT),
    ("on_accent", "accent_strong", TEXT),
    ("on_danger", "danger", TEXT),
    *((front, "warning_tint", TEXT) for front in ("text", "muted", "warning")),
    *((front, "danger_tint", TEXT) for front in ("text", "muted", "danger")),
    *((front, back, SHAPE) for front in ("edge", "focus") for back in ("page", "nav", "surface", "sunken")),
    *(("focus", back, SHAPE) for back in ("tint", "warning_tint", "danger_tint")),
    ("accent", "track", SHAPE),
)  # fmt: skip


def value(token: Token, column: Column) -> str:
    """The colour as `#rrggbb`."""
    return TABLE[token][COLUMNS.index(column)]


def contrast(one: str, other: str) -> float:
    """The contrast of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
