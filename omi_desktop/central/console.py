"""What the operator's commands share: which database they are about, and how they say no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from sqlalchemy.exc import OperationalError

from omi_desktop.central import accounts
from omi_desktop.central.database import Database, DatabaseRefused
from omi_desktop.central.erasure_list import ErasureListRefused
from omi_desktop.central.packs import PackNotPublished
from omi_desktop.central.refusal import Refusal

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="sqlite:///PATH or postgresql+psycopg://…; by default a file in your user data folder.",
        show_default=False,
    ),
]
Erasures = Annotated[
    Path | None,
    typer.Option(
        "--erasures",
        help="The list of erasures; by default beside the SQLite file, or in your user data folder. "
        "OMI_CENTRAL_ERASURES says the same.",
        show_default=False,
    ),
]


@contextmanager
def opened(url: str | None, erasures: Path | None = None) -> Iterator[Database]:
    """The database, brought up to date; what goes wrong is one sentence for the operator."""
    with reached(url, erasures) as database:
        database.migrate()
        yield database


@contextmanager
def reached(url: str | None, erasures: Path | None) -> Iterator[Database]:
    """The database as it is."""
    database: Database | None = None
    try:
        database = Database(url or _default_url(), erasures)
        yield database
    except (DatabaseRefused, ErasureListRefused, accounts.HubRefused, PackNotPublished) as error:
        raise refused(str(error)) from error
    except Refusal as refusal:
        raise refused(f"Not done: {refusal}") from refusal
    except OperationalError as error:
        raise refused(f"The database can't be used: {error.orig}") from error
    finally:
        if database is not None:
            database.close()


def _default_url() -> str:
    folder = Path(platformdirs.user_data_dir("omi-central", appauthor=False, ensure_exists=True))
    return f"sqlite:///{folder / 'central.db'}"


def refused(message: str) -> typer.Exit:
    """A sentence for the operator, and the error that ends the command."""
    typer.echo(message, err=True)
    return typer.Exit(1)
