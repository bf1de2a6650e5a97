"""Films and other files of one's own beside a page: attached as copies, opened by the desktop, removed with an undo."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QStandardPaths, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from omi_desktop.services.attachments import SUFFIXES, Attachment, Copying
from omi_desktop.ui import tasks
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.flow import Flow
from omi_desktop.ui.widgets.notice import Notice

if TYPE_CHECKING:
    from omi_desktop.domain.errors import OmiError
    from omi_desktop.services.attachments import Attachments

WHAT: Final = (
    "Downloaded the film? Attach it, and it opens here with no internet. The app makes a copy of its own, so you can "
    "empty your downloads. The copy stays on this laptop: it never syncs, and backups don’t hold it."
)
_FILTER: Final = f"Films, sound, pictures, PDF ({' '.join(f'*.{suffix}' for suffix in sorted(SUFFIXES))})"
_TICK_MS: Final = 200
_KB, _MB, _GB = 1024, 1024**2, 1024**3


class AttachedCard(QWidget):
    """`changed` says that something was attached or removed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._attachments: Attachments | None = None
        self._page = ""
        self._copying: Copying | None = None
        self._name = ""
        self.shown: tuple[Attachment, ...] = ()
        self.notice = Notice()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(8)
        self.progress = labels.small("")
        self.stop_button = buttons.secondary("Stop copying", self.stop)
        self.attach_button = buttons.secondary("Attach a file…", self._ask, icon_name="add")
        row = Flow()
        row.addWidget(self.attach_button)
        row.addWidget(self.stop_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(labels.strong("My films and files"))
        column.addWidget(self.notice)
        column.addLayout(self._rows)
        column.addWidget(self.progress)
        column.addLayout(row)
        column.addWidget(labels.small(WHAT))
        self._ticker = QTimer(self)
        self._ticker.setInterval(_TICK_MS)
        self._ticker.timeout.connect(self._show_progress)
        self._show_progress()
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop)

    def fill(self, attachments: Attachments) -> None:
        """Take the service."""
        self._attachments = attachments

    def show_page(self, page: str, attached: tuple[Attachment, ...]) -> None:
        """Show what is attached to a page. A copy that is under way goes on, for the page that it was begun on."""
        self._page = page
        self.notice.clear()
        self._show(attached)

    def stop(self) -> None:
        """Let go of the copy that is under way."""
        if self._copying is not None:
            self._copying.stop()

    def attach(self, source: Path, instead_of: Attachment | None = None) -> None:
        """Attach a copy of a file to the page in view, in place of one whose copy is gone."""
        if self._attachments is None or self._copying is not None:
            return
        service, page, copying = self._attachments, self._page, Copying()
        self._copying, self._name = copying, source.name
        self.notice.clear()
        self._show_progress()

        def work() -> tuple[Attachment, ...]:
            service.attach(page, source, copying)
            if instead_of is not None:
                service.remove(instead_of.id)
            return service.of(page)

        tasks.run(work, owner=self, done=partial(self._on_attached, page), failed=self._on_failed)

    def _ask(self, instead_of: Attachment | None = None) -> None:
        start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DownloadLocation)
        chosen, _ = QFileDialog.getOpenFileName(self, "Attach a file", start or str(Path.home()), _FILTER)
        if chosen:
            self.attach(Path(chosen), instead_of)

    def _on_attached(self, page: str, attached: tuple[Attachment, ...]) -> None:
        self._end()
        if page == self._page:
            self._show(attached)
            self.changed.emit()

    def _on_failed(self, error: OmiError) -> None:
        self._end()
        self.notice.tell(error)

    def _end(self) -> None:
        self._copying = None
        self._show_progress()

    def _show_progress(self) -> None:
        copying = self._copying
        self.progress.setVisible(copying is not None)
        self.stop_button.setVisible(copying is not None)
        self.attach_button.setVisible(copying is None)
        if copying is None:
            self._ticker.stop()
            return
        percent = f": {100 * copying.done // copying.size} %" if copying.size else ""
        self.progress.setText(f"Copying {_breakable(self._name)}{percent}")
        if not self._ticker.isActive():
            self._ticker.start()

    def _show(self, attached: tuple[Attachment, ...]) -> None:
        self.shown = attached
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for each in attached:
            self._rows.addWidget(self._row(each))

    def _row(self, each: Attachment) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(labels.body(_breakable(each.name)))
        flow = Flow(spacing=4)
        if each.is_here:
            column.addWidget(labels.small(shown_size(each.size)))
            first = buttons.secondary("Open", partial(self._open, each), icon_name="play")
            first.setAccessibleName(f"Open {each.name}")
        else:
            column.addWidget(labels.error("This file is not on this laptop any more."))
            first = buttons.secondary("Attach it again…", partial(self._ask, each))
            first.setAccessibleName(f"Attach {each.name} again")
        remove = buttons.quiet("Remove", partial(self._remove, each), icon_name="bin")
        remove.setAccessibleName(f"Remove {each.name}")
        flow.addWidget(first)
        flow.addWidget(remove)
        column.addLayout(flow)
        return holder

    def _open(self, each: Attachment) -> None:
        """The desktop chooses the program, by one of a few endings; the path is made by us."""
        if self._attachments is None:
            return
        tasks.run(
            partial(self._attachments.path_of, each),
            owner=self,
            done=partial(self._hand_over, each),
            failed=self._on_gone,
        )

    def _hand_over(self, each: Attachment, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.notice.say(
                "No program on this laptop opened it",
                f"{each.name} is still attached. Install a player for {each.suffix} files, then try again.",
                "warning",
            )

    def _on_gone(self, error: OmiError) -> None:
        self._read_again()
        self.notice.tell(error)

    def _remove(self, each: Attachment) -> None:
        self._change("remove", each)

    def _change(self, what: str, each: Attachment) -> None:
        if self._attachments is None:
            return
        service, page = self._attachments, self._page
        work = {"remove": service.remove, "bring back": service.bring_back}[what]

        def changed() -> tuple[Attachment, ...]:
            work(each.id)
            return service.of(page)

        def done(attached: tuple[Attachment, ...]) -> None:
            if page != self._page:
                return
            self._show(attached)
            self.changed.emit()
            if what == "remove":
                self.notice.say(
                    f"Removed: {each.name}",
                    "Your own file is as it was.",
                    actions=[("Undo", partial(self._change, "bring back", each))],
                )
                self.notice.take_focus()
            else:
                self.notice.clear()
                self.attach_button.setFocus()

        tasks.run(changed, owner=self, done=done, failed=self.notice.tell)

    def _read_again(self) -> None:
        if self._attachments is not None:
            tasks.run(partial(self._attachments.of, self._page), owner=self, done=self._show)


def shown_size(size: int) -> str:
    """`1.2 GB`, `34 MB`, `7 KB`."""
    if size >= _GB:
        return f"{size / _GB:.1f} GB"
    return f"{max(round(size / _MB), 1)} MB" if size >= _MB else f"{max(round(size / _KB), 1)} KB"


def _breakable(name: str) -> str:
    """A name with places where a label may break it."""
    return name.replace("_", "_\u200b").replace("-", "-\u200b").replace(".", "\u200b.")
