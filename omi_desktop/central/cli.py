"""The operator's commands."""

from __future__ import annotations

import gc
import logging
import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from omi_desktop.central import accounts, audit
from omi_desktop.central.carry import BY_OPERATOR, take_piece
from omi_desktop.central.console import DatabaseUrl, Erasures, opened, reached, refused
from omi_desktop.central.erasure import Eraser, erase_account, prepare
from omi_desktop.central.ingest import TakenIn
from omi_desktop.central.pack_cli import pack_app
from omi_desktop.central.refusal import Refusal
from omi_desktop.domain.clock import SystemClock
from omi_desktop.wire import sync_file
from omi_desktop.wire.problems import Code

app = typer.Typer(
    help="The central service of OMI Desktop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
hub_app = typer.Typer(help="Hubs that invite ambassadors.", no_args_is_help=True)
device_app = typer.Typer(help="Laptops that are signed in.", no_args_is_help=True)
account_app = typer.Typer(help="Ambassadors' accounts.", no_args_is_help=True)
app.add_typer(hub_app, name="hub")
app.add_typer(account_app, name="account")
app.add_typer(device_app, name="device")
app.add_typer(pack_app, name="pack")

_GARBAGE = 20_000
"""New objects after which Python looks for those that only refer to each other."""


class _Switch(StrEnum):
    ON = "on"
    OFF = "off"


@app.command()
def serve(
    *,
    database_url: DatabaseUrl = None,
    erasures: Erasures = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.")] = 8000,
    rate_limits: Annotated[
        _Switch, typer.Option("--rate-limits", help="Turn away who calls too often; off for measuring.")
    ] = _Switch.ON,
    trust_proxy: Annotated[
        bool,
        typer.Option("--trust-proxy", help="A proxy of yours is in front: believe its X-Forwarded-For."),
    ] = False,
    until_stdin_closes: Annotated[
        bool, typer.Option("--until-stdin-closes", help="End when standard input closes.")
    ] = False,
) -> None:
    """Bring the database up to date and answer laptops."""
    from omi_desktop.central.rates import Rates  # noqa: PLC0415 (the other commands need no server)
    from omi_desktop.central.server import Server  # noqa: PLC0415

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    with opened(database_url, erasures) as database:
        try:
            limited = Rates(is_on=rate_limits is _Switch.ON, trusts_proxy=trust_proxy)
            server = Server(database, host=host, port=port, limited=limited, ready=_say_where)
        except OSError as error:
            raise refused(f"Can't listen on {host} port {port}: {error.strerror}") from error
        if until_stdin_closes:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        _collect_less()
        server.serve_until_told()


@hub_app.command("add")
def hub_add(name: str, database_url: DatabaseUrl = None) -> None:
    """Add a hub."""
    with opened(database_url) as database, database.writing() as connection:
        accounts.add_hub(connection, name, SystemClock().now())
    typer.echo(f"Added {name}")


@app.command()
def invite(
    hub: Annotated[str, typer.Option(help="The hub's name.")],
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many codes.")] = 1,
    name: Annotated[str | None, typer.Option(help="The ambassador's name, for a single code.")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Print codes for new ambassadors, one a line. Each works once, within 30 days."""
    if name is not None and count != 1:
        raise refused("--name goes with a single code")
    with opened(database_url) as database, database.writing() as connection:
        codes = accounts.invite(connection, hub, count, SystemClock().now(), name=name)
    for code in codes:
        typer.echo(_in_fours(code))


@device_app.command("list")
def device_list(database_url: DatabaseUrl = None) -> None:
    """Print each device: id, hub, ambassador, device, and whether it is signed in."""
    with opened(database_url) as database, database.reading() as connection:
        found = accounts.devices(connection)
    for device_id, hub, account, device, revoked_at in found:
        state = f"signed out {revoked_at}" if revoked_at else "signed in"
        typer.echo(f"{device_id}\t{hub}\t{account}\t{device}\t{state}")


@device_app.command("revoke")
def device_revoke(device_id: str, database_url: DatabaseUrl = None) -> None:
    """End one device's sign-in, for a lost laptop. Its records stay."""
    with opened(database_url) as database, database.writing() as connection:
        is_done = accounts.revoke(connection, device_id, SystemClock().now())
    if not is_done:
        raise refused(f"No signed-in device has the id {device_id}")
    typer.echo("Signed out")


@device_app.command("invite")
def device_invite(device_id: str, database_url: DatabaseUrl = None) -> None:
    """Print a code for the ambassador of a device, for one whose sign-in has ended. It works once, within 30 days.

    What waits on their laptop is sent when they use it; a code for a new ambassador would leave it there.
    """
    with opened(database_url) as database, database.writing() as connection:
        code = accounts.invite_again(connection, device_id, SystemClock().now())
    if code is None:
        raise refused(f"No device has the id {device_id}, or its account was erased")
    typer.echo(_in_fours(code))


@account_app.command("list")
def account_list(database_url: DatabaseUrl = None) -> None:
    """Print each account: id, hub, ambassador, since when, entries in its log, and whether it is erased."""
    with opened(database_url) as database, database.reading() as connection:
        found = accounts.listed(connection)
    for account_id, hub, name, added_at, entries, erased_at in found:
        state = f"erased {erased_at}" if erased_at else "in use"
        typer.echo(f"{account_id}\t{hub}\t{name}\t{added_at}\t{entries}\t{state}")


@account_app.command("erase")
def account_erase(
    account_id: str,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    database_url: DatabaseUrl = None,
    erasures: Erasures = None,
) -> None:
    """Erase all that an ambassador recorded, their name and their sign-ins, for good."""
    now = SystemClock().now()
    with opened(database_url, erasures) as database:
        identity = prepare(database, now)
        with database.reading() as connection:
            found = [row for row in accounts.listed(connection) if row[0] == account_id and not row[5]]
        if not found:
            raise refused(f"No account that is not erased has the id {account_id}")
        _, hub, name, _, entries, _ = found[0]
        if not yes:
            question = f"Erase {name} of {hub}, with {entries} entries? This can't be undone"
            typer.confirm(question, abort=True)
        eraser = Eraser(database.erasures, identity.centre_id, now)
        with database.writing() as connection:
            is_done = erase_account(connection, eraser, account_id, actor=audit.OPERATOR)
        if not is_done:
            raise refused("It was erased in the meantime")
        typer.echo(f"Erased. The list of erasures is {database.erasures.path}: keep it apart from backups.")


@app.command("take-in")
def take_in(
    file: Annotated[Path, typer.Argument(help="A sync file, as a laptop wrote it.")],
    database_url: DatabaseUrl = None,
    erasures: Erasures = None,
) -> None:
    """Take in what a sync file holds, as if its laptop had sent it. The same file twice counts once."""
    now = SystemClock().now()
    try:
        data = file.read_bytes()
        found = sync_file.read(data)
    except OSError as error:
        raise refused(f"{file} can't be read: {error.strerror}") from error
    except sync_file.BadSyncFile as error:
        raise refused(f"{file} can't be taken in: {error}") from error
    total, failed = TakenIn(0, 0, 0), 0
    with opened(database_url, erasures) as database:
        centre_id = prepare(database, now).centre_id
        if found.centre_id != centre_id:
            raise refused(f"{file} is for another centre ({found.centre_id}); this one is {centre_id}")
        for piece in found.pieces:
            try:
                more = take_piece(database, centre_id, found.account_id, piece, carrier=BY_OPERATOR, now=now)
            except Refusal as refusal:
                if refusal.code is not Code.CARRY_REFUSED:
                    raise
                failed += 1
            else:
                total = TakenIn(*map(sum, zip(total, more, strict=True)))
    typer.echo(f"Taken: {total.taken}. Known already: {total.known}. Refused: {total.refused}.")
    if failed:
        raise refused(
            f"{failed} of {len(found.pieces)} parts of {file} can't be opened here: "
            "the file is damaged, or its account is not of this centre or was erased"
        )
    if not data.endswith(b"\n"):
        raise refused(f"{file} is cut short: what its last part held is missing. Ask for the file again.")


@app.command("audit")
def audit_print(database_url: DatabaseUrl = None) -> None:
    """Print what was done to this centre: number, moment, who, what, to what, how much, and the chain's hash."""
    with opened(database_url) as database, database.reading() as connection:
        checked = audit.verify(connection)
        for row in audit.rows(connection):
            typer.echo("\t".join(str(part) for part in row))
    if checked.broken_at is not None:
        raise refused(
            f"The chain does not hold: row {checked.broken_at} was altered, or one before it taken out"
        )


@app.command()
def verify(database_url: DatabaseUrl = None) -> None:
    """Compute every chain and every total anew, and say whether they hold. Ends with 1 if something does not."""
    from omi_desktop.central.verification import verify as verify_database  # noqa: PLC0415 (as for Server)

    with opened(database_url) as database:
        findings = verify_database(database)
    for finding in findings:
        for sentence in finding.sentences():
            typer.echo(sentence)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    database_url: DatabaseUrl = None,
    erasures: Erasures = None,
) -> None:
    """Write a backup and check it. The list of erasures is not in it: keep that apart."""
    from omi_desktop.central import backups  # noqa: PLC0415 (as for Server)

    with opened(database_url, erasures) as database:
        try:
            entries = backups.back_up(database, file, SystemClock().now())
        except backups.BackupRefused as error:
            raise refused(str(error)) from error
    typer.echo(f"Backed up {entries:,} entries to {file}, and checked.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    database_url: DatabaseUrl = None,
    erasures: Erasures = None,
) -> None:
    """Put a backup in the place of the database, which is moved aside. Stop the service first."""
    from omi_desktop.central import backups  # noqa: PLC0415 (as for Server)

    with reached(database_url, erasures) as database:
        try:
            aside = backups.restore(database, file, SystemClock().now())
        except backups.BackupRefused as error:
            raise refused(f"{error}. Nothing was changed") from error
    typer.echo(f"Restored {file}, erased again what was erased since, and checked. Before it: {aside}.")


def _in_fours(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _collect_less() -> None:
    """Leave what is there for good out of the search for garbage: to go through all of it takes as long as four batches
    of two hundred revisions, and one of them makes more objects than a search waits for by itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


def _say_where(url: str) -> None:
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()


def _end_with_stdin(server: object) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    server.should_exit = True  # type: ignore[attr-defined]
