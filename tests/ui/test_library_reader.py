"""The reader fetches nothing, and rows say in one sentence what they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QUrl
from PySide6.QtGui import QImage, QTextDocument
from pytestqt.qtbot import QtBot

from omi_desktop.library import Hit, Page
from omi_desktop.library.items import Snippet
from omi_desktop.ui.library.history import History, Visit
from omi_desktop.ui.library.reader import Reader
from omi_desktop.ui.library.rows import Row, RowList, of_hit
from tests.library.small_library import activity


@pytest.fixture
def reader(qtbot: QtBot) -> Reader:
    made = Reader()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def test_no_file_and_no_address_is_ever_read(reader: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    kinds = QTextDocument.ResourceType

    for address in (secret.as_uri(), str(secret), "http://127.0.0.1:9/x.png", "qrc:/x", "secret.txt"):
        for kind in (
            kinds.HtmlResource,
            kinds.ImageResource,
            kinds.StyleSheetResource,
            kinds.MarkdownResource,
        ):
            assert bytes(reader.loadResource(kind.value, QUrl(address))) == b""  # type: ignore[call-overload]

    reader.read(Page("T", f'<h1>T</h1><p><img src="{secret.as_uri()}">text</p>', (), ()))
    assert "secret" not in reader.toPlainText()


def test_a_link_is_told_and_not_followed(reader: Reader, qtbot: QtBot) -> None:
    reader.read(Page("T", '<h1>T</h1><p><a href="omi:handbook/recording">on</a></p>', (), ()))

    with qtbot.waitSignal(reader.followed) as told:
        reader.anchorClicked.emit(QUrl("omi:handbook/recording"))

    assert told.args == ["omi:handbook/recording"]
    assert reader.toPlainText() == "T\non"


def test_a_mark_leads_to_its_source_on_the_same_page(reader: Reader, qtbot: QtBot) -> None:
    text = "<p>words</p>" * 60
    page = Page(
        "T", f'<h1>T</h1><p><a href="#source-a">1</a></p>{text}<ol><li id="source-a">A</li></ol>', (), ()
    )
    reader.read(page)

    with qtbot.assertNotEmitted(reader.followed):
        reader.anchorClicked.emit(QUrl("#source-a"))

    assert reader.verticalScrollBar().value() > reader.height()


def test_a_picture_that_the_page_brings_is_as_wide_as_its_column(reader: Reader) -> None:
    source = "omi:diagram/a"
    png = QByteArray()
    buffer = QBuffer(png)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    QImage(1400, 600, QImage.Format.Format_RGB32).save(buffer, "PNG")  # type: ignore[call-overload]
    reader.read(
        Page("T", f'<h1>T</h1><p><img src="{source}" alt="A"></p>', (), (), {source: bytes(png.data())})
    )

    for width in (400, 330, 900):
        reader.resize(width, 300)
        image = reader.document().resource(QTextDocument.ResourceType.ImageResource.value, QUrl(source))
        assert isinstance(image, QImage)
        assert image.deviceIndependentSize().width() == min(reader.viewport().width(), 700)
        assert reader.document().size().height() > image.deviceIndependentSize().height()


def test_a_hit_is_one_sentence_for_a_screen_reader() -> None:
    rocket = activity(minutes=30, ages=(7, 11))
    hit = Hit("activity", rocket.id, rocket.title, rocket.summary, "stamp on \x02bottles\x03.", 1.0)
    row = of_hit(hit, rocket, "Does not say which kit")

    facts = "Does not say which kit · Ages 7 to 11 · 30 minutes · Free"
    assert row.sentence == f"Paper rockets. Activity. stamp on bottles. {facts}"
    assert row.target == "activity/paper-rocket"
    assert row.text == Snippet("stamp on bottles.", ((9, 16),))


def test_a_long_list_lays_out_only_what_it_must(qtbot: QtBot) -> None:
    view = RowList("Pages")
    qtbot.addWidget(view)
    view.resize(270, 400)
    view.show()
    view.show_rows([Row(f"activity/a{n}", f"Title {n}", Snippet("Some words. " * 8, ())) for n in range(500)])

    view.step(1)
    view.step(1000)

    assert view.currentIndex().data() == "Title 499"
    view.choose("activity/a7")
    assert view.currentIndex().data() == "Title 7"
    view.choose("activity/none")
    assert not view.currentIndex().isValid()


def test_history_goes_back_forward_and_forgets_what_was_ahead() -> None:
    history = History()
    assert history.step(-1) is None
    for name in ("a", "b", "b", "c"):
        history.leave(len(name) * 10)
        history.go(Visit("handbook", name))

    assert history.step(-1) == Visit("handbook", "b", 10)
    assert history.step(-1) == Visit("handbook", "a", 10)
    assert history.step(-1) is None
    history.go(Visit("activity", "d"))
    assert history.step(1) is None
    assert history.step(-1) == Visit("handbook", "a", 10)
