"""One's own sessions as a spreadsheet: theirs to keep, to sum, to hand to an employer."""

from __future__ import annotations

from pathlib import Path

from omi_desktop.domain.errors import OmiError
from omi_desktop.reports import spreadsheet
from omi_desktop.services.sessions import Sessions


class SpreadsheetNotWritten(OmiError):
    """The file cannot be written where the person wants it."""

    code = "spreadsheet_not_written"
    title = "The spreadsheet was not written"
    detail = "Your sessions are safe."
    hint = "Close it if it is open in another program, or choose another folder."


def save_spreadsheet(sessions: Sessions, path: Path) -> int:
    """Write every session that is not removed, newest first; how many. Raises SpreadsheetNotWritten, and then what
    was at `path` before is still there."""
    views = sessions.all()
    data = spreadsheet.sessions((view.details, view.record.standing.label) for view in views)
    begun = path.with_name(f".{path.name}.part")
    try:
        begun.write_bytes(data)
        begun.replace(path)
    except OSError as error:
        begun.unlink(missing_ok=True)
        raise SpreadsheetNotWritten from error
    return len(views)
