"""The error tree: what a person is told, and whether trying again can help.

    OmiError
    ├── Refused           the input cannot be accepted; says which fields
    ├── NotSaved          the ambassador's file could not be written; the form is kept
    ├── FileProblem       the ambassador's file cannot be opened or is not ours
    │   ├── FileTooNew    written by a newer version of the app
    │   └── FileDamaged   something changed in it that no save changed
    ├── BackupProblem     no copy of the ambassador's file could be made, or one is not good
    ├── SyncFileProblem   a sync file cannot be written, read or is not one
    ├── LibraryProblem    a handbook page or resource cannot be shown
    ├── PrintProblem      something to hand out could not be saved as a PDF or printed
    └── SyncProblem       nothing is lost; the records wait on this laptop
        ├── Unreachable   no network, or the service does not answer
        ├── NotOurs       something else answered (a captive portal, a proxy's page)
        ├── Busy          asked to wait; `retry_after` seconds when told
        ├── SignedOut     the sign-in is no longer valid
        │   └── AccountErased  so is the whole account
        ├── CodeRefused   an invitation code that does not work
        ├── OtherCentre   another OMI online than the one this laptop belongs to
        └── Misunderstood the service refuses what we say: one of the two is out of date

Anything outside this tree is a fault of the program and opens the crash window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omi_desktop.domain.session import Fault


class OmiError(Exception):
    """Something a person can be told about.

    `title` says what happened, `detail` what it means for their data, `hint` what to do next.
    `code` is stable and for machines; `retry` says whether the same action can succeed later by itself.
    """

    code: ClassVar[str] = "error"
    title: str = "Something did not work"
    detail: str = ""
    hint: str = ""
    retry: ClassVar[bool] = False

    def __init__(
        self, title: str | None = None, *, detail: str | None = None, hint: str | None = None
    ) -> None:
        self.title = title if title is not None else type(self).title
        self.detail = detail if detail is not None else type(self).detail
        self.hint = hint if hint is not None else type(self).hint
        super().__init__(self.title)

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.detail, self.hint) if part)


class Refused(OmiError):
    """The input cannot be accepted; `faults` names every field at once."""

    code = "refused"
    title = "This can't be saved yet"
    detail = "What you typed is kept."

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(hint=" ".join(f"{fault.message}." for fault in self.faults))


class NotSaved(OmiError):
    """The ambassador's file could not be written."""

    code = "not_saved"
    title = "Not saved"
    detail = "What you typed is still here, and nothing was half saved."
    hint = "Check that the disk is not full and that the folder can be written, then save again."


class FileProblem(OmiError):
    """The ambassador's file cannot be opened."""

    code = "file"
    title = "Your file can't be opened"
    detail = "It was left exactly as it is."
    hint = "Start the app again; if this comes back, copy the folder before trying anything else."


class FileTooNew(FileProblem):
    """The file was written by a newer version of the app."""

    code = "file_too_new"
    title = "Your file comes from a newer version of OMI Desktop"
    hint = "Install the newest version; this one can't read it safely."


class FileDamaged(FileProblem):
    """Something changed in the file that no save changed: a disk that fails, a stick pulled, another program."""

    code = "file_damaged"
    title = "Your file is damaged"
    detail = "It is kept as it is; nothing in it is thrown away."
    hint = "Start the app again: it puts the newest good copy in its place and adds what can still be read."


class BackupProblem(OmiError):
    """A copy of the ambassador's file that could not be made, or is not good."""

    code = "backup"
    title = "No backup could be made"
    detail = "Your sessions are safe in your file."
    hint = "Check that the disk is not full and that the folder can be written."


class SyncFileProblem(OmiError):
    """A sync file that cannot be written or read."""

    code = "sync_file"
    title = "This sync file can't be used"
    detail = "Your sessions are safe on this laptop."
    hint = "Check the stick or folder, and choose the file again."


class LibraryProblem(OmiError):
    """A handbook page, activity or career story cannot be shown."""

    code = "library"
    title = "This page can't be shown"
    detail = "Your sessions are not affected."
    hint = "Install the app again to restore its pages."


class PrintProblem(OmiError):
    """Something to hand out could not be saved as a PDF, or printed."""

    code = "print"
    title = "Not saved there"
    detail = "What was there before is unchanged, and what you typed is kept."
    hint = "Choose another folder."


class SyncProblem(OmiError):
    """Syncing did not happen. Never a loss: the records wait on this laptop."""

    code = "sync"
    title = "Not synced yet"
    detail = "Your sessions are safe on this laptop."
    hint = "It tries again by itself."
    retry = True


class Unreachable(SyncProblem):
    """No network, or the service does not answer."""

    code = "unreachable"
    title = "OMI online can't be reached"


class NotOurs(SyncProblem):
    """Something other than OMI online answered."""

    code = "not_ours"
    title = "This network blocks OMI"
    hint = "Sign in to the wifi in a browser, try from home, or send a sync file."


class ProxyAsks(NotOurs):
    """A proxy asks for a sign-in (407)."""

    code = "proxy_asks"
    title = "This network's proxy asks for a sign-in"
    hint = "Try from home, or send a sync file."


class Busy(SyncProblem):
    """The service asks to wait; `retry_after` is in seconds when it was told."""

    code = "busy"
    title = "OMI online is busy"

    def __init__(self, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__()


class SignedOut(SyncProblem):
    """The sign-in is no longer valid; recording goes on."""

    code = "signed_out"
    title = "Your sign-in has expired"
    hint = (
        "Ask your hub for a new code for your own account, not for a new ambassador, and type it in Settings."
    )
    retry = False


class AccountErased(SignedOut):
    """The account was erased from OMI online, as its person or their hub asked."""

    code = "account_erased"
    title = "Your account was erased from OMI online"
    detail = "Your sessions are still on this laptop."
    hint = "If that is not what you asked for, tell your hub."


class CodeRefused(SyncProblem):
    """An invitation code that does not work."""

    code = "code_refused"
    title = "This code does not work"
    hint = "Codes work once and expire. Check the letters, or ask your hub for a new one."
    retry = False


class OtherCentre(SyncProblem):
    """Another OMI online answered than the one that this laptop's records belong to."""

    code = "other_centre"
    title = "This is another OMI online than last time"
    detail = "Nothing was sent. Your sessions are safe on this laptop."
    hint = "Check the address in Settings, or ask your hub."
    retry = False


class Misunderstood(SyncProblem):
    """The service refuses what we say, or answers what we cannot read: one of the two is out of date."""

    code = "misunderstood"
    title = "OMI online and this app don't understand each other"
    hint = "Update the app. If it is up to date, tell your hub."
