"""The operator's way from a folder of pages to the laptops, as an operator types it."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from omi_desktop.central.database import Database
from omi_desktop.library.locate import content_root
from omi_desktop.wire.pack import FOLDERS, open_pack
from omi_desktop.wire.pack_making import SigningKey, make
from tests.kit.operator import run
from tests.kit.packs import FACTS, pages


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The app's own pages: they pass every rule of the check, whatever those are."""
    for name in ("handbook", "resources"):
        shutil.copytree(content_root() / name, tmp_path / "content" / name)
    return tmp_path / "content"


def pack(*arguments: str) -> str:
    """A command that needs no database; what it printed, or its sentence of refusal."""
    done = run("pack", *arguments)
    assert (done.returncode == 0) != bool(done.stderr), done.stderr
    return done.stdout or done.stderr


def files_of(folder: Path) -> list[Path]:
    """What belongs into a pack: the words that the check knows besides do not."""
    found = (path for place in FOLDERS for path in (folder / place).glob("*"))
    return [path for path in found if not path.name.startswith(".")]


def build(folder: Path, out: Path, version: int = 7) -> str:
    return pack(
        "build",
        str(folder),
        str(out),
        "--version",
        str(version),
        "--made-at",
        "2026-11-25T10:00:00",
        "--app",
        "0.1.0",
    )


def test_from_a_folder_to_a_published_pack(tmp_path: Path, folder: Path, url: str) -> None:
    key, out = tmp_path / "pack.key", tmp_path / "pack.zip"
    key_id, public = pack("keygen", str(key)).split()
    assert "Packed version 7" in build(folder, out)
    assert run("pack", "publish", str(out), url=url).returncode == 1
    assert key_id in pack("sign", str(out), "--key", str(key))
    found = open_pack(out.read_bytes(), {public}).files
    assert found == {path.relative_to(folder).as_posix(): path.read_bytes() for path in files_of(folder)}
    assert run("pack", "publish", str(out), url=url).stdout.startswith("Published version 7 of omi")
    again = run("pack", "publish", str(out), url=url)
    assert (again.returncode, again.stdout) == (1, "")
    assert "versions only go up" in again.stderr
    listed = run("pack", "list", url=url).stdout.split("\t")
    assert [listed[0], listed[1], listed[5]] == ["omi", "7", key_id]
    assert "pack_published" in run("audit", url=url).stdout
    assert "Traceback" not in again.stderr


def test_the_same_folder_is_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    build(folder, one)
    for path in folder.rglob("*.md"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    build(folder, other)
    assert one.read_bytes() == other.read_bytes()


def test_the_private_key_is_the_owners_alone_and_nowhere_else(tmp_path: Path, url: str) -> None:
    key, out = tmp_path / "pack.key", tmp_path / "pack.zip"
    pack("keygen", str(key))
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "already" in pack("keygen", str(key))
    out.write_bytes(make(pages(), replace(FACTS, expires_at="2099-01-01T00:00:00Z")))
    pack("sign", str(out), "--key", str(key))
    run("pack", "publish", str(out), url=url)
    secret = SigningKey.from_text(key.read_text())
    private = secret.to_text().split('"')[7]
    assert private not in repr(secret)
    for path in (out, tmp_path / "central.db"):
        assert private.encode() not in path.read_bytes()
    Database(url).close()
    key.chmod(0o644)
    assert "chmod 600" in pack("sign", str(out), "--key", str(key))


def test_a_fault_in_a_page_is_printed_and_nothing_is_packed(tmp_path: Path, folder: Path) -> None:
    (folder / "handbook" / "bad.md").write_text("no facts\n")
    said = build(folder, tmp_path / "pack.zip")
    assert "handbook/bad.md:1: the first line must be +++" in said
    assert "Nothing was packed" in said
    assert not (tmp_path / "pack.zip").exists()


def test_files_that_do_not_belong_are_named(tmp_path: Path, folder: Path) -> None:
    names = ("resources/diagrams/notes.txt", "resources/diagrams/Moon.svg", "handbook/con.md")
    for name in names:
        (folder / name).write_bytes(b"x")
    said = build(folder, tmp_path / "pack.zip")
    assert all(name in said for name in names)
    assert "Nothing was packed" in said
    assert not (tmp_path / "pack.zip").exists()


def test_a_link_is_not_followed(tmp_path: Path, folder: Path) -> None:
    """Though what it leads to is a sound page, so that the check has nothing against it."""
    page = folder / "resources" / "careers"
    first = min(page.glob("*.md"))
    first.rename(tmp_path / "elsewhere.md")
    first.symlink_to(tmp_path / "elsewhere.md")
    assert f"{first} does not belong into a pack" in build(folder, tmp_path / "pack.zip")


def test_what_is_no_key_is_one_sentence_without_its_text(tmp_path: Path) -> None:
    out, key = tmp_path / "pack.zip", tmp_path / "other.key"
    out.write_bytes(make(pages(), FACTS))
    key.write_text("a secret of another sort")
    key.chmod(0o600)
    said = pack("sign", str(out), "--key", str(key))
    assert "is no key" in said
    assert "secret" not in said
