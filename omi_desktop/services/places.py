"""Places that this person has been to or plans to go to: three letters find one, and with it what was there last."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from omi_desktop.domain.session import Details, Place, PlanDetails
from omi_desktop.services.plans import Plans
from omi_desktop.services.sessions import Sessions


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place with the last session there. The last numbers are hints for the eye, never filled in."""

    place: Place
    last_day: date | None
    last: Details | None


class Places:
    """Known places, from the current account's own sessions and plans."""

    def __init__(self, sessions: Sessions, plans: Plans) -> None:
        self._sessions = sessions
        self._plans = plans

    def known(self) -> list[KnownPlace]:
        """Every known place, the most recently visited first."""
        found: dict[str, KnownPlace] = {}
        for view in self._sessions.all():
            for place in view.details.places:
                found.setdefault(place.key, KnownPlace(place, view.details.day, view.details))
        for plan in self._plans.all():
            for place in plan.details.places:
                found.setdefault(place.key, KnownPlace(place, None, _as_last(plan.details)))
        return list(found.values())

    def matching(self, typed: str, limit: int = 8) -> list[KnownPlace]:
        """Known places whose name, town or postcode has words beginning as typed. Best first: those whose name
        begins so, then the most recent."""
        return match(self.known(), typed, limit)


def match(known: list[KnownPlace], typed: str, limit: int = 8) -> list[KnownPlace]:
    """The search of `Places.matching` over places already read."""
    words = fold(typed).split()
    if not words:
        return known[:limit]
    found = [
        place
        for place in known
        if all(any(part.startswith(word) for part in _parts(place.place)) for word in words)
    ]
    found.sort(key=lambda place: not fold(place.place.name).startswith(words[0]))
    return found[:limit]


def fold(text: str) -> str:
    """Text for comparing: no accents, no case, no apostrophes."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’‘ʼ`")
    return "".join(c if c.isalnum() else " " for c in kept)


def _parts(place: Place) -> list[str]:
    words = fold(f"{place.name} {place.town} {place.postcode}").split()
    return [*words, fold(place.postcode).replace(" ", "")]


def _as_last(plan: PlanDetails) -> Details:
    return plan.to_session()
