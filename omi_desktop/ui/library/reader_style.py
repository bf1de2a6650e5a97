"""How a page of the library looks in the reader: a style sheet for QTextDocument, from the tokens."""

from __future__ import annotations

import re
from collections.abc import Collection

from PySide6.QtGui import QFontMetrics

from omi_desktop.library.boxes import OPEN, TICKED, boxes, with_boxes
from omi_desktop.ui import fonts, theme
from omi_desktop.ui.tokens import Token

BOX_SCHEME = "box"
"""Of the links that stand for the boxes of a checklist, with the number of each."""
_QUOTE = re.compile(r'<blockquote(?: class="(notice)")?>')


def style_sheet() -> str:
    """The style sheet in the present theme."""
    look = theme.current()

    def c(token: Token) -> str:
        return look.colour(token).name()

    px = look.px
    box = QFontMetrics(fonts.interface_font(px(fonts.BODY))).horizontalAdvance("☐ ")
    return f"""
body {{ color: {c("text")}; }}
h1 {{ font-size: {px(fonts.TITLE)}px; font-weight: 700; margin: 0 0 {px(10)}px 0; }}
h2 {{ font-size: {px(19)}px; font-weight: 700; margin: {px(26)}px 0 {px(8)}px 0; }}
h3 {{ font-size: {px(16)}px; font-weight: 600; margin: {px(18)}px 0 {px(6)}px 0; }}
h4 {{ font-size: {px(fonts.BODY)}px; font-weight: 600; margin: {px(14)}px 0 {px(4)}px 0; }}
p {{ line-height: 145%; margin: 0 0 {px(12)}px 0; }}
p.lead {{ font-size: {px(16)}px; color: {c("muted")}; margin-bottom: {px(16)}px; }}
p.small {{ font-size: {px(fonts.SMALL)}px; color: {c("muted")}; margin-top: {px(14)}px; }}
p.picture {{ margin: {px(8)}px 0 0 0; line-height: 100%; }}
p.caption {{ font-size: {px(fonts.SMALL)}px; color: {c("muted")}; margin: {px(4)}px 0 {px(18)}px 0; }}
sup {{ font-size: {px(fonts.BODY + 2)}px; }}
a {{ color: {c("accent")}; text-decoration: underline; }}
a.box {{ color: {c("text")}; text-decoration: none; }}
ul, ol {{ margin: 0 0 {px(12)}px 0; }}
li {{ line-height: 140%; margin-bottom: {px(5)}px; }}
ul.tasks {{ list-style-type: none; }}
ul.tasks li {{ text-indent: -{box}px; }}
table {{ border-collapse: collapse; margin: {px(4)}px 0 {px(14)}px 0; }}
th {{ font-weight: 600; text-align: left; padding: {px(6)}px {px(16)}px {px(6)}px 0;
      border-bottom: 1px solid {c("edge")}; }}
td {{ padding: {px(6)}px {px(16)}px {px(6)}px 0; border-bottom: 1px solid {c("line")}; }}
table.facts th {{ color: {c("muted")}; border-bottom: 1px solid {c("line")}; }}
table.quote td {{ background-color: {c("tint")}; border: none; border-left: 3px solid {c("accent")};
                  padding: {px(10)}px {px(14)}px {px(2)}px {px(14)}px; }}
table.notice td {{ background-color: {c("warning_tint")}; border: none; border-left: 3px solid {c("warning")};
                   padding: {px(10)}px {px(14)}px {px(2)}px {px(14)}px; }}
pre, code {{ background-color: {c("sunken")}; font-family: monospace; }}
"""


def for_reader(html: str, ticked: Collection[str] = ()) -> str:
    """The page's HTML with quotes as one-celled tables, the only boxes that QTextDocument can pad and tint, and with
    the boxes of checklists as links, which the keyboard reaches."""
    boxed = _QUOTE.sub(lambda found: f'<table class="{found[1] or "quote"}" width="100%"><tr><td>', html)
    names = boxes(html)

    def draw(number: int, words: str) -> str:
        box = TICKED if names[number] in ticked else OPEN
        return f'<a class="box" href="{BOX_SCHEME}:{number}">{box}</a> {words}'

    return with_boxes(boxed.replace("</blockquote>", "</td></tr></table>"), draw)
