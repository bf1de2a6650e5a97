"""The plan's half of a session's page: its form, and what stands there once it is saved, called off or removed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from omi_desktop.ui import sentences, tasks
from omi_desktop.ui.pages.session_half import COUNTS_NOBODY, Half
from omi_desktop.ui.plan.form import PlanForm, PlanOpening
from omi_desktop.ui.record.saved_panel import SavedPanel

if TYPE_CHECKING:
    from omi_desktop.services.plans import PlanView
    from omi_desktop.services.sessions import SessionView
    from omi_desktop.ui.record.entry import Entry


class PlanHalf(Half):
    """Makes the form for a new plan or a kept one."""

    def open(self, opening: PlanOpening, title: str, brought_back: Entry | None = None) -> None:
        """Show the form. `brought_back` is what it held before a save that was undone."""
        form = PlanForm(self._the_room(), self._places, self._the_nation())
        form.go.connect(self.go)
        form.saved.connect(lambda plan: self._on_saved(opening, plan, form.entry))
        form.called_off.connect(self._on_called_off)
        if opening.plan is not None:
            form.remove_asked.connect(partial(self._remove, opening.plan))
        self.form_made.emit(title, form)
        form.open(opening, brought_back)

    def _on_saved(self, opening: PlanOpening, plan: PlanView, entry: Entry) -> None:
        details = plan.details
        what = ", ".join(part for part in (details.place_label, sentences.expected(details)) if part)
        panel = SavedPanel(
            f"Plan saved on this laptop: {sentences.when(details)}, {what}.",
            "Once it has ended, the app asks how many came.",
            ("Undo", partial(self._undo_save, opening, plan, entry)),
            [self._open_it(plan.record_id), self._to_sessions()],
        )
        self.done.emit("Saved", panel)

    def _undo_save(self, opening: PlanOpening, plan: PlanView, entry: Entry) -> None:
        """A first save is taken back into its form; a later one to the plan as it was before."""
        if opening.plan is not None:
            self._undo(plan.record_id)
            return
        tasks.run(
            partial(self._the_room().desk.plans.remove, plan.record_id),
            owner=self,
            done=lambda _none: self.open(replace(opening, draft=None), "Plan a session", entry),
        )

    def _undo(self, plan_id: str) -> None:
        work = partial(self._the_room().desk.plans.undo, plan_id)
        tasks.run(work, owner=self, done=lambda _plan: self.changed.emit())

    def _on_called_off(self, view: SessionView) -> None:
        undo = partial(self._the_room().desk.sessions.undo, view.record_id)
        panel = SavedPanel(
            sentences.saved(view.details),
            COUNTS_NOBODY,
            ("Undo", lambda: tasks.run(undo, owner=self, done=lambda _view: self.changed.emit())),
            [self._plan_again(), self._to_sessions()],
        )
        self.done.emit("Saved", panel)

    def _remove(self, plan: PlanView) -> None:
        def removed(_none: None) -> None:
            panel = SavedPanel(
                f"Plan removed: {sentences.when(plan.details)}, {plan.details.place_label}.",
                "It is gone from every laptop once they sync.",
                ("Undo", partial(self._undo, plan.record_id)),
                [self._to_sessions()],
            )
            self.done.emit("Removed", panel)

        tasks.run(partial(self._the_room().desk.plans.remove, plan.record_id), owner=self, done=removed)
