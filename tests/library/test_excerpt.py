"""One section of a page, to be printed alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.library.catalogue import Library
from omi_desktop.library.drawing import DIAGRAMS
from omi_desktop.library.items import Heading
from tests.library.sound import plant

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 300"><rect width="9" height="9"/></svg>'


def test_a_pupil_sheet_alone(root: Path, tmp_path: Path) -> None:
    plant(
        root,
        "activity",
        "My comet's",
        "![An empty box to draw](diagram:box)\n\n1. About 10%.[^comets][^own]\n\nMy comet's",
    )
    (root / DIAGRAMS).mkdir()
    (root / DIAGRAMS / "box.svg").write_text(SVG, encoding="utf-8")

    with Library.open(tmp_path / "cache", root) as library:
        sheet = library.section("activity", "paper-comet", "pupil-sheet")
        fit = library.section("activity", "paper-comet", "make-it-fit")
        with pytest.raises(LibraryProblem):
            library.section("activity", "paper-comet", "gone")

    assert sheet.title == "Pupil sheet"
    assert sheet.html.startswith(
        '<h1>Paper comet</h1>\n<h2 id="pupil-sheet">Pupil sheet</h2>\n<p class="picture">'
    )
    assert "<li>About 10%.</li>" in sheet.html
    assert "Sources" not in sheet.html
    assert list(sheet.pictures) == ["omi:diagram/box"]
    assert sheet.contents == ()
    assert [heading.text for heading in fit.contents] == ["Younger", "Older", "SEND", "Online"]
    assert fit.contents[0] == Heading(3, "Younger", "younger")
    assert fit.pictures == {}
