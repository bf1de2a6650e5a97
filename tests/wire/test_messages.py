"""The messages read what the contract says, and forgive what a newer peer adds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from omi_desktop.wire.messages import ROOT_CURSOR, ProblemDocument, SyncAnswer, SyncRequest
from omi_desktop.wire.problems import TABLE, Code, Rejection

NONCE = "0" * 31 + "7"


def request_object(**changes: Any) -> dict[str, Any]:
    return {"nonce": NONCE, "protocol": 1, "cursor": {"n": 0, "h": "0" * 64}, "push": []} | changes


def test_the_smallest_request_is_read() -> None:
    request = SyncRequest.model_validate(request_object())
    assert request.cursor == ROOT_CURSOR
    assert not request.check
    assert request.holding is None


def test_a_field_of_a_later_version_is_ignored() -> None:
    request = SyncRequest.model_validate(
        request_object(colour="red", holding={"unsent": 1, "oldest": "2026-11-02", "x": 1})
    )
    assert request.holding is not None
    assert "colour" not in request.model_dump()


def test_raw_revisions_stay_as_they_came() -> None:
    push = [{"rev_id": "no"}, 3, None, {"later": {"deep": [1]}}]
    assert SyncRequest.model_validate(request_object(push=push)).push == push


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "short"},
        {"nonce": NONCE + "\n"},
        {"cursor": {"n": "0", "h": "0" * 64}},
        {"cursor": {"n": -1, "h": "0" * 64}},
        {"cursor": {"n": True, "h": "0" * 64}},
        {"cursor": {"n": 0, "h": "0" * 63}},
        {"push": {}},
        {"check": 1},
        {"protocol": "1"},
        {"holding": {"unsent": 1, "oldest": "yesterday"}},
    ],
)
def test_a_known_field_of_another_type_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SyncRequest.model_validate(request_object(**changes))


def test_history_changed_needs_only_three_fields() -> None:
    answer = SyncAnswer.model_validate({"nonce": NONCE, "centre_id": NONCE, "status": "history_changed"})
    assert answer.cursor is None
    assert answer.pull == []


def test_an_answer_survives_json() -> None:
    text = (
        f'{{"nonce":"{NONCE}","centre_id":"{NONCE}","status":"ok","rejected":[{{"rev_id":null,"code":"invalid",'
        f'"field":"date","message":"m"}}],"pull":[{{"n":1,"rev_id":"{NONCE}","sha":"{"a" * 64}"}}],'
        f'"cursor":{{"n":1,"h":"{"b" * 64}"}},"more":false,"digest":null,"questions":[],"later":1}}'
    )
    answer = SyncAnswer.model_validate_json(text)
    assert answer.rejected[0].code is Rejection.INVALID
    assert answer.pull[0].revision is None


def test_every_code_has_a_status_and_a_sentence() -> None:
    assert set(TABLE) == set(Code)
    assert all(400 <= meaning.status < 600 and meaning.title for meaning in TABLE.values())


def test_a_code_that_is_not_known_yet_is_still_a_problem() -> None:
    assert ProblemDocument.model_validate({"status": 418, "code": "teapot", "x": 1}).code == "teapot"
