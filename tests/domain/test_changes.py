"""Who writes says what changed; who shows reads again."""

from __future__ import annotations

import pytest

from omi_desktop.domain.changes import Change, Changes, Topic


def test_every_listener_hears_every_change_until_it_stops() -> None:
    changes, one, two = Changes(), list[Change](), list[Change]()
    stop = changes.listen(one.append)
    changes.listen(two.append)
    changes.announce(Change(Topic.RECORDS, "a"))
    stop()
    stop()
    changes.announce(Change(Topic.SYNC))
    assert one == [Change(Topic.RECORDS, "a")]
    assert two == [Change(Topic.RECORDS, "a"), Change(Topic.SYNC)]


def test_a_listener_may_stop_or_start_others_while_it_listens() -> None:
    changes, heard = Changes(), list[Change]()

    def once(change: Change) -> None:
        stop()
        changes.listen(heard.append)

    stop = changes.listen(once)
    changes.announce(Change(Topic.DRAFTS))
    changes.announce(Change(Topic.PERSON))
    assert heard == [Change(Topic.PERSON)]


def test_a_listener_that_fails_keeps_nobody_else_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    changes, heard = Changes(), list[Change]()

    def fail(_change: Change) -> None:
        raise RuntimeError

    changes.listen(fail)
    changes.listen(heard.append)
    changes.announce(Change(Topic.RECORDS))
    assert heard == [Change(Topic.RECORDS)]
    assert "A listener failed" in caplog.text
