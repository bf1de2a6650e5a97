"""Shows pages in the real reader, one for each line of JSON on its input, and says what each took.

A pair of calls that ask for files which are not there marks the beginning and the end of a page in a trace.
"""

from __future__ import annotations

import json
import os
import sys
import time

from PySide6.QtWidgets import QApplication

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library import browser
from omi_desktop.library.render import render
from omi_desktop.ui.library.reader import Reader

BEGINS, ENDS = "/omi-page-begins", "/omi-page-ends"
_WARM = "# One\n\nA *word*, [one](https://bücher.example) é ☐ 🦊 \u05d0 \u4e00\n\n- a\n\n> b\n\n|a|\n|-|\n|b|\n\n`c`\n"


def main() -> None:
    """Answer until the input ends: CPU milliseconds, and whether the page was refused."""
    qt = QApplication([])
    reader = Reader()
    reader.resize(800, 600)
    reader.show()
    for body in (_WARM, _WARM):
        reader.read(render("Page", body))
        qt.processEvents()
    browser.web_page(render("Page", _WARM))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        body = json.loads(line)
        os.path.exists(BEGINS)  # noqa: PTH110 - one system call with this name and nothing around it
        started = time.process_time()
        try:
            page = render("Page", body)
            reader.read(page)
            reader.document().size()
            browser.web_page(page)
            is_refused = False
        except LibraryProblem:
            is_refused = True
        qt.processEvents()
        took = (time.process_time() - started) * 1e3
        os.path.exists(ENDS)  # noqa: PTH110
        print(json.dumps({"ms": took, "refused": is_refused}), flush=True)


if __name__ == "__main__":
    main()
