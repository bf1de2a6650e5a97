"""Builders of what people save: details, bodies and revisions, all valid unless a test spoils them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import strategies as st

from omi_desktop.domain import session
from omi_desktop.domain.canonical import SAFE_INTEGER
from omi_desktop.domain.revision import Revision
from omi_desktop.domain.session import Details, Place, PlaceKind, PlanDetails, YoungPeople
from omi_desktop.domain.stages import Nation

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ASHBY = Place(1, "Ashby Academy", PlaceKind.SECONDARY_SCHOOL, Nation.ENGLAND, "Ashby", "LE65 1AA")


def details(count: int | None = 28, **changed: Any) -> Details:
    """A class of Year 8 at Ashby Academy on 24 November 2026, 10:40–11:30."""
    given: dict[str, Any] = {
        "day": TODAY,
        "start": time(10, 40),
        "minutes": 50,
        "places": (ASHBY,),
        "young_people": (YoungPeople(1, ("en.y8",), count),),
    }
    return Details(**(given | changed))


def plan_details(**changed: Any) -> PlanDetails:
    """The same class, still to come, about 30 expected."""
    given: dict[str, Any] = {
        "day": TODAY,
        "start": time(10, 40),
        "minutes": 50,
        "places": (ASHBY,),
        "expected": (YoungPeople(1, ("en.y8",), 30),),
    }
    return PlanDetails(**(given | changed))


def session_body(count: int | None = 28, **changed: Any) -> dict[str, Any]:
    """The body of `details`, with fields changed or added."""
    return session.write(details(count)) | changed


def plan_body(**changed: Any) -> dict[str, Any]:
    """The body of `plan_details`, with fields changed or added."""
    return session.write_plan(plan_details()) | changed


def hex_id(name: object) -> str:
    """32 hex digits, the same for the same name."""
    return hashlib.sha256(str(name).encode()).hexdigest()[:32]


def revision_object(rev_id: str = "", **changed: Any) -> dict[str, Any]:
    """A first revision of a session as it goes over the wire."""
    return {
        "rev_id": rev_id or hex_id("rev"),
        "record_id": hex_id("record"),
        "kind": "session",
        "parents": [],
        "depth": 1,
        "state": "live",
        "schema": 1,
        "app": "omi-desktop/0.1.0",
        "device": "Work laptop",
        "saved_at": "2026-11-24T11:32:05Z",
        "salt": hex_id("salt"),
        "body": session_body(),
    } | changed


def revision(
    name: object = "rev",
    *,
    record: object = "record",
    parents: Iterable[Revision] = (),
    state: str = "live",
    body: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Revision:
    """A revision with ids made from names, on top of its parents."""
    parents = list(parents)
    return Revision.from_object(
        revision_object(
            hex_id(name),
            record_id=hex_id(record),
            parents=sorted(parent.rev_id for parent in parents),
            depth=1 + max((parent.depth for parent in parents), default=0),
            state=state,
            body=dict(session_body() if body is None else body),
            **changed,
        )
    )


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
"""Any text that a revision may hold."""

_keys = st.from_regex(r"[a-z0-9_]{1,64}", fullmatch=True)
_safe_scalars = st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | texts

canonical_values = st.recursive(
    _safe_scalars,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(_keys, part, max_size=4),
    max_leaves=12,
)
"""Any value that a revision may hold."""

canonical_objects = st.dictionaries(_keys, canonical_values, max_size=5)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=8)
    | st.sampled_from(["2026-11-24", "10:40", "en.y8", "england", "delivered", "", "a" * 300]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=6), part, max_size=3),
    max_leaves=8,
)
"""Anything that JSON, or a careless program, can hold: floats, surrogates and strange names included."""


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        parts: Iterable[tuple[str | int, object]] = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        parts = ()
    for key, part in parts:
        found += _paths(part, (*path, key))
    return found


def put(body: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A copy of a body with one value, deep inside perhaps, replaced."""
    copied = copy.deepcopy(body)
    inside: Any = copied
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return copied


@st.composite
def spoilt_bodies(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """A valid body with up to three values replaced by anything at all."""
    for _ in range(draw(st.integers(1, 3))):
        body = put(body, draw(st.sampled_from(_paths(body))), draw(json_values))
    return body


def _rev_id(found: Revision) -> str:
    return found.rev_id


@st.composite
def histories(draw: st.DrawFn, *, most: int = 8) -> list[Revision]:
    """The revisions of a few records as several laptops may have made them: edits, removals, forks and merges;
    shallow ones first."""
    made: list[Revision] = []
    for index in range(draw(st.integers(1, most))):
        record = draw(st.sampled_from(["one", "two"]))
        before = [r for r in made if r.record_id == hex_id(record)]
        parents = draw(st.lists(st.sampled_from(before), max_size=3, unique_by=_rev_id)) if before else []
        made.append(
            revision(
                (index, draw(st.integers(0, 99))),
                record=record,
                parents=parents,
                state=draw(st.sampled_from(["live", "live", "withdrawn"])),
                body=session_body(draw(st.integers(1, 40))),
            )
        )
    return made
