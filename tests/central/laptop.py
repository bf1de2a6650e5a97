"""A laptop as the contract has it, with no code of ours between: it checks the chain over all that it pulls."""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from omi_desktop.domain.revision import BadRevision, Kind, Revision, State, compose
from omi_desktop.wire.messages import ROOT_CURSOR, Cursor, SyncAnswer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PATIENCE = 30


class HandClock:
    """A clock that stands until it is moved, and may break."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to `NOW`."""
        self.moment = NOW
        self.is_broken = False

    def now(self) -> datetime:
        """The moment it was set to."""
        if self.is_broken:
            raise RuntimeError("a secret detail")
        return self.moment

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)


class Laptop:
    """One device of one account."""

    def __init__(self, url: str, enrolment: dict[str, Any]) -> None:
        self.url = url
        self.enrolment = enrolment
        self.cursor = ROOT_CURSOR
        self.held: dict[str, dict[str, Any]] = {}
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {enrolment['token']}"

    @classmethod
    def enrol(cls, url: str, code: str, device: str = "Work laptop") -> Laptop:
        """Let a new device in with a code."""
        answer = requests.post(f"{url}/v1/devices", json={"code": code, "device": device}, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return cls(url, answer.json())

    def another(self, device: str = "Home laptop") -> Laptop:
        """A second device of the same account."""
        answer = self.session.post(f"{self.url}/v1/devices/code", timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        return Laptop.enrol(self.url, answer.json()["code"], device)

    @property
    def account(self) -> str:
        """The account's id."""
        account_id: str = self.enrolment["account"]["id"]
        return account_id

    def post(
        self, body: bytes, *, packed: bool = False, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send raw bytes to `/v1/sync`."""
        if packed:
            body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
        return self.session.post(f"{self.url}/v1/sync", data=body, headers=headers, timeout=PATIENCE)

    def ask(self, push: Iterable[Any] = (), **changes: Any) -> requests.Response:
        """Send a request without looking at what comes back."""
        request = {
            "nonce": secrets.token_hex(16),
            "protocol": 1,
            "cursor": self.cursor.model_dump(),
            "push": [one.to_object() if isinstance(one, Revision) else one for one in push],
        }
        return self.post(json.dumps(request | changes).encode())

    def sync(self, push: Iterable[Any] = (), **changes: Any) -> SyncAnswer:
        """One call whose answer is right; the cursor moves along the chain."""
        pushed = list(push)
        response = self.ask(pushed, **changes)
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "application/json"
        assert len(response.content) <= 1024 * 1024
        answer = SyncAnswer.model_validate_json(response.content)
        if answer.status == "ok":
            self._pull(answer, pushed)
        return answer

    def pull_all(self) -> None:
        """Pages with an empty push until there are no more."""
        while self.sync().more:
            pass

    def restart(self) -> None:
        """Back to the root, as after `history_changed`."""
        self.cursor = ROOT_CURSOR

    def _pull(self, answer: SyncAnswer, pushed: Sequence[Any]) -> None:
        sent: dict[tuple[str, str], dict[str, Any]] = {}
        for one in pushed:
            with suppress(BadRevision):
                found = one if isinstance(one, Revision) else Revision.from_object(one)
                sent[found.rev_id, found.sha] = found.to_object()
        n, h = self.cursor.n, self.cursor.h
        for entry in answer.pull:
            n, h = n + 1, hashlib.sha256(bytes.fromhex(h + entry.rev_id + entry.sha)).hexdigest()
            assert entry.n == n
            if entry.erased:
                assert entry.revision is None
                self.held.pop(entry.rev_id, None)
                continue
            came = entry.revision if entry.revision is not None else sent[entry.rev_id, entry.sha]
            assert Revision.from_object(came).sha == entry.sha
            self.held[entry.rev_id] = came
        assert answer.cursor == Cursor(n=n, h=h)
        self.cursor = answer.cursor


def place(name: str | None = None, **changes: Any) -> dict[str, Any]:
    """A school; without a name one where nobody else was."""
    return {
        "ref": 1,
        "kind": "secondary_school",
        "nation": "england",
        "name": name or f"Ysgol Tŷ \u2028 \U0001f600 {secrets.token_hex(4)}",
        "town": "Leicester",
        "postcode": "LE1 7RH",
        "scheme": None,
        "id": None,
    } | changes


def session_body(young: int = 30, **changes: Any) -> dict[str, Any]:
    """A delivered session without faults."""
    line = {"place": 1, "stages": ["en.y8"], "mode": "took_part", "count": young, "estimated": False}
    return {
        "outcome": "delivered",
        "date": "2026-11-20",
        "start": "10:40",
        "minutes": 50,
        "activity": "class_session",
        "delivery": "in_person",
        "places": [place()],
        "young_people": [line],
        "space_professionals": 1,
    } | changes


def recorded(young: int = 30, parents: Sequence[Revision] = (), **changes: Any) -> Revision:
    """A saved session, or a correction of `parents`."""
    return saved(Kind.SESSION, session_body(young, **changes), parents)


def removed(*parents: Revision) -> Revision:
    """The removal of a record."""
    return saved(Kind(parents[0].kind), dict(parents[0].body), parents, State.WITHDRAWN)


def answered(question: str, answer: str, parents: Sequence[Revision] = ()) -> Revision:
    """What a person said to "perhaps the same young people"."""
    return saved(Kind.GROUP_ANSWER, {"question": question, "answer": answer}, parents)


def erased(*record_ids: str) -> Revision:
    """What asks for these records to be erased."""
    return saved(Kind.ERASURE, {"records": list(record_ids)})


def saved(
    kind: Kind, body: dict[str, Any], parents: Sequence[Revision] = (), state: State = State.LIVE
) -> Revision:
    """Any revision."""
    return compose(
        kind=kind,
        body=body,
        parents=parents,
        state=state,
        app="omi-desktop/0.1.0",
        device="Work laptop",
        now=NOW,
    )


def changed(revision: Revision, **changes: Any) -> dict[str, Any]:
    """The object of a revision with some of its fields replaced."""
    return revision.to_object() | changes
