"""Pages as local web pages, for screen readers that read a browser better, and for printing."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from omi_desktop.library.boxes import with_boxes

if TYPE_CHECKING:
    from omi_desktop.library.items import Page

_INSIDE = re.compile(r'href="omi:(handbook|activity|career)/([a-z0-9-]+)"')
_SOURCE_MARK = re.compile(r'(<a href="#source-[a-z0-9-]+")>(\d+)</a>')
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid #8888; vertical-align: top; }
blockquote { border-left: .25rem solid #0f766e; margin: 1rem 0; padding: .1rem 1rem; }
blockquote.notice { border-left-color: #8a5100; }
ul.tasks { list-style: none; padding-left: 1.8rem; }
ul.tasks input { margin: 0 .5rem 0 -1.7rem; width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
:focus-visible { outline: .2rem solid #c2690a; outline-offset: .1rem; }
@media print { .skip, nav { display: none; } h2, h3 { break-after: avoid; } tr, img { break-inside: avoid; } }
img { max-width: 100%; height: auto; }
.picture { margin-bottom: .2rem; }
sup a { padding: 0 .15rem; }
.caption, .small { font-size: .9rem; }
"""


def web_page(page: Page) -> str:
    """A whole HTML document that fetches nothing; links inside the library lead to its neighbours on disk."""
    body = _INSIDE.sub(r'href="../\1/\2.html"', page.html)
    for source, png in page.pictures.items():
        body = body.replace(
            f'src="{source}"', f'src="data:image/png;base64,{b64encode(png).decode("ascii")}"'
        )
    body = _SOURCE_MARK.sub(r'\1 aria-label="Source \2">\2</a>', body)
    # The caption says what the picture's own words say: a screen reader need not hear it twice.
    body = body.replace('<p class="caption">', '<p class="caption" aria-hidden="true">')
    body = with_boxes(body, lambda _number, words: f'<label><input type="checkbox"> {words}</label>')
    contents = "".join(
        f'<li><a href="#{escape(heading.anchor)}">{escape(heading.text)}</a></li>'
        for heading in page.contents
        if heading.level == 2
    )
    nav = f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n' if contents else ""
    title, rest = body.split("\n", 1)
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<title>{escape(page.title)} – OMI Desktop</title>
<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#page">Skip to the page</a>
<main id="page" tabindex="-1">
{title}
{nav}{rest}</main>
</body>
</html>
"""
