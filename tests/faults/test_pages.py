"""The rig of pages sees a page that is slow, and one that opens a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import pages
from tests.faults.pages import Pages, fetched_in
from tests.faults.rig import Broken


@pytest.mark.slow
def test_pages_of_chance_are_shown_in_time_or_refused(tmp_path: Path) -> None:
    with Pages(tmp_path) as rig:
        assert rig.trial(1)["pages"] == pages.PAGES


@pytest.mark.slow
def test_the_rig_sees_a_slow_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LIMIT_MS", 0.001)
    with Pages(tmp_path) as rig, pytest.raises(Broken, match="took"):
        rig.trial(1)


@pytest.mark.slow
def test_the_rig_sees_a_file_that_a_page_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted in the trace itself: the reader has no way to be told to open one."""
    with Pages(tmp_path) as rig:
        rig.show("word")
        assert rig.fetched() == []
    begun = '7 newfstatat(AT_FDCWD, "/omi-page-begins", 0x7ff, 0) = -1 ENOENT'
    opened = '7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 9'
    called = "7 connect(9, {sa_family=AF_INET, sin_port=htons(9)}, 16) = -1"
    assert fetched_in([opened, begun, opened, called, begun.replace("begins", "ends"), opened]) == [
        opened,
        called,
    ]
