"""Writes everything that can be printed as PDF into a folder, to look at: `python -m omi_desktop.ui.printing DIR`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from omi_desktop.library.catalogue import Library
from omi_desktop.ui.printing.pdf import save
from omi_desktop.ui.printing.printables import printables


def main() -> None:
    """Write them, each on all papers it comes on."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication(sys.argv[:1])
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as cache, Library.open(Path(cache)) as library:
        for thing in printables(library):
            typed = {question.name: "" for question in thing.questions}
            for paper in thing.papers:
                save(thing.make(paper, typed), folder / thing.file_name(paper))
    app.quit()


if __name__ == "__main__":
    main()
