"""Sessions, ranges and states of syncing, put into the words of the screen. One place, so that they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from omi_desktop.domain import session, stages
from omi_desktop.domain.counting import Range
from omi_desktop.domain.dates import shown_times
from omi_desktop.domain.faults import REVIEW_ABOVE
from omi_desktop.domain.online import Enrolled, Link, SyncState
from omi_desktop.domain.session import Activity, Delivery, Details, Outcome, PlanDetails, YoungPeople
from omi_desktop.ui import words

if TYPE_CHECKING:
    from omi_desktop.services.backups import Recovery
    from omi_desktop.services.desk import FolderRisk

MIDDLE_DOT: Final = " · "
KEPT: Final = "What you typed is kept. It is not saved yet."
UNNAMED: Final = "This laptop"
"""What a laptop is called until its person names it. Two may be called so: it tells nobody which one."""
SAFE: Final = "They are safe on this laptop."
SAFE_ONE: Final = "It is safe on this laptop."
_OFTEN_AT_MOST: Final = {Activity.CLASS_SESSION: 60, Activity.ASSEMBLY: 2_000}
_ONE: Final = {Activity.CLASS_SESSION: "class", Activity.ASSEMBLY: "assembly"}
_TITLES: Final = frozenset(("dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "rev"))


def greeting(name: str, now: datetime) -> str:
    """`Good evening, Asha`. `now` is UK civil time."""
    part = "morning" if now.hour < 12 else "afternoon" if now.hour < 18 else "evening"
    parts = name.split()
    if not parts:
        return f"Good {part}"
    called = name.strip() if parts[0].casefold().rstrip(".") in _TITLES else parts[0]
    return f"Good {part}, {called}"


def young_people(count: int) -> str:
    """`1 young person`, `1,200 young people`."""
    return words.counted(count, "young person", "young people")


def sessions(count: int) -> str:
    """`1 session`, `12 sessions`."""
    return words.counted(count, "session")


def up_to(total: Range) -> str:
    """`up to 315` while something is open in a range, else nothing. The low end is the headline."""
    return "" if total.is_settled else f"up to {words.number(total.high)}"


def day(when: date | None, today: date) -> str:
    """`Mon 23 Nov`, with the year where it is not this one."""
    if when is None:
        return "no date"
    return words.short_day(when) if when.year == today.year else words.full_day(when)


def when(details: Details | PlanDetails) -> str:
    """`Thu 26 Nov 2026, 10:40–11:30`."""
    times = shown_times(details.start, details.minutes)
    date_text = words.full_day(details.day) if details.day else "No date yet"
    return f"{date_text}, {times}" if times else date_text


def nearness(plan: PlanDetails, now: datetime) -> str:
    """`NOW`, `TODAY`, `TOMORROW` or `NEXT`, above a session to come. `now` is UK civil time."""
    if plan.day is None or plan.day > now.date() + timedelta(days=1):
        return "NEXT"
    if plan.day > now.date():
        return "TOMORROW"
    has_begun = plan.start is not None and plan.start <= now.time()
    return "NOW" if has_begun else "TODAY"


def year_groups(lines: Sequence[YoungPeople]) -> str:
    """`Year 8`, `Years 7–9`, `ages 8 to 11`; nothing when no line says."""
    codes = tuple(dict.fromkeys(code for line in lines for code in line.stages))
    label = stages.label(codes) if codes else ""
    return f"ages {label}" if label[:1].isdigit() else label


def expected(plan: PlanDetails) -> str:
    """`Year 8, about 30`."""
    total = plan.expected_total
    about = f"about {words.number(total)}" if total is not None else ""
    text = ", ".join(part for part in (year_groups(plan.expected), about) if part)
    return text[:1].upper() + text[1:]


def what(details: Details | PlanDetails) -> str:
    """`Class session`, `Careers talk, online`."""
    label = session.ACTIVITY_LABELS[details.activity]
    how = {
        Delivery.IN_PERSON: "",
        Delivery.ONLINE: ", online",
        Delivery.BOTH: ", in person and online",
    }
    return label + how[details.delivery]


def where(details: Details | PlanDetails) -> str:
    """`Rocket Club, Ashby Academy, LE65`: the class or club if it has a name, and the place."""
    return ", ".join(part for part in (details.class_name, details.place_label) if part)


def known_as(details: Details | PlanDetails) -> str:
    """The shortest name that a person would know it by: the club's or class's, else the place's."""
    if details.class_name:
        return details.class_name
    return details.places[0].name if details.places else details.place_label


def came(details: Details) -> str:
    """`28 young people, Year 8`, `250 young people (estimate), Years 7–11`, or why it did not happen."""
    if details.outcome is Outcome.CANCELLED:
        because = details.cancelled_because
        reason = f": {session.CANCELLED_LABELS[because]}" if because else ""
        return f"Didn't happen{reason}"
    estimate = " (estimate)" if details.is_estimated else ""
    groups = year_groups(details.young_people)
    return ", ".join(part for part in (young_people(details.total) + estimate, groups) if part)


def saved(details: Details) -> str:
    """What stands on the screen once a save is durable."""
    if details.outcome is Outcome.CANCELLED:
        return f"Saved on this laptop: {known_as(details)} didn't happen."
    return f"Saved on this laptop: {came(details)}, {known_as(details)}."


def after_saving(state: SyncState) -> str:
    """What happens next to something just saved. Never promises a sync that can't come by itself."""
    match state.link:
        case Link.NO_CODE | Link.STARTING:
            return "It is safe here. Add a code from your hub to count it in the million."
        case Link.SIGNED_OUT:
            return "It is safe here. It syncs once you have signed in again, on the Sync page."
        case Link.OFFLINE:
            return "It is safe here. Syncing is switched off for now."
        case _:
            return "It syncs by itself the next time this app is open online."


def odd_number(activity: Activity, count: int) -> str:
    """A line to stand beside an unusual number, or nothing. It never stops a save."""
    if count > REVIEW_ABOVE:
        return f"Over {words.number(REVIEW_ABOVE)}: your hub confirms it before it counts in full."
    if count > _OFTEN_AT_MOST.get(activity, REVIEW_ABOVE):
        return f"{words.number(count)} is a lot for one {_ONE[activity]}. Is it right?"
    return ""


def row(details: Details | PlanDetails, today: date) -> str:
    """A session's name in a list: `Mon 23 Nov · Rocket Club, LE65`."""
    return f"{day(details.day, today)}{MIDDLE_DOT}{where(details)}"


Tone = Literal["good", "calm", "busy", "warning"]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How syncing stands: what is the case, what it means or what comes next, and when it last succeeded."""

    tone: Tone
    headline: str
    meaning: str
    last: str


def sync_report(state: SyncState) -> SyncReport:
    """The Sync page's first lines. Says that all is well only when `SyncState.is_all_well` does."""
    last = f"Last synced {words.moment(state.last_success)}." if state.last_success else "Not synced yet."
    if state.is_all_well:
        return SyncReport("good", "Everything you saved is synced.", "", last)
    if state.link is Link.STARTING:
        return SyncReport("calm", "Opening your sessions.", "", "")
    if state.link is Link.NO_CODE:
        meaning = "Add a code from your hub to count them in the million."
        return SyncReport("calm", "Your sessions are safe here.", meaning, "")
    open_points = _open_points(state)
    tone, news, follows = _news(state)
    headline = open_points[0] if open_points else news or "Nothing is waiting."
    rest = [*open_points[1:], news] if open_points else []
    return SyncReport(tone, headline, " ".join(part for part in (*rest, follows) if part), last)


def _open_points(state: SyncState) -> list[str]:
    """What is not synced, or not decided, the most first."""
    found = []
    if state.waiting:
        verb, safe = ("is", SAFE_ONE) if state.waiting == 1 else ("are", SAFE)
        found.append(f"{sessions(state.waiting)} {verb} waiting. {safe}")
    if state.needs_you:
        found.append(f"{sessions(state.needs_you)} {'needs' if state.needs_you == 1 else 'need'} you.")
    if state.unowned:
        verb = "was" if state.unowned == 1 else "were"
        found.append(f"{sessions(state.unowned)} {verb} recorded before you signed in.")
    return found


def _news(state: SyncState) -> tuple[Tone, str, str]:
    """The link's tone, what is the case, and what to do or expect next."""
    match state.link:
        case Link.SIGNED_OUT:
            return "warning", "You are signed out.", "Type a new code from your hub and syncing goes on."
        case Link.OFFLINE:
            follows = "Syncing is switched off until you start the app without “--offline”."
            return "calm", "You are working offline.", follows
        case Link.SYNCING:
            return "busy", "Syncing now.", "You can go on working."
        case _:
            return _outcome(state)


def _outcome(state: SyncState) -> tuple[Tone, str, str]:
    """How the last try ended."""
    if state.problem is not None:
        detail = "" if state.waiting else state.problem.detail
        return "warning", f"{state.problem.title}.", f"{detail} {state.problem.hint}".strip()
    if state.link is Link.TROUBLE:
        return "warning", "The last try did not succeed.", "It tries again by itself."
    if state.waiting:
        return "calm", "", "What is waiting goes by itself within minutes."
    if state.needs_you or state.unowned:
        return ("warning" if state.needs_you else "calm"), "", "The answer is yours, below. Nothing is lost."
    return "calm", "Not checked yet.", "The first try starts by itself."


def signed_in(state: SyncState) -> str:
    """Who is signed in, or nothing."""
    if state.link in (Link.NO_CODE, Link.SIGNED_OUT, Link.STARTING) or not state.account_name:
        return ""
    hub = f", {state.hub}" if state.hub else ""
    return f"Signed in as {state.account_name}{hub}."


@dataclass(frozen=True, slots=True)
class Ownership:
    """The one question after the first code, and its two answers."""

    question: str
    meaning: str
    yes: str
    no: str


def are_yours(unowned: int) -> Ownership:
    """Whose the sessions are that were recorded before there was an account."""
    if unowned == 1:
        return Ownership(
            "Is this 1 session yours?",
            "It was recorded on this laptop before you signed in. If somebody else recorded it, leave it: it "
            "stays here unsent, and you no longer see it.",
            "Yes, it is mine",
            "Leave it here unsent",
        )
    return Ownership(
        f"Are these {sessions(unowned)} yours?",
        "They were recorded on this laptop before you signed in. If somebody else recorded them, leave "
        "them: they stay here unsent, and you no longer see them.",
        "Yes, they are mine",
        "Leave them here unsent",
    )


def others_wait(count: int, name: str | None) -> tuple[str, str]:
    """Somebody else's sessions wait on this laptop, not shown: a title and what it means."""
    verb, syncs, they_are, it = (
        ("is", "It syncs", "It is", "it") if count == 1 else ("are", "They sync", "They are", "them")
    )
    whose = f"by {name}" if name else "by others"
    signs_in = f"{name} signs" if name else "their own account is signed"
    meaning = (
        f"{syncs} when {signs_in} in here again. {they_are} never counted as yours, and you don't see {it}. "
        f"If {they_are.lower()} yours, sign out in Settings and use a code for that account."
    )
    return f"{sessions(count)} {whose} {verb} waiting on this laptop", meaning


def signed_in_over(enrolled: Enrolled) -> tuple[str, str, str, str]:
    """A code opened another account than the one whose sessions wait here: title, meaning, the way back, to stay."""
    before = enrolled.others_name or "the earlier account"
    waits = "1 session waits" if enrolled.others_waiting == 1 else f"{sessions(enrolled.others_waiting)} wait"
    return (
        f"Signed in as {enrolled.account_name}, not as {before}",
        (
            f"{waits} for {before} to sign in again. If that is you, go back and ask your hub for a code for your own "
            "account, not for a new ambassador. Nothing is lost."
        ),
        f"Go back to {before}",
        f"Stay as {enrolled.account_name}",
    )


def recovered(found: Recovery) -> str:
    """What was done about a damaged file, and what that means for the sessions."""
    copy = found.copy_made_at
    if copy is not None:
        back = f"{sessions(found.from_copy)} came back from the backup of {words.moment(copy)}"
        back += f", {words.number(found.salvaged)} more from the damaged file." if found.salvaged else "."
    else:
        back = f"There was no good backup; {sessions(found.salvaged)} could be read from the damaged file."
    rest = (
        "What else OMI online holds comes back with the next sync."
        if found.is_signed_in
        else "Check that your latest sessions are there: what could not be read is missing."
    )
    return f"{back} {rest} The damaged file is kept as {found.kept_as}."


def folder_at_risk(risk: FolderRisk) -> tuple[str, str]:
    """Who else writes to the folder of the file: a title and what it means."""
    meaning = (
        "It may put an older file in the place of a newer one, and a session that you saved is then gone. "
        "Sessions marked Synced are safe all the same."
    )
    return f"Your sessions are kept in {risk.label}", meaning


def out_of_risk(risk: FolderRisk) -> str:
    """What to do about it."""
    return (
        f"Close the app, move its folder out of {risk.label} to one that only this computer uses, and start the app "
        "with “--data-dir” and the new folder. If that means nothing to you, ask whoever set this laptop up."
    )
