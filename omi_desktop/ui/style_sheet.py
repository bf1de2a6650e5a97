"""The style sheet, built from the tokens and the text size. Widgets ask for a look by dynamic property."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from omi_desktop.ui import fonts, tokens
from omi_desktop.ui.tokens import Column, Token

_PICTURES: Final = Path(__file__).parent / "pictures"


def build(column: Column, scale: float) -> str:
    """The whole style sheet for one column of the token table and one text size."""

    def c(token: Token) -> str:
        return tokens.value(token, column)

    def px(length: float) -> str:
        return f"{round(length * scale)}px"

    tick = _PICTURES / f"tick_{column}.svg"
    card_edge = 2 if column == "contrast" else 1
    return f"""
* {{ outline: none; }}
QToolTip {{ background: {c("surface")}; color: {c("text")}; border: 1px solid {c("edge")}; padding: {px(6)}; }}

QLabel {{ background: transparent; color: {c("text")}; }}
QLabel[role="title"] {{ font-size: {px(fonts.TITLE)}; font-weight: 700; }}
QLabel[role="heading"] {{ font-size: {px(fonts.HEADING)}; font-weight: 600; }}
QLabel[role="strong"] {{ font-weight: 600; }}
QLabel[role="muted"] {{ color: {c("muted")}; }}
QLabel[role="small"] {{ color: {c("muted")}; font-size: {px(fonts.SMALL)}; }}
QLabel[role="eyebrow"] {{ color: {c("accent")}; font-size: {px(fonts.SMALL)}; font-weight: 700; }}
QLabel[role="number"] {{ font-size: {px(fonts.COUNT)}; font-weight: 700; }}
QLabel[role="error"] {{ color: {c("danger")}; font-weight: 600; }}
QLabel[role="brand"] {{ color: {c("accent")}; font-size: {px(26)}; font-weight: 800; }}

QFrame[card="true"] {{ background: {c("surface")}; border: {card_edge}px solid {c("line")}; border-radius: 16px; }}
QFrame[divider="true"] {{ background: {c("line")}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[notice="info"] {{ background: {c("tint")}; border: 1px solid {c("accent")}; border-radius: 12px; }}
QFrame[notice="warning"] {{ background: {c("warning_tint")}; border: 1px solid {c("warning")}; border-radius: 12px; }}
QFrame[notice="danger"] {{ background: {c("danger_tint")}; border: 1px solid {c("danger")}; border-radius: 12px; }}
QFrame[nav="true"] {{ background: {c("nav")}; border: none; border-right: 1px solid {c("line")}; }}
QFrame[foot="true"] {{ background: {c("nav")}; border: none; border-top: 1px solid {c("line")}; }}

QPushButton {{
    background: {c("surface")}; color: {c("text")}; border: 1px solid {c("edge")}; border-radius: 10px;
    padding: {px(8)} {px(16)}; font-weight: 600; min-height: {px(20)};
}}
QPushButton:hover {{ background: {c("tint")}; color: {c("on_tint")}; border-color: {c("accent")}; }}
QPushButton:pressed {{ background: {c("tint_strong")}; color: {c("on_tint")}; }}
QPushButton:disabled {{ background: {c("sunken")}; color: {c("muted")}; border-color: {c("line")}; }}
QPushButton[kind="primary"] {{
    background: {c("accent")}; color: {c("on_accent")}; border-color: {c("accent")};
}}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed {{
    background: {c("accent_strong")}; color: {c("on_accent")}; border-color: {c("accent_strong")};
}}
QPushButton[kind="primary"]:disabled {{
    background: {c("sunken")}; color: {c("muted")}; border-color: {c("line")};
}}
QPushButton[kind="quiet"] {{
    background: transparent; color: {c("accent")}; border-color: transparent; padding: {px(8)} {px(10)};
}}
QPushButton[kind="quiet"]:hover, QPushButton[kind="quiet"]:pressed {{ background: {c("tint")}; color: {c("on_tint")}; }}
QPushButton[kind="quiet"]:disabled {{ color: {c("muted")}; }}
QPushButton[kind="chip"] {{
    background: {c("tint")}; color: {c("on_tint")}; border: 1px solid {c("accent")}; border-radius: {px(13)};
    padding: {px(3)} {px(11)}; min-height: {px(20)};
}}
QPushButton[kind="chip"][offer="true"] {{ background: {c("surface")}; border-style: dashed; }}
QPushButton[kind="chip"]:hover, QPushButton[kind="chip"]:pressed {{ background: {c("tint_strong")}; }}
QPushButton[kind="danger"] {{ color: {c("danger")}; border-color: {c("danger")}; }}
QPushButton[kind="danger"]:hover, QPushButton[kind="danger"]:pressed {{
    background: {c("danger")}; color: {c("on_danger")}; border-color: {c("danger")};
}}
QPushButton[kind="nav"] {{
    background: transparent; color: {c("muted")}; border: none; border-radius: 10px; font-weight: 500;
    padding: {px(11)} {px(12)}; text-align: left;
}}
QPushButton[kind="nav"]:hover {{ background: {c("sunken")}; color: {c("text")}; }}
QPushButton[kind="nav"][here="true"] {{ background: {c("tint")}; color: {c("on_tint")}; font-weight: 700; }}
QPushButton[kind="nav"][compact="true"] {{ padding: {px(11)} {px(10)}; text-align: center; }}
QPushButton[kind="row"] {{
    background: transparent; color: {c("text")}; border: 1px solid transparent; border-radius: 10px;
    text-align: left; font-weight: 500; padding: {px(10)} {px(12)};
}}
QPushButton[kind="row"]:hover {{ background: {c("tint")}; color: {c("on_tint")}; }}
QRadioButton[kind="segment"] {{
    background: {c("surface")}; color: {c("text")}; border: 1px solid {c("edge")}; border-radius: 10px;
    padding: {px(8)} {round(14 * scale) + 1}px; spacing: 0;
}}
QRadioButton[kind="segment"]:hover {{ border-color: {c("accent")}; }}
QRadioButton[kind="segment"]:checked {{
    background: {c("tint")}; color: {c("on_tint")}; border: 2px solid {c("accent")};
    padding: {round(8 * scale) - 1}px {px(14)}; font-weight: 600;
}}
QRadioButton[kind="segment"]:disabled {{ color: {c("muted")}; border-color: {c("line")}; }}
QRadioButton[kind="segment"]::indicator {{ width: 0; height: 0; border: none; }}

QLineEdit, QTextEdit, QPlainTextEdit, QSpinBox, QDateEdit, QTimeEdit {{
    background: {c("surface")}; color: {c("text")}; border: 1px solid {c("edge")}; border-radius: 10px;
    padding: {px(8)} {px(10)}; selection-background-color: {c("accent")}; selection-color: {c("on_accent")};
    placeholder-text-color: {c("muted")};
}}
QLineEdit[faulty="true"], QSpinBox[faulty="true"], QPlainTextEdit[faulty="true"], QTextEdit[faulty="true"] {{
    border: 2px solid {c("danger")};
}}
QLineEdit:disabled, QSpinBox:disabled, QTextEdit:disabled, QPlainTextEdit:disabled {{
    background: {c("sunken")}; color: {c("muted")}; border-color: {c("line")};
}}
QCheckBox, QRadioButton {{ background: transparent; color: {c("text")}; spacing: {px(8)}; padding: {px(4)} 0; }}
QCheckBox::indicator, QRadioButton::indicator {{
    width: {px(18)}; height: {px(18)}; border: 2px solid {c("edge")}; background: {c("surface")};
}}
QCheckBox::indicator {{ border-radius: 5px; }}
QRadioButton::indicator {{ border-radius: {(round(18 * scale) + 4) // 2}px; }}
QCheckBox::indicator:checked {{
    border-color: {c("accent")}; background: {c("accent")}; image: url("{tick.as_posix()}");
}}
QRadioButton::indicator:checked {{
    border-color: {c("accent")};
    background: qradialgradient(
        cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
        stop: 0 {c("accent")}, stop: 0.5 {c("accent")}, stop: 0.6 {c("surface")}, stop: 1 {c("surface")}
    );
}}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}

QListView, QTreeView, QTableView {{
    background: {c("surface")}; color: {c("text")}; border: 1px solid {c("line")}; border-radius: 12px;
    selection-background-color: {c("tint")}; selection-color: {c("on_tint")};
}}
QListView::item {{ padding: {px(8)} {px(10)}; border-radius: 8px; }}
QListView::item:hover {{ background: {c("sunken")}; }}
QListView::item:selected {{ background: {c("tint")}; color: {c("on_tint")}; }}
QHeaderView::section {{
    background: {c("surface")}; color: {c("muted")}; border: none; border-bottom: 1px solid {c("line")};
    padding: {px(8)};
}}
QTextBrowser {{ background: {c("surface")}; color: {c("text")}; border: none; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{
    background: transparent; color: {c("muted")}; border: none; border-bottom: 3px solid transparent;
    padding: {px(9)} {px(14)}; font-weight: 600;
}}
QTabBar[narrow="true"]::tab {{ padding: {px(9)} {px(8)}; }}
QTabBar::tab:selected {{ color: {c("on_tint")}; border-bottom-color: {c("accent")}; }}
QTabBar::tab:hover {{ color: {c("text")}; }}
QTabWidget::pane {{ border: none; }}
QScrollArea, QScrollArea > QWidget > QWidget[scrolled="true"] {{ background: transparent; border: none; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c("edge")}; border-radius: 4px; margin: 2px; min-height: 32px; min-width: 32px; }}
QScrollBar::handle:hover {{ background: {c("accent")}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: transparent; }}
QMenu {{ background: {c("surface")}; color: {c("text")}; border: 1px solid {c("edge")}; padding: {px(6)}; }}
QMenu::item {{ padding: {px(8)} {px(16)}; border-radius: 6px; }}
QMenu::item:selected {{ background: {c("tint")}; color: {c("on_tint")}; }}
QDialog {{ background: {c("page")}; }}
"""
