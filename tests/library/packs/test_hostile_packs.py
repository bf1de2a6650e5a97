"""Every hostile pack is refused with its own reason and a sentence, and leaves the disk as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from omi_desktop.library import packs
from omi_desktop.library.locate import content_root
from omi_desktop.library.pack_words import PackRefused
from omi_desktop.wire import pack_zip
from omi_desktop.wire.pack import FOLDERS, Pack
from omi_desktop.wire.pack_faults import SENTENCES, BadPack, PackFault
from tests.kit.packs import KEY, PackClock, pages, signed_pack
from tests.library.packs.hostile import CORPUS

APP = "0.1.0"


def take(data: bytes) -> Pack:
    return packs.open_pack(data, {KEY.public}, {"omi": 5}, APP, PackClock())


def test_a_pack_that_is_as_it_should_be_is_taken() -> None:
    found = take(signed_pack())
    assert found.manifest.version == 7
    assert found.files == pages()


def test_the_apps_own_pages_make_a_pack_that_it_takes() -> None:
    root = content_root()
    files = {
        f"{folder}/{path.name}": path.read_bytes()
        for folder in FOLDERS
        for path in (root / folder).glob("*")
        if not path.name.startswith(".")
    }
    assert take(signed_pack(files=files, made_at="2026-11-25T11:00:00Z")).files == files


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_pack_is_refused_for_its_own_reason(name: str, tmp_path: Path) -> None:
    fault, make = CORPUS[name]
    file = tmp_path / "pack.zip"
    file.write_bytes(make())
    before = tree(tmp_path)
    with pytest.raises(PackRefused) as refused:
        take(packs.read_file(file))
    assert refused.value.fault is fault
    assert refused.value.title
    assert refused.value.hint
    assert "Nothing was changed" in refused.value.detail
    assert tree(tmp_path) == before


def test_what_is_too_large_is_not_read_wherever_it_comes_from(tmp_path: Path) -> None:
    data = CORPUS["a_byte_too_large"][1]()
    (tmp_path / "pack.zip").write_bytes(data)
    with pytest.raises(PackRefused) as refused:
        packs.read_file(tmp_path / "pack.zip")
    assert refused.value.fault is PackFault.TOO_LARGE
    with pytest.raises(BadPack) as bad:
        pack_zip.read(data)
    assert bad.value.fault is PackFault.TOO_LARGE


def test_every_reason_has_a_pack_that_shows_it() -> None:
    assert {fault for fault, _make in CORPUS.values()} == set(PackFault)
    assert set(SENTENCES) == set(PackFault)


def test_one_bit_changed_anywhere_is_refused() -> None:
    data = signed_pack(files={"handbook/first-visit.md": pages()["handbook/first-visit.md"]})
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        with pytest.raises(PackRefused):
            take(bytes(changed))


def test_a_pack_cut_anywhere_is_refused() -> None:
    data = signed_pack()
    for length in range(0, len(data), 7):
        with pytest.raises(PackRefused):
            take(data[:length])


def tree(folder: Path) -> dict[str, str]:
    """Every path under a folder, with what is in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in folder.rglob("*")
    }
