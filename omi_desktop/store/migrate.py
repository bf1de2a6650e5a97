"""Bringing the ambassador's file to this version, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from omi_desktop.domain.errors import FileProblem

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, version: int, application_id: int) -> None:
    """Run every migration that is due. All of it commits or none; foreign keys are checked before the commit.

    Foreign keys are off meanwhile: a batch migration copies tables, and dropping the old one would cascade.
    """
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.connect() as connection:
        # Straight to the driver: inside a transaction SQLite ignores this pragma.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise FileProblem("Your file could not be brought to this version")
            connection.exec_driver_sql(f"PRAGMA application_id={application_id}")
            connection.exec_driver_sql(f"PRAGMA user_version={version}")
