"""The rig of damage catches a program that does not look, loses what it could save, or trusts what no sha covers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omi_desktop.domain.revision import Revision
from omi_desktop.store import backups, file, recovery, replacement, revisions, salvage, union
from tests.faults.damage import Damage
from tests.faults.rig import Broken


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Damage]:
    """Its profiles are made once."""
    with Damage(tmp_path_factory.mktemp("damage")) as made:
        yield made


def is_caught(rig: Damage, seeds: range) -> bool:
    """Whether the rig sees that something is wrong."""
    for seed in seeds:
        try:
            rig.trial(seed)
        except Exception:  # noqa: BLE001 - a program that falls over is caught too
            return True
    return False


def nothing_wrong(*_: object) -> None:
    """A look that sees nothing."""


def unchecked(canonical: bytes, _sha: str) -> Revision:
    """A revision as its bytes say, whatever its sha."""
    return Revision.from_canonical(canonical)


def trusting(real: Callable[..., Any]) -> Callable[..., Any]:
    """Salvaged revisions count as read back and compared: nothing of them is ever sent again."""

    def unite(connection: Any, found: Any) -> None:
        real(connection, found)
        connection.exec_driver_sql("UPDATE revision SET n = rowid WHERE n IS NULL AND centre_id IS NOT NULL")
        connection.exec_driver_sql("UPDATE account SET checked_on = '2026-12-03'")

    return unite


def deleting(real: Callable[..., Any]) -> Callable[..., Any]:
    """The damaged file goes."""

    def put(new: Path, path: Path, aside: Path | None) -> None:
        real(new, path, aside)
        if aside is not None:
            aside.unlink(missing_ok=True)

    return put


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutant",
    [
        "looks at nothing",
        "salvages nothing",
        "carves nothing",
        "deletes",
        "makes no copies count",
        "trusts n",
    ],
)
def test_a_program_that_takes_less_care_is_caught(
    rig: Damage, mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    match mutant:
        case "looks at nothing":
            monkeypatch.setattr(file, "damage_in", nothing_wrong)
            monkeypatch.setattr(backups, "damage_in", nothing_wrong)
            monkeypatch.setattr(revisions, "whole", unchecked)
        case "salvages nothing":
            monkeypatch.setattr(recovery, "salvage", lambda *_: salvage.Salvaged(torn=set(salvage.MERGED)))
        case "carves nothing":
            monkeypatch.setattr(salvage, "carve", lambda _: iter(()))
        case "deletes":
            monkeypatch.setattr(replacement, "put", deleting(replacement.put))
        case "makes no copies count":
            monkeypatch.setattr(backups, "all_of", lambda _: [])
        case "trusts n":
            monkeypatch.setattr(recovery, "unite", trusting(union.unite))
    assert is_caught(rig, range(1, 60))


@pytest.mark.parametrize("seed", [13001215, 13004693, 13004756])
def test_what_a_long_run_found_holds_since(rig: Damage, seed: int) -> None:
    """A letter of the schema: read on one connection and not on another; a length that became too great; a table's name
    that is no text any more."""
    assert rig.trial(seed)["recovered"] == 1


def test_the_first_seeds_hold(rig: Damage) -> None:
    for seed in range(1, 16):
        assert rig.trial(seed)["damages"] == 1


def test_a_wrong_number_is_seen(rig: Damage, monkeypatch: pytest.MonkeyPatch) -> None:
    from omi_desktop.services.sessions import Sessions

    real = Sessions.all
    monkeypatch.setattr(Sessions, "all", lambda self: real(self)[1:])
    with pytest.raises(Broken, match="shown"):
        rig.trial(1)
