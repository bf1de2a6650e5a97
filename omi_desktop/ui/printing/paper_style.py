"""How a page of the library looks on paper: black on white, in tenths of a point."""

from __future__ import annotations

import re
from typing import Final

from omi_desktop.ui.printing import face

BODY: Final = 10.5
"""Points."""
_QUOTE: Final = re.compile(r'<blockquote(?: class="(notice)")?>')
_LINK: Final = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_SOURCE: Final = re.compile(
    r'(<li id="source-[^"]*">)<a href="(https://[^"]*)">(.*?)</a>(.*?)</li>', re.DOTALL
)
_READ_NEXT: Final = re.compile(r'<h2 id="read-next">.*?</h2>\n<ul>.*?</ul>\n', re.DOTALL)


def style_sheet(size: float = BODY, loose: float = 1.0) -> str:
    """The style sheet at a size of text in points. `loose` widens what is between the lines."""

    def pt(points: float) -> str:
        return f"{round(points * 10)}px"

    def gap(points: float) -> str:
        return pt(points * loose)

    return f"""
body {{ color: {face.INK}; }}
h1 {{ font-size: {pt(size * 2.1)}; font-weight: 700; margin: 0 0 {pt(8)} 0; }}
h2 {{ font-size: {pt(size * 1.36)}; font-weight: 700; margin: {gap(18)} 0 {gap(5)} 0; }}
h3 {{ font-size: {pt(size * 1.12)}; font-weight: 700; margin: {gap(12)} 0 {gap(4)} 0; }}
h4 {{ font-size: {pt(size)}; font-weight: 700; margin: {gap(10)} 0 {gap(3)} 0; }}
p {{ line-height: {round(100 + 38 * loose)}%; margin: 0 0 {gap(7)} 0; }}
p.lead {{ font-size: {pt(size * 1.15)}; margin-bottom: {gap(10)}; }}
p.small, p.address {{ font-size: {pt(size * 0.86)}; color: {face.SOFT}; }}
p.caption {{ font-size: {pt(size * 0.86)}; color: {face.SOFT}; margin: 0 0 {gap(10)} 0; }}
p.picture {{ line-height: 100%; margin: {gap(5)} 0 {gap(6)} 0; }}
ul, ol {{ margin: 0 0 {gap(8)} 0; }}
li {{ line-height: {round(100 + 32 * loose)}%; margin-bottom: {gap(3.5)}; }}
ol.sources li {{ font-size: {pt(size * 0.86)}; }}
ul.tasks {{ list-style-type: none; }}
ul.tasks li {{ text-indent: -{pt(size * 1.35)}; }}
table {{ border-collapse: collapse; margin: {gap(3)} 0 {gap(10)} 0; }}
th {{ font-weight: 700; text-align: left; padding: {pt(cell_padding(loose))} {pt(9)};
      border: 6px solid {face.LINE}; background-color: #f1f4f3; }}
td {{ padding: {pt(cell_padding(loose))} {pt(9)}; border: 6px solid {face.LINE}; }}
table.facts th {{ font-weight: 400; color: {face.SOFT}; background-color: #ffffff; }}
table.quote td {{ border: none; border-left: 24px solid {face.INK}; padding: {pt(3)} {pt(12)}; }}
table.notice td {{ border: 12px solid {face.INK}; padding: {pt(8)} {pt(12)} {pt(2)} {pt(12)}; }}
pre, code {{ font-family: monospace; }}
sup {{ font-size: {pt(size * 0.95)}; }}
"""


def cell_padding(loose: float = 1.0) -> float:
    """Above and below the words of a table's cell, in points."""
    return 4.5 * loose


def for_paper(html: str) -> str:
    """The page's HTML as it is printed: links are words, sources have their addresses, and what only leads on in the
    app is left out."""
    html = _READ_NEXT.sub("", html)
    html = _SOURCE.sub(r"\1\3\4<br>\2</li>", html)
    html = html.replace("Sources</h2>\n<ol>", 'Sources</h2>\n<ol class="sources">')
    html = _LINK.sub(r"\2", html)
    boxed = _QUOTE.sub(lambda found: f'<table class="{found[1] or "quote"}" width="100%"><tr><td>', html)
    boxed = boxed.replace("</blockquote>", "</td></tr></table>")
    # A cell without words is for a pencil. Without width the columns would be as narrow as their headings.
    return boxed.replace("<table><thead>", '<table width="100%"><thead>')


def addresses(html: str) -> list[tuple[str, str]]:
    """The web addresses that the text links to, other than its sources, with their words, each once."""
    found: dict[str, str] = {}
    for address, words in _LINK.findall(_SOURCE.sub("", html)):
        if address.startswith("https://"):
            found.setdefault(address, words)
    return [(words, address) for address, words in found.items()]
