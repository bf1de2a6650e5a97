"""Diagrams: only safe SVG is drawn, and it comes out as the same picture everywhere."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from omi_desktop.library import check, drawing
from omi_desktop.library.browser import web_page
from omi_desktop.library.catalogue import Library
from omi_desktop.library.drawing import DIAGRAMS, SCALE, draw, picture
from omi_desktop.library.locate import content_root
from omi_desktop.library.svg import SIZE_LIMIT, troubles
from tests.library.sound import plant

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 300" font-family="Inter, sans-serif" font-size="17">\n'
SOUND = (
    HEAD
    + '<rect x="1" y="1" width="698" height="298" fill="#fff"/>\n<text x="20" y="40">Šŵ π ≈ 3</text>\n</svg>\n'
)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_a_sound_diagram_is_drawn_at_twice_its_size() -> None:
    assert troubles(SOUND.encode()) == []
    assert size(draw(SOUND.encode())) == (700 * SCALE, 300 * SCALE)


def test_letters_are_drawn_without_any_font_of_the_machine() -> None:
    without = SOUND.replace("Šŵ π ≈ 3", "")
    assert len(draw(SOUND.encode())) > len(draw(without.encode())) + 500


@pytest.mark.parametrize(
    ("spoilt", "line", "message"),
    [
        ("<script>alert(1)</script>", 2, "<script> is not allowed in a diagram"),
        ('<image href="https://example.org/a.png"/>', 2, "<image> is not allowed in a diagram"),
        ("<foreignObject><p>x</p></foreignObject>", 2, "<foreignObject> is not allowed in a diagram"),
        ('<use href="#a"/>', 2, "<use> is not allowed in a diagram"),
        ('<a href="https://example.org"/>', 2, "<a> is not allowed in a diagram"),
        ("<svg/>", 2, "<svg> is not allowed in a diagram"),
        ('<rect xmlns="http://www.w3.org/1999/xhtml"/>', 2, "<rect> is not allowed in a diagram"),
        ("<?xml-stylesheet href='a.css'?>", 2, "<?…?> is not allowed"),
        ('<rect onload="alert(1)"/>', 2, "onload is not allowed on <rect>"),
        ('<rect style="fill:url(a)"/>', 2, "style is not allowed on <rect>"),
        ('<rect fill="url(https://example.org/a)"/>', 2, 'fill="url(https://example.org/a)" is not allowed'),
        ('<rect fill="url(#a) url(b)"/>', 2, 'fill="url(#a) url(b)" is not allowed'),
        ('<text font-family="Arial">x</text>', 2, 'font-family must be "Inter, sans-serif"'),
        ('\n<text font-size="12">x</text>', 3, "letters of 12: 16 is the smallest"),
        ('<line stroke-dasharray="0.001"/>', 2, 'stroke-dasharray="0.001": dashes are of 1 or more'),
        ("<text>月</text>", 2, "the lettering has no '月'"),
        ("<rect>", 4, "not XML: mismatched tag"),
        ("<g>" * 8 + "</g>" * 8, 2, "too deeply nested"),
    ],
)
def test_everything_else_is_refused_with_its_line(spoilt: str, line: int, message: str) -> None:
    svg = SOUND.replace('<rect x="1"', f'{spoilt}<rect x="1"')

    assert (line, message) in troubles(svg.encode())
    with pytest.raises(ValueError, match=r"\w"):
        draw(svg.encode())


@pytest.mark.parametrize(
    ("svg", "message"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SOUND, "a document type is not allowed"),
        (SOUND + "<!--" + "x" * SIZE_LIMIT + "-->", "the diagram has"),
        (SOUND.replace("0 0 700 300", "0 0 7000 300"), "viewBox must be 640 to 800 wide"),
        (SOUND.replace('viewBox="0 0 700 300"', 'width="700"'), "viewBox must be four numbers"),
        ("<html/>", "<html> is not allowed"),
        ("", "not XML: no element found"),
        ("\ufffe", "not XML"),
    ],
)
def test_a_drawing_that_is_none_of_ours_is_refused(svg: str, message: str) -> None:
    assert any(message in trouble.message for trouble in troubles(svg.encode()))


def test_what_cannot_be_drawn_is_left_out_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / DIAGRAMS
    folder.mkdir(parents=True)
    (folder / "bad.svg").write_text("<svg/>", encoding="utf-8")

    assert picture(tmp_path, "bad", tmp_path / "kept") is None
    assert picture(tmp_path, "gone", tmp_path / "kept") is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_a_picture_is_kept_and_drawn_anew_when_the_diagram_changes(tmp_path: Path) -> None:
    folder, kept = tmp_path / DIAGRAMS, tmp_path / "kept"
    folder.mkdir(parents=True)
    (folder / "a.svg").write_text(SOUND, encoding="utf-8")
    first = picture(tmp_path, "a", kept)
    [file] = kept.iterdir()
    file.write_bytes(b"from the cache")

    assert picture(tmp_path, "a", kept) == b"from the cache"
    (folder / "a.svg").write_text(SOUND.replace("≈ 3", "≈ 4"), encoding="utf-8")
    assert picture(tmp_path, "a", kept) not in (first, b"from the cache", None)


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    folder = tmp_path / DIAGRAMS
    folder.mkdir(parents=True)
    (folder / "a.svg").write_text(SOUND, encoding="utf-8")
    (tmp_path / "kept").write_text("a file in the way", encoding="utf-8")

    assert picture(tmp_path, "a", tmp_path / "kept") == draw(SOUND.encode())


def test_a_page_brings_its_pictures_and_the_browser_gets_them_inside(root: Path, tmp_path: Path) -> None:
    plant(root, "chapter", "Read [", "![A rectangle in the sky](diagram:sky)\n\nRead [")
    (root / DIAGRAMS).mkdir()
    (root / DIAGRAMS / "sky.svg").write_text(SOUND, encoding="utf-8")
    assert check.faults(root) == []

    with Library.open(tmp_path / "cache", root) as library:
        page = library.page("handbook", "counting-stars")
        file = library.web_page("handbook", "counting-stars")
    assert size(page.pictures["omi:diagram/sky"]) == (1400, 600)
    assert web_page(page) == file.read_text(encoding="utf-8")
    assert '<img src="data:image/png;base64,iVBOR' in web_page(page)
    assert "img-src data:" in web_page(page)
    assert "omi:diagram" not in web_page(page)


def test_every_diagram_is_sound_and_shown(root: Path) -> None:
    plant(root, "chapter", "Read [", "![A rectangle in the sky](diagram:sky)\n\nRead [")
    folder = root / DIAGRAMS
    folder.mkdir()
    (folder / "sky.svg").write_text(SOUND.replace("<text", '<text class="a"'), encoding="utf-8")
    (folder / "spare.svg").write_text(SOUND, encoding="utf-8")
    (folder / "photo.png").write_bytes(b"")

    assert [str(fault) for fault in check.faults(root)] == [
        "resources/diagrams/photo.png:1: not a diagram: only <id>.svg belongs here",
        "resources/diagrams/sky.svg:3: class is not allowed on <text>",
        "resources/diagrams/spare.svg:1: no page shows this diagram",
    ]


def test_a_picture_says_in_words_what_it_shows_and_stands_alone(root: Path) -> None:
    line = plant(
        root, "chapter", "Read [", "![Sky](diagram:sky)\n\nThe ![big blue sky above](diagram:sky) Read ["
    )
    (root / DIAGRAMS).mkdir()
    (root / DIAGRAMS / "sky.svg").write_text(SOUND, encoding="utf-8")

    assert [str(fault) for fault in check.faults(root)] == [
        f"handbook/counting-stars.md:{line}: diagram:sky: say in [ ] what it shows",
        f"handbook/counting-stars.md:{line + 2}: a picture stands alone on its line",
    ]


def test_what_is_drawn_at_build_is_taken_and_what_is_left_over_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, built = tmp_path / DIAGRAMS, tmp_path / "built"
    folder.mkdir(parents=True)
    (folder / "a.svg").write_text(SOUND, encoding="utf-8")
    drawing.draw_all(tmp_path, built)
    [file] = built.iterdir()
    file.write_bytes(b"built")
    monkeypatch.setattr(drawing, "BUILT", built)

    assert picture(tmp_path, "a", tmp_path / "kept") == b"built"
    assert not (tmp_path / "kept").exists()

    (folder / "a.svg").write_text(SOUND.replace("≈ 3", "≈ 4"), encoding="utf-8")
    drawing.draw_all(tmp_path, built)
    [newer] = built.iterdir()
    assert newer.name != file.name
    (folder / "a.svg").write_text("<svg/>", encoding="utf-8")
    with pytest.raises(ValueError, match="not allowed"):
        drawing.draw_all(tmp_path, built)


@pytest.mark.slow
def test_every_diagram_of_the_app_can_be_drawn(tmp_path: Path) -> None:
    root = content_root()
    for path in (root / DIAGRAMS).glob("*.svg"):
        png = picture(root, path.stem, tmp_path)
        assert png is not None, path.name
        assert 1280 <= size(png)[0] <= 1600
