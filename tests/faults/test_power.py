"""The rig that cuts the power sees what it must, and its model of a disk does what disks may do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import audit, disk
from tests.faults.disk import Cut, Kind, Named, Recording, Said, Synced, Wrote
from tests.faults.lives import SCENARIOS
from tests.faults.power import Power, _write
from tests.faults.rig import Blind, Broken


@pytest.mark.parametrize(
    ("plant", "scenario", "complaint"),
    [
        ("acknowledge before commit", "first", "acknowledged saves are lost"),
        ("let go later", "record", "differ"),
        ("let go first", "count", "differ"),
        ("never synced to the disk", "record", "lost|recovered|differ|not open"),
        ("name a copy at once", "look after", "is not good"),
        ("restore in place", "bring back", "lost|recovered|not open|not everything came back"),
        ("DELETE/FULL", "record", "lost|differ"),
        ("WAL/NORMAL", "record", "lost|differ"),
    ],
)
def test_each_planted_fault_is_caught_and_its_seed_replays(
    plant: str, scenario: str, complaint: str, tmp_path: Path
) -> None:
    with Power(tmp_path, plant=plant, scenarios=(scenario,)) as rig:
        seed = next(iter(failures(rig)))
        for _ in range(2):
            with pytest.raises(Broken, match=complaint):
                rig.trial(seed)


def failures(rig: Power, most: int = 400) -> Iterator[int]:
    """Seeds that see a fault."""
    for seed in range(most):
        try:
            rig.trial(seed)
        except Broken:
            yield seed
    pytest.fail("every cut was survived, in spite of the planted fault")


def test_controls_that_lose_nothing_make_the_rig_blind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.faults import power

    monkeypatch.setattr(power, "CONTROLS", ("",))
    monkeypatch.setattr(power, "CONTROL_STATES", 6)
    with Power(tmp_path) as rig, pytest.raises(Blind):
        rig.controls()


def test_where_no_sync_makes_a_name_safe_a_first_start_may_leave_no_file_and_nothing_else_is_lost(
    tmp_path: Path,
) -> None:
    """The one thing that no program can help: the names of the file, of its journal and of their folder, made in
    this very life. From the next start on they are there."""
    lost = 0
    with Power(tmp_path, scenarios=("first",)) as rig:
        prepared, recording = rig._life("first", 0, "")
        for seed in range(60):
            rng = random.Random(seed)
            found = disk.cut(recording, rng.randint(0, len(recording.ops)), Kind.NAMELESS, rng)
            profile = tmp_path / "after" / "profile"
            _write(found, recording, profile)
            try:
                prepared.check(profile, audit.read_lines(found.diary))
            except Broken:
                lost += 1
                names = {Path(path).name for path in found.files}
                assert not {"ambassador.db", "ambassador.db-journal", "backups"} <= names
    assert lost


class TestDisk:
    """A small life: a file is made, written twice, synced between; then cut down."""

    @pytest.fixture
    def recording(self) -> Recording:
        made = Recording("/p/profile", "/p/diary")
        made._add("/p", None)
        made._add("/p/profile", None)
        made.ops = [
            Named((("/p/profile/a", 2),)),
            Wrote(2, 0, b"1" * 1024),
            Synced(2, 2),
            Said(b"saved\n"),
            Wrote(2, 0, b"2" * 1024),
            Cut(2, 100),
        ]
        return made

    def files(self, recording: Recording, at: int, kind: Kind) -> set[bytes | None]:
        """What the file may hold: every outcome of many draws; None where it is not there."""
        found = set()
        for seed in range(300):
            state = disk.cut(recording, at, kind, random.Random(seed))
            found.add(state.files.get("/p/profile/a"))
        return found

    def test_what_was_synced_is_there_and_its_name_where_the_disk_promises_it(
        self, recording: Recording
    ) -> None:
        assert self.files(recording, 3, Kind.JOURNALLING) == {b"1" * 1024}
        assert self.files(recording, 3, Kind.UNHONOURED) == {b"1" * 1024}
        assert self.files(recording, 3, Kind.POSIX) == {None, b"1" * 1024}

    def test_a_folder_s_sync_makes_its_names_safe_unless_it_is_not_honoured(
        self, recording: Recording
    ) -> None:
        recording.ops[3:] = [Synced(1, 3)]
        assert self.files(recording, 4, Kind.POSIX) == {b"1" * 1024}
        assert self.files(recording, 4, Kind.NAMELESS) == {None, b"1" * 1024}

    def test_before_the_sync_anything_may_be_there(self, recording: Recording) -> None:
        zeros = bytes(512)
        assert {None, b"", b"1" * 512, b"1" * 1024, zeros + b"1" * 512} <= self.files(
            recording, 2, Kind.JOURNALLING
        )

    def test_a_later_write_may_be_torn_at_a_sector_and_a_cut_may_not_have_happened(
        self, recording: Recording
    ) -> None:
        found = self.files(recording, 6, Kind.JOURNALLING)
        old, new = b"1" * 512, b"2" * 512
        assert {old * 2, new * 2, new + old, old + new, old[:100], new[:100]} == found

    def test_the_diary_has_what_was_said_before(self, recording: Recording) -> None:
        assert disk.cut(recording, 3, Kind.POSIX, random.Random(1)).diary == b""
        assert disk.cut(recording, 4, Kind.POSIX, random.Random(1)).diary == b"saved\n"


def test_the_model_s_disk_with_everything_written_is_what_the_life_left(tmp_path: Path) -> None:
    """Each scenario, replayed whole, gives byte for byte the files that the program left."""
    with Power(tmp_path) as rig:
        for name in SCENARIOS:
            prepared, recording = rig._life(name, 0, "no-op")
            everything = [each for each in recording.ops if not isinstance(each, Synced)]
            whole = Recording(recording.folder, recording.diary, recording.start, inodes=recording.inodes)
            whole.folders, whole.paths = recording.folders, recording.paths
            end = len(everything) + 1
            whole.ops = [*everything, Synced(-1, end - 1)]
            whole._safe_from[Kind.POSIX] = [0] * end
            found = disk.cut(whole, end, Kind.POSIX, random.Random(1))
            left = {
                str(path): None if path.is_dir() else path.read_bytes()
                for path in (prepared.profile, *prepared.profile.rglob("*"))
            }
            assert found.files == left, name
