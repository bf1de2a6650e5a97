"""The operator's commands for content packs: a key, a pack from a folder, its signature, and out to the laptops."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from omi_desktop import __version__
from omi_desktop.central import packs
from omi_desktop.central.console import DatabaseUrl, opened, refused
from omi_desktop.domain.clock import SystemClock, stamp
from omi_desktop.wire.pack import FOLDERS, Manifest, is_name
from omi_desktop.wire.pack_faults import BadPack
from omi_desktop.wire.pack_keys import key_id
from omi_desktop.wire.pack_making import BadKey, SigningKey, make, sign
from omi_desktop.wire.pack_zip import FILE_BYTES, PACK_BYTES

pack_app = typer.Typer(help="New handbook pages, activities and careers for laptops.", no_args_is_help=True)

_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_GOOD_FOR = 365


@pack_app.command()
def keygen(
    file: Annotated[Path, typer.Argument(help="A new file for the private key. Keep it off the server.")],
    after: Annotated[
        Path | None,
        typer.Option("--after", help="The key that this one follows: laptops that trust it go on."),
    ] = None,
) -> None:
    """Make a key to sign packs with, and print its id and its public half."""
    made = SigningKey.make(_key(after) if after else None)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(made.to_text())
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError as error:
        raise refused(f"{file} is there already. A key is never written over.") from error
    except OSError as error:
        raise refused(f"{file} can't be written: {error.strerror}") from error
    typer.echo(f"{key_id(made.public)}\t{made.public}")


@pack_app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="The folder with handbook/ and resources/.")],
    out: Annotated[Path, typer.Argument(help="The pack to write.")],
    version: Annotated[int, typer.Option(min=1, help="A number that only goes up.")],
    *,
    name: Annotated[str, typer.Option("--id", help="What these packs are called, always the same.")] = "omi",
    made_at: Annotated[
        datetime | None,
        typer.Option("--made-at", help="UTC; now if left out. The same gives the same bytes."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long laptops may take it in.")] = _GOOD_FOR,
    app: Annotated[str, typer.Option("--app", help="The oldest app that can read it.")] = __version__,
) -> None:
    """Check a folder's content as the app does, and pack it. A fault in it is printed, and nothing is packed."""
    # The centre knows nothing of the library, so its check is run as the command that writers run.
    checked = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "omi_desktop.library.check", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if checked.returncode:
        raise refused(f"{checked.stdout}{checked.stderr}Nothing was packed: see these faults first.")
    began = (made_at or SystemClock().now()).replace(tzinfo=UTC)
    facts = Manifest(name, version, stamp(began), stamp(began + timedelta(days=days)), app, ())
    try:
        data = make(_content(folder), facts)
    except BadPack as error:
        raise refused(f"Nothing was packed: {error}") from error
    _put(out, data)
    typer.echo(f"Packed version {version}, {len(data):,} bytes, into {out}. It is not signed yet.")


@pack_app.command("sign")
def sign_pack(
    file: Annotated[Path, typer.Argument(help="A pack; it is replaced by itself, signed.")],
    key: Annotated[Path, typer.Option("--key", help="The file with the private key.")],
) -> None:
    """Sign a pack. This needs no database: do it on a computer that is not the server."""
    signing = _key(key)
    try:
        data = sign(_read(file, PACK_BYTES), signing)
    except BadPack as error:
        raise refused(f"{file} can't be signed: {error}") from error
    _put(file, data)
    typer.echo(f"Signed {file} with {key_id(signing.public)}.")


@pack_app.command()
def publish(
    file: Annotated[Path, typer.Argument(help="A signed pack.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Let laptops fetch a pack. The first one settles which key they trust."""
    data = _read(file, PACK_BYTES)
    with opened(database_url) as database, database.writing() as connection:
        found = packs.publish(connection, data, SystemClock().now())
    typer.echo(f"Published version {found.version} of {found.pack_id}. Laptops look for it once a day.")


@pack_app.command("list")
def list_packs(database_url: DatabaseUrl = None) -> None:
    """Print the packs that laptops can fetch, newest first: id, version, made, expires, published, key, bytes."""
    with opened(database_url) as database, database.reading() as connection:
        found = packs.published(connection)
    for name, version, made_at, expires_at, published_at, key, size in found:
        typer.echo(f"{name}\t{version}\t{made_at}\t{expires_at}\t{published_at}\t{key_id(key)}\t{size}")


def _content(folder: Path) -> dict[str, bytes]:
    """The files of a folder that belong into a pack. Raises BadPack, and Exit for one that can't be packed."""
    files: dict[str, bytes] = {}
    for place in FOLDERS:
        for path in sorted((folder / place).glob("*")):
            name = f"{place}/{path.name}"
            if path.name.startswith("."):
                continue
            if path.is_symlink() or not path.is_file() or not is_name(name):
                raise refused(f"Nothing was packed: {path} does not belong into a pack")
            files[name] = _read(path, FILE_BYTES)
    return files


def _key(file: Path) -> SigningKey:
    """The private key in a file that only its owner can read."""
    try:
        if os.name == "posix" and file.stat().st_mode & _OPEN_TO_OTHERS:
            raise refused(f"Others can read {file}: chmod 600 it first")
        return SigningKey.from_text(file.read_text("utf-8"))
    except OSError as error:
        raise refused(f"{file} can't be read: {error.strerror}") from error
    except (BadKey, UnicodeDecodeError) as error:
        raise refused(f"{file} is no key: make one with `omi-central pack keygen`") from error


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as found:
            data = found.read(most + 1)
    except OSError as error:
        raise refused(f"{file} can't be read: {error.strerror}") from error
    if len(data) > most:
        raise refused(f"{file} is larger than {most:,} bytes")
    return data


def _put(file: Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    new = file.with_name(f"{file.name}.new")
    try:
        new.write_bytes(data)
        new.replace(file)
    except OSError as error:
        raise refused(f"{file} can't be written: {error.strerror}") from error
